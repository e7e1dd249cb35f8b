"""Rules of every content item.

Source: DICOM PS3.3 C.17.3, C.18, section 8; A.35.1 to A.35.13 (value types by storage class).
"""

from adapter.sr.content import Code, Item, Number, Reference, SrDocument
from adapter.sr.rules.base import ERROR, WARNING, Broken, Rule, mended, walk

_REFERRING = frozenset({"IMAGE", "COMPOSITE", "WAVEFORM"})
_COORDINATES = frozenset({"SCOORD", "SCOORD3D", "TCOORD"})
_TEXTS = frozenset({"TEXT", "UIDREF", "PNAME", "DATE", "TIME", "DATETIME"})
TYPES = _REFERRING | _COORDINATES | _TEXTS | {"CONTAINER", "CODE", "NUM", "TABLE"}

_FORBIDDEN = {  # by the last part of the storage class
    "11": _COORDINATES | {"NUM", "TABLE"},
    "22": {"SCOORD3D", "TABLE"},
    "33": {"SCOORD3D", "TABLE"},
    "34": {"TABLE"},
}
_NO_REFERENCES = frozenset({"11", "22"})
_OLD = frozenset({"SRT", "SNM3", "99SDM"})
_PRIVATE = "99CSFL"


def _others(document: SrDocument) -> list[Item]:
    return list(walk(document.root))[1:]


def root(document: SrDocument) -> Broken:
    """Yield a root that is no container, or has a relationship."""
    item = document.root
    if item is None or item.value_type != "CONTAINER":
        yield "1", "the root is no CONTAINER"
    elif item.relationship:
        yield "1", "the root has a Relationship Type"


def relationship(document: SrDocument) -> Broken:
    for item in _others(document):
        if not item.relationship:
            yield item.path, "Relationship Type is missing"


def value_type(document: SrDocument) -> Broken:
    yield from mended(document, "value-type-unknown", "value-type-missing")
    for item in _others(document):
        if not item.by_reference and item.value_type not in TYPES:
            yield item.path, "Value Type is missing or unknown"


def name(document: SrDocument) -> Broken:
    for item in walk(document.root):
        inner = item.value_type == "CONTAINER" and item is not document.root
        optional = inner or item.value_type in _REFERRING | _COORDINATES
        if item.name is None and not item.by_reference and not optional:
            yield item.path, "Concept Name is missing"


def continuity(document: SrDocument) -> Broken:
    yield from mended(document, "continuity-missing")
    for item in walk(document.root):
        if item.value_type == "CONTAINER" and item.continuity not in ("SEPARATE", "CONTINUOUS"):
            yield item.path, "Continuity of Content is neither SEPARATE nor CONTINUOUS"


def content_empty(document: SrDocument) -> Broken:
    yield from mended(document, "content-empty")


def value(document: SrDocument) -> Broken:
    yield from mended(document, "value-missing")
    for item in walk(document.root):
        if _lacks_value(item):
            yield item.path, f"a {item.value_type} without a value"


def _lacks_value(item: Item) -> bool:
    if item.value_type == "CODE":
        return not isinstance(item.value, Code)
    if item.value_type in _TEXTS:
        return not (isinstance(item.value, str) and item.value.strip())
    if item.value_type in _REFERRING:
        return not (isinstance(item.value, Reference) and item.value.sop_instance)
    return item.value_type == "NUM" and not isinstance(item.value, Number)


def number(document: SrDocument) -> Broken:
    """Yield a number of more than 16 characters, without a unit, or empty without a reason."""
    for item in walk(document.root):
        if not isinstance(item.value, Number):
            continue
        if len(item.value.text) > 16:
            yield item.path, "Numeric Value has more than 16 characters"
        elif item.value.text and item.value.unit is None:
            yield item.path, "a number without a unit"
        elif not item.value.text and item.value.qualifier is None:
            yield item.path, "no number, and no qualifier that says why"


def _codes(item: Item) -> list[Code]:
    found = [item.name, item.value]
    if isinstance(item.value, Number):
        found += [item.value.unit, item.value.qualifier]
    return [code for code in found if isinstance(code, Code)]


def code(document: SrDocument) -> Broken:
    """Yield a code without a value, a scheme or a meaning, or longer than the standard allows."""
    yield from mended(document, "code-too-long", "code-without-value", "code-several")
    for item in walk(document.root):
        for one in _codes(item):
            if not one.value:
                yield item.path, "a code without a value"
            elif not one.scheme.strip() or len(one.scheme) > 16:
                yield item.path, "Coding Scheme Designator is empty or longer than 16 characters"
            elif not 1 <= len(one.meaning) <= 64:
                yield item.path, "Code Meaning is empty or longer than 64 characters"


def meaning_bytes(document: SrDocument) -> Broken:
    """Yield a meaning of more than 64 bytes: some tools count bytes."""
    for item in walk(document.root):
        if any(len(c.meaning) <= 64 < len(c.meaning.encode()) for c in _codes(item)):
            yield item.path, "Code Meaning has more than 64 bytes in UTF-8"


def modifier(document: SrDocument) -> Broken:
    for item in _others(document):
        wrong = item.value_type not in ("CODE", "TEXT") and not item.by_reference
        if item.relationship == "HAS CONCEPT MOD" and wrong:
            yield item.path, "HAS CONCEPT MOD points to an item that is neither CODE nor TEXT"


def storage_class(document: SrDocument) -> Broken:
    """Yield an item that the document's storage class does not allow."""
    kind = document.header.get("SOPClassUID", "").rpartition(".88.")[2]
    for item in _others(document):
        if item.value_type in _FORBIDDEN.get(kind, ()):
            yield item.path, f"{item.value_type} is not allowed in this storage class"
        elif item.by_reference and kind in _NO_REFERENCES:
            yield item.path, "by-reference items are not allowed in this storage class"


def old_scheme(document: SrDocument) -> Broken:
    for item in walk(document.root):
        if any(c.scheme in _OLD for c in _codes(item)):
            yield item.path, "SNOMED RT designators are retired: SCT stands for them"


def identified(document: SrDocument) -> Broken:
    """Yield our private scheme used and not identified by its UID."""
    uses = [i.path for i in walk(document.root) if any(c.scheme == _PRIVATE for c in _codes(i))]
    if uses and not any(d == _PRIVATE and uid for d, uid in document.schemes):
        yield uses[0], "99CSFL is used and not in Coding Scheme Identification Sequence"


RULES = (
    Rule("item.root", ERROR, "PS3.3 C.17.3", root),
    Rule("item.relationship", ERROR, "PS3.3 C.17.3", relationship),
    Rule("item.value-type", ERROR, "PS3.3 C.17.3", value_type),
    Rule("item.name", ERROR, "PS3.3 C.17.3", name),
    Rule("item.continuity", ERROR, "PS3.3 C.17.3", continuity),
    Rule("item.content-empty", ERROR, "PS3.3 C.17.3", content_empty),
    Rule("item.value", ERROR, "PS3.3 C.17.3, C.18", value),
    Rule("item.number", ERROR, "PS3.3 C.18.1", number),
    Rule("item.code", ERROR, "PS3.3 section 8", code),
    Rule("item.meaning-bytes", WARNING, "tools that count bytes", meaning_bytes),
    Rule("item.modifier", ERROR, "PS3.3 C.17.3", modifier),
    Rule("item.storage-class", ERROR, "PS3.3 A.35", storage_class),
    Rule("item.old-scheme", WARNING, "PS3.16 section 8", old_scheme),
    Rule("item.scheme-identified", WARNING, "PS3.3 C.12.1.1", identified),
)
