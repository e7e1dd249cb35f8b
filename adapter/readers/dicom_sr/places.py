"""Finding Site, laterality and topographical modifiers to a site and a side.

Source: contract sections 2 and 3; criteria section 3; DICOM PS3.16 TID 1501 rows 6 to 8, CID 244.
"""

from collections.abc import Iterable, Iterator, Sequence

from adapter.model import SIDES, Issue, NamedSite, Site
from adapter.readers.dicom_sr.codes import Lookup, described
from adapter.sites import side
from adapter.sr.content import Code, Item


def site(items: Sequence[Item], lookup: Lookup) -> tuple[Site | None, list[Issue]]:
    """Return the site that Finding Site items name together; None where there is no item.

    A code or a text that cannot be read leaves the site as it is and is told.
    """
    issues: list[Issue] = []
    read = []
    for item in items:
        one = _one(item, lookup)
        read.append(one)
        if one.unreadable:
            what = described(item.value) if isinstance(item.value, Code) else one.text
            text = f"{what or 'an empty text'} is no site of the spine"
            issues.append(lookup.issue(item, "site-unreadable", text))
        issues.extend(_unknown_modifiers(item, lookup))
    return (_union(read), issues) if read else (None, issues)


def _unknown_modifiers(item: Item, lookup: Lookup) -> Iterator[Issue]:
    """Yield what a site's modifiers say that is no side, as information: the site stays."""
    for child in item.children:
        value = child.value
        term = lookup.term(value) if isinstance(value, Code) else None
        if isinstance(value, Code) and (term is None or term.name not in SIDES):
            yield lookup.not_mapped(child, value, "information")


def _one(item: Item, lookup: Lookup) -> Site:
    value = item.value
    if isinstance(value, Code):
        term = lookup.term(value)
        if term is not None and term.site is not None:
            return term.site
        words = value.meaning or value.value
        return Site(text=words, unreadable=(words,))
    if isinstance(value, str) and value.strip():
        return lookup.terms.read_site(value.strip())
    return Site(unreadable=("",))


def _union(read: Iterable[Site]) -> Site:
    read = list(read)
    named: dict[str, NamedSite] = {n.name: n for one in read for n in one.named}
    return Site(
        levels=tuple(sorted({level for one in read for level in one.levels})),
        named=tuple(named[name] for name in sorted(named)),
        text="; ".join(dict.fromkeys(one.text for one in read if one.text)),
        unreadable=tuple(part for one in read for part in one.unreadable if part),
    )


def words(items: Sequence[Item]) -> str:
    """Return the words of Finding Site items that were written as text."""
    texts = (i.value.strip() for i in items if isinstance(i.value, str))
    return "; ".join(dict.fromkeys(text for text in texts if text))


def laterality(items: Sequence[Item], lookup: Lookup) -> tuple[str | None, list[Issue]]:
    """Return the one side that Laterality items, or the words and modifiers of sites, name.

    Parameters
    ----------
    items : sequence of Item
        Laterality, topographical modifier and Finding Site items, modifiers of sites among them.

    Returns
    -------
    str or None
        None where nothing says a side, or where two differ: that is told.
    """
    found = list(dict.fromkeys(s for item in items for s in _sides(item, lookup)))
    if len(found) > 1:
        issue = lookup.issue(
            items[0],
            "contradiction",
            f"one lesion on differing sides ({', '.join(found)}): its side is not used",
        )
        return None, [issue]
    return (found[0] if found else None), []


def _sides(item: Item, lookup: Lookup) -> Iterable[str]:
    name = lookup.named(item)
    if isinstance(item.value, Code):
        term = lookup.term(item.value)
        if term is not None and term.name in SIDES and name != "finding-site":
            yield term.name
    elif isinstance(item.value, str):
        told = side(item.value)
        if told:
            yield told
    if name == "finding-site":
        for child in item.children:
            if lookup.named(child) in ("laterality", "topographical-modifier"):
                yield from _sides(child, lookup)
