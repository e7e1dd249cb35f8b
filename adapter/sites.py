"""The spinal axis: notations to sites, sites to text, and whether two sites are the same.

The axis is C1…C7, T1…T12, L1…L5, S1…S5, as indices 0…28. Source: criteria section 3.
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from functools import lru_cache

from adapter.model import NamedSite, Site, Truth

AXIS = tuple(
    f"{letter}{number}"
    for letter, count in (("C", 7), ("T", 12), ("L", 5), ("S", 5))
    for number in range(1, count + 1)
)
INDEX = {name: index for index, name in enumerate(AXIS)}
CERVICAL_THORACIC = frozenset(range(INDEX["C1"], INDEX["T12"] + 1))
LUMBAR_SACRAL = frozenset(range(INDEX["L1"], INDEX["S5"] + 1))
C1_C2 = frozenset((INDEX["C1"], INDEX["C2"]))

Names = Mapping[str, NamedSite]
"""Folded words to named sites, as ``mappings/sites.toml`` has them."""

# Sets `fold` brings to one spelling; NFKC leaves 〜 ー − ‐ – — and 頚 as they are.
_DASHES = str.maketrans(dict.fromkeys("〜～~ー－–—−‐‑‒―", "-") | {"頚": "頸"})
_KANJI = {c: i for i, c in enumerate("〇一二三四五六七八九")}
_REGION_LETTER = {"頸": "C", "胸": "T", "腰": "L", "仙": "S"}

_ORDINAL = re.compile(
    r"第?((?:\d+|[一二三四五六七八九十]+)(?:[-・,、/]第?(?:\d+|[一二三四五六七八九十]+))*)(頸|胸|腰|仙)椎(?!\d)"
)
_TRAILING = re.compile(r"(頸|胸|腰|仙)椎(\d+)")
_LEVEL = r"(?:th|[ctlsd])\.?\d{1,2}"
_RANGE = re.compile(rf"({_LEVEL})-((?:th|[ctlsd])?\.?\d{{1,2}})")
_DISC = re.compile(rf"({_LEVEL})/((?:th|[ctlsd])?\.?\d{{1,2}})")
_SINGLE = re.compile(_LEVEL)
_SIDES = re.compile(
    r"左右|両側|右側|左側|右|左|\b(?:left|right|bilateral|rt|lt)\b\.?(?:[- ]?sided)?"
)
_FILLER = re.compile(
    r"椎体|椎間板|椎間|神経根|高位|レベル|levels?|vertebra[el]?|vertebral|body|bodies|discs?|disks?"
    r"|roots?|nerve|spine|付近(?=$)|[()\[\]「」]"
)
_BRACKETED = re.compile(r"(.+?)\s*\(([^()]+)\)")
_LIST = re.compile(r"[、,;・+&]|及び|および|\band\b|と")


def fold(text: str) -> str:
    """Return `text` in the one spelling that notations are compared in.

    NFKC, lower case, every dash and wave ``-``, 頚 as 頸, no blanks. For level fields only:
    it changes the meaning of whole sentences.
    """
    folded = unicodedata.normalize("NFKC", text).translate(_DASHES).lower()
    folded = folded.replace("から", "-")
    folded = re.sub(r"(?<=\d)\s*to\s*(?=[a-z\d])", "-", folded)
    return re.sub(r"\s+", " ", folded).strip()


_LONGEST = 1000
"""Characters of a text that may name a site: all levels by name are fewer. A longer one is prose,
and would cost more than it says.
"""


def read(text: str, names: Names) -> Site:
    """Return the site that `text` names.

    Parameters
    ----------
    text : str
        As written: ``Th3-5``, ``第2胸椎``, ``C7/T1``, ``upper thoracic`` …; a list is read part
        by part.
    names : mapping
        The named sites of the mappings, keyed by folded words.

    Returns
    -------
    Site
        With ``text`` as given. A part that cannot be read, or is refused (Th13, L6, Th5-3,
        全脊椎), is in ``unreadable``; where every part is, the site is not ``stated``.
    """
    if len(text) > _LONGEST:
        return Site(text=text, unreadable=(text,))
    levels: set[int] = set()
    named: dict[str, NamedSite] = {}
    unreadable: list[str] = []
    letter = ""
    for part in _parts(fold(text), names):
        if part in names:
            if names[part].kind == "vertebra":
                levels.add(names[part].first)
            else:
                named[names[part].name] = names[part]
            letter = ""
            continue
        found = _span(letter + part if letter and part.isdigit() else part)
        if found is None:
            unreadable.append(part)
            continue
        first, last, disc = found
        letter = AXIS[last][0].lower()
        space = names.get(f"{AXIS[first]}-{AXIS[last]} disc".lower()) if disc else None
        if space is not None:
            named[space.name] = space
        else:
            levels.update(range(first, last + 1))
    return Site(
        levels=tuple(sorted(levels)),
        named=tuple(named[name] for name in sorted(named)),
        text=text,
        unreadable=tuple(unreadable),
    )


def _parts(folded: str, names: Names) -> Iterable[str]:
    """Yield the parts of a folded list, each a name of `names` or bare of filler words."""
    bare = _ordinals(_SIDES.sub("", folded)).strip()
    for raw in [bare] if _name(bare, names) else _LIST.split(bare):
        part = raw.strip(" .-")
        name = _name(part, names)
        if name:
            yield name
        elif part:
            yield _FILLER.sub("", part).replace(" ", "").strip("-の") or part


def _name(part: str, names: Names) -> str:
    """Return the key of `names` that `part` is, with or without filler words; empty if none.

    ``upper thoracic (T1–T4)`` is the name where the levels in brackets are the name's own.
    """
    bracketed = _BRACKETED.fullmatch(part)
    if bracketed:
        name = _name(bracketed[1], names)
        own = (names[name].first, names[name].last, False) if name else None
        return name if own and _span(bracketed[2]) == own else ""
    for candidate in (part, re.sub(r"[\s-]*(?:レベル|levels?|spine|付近)$", "", part)):
        for key in (candidate, candidate.replace("-", " "), candidate.replace(" ", "")):
            if key in names:
                return key
    return ""


def _ordinals(folded: str) -> str:
    """Return `folded` with 第2胸椎, 第十二胸椎, 第3・4腰椎 and 胸椎2 spelled as levels."""

    def spelled(match: re.Match[str]) -> str:
        letter = _REGION_LETTER[match[2]].lower()
        pieces = re.split(r"([-・,、/])", match[1].replace("第", ""))
        return "".join(p if p in "-・,、/" else f"{letter}{_number(p)}" for p in pieces)

    folded = _ORDINAL.sub(spelled, folded)
    return _TRAILING.sub(lambda m: f"{_REGION_LETTER[m[1]].lower()}{m[2]}", folded)


def _number(text: str) -> int:
    """Return 12 for ``12`` and for 十二."""
    if text.isdigit():
        return int(text)
    tens, ten, units = text.rpartition("十")
    return (_KANJI.get(tens, 1) * 10 if ten else 0) + (_KANJI.get(units, 0) if units else 0)


def _span(part: str) -> tuple[int, int, bool] | None:
    """Return (first level, last level, whether a disc space) of one part; None if refused."""
    if _SINGLE.fullmatch(part):
        level = _level(part)
        return (*level, False) if level else None
    for pattern, disc in ((_RANGE, False), (_DISC, True)):
        match = pattern.fullmatch(part)
        if match:
            return _two(match[1], match[2], disc)
    return None


def _two(one: str, other: str, disc: bool) -> tuple[int, int, bool] | None:
    first = _level(one)
    last = _level(other) if not other.isdigit() else _continued(one, int(other), disc)
    if first is None or last is None or first[0] > last[0]:
        return None
    # Reading: a slash joins neighbours; "Th3/5" could be a list or a range, so it is refused.
    if disc and last[1] - first[0] != 1:
        return None
    return first[0], last[1], disc


def _continued(one: str, number: int, disc: bool) -> tuple[int, int] | None:
    """Return the level of a bare second number: Th3-5 is T3–T5; C7/1 crosses into T1."""
    start = _level(one)
    if start is None:
        return None
    crosses = disc and number == 1 and start[1] + 1 < len(AXIS) and AXIS[start[1] + 1][1:] == "1"
    return (start[1] + 1, start[1] + 1) if crosses else _level(f"{AXIS[start[0]][0]}{number}")


def _level(token: str) -> tuple[int, int] | None:
    """Return the index twice, or both neighbours of the root C8; None for Th13, L6, S0."""
    number = re.sub(r"\D", "", token)
    letter = token[0].upper().replace("D", "T")
    if letter == "C" and number.lstrip("0") == "8":
        return INDEX["C7"], INDEX["T1"]
    index = INDEX.get(f"{letter}{int(number)}") if number else None
    return None if index is None else (index, index)


def side(text: str) -> str | None:
    """Return ``left``, ``right`` or ``bilateral`` where words of `text` say so, else None."""
    folded = fold(text)
    left = bool(re.search(r"左|\bleft\b|\blt\b", folded))
    right = bool(re.search(r"右|\bright\b|\brt\b", folded))
    if re.search(r"両側|\bbilateral\b", folded) or (left and right):
        return "bilateral"
    return "left" if left else "right" if right else None


def precise(site: Site | None) -> frozenset[int]:
    """Return the levels of a site that are documented as levels: all but whole regions."""
    if site is None:
        return frozenset()
    return frozenset(site.levels).union(
        *(range(n.first, n.last + 1) for n in site.named if n.kind != "region")
    )


def regional(site: Site | None) -> frozenset[int]:
    """Return the levels that whole regions of a site cover."""
    if site is None:
        return frozenset()
    return frozenset().union(
        *(range(n.first, n.last + 1) for n in site.named if n.kind == "region")
    )


def covered(site: Site | None) -> frozenset[int]:
    """Return every level of a site, regions included; empty where the site is not stated."""
    return precise(site) | regional(site)


def label(site: Site | None, words: Mapping[str, str] | None = None) -> str:
    """Return a site for people: ``T3–T5, L2``; empty where it is not stated.

    A named site is printed with the levels it stands for, since sub-regions are conventions;
    `words` has its name in another language.
    """
    if site is None or not site.stated:
        return ""
    said = {n.name: (words or {}).get(n.name, n.name) for n in site.named}
    named = [
        said[n.name] if n.kind == "disc" else f"{said[n.name]} ({_run(n.first, n.last)})"
        for n in site.named
    ]
    levels = _levels(site.levels)
    return ", ".join([levels, *named] if levels else named)


@lru_cache(maxsize=1024)
def _levels(levels: tuple[int, ...]) -> str:
    return ", ".join([_run(a, b) for a, b in runs(levels)])


def runs(levels: Iterable[int]) -> list[tuple[int, int]]:
    """Return the closed ranges of consecutive levels, in order."""
    found: list[tuple[int, int]] = []
    for level in sorted(levels):
        if found and found[-1][1] + 1 == level:
            found[-1] = (found[-1][0], level)
        else:
            found.append((level, level))
    return found


def _run(first: int, last: int) -> str:
    return AXIS[first] if first == last else f"{AXIS[first]}–{AXIS[last]}"


def same_site(one: Site | None, other: Site | None, policy: str | int = "level") -> Truth:
    """Return whether two sites are the same by a shared level.

    Parameters
    ----------
    one, other : Site or None
        A site that is not stated could be any.
    policy : {"level", "region"} or int
        ``region`` lets whole regions match as levels do; a number is a tolerance in levels.

    Returns
    -------
    Truth
        OPEN where only a whole region, or a site not stated, could match (criteria section 3).
    """
    if not covered(one) or not covered(other):
        return Truth.OPEN
    tolerance = policy if isinstance(policy, int) else 0
    if _meet(precise(one), precise(other), tolerance):
        return Truth.HOLDS
    if not _meet(covered(one), covered(other), tolerance):
        return Truth.FAILS
    return Truth.HOLDS if policy == "region" else Truth.OPEN


def shared(one: Site | None, other: Site | None) -> tuple[int, ...]:
    """Return the levels two sites have in common, regions included, in order."""
    return tuple(sorted(covered(one) & covered(other)))


def _meet(one: frozenset[int], other: frozenset[int], tolerance: int) -> bool:
    if not tolerance:
        return not one.isdisjoint(other)
    return any(abs(a - b) <= tolerance for a in one for b in other)
