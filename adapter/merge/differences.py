"""Two cases, or two graded cases, to what differs between them.

What is compared is what was said: concepts, states, values, places, times, the patient. Where it
was said (sources, inputs, issues) is not. Source: contract sections 1 to 3.
"""

from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from adapter.merge import views
from adapter.model import (
    Case,
    Exam,
    Fact,
    Graded,
    Lesion,
)

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that two cases do not say alike; empty text stands for nothing said."""

    path: str
    a: str
    b: str


Found = Iterator[Difference]


def differences(a: Case, b: Case, *, made_of: bool = False) -> tuple[Difference, ...]:
    """Return what two cases do not say alike, exam by exam; empty where they say the same.

    Parameters
    ----------
    a, b : Case
    made_of : bool
        Whether `b` was read of what was written of `a`. What names lesions, exams and studies then
        counts as well, but not what a writer has to add: an identity where there was none, and
        that an unsigned report is preliminary. Otherwise names are left aside, since two documents
        name one lesion differently; same-site links are followed to the lesions they mean.
    """
    return tuple(_case(a, b, made_of))


def graded_differences(a: Graded, b: Graded, *, made_of: bool = False) -> tuple[Difference, ...]:
    """Return what two graded cases do not say alike: what `differences` finds, and the grades."""
    found = [*_case(a.case, b.case, made_of)]
    for one, other in _paired(a.conclusions, b.conclusions, lambda c: c.condition):
        path = (one or other).condition  # type: ignore[union-attr]
        found += _each(path, views.conclusion(a, one), views.conclusion(b, other))
    for at, (mine, theirs) in enumerate(_zipped(a.findings, b.findings)):
        path = f"finding {at + 1} {(mine or theirs).concept}"  # type: ignore[union-attr]
        found += _each(path, views.finding(mine), views.finding(theirs))
    return tuple(found)


def _case(a: Case, b: Case, made_of: bool) -> Found:
    yield from _each("patient", views.patient(a.patient), views.patient(b.patient))
    links = (_Links(a), _Links(b)) if not made_of else (None, None)
    exams = _paired(a.exams, b.exams, _exam_key(a, b))
    for number, (mine, theirs) in enumerate(exams):
        yield from _exam(number, mine, theirs, links, made_of)
    yield from _facts("patient", a.facts, b.facts)
    for name in ("pressures", "punctures", "patches"):
        yield from _several(
            name, map(views.event, getattr(a, name)), map(views.event, getattr(b, name))
        )
    if made_of:
        theirs_by_id = {s.id: s for s in b.studies}
        for study in a.studies:
            path = f"study {study.id}"
            yield from _kept(path, views.study(study), views.study(theirs_by_id.get(study.id)))
    yield from _several(
        "not mapped", map(views.unmapped, a.unmapped), map(views.unmapped, b.unmapped)
    )
    yield from (_kept if made_of else _each)("case", views.flags(a), views.flags(b))


def _exam_key(a: Case, b: Case) -> Callable[[Exam], Hashable]:
    """Return what names an exam in both cases: a group that both have, else kind and number."""
    groups = [{g for e in case.exams for g in e.groups} for case in (a, b)]
    both = groups[0] & groups[1]
    counted: dict[tuple[int, str], int] = {}
    number = {}
    for case in (a, b):
        for exam in case.exams:
            if not both & set(exam.groups):
                at = counted[id(case), exam.kind] = counted.get((id(case), exam.kind), 0) + 1
                number[id(exam)] = at
    return lambda e: min(both & set(e.groups), default=None) or (e.kind, number[id(e)])


class _Links:
    """What each lesion of a case is called where its UID means nothing: its place in the case."""

    def __init__(self, case: Case) -> None:
        self.of = {
            lesion.uid: f"{exam.kind} {views.site(lesion.site)} {lesion.laterality or ''}".strip()
            for exam in case.exams
            for lesion in exam.lesions
            if lesion.uid
        }

    def __call__(self, uid: str) -> str:
        return self.of.get(uid, "a lesion that is not there")


def _exam(
    number: int,
    a: Exam | None,
    b: Exam | None,
    links: Sequence[_Links | None],
    made_of: bool,
) -> Found:
    exam = a or b
    assert exam is not None
    path = f"exam {number + 1} {exam.kind}"
    if a is None or b is None:
        yield Difference(path, views.there(a), views.there(b))
        return
    yield from _each(path, views.exam(a), views.exam(b))
    if made_of:
        yield from _kept(path, views.exam_names(a), views.exam_names(b))
    dated = len(a.dates) > 1 or len(b.dates) > 1
    yield from _facts(path, a.facts, b.facts, dated)
    lesions = _paired(a.lesions, b.lesions, _lesion_key(a, b))
    for at, (mine, theirs) in enumerate(lesions):
        where = f"{path}, lesion {at + 1}"
        if mine is None or theirs is None:
            yield Difference(where, views.there(mine), views.there(theirs))
            continue
        yield from _each(where, _lesion(mine, links[0]), _lesion(theirs, links[1]))
        if made_of:
            yield from _kept(where, {"uid": mine.uid or ""}, {"uid": theirs.uid or ""})
        yield from _facts(where, mine.facts, theirs.facts, dated)


def _lesion_key(a: Exam, b: Exam) -> Callable[[Lesion], Hashable]:
    """Return what names a lesion in both exams: a UID that both have, else its number."""
    both = {x.uid for x in a.lesions} & {x.uid for x in b.lesions} - {None}
    number = {
        id(lesion): at
        for exam in (a, b)
        for at, lesion in enumerate(x for x in exam.lesions if x.uid not in both)
    }
    return lambda lesion: lesion.uid if lesion.uid in both else number[id(lesion)]


def _lesion(of: Lesion, names: _Links | None) -> dict[str, str]:
    return {
        "concepts": ", ".join(of.concepts),
        "site": views.site(of.site),
        "side": of.laterality or "",
        "same site": ", ".join(sorted(names(u) if names else u for u in of.same_site)),
    }


def _facts(path: str, a: Mapping[str, Fact], b: Mapping[str, Fact], dated: bool = True) -> Found:
    """Yield how two sets of facts differ; in an exam of one date that date holds for each."""
    for concept in sorted({*a, *b}):
        mine, theirs = a.get(concept), b.get(concept)
        yield from _each(f"{path}, {concept}", views.fact(mine, dated), views.fact(theirs, dated))


def _each(path: str, a: Mapping[str, str], b: Mapping[str, str]) -> Found:
    for name in {**a, **b}:
        if a.get(name, "") != b.get(name, ""):
            yield Difference(f"{path}: {name}", a.get(name, ""), b.get(name, ""))


def _kept(path: str, a: Mapping[str, str], b: Mapping[str, str]) -> Found:
    """Yield what the first says and the second does not say alike; what it adds is left aside."""
    yield from _each(path, {n: v for n, v in a.items() if v}, {n: b.get(n, "") for n in a if a[n]})


def _several(path: str, a: Iterable[str], b: Iterable[str]) -> Found:
    """Yield what one of two lists has and the other has not."""
    mine, theirs = Counter(a), Counter(b)
    only, new = sorted((mine - theirs).elements()), sorted((theirs - mine).elements())
    for one, other in _zipped(only, new):
        yield Difference(path, one or "", other or "")


def _paired(
    a: Sequence[T], b: Sequence[T], key: Callable[[T], Hashable]
) -> list[tuple[T | None, T | None]]:
    """Return the values of two sequences by their key, the first one's order first."""
    mine, theirs = {key(one): one for one in a}, {key(one): one for one in b}
    return [(mine.get(name), theirs.get(name)) for name in {**mine, **theirs}]


def _zipped(a: Sequence[T], b: Sequence[T]) -> list[tuple[T | None, T | None]]:
    return [
        (a[i] if i < len(a) else None, b[i] if i < len(b) else None)
        for i in range(max(len(a), len(b)))
    ]
