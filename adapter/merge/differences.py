"""Two cases, or two graded cases, to what differs between them.

What is compared is what was said: concepts, states, values, places, times, the patient. Where it
was said (sources, inputs, issues) is not. Source: contract sections 1 to 3.
"""

from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from adapter import sites
from adapter.merge.patients import LOCAL
from adapter.model import (
    Case,
    Coded,
    Conclusion,
    Exam,
    Fact,
    Finding,
    Graded,
    Lesion,
    Patient,
    Quantity,
    Site,
    State,
    Statement,
    Step,
    Study,
    Unmapped,
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
        found += _each(path, _conclusion(a, one), _conclusion(b, other))
    for at, (mine, theirs) in enumerate(_zipped(a.findings, b.findings)):
        path = f"finding {at + 1} {(mine or theirs).concept}"  # type: ignore[union-attr]
        found += _each(path, _finding(mine), _finding(theirs))
    return tuple(found)


def _case(a: Case, b: Case, made_of: bool) -> Found:
    yield from _each("patient", _patient(a.patient), _patient(b.patient))
    links = (_Links(a), _Links(b)) if not made_of else (None, None)
    exams = _paired(a.exams, b.exams, _exam_key(a, b))
    for number, (mine, theirs) in enumerate(exams):
        yield from _exam(number, mine, theirs, links, made_of)
    yield from _facts("patient", a.facts, b.facts)
    for name in ("pressures", "punctures", "patches"):
        yield from _several(name, map(_event, getattr(a, name)), map(_event, getattr(b, name)))
    if made_of:
        theirs_by_id = {s.id: s for s in b.studies}
        for study in a.studies:
            path = f"study {study.id}"
            yield from _kept(path, _study(study), _study(theirs_by_id.get(study.id)))
    yield from _several("not mapped", map(_unmapped, a.unmapped), map(_unmapped, b.unmapped))
    yield from (_kept if made_of else _each)("case", _flags(a), _flags(b))


def _flags(case: Case) -> dict[str, str]:
    said = {
        "incomplete": case.incomplete,
        "narrative": bool(case.narrative),
        "preliminary": any(i.preliminary for i in case.inputs if i.status == "used"),
    }
    return {name: "yes" if holds else "" for name, holds in said.items()}


def _patient(of: Patient) -> dict[str, str]:
    shown = {
        f"name {n.representation}".strip(): _words(f"{n.family} {n.given}".strip() or n.text)
        for n in of.names
    }
    known = sorted(
        {(v, i.removeprefix("urn:oid:")) for v, i in of.identifiers if not i.startswith(LOCAL)}
    )
    ids = {f"identifier {at + 1}": f"{v} ({i})" for at, (v, i) in enumerate(known)}
    return {**ids, **shown, "birth date": of.birth_date, "sex": of.sex}


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
            lesion.uid: f"{exam.kind} {_site(lesion.site)} {lesion.laterality or ''}".strip()
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
        yield Difference(path, _there(a), _there(b))
        return
    yield from _each(path, _header(a), _header(b))
    if made_of:
        yield from _kept(path, _names(a), _names(b))
    dated = len(a.dates) > 1 or len(b.dates) > 1
    yield from _facts(path, a.facts, b.facts, dated)
    lesions = _paired(a.lesions, b.lesions, _lesion_key(a, b))
    for at, (mine, theirs) in enumerate(lesions):
        where = f"{path}, lesion {at + 1}"
        if mine is None or theirs is None:
            yield Difference(where, _there(mine), _there(theirs))
            continue
        yield from _each(where, _lesion(mine, links[0]), _lesion(theirs, links[1]))
        if made_of:
            yield from _kept(where, {"uid": mine.uid or ""}, {"uid": theirs.uid or ""})
        yield from _facts(where, mine.facts, theirs.facts, dated)


def _there(value: object) -> str:
    return "" if value is None else "stated"


def _header(exam: Exam) -> dict[str, str]:
    return {
        "kind": exam.kind,
        "method": exam.method,
        "dates": ", ".join(exam.dates),
        "institutions": ", ".join(exam.institutions),
    }


def _names(exam: Exam) -> dict[str, str]:
    return {"groups": ", ".join(exam.groups), "studies": ", ".join(exam.studies)}


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
        "site": _site(of.site),
        "side": of.laterality or "",
        "same site": ", ".join(sorted(names(u) if names else u for u in of.same_site)),
    }


def _site(site: Site | None) -> str:
    """Return a site by its levels and names; by its words where those cannot be read."""
    if site is None:
        return ""
    return sites.label(site) if site.stated else _words(site.text)


def _facts(path: str, a: Mapping[str, Fact], b: Mapping[str, Fact], dated: bool = True) -> Found:
    """Yield how two sets of facts differ; in an exam of one date that date holds for each."""
    for concept in sorted({*a, *b}):
        mine, theirs = a.get(concept), b.get(concept)
        yield from _each(f"{path}, {concept}", _fact(mine, dated), _fact(theirs, dated))


def _fact(fact: Fact | None, dated: bool) -> dict[str, str]:
    if fact is None:
        return {}
    said = sorted({_said(s, dated) for s in fact.statements if s.concept == fact.concept})
    return {
        "state": fact.state.value if fact.state else "",
        "value": fact.value or "",
        "why": fact.why,
        "statements": "; ".join(said),
    }


def _said(said: Statement, dated: bool) -> str:
    words = (
        said.state.value,
        said.value or "",
        (said.reason or "unknown") if said.state is State.NOT_ASSESSED else "",
        _quantity(said.quantity),
        _words(said.text),
        (said.date or said.exam.date or "") if dated else "",
    )
    return ", ".join(w for w in words if w)


def _event(said: Statement) -> str:
    parts = sorted(f"{p.concept} {_said(p, False)}" for p in said.parts)
    return "; ".join([_said(said, True), *parts])


def _quantity(quantity: Quantity | None) -> str:
    if quantity is None:
        return ""
    return f"{quantity.comparator}{quantity.value} {quantity.unit}".strip()


def _study(study: Study | None) -> dict[str, str]:
    if study is None:
        return {}
    return {
        "given": "yes",
        "date": study.date or "",
        "institution": study.institution or "",
        "accession": study.accession or "",
        "kinds": ", ".join(sorted(study.kinds)),
        "modalities": ", ".join(sorted(study.modalities)),
        "instances": f"{len(set(study.instances))}: {hash_of(study.instances)}",
    }


def hash_of(values: Iterable[object]) -> str:
    """Return a short text that stands for a set of values."""
    from hashlib import sha256

    return sha256("\n".join(sorted(map(repr, set(values)))).encode()).hexdigest()[:8]


def _unmapped(of: Unmapped) -> str:
    """Return evidence in words; whose group it stood in is a matter of the writer."""
    unit = f" {of.unit.code}" if of.unit else ""
    said = (
        " + ".join(map(_coded, of.codes)),
        _words(of.text),
        f"{of.comparator}{of.number}{unit}",
        of.date,
        of.time,
        of.uid,
        f"no value: {of.reason}" if of.reason else "",
    )
    name = " + ".join(map(_coded, of.names)) or of.label
    return f"{name} = {', '.join(s for s in said if s)}"


def _coded(code: Coded) -> str:
    return f"({code.system}, {code.code})"


def _conclusion(graded: Graded, of: Conclusion | None) -> dict[str, str]:
    if of is None:
        return {}
    rests = ", ".join(graded.findings[i].concept for i in of.rests_on)
    return {
        "established": of.established,
        "possible": of.possible,
        "rules": _rules(of.trail),
        "rests on": rests,
        "provisional": "yes" if of.provisional else "",
    }


def _finding(of: Finding | None) -> dict[str, str]:
    if of is None:
        return {}
    return {
        "concept": of.concept,
        "established": of.established.value,
        "possible": of.possible.value,
        "rules": _rules(of.trail),
    }


def _rules(steps: Iterable[Step]) -> str:
    return ", ".join(f"{s.rule}({_rules(s.steps)})" if s.steps else s.rule for s in steps)


def _words(text: str) -> str:
    """Return a text without what formats change: line ends and outer blanks."""
    return "\n".join(line.rstrip() for line in text.strip().splitlines())


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
