"""What of a case's evidence stands in a statement's place, and what stands apart.

Where a concept is known and its value is not, the statement says "not assessed": the value as it
came is written instead of that, and read as not mapped again. Everything else stands apart.
"""

from collections.abc import Iterator, Mapping

from adapter.model import Case, Exam, Source, State, Statement, Unmapped

REASON = "not-mapped"
"""Why a statement is not assessed whose value could not be read."""

Place = tuple[str, str]


def unread(case: Case) -> Mapping[Place, Unmapped]:
    """Return the values that stand in a statement's place, by document and path."""
    if not case.unmapped:
        return {}
    known = {_place(one.source): one for one in case.unmapped}
    there = {_place(said.source) for said in _every(_statements(case)) if is_unread(said)}
    return {place: one for place, one in known.items() if place in there}


def apart(case: Case) -> tuple[Unmapped, ...]:
    """Return the evidence that stands apart."""
    if not case.unmapped:
        return ()
    taken = {id(one) for one in unread(case).values()}
    return tuple(one for one in case.unmapped if id(one) not in taken)


def exam_of(one: Unmapped, case: Case) -> int:
    """Return the index of the exam that evidence is of, by its group, lesion or study; else -1."""
    by_group = [i for i, e in enumerate(case.exams) if one.exam.group in e.groups]
    by_lesion = [i for i, e in enumerate(case.exams) if _holds(e, one.group)]
    by_study = [i for i, e in enumerate(case.exams) if one.exam.study in e.studies]
    told = by_group if one.exam.group else by_lesion or by_study
    return told[0] if len(told) == 1 else -1


def _holds(exam: Exam, uid: str | None) -> bool:
    return uid is not None and any(lesion.uid == uid for lesion in exam.lesions)


def is_unread(said: Statement) -> bool:
    """Return whether a statement's value could not be read."""
    return said.state is State.NOT_ASSESSED and said.reason == REASON


def value_of(said: Statement, values: Mapping[Place, Unmapped]) -> Unmapped | None:
    """Return the value that a statement was made of where it could not be read."""
    return values.get(_place(said.source)) if values and is_unread(said) else None


def _place(source: Source) -> Place:
    return source.document, source.path


def _statements(case: Case) -> Iterator[Statement]:
    for exam in case.exams:
        for lesion in exam.lesions:
            yield from lesion.statements
        for fact in exam.facts.values():
            yield from fact.statements
    for fact in case.facts.values():
        yield from fact.statements
    yield from (*case.pressures, *case.punctures, *case.patches)


def _every(statements: Iterator[Statement]) -> Iterator[Statement]:
    for said in statements:
        yield said
        yield from _every(iter(said.parts))
