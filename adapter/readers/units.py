"""Units, comparators, and words that are a whole quantity.

A unit that is recognised is given in UCUM; nothing is converted, and digits stay as written.
Source: UCUM; DICOM PS3.16 CID 82; contract sections 2 and 3.
"""

import re
import unicodedata
from collections.abc import Mapping
from types import MappingProxyType

from adapter.model import Quantity

UNITS = {
    "mm[H2O]": ("mmH2O", "mm H2O", "mmAq"),
    "cm[H2O]": ("cmH2O", "cm H2O"),
    "mm[Hg]": ("mmHg", "mm Hg"),
    "kPa": (),
    "Pa": (),
    "hPa": (),
    "mm CSF": ("mmCSF",),
    "mm": (),
    "cm": (),
    "m": (),
}
"""Units that can be told, and other spellings of each."""

COMPARATORS = {sign: sign for sign in ("<", "<=", ">", ">=")}
COMPARATORS |= {"≤": "<=", "≥": ">=", "≦": "<=", "≧": ">="}

_KNOWN = {word: unit for unit, words in UNITS.items() for word in (unit, *words)}
_QUANTITY = re.compile(r"(<=|>=|<|>|≤|≥|≦|≧)?\s*(\d+(?:\.\d+)?)\s*([^\W\d].*|\[.*)")


def unit(word: str, more: Mapping[str, str] = MappingProxyType({})) -> str:
    """Return the unit that a word is, in UCUM; empty where it is not known.

    `more` are the spellings of a sender's dialect; they stand for units that can be told.
    """
    word = more.get(word.strip(), word)
    found = _KNOWN.get(word)
    if found is None and word:
        found = _KNOWN.get(unicodedata.normalize("NFKC", word).strip())
    return found or ""


def written(words: str, more: Mapping[str, str] = MappingProxyType({})) -> Quantity | None:
    """Return the quantity that a text is, whole: ``< 60 mmH2O``; None if it is anything else."""
    match = _QUANTITY.fullmatch(unicodedata.normalize("NFKC", words).strip())
    found = unit(match[3], more) if match else ""
    if match is None or not found:
        return None
    return Quantity(value=match[2], unit=found, comparator=COMPARATORS.get(match[1] or "", ""))
