"""The header of DCMTK's ``dsr2xml`` to the attributes of a raw data set, and what both parts share.

Two of three person name groups, fractions of seconds and some fields are lost in that XML.
Source: DCMTK's dsr2xml.xsd, and what version 3.6.7 writes.
"""

import re

from adapter.sr import tags
from adapter.sr.header import (
    EVIDENCE,
    FIELDS,
    PREDECESSORS,
    SCHEME_UID,
    SCHEMES,
    SERIES_SEQUENCE,
    SOP_SEQUENCE,
    VERIFIER_NAME,
    VERIFIERS,
)
from adapter.sr.models import Builder
from adapter.sr.raw import Raw, Sequence
from adapter.sr.xml_tree import Node

_TAGS = {keyword: tag for tag, keyword in FIELDS.items()}
_HEADER = {
    "TimezoneOffsetFromUTC": ("timezone",),
    "Modality": ("modality",),
    "PatientID": ("patient", "id"),
    "IssuerOfPatientID": ("patient", "issuer"),
    "PatientSex": ("patient", "sex"),
    "PatientBirthDate": ("patient", "birthday", "date"),
    "StudyID": ("study", "id"),
    "StudyDate": ("study", "date"),
    "StudyTime": ("study", "time"),
    "AccessionNumber": ("study", "accession", "number"),
    "StudyDescription": ("study", "description"),
    "SeriesNumber": ("series", "number"),
    "SeriesDescription": ("series", "description"),
    "InstanceNumber": ("instance", "number"),
    "InstanceCreationDate": ("instance", "creation", "date"),
    "InstanceCreationTime": ("instance", "creation", "time"),
    "ContentDate": ("document", "content", "date"),
    "ContentTime": ("document", "content", "time"),
    "CompletionFlagDescription": ("document", "completion", "description"),
}
_UIDS = {
    "SOPClassUID": ("sopclass",),
    "SOPInstanceUID": ("instance",),
    "StudyInstanceUID": ("study",),
    "SeriesInstanceUID": ("series",),
}
_FLAGS = {
    "CompletionFlag": ("document", "completion"),
    "VerificationFlag": ("document", "verification"),
    "PreliminaryFlag": ("document", "preliminary"),
}
_NAMES = {"PatientName": ("patient",), "ReferringPhysicianName": ("referringphysician",)}
_NAME_PARTS = ("last", "first", "middle", "prefix", "suffix")


def header(root: Node, raw: Raw, builder: Builder) -> None:
    """Add the attributes that stand outside the content tree of a ``report`` element."""
    for keyword, path in _HEADER.items():
        read = moment if path[-1] in ("date", "time") else plain
        put(raw, _TAGS[keyword], read(root.first(*path)), builder)
    for where, key in ((_UIDS, "uid"), (_FLAGS, "flag")):
        for keyword, path in where.items():
            found = root.first(*path)
            put(raw, _TAGS[keyword], found.attributes.get(key, "") if found else "", builder)
    device = root.first("device") or root
    for keyword, one in (
        ("Manufacturer", "manufacturer"),
        ("ManufacturerModelName", "model"),
        ("DeviceSerialNumber", "serial"),
        ("SoftwareVersions", "version"),
    ):
        put(raw, _TAGS[keyword], plain(device.first(one)), builder)
    for keyword, path in _NAMES.items():
        put(raw, _TAGS[keyword], person(root.first(*path, "name"), builder), builder)
    _around(root, raw, builder)


def _around(root: Node, raw: Raw, builder: Builder) -> None:
    schemes = Sequence()
    coding = root.first("coding")
    for scheme in coding.all("scheme") if coding else []:
        entry = builder.item(1)
        put(entry, tags.SCHEME, scheme.attributes.get("designator", ""), builder)
        put(entry, SCHEME_UID, plain(scheme.first("uid")), builder)
        schemes.append(entry)
    put(raw, SCHEMES, schemes, builder)
    for node in root.all("evidence"):
        current = node.attributes.get("type", "").startswith("Current")
        put(raw, EVIDENCE[0] if current else EVIDENCE[1], _studies(node, builder), builder)
    before = root.first("document", "predecessor")
    put(raw, PREDECESSORS, _studies(before, builder) if before else Sequence(), builder)
    observers = Sequence()
    verification = root.first("document", "verification")
    for one in verification.all("observer") if verification else []:
        entry = builder.item(1)
        put(entry, VERIFIER_NAME, person(one.first("name"), builder), builder)
        observers.append(entry)
    put(raw, VERIFIERS, observers, builder)


def _studies(node: Node, builder: Builder) -> Sequence:
    studies = Sequence()
    for study in node.all("study"):
        entry = builder.item(1)
        put(entry, _TAGS["StudyInstanceUID"], study.attributes.get("uid", ""), builder)
        found = Sequence()
        for one in study.all("series"):
            series = builder.item(2)
            put(series, _TAGS["SeriesInstanceUID"], one.attributes.get("uid", ""), builder)
            instances = Sequence(reference(value, builder, 3) for value in one.all("value"))
            put(series, SOP_SEQUENCE, instances, builder)
            found.append(series)
        put(entry, SERIES_SEQUENCE, found, builder)
        studies.append(entry)
    return studies


def reference(value: Node, builder: Builder, depth: int) -> Raw:
    """Return the item that refers to a SOP instance."""
    entry = builder.item(depth)
    for tag, name in ((tags.REFERENCED_CLASS, "sopclass"), (tags.REFERENCED_INSTANCE, "instance")):
        found = value.first(name)
        put(entry, tag, found.attributes.get("uid", "") if found else "", builder)
    put(entry, tags.FRAMES, plain(value.first("frames")).replace(",", "\\"), builder)
    return entry


def put(raw: Raw, tag: int, value: str | Sequence, builder: Builder) -> None:
    """Add an element that has a value."""
    if value:
        builder.put(raw, tag, value)


def plain(node: Node | None) -> str:
    """Return the text of an element; empty without one."""
    return node.text.strip() if node else ""


_ISO = re.compile(
    r"(?:(\d{4})-(\d\d)-(\d\d))?T?(?:(\d\d):(\d\d)(?::(\d\d(?:\.\d+)?))?)?([+-]\d\d:?\d\d)?"
)


def moment(node: Node | None) -> str:
    """Return a date or time as DICOM writes it; what is none as it is."""
    text = plain(node)
    found = _ISO.fullmatch(text)
    if not found or not (found[1] or found[4]):
        return text
    return "".join(part or "" for part in found.groups()).replace(":", "")


def person(node: Node | None, builder: Builder) -> str:
    """Return a person name as DICOM writes it."""
    if node is None:
        return ""
    if not any(note[0] == "name-groups" for note in builder.notes):
        builder.tell("name-groups", "the XML keeps one group of person names", "others are unknown")
    parts = [node.first(part) for part in _NAME_PARTS]
    return "^".join(one.text if one else "" for one in parts).rstrip("^")
