"""Findings with what belongs to each, to statements of the model.

Source: contract section 2; criteria sections 1 and 4.
"""

from collections.abc import Iterator
from dataclasses import replace

from adapter.model import ExamRef, State, Statement
from adapter.readers.fhir.exams import Exams, suited
from adapter.readers.fhir.nodes import NO_EXAM, Draft, Node, dated
from adapter.readers.fhir.parts import stated
from adapter.readers.fhir.places import placed
from adapter.readers.fhir.reading import Reading
from adapter.readers.fhir.shapes import Json, objects, text
from adapter.readers.fhir.values import PRESENT, UNREAD, Said, keys, said
from adapter.terms import Match
from adapter.terms.concepts import DATED


def statements(draft: Draft, exams: Exams, reading: Reading) -> Iterator[Statement]:
    """Yield the statement of a finding, and one more for each other thing said of it."""
    spoken = _spoken(draft, reading)
    if not spoken:
        return
    term, context = draft.term, draft.context
    parts = tuple(draft.parts)
    exam = NO_EXAM
    date = context.own if term.name in DATED else context.date
    if term.kind != "patient":
        exam = suited(term, context.exam, draft.node.resource, exams, reading)
        if exam.date is None and date is not None:
            exam = dated(exam, date)
    (node, first), *others = spoken
    if term.kind == "lesion":
        yield _lesion(draft, node, first, date, exam, parts, reading, others)
        return
    for at, (one, value) in enumerate(spoken):
        if value in (v for _, v in spoken[:at]):
            continue
        yield _fact(draft, one, value, date, exam, () if at else parts, reading)


def _spoken(draft: Draft, reading: Reading) -> list[tuple[Node, Said]]:
    """Return what is said of the finding's own concept, by itself or by components named alike."""
    node = draft.node
    found: list[tuple[Node, Said]] = []
    if draft.named and draft.own and _is_implied(node):
        value = None
    elif draft.named:
        value = _named(draft, reading)
    elif draft.own and not keys(node.body) and "dataAbsentReason" not in node.body:
        value = None
    else:
        value = said(node.match, node.body, node.path, reading)
    if value is not None:
        found.append((node, value))
    for other in draft.own:
        found.append((other, said(other.match, other.body, other.path, reading)))
    if draft.term.name == "csf-pressure":
        return [(n, v) for n, v in found if not _without_pressure(n, v, reading)]
    return found


def _is_implied(node: Node) -> bool:
    """Return whether a finding that a value names only stands as present: its own state holds."""
    stated = "interpretation" in node.body or "dataAbsentReason" in node.body
    return node.match.state is None and not stated


def _without_pressure(node: Node, value: Said, reading: Reading) -> bool:
    if value.state is State.ABSENT:
        reading.tell("not-used", "a pressure cannot be absent", node.path)
    return value.state is State.ABSENT


def _named(draft: Draft, reading: Reading) -> Said | None:
    """Return what a finding that a value names comes to: it is present, unless more is said."""
    node = draft.node
    stated = PRESENT if node.match.state is None else Said(node.match.state)
    more: Json = {k: node.body[k] for k in ("interpretation", "dataAbsentReason") if k in node.body}
    if not more:
        return stated
    other = said(Match(node.match.term), more, node.path, reading)
    if other is UNREAD or other.state is stated.state:
        return stated
    what = f"{draft.term.name} is named as a value and said to be {other.state.value}"
    reading.tell("contradiction", f"{what}; neither is taken", node.path)
    return Said(State.INDETERMINATE)


def _lesion(
    draft: Draft,
    node: Node,
    value: Said,
    date: str | None,
    exam: ExamRef,
    parts: tuple[Statement, ...],
    reading: Reading,
    others: list[tuple[Node, Said]],
) -> Statement:
    """Return a lesion's statement; other states of the lesion itself are told as its parts."""
    uids = list(dict.fromkeys(draft.uids))
    if len(uids) > 1:
        what = "several tracking UIDs of one lesion: the first is used"
        reading.tell("contradiction", what, draft.node.path)
    differing = tuple(
        stated(n.match.term.name, v, n.path, n.resource, reading)
        for n, v in others
        if v.state is not value.state
    )
    place, side = placed(draft.places, reading)
    words = value.words or (place.text if place is not None else "")
    return Statement(
        concept=draft.term.name,
        state=value.state,
        source=reading.source(node.resource, node.path, words),
        value=value.value,
        reason=value.reason,
        date=date,
        exam=exam,
        uid=uids[0] if uids else None,
        site=place,
        laterality=side,
        same_site=tuple(dict.fromkeys(draft.same_sites)),
        parts=(*parts, *differing),
    )


def _fact(
    draft: Draft,
    node: Node,
    value: Said,
    date: str | None,
    exam: ExamRef,
    parts: tuple[Statement, ...],
    reading: Reading,
) -> Statement:
    words = value.text
    if draft.term.name == "other-brain" and not words:
        notes = [text(note.get("text")) for note in objects(node.body.get("note"))]
        words = "; ".join(filter(None, notes)) or text(node.body.get("comment"))
    own = stated(node.match.term.name, value, node.path, node.resource, reading)
    if value.date and date and not value.date.startswith(date[: len(value.date)]):
        what = f"{draft.term.name} has one date as its value and another as its effective date"
        reading.tell("contradiction", f"{what}: the value's is used", node.path)
    return replace(
        own,
        text=words,
        date=value.date or date,
        exam=exam,
        parts=parts,
    )
