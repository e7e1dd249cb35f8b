"""Measured values and their units to quantities.

A unit that is recognised is given in UCUM, any other as it was written; nothing is converted.
Source: UCUM; DICOM PS3.16 CID 82; contract section 3.
"""

import re
import unicodedata

from adapter.model import Quantity
from adapter.sr.content import Code, Number

UNITS = {
    "mm[H2O]": ("mm[H2O]", "mmH2O", "mm H2O", "mmAq"),
    "cm[H2O]": ("cm[H2O]", "cmH2O", "cm H2O"),
    "mm[Hg]": ("mm[Hg]", "mmHg", "mm Hg"),
    "kPa": ("kPa",),
    "Pa": ("Pa",),
    "hPa": ("hPa",),
    "mm CSF": ("mm CSF", "mmCSF"),
    "mm": ("mm",),
    "cm": ("cm",),
    "m": ("m",),
}
_KNOWN = {word: unit for unit, words in UNITS.items() for word in words}
_COMPARATORS = {sign: sign for sign in ("<", "<=", ">", ">=")}
_COMPARATORS |= {"≤": "<=", "≥": ">=", "≦": "<=", "≧": ">="}
_NUMBER = re.compile(r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?")
_WRITTEN = re.compile(r"(<=|>=|<|>|≤|≥|≦|≧)?\s*(\d+(?:\.\d+)?)\s*([A-Za-z\[].*)?")


def known(unit: str) -> bool:
    """Return whether a unit is one that can be told."""
    return unit in UNITS


def unit(code: Code | None) -> str:
    """Return the unit in UCUM where it is recognised, else as written; empty where none is."""
    if code is None:
        return ""
    words = (_word(code.value), _word(code.meaning))
    found = next((_KNOWN[word] for word in words if word in _KNOWN), "")
    return found or code.value.strip() or code.meaning.strip()


def is_number(text: str) -> bool:
    """Return whether a DS text is one number."""
    return bool(_NUMBER.fullmatch(text.strip()))


def contradictory(code: Code | None) -> bool:
    """Return whether a unit's code and meaning are recognised as two different units."""
    if code is None:
        return False
    found = {_KNOWN[word] for word in (_word(code.value), _word(code.meaning)) if word in _KNOWN}
    return len(found) > 1


def quantity(number: Number) -> Quantity:
    """Return a NUM's value, its digits as they were written."""
    return Quantity(value=number.text.strip(), unit=unit(number.unit))


def comparator(text: str) -> str:
    """Return ``<``, ``<=``, ``>`` or ``>=`` for a sign alone; empty for anything else."""
    return _COMPARATORS.get(unicodedata.normalize("NFKC", text).strip(), "")


def written(text: str) -> Quantity | None:
    """Return the quantity that a text is, whole: ``< 60 mmH2O``; None if it is anything else."""
    match = _WRITTEN.fullmatch(unicodedata.normalize("NFKC", text).strip())
    if not match or not match[3]:
        return None
    word = _word(match[3])
    if word not in _KNOWN:
        return None
    return Quantity(
        value=match[2], unit=_KNOWN[word], comparator=_COMPARATORS.get(match[1] or "", "")
    )


def _word(text: str) -> str:
    return unicodedata.normalize("NFKC", text).strip()
