"""DICOM SR to Document: any storage class that holds findings, with any template or none.

Source: contract sections 3 and 4; DICOM PS3.3 A.35, C.17; PS3.16 TID 1500, 1501, 1410, 1411, 2000.
"""

import hashlib

from adapter.errors import RefusedInput
from adapter.model import Document, Input, Issue, Statement, Unmapped
from adapter.readers.dicom_sr import dates
from adapter.readers.dicom_sr.codes import CUT, Lookup, lookup
from adapter.readers.dicom_sr.context import Context
from adapter.readers.dicom_sr.exams import exams, studies, unknown_procedures
from adapter.readers.dicom_sr.patient import patient
from adapter.readers.dicom_sr.pictures import pictures
from adapter.readers.dicom_sr.walk import conclusions, has_narrative, lacking, walk
from adapter.readers.options import ReadOptions
from adapter.sr.content import SrDocument
from adapter.terms import Terms, Traits, dialect_told, of_sender

_TRAITS = {
    "manufacturer": "Manufacturer",
    "model": "ManufacturerModelName",
    "software": "SoftwareVersions",
    "institution": "InstitutionName",
}
_FLAGS = {
    "CompletionFlag": ("COMPLETE", "PARTIAL"),
    "VerificationFlag": ("VERIFIED", "UNVERIFIED"),
    "PreliminaryFlag": ("FINAL", "PRELIMINARY"),
}


def sniff(data: bytes) -> bool:
    """Return whether `data` looks like DICOM: a file, a bare data set, or its JSON or XML model."""
    from adapter.sr import decode

    return decode.sniff(data)


def read(data: bytes, name: str, terms: Terms, options: ReadOptions) -> Document:
    """Return what an SR says.

    Parameters
    ----------
    data : bytes
        The file.
    name : str
        The input's name, for sources and messages.
    terms : Terms
        From `adapter.terms.load`.
    options : ReadOptions
        Limits, time zone, strictness and salvage.

    Raises
    ------
    RefusedInput
        The file is no SR that can hold findings, or deviates under ``strict``.
    Damaged, LimitExceeded
        As `adapter.sr.decode` finds it.
    """
    from adapter.sr.decode import decode
    from adapter.sr.limits import Limits

    limits = Limits(file=options.max_bytes, depth=options.max_depth, items=options.max_items)
    decoded = decode(data, name, limits, salvage=options.salvage)
    return document(decoded, name, terms, options, hashlib.sha256(data).hexdigest())


def document(
    decoded: SrDocument, name: str, terms: Terms, options: ReadOptions, digest: str = ""
) -> Document:
    """Return what a decoded SR says; `read` without the bytes."""
    header = decoded.header
    terms, spoken = of_sender(terms, _traits(decoded))
    zone = dates.zone(header.get("TimezoneOffsetFromUTC", ""))
    known = lookup(decoded, name, terms, zone or dates.zone(options.timezone or ""))
    deviations = _deviations(decoded, known, options)
    said = exams(decoded, known)
    context = Context(patient=header.get("PatientID", "").strip())
    told = list(walk(decoded.root, context, said, known)) if decoded.root else []
    statements = tuple(entry for entry in told if isinstance(entry, Statement))
    narrative = not statements and decoded.root is not None and has_narrative(decoded.root, known)
    return Document(
        input=_input(decoded, name, digest, known.zone),
        patient=patient(header, decoded.other_ids),
        statements=statements,
        studies=studies(decoded, said),
        issues=(
            *deviations,
            *_state(decoded, known),
            *(entry for entry in told if isinstance(entry, Issue)),
            *_remarks(decoded, known, narrative, zone),
            *(known.issue(None, "dialect", *told) for told in dialect_told(spoken)),
        ),
        narrative=narrative,
        unmapped=(
            *(entry for entry in told if isinstance(entry, Unmapped)),
            *known.unread.values(),
        ),
        pictures=pictures(decoded.root, known) if decoded.root else (),
    )


def _traits(decoded: SrDocument) -> Traits:
    """Return what the document says of its sender."""
    said = {trait: decoded.header.get(keyword, "") for trait, keyword in _TRAITS.items()}
    found = {trait: _values(text) for trait, text in said.items()}
    return {**found, "scheme": tuple(designator.strip() for designator, _ in decoded.schemes)}


def _values(text: str) -> tuple[str, ...]:
    return tuple(v.strip() for v in text.split("\\") if v.strip())


def _input(decoded: SrDocument, name: str, digest: str, zone: str) -> Input:
    header = decoded.header
    return Input(
        name=name,
        digest=digest,
        format="dicom-sr",
        id=header.get("SOPInstanceUID", "").strip(),
        date=dates.joined(header.get("ContentDate", ""), header.get("ContentTime", ""), zone),
        sop_class=header.get("SOPClassUID", "").strip(),
        study=header.get("StudyInstanceUID", "").strip(),
        series=header.get("SeriesInstanceUID", "").strip(),
        replaces=tuple(ref.sop_instance for ref in decoded.predecessors),
        preliminary=_is_preliminary(decoded) or _is_salvaged(decoded),
    )


def _is_salvaged(decoded: SrDocument) -> bool:
    return any(identifier == CUT for identifier, *_ in decoded.deviations)


def _is_preliminary(decoded: SrDocument) -> bool:
    flags = {name: decoded.header.get(name, "").strip().upper() for name in _FLAGS}
    return flags["CompletionFlag"] == "PARTIAL" or flags["PreliminaryFlag"] == "PRELIMINARY"


def _deviations(decoded: SrDocument, known: Lookup, options: ReadOptions) -> list[Issue]:
    """Return what the decoder met and mended; under ``strict`` the first of it refuses the file."""
    if options.strict and decoded.deviations:
        _, path, what, _ = decoded.deviations[0]
        count = len(decoded.deviations)
        text = f"{what} ({count} deviations in all): read it without --strict, or have it corrected"
        raise RefusedInput(text, f"{known.document}, item {path}" if path else known.document)
    return [
        Issue(
            severity="warning",
            code="deviation",
            diagnostics=f"{identifier}: {what}; {done}",
            document=known.document,
            expression=path,
        )
        for identifier, path, what, done in decoded.deviations
    ]


def _state(decoded: SrDocument, known: Lookup) -> list[Issue]:
    """Return what the flags of the document say of its state."""
    issues = []
    for name, values in _FLAGS.items():
        value = decoded.header.get(name, "").strip().upper()
        if value and value not in values:
            issues.append(known.issue(None, "unknown-status", f"{name} is {value!r}"))
    if any(identifier == "no-content" for identifier, *_ in decoded.deviations):
        text = "the document records nothing: a file cut before its content looks the same"
        issues.append(known.issue(None, "no-content", text))
    if _is_salvaged(decoded):
        text = "the file is damaged: only what stands whole before the damage is read"
        issues.append(known.issue(None, "salvaged", text, "error"))
    if _is_preliminary(decoded):
        text = "the document says it is partial or preliminary: it is used, and its result is too"
        issues.append(known.issue(None, "preliminary", text))
    return issues


def _remarks(decoded: SrDocument, known: Lookup, narrative: bool, zone: str) -> list[Issue]:
    """Return what is told of the document as a whole."""
    issues = unknown_procedures(decoded.root, known) if decoded.root else []
    if decoded.root and conclusions(decoded.root, known):
        text = "conclusions and grades in the input are not read as findings"
        issues.append(known.issue(None, "own-conclusion-skipped", text, "information"))
        issues += lacking(decoded.root, known)
    if narrative:
        text = "the document holds text and no coded finding: text is never searched for findings"
        issues.append(known.issue(None, "narrative-only", text))
    if known.zone and not zone:
        text = f"times without a zone are read as {known.zone}, as the settings say"
        issues.append(known.issue(None, "zone-supplied", text, "information"))
    return issues
