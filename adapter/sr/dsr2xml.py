"""The XML of DCMTK's ``dsr2xml``, in all its options, to a raw data set.

It holds less than the file did: two of three person name groups, fractions of seconds and some
header fields are lost. Source: DCMTK's dsr2xml.xsd, and what version 3.6.7 writes.
"""

import re

from adapter.sr import tree
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
_ITEMS = frozenset(
    (
        *("container", "code", "text", "num", "pname", "date", "time", "datetime", "uidref"),
        *("image", "composite", "waveform", "scoord", "scoord3d", "tcoord"),
    )
)
_NAME_PARTS = ("last", "first", "middle", "prefix", "suffix")


def data_set(root: Node, builder: Builder) -> Raw:
    """Return the data set of a ``report`` element."""
    raw = builder.item(0)
    for keyword, path in _HEADER.items():
        read = _moment if path[-1] in ("date", "time") else _plain
        _put(raw, _TAGS[keyword], read(root.first(*path)), builder)
    for where, key in ((_UIDS, "uid"), (_FLAGS, "flag")):
        for keyword, path in where.items():
            found = root.first(*path)
            _put(raw, _TAGS[keyword], found.attributes.get(key, "") if found else "", builder)
    device = root.first("device") or root
    for keyword, one in (
        ("Manufacturer", "manufacturer"),
        ("ManufacturerModelName", "model"),
        ("DeviceSerialNumber", "serial"),
        ("SoftwareVersions", "version"),
    ):
        _put(raw, _TAGS[keyword], _plain(device.first(one)), builder)
    for keyword, path in _NAMES.items():
        _put(raw, _TAGS[keyword], _person(root.first(*path, "name"), builder), builder)
    _around(root, raw, builder)
    content = root.first("document", "content")
    below = _below(content) if content else []
    top = next((one for one in below if _kind(one) == "CONTAINER"), None)
    if top is not None:
        _item(top, raw, builder, _places(top), 0)
    return raw


def _put(raw: Raw, tag: int, value: "str | Sequence", builder: Builder) -> None:
    if value:
        builder.put(raw, tag, value)


def _plain(node: Node | None) -> str:
    return node.text.strip() if node else ""


_ISO = re.compile(
    r"(?:(\d{4})-(\d\d)-(\d\d))?T?(?:(\d\d):(\d\d)(?::(\d\d(?:\.\d+)?))?)?([+-]\d\d:?\d\d)?"
)


def _moment(node: Node | None) -> str:
    """Return a date or time as DICOM writes it; what is none as it is."""
    text = _plain(node)
    found = _ISO.fullmatch(text)
    if not found or not (found[1] or found[4]):
        return text
    return "".join(part or "" for part in found.groups()).replace(":", "")


def _person(node: Node | None, builder: Builder) -> str:
    if node is None:
        return ""
    if not any(note[0] == "name-groups" for note in builder.notes):
        builder.tell("name-groups", "the XML keeps one group of person names", "others are unknown")
    parts = [node.first(part) for part in _NAME_PARTS]
    return "^".join(one.text if one else "" for one in parts).rstrip("^")


def _around(root: Node, raw: Raw, builder: Builder) -> None:
    schemes = Sequence()
    coding = root.first("coding")
    for scheme in coding.all("scheme") if coding else []:
        entry = builder.item(1)
        _put(entry, tree.SCHEME, scheme.attributes.get("designator", ""), builder)
        _put(entry, SCHEME_UID, _plain(scheme.first("uid")), builder)
        schemes.append(entry)
    _put(raw, SCHEMES, schemes, builder)
    for node in root.all("evidence"):
        current = node.attributes.get("type", "").startswith("Current")
        _put(raw, EVIDENCE[0] if current else EVIDENCE[1], _studies(node, builder), builder)
    before = root.first("document", "predecessor")
    _put(raw, PREDECESSORS, _studies(before, builder) if before else Sequence(), builder)
    observers = Sequence()
    verification = root.first("document", "verification")
    for one in verification.all("observer") if verification else []:
        entry = builder.item(1)
        _put(entry, VERIFIER_NAME, _person(one.first("name"), builder), builder)
        observers.append(entry)
    _put(raw, VERIFIERS, observers, builder)


def _studies(node: Node, builder: Builder) -> Sequence:
    studies = Sequence()
    for study in node.all("study"):
        entry = builder.item(1)
        _put(entry, _TAGS["StudyInstanceUID"], study.attributes.get("uid", ""), builder)
        found = Sequence()
        for one in study.all("series"):
            series = builder.item(2)
            _put(series, _TAGS["SeriesInstanceUID"], one.attributes.get("uid", ""), builder)
            instances = Sequence(_reference(value, builder, 3) for value in one.all("value"))
            _put(series, SOP_SEQUENCE, instances, builder)
            found.append(series)
        _put(entry, SERIES_SEQUENCE, found, builder)
        studies.append(entry)
    return studies


def _reference(value: Node, builder: Builder, depth: int) -> Raw:
    entry = builder.item(depth)
    for tag, name in ((tree.SOP_CLASS, "sopclass"), (tree.SOP_INSTANCE, "instance")):
        found = value.first(name)
        _put(entry, tag, found.attributes.get("uid", "") if found else "", builder)
    _put(entry, tree.FRAMES, _plain(value.first("frames")).replace(",", "\\"), builder)
    return entry


def _kind(node: Node) -> str:
    """Return the value type of an item element; ``REFERENCE`` for a by-reference item."""
    if node.name == "item":
        return node.attributes.get("valType", "REFERENCE" if "ref" in node.attributes else "")
    return node.name.upper() if node.name in _ITEMS or node.name == "reference" else ""


def _below(node: Node) -> list[Node]:
    """Return the children of an item, also those that a template element encloses."""
    found: list[Node] = []
    for child in node.children:
        if child.name != "template" or not _encloses(child):
            found.append(child)
            continue
        for one in child.children:
            one.attributes.setdefault("tid", child.attributes.get("tid", ""))
            found.append(one)
    return found


def _encloses(template: Node) -> bool:
    return any(_kind(child) for child in template.children)


def _places(top: Node) -> dict[str, str]:
    """Return the content item identifier, as backslash-joined numbers, by element id.

    An id is the number of the item in document order, and is not always written.
    """
    places: dict[str, str] = {}
    waiting = [(top, "1")]
    while waiting:
        node, place = waiting.pop()
        places[str(len(places) + 1)] = place
        inner = [child for child in _below(node) if _kind(child)]
        found = [(child, f"{place}\\{at}") for at, child in enumerate(inner, 1)]
        waiting += reversed(found)
    return places


def _item(node: Node, raw: Raw, builder: Builder, places: dict[str, str], depth: int) -> None:
    kind = _kind(node)
    relationship = node.attributes.get("relType", "") or _plain(node.first("relationship"))
    _put(raw, tree.RELATIONSHIP, relationship, builder)
    if kind == "REFERENCE" or "ref" in node.attributes:
        _put(raw, tree.BY_REFERENCE, places.get(node.attributes.get("ref", ""), ""), builder)
        return
    _put(raw, tree.VALUE_TYPE, kind, builder)
    concept = node.first("concept")
    _put(raw, tree.NAME, _codes(concept, builder, depth), builder)
    observation = node.first("observation")
    if observation:
        _put(raw, tree.UID, observation.attributes.get("uid", ""), builder)
        _put(raw, tree.OBSERVED, _moment(observation.first("datetime")), builder)
    _template(node, raw, builder, depth)
    _put(raw, tree.CONTINUITY, node.attributes.get("flag", ""), builder)
    _value(kind, node, raw, builder, depth)
    below = Sequence()
    for child in _below(node):
        if _kind(child):
            entry = builder.item(depth + 1)
            _item(child, entry, builder, places, depth + 1)
            below.append(entry)
    _put(raw, tree.CONTENT, below, builder)


def _template(node: Node, raw: Raw, builder: Builder, depth: int) -> None:
    tid = node.attributes.get("tid", "")
    template = node.first("template")
    if template is not None and not tid and not _encloses(template):
        tid = template.attributes.get("tid", "") or _plain(template.first("id"))
    if tid:
        entry = builder.item(depth + 1)
        builder.put(entry, tree.TEMPLATE_ID, tid)
        builder.put(raw, tree.TEMPLATE, Sequence([entry]))


def _codes(node: Node | None, builder: Builder, depth: int) -> Sequence:
    """Return a code sequence of an element that holds one code, or an empty one."""
    if node is None:
        return Sequence()
    scheme = node.first("scheme") or Node("scheme", {})
    value = node.attributes.get("codValue", "") or _plain(node.first("value"))
    if not value:
        return Sequence()
    entry = builder.item(depth + 1)
    builder.put(entry, tree.LONG_VALUE if len(value) > 16 else tree.CODE_VALUE, value)
    attributes = node.attributes
    for tag, written in (
        (tree.SCHEME, attributes.get("codScheme", "") or _plain(scheme.first("designator"))),
        (tree.VERSION, attributes.get("codVersion", "") or _plain(scheme.first("version"))),
        (tree.MEANING, _plain(node.first("meaning")) or node.text.strip()),
    ):
        _put(entry, tag, written, builder)
    return Sequence([entry])


def _value(kind: str, node: Node, raw: Raw, builder: Builder, depth: int) -> None:
    value = node.first("value")
    if kind == "CODE":
        whole = value is not None and ("codValue" in value.attributes or value.children)
        _put(raw, tree.CODE, _codes(value if whole else node, builder, depth), builder)
    elif kind == "NUM":
        _number(node, raw, builder, depth)
    elif kind in ("IMAGE", "COMPOSITE", "WAVEFORM"):
        if value is not None:
            raw[tree.REFERENCED] = Sequence([_reference(value, builder, depth + 1)])
    elif kind == "PNAME":
        _put(raw, tree.TEXT_VALUES[kind][0], _person(value, builder), builder)
    elif kind in ("TEXT", "UIDREF"):
        _put(raw, tree.TEXT_VALUES[kind][0], value.text if value else "", builder)
    elif kind in tree.TEXT_VALUES:
        _put(raw, tree.TEXT_VALUES[kind][0], _moment(value), builder)


def _number(node: Node, raw: Raw, builder: Builder, depth: int) -> None:
    measured = Sequence()
    text = _plain(node.first("value"))
    if text:
        entry = builder.item(depth + 1)
        builder.put(entry, tree.NUMERIC, text)
        _put(entry, tree.UNITS, _codes(node.first("unit"), builder, depth + 1), builder)
        measured.append(entry)
    raw[tree.MEASURED] = measured
    _put(raw, tree.QUALIFIER, _codes(node.first("qualifier"), builder, depth), builder)
