"""CSF leak: findings of all exams to the conclusion (画像診断基準).

Source: criteria section 2.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from adapter.criteria.cautions import READING_CONDITIONS, lesion_cautions
from adapter.criteria.csf_leak_2011 import EXAM_FINDINGS, RULES
from adapter.criteria.evidence import Given, lesion_views
from adapter.criteria.findings import (
    Option,
    applicable,
    concluded,
    exam_finding,
    grade_finding,
)
from adapter.criteria.logic import missing
from adapter.criteria.policy import Policy
from adapter.criteria.same_site import (
    SECTION,
    GradedLesion,
    Pair,
    both_positive,
    one_site,
    pair_step,
    pairs_of,
    together,
)
from adapter.model import (
    Conclusion,
    Finding,
    Grade,
    Step,
    Truth,
)

CONDITION = "csf-leak"

CONCLUDES: Mapping[Grade, Grade] = {
    Grade.CONFIRMED: Grade.CONFIRMED,
    Grade.DEFINITE: Grade.DEFINITE,
    Grade.HIGHLY_SUSPECTED: Grade.SUSPECTED,
    Grade.SUSPECTED: Grade.SUSPECTED,
}
"""What one finding alone concludes: rules 1, 2 and 4."""

ALONE = {
    Grade.CONFIRMED: ("csf-leak.1.confirmed", "確定の所見がある", "There is a 確定 finding"),
    Grade.DEFINITE: ("csf-leak.2.definite", "確実の所見がある", "There is a 確実 finding"),
    Grade.SUSPECTED: (
        "csf-leak.4.suspected",
        "強疑または疑の所見がある",
        "There is a 強疑 or 疑 finding",
    ),
}

NO_GRADE = {
    "not-met": ("確定・確実・疑の所見がない", "There is no 確定, 確実, 強疑 or 疑 finding"),
    "withheld": (
        "記載のない事実により判定が変わりうる",
        "A fact that is not documented could still give a grade",
    ),
    "not-assessable": ("3つの検査のいずれも記載がない", "None of the three exams is given"),
}
"""Why there is no grade, by the code that says so: rule 5."""


def grade_findings(
    exams: Iterable[Given], policy: Policy
) -> tuple[list[GradedLesion], list[Finding]]:
    """Return the graded lesions of the three exams, and the findings that are exam facts."""
    lesions: list[GradedLesion] = []
    others: list[Finding] = []
    for exam in exams:
        kind = exam.exam.kind
        rules = applicable(RULES.get(kind, ()), policy.ctm_confirmed)
        for subject, lesion, view in lesion_views(exam, policy) if rules else ():
            concept = lesion.concepts[0] if lesion.concepts else _lesion_concept(kind)
            finding, options = grade_finding(subject, concept, rules, view)
            cautions, provisional = lesion_cautions(exam, lesion, finding)
            finding = replace(
                finding,
                cautions=cautions,
                provisional=provisional,
                not_documented=(*finding.not_documented, *_reading_not_stated(exam)),
            )
            lesions.append(GradedLesion(kind, lesion, finding, options))
        for concept, row in EXAM_FINDINGS.get(kind, {}).items():
            fact = exam.facts.get(concept)
            if fact is not None and fact.why != "nothing-else":
                others.append(exam_finding(exam.subject, fact, row, CONDITION))
    return lesions, others


def _reading_not_stated(exam: Given) -> tuple[str, ...]:
    """Return the reading conditions of an RI exam on which nothing was said; listed only."""
    if exam.exam.kind != "ri-cisternogram":
        return ()
    return tuple(c for c in READING_CONDITIONS if c not in exam.facts)


def _lesion_concept(kind: str) -> str:
    return {"spinal-mri": "epi-fluid", "ri-cisternogram": "ri-epidural"}.get(kind, "ctm-epidural")


def conclude(lesions: Sequence[GradedLesion], given: bool, policy: Policy) -> Conclusion:
    """Return the conclusion that the graded lesions come to: the first rule that holds.

    Parameters
    ----------
    lesions : sequence of Graded
    given : bool
        Whether any of the three exams was given; else the conclusion is 判定不能.
    policy : Policy
        ``same_site`` decides which sites match.
    """
    pairs = list(pairs_of(lesions, policy))
    alone = max((_alone(g.finding.established) for g in lesions), key=_rank, default=Grade.NONE)
    matched = [p for p in pairs if p.established]
    established = Grade.DEFINITE if matched and alone.rank < Grade.DEFINITE.rank else alone
    options = list(_conclusion_options(lesions, pairs, established, policy))
    possible = max((o.grade for o in options), key=_rank, default=established)
    if possible.rank < established.rank:
        possible = established
    by_pair = matched if established is not alone else []
    return Conclusion(
        condition=CONDITION,
        established=concluded(established, possible, given),
        possible=concluded(possible, possible, given),
        missing=missing(((o.grade.value, o.grade.rank, o.needs) for o in options),
                        established.rank),
        trail=_trail(lesions, pairs, by_pair, established, possible, given),
        cautions=tuple(c for p in by_pair for c in p.cautions),
        provisional=_provisional(lesions, by_pair, established),
    )  # fmt: skip


def _alone(grade: Grade) -> Grade:
    return CONCLUDES.get(grade, Grade.NONE)


def _rank(grade: Grade) -> int:
    return grade.rank


def _conclusion_options(
    lesions: Sequence[GradedLesion],
    pairs: Iterable[Pair],
    established: Grade,
    policy: Policy,
) -> Iterator[Option]:
    """Yield what could be concluded above `established`, with the facts it needs."""
    for graded in lesions:
        for option in graded.options:
            grade = _alone(option.grade)
            if grade.rank > established.rank:
                yield Option(grade, option.needs)
    if established.rank >= Grade.DEFINITE.rank:
        return
    for pair in pairs:
        for mri in pair.mri.options:
            for ri in pair.ri.options:
                if together(mri.grade, ri.grade) and one_site(pair, ri.needs, policy):
                    yield Option(Grade.DEFINITE, mri.needs | ri.needs | pair.needs)


def _trail(
    lesions: Sequence[GradedLesion],
    pairs: Sequence[Pair],
    matched: Sequence[Pair],
    established: Grade,
    possible: Grade,
    given: bool,
) -> tuple[Step, ...]:
    if matched:
        return tuple(pair_step(p) for p in matched)
    if established is Grade.NONE:
        return (_no_grade_step(lesions, possible, given),)
    rule, ja, en = ALONE[established]
    deciding = [g for g in lesions if _alone(g.finding.established) is established]
    return (
        Step(
            rule=rule,
            section=SECTION,
            grade=established.value,
            truth=Truth.HOLDS,
            ja=ja,
            en=en,
            text_open=_open_at_other_sites(lesions, pairs, established),
            steps=tuple(s for g in deciding for s in g.finding.trail),
        ),
    )


def _open_at_other_sites(
    lesions: Sequence[GradedLesion], pairs: Sequence[Pair], established: Grade
) -> tuple[int, ...]:
    """Return ◇11 where both exams are positive and no pair is at one site."""
    positive = {g.kind for g in lesions if _alone(g.finding.established) is not Grade.NONE}
    both = {"spinal-mri", "ri-cisternogram"} <= positive
    at_one = any(p.truth is Truth.HOLDS and both_positive(p) for p in pairs)
    return (11,) if both and established is Grade.SUSPECTED and not at_one else ()


def _no_grade_step(lesions: Sequence[GradedLesion], possible: Grade, given: bool) -> Step:
    code = concluded(Grade.NONE, possible, given)
    words = NO_GRADE[code]
    return Step(
        rule=f"csf-leak.5.{code}",
        section=SECTION,
        grade=code,
        truth=Truth.OPEN if code == "withheld" else Truth.FAILS,
        ja=words[0],
        en=words[1],
        steps=tuple(s for g in lesions for s in g.finding.trail),
    )


def _provisional(
    lesions: Sequence[GradedLesion], matched: Sequence[Pair], established: Grade
) -> bool:
    """Return whether every way to the conclusion rests on a provisional finding."""
    if matched:
        return all(p.ri.finding.provisional or p.mri.finding.provisional for p in matched)
    deciding = [g for g in lesions if _alone(g.finding.established) is established]
    return established is not Grade.NONE and all(g.finding.provisional for g in deciding)
