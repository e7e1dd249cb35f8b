"""Statements to the evaluations they are written as: CODE, NUM and TEXT items.

Each different thing that was said is written, so that a contradiction is found again by whoever
reads it. Source: contract section 3; DICOM PS3.16 TID 300, TID 1500 row 13, TID 1501 row 11.
"""

from collections.abc import Callable, Iterable, Iterator

from adapter.model import Exam, Fact, Lesion, Quantity, Source, State, Statement
from adapter.sr.content import Code, Item, Number
from adapter.writers import kept
from adapter.writers.dicom_sr import dates, items, unmapped
from adapter.writers.dicom_sr.items import Codes

_STATES = {
    State.PRESENT: "present",
    State.ABSENT: "absent",
    State.INDETERMINATE: "indeterminate",
}
_DERIVED = ("nothing-else", "without-contrast")  # states that no statement says
_NOWHERE = Source(document="")


def said(fact: Fact) -> tuple[Statement, ...]:
    """Return the statements of a fact's own concept; one made of its state where it holds none."""
    own = tuple(s for s in fact.statements if s.concept == fact.concept)
    if own or fact.state is None or fact.why in _DERIVED:
        return own
    return (Statement(concept=fact.concept, state=fact.state, value=fact.value, source=_NOWHERE),)


def of_lesion(lesion: Lesion) -> tuple[Statement, ...]:
    """Return a lesion's statements; made of its facts where it holds none."""
    if lesion.statements:
        return lesion.statements
    parts = tuple(
        s for f in lesion.facts.values() if f.concept not in lesion.concepts for s in said(f)
    )
    own = (lesion.facts.get(c, Fact(concept=c, state=State.PRESENT)) for c in lesion.concepts)
    return tuple(
        Statement(
            concept=fact.concept,
            state=fact.state or State.PRESENT,
            source=_NOWHERE,
            uid=lesion.uid,
            site=lesion.site,
            laterality=lesion.laterality,
            same_site=lesion.same_site,
            parts=parts,
        )
        for fact in own
    )


def value(statement: Statement) -> str:
    """Return the name of the term that a statement's value is written as."""
    if statement.state is State.NOT_ASSESSED:
        return "not-evaluated" if statement.reason == "not-performed" else "unknown"
    return statement.value or _STATES[statement.state]


def observed(statement: Statement) -> str:
    """Return the ObservationDateTime of a statement that stands beside an exam group, or in none:
    its own date, else its exam's.
    """
    return dates.instant(statement.date or statement.exam.date)


def of_exam(statement: Statement) -> str:
    """Return the ObservationDateTime of a statement whose exam has no group to carry its date."""
    return dates.instant(statement.exam.date or statement.date)


def undated(_: Statement) -> str:
    """Return no ObservationDateTime: that of the group holds."""
    return ""


def evaluations(
    statements: Iterable[Statement], codes: Codes, when: Callable[[Statement], str]
) -> Iterator[Item]:
    """Yield an item for each different thing said; `when` gives its ObservationDateTime."""
    seen = set()
    for statement in statements:
        for item in _items(statement, codes, when(statement)):
            key = (item.name, item.value, item.observed)
            if key not in seen:
                seen.add(key)
                yield item


def date_of(exam: Exam) -> str:
    """Return the ObservationDateTime of an exam group: its first date."""
    return dates.instant(exam.dates[0]) if exam.dates else ""


def _items(statement: Statement, codes: Codes, when: str) -> Iterator[Item]:
    name = codes(statement.concept)
    raw = kept.value_of(statement, codes.unread)
    if raw is not None:
        yield unmapped.written(raw, name, codes, when, numbers=False)
    elif statement.quantity is not None:
        yield measured(name, statement.quantity, codes, when)
    else:
        yield items.coded(name, codes(value(statement)), observed=when)
    if statement.text:
        yield items.text(name, statement.text, observed=when)


def measured(name: Code, quantity: Quantity, codes: Codes, when: str = "") -> Item:
    """Return a NUM; with a comparator, which a NUM has no place for, the whole as TEXT."""
    if quantity.comparator:
        words = f"{quantity.comparator} {quantity.value} {quantity.unit}".strip()
        return items.text(name, words, observed=when)
    return items.number(name, Number(quantity.value, codes.unit(quantity.unit)), observed=when)
