"""SOP classes by UID: which are SR documents with findings, and what the others are.

Source: DICOM PS3.4 annex B.5, PS3.6 annex A.
"""

_STORAGE = "1.2.840.10008.5.1.4.1.1."
SR = {
    _STORAGE + "88.1": "Text SR (trial)",
    _STORAGE + "88.2": "Audio SR (trial)",
    _STORAGE + "88.3": "Detail SR (trial)",
    _STORAGE + "88.4": "Comprehensive SR (trial)",
    _STORAGE + "88.11": "Basic Text SR",
    _STORAGE + "88.22": "Enhanced SR",
    _STORAGE + "88.33": "Comprehensive SR",
    _STORAGE + "88.34": "Comprehensive 3D SR",
    _STORAGE + "88.35": "Extensible SR",
}
_OTHERS = {
    "1.2.840.10008.1.3.10": "a DICOMDIR",
    _STORAGE + "88.40": "a procedure log",
    _STORAGE + "88.50": "a mammography CAD report",
    _STORAGE + "88.59": "a key object selection",
    _STORAGE + "88.65": "a chest CAD report",
    _STORAGE + "88.67": "an X-ray dose report",
    _STORAGE + "88.68": "a radiopharmaceutical dose report",
    _STORAGE + "88.69": "a colon CAD report",
    _STORAGE + "88.70": "an implantation plan",
    _STORAGE + "88.71": "an acquisition context report",
    _STORAGE + "88.72": "an adult echocardiography report",
    _STORAGE + "88.73": "a patient dose report",
    _STORAGE + "88.74": "a planned imaging agent report",
    _STORAGE + "88.75": "a performed imaging agent report",
    _STORAGE + "88.76": "an enhanced X-ray dose report",
    _STORAGE + "104.1": "an encapsulated PDF",
    _STORAGE + "104.2": "an encapsulated CDA document",
    _STORAGE + "104.3": "an encapsulated STL model",
    _STORAGE + "104.4": "an encapsulated OBJ model",
    _STORAGE + "104.5": "an encapsulated MTL model",
    _STORAGE + "66.4": "a segmentation",
    _STORAGE + "66.5": "a surface segmentation",
    _STORAGE + "66": "raw data",
    _STORAGE + "78": "ophthalmic measurements",
    _STORAGE + "79": "ophthalmic measurements",
}
_FAMILIES = (
    (_STORAGE + "9.", "a waveform"),
    (_STORAGE + "11.", "a presentation state"),
    (_STORAGE + "481.", "a radiotherapy object"),
    (_STORAGE, "an image or another DICOM object"),
    ("", "another DICOM object"),
)


def may_report(uid: str) -> bool:
    """Return whether a document of this class could hold a report in words: a PDF or a CDA."""
    return uid in (_STORAGE + "104.1", _STORAGE + "104.2")


def other_than_sr(uid: str) -> str:
    """Say what a SOP class is when it is no SR with findings; empty for an SR or no UID."""
    if not uid or uid in SR:
        return ""
    what = _OTHERS.get(uid)
    if what:
        return what
    safe = uid if set(uid) <= set("0123456789.") and len(uid) <= 64 else "not a UID"
    family = next(name for prefix, name in _FAMILIES if uid.startswith(prefix))
    return f"{family} (SOP class {safe})"
