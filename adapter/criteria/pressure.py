"""CSF pressure measurements to whether one is at most 60 mm H2O, lying down.

UCUM conversion without rounding before the comparison. Source: criteria section 1.
"""

from collections.abc import Sequence
from decimal import Decimal, InvalidOperation

from adapter.criteria.logic import Answer, Needs, disjunction
from adapter.model import Fact, Need, Quantity, State, Statement, Subject, Truth, Used

LIMIT = Decimal(60)
MILLIMETRES_OF_WATER = {
    "mm[H2O]": Decimal(1),
    "cm[H2O]": Decimal(10),
    "m[H2O]": Decimal(1000),
    "mm[Hg]": Decimal("13.5951"),
    "kPa": Decimal("101.9716"),
    "hPa": Decimal("10.19716"),
    "Pa": Decimal("0.1019716"),
    "mm CSF": Decimal(1),  # read as water, with a caution
}
LYING = frozenset(("supine", "lateral"))
NOT_LYING = frozenset(("sitting", "prone"))
_PATIENT = Subject()


def measured(statement: Statement) -> bool:
    """Return whether a pressure statement says that something was measured."""
    return statement.reason not in ("not-performed", "not-asked") and (
        statement.state is not State.ABSENT
    )


def low_pressure(pressures: Sequence[Statement]) -> Answer:
    """Return whether any measurement meets the condition; a pressure nobody measured fails it."""
    return disjunction([_measurement(s) for s in pressures if measured(s)])


def _measurement(statement: Statement) -> Answer:
    value, posture = _low(statement.quantity), _posture(statement)
    used = (Used(_PATIENT, _fact(statement)),)
    if Truth.FAILS in (value, posture):
        return Answer(Truth.FAILS, used)
    needs: Needs = frozenset(
        need
        for truth, need in (
            (value, Need(_PATIENT, "csf-pressure", "at-most-60")),
            (posture, Need(_PATIENT, "posture", "supine-or-lateral")),
        )
        if truth is Truth.OPEN
    )
    return Answer(Truth.OPEN, used, (needs,)) if needs else Answer(Truth.HOLDS, used)


def _fact(statement: Statement) -> Fact:
    """Return the measurement as one fact: its value as written, and the posture."""
    quantity = statement.quantity
    words = f"{quantity.comparator}{quantity.value} {quantity.unit}" if quantity else ""
    posture = posture_of(statement) or ""
    return Fact(
        concept="csf-pressure",
        state=statement.state,
        value=" ".join(w for w in (words, posture) if w) or None,
        statements=(statement,),
    )


def posture_of(statement: Statement) -> str | None:
    """Return the coded posture of a measurement; None where it is not stated, or stated twice."""
    said = {p.value for p in statement.parts if p.concept == "posture" and p.value}
    return said.pop() if len(said) == 1 else None


def _posture(statement: Statement) -> Truth:
    posture = posture_of(statement)
    if posture in LYING:
        return Truth.HOLDS
    return Truth.FAILS if posture in NOT_LYING else Truth.OPEN


def _low(quantity: Quantity | None) -> Truth:
    """Return whether a pressure is at most 60 mm H2O; OPEN where the statement leaves it."""
    water = in_water(quantity)
    if water is None or quantity is None:
        return Truth.OPEN
    low = water <= LIMIT
    match quantity.comparator:
        case "":
            return Truth.HOLDS if low else Truth.FAILS
        case "<" | "<=":
            return Truth.HOLDS if low else Truth.OPEN
        case ">":
            return Truth.FAILS if water >= LIMIT else Truth.OPEN
        case ">=":
            return Truth.FAILS if water > LIMIT else Truth.OPEN
    return Truth.OPEN


def in_water(quantity: Quantity | None) -> Decimal | None:
    """Return a pressure in mm H2O, unrounded; None where value or unit cannot be read."""
    if quantity is None:
        return None
    factor = MILLIMETRES_OF_WATER.get(quantity.unit)
    try:
        value = Decimal(quantity.value.strip())
    except InvalidOperation:
        return None
    return value * factor if factor is not None and value.is_finite() else None


def straddles(quantity: Quantity | None) -> bool:
    """Return whether the stated precision of a pressure reaches both sides of 60 mm H2O."""
    water = in_water(quantity)
    if water is None or quantity is None:
        return False
    exponent = Decimal(quantity.value.strip()).as_tuple().exponent
    half = Decimal(5).scaleb(int(exponent) - 1) * MILLIMETRES_OF_WATER[quantity.unit]
    return water - half <= LIMIT < water + half
