"""What one content item says of its concept: a state, a coded value, or a quantity.

Source: contract sections 3 and 4; criteria section 1; DICOM PS3.3 C.18 (content item macros).
"""

from dataclasses import dataclass

from adapter.model import Issue, Quantity, State
from adapter.readers.dicom_sr import dates
from adapter.readers.dicom_sr.codes import Lookup, described
from adapter.readers.dicom_sr.kept import value_of
from adapter.readers.dicom_sr.numbers import contradictory, is_number, quantity
from adapter.readers.units import written
from adapter.sites import fold
from adapter.sr.content import Code, Item, Number
from adapter.terms import Match, Term
from adapter.terms.concepts import DATED, MEASURED, VALUES


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What an item says. ``text`` are the words a state was read from, ``date`` a dated value."""

    state: State
    value: str | None = None
    reason: str | None = None
    text: str = ""
    quantity: Quantity | None = None
    date: str | None = None


UNREAD = Said(state=State.NOT_ASSESSED, reason="not-mapped")
"""What an item says whose concept is known and whose value is not: something, and not silence."""


def said(match: Match, item: Item, lookup: Lookup) -> Said | Issue:
    """Return what `item` says of the concept `match` resolves its name to.

    An ``Issue`` where its value cannot be used: nothing is guessed from it; it is kept as it is.
    """
    found = _value(match.term, item, lookup)
    if not isinstance(found, Issue) and match.state not in (None, State.PRESENT):
        found = _polar(match, found, item, lookup)
    if isinstance(found, Issue):
        raw = value_of(item, lookup, match.term)
        if raw is not None:
            lookup.unread[item.path] = raw
    return found


def _value(term: Term, item: Item, lookup: Lookup) -> Said | Issue:
    value = Number("") if item.value is None and item.value_type == "NUM" else item.value
    if isinstance(value, Code):
        return _coded(term, item, value, lookup)
    if isinstance(value, Number):
        return _measured(term, item, value, lookup)
    if isinstance(value, str) and value.strip():
        if item.value_type in ("DATE", "DATETIME"):
            return _dated(term, item, value, lookup)
        return _worded(term, item, value, lookup)
    return lookup.issue(item, "not-used", f"{described(item.name)} has no value")


def _coded(term: Term, item: Item, value: Code, lookup: Lookup) -> Said | Issue:
    match = lookup.match(value)
    if match is None:
        code = "posture-unmapped" if term.name == "posture" else "not-mapped"
        issue = lookup.not_mapped(item, value)
        return lookup.issue(item, code, f"value of {term.name}: {issue.diagnostics}")
    return _meant(term, match.term, lookup, item)


def _meant(term: Term, value: Term, lookup: Lookup, item: Item, text: str = "") -> Said | Issue:
    """Return what a value's term says of `term`: a state, or one of its coded values."""
    allowed = VALUES.get(term.name)
    if value.name in (allowed or ()):
        return Said(state=State.PRESENT, value=value.name, text=text)
    documents = value.state in (State.PRESENT, State.ABSENT)
    # A pattern or posture that is merely "present" or "absent" says nothing that a rule can use.
    if value.state is not None and not (allowed and documents):
        return Said(state=value.state, reason=value.reason, text=text)
    return lookup.issue(item, "not-used", f"{value.name} is no value of {term.name}")


def _worded(term: Term, item: Item, value: str, lookup: Lookup) -> Said | Issue:
    text = value.strip()
    word = lookup.terms.state_word(text)
    if word is not None:
        return _meant(term, word, lookup, item, text)
    for name in VALUES.get(term.name, ()):
        if fold(text) in _labels(lookup.terms[name]):
            return Said(state=State.PRESENT, value=name, text=text)
    number = written(text, lookup.terms.dialect.units) if term.name in MEASURED else None
    if number is not None:
        return Said(state=State.PRESENT, quantity=number, text=text)
    code = "posture-unmapped" if term.name == "posture" else "not-used"
    return lookup.issue(item, code, f"the words of {term.name} are no state: free text is not read")


def _labels(term: Term) -> set[str]:
    return {fold(label) for label in (term.ja, term.en, *term.words)}


def _measured(term: Term, item: Item, value: Number, lookup: Lookup) -> Said | Issue:
    if term.name not in MEASURED:
        return lookup.issue(item, "not-used", f"a number is no value of {term.name}")
    if value.text.strip() and not is_number(value.text):
        return lookup.issue(item, "not-used", f"the value of {term.name} is no number")
    if value.text.strip() and contradictory(value.unit, lookup.terms.dialect.units):
        text = f"code and meaning of the unit of {term.name} are two units"
        return lookup.issue(item, "contradiction", text)
    if value.text.strip():
        return Said(state=State.PRESENT, quantity=quantity(value, lookup.terms.dialect.units))
    reason = lookup.term(value.qualifier)
    if reason is not None and reason.state is not None:
        return Said(state=reason.state, reason=reason.reason)
    if term.name == "csf-pressure":  # stated without a value: undocumented, and no other state
        return Said(state=State.PRESENT)
    return Said(state=State.NOT_ASSESSED, reason="unknown")


def _dated(term: Term, item: Item, value: str, lookup: Lookup) -> Said | Issue:
    date = dates.instant(value, lookup.zone)
    if term.name in DATED and date:
        return Said(state=State.PRESENT, date=date)
    return lookup.issue(item, "not-used", f"a date is no value of {term.name}")


def _polar(match: Match, found: Said, item: Item, lookup: Lookup) -> Said | Issue:
    """Return what a name that already holds a state comes to with its value: "no X" is present."""
    assert match.state is not None
    if found.state is State.PRESENT and found.value is None and found.quantity is None:
        return Said(state=match.state, text=found.text)
    if found.state is State.NOT_ASSESSED:
        return found
    return lookup.issue(
        item,
        "not-used",
        f"{described(item.name)} says {match.state.value} by its name and"
        f" {found.state.value} by its value",
    )
