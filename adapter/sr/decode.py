"""Bytes of a DICOM SR to an ``SrDocument``: a file, or its JSON or XML model.

Explicit and implicit VR little endian, deflated, and explicit VR big endian, in one pass. A file
that ends early or contradicts its own lengths gives no document, unless salvaged.
Source: DICOM PS3.3 C.17 (SR modules), PS3.5, PS3.10.
"""

from collections.abc import Callable

from adapter.errors import Damaged, LimitExceeded
from adapter.sr.content import SrDocument
from adapter.sr.document import Origin, document, refuse_others, sop_class, torn
from adapter.sr.elements import Reader
from adapter.sr.limits import DEFAULT, Limits
from adapter.sr.part10 import Layout, layout
from adapter.sr.part10 import sniff as looks_like_dicom
from adapter.sr.raw import Break, Excess, Raw

__all__ = ["Limits", "decode", "sniff"]

MENDED = {
    "implicit-in-explicit": ("implicit VR inside explicit VR", "read as implicit"),
    "order": ("an element out of order", "read where it stands"),
}


def sniff(data: bytes) -> bool:
    """Tell whether the bytes look like DICOM, or like a JSON or XML model of it."""
    return looks_like_dicom(data) or _model(data) is not None


def decode(
    data: bytes,
    name: str,
    limits: Limits = DEFAULT,
    *,
    salvage: bool = False,
) -> SrDocument:
    """Return the SR document in ``data``.

    Parameters
    ----------
    data : bytes
        A DICOM file, with or without preamble and file meta information; or the DICOM JSON model,
        the Native DICOM Model, or dsr2xml's XML.
    name : str
        What error messages call it.
    limits : Limits
        How much is read.
    salvage : bool
        Take what stands whole before the damage; ``cut`` deviations then name the containers that
        are not. Nothing may be graded as established from such a document.

    Raises
    ------
    Damaged
        The file ends early, contradicts its lengths, or lacks what every SR document has.
    LimitExceeded
        One of the limits is passed.
    RefusedInput
        Not DICOM, or DICOM but no SR with findings; the message says what it is.
    """
    model = _model(data)
    if model is not None:
        return model(data, name, limits)
    place = layout(data, name, limits, salvage)
    refuse_others(place.media_class, name)
    if len(data) > limits.file:
        raise LimitExceeded(f"has more than {limits.file} bytes", name)
    raw = Raw.at(place.start)
    reader = Reader(place.data, place.little, limits, salvage)
    damage: Break | None = None
    try:
        reader.read(raw, len(place.data), place.explicit)
    except Excess as excess:
        raise LimitExceeded(f"has {excess}", name) from None
    except Break as found:
        refuse_others(sop_class(raw), name)
        if not salvage:
            raise _damaged(found, place, limits, name) from None
        damage = found
    mended = [
        (id, "", f"{MENDED[id][0]} at offset {at}", MENDED[id][1]) for id, at in reader.mended
    ]
    origin = Origin(
        name=name,
        deviations=limits.deviations,
        syntax=place.syntax,
        little=place.little,
        media_class=place.media_class,
        media_instance=place.media_instance,
        notes=(*place.notes, *mended),
        left_out=reader.mends - len(mended),
    )
    return document(raw, origin, damage)


def _model(data: bytes) -> Callable[[bytes, str, Limits], SrDocument] | None:
    """Return what reads a JSON or XML model of an SR; None for anything else."""
    start = data[:16].replace(b"\0", b"").lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n")[:1]
    if start in (b"{", b"["):
        from adapter.sr import json_model

        return json_model.decode if json_model.sniff(data) else None
    if start == b"<":
        from adapter.sr import xml_model

        return xml_model.decode if xml_model.sniff(data) else None
    return None


def _damaged(found: Break, place: Layout, limits: Limits, name: str) -> Damaged:
    raw, damage = Raw.at(place.start), found
    try:  # once more, looking into what passes its end, to tell which item the damage is in
        Reader(place.data, place.little, limits, True).read(raw, len(place.data), place.explicit)
    except Break as again:
        damage = again
    except Excess:
        pass
    path = torn(raw, damage)[-1][0]
    where = f", item {path}" if path != "1" else ""
    return Damaged(
        f"{found.message}: the file is cut short or damaged. Fetch it again.",
        f"{name}{where}, offset {found.offset}",
    )
