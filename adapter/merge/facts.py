"""Statements of one concept to one fact; contradictions become indeterminate.

Source: criteria section 4 (contradiction; patient facts between dates) and section 6.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from decimal import Decimal, InvalidOperation

from adapter.model import Fact, Issue, Quantity, State, Statement

_MILLIMETRES = {"mm": Decimal(1), "cm": Decimal(10), "m": Decimal(1000)}
_EXTENT = Decimal(30)  # 3 cm, criteria section 1 "Brain MRI" ②


def fact(concept: str, statements: Sequence[Statement]) -> tuple[Fact, tuple[Issue, ...]]:
    """Return what the statements of one concept in one exam (and lesion) come to.

    Two different documented answers, or two coded values, are a contradiction: the fact is
    indeterminate, and an issue names both sources. "Not assessed" contradicts nothing.
    """
    answers = {_answer(s) for s in statements}
    documented = {a for a in answers if a[0] is not State.NOT_ASSESSED}
    if len(documented) > 1:
        contradicting = Fact(
            concept=concept,
            state=State.INDETERMINATE,
            statements=tuple(statements),
            why="contradiction",
        )
        return contradicting, (_contradiction(concept, statements),)
    state, value = next(iter(documented or answers))
    return Fact(concept=concept, state=state, value=value, statements=tuple(statements)), ()


def patient_fact(concept: str, statements: Sequence[Statement]) -> tuple[Fact, list[Issue]]:
    """Return a patient's fact over all dates: a presence counts, the rest is reported."""
    by_date: dict[str, list[Statement]] = {}
    for statement in statements:
        by_date.setdefault(_day(statement.date), []).append(statement)
    facts: list[Fact] = []
    issues: list[Issue] = []
    for date in sorted(by_date):
        of_day, told = fact(concept, by_date[date])
        facts.append(of_day)
        issues += told
    chosen = strongest(facts)
    if len({f.state for f in facts if f.state in (State.PRESENT, State.ABSENT)}) > 1:
        issues.append(_reported(concept, statements))
    in_order = tuple(sorted(statements, key=lambda s: s.date or ""))
    return replace(chosen, statements=in_order), issues


def strongest(facts: Iterable[Fact]) -> Fact:
    """Return the fact that counts among those of several dates: present, then indeterminate."""
    order = [State.PRESENT, State.INDETERMINATE, State.ABSENT, State.NOT_ASSESSED]
    return min(facts, key=lambda f: order.index(f.state) if f.state else len(order))


def by_concept(statements: Iterable[Statement]) -> dict[str, list[Statement]]:
    """Return the statements by concept, concepts in order."""
    found: dict[str, list[Statement]] = {}
    for statement in statements:
        found.setdefault(statement.concept, []).append(statement)
    return dict(sorted(found.items()))


def _answer(statement: Statement) -> tuple[State, str | None]:
    if statement.concept == "extent-3cm" and statement.quantity is not None:
        return _extent(statement.quantity), None
    return statement.state, statement.value


def _extent(quantity: Quantity) -> State:
    """Return whether a length reaches 3 cm; not assessed where unit or comparator leave it open."""
    factor = _MILLIMETRES.get(quantity.unit)
    try:
        length = Decimal(quantity.value) * factor if factor is not None else None
    except InvalidOperation:
        length = None
    if length is None or not length.is_finite():
        return State.NOT_ASSESSED
    reaches = length >= _EXTENT
    settled = {"": True, "<": not reaches or length == _EXTENT, "<=": not reaches,
               ">": reaches, ">=": reaches}  # fmt: skip
    if not settled.get(quantity.comparator, False):
        return State.NOT_ASSESSED
    return State.ABSENT if quantity.comparator == "<" or not reaches else State.PRESENT


def _day(date: str | None) -> str:
    return (date or "")[:10]


def places(statements: Iterable[Statement]) -> str:
    """Return where statements stand, for a message: file and item or element path of each."""
    return "; ".join(sorted({f"{s.source.document} {s.source.path}".strip() for s in statements}))


def _contradiction(concept: str, statements: Sequence[Statement]) -> Issue:
    what = f"{concept} is stated in more than one way; neither is taken"
    return _told("warning", "contradiction", what, statements)


def _reported(concept: str, statements: Sequence[Statement]) -> Issue:
    what = f"{concept} is present at one date and absent at another; the presence counts"
    return _told("information", "differs-between-dates", what, statements)


def _told(severity: str, code: str, what: str, statements: Sequence[Statement]) -> Issue:
    return Issue(
        severity=severity,
        code=code,
        diagnostics=f"{what}: {places(statements)}",
        document=statements[0].source.document,
        expression=statements[0].source.path,
    )
