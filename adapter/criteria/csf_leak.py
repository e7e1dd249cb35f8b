"""CSF leak: findings of all exams to the conclusion (画像診断基準), and the same-site rule.

Source: criteria sections 2 and 3.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from adapter import sites
from adapter.criteria.csf_leak_2011 import EXAM_FINDINGS, RULES
from adapter.criteria.evidence import Given, lesion_views
from adapter.criteria.findings import (
    Option,
    applicable,
    concluded,
    exam_finding,
    grade_finding,
)
from adapter.criteria.logic import Needs, missing
from adapter.criteria.notes import lesion_cautions, side_caution
from adapter.criteria.policy import Policy
from adapter.model import (
    Conclusion,
    Fact,
    Finding,
    Grade,
    Lesion,
    Need,
    Note,
    Step,
    Subject,
    Truth,
    Used,
)

CONDITION = "csf-leak"
SECTION = "画像診断基準"

CONCLUDES: Mapping[Grade, Grade] = {
    Grade.CONFIRMED: Grade.CONFIRMED,
    Grade.DEFINITE: Grade.DEFINITE,
    Grade.HIGHLY_SUSPECTED: Grade.SUSPECTED,
    Grade.SUSPECTED: Grade.SUSPECTED,
}
"""What one finding alone concludes: rules 1, 2 and 4."""

_ALONE = {
    Grade.CONFIRMED: ("csf-leak.1.confirmed", "確定の所見がある", "There is a 確定 finding"),
    Grade.DEFINITE: ("csf-leak.2.definite", "確実の所見がある", "There is a 確実 finding"),
    Grade.SUSPECTED: (
        "csf-leak.4.suspected",
        "強疑または疑の所見がある",
        "There is a 強疑 or 疑 finding",
    ),
}


@dataclass(frozen=True, slots=True)
class Graded:
    """A lesion's finding with its options, its exam kind, and the lesion itself."""

    kind: str
    lesion: Lesion
    finding: Finding
    options: tuple[Option, ...]


def grade_findings(exams: Iterable[Given], policy: Policy) -> tuple[list[Graded], list[Finding]]:
    """Return the graded lesions of the three exams, and the findings that are exam facts."""
    lesions: list[Graded] = []
    others: list[Finding] = []
    for exam in exams:
        kind = exam.exam.kind
        rules = applicable(RULES.get(kind, ()), policy.ctm_confirmed)
        for subject, lesion, view in lesion_views(exam, policy) if rules else ():
            concept = lesion.concepts[0] if lesion.concepts else _lesion_concept(kind)
            finding, options = grade_finding(subject, concept, rules, view)
            cautions, provisional = lesion_cautions(exam, lesion, finding)
            finding = replace(finding, cautions=cautions, provisional=provisional)
            lesions.append(Graded(kind, lesion, finding, options))
        for concept, (section, grade) in EXAM_FINDINGS.get(kind, {}).items():
            fact = exam.facts.get(concept)
            if fact is not None and fact.why != "nothing-else":
                others.append(exam_finding(exam.subject, fact, section, grade, CONDITION))
    return lesions, others


def _lesion_concept(kind: str) -> str:
    return {"spinal-mri": "epi-fluid", "ri-cisternogram": "ri-epidural"}.get(kind, "ctm-epidural")


def conclude(lesions: Sequence[Graded], given: bool, policy: Policy) -> Conclusion:
    """Return the conclusion that the graded lesions come to: the first rule that holds.

    Parameters
    ----------
    lesions : sequence of Graded
    given : bool
        Whether any of the three exams was given; else the conclusion is 判定不能.
    policy : Policy
        ``same_site`` decides which sites match.
    """
    pairs = list(_pairs(lesions, policy))
    alone = max((_alone(g.finding.established) for g in lesions), key=_rank, default=Grade.NONE)
    matched = [p for p in pairs if p.established]
    established = Grade.DEFINITE if matched and alone.rank < Grade.DEFINITE.rank else alone
    options = list(_conclusion_options(lesions, pairs, established))
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


@dataclass(frozen=True, slots=True)
class Pair:
    """A spinal MRI finding and a radionuclide finding, and whether their sites are the same."""

    mri: Graded
    ri: Graded
    truth: Truth
    how: str  # levels shared, ``reader``, ``region`` or empty
    needs: Needs

    @property
    def established(self) -> bool:
        """Whether rule 3 holds: same site, one 強疑 with a 強疑 or 疑."""
        grades = (self.mri.finding.established, self.ri.finding.established)
        return self.truth is Truth.HOLDS and together(*grades)

    @property
    def cautions(self) -> tuple[Note, ...]:
        """The caution on opposite sides at a shared level."""
        return side_caution(self.mri.lesion, self.ri.lesion, self.ri.finding.subject)


def together(one: Grade, other: Grade) -> bool:
    """Return whether two grades combine at one site: at least 疑 each, at least one 強疑."""
    weaker, stronger = sorted((one.rank, other.rank))
    return weaker >= Grade.SUSPECTED.rank and stronger >= Grade.HIGHLY_SUSPECTED.rank


def _pairs(lesions: Sequence[Graded], policy: Policy) -> Iterator[Pair]:
    """Yield the pairs of an MRI and an RI finding that are, or could be, at one site."""
    for mri in (g for g in lesions if g.kind == "spinal-mri" and _could(g)):
        for ri in (g for g in lesions if g.kind == "ri-cisternogram" and _could(g)):
            pair = _pair(mri, ri, policy)
            if pair.truth is not Truth.FAILS:
                yield pair


def _could(graded: Graded) -> bool:
    return graded.finding.possible.rank >= Grade.SUSPECTED.rank


def _pair(mri: Graded, ri: Graded, policy: Policy) -> Pair:
    one, other = mri.lesion, ri.lesion
    if _named(one, other) or _named(other, one):
        return Pair(mri, ri, Truth.HOLDS, "reader", frozenset())
    truth = sites.same_site(one.site, other.site, policy.same_site)
    how = _run(sites.shared(one.site, other.site)) if truth is Truth.HOLDS else ""
    return Pair(mri, ri, truth, how, _site_needs(mri, ri) if truth is Truth.OPEN else frozenset())


def _named(lesion: Lesion, other: Lesion) -> bool:
    return other.uid is not None and other.uid in lesion.same_site


def _site_needs(mri: Graded, ri: Graded) -> Needs:
    """Return whose site would have to be stated, or stated in levels, for the two to match."""
    return frozenset(
        Need(g.finding.subject, "site", "same-level")
        for g in (mri, ri)
        if not sites.precise(g.lesion.site)
    )


def _run(levels: Iterable[int]) -> str:
    return ", ".join(
        sites.AXIS[a] if a == b else f"{sites.AXIS[a]}–{sites.AXIS[b]}"
        for a, b in sites.runs(levels)
    )


def _conclusion_options(
    lesions: Sequence[Graded], pairs: Iterable[Pair], established: Grade
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
                if together(mri.grade, ri.grade):
                    yield Option(Grade.DEFINITE, mri.needs | ri.needs | pair.needs)


def _trail(
    lesions: Sequence[Graded],
    pairs: Sequence[Pair],
    matched: Sequence[Pair],
    established: Grade,
    possible: Grade,
    given: bool,
) -> tuple[Step, ...]:
    if matched:
        return tuple(_pair_step(p) for p in matched)
    if established is Grade.NONE:
        return (_no_grade_step(lesions, possible, given),)
    rule, ja, en = _ALONE[established]
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
    lesions: Sequence[Graded], pairs: Sequence[Pair], established: Grade
) -> tuple[int, ...]:
    """Return ◇11 where both exams are positive and no pair is at one site."""
    positive = {g.kind for g in lesions if _alone(g.finding.established) is not Grade.NONE}
    both = {"spinal-mri", "ri-cisternogram"} <= positive
    at_one = any(p.truth is Truth.HOLDS and _both_positive(p) for p in pairs)
    return (11,) if both and established is Grade.SUSPECTED and not at_one else ()


def _both_positive(pair: Pair) -> bool:
    grades = (pair.mri.finding.established, pair.ri.finding.established)
    return all(g.rank >= Grade.SUSPECTED.rank for g in grades)


def _pair_step(pair: Pair) -> Step:
    by_reader = pair.how == "reader"
    site = "読影者の判断" if by_reader else pair.how
    english = "the reader says so" if by_reader else pair.how
    return Step(
        rule="csf-leak.3.same-site",
        section=SECTION,
        grade=Grade.DEFINITE.value,
        truth=Truth.HOLDS,
        ja=f"RI脳槽シンチグラフィーと脊髄MRIの所見が同じ部位にある({site})",
        en=f"Radionuclide and spinal MRI findings at the same site ({english})",
        text_open=(13,) if pair.cautions else (),
        used=tuple(_site_fact(g) for g in (pair.mri, pair.ri)),
        steps=(*pair.mri.finding.trail, *pair.ri.finding.trail),
    )


def _site_fact(graded: Graded) -> Used:
    site = sites.label(graded.lesion.site)
    said = graded.lesion.statements
    return Used(graded.finding.subject, Fact(concept="site", value=site, statements=said))


def _no_grade_step(lesions: Sequence[Graded], possible: Grade, given: bool) -> Step:
    code = concluded(Grade.NONE, possible, given)
    words = {
        "not-assessable": ("3つの検査のいずれも記載がない", "None of the three exams is given"),
        "withheld": (
            "記載のない事実により判定が変わりうる",
            "A fact that is not documented could still give a grade",
        ),
        "not-met": ("確定・確実・疑の所見がない", "There is no 確定, 確実, 強疑 or 疑 finding"),
    }[code]
    return Step(
        rule=f"csf-leak.5.{code}",
        section=SECTION,
        grade=code,
        truth=Truth.OPEN if code == "withheld" else Truth.FAILS,
        ja=words[0],
        en=words[1],
        steps=tuple(s for g in lesions for s in g.finding.trail),
    )


def _provisional(lesions: Sequence[Graded], matched: Sequence[Pair], established: Grade) -> bool:
    """Return whether every way to the conclusion rests on a provisional finding."""
    if matched:
        return all(p.ri.finding.provisional or p.mri.finding.provisional for p in matched)
    deciding = [g for g in lesions if _alone(g.finding.established) is established]
    return established is not Grade.NONE and all(g.finding.provisional for g in deciding)


def rests_on(conclusion: Conclusion) -> frozenset[Subject]:
    """Return the lesions whose steps the conclusion's trail holds."""
    return frozenset(
        s.subject for step in conclusion.trail if step.truth is Truth.HOLDS for s in step.steps
    )
