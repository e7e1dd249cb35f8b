"""One row of a table to one statement.

Source: contract sections 1 and 2; criteria section 1.
"""

import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from adapter import sites
from adapter.model import (
    METHODS,
    SIDES,
    ExamRef,
    Issue,
    Quantity,
    Source,
    State,
    Statement,
    Unmapped,
)
from adapter.readers.table.cells import day, narrow, quantity
from adapter.readers.table.columns import HEADINGS, Columns
from adapter.sites import fold
from adapter.terms import Match, Term, Terms
from adapter.terms.concepts import DATED, FINDINGS, MEASURED, VALUES, belongs, fits

WORDED = "other-brain"  # the one finding that is said in words
JJ1017 = "JJ1017"
"""The scheme of Japanese procedure codes: which of them is which exam, a site's mappings say."""

_NAMESPACE = uuid.UUID("6f7a1c39-4f0e-5d1b-9f64-0c1f4b6c2d18")

Answer = tuple[State, str | None, str | None]
"""State, coded value and reason of a word."""
_UNREAD: Answer = (State.NOT_ASSESSED, None, "not-mapped")


@dataclass(slots=True)
class Reading:
    """One reading of one table: what every row shares, and what was told so far."""

    document: str
    digest: str
    terms: Terms
    columns: Columns
    issues: list[Issue] = field(default_factory=list)

    def tell(self, code: str, what: str, path: str, severity: str = "warning") -> None:
        """Add an issue; `what` names headings and concepts, never what cells hold."""
        self.issues.append(
            Issue(severity=severity, code=code, diagnostics=what, document=self.document,
                  expression=path)
        )  # fmt: skip


def statement(cells: list[str], path: str, reading: Reading) -> Statement | None:
    """Return the statement of a row; None, told, where it names no finding of ours."""
    term = _finding(reading.columns.cell(cells, "finding"), path, reading)
    if term is None:
        return None
    source = Source(document=reading.document, path=path)
    date = _date(reading.columns.cell(cells, "date"), path, reading)
    number = _number(term, cells, path, reading)
    state, value, reason = _answer(term, cells, number, date, path, reading)
    words = reading.columns.cell(cells, "site")
    site = reading.terms.read_site(words) if words and term.kind == "lesion" else None
    if site is not None and site.unreadable:
        what = "part of the site is no site of the spine"
        reading.tell("site-unreadable", what, _at(path, "site"))
    return Statement(
        concept=term.name,
        state=state,
        value=value,
        reason=reason,
        quantity=number,
        text=reading.columns.cell(cells, "text") if term.name == WORDED else "",
        date=date,
        exam=_exam(term, cells, date, path, reading),
        source=source,
        uid=_uid(reading.columns.cell(cells, "lesion"), reading) if term.kind == "lesion" else None,
        site=site,
        laterality=_side(cells, words, path, reading) if term.kind == "lesion" else None,
        same_site=tuple(_same(cells, reading)) if term.kind == "lesion" else (),
        parts=tuple(_parts(term, cells, path, reading)),
    )


def remarks(rows: Iterable[tuple[str, list[str]]], reading: Reading) -> Iterator[Unmapped]:
    """Yield the words beside findings that have none of their own: evidence, never graded."""
    for path, cells in rows:
        words = reading.columns.cell(cells, "text")
        match = _named(reading.columns.cell(cells, "finding"), reading.terms)
        if words and (match is None or match.term.name != WORDED):
            source = Source(document=reading.document, path=_at(path, "text"))
            yield Unmapped(source=source, label=HEADINGS["text"][0], text=words)


def _at(path: str, name: str) -> str:
    return f"{path}, {HEADINGS[name][1]}"


def _finding(word: str, path: str, reading: Reading) -> Term | None:
    if not word:
        reading.tell("not-used", "the row names no finding", path, "error")
        return None
    match = _named(word, reading.terms)
    if match is None:
        what = "what the row names is no finding of the criteria; the labels are in the template"
        reading.tell("not-mapped", what, _at(path, "finding"))
        return None
    if match.term.kind not in FINDINGS:
        what = f"{match.term.name} is no finding of its own: give it in its column"
        reading.tell("not-used", what, _at(path, "finding"), "error")
        return None
    return match.term


def _named(word: str, terms: Terms) -> Match | None:
    """Return the term that a whole cell names: its code, or one of its labels."""
    known = terms.terms.get(narrow(word))
    return Match(known) if known is not None else terms.labelled(word)


def _date(word: str, path: str, reading: Reading) -> str | None:
    found = day(word) if word else None
    if word and found is None:
        reading.tell("not-used", "is no date", _at(path, "date"))
    return found


def _number(term: Term, cells: list[str], path: str, reading: Reading) -> Quantity | None:
    written = reading.columns.cell(cells, "value")
    if not written:
        return None
    found = quantity(written, reading.columns.cell(cells, "unit"))
    if found is None or term.name not in MEASURED:
        why = "is no number with one unit" if term.name in MEASURED else "is not measured"
        reading.tell("not-used", f"{term.name} {why}", _at(path, "value"), "error")
        return None
    return found


def _answer(
    term: Term,
    cells: list[str],
    number: Quantity | None,
    date: str | None,
    path: str,
    reading: Reading,
) -> Answer:
    """Return what a row says of its finding; a blank says nothing, but of what has a value."""
    word = reading.columns.cell(cells, "state")
    if not word:
        if number is not None or (term.name in DATED and date):
            return State.PRESENT, None, None
        what = f"{term.name}: the state is blank, and nothing is taken for it"
        reading.tell("not-used", what, _at(path, "state"), "error")
        return State.NOT_ASSESSED, None, "unknown"
    return _said(term, word, _at(path, "state"), reading)


def _said(term: Term, word: str, path: str, reading: Reading) -> Answer:
    """Return what a word says of a concept: a state, or one of its coded values."""
    state = reading.terms.state_word(word)
    if state is not None and state.state is not None:
        stated = state.state in (State.PRESENT, State.ABSENT)
        if not (term.name in VALUES and stated):
            return state.state, None, state.reason
    for name in VALUES.get(term.name, ()):
        value = reading.terms[name]
        if fold(word) in {fold(w) for w in (name, value.ja, value.en, *value.words)}:
            return State.PRESENT, name, None
    code = "posture-unmapped" if term.name == "posture" else "not-used"
    reading.tell(code, f"the word is no state or value of {term.name}: it is not assessed", path)
    return _UNREAD


def _parts(term: Term, cells: list[str], path: str, reading: Reading) -> Iterator[Statement]:
    for at, attribute in reading.columns.attributes.items():
        word = cells[at].strip() if at < len(cells) else ""
        if not word:
            continue
        where = f"{path}, {attribute.en}"
        if not belongs(attribute, term):
            what = f"{attribute.name} cannot be said of {term.name}: it is not used"
            reading.tell("not-used", what, where, "error")
            continue
        number = quantity(word, "") if attribute.name in MEASURED else None
        number = number if number is not None and number.unit else None
        state, value, reason = (
            (State.PRESENT, None, None) if number else _said(attribute, word, where, reading)
        )
        yield Statement(
            concept=attribute.name,
            state=state,
            value=value,
            reason=reason,
            quantity=number,
            source=Source(document=reading.document, path=where),
        )


def _exam(term: Term, cells: list[str], date: str | None, path: str, reading: Reading) -> ExamRef:
    if term.kind == "patient":
        return ExamRef()
    cell = reading.columns.cell
    kind = _kind(cell(cells, "exam"), path, reading)
    if kind is not None and not fits(term, kind):
        what = f"{term.name} is no finding of {kind}: the examination of the row is not used"
        reading.tell("group-study-disagree", what, _at(path, "exam"))
        kind = None
    return ExamRef(
        kind=kind,
        study=cell(cells, "study").removeprefix("urn:oid:") or None,
        date=date,
        institution=cell(cells, "institution") or None,
    )


def _kind(word: str, path: str, reading: Reading) -> str | None:
    if not word:
        return None
    match = _named(word, reading.terms) or reading.terms.match(JJ1017, narrow(word))
    if match is not None and match.term.name in METHODS:
        return match.term.name
    what = "is no examination of the criteria, and no procedure code that is mapped"
    reading.tell("not-mapped", what, _at(path, "exam"))
    return None


def _side(cells: list[str], site: str, path: str, reading: Reading) -> str | None:
    word = reading.columns.cell(cells, "side")
    if not word:
        return sites.side(site)
    match = reading.terms.labelled(word)
    found = match.term.name if match is not None and match.term.name in SIDES else None
    found = found or sites.side(word)
    if found is None:
        reading.tell("not-mapped", "is no side", _at(path, "side"))
    return found


def _uid(label: str, reading: Reading) -> str | None:
    """Return the tracking UID of a lesion that has a name: one of this table and this name."""
    if not label:
        return None
    named = f"{reading.digest}|{fold(label)}"
    return f"2.25.{uuid.uuid5(_NAMESPACE, named).int}"


def _same(cells: list[str], reading: Reading) -> Iterator[str]:
    for label in narrow(reading.columns.cell(cells, "same-site")).replace("、", ",").split(","):
        uid = _uid(label.strip(), reading)
        if uid is not None:
            yield uid
