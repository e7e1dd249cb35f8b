"""A finding with what belongs to it, to statements of the model.

Source: contract section 3; criteria sections 1 and 4.
"""

import re
from collections.abc import Iterator
from dataclasses import replace

from adapter.model import ExamRef, Issue, Quantity, State, Statement
from adapter.readers.dicom_sr import dates, places
from adapter.readers.dicom_sr.codes import Lookup, described
from adapter.readers.dicom_sr.context import Context
from adapter.readers.dicom_sr.exams import Exams, texts
from adapter.readers.dicom_sr.facts import UNREAD, Said, said
from adapter.readers.dicom_sr.groups import Draft, absorbed, completes
from adapter.readers.dicom_sr.numbers import comparator
from adapter.readers.dicom_sr.parts import FINDING_NAMES, Named, parts
from adapter.readers.units import UNITS
from adapter.sites import fold
from adapter.sr.content import Item
from adapter.terms import Match, Term
from adapter.terms.concepts import DATED, VALUES, fits

Told = Iterator[Statement | Issue]
Spoken = list[tuple[Item, Said]]
_STATE_NAME = re.compile(r"presence|existence|status|assessment|有無|存在|判定|^$")


def statements(draft: Draft, context: Context, exams: Exams, lookup: Lookup) -> Told:
    """Yield the statements of one finding, and an issue for all of it that is not used."""
    issues: list[Issue] = []
    draft = absorbed(draft, lookup, issues)
    yield from issues
    why = _elsewhere(draft, context)
    if why:
        yield lookup.issue(draft.item, "not-used", f"{draft.term.name} is not used: {why}")
        lookup.unread.pop(draft.item.path, None)
        return
    spoken, issues = _spoken(draft, lookup)
    yield from issues
    if not spoken:
        return
    details = list(_details(draft.shared.attributes, lookup))
    yield from (d for d in details if isinstance(d, Issue))
    attributes = tuple(d for d in details if isinstance(d, Statement))
    context = replace(context, date=_observed(draft, spoken, lookup) or context.date)
    exam, told = _exam(draft, context, exams, lookup)
    yield from told
    date = context.date or _own_date(draft, exams, exam)
    if draft.term.name == "csf-pressure":
        yield from _pressures(draft, spoken, attributes, date, lookup)
    elif draft.term.kind == "lesion":
        yield from _lesion(draft, spoken, attributes, exam, date, lookup)
    else:
        yield from _facts(draft, spoken, attributes, exam, date, lookup)


def _elsewhere(draft: Draft, context: Context) -> str:
    """Return why a finding is none of this patient's present exams; empty where it is one."""
    if context.stranger:
        return context.stranger
    if context.heading and draft.term.kind != "patient":
        return f"it stands under {context.heading!r}, not among today's findings"
    return ""


def _doubtful(draft: Draft) -> str:
    """Return why what a finding says of itself cannot be taken; empty where it can."""
    if draft.shared.modifiers:
        return f"{described(draft.shared.modifiers[0].name)} may change its meaning"
    if draft.implied and not draft.shared.own:
        for item in draft.shared.doubts:
            if _may_be_its_state(item, draft.term):
                return f"{described(item.name)} is not mapped, and may say that it is not present"
    return ""


def _may_be_its_state(item: Item, term: Term) -> bool:
    """Return whether an unknown evaluation could be the state of the finding beside it.

    Its meaning is read here to be careful, never to take something as said.
    """
    meaning = fold(item.name.meaning) if item.name else ""
    return bool(_STATE_NAME.search(meaning)) or meaning in (fold(term.ja), fold(term.en))


def _spoken(draft: Draft, lookup: Lookup) -> tuple[Spoken, list[Issue]]:
    """Return what is said of the finding's own concept, item by item, in order.

    What cannot be read is told and is no silence: it stands as not assessed, so that nothing
    counts as read or as absent because of it.
    """
    why = _doubtful(draft)
    if why:
        text = f"what {draft.term.name} says is not used: {why}"
        return [(draft.item, UNREAD)], [lookup.issue(draft.item, "not-used", text)]
    found: Spoken = []
    issues: list[Issue] = []
    evaluations = [e for e in draft.shared.own if not completes(e, lookup)]
    if draft.said is not None and not (draft.implied and evaluations):
        found.append((draft.item, draft.said))
    for item, match in evaluations:
        value = said(match, item, lookup)
        if isinstance(value, Issue):
            issues.append(value)
            value = UNREAD
        found.append((item, value))
    return found, issues


def _details(attributes: tuple[Named, ...], lookup: Lookup) -> Told:
    """Yield a statement for each attribute, and an issue for each that cannot be read."""
    for item, match in attributes:
        below = parts(item, lookup) if item.children else None
        if below is not None:
            yield from below.issues
        if below is not None and below.modifiers:
            text = f"{described(below.modifiers[0].name)} may change the meaning of its parent"
            yield lookup.issue(item, "not-used", text)
            value: Said | Issue = UNREAD
        else:
            value = _attribute(item, match, lookup)
        if isinstance(value, Issue):
            yield value
            value = UNREAD
        yield from _unit(value.quantity, item, lookup)
        yield _statement(match.term.name, item, value, lookup)


def _attribute(item: Item, match: Match, lookup: Lookup) -> Said | Issue:
    if lookup.named(item) not in FINDING_NAMES:
        return said(match, item, lookup)
    if match.term.name in VALUES:
        return lookup.issue(item, "not-used", f"{match.term.name} has no value")
    return Said(state=match.state or State.PRESENT)


def _statement(concept: str, item: Item, value: Said, lookup: Lookup) -> Statement:
    return Statement(
        concept=concept,
        state=value.state,
        source=lookup.source(item, value.text),
        value=value.value,
        reason=value.reason,
        quantity=value.quantity,
        date=value.date,
    )


def _lesion(
    draft: Draft,
    spoken: Spoken,
    attributes: tuple[Statement, ...],
    exam: ExamRef,
    date: str | None,
    lookup: Lookup,
) -> Told:
    shared = draft.shared
    site, issues = places.site(shared.sites, lookup)
    side, more = places.laterality((*shared.lateralities, *shared.sites), lookup)
    yield from (*issues, *more)
    uids = texts(list(shared.uids))
    if len(uids) > 1:
        text = "several tracking UIDs in one group: the first is used"
        yield lookup.issue(shared.uids[0], "contradiction", text)
    (item, value), *others = spoken
    # Two states of the lesion itself: both are given, so that neither is taken.
    other = tuple(
        _statement(draft.term.name, at, say, lookup)
        for at, say in others
        if say.state is not value.state
    )
    words = "; ".join(w for w in (value.text, places.words(shared.sites)) if w)
    yield replace(
        _statement(draft.term.name, item, value, lookup),
        source=lookup.source(item, words),
        date=date,
        exam=exam,
        uid=uids[0] if uids else None,
        site=site,
        laterality=side,
        same_site=tuple(texts(list(shared.same_sites))),
        parts=(*attributes, *other),
    )


def _facts(
    draft: Draft,
    spoken: Spoken,
    attributes: tuple[Statement, ...],
    exam: ExamRef,
    date: str | None,
    lookup: Lookup,
) -> Told:
    """Yield a statement for each different thing said of one fact."""
    words = "; ".join(texts([i for i, m in draft.shared.own if completes((i, m), lookup)]))
    seen: list[Said] = []
    for item, value in spoken:
        if value in seen:
            continue
        yield from _unit(value.quantity, item, lookup)
        yield replace(
            _statement(draft.term.name, item, value, lookup),
            text=words,
            date=value.date or date,
            exam=exam,
            parts=() if seen else attributes,
        )
        seen.append(value)


def _pressures(
    draft: Draft, spoken: Spoken, postures: tuple[Statement, ...], date: str | None, lookup: Lookup
) -> Told:
    """Yield one statement for each measured pressure, or one for the pressure without a value."""
    signs = [comparator(str(i.value)) for i, m in draft.shared.own if completes((i, m), lookup)]
    measured = [(item, value) for item, value in spoken if value.quantity is not None]
    for item, value in spoken if not measured else []:
        if value.state is State.ABSENT:
            yield lookup.issue(item, "not-used", "a pressure cannot be absent")
        elif item is spoken[0][0]:
            yield replace(
                _statement("csf-pressure", item, value, lookup), date=date, parts=postures
            )
    unclear = len(set(signs)) > 1 or (bool(signs) and len(measured) > 1)
    if unclear:
        text = "comparators that belong to no single pressure: the values are not used"
        yield lookup.issue(draft.item, "not-used", text)
    for item, value in measured:
        number = value.quantity
        assert number is not None
        if signs and not unclear:
            number = replace(number, comparator=signs[0])
        yield from _unit(number, item, lookup)
        yield replace(
            _statement("csf-pressure", item, value, lookup),
            quantity=None if unclear else number,
            date=date,
            parts=postures,
        )


def _unit(quantity: Quantity | None, item: Item, lookup: Lookup) -> Iterator[Issue]:
    if quantity is not None and quantity.unit not in UNITS:
        yield lookup.issue(item, "unit-unknown", f"the unit {quantity.unit!r} is not known")


def _observed(draft: Draft, spoken: Spoken, lookup: Lookup) -> str | None:
    """Return the ObservationDateTime of the finding itself, or of what states it."""
    written = [item.observed for item in (draft.item, *(item for item, _ in spoken))]
    return next((dates.instant(text, lookup.zone) for text in written if text.strip()), None)


def _own_date(draft: Draft, exams: Exams, exam: ExamRef) -> str | None:
    """Return the date where none is stated: the document's for a single exam or a patient's fact.

    A puncture or patch without a date stays undated: the report's day is not the day it was done.
    """
    if draft.term.kind == "patient":
        return None if draft.term.name in DATED else exams.reported
    return exam.date


def _exam(
    draft: Draft, context: Context, exams: Exams, lookup: Lookup
) -> tuple[ExamRef, list[Issue]]:
    """Return what a finding says of its exam."""
    term, exam = draft.term, context.exam
    if term.kind == "patient":
        return ExamRef(), []
    issues = []
    if exam.kind and not fits(term, exam.kind):
        text = f"{term.name} is no finding of {exam.kind}: the exam stated for it is not used"
        issues.append(lookup.issue(draft.item, "group-study-disagree", text))
        exam = ExamRef(institution=exam.institution)
    beside = exams.beside(term)
    if len(beside) <= 1:
        return exams.filled(term, replace(exam, date=exam.date or context.date)), issues
    if exam.group or term.kind != "lesion":
        return replace(exam, date=exam.date or context.date), issues
    text = f"{term.name} names none of the exam groups of its kind: it stands as an exam of its own"
    issues.append(lookup.issue(draft.item, "reference-missing", text))
    # No group, and the report's own study: neither joins it to one of the groups.
    study = exam.study or exams.study or exams.own
    return replace(exam, study=study, date=exam.date or context.date), issues
