"""Measured values and their units to quantities.

A unit that is recognised is given in UCUM, any other as it was written; nothing is converted.
Source: UCUM; DICOM PS3.16 CID 82; contract section 3.
"""

import re
import unicodedata
from collections.abc import Mapping

from adapter.model import Quantity
from adapter.readers import units
from adapter.sr.content import Code, Number

_NUMBER = re.compile(r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?")


def unit(code: Code | None, more: Mapping[str, str]) -> str:
    """Return the unit in UCUM where it is recognised, else as written; empty where none is."""
    if code is None:
        return ""
    found = units.unit(code.value, more) or units.unit(code.meaning, more)
    return found or code.value.strip() or code.meaning.strip()


def is_number(text: str) -> bool:
    """Return whether a DS text is one number."""
    return bool(_NUMBER.fullmatch(text.strip()))


def contradictory(code: Code | None, more: Mapping[str, str]) -> bool:
    """Return whether a unit's code and meaning are recognised as two different units."""
    if code is None:
        return False
    return len({units.unit(code.value, more), units.unit(code.meaning, more)} - {""}) > 1


def quantity(number: Number, more: Mapping[str, str]) -> Quantity:
    """Return a NUM's value, its digits as they were written; `more` are a dialect's units."""
    return Quantity(value=number.text.strip(), unit=unit(number.unit, more))


def comparator(text: str) -> str:
    """Return ``<``, ``<=``, ``>`` or ``>=`` for a sign alone; empty for anything else."""
    return units.COMPARATORS.get(unicodedata.normalize("NFKC", text).strip(), "")
