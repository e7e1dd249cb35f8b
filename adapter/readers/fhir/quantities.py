"""FHIR Quantity to quantities.

A unit that is recognised is given in UCUM, any other as it was written; nothing is converted, and
the digits stay as they were written. Source: FHIR R4 datatypes.html#Quantity; UCUM; contract
section 2.
"""

import re

from adapter.model import Quantity
from adapter.readers.fhir.reading import Reading
from adapter.readers.fhir.shapes import Json, number, text
from adapter.readers.units import COMPARATORS
from adapter.readers.units import unit as unit_of

_UCUM = "http://unitsofmeasure.org"
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?")


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
    if sign and sign not in COMPARATORS:
        reading.tell("not-used", f"the comparator of {of} is none of <, <=, >=, >", path)
        return None
    code, unit = text(value.get("code")), text(value.get("unit"))
    more = reading.terms.dialect.units
    coded = unit_of(code if text(value.get("system")) in ("", _UCUM) else "", more)
    worded = unit_of(unit, more)
    found = coded or worded
    if found and worded not in ("", found):
        what = f"code and unit of {of} are two units ({found}, {worded}): the value is not used"
        reading.tell("contradiction", what, path)
        return None
    if not found:
        reading.tell(
            "unit-unknown", f"the unit {_short(code or unit)!r} of {of} is not known", path
        )
    return Quantity(value=amount, unit=found or code or unit, comparator=COMPARATORS.get(sign, ""))


def _short(word: str) -> str:
    return word if len(word) <= 20 else f"{word[:20]}…"
