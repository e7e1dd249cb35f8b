"""Content items and codes, as a writer makes them.

Source: DICOM PS3.3 C.17.3 (SR Document Content); contract section 3.
"""

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache

from adapter.model import Unmapped
from adapter.sr.content import Code, Item, Number
from adapter.terms import PRIVATE, Terms

CONTAINS, MODIFIER, CONTEXT = "CONTAINS", "HAS CONCEPT MOD", "HAS OBS CONTEXT"
_UID = re.compile(r"[0-2](?:\.(?:0|[1-9]\d*))+")
_UNITS = frozenset(
    ("mm", "cm", "m", "mm[H2O]", "cm[H2O]", "m[H2O]", "mm[Hg]", "Pa", "hPa", "kPa", "mbar", "bar")
)
_NOT_IN_LINES = re.compile("[\x00-\x1f\x7f]")
_NO_TEXT = re.compile("[\x00-\x08\x0b\x0e-\x1f\x7f]")
_MEANING = 64  # bytes: some readers count them instead of characters


def is_uid(text: str) -> bool:
    """Return whether a text is a DICOM UID."""
    return len(text) <= 64 and _UID.fullmatch(text) is not None


class Codes:
    """The codes of one document: a term's name to the one code that is written for it.

    Private codes carry the Japanese meaning, all others the one of their scheme. `full` also lets
    codes be written that DICOM does not list (the ``snomed`` setting); `old` is set for receivers
    of ``\\ISO 2022 IR 87``. ``unread`` holds the values that stand in a statement's place.
    """

    def __init__(self, terms: Terms, *, full: bool = False, old: bool = False) -> None:
        self.terms = terms
        self.old = old
        self.unread: Mapping[tuple[str, str], Unmapped] = {}
        self._full = full
        self._made = _known(terms.digest, full, old)

    def __call__(self, name: str) -> Code:
        code = self._made.get(name)
        if code is None:
            coding = self.terms.coding(name, full=self._full)
            term = self.terms[name]
            meaning = term.ja if coding.scheme == PRIVATE else coding.display or term.en
            code = self._made[name] = Code(
                coding.code, coding.scheme, self.meaning(meaning, term.en)
            )
        return code

    def meaning(self, words: str, english: str) -> str:
        """Return a Code Meaning of at most 64 bytes; the English where `old` receivers stumble.

        Half of a kanji looks like the separator of values to some.
        """
        stumbles = self.old and b"\\" in words.encode("iso2022_jp", "ignore")
        return short(english if stumbles else words, old=self.old)

    def unit(self, unit: str) -> Code:
        """Return the code of a unit; one that is not UCUM, or not stated, has a local code."""
        if unit in _UNITS:
            return Code(unit, "UCUM", unit)
        if not unit:
            return Code("not-stated", "L", "単位の記載なし")
        return Code(unit, "L", short(unit, old=self.old))


@lru_cache(maxsize=8)
def _known(digest: str, full: bool, old: bool) -> dict[str, Code]:
    """Return the codes already made from the mappings of this digest, to be added to."""
    return {}


def short(meaning: str, *, old: bool = False) -> str:
    """Return whole characters of a meaning's beginning that fit 64 bytes, as they are written.

    ``ISO 2022 IR 87`` (`old`) takes fewer bytes for a kanji and three for each change of set.
    Control characters become blanks.
    """
    meaning = _NOT_IN_LINES.sub(" ", meaning)
    if len(meaning.encode()) <= _MEANING and not old:
        return meaning
    codec = "iso2022_jp" if old else "utf_8"
    while len(meaning.encode(codec, "replace")) > _MEANING:
        meaning = meaning[:-1]
    return meaning


def coded(
    name: Code,
    value: Code,
    relationship: str = CONTAINS,
    *,
    observed: str = "",
    children: tuple[Item, ...] = (),
) -> Item:
    """Return a CODE item."""
    return Item("", "CODE", relationship, name, value, children, observed=observed)


def text(name: Code, words: str, relationship: str = CONTAINS, *, observed: str = "") -> Item:
    """Return a TEXT item; line ends become CR LF, as DICOM writes them, other control blanks."""
    lines = "\r\n".join(words.splitlines()) if "\n" in words else words
    lines = _NO_TEXT.sub(" ", lines)
    return Item("", "TEXT", relationship, name, lines, observed=observed)


def uidref(name: Code, uid: str, relationship: str = CONTEXT) -> Item:
    """Return a UIDREF item."""
    return Item("", "UIDREF", relationship, name, uid)


def number(name: Code, value: Number, *, observed: str = "") -> Item:
    """Return a NUM item."""
    return Item("", "NUM", CONTAINS, name, value, observed=observed)


def container(
    name: Code, children: Iterable[Item], *, template: str = "", observed: str = ""
) -> Item:
    """Return a CONTAINER item that its parent CONTAINS."""
    return Item(
        "",
        "CONTAINER",
        CONTAINS,
        name,
        None,
        tuple(children),
        observed=observed,
        template=template,
        continuity="SEPARATE",
    )
