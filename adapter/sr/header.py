"""A raw data set to the header fields of an SR document, and what stands around its tree.

Source: DICOM PS3.3 C.7.1.1, C.7.2.1, C.7.3.1, C.7.5.1, C.12.1, C.17.1, C.17.2.
"""

from dataclasses import dataclass

from adapter.sr.charset import LINES, NAMES, VALUES, Charset
from adapter.sr.content import Code, Reference
from adapter.sr.raw import Raw, Sequence
from adapter.sr.tree import PADDING, Tree

SOP_CLASS, SOP_INSTANCE = 0x00080016, 0x00080018
PATIENT_ID, OTHER_IDS = 0x00100020, 0x00101002
ISSUER, QUALIFIERS = 0x00100021, 0x00100024
ENTITY, ENTITY_TYPE = 0x00400032, 0x00400033
MODALITY, CONTENT_DATE = 0x00080060, 0x00080023
STUDY, SERIES = 0x0020000D, 0x0020000E

FIELDS = {
    0x00080005: "SpecificCharacterSet",
    0x00080012: "InstanceCreationDate",
    0x00080013: "InstanceCreationTime",
    SOP_CLASS: "SOPClassUID",
    SOP_INSTANCE: "SOPInstanceUID",
    0x00080020: "StudyDate",
    0x00080021: "SeriesDate",
    CONTENT_DATE: "ContentDate",
    0x0008002A: "AcquisitionDateTime",
    0x00080030: "StudyTime",
    0x00080031: "SeriesTime",
    0x00080033: "ContentTime",
    0x00080050: "AccessionNumber",
    MODALITY: "Modality",
    0x00080070: "Manufacturer",
    0x00080080: "InstitutionName",
    0x00080081: "InstitutionAddress",
    0x00080090: "ReferringPhysicianName",
    0x00080201: "TimezoneOffsetFromUTC",
    0x00081010: "StationName",
    0x00081030: "StudyDescription",
    0x0008103E: "SeriesDescription",
    0x00081040: "InstitutionalDepartmentName",
    0x00081048: "PhysiciansOfRecord",
    0x00081060: "NameOfPhysiciansReadingStudy",
    0x00081070: "OperatorsName",
    0x00081090: "ManufacturerModelName",
    0x00100010: "PatientName",
    PATIENT_ID: "PatientID",
    0x00100021: "IssuerOfPatientID",
    0x00100030: "PatientBirthDate",
    0x00100032: "PatientBirthTime",
    0x00100040: "PatientSex",
    0x00101000: "OtherPatientIDs",
    0x00101001: "OtherPatientNames",
    0x00101010: "PatientAge",
    0x00104000: "PatientComments",
    0x00180015: "BodyPartExamined",
    0x00181000: "DeviceSerialNumber",
    0x00181020: "SoftwareVersions",
    STUDY: "StudyInstanceUID",
    SERIES: "SeriesInstanceUID",
    0x00200010: "StudyID",
    0x00200011: "SeriesNumber",
    0x00200013: "InstanceNumber",
    0x0040A491: "CompletionFlag",
    0x0040A492: "CompletionFlagDescription",
    0x0040A493: "VerificationFlag",
    0x0040A496: "PreliminaryFlag",
}
_NAMES = frozenset((0x00080090, 0x00081048, 0x00081060, 0x00081070, 0x00100010, 0x00101001))
_TEXTS = frozenset((0x00080081, 0x00104000))
SCHEMES, SCHEME, SCHEME_UID = 0x00080110, 0x00080102, 0x0008010C
SCHEME_RESOURCES, SCHEME_URL = 0x00080109, 0x0008010E
EVIDENCE = (0x0040A375, 0x0040A385)
SERIES_SEQUENCE, SOP_SEQUENCE = 0x00081115, 0x00081199
PREDECESSORS, PROCEDURES = 0x0040A360, 0x0040A372
VERIFIERS, VERIFIER_NAME = 0x0040A073, 0x0040A075
REQUESTS, ACCESSION, PLACER, FILLER = 0x0040A370, 0x00080050, 0x00402016, 0x00402017


@dataclass(frozen=True, slots=True)
class Context:
    """What an SR document says beside its tree; the fields are those of ``SrDocument``."""

    evidence: tuple[tuple[str, str, Reference], ...]
    predecessors: tuple[Reference, ...]
    schemes: tuple[tuple[str, str], ...]
    procedures: tuple[Code, ...]
    verifiers: tuple[str, ...]
    requests: tuple[tuple[str, str], ...]
    other_ids: tuple[tuple[str, str], ...] = ()


def header(raw: Raw, tree: Tree, sets: Charset) -> dict[str, str]:
    """Return the header fields that are there, by keyword; empty ones are empty texts."""
    fields: dict[str, str] = {}
    for tag, value in raw.items():
        keyword = FIELDS.get(tag)
        if keyword and type(value) is bytes and value.isascii() and b"\x1b" not in value:
            fields[keyword] = value.decode("ascii").strip(PADDING)  # as text() does, inline
        elif keyword:
            stops = NAMES if tag in _NAMES else LINES if tag in _TEXTS else VALUES
            fields[keyword] = tree.text(value, sets, keyword, stops)
    if QUALIFIERS in raw and not fields.get("IssuerOfPatientID"):
        fields["IssuerOfPatientID"] = _universal(raw, tree, sets)
    if PROCEDURES in raw:  # type 2: there, though it may hold nothing
        fields["PerformedProcedureCodeSequence"] = str(len(_items(raw, PROCEDURES)))
    if OTHER_IDS in raw and not fields.get("OtherPatientIDs"):
        own = [
            tree.text(entry.get(PATIENT_ID), sets, "PatientID") for entry in _items(raw, OTHER_IDS)
        ]
        fields["OtherPatientIDs"] = "\\".join(filter(None, own))
    return fields


def context(raw: Raw, tree: Tree, sets: Charset) -> Context:
    """Return what stands around the tree, and tell what of it is missing."""
    verifiers = tuple(
        tree.text(entry.get(VERIFIER_NAME), tree.sets(entry, sets, "verifiers"), "verifiers", NAMES)
        for entry in _items(raw, VERIFIERS)
    )
    flag = raw.get(0x0040A493)
    if isinstance(flag, bytes) and flag.strip() == b"VERIFIED" and not any(verifiers):
        tree.tell("verifier-missing", "", "VERIFIED, but nobody is named as verifier", "told")
    modality = raw.get(MODALITY)
    if isinstance(modality, bytes) and modality.strip() != b"SR":
        tree.tell("modality", "", "Modality is not SR", "read as an SR document")
    if not raw.get(CONTENT_DATE):
        tree.tell("date-missing", "", "ContentDate is missing", "kept without")
    for tag, id in ((0x0040A491, "completion-missing"), (0x0040A493, "verification-missing")):
        if not raw.get(tag):
            tree.tell(id, "", f"{FIELDS[tag]} is missing", "not taken as complete or verified")
    return Context(
        evidence=tuple(e for tag in EVIDENCE for e in _evidence(raw, tag, tree, sets)),
        predecessors=tuple(e[2] for e in _evidence(raw, PREDECESSORS, tree, sets)),
        schemes=_schemes(raw, tree, sets),
        procedures=tuple(
            code
            for entry in _items(raw, PROCEDURES)
            if (code := tree.coded(entry, sets, "PerformedProcedureCodeSequence"))
        ),
        verifiers=tuple(name for name in verifiers if name),
        requests=tuple(_request(entry, tree, sets) for entry in _items(raw, REQUESTS)),
        other_ids=tuple(
            pair for entry in _items(raw, OTHER_IDS) if (pair := _identifier(entry, tree, sets))[0]
        ),
    )


def _identifier(entry: Raw, tree: Tree, sets: Charset) -> tuple[str, str]:
    """Return a patient ID with its issuer, or with what identifies the issuer everywhere."""
    own = tree.sets(entry, sets, "OtherPatientIDsSequence")
    value = tree.text(entry.get(PATIENT_ID), own, "OtherPatientIDsSequence")
    issuer = tree.text(entry.get(ISSUER), own, "OtherPatientIDsSequence")
    return value, issuer or _universal(entry, tree, own)


def _universal(entry: Raw, tree: Tree, sets: Charset) -> str:
    """Return the universal entity that a qualifier of the issuer names, as a URI; else nothing."""
    for row in _items(entry, QUALIFIERS):
        name = tree.text(row.get(ENTITY), sets, "IssuerOfPatientIDQualifiersSequence")
        kind = tree.text(row.get(ENTITY_TYPE), sets, "IssuerOfPatientIDQualifiersSequence")
        if name and kind in ("ISO", "URI"):
            return f"urn:oid:{name}" if kind == "ISO" else name
    return ""


def _items(raw: Raw, tag: int) -> Sequence:
    found = raw.get(tag)
    return found if isinstance(found, Sequence) else _NONE


_NONE = Sequence()


def _evidence(raw: Raw, tag: int, tree: Tree, sets: Charset) -> list[tuple[str, str, Reference]]:
    found: list[tuple[str, str, Reference]] = []
    for study in _items(raw, tag):
        study_uid = tree.text(study.get(STUDY), sets, "evidence")
        for series in _items(study, SERIES_SEQUENCE):
            series_uid = tree.text(series.get(SERIES), sets, "evidence")
            for entry in _items(series, SOP_SEQUENCE):
                reference = tree.reference(entry, sets, "evidence")
                if reference:
                    found.append((study_uid, series_uid, reference))
    return found


def _schemes(raw: Raw, tree: Tree, sets: Charset) -> tuple[tuple[str, str], ...]:
    """Return designators with the UID that identifies each, else the URL."""
    pairs = (
        (tree.text(e.get(SCHEME), sets, "schemes"), _identity(e, tree, sets))
        for e in _items(raw, SCHEMES)
    )
    return tuple(pair for pair in pairs if pair[0] and pair[1])


def _identity(scheme: Raw, tree: Tree, sets: Charset) -> str:
    urls = (r.get(SCHEME_URL) for r in _items(scheme, SCHEME_RESOURCES))
    found = [scheme.get(SCHEME_UID), *urls]
    return next((text for raw in found if (text := tree.text(raw, sets, "schemes"))), "")


def _request(entry: Raw, tree: Tree, sets: Charset) -> tuple[str, str]:
    own = tree.sets(entry, sets, "requests")
    accession = tree.text(entry.get(ACCESSION), own, "requests")
    order = tree.text(entry.get(PLACER), own, "requests") or tree.text(
        entry.get(FILLER), own, "requests"
    )
    return accession, order
