"""What rules are made of: a row with its severity, its source, and what breaks it.

Source: DICOM PS3.16 CID 7000, 7021 (document titles).
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from adapter.sr.content import Code, Item, SrDocument

ERROR, WARNING = "error", "warning"

Broken = Iterator[tuple[str, str]]
"""(content-item path, what is wrong there); the path is empty for the document."""


@dataclass(frozen=True, slots=True)
class Breach:
    """One breach: the rule, the content-item path, ``error`` or ``warning``, and words."""

    rule: str
    path: str
    severity: str
    text: str


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule. A ``warning`` is this project's wish or a tool's need, an ``error`` the standard's.

    ``template`` is ``1500`` or ``2000`` for the rules of that template, empty for all documents.
    """

    id: str
    severity: str
    source: str
    broken: Callable[[SrDocument], Broken]
    template: str = ""


def template(document: SrDocument) -> str:
    """Return ``1500`` or ``2000``, as the root names it or its title tells; empty for neither."""
    root = document.root
    if root is None:
        return ""
    if root.template.strip() in ("1500", "2000"):
        return root.template.strip()
    if root.template.strip():
        return ""
    return "1500" if pair(root.name) in TITLES_1500 else "2000" if _is_2000(root) else ""


def _is_2000(root: Item) -> bool:
    return pair(root.name) in TITLES_2000


TITLES_1500 = frozenset((code, "DCM") for code in ("126000", "126001", "126002", "126003"))
TITLES_2000 = frozenset(
    {("48526000", "SCT")}
    | {(code, "DCM") for code in ("111400", "125195", "125196", "125197", "125200")}
    | {
        (code, "LN")
        for code in (
            "11524-0", "11525-3", "11528-7", "18745-0", "18748-4", "18750-0", "18752-6", "18754-2",
            "18756-7", "24534-0", "24590-2", "24601-7", "24606-6", "24616-5", "24627-2", "24725-4",
            "24733-8", "24859-1", "24884-9", "24907-8", "24990-4", "25002-7", "25010-0", "25045-6",
            "25056-3", "25061-3", "28614-6", "30695-1", "38036-0", "38269-7", "39036-9", "39445-2",
            "39448-6", "39453-6", "41806-1", "42148-7", "43468-8", "43771-5", "44136-0", "44174-1",
            "46375-2", "47048-4", "49118-3", "49512-7",
        )
    }
)  # fmt: skip


def pair(code: object) -> tuple[str, str]:
    """Return (value, scheme) of a code, SNOMED RT's structural codes as their SNOMED CT ones."""
    if not isinstance(code, Code):
        return ("", "")
    scheme = "SRT" if code.scheme in ("SNM3", "99SDM") else code.scheme
    return _CT.get((code.value, scheme), (code.value, scheme))


_CT = {
    ("G-C0E3", "SRT"): ("363698007", "SCT"),
    ("G-C171", "SRT"): ("272741003", "SCT"),
    ("G-A1F8", "SRT"): ("106233006", "SCT"),
    ("G-C036", "SRT"): ("370129005", "SCT"),
    ("G-A101", "SRT"): ("7771000", "SCT"),
    ("G-A100", "SRT"): ("24028007", "SCT"),
    ("G-A102", "SRT"): ("51440002", "SCT"),
    ("G-A103", "SRT"): ("66459002", "SCT"),
}


def walk(item: Item | None) -> Iterator[Item]:
    """Yield an item and everything below it, in document order."""
    if item is not None:
        yield item
        for child in item.children:
            yield from walk(child)


def named(items: Item | Iterator[Item], *codes: tuple[str, str]) -> list[Item]:
    """Return the children of an item (or the items) whose concept name is one of `codes`."""
    among = items.children if isinstance(items, Item) else items
    return [item for item in among if pair(item.name) in codes]


def at_most(item: Item, code: tuple[str, str], what: str, most: int = 1) -> Broken:
    """Yield each item named `code` beyond the first `most` among the children of `item`."""
    for extra in named(item, code)[most:]:
        yield extra.path, f"{what} stands here more than once"


def mended(document: SrDocument, *ids: str) -> Broken:
    """Yield what the decoder met and mended, of the deviations named."""
    for identifier, path, what, _ in document.deviations:
        if identifier in ids:
            yield path, what


def expected(found: Item, relationship: str, *types: str) -> Broken:
    """Yield what of an item's relationship and value type is not as a template row has it."""
    if found.relationship and found.relationship != relationship:
        yield found.path, f"is {found.relationship}, not {relationship}"
    elif types and found.value_type not in types:
        yield found.path, f"is {found.value_type or 'of no value type'}, not {' or '.join(types)}"
