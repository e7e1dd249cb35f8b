"""FHIR Quantity, and words that are one, to quantities.

A unit that is recognised is given in UCUM, any other as it was written; nothing is converted, and
the digits stay as they were written. Source: FHIR R4 datatypes.html#Quantity; UCUM; contract
section 2.
"""

import re
import unicodedata

from adapter.model import Quantity
from adapter.readers.fhir.reading import Reading
from adapter.readers.fhir.shapes import Json, number, text

_UCUM = "http://unitsofmeasure.org"
_UNITS = {
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
_KNOWN = {word: unit for unit, words in _UNITS.items() for word in (unit, *words)}
_COMPARATORS = {sign: sign for sign in ("<", "<=", ">", ">=")}
_COMPARATORS |= {"≤": "<=", "≥": ">=", "≦": "<=", "≧": ">="}
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?")
_WORDS = re.compile(r"(<=|>=|<|>|≤|≥|≦|≧)?\s*(\d+(?:\.\d+)?)\s*([A-Za-z\[].*)")


def quantity(value: Json, of: str, path: str, reading: Reading) -> Quantity | None:
    """Return a Quantity; None, told, where nothing can be compared with it."""
    amount = number(value.get("value"))
    if not amount:
        if value.get("value") is not None:
            reading.tell("not-used", f"the value of {of} is no number", path)
        return None
    if not _NUMBER.fullmatch(amount):
        reading.tell("not-used", f"the value of {of} is no number", path)
        return None
    sign = text(value.get("comparator"))
    if sign and sign not in _COMPARATORS:
        reading.tell("not-used", f"the comparator of {of} is none of <, <=, >=, >", path)
        return None
    code, unit = text(value.get("code")), text(value.get("unit"))
    found = _unit(code if text(value.get("system")) in ("", _UCUM) else "") or _unit(unit)
    if found and _unit(unit) not in ("", found):
        what = (
            f"code and unit of {of} are two units ({found}, {_unit(unit)}): the value is not used"
        )
        reading.tell("contradiction", what, path)
        return None
    if not found:
        reading.tell(
            "unit-unknown", f"the unit {_short(code or unit)!r} of {of} is not known", path
        )
    return Quantity(value=amount, unit=found or code or unit, comparator=_COMPARATORS.get(sign, ""))


def written(words: str) -> Quantity | None:
    """Return the quantity that a text is, whole: ``< 60 mmH2O``; None if it is anything else."""
    match = _WORDS.fullmatch(unicodedata.normalize("NFKC", words).strip())
    found = _unit(match[3]) if match else ""
    if match is None or not found:
        return None
    return Quantity(value=match[2], unit=found, comparator=_COMPARATORS.get(match[1] or "", ""))


def _unit(word: str) -> str:
    """Return the unit that a word is; empty where it is not known."""
    found = _KNOWN.get(word)
    if found is None and word:
        found = _KNOWN.get(unicodedata.normalize("NFKC", word).strip())
    return found or ""


def _short(word: str) -> str:
    return word if len(word) <= 20 else f"{word[:20]}…"
