"""An SR as XML to an ``SrDocument``: the Native DICOM Model, and what DCMTK's ``dsr2xml`` writes.

Source: DICOM PS3.19 Annex A.1; for the other see ``adapter.sr.dsr2xml``.
"""

import re

from adapter.errors import LimitExceeded, RefusedInput
from adapter.sr import dsr2xml
from adapter.sr.content import SrDocument
from adapter.sr.document import document
from adapter.sr.limits import DEFAULT, Limits
from adapter.sr.models import Builder
from adapter.sr.raw import Raw, Sequence
from adapter.sr.xml_tree import Node, parse

_ROOT = re.compile(rb"<(?:\w+:)?(NativeDicomModel|report)[\s>]")
_NAME_PARTS = ("FamilyName", "GivenName", "MiddleName", "NamePrefix", "NameSuffix")


def sniff(data: bytes) -> bool:
    """Tell whether the first element is the root of one of the two models."""
    head = data[:4096]
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        head = head.replace(b"\0", b"")[2:]
    found = re.search(rb"<(?![?!])", head)
    return bool(found and _ROOT.match(head, found.start()))


def decode(data: bytes, name: str, limits: Limits = DEFAULT) -> SrDocument:
    """Return the SR document of its XML.

    Raises
    ------
    RefusedInput
        Not well-formed, neither of the two models, or not an SR document with findings.
    Damaged
        It lacks what every SR document has.
    LimitExceeded
        One of the limits is passed.
    """
    if len(data) > limits.model:
        raise LimitExceeded(f"has more than {limits.model} bytes", name)
    root = parse(data, name, limits)
    builder = Builder(name, limits)
    if root.name == "NativeDicomModel":
        raw = _data_set(root, builder, 0)
    elif root.name == "report":
        raw = dsr2xml.data_set(root, builder)
    else:
        raise RefusedInput("is XML, but no model of a DICOM SR", name)
    builder.utf8(raw)
    return document(raw, builder.origin())


def _data_set(node: Node, builder: Builder, depth: int) -> Raw:
    raw = builder.item(depth)
    for attribute in node.all("DicomAttribute"):
        written = attribute.attributes.get("tag", "")
        if not re.fullmatch(r"[0-9A-Fa-f]{8}", written):
            builder.tell("xml-attribute", "a DicomAttribute has no tag", "not used")
            continue
        tag = int(written, 16)
        if tag >= 0x00080000:
            builder.put(raw, tag, _value(attribute, builder, depth))
    return raw


def _value(attribute: Node, builder: Builder, depth: int) -> "str | Sequence":
    items = attribute.all("Item")
    if items or attribute.attributes.get("vr") == "SQ":
        return Sequence(_data_set(item, builder, depth + 1) for item in _in_order(items))
    if attribute.all("BulkData"):
        builder.tell("bulk-data", "a value is elsewhere", "not fetched")
    names = attribute.all("PersonName")
    if names:
        return "\\".join(_person(one) for one in _in_order(names))
    return "\\".join(one.text for one in _in_order(attribute.all("Value")))


def _in_order(nodes: list[Node]) -> list[Node]:
    def number(node: Node) -> int:
        written = node.attributes.get("number", "")
        return int(written) if written.isdecimal() and len(written) < 10 else 0

    return sorted(nodes, key=number)


def _person(node: Node) -> str:
    groups = []
    for key in ("Alphabetic", "Ideographic", "Phonetic"):
        group = node.first(key)
        found = [group.first(part) for part in _NAME_PARTS] if group else []
        groups.append("^".join(one.text if one else "" for one in found).rstrip("^"))
    return "=".join(groups).rstrip("=")
