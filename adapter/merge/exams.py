"""Statements to exams, and an exam's statements to lesions and facts.

A statement's exam is told by its exam group; failing that by study and kind; failing that by kind
and date. Source: criteria section 4, "Exams and time"; contract section 2, "What groups facts".
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from adapter.merge.facts import by_concept, fact, places
from adapter.merge.lesions import form_lesions
from adapter.model import KINDS, SAME_KIND, Exam, Fact, Issue, Statement, Study
from adapter.terms import Terms

_RI = "ri-cisternogram"
_RI_SPAN = timedelta(hours=72)


@dataclass
class _Draft:
    """An exam being formed."""

    kind: str
    group: str | None = None
    said: list[Statement] = field(default_factory=list)
    alone: bool = False  # told to be an exam of its own; nothing joins it

    @property
    def studies(self) -> set[str]:
        return {s.exam.study for s in self.said if s.exam.study}

    @property
    def days(self) -> set[str]:
        return {_date(s)[:10] for s in self.said if _date(s)}

    @property
    def first(self) -> str:
        return min((_date(s) for s in self.said if _date(s)), default="")


def form_exams(
    statements: Sequence[Statement], studies: Sequence[Study], terms: Terms
) -> tuple[tuple[Exam, ...], tuple[Issue, ...]]:
    """Return the exams that lesion and exam statements make, in canonical order, and what to tell.

    The order depends on kind, date and content alone: not on the order of inputs, nor on ids.
    """
    known, open_kind, issues = _kinds(statements, studies, terms)
    drafts, unplaced = _by_group_and_study(known, issues)
    drafts = _radionuclide_days(drafts)
    _by_date(drafts, [(k, s) for k, s in unplaced if _date(s)], _on_its_date, issues)
    drafts = _radionuclide_days(drafts)
    _by_date(drafts, [(k, s) for k, s in unplaced if not _date(s)], _of_its_kind, issues)
    _place_open(drafts, open_kind, studies, terms, issues)
    exams = []
    for draft in drafts:
        exam, told = _exam(draft, terms)
        exams.append(exam)
        issues += told
    return tuple(sorted(exams, key=_order)), tuple(issues)


def _kinds(
    statements: Sequence[Statement], studies: Sequence[Study], terms: Terms
) -> tuple[list[tuple[str, Statement]], list[Statement], list[Issue]]:
    """Return (kind, statement) where the concept, its group or its study tell one; the rest."""
    known: list[tuple[str, Statement]] = []
    open_kind: list[Statement] = []
    issues: list[Issue] = []
    for statement in statements:
        fits = _fits(terms, statement.concept)
        said = SAME_KIND.get(statement.exam.kind or "", statement.exam.kind)
        if len(fits) == 1:
            known.append((fits[0], statement))
            if said and said != fits[0]:
                issues.append(_tell(statement, "group-kind", f"belongs to {fits[0]}, not {said}"))
        elif said in fits:
            known.append((said, statement))
        else:
            open_kind.append(statement)
    return known, open_kind, issues


def _fits(terms: Terms, concept: str) -> tuple[str, ...]:
    exams = terms[concept].exams
    return KINDS if "any" in exams else exams


def _by_group_and_study(
    known: Iterable[tuple[str, Statement]], issues: list[Issue]
) -> tuple[list[_Draft], list[tuple[str, Statement]]]:
    """Return drafts by exam group, then by study and kind; what names neither is left over."""
    drafts: dict[tuple[str, str, str], _Draft] = {}
    rest: list[tuple[str, Statement]] = []
    for kind, statement in known:
        if statement.exam.group is None:
            rest.append((kind, statement))
            continue
        key = ("group", statement.exam.group, kind)
        draft = drafts.setdefault(key, _Draft(kind, statement.exam.group))
        draft.said.append(statement)
    grouped = list(drafts.values())
    alone: list[_Draft] = []
    unplaced: list[tuple[str, Statement]] = []
    for kind, statement in rest:
        study = statement.exam.study
        if study is None:
            unplaced.append((kind, statement))
            continue
        same = [d for d in grouped if d.kind == kind and study in d.studies]
        if len(same) > 1:
            issues.append(_own_exam(statement))
            alone.append(_Draft(kind, said=[statement], alone=True))
        elif same:
            same[0].said.append(statement)
        else:
            key = ("study", study, kind)
            drafts.setdefault(key, _Draft(kind)).said.append(statement)
    return [*drafts.values(), *alone], unplaced


def _by_date(
    drafts: list[_Draft],
    unplaced: Iterable[tuple[str, Statement]],
    candidates: Callable[[Iterable[_Draft], str, Statement], list[_Draft]],
    issues: list[Issue],
) -> None:
    """Let each statement without group and study join the only exam that it can be of."""
    fixed = list(drafts)
    new: dict[tuple[str, str], _Draft] = {}
    for kind, statement in unplaced:
        found = candidates(fixed, kind, statement)
        if len(found) > 1:
            issues.append(_own_exam(statement))
            drafts.append(_Draft(kind, said=[statement], alone=True))
        elif found:
            found[0].said.append(statement)
        else:
            new.setdefault((kind, _date(statement)[:10]), _Draft(kind)).said.append(statement)
    drafts += new.values()


def _on_its_date(drafts: Iterable[_Draft], kind: str, statement: Statement) -> list[_Draft]:
    return [d for d in drafts if d.kind == kind and _same_time(d, _date(statement))]


def _of_its_kind(drafts: Iterable[_Draft], kind: str, statement: Statement) -> list[_Draft]:
    return [d for d in drafts if d.kind == kind]


def _same_time(draft: _Draft, date: str) -> bool:
    if date[:10] in draft.days:
        return True
    if draft.kind != _RI or not draft.days:
        return False
    # The 72 h count from the first image, which an earlier one would become.
    return _within(draft.first if date >= draft.first else max(draft.days), date)


def _radionuclide_days(drafts: list[_Draft]) -> list[_Draft]:
    """Return the drafts with RI images within 72 h of the first made one exam.

    Exam groups stay apart; what is in no group joins the only group in reach.
    """
    joining = [d for d in drafts if d.kind == _RI and not d.alone]
    groups = [d for d in joining if d.group is not None]
    loose = sorted((d for d in joining if d.group is None), key=lambda d: d.first)
    others = [d for d in drafts if d.kind != _RI or d.alone]
    merged: list[_Draft] = []
    for draft in loose:
        near = [g for g in groups if _within(g.first, draft.first)]
        joined = merged[-1:] if merged and _within(merged[-1].first, draft.first) else []
        if len(near) == 1:
            near[0].said += draft.said
        elif not near and joined:
            joined[0].said += draft.said
        else:
            merged.append(draft)
    return [*others, *groups, *merged]


def _within(one: str, other: str) -> bool:
    """Return whether two dates lie within 72 h; to the day where a time or a zone is missing."""
    try:
        a, b = datetime.fromisoformat(one), datetime.fromisoformat(other)
    except ValueError:
        return False
    if len(one) > 10 and len(other) > 10 and (a.tzinfo is None) == (b.tzinfo is None):
        return abs(a - b) <= _RI_SPAN
    return abs(a.date() - b.date()) <= _RI_SPAN


def _place_open(
    drafts: list[_Draft],
    statements: Iterable[Statement],
    studies: Sequence[Study],
    terms: Terms,
    issues: list[Issue],
) -> None:
    """Place facts that fit several kinds where one exam alone can be theirs; tell the others."""
    for statement in statements:
        fits = _fits(terms, statement.concept)
        found = _candidates(drafts, statement, fits)
        declared = [s for s in studies if _declares(s, statement, fits, drafts)]
        if len(found) == 1 and not declared:
            found[0].said.append(statement)
        elif not found and len(declared) == 1:
            kind = next(k for k in declared[0].kinds if k in fits)
            drafts.append(_Draft(kind, said=[statement]))
        else:
            issues.append(
                _tell(statement, "not-used", "nothing tells which exam it belongs to; not used")
            )


def _candidates(
    drafts: Iterable[_Draft], statement: Statement, fits: Sequence[str]
) -> list[_Draft]:
    given = [d for d in drafts if d.kind in fits]
    if statement.exam.group is not None:
        return [d for d in given if d.group == statement.exam.group]
    if statement.exam.study is not None:
        return [d for d in given if statement.exam.study in d.studies]
    date = _date(statement)
    # Reading: a fact of another day says nothing of the only exam that is given.
    return given if len(given) != 1 or not date or not given[0].days else [
        d for d in given if _same_time(d, date)
    ]  # fmt: skip


def _declares(
    study: Study, statement: Statement, fits: Sequence[str], drafts: Iterable[_Draft]
) -> bool:
    """Return whether a study is an exam of its own that the statement could be of."""
    kinds = [k for k in study.kinds if k in fits]
    taken = any(study.id in d.studies for d in drafts)
    named = statement.exam.study in (None, study.id) and statement.exam.group is None
    return len(kinds) == 1 and not taken and named


def _exam(draft: _Draft, terms: Terms) -> tuple[Exam, list[Issue]]:
    issues: list[Issue] = []
    lesions, told = form_lesions([s for s in draft.said if terms[s.concept].kind == "lesion"])
    issues += told
    of_exam = [s for s in draft.said if terms[s.concept].kind != "lesion"]
    facts: dict[str, Fact] = {}
    for concept, said in by_concept([*of_exam, *(p for s in of_exam for p in s.parts)]).items():
        facts[concept], contradiction = fact(concept, said)
        issues += contradiction
    methods = {s.exam.kind for s in draft.said if s.exam.kind in SAME_KIND}
    exam = Exam(
        kind=draft.kind,
        method=min(methods, default=draft.kind) or draft.kind,
        groups=_distinct(s.exam.group for s in draft.said),
        studies=_distinct(s.exam.study for s in draft.said),
        dates=_distinct(_date(s) for s in draft.said),
        institutions=_distinct(s.exam.institution for s in draft.said),
        facts=facts,
        lesions=lesions,
    )
    return exam, issues


def _distinct(values: Iterable[str | None]) -> tuple[str, ...]:
    return tuple(sorted({v for v in values if v}))


def _date(statement: Statement) -> str:
    return statement.exam.date or statement.date or ""


def _order(exam: Exam) -> tuple[object, ...]:
    facts = [(c, f.state.value if f.state else "", f.value or "") for c, f in exam.facts.items()]
    lesions = [lesion.uid or "" for lesion in exam.lesions]
    return KINDS.index(exam.kind), exam.dates, exam.method, sorted(facts), lesions


def _own_exam(statement: Statement) -> Issue:
    return _tell(statement, "own-exam", "several exams could be its own; it stands alone")


def _tell(statement: Statement, code: str, what: str) -> Issue:
    return Issue(
        severity="warning",
        code=code,
        diagnostics=f"{statement.concept} ({places([statement])}): {what}",
        document=statement.source.document,
        expression=statement.source.path,
    )
