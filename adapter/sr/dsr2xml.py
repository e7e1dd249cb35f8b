"""The XML of DCMTK's ``dsr2xml``, in all its options, to a raw data set.

It holds less than the file did: see `adapter.sr.dsr2xml_header`.
Source: DCMTK's dsr2xml.xsd, and what version 3.6.7 writes.
"""

from adapter.sr import tags
from adapter.sr.dsr2xml_header import header, moment, person, plain, put, reference
from adapter.sr.models import Builder
from adapter.sr.raw import Raw, Sequence
from adapter.sr.xml_tree import Node

_ITEMS = frozenset(
    (
        *("container", "code", "text", "num", "pname", "date", "time", "datetime", "uidref"),
        *("image", "composite", "waveform", "scoord", "scoord3d", "tcoord"),
    )
)


def data_set(root: Node, builder: Builder) -> Raw:
    """Return the data set of a ``report`` element."""
    raw = builder.item(0)
    header(root, raw, builder)
    content = root.first("document", "content")
    below = _below(content) if content else []
    top = next((one for one in below if _kind(one) == "CONTAINER"), None)
    if top is not None:
        _item(top, raw, builder, _places(top), 0)
    return raw


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
    relationship = node.attributes.get("relType", "") or plain(node.first("relationship"))
    put(raw, tags.RELATIONSHIP, relationship, builder)
    if kind == "REFERENCE" or "ref" in node.attributes:
        put(raw, tags.BY_REFERENCE, places.get(node.attributes.get("ref", ""), ""), builder)
        return
    put(raw, tags.VALUE_TYPE, kind, builder)
    concept = node.first("concept")
    put(raw, tags.NAME, _codes(concept, builder, depth), builder)
    observation = node.first("observation")
    if observation:
        put(raw, tags.UID, observation.attributes.get("uid", ""), builder)
        put(raw, tags.OBSERVED, moment(observation.first("datetime")), builder)
    _template(node, raw, builder, depth)
    put(raw, tags.CONTINUITY, node.attributes.get("flag", ""), builder)
    _value(kind, node, raw, builder, depth)
    below = Sequence()
    for child in _below(node):
        if _kind(child):
            entry = builder.item(depth + 1)
            _item(child, entry, builder, places, depth + 1)
            below.append(entry)
    put(raw, tags.CONTENT, below, builder)


def _template(node: Node, raw: Raw, builder: Builder, depth: int) -> None:
    tid = node.attributes.get("tid", "")
    template = node.first("template")
    if template is not None and not tid and not _encloses(template):
        tid = template.attributes.get("tid", "") or plain(template.first("id"))
    if tid:
        entry = builder.item(depth + 1)
        builder.put(entry, tags.TEMPLATE_ID, tid)
        builder.put(raw, tags.TEMPLATE, Sequence([entry]))


def _codes(node: Node | None, builder: Builder, depth: int) -> Sequence:
    """Return a code sequence of an element that holds one code, or an empty one."""
    if node is None:
        return Sequence()
    scheme = node.first("scheme") or Node("scheme", {})
    value = node.attributes.get("codValue", "") or plain(node.first("value"))
    if not value:
        return Sequence()
    entry = builder.item(depth + 1)
    builder.put(entry, tags.LONG_VALUE if len(value) > 16 else tags.CODE_VALUE, value)
    attributes = node.attributes
    for tag, written in (
        (tags.SCHEME, attributes.get("codScheme", "") or plain(scheme.first("designator"))),
        (tags.VERSION, attributes.get("codVersion", "") or plain(scheme.first("version"))),
        (tags.MEANING, plain(node.first("meaning")) or node.text.strip()),
    ):
        put(entry, tag, written, builder)
    return Sequence([entry])


def _value(kind: str, node: Node, raw: Raw, builder: Builder, depth: int) -> None:
    value = node.first("value")
    if kind == "CODE":
        whole = value is not None and ("codValue" in value.attributes or value.children)
        put(raw, tags.CODE, _codes(value if whole else node, builder, depth), builder)
    elif kind == "NUM":
        _number(node, raw, builder, depth)
    elif kind in ("IMAGE", "COMPOSITE", "WAVEFORM"):
        if value is not None:
            raw[tags.REFERENCED] = Sequence([reference(value, builder, depth + 1)])
    elif kind == "PNAME":
        put(raw, tags.TEXT_VALUES[kind][0], person(value, builder), builder)
    elif kind in ("TEXT", "UIDREF"):
        put(raw, tags.TEXT_VALUES[kind][0], value.text if value else "", builder)
    elif kind in tags.TEXT_VALUES:
        put(raw, tags.TEXT_VALUES[kind][0], moment(value), builder)


def _number(node: Node, raw: Raw, builder: Builder, depth: int) -> None:
    measured = Sequence()
    text = plain(node.first("value"))
    if text:
        entry = builder.item(depth + 1)
        builder.put(entry, tags.NUMERIC, text)
        put(entry, tags.UNITS, _codes(node.first("unit"), builder, depth + 1), builder)
        measured.append(entry)
    raw[tags.MEASURED] = measured
    put(raw, tags.QUALIFIER, _codes(node.first("qualifier"), builder, depth), builder)
