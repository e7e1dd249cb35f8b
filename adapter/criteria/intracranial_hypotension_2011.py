"""Intracranial hypotension (低髄液圧症), criteria of 2011-10-14: findings and conclusion.

To be read beside the criteria: 低髄液圧症 1–5 grade a finding of brain MRI; 診断基準 concludes.
An auxiliary diagnosis: it never changes the leak's grade, nor the reverse.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import combinations

from adapter.criteria.cautions import without_contrast
from adapter.criteria.evidence import Given, exam_view
from adapter.criteria.findings import concluded, exam_finding, grade_finding
from adapter.criteria.logic import (
    Answer,
    ExamFinding,
    Rule,
    all_of,
    conjunction,
    disjunction,
    identity,
    missing,
    present,
    read,
)
from adapter.criteria.policy import Policy
from adapter.criteria.pressure import low_pressure, measured
from adapter.model import (
    Case,
    Conclusion,
    Fact,
    Finding,
    Grade,
    Need,
    State,
    Step,
    Subject,
    Truth,
    Used,
)

CONDITION = "intracranial-hypotension"
SECTION = "診断基準"

DURAL_DETAILS = (
    "dde-symmetric", "dde-thickening", "falx-tentorium", "extent-3cm", "above-cortex",
)  # fmt: skip

dural_enhancement = all_of(present("dural-enhance"), *(read(detail) for detail in DURAL_DETAILS))

DURAL = (
    Rule(
        "hypotension.1.dural-enhancement", "低髄液圧症 1", Grade.HIGHLY_SUSPECTED,
        dural_enhancement, "びまん性硬膜造影所見", "Diffuse dural enhancement",
    ),
)  # fmt: skip


def _sign(section: str) -> ExamFinding:
    return ExamFinding(section, Grade.REFERENCE, "参考所見", "Reference finding")


REFERENCE_SIGNS = {
    "subdural-effus": _sign("低髄液圧症 2"),
    "venous-plexus": _sign("低髄液圧症 3"),
    "tonsil-descent": _sign("低髄液圧症 4"),
    "brainstem-flat": _sign("低髄液圧症 4"),
    "pituitary-large": _sign("低髄液圧症 4"),
    "other-brain": _sign("低髄液圧症 5"),
}
"""The 参考 findings and their sections; ``other-brain`` counts by policy only (◇9)."""

NEVER_COUNTED = {
    "venous-sinus": ExamFinding("低髄液圧症 3", Grade.NONE, "数えない", "Never counted"),
}
EXCLUSIONS = ("herniation", "chiari")
_PATIENT = Subject()


@dataclass(frozen=True, slots=True)
class Ask:
    """The answers to what the conclusion's rules ask."""

    headache: Answer
    dural: Answer
    pressure: Answer
    signs: Answer
    exclusion: Answer


def grade_findings(exams: Sequence[Given], policy: Policy) -> list[Finding]:
    """Return the findings of the brain MRIs that say something of them."""
    found: list[Finding] = []
    for exam in exams:
        dural = exam.facts.get("dural-enhance")
        if dural is not None and dural.why != "nothing-else":
            finding, _ = grade_finding(
                exam.subject, "dural-enhance", DURAL, exam_view(exam, policy)
            )
            cautions = tuple(without_contrast(dural, exam.subject))
            found.append(replace(finding, cautions=cautions))
        for concept, row in (*REFERENCE_SIGNS.items(), *NEVER_COUNTED.items()):
            fact = exam.facts.get(concept)
            if fact is not None and fact.why != "nothing-else":
                found.append(exam_finding(exam.subject, fact, row, "hypotension"))
    return found


def conclude(case: Case, exams: Sequence[Given], policy: Policy) -> Conclusion:
    """Return the conclusion: the first rule that holds, over all brain MRIs and measurements.

    判定不能 where neither a brain MRI fact nor a pressure is given.
    """
    ask = _ask(case, exams, policy)
    answers = [(rule, _rule_answer(rule, ask, policy)) for rule in CONCLUSIONS]
    established = next((r.grade for r, a in answers if a.truth is Truth.HOLDS), Grade.NONE)
    options = {
        (r.grade.value, r.grade.rank, needs)
        for r, a in answers
        if a.truth is Truth.OPEN
        for needs in a.missing
    }
    best = max((rank for _, rank, _ in options), default=0)
    possible = next((g for g in Grade if g.rank == best), Grade.NONE)
    possible = possible if best > established.rank else established
    given = bool(exams) or any(measured(s) for s in case.pressures)
    return Conclusion(
        condition=CONDITION,
        established=concluded(established, possible, given),
        possible=concluded(possible, possible, given),
        missing=missing(options, established.rank) if given else (),
        trail=_trail(answers, established, possible, given, ask),
    )


def _ask(case: Case, exams: Sequence[Given], policy: Policy) -> Ask:
    views = [exam_view(exam, policy) for exam in exams]
    counted = [c for c in REFERENCE_SIGNS if c != "other-brain" or policy.other_signs == "counted"]
    return Ask(
        headache=_headache(case),
        dural=disjunction([dural_enhancement(view) for view in views]),
        pressure=low_pressure(case.pressures),
        signs=at_least_two(
            [disjunction([present(concept)(view) for view in views]) for concept in counted]
        ),
        exclusion=conjunction([_excluded(concept, exams) for concept in EXCLUSIONS]),
    )


def _headache(case: Case) -> Answer:
    """A fact about the patient: open where nobody said anything of it."""
    fact = case.facts.get("ortho-headache") or Fact(concept="ortho-headache")
    used = (Used(_PATIENT, fact),)
    if fact.state is State.PRESENT:
        return Answer(Truth.HOLDS, used)
    if fact.state is State.ABSENT:
        return Answer(Truth.FAILS, used)
    need = Need(_PATIENT, "ortho-headache", "present")
    return Answer(Truth.OPEN, used, (frozenset((need,)),))


def _excluded(concept: str, exams: Sequence[Given]) -> Answer:
    """Hold where `concept` is absent somewhere, present nowhere, indeterminate nowhere.

    Mandatory under every policy: silence never counts as read (criteria section 4).
    """
    facts = [(e.subject, e.facts[concept]) for e in exams if concept in e.facts]
    used = tuple(Used(subject, fact) for subject, fact in facts)
    states = {fact.state for _, fact in facts}
    if State.PRESENT in states:
        return Answer(Truth.FAILS, tuple(u for u in used if u.fact.state is State.PRESENT))
    if State.ABSENT in states and State.INDETERMINATE not in states:
        return Answer(Truth.HOLDS, used)
    subject = exams[0].subject if len(exams) == 1 else _PATIENT
    silent = (Used(subject, Fact(concept=concept)),)
    if not exams:  # an exam that is not given raises nothing
        return Answer(Truth.FAILS, silent)
    need = Need(subject, concept, "absent")
    return Answer(Truth.OPEN, used or silent, (frozenset((need,)),))


def at_least_two(answers: Sequence[Answer]) -> Answer:
    """Return the answer to "two or more of these"."""
    held = [a for a in answers if a.truth is Truth.HOLDS]
    opened = [a for a in answers if a.truth is Truth.OPEN]
    if len(held) >= 2:
        return Answer(Truth.HOLDS, tuple(u for a in held for u in a.used))
    wanted = 2 - len(held)
    if len(opened) < wanted:
        return Answer(Truth.FAILS, tuple(u for a in (held or answers) for u in a.used))
    return disjunction([conjunction([*held, *some]) for some in combinations(opened, wanted)])


@dataclass(frozen=True, slots=True)
class Concludes:
    """A row of 診断基準: the names of `Ask` it needs."""

    id: str
    grade: Grade
    asks: tuple[str, ...]
    ja: str
    en: str
    text_open: tuple[int, ...] = ()


CONCLUSIONS = (
    Concludes(
        "hypotension.confirmed", Grade.CONFIRMED, ("headache", "dural", "pressure"),
        "起立性頭痛、びまん性硬膜造影所見、60 mmH2O以下の髄液圧がそろう",
        "Orthostatic headache, diffuse dural enhancement and a pressure of at most 60 mm H2O",
    ),
    Concludes(
        "hypotension.definite.dural", Grade.DEFINITE, ("headache", "dural"),
        "起立性頭痛とびまん性硬膜造影所見",
        "Orthostatic headache and diffuse dural enhancement",
    ),
    Concludes(
        "hypotension.definite.pressure", Grade.DEFINITE, ("headache", "pressure"),
        "起立性頭痛と60 mmH2O以下の髄液圧",
        "Orthostatic headache and a pressure of at most 60 mm H2O",
    ),
    Concludes(
        "hypotension.suspected", Grade.SUSPECTED, ("signs", "exclusion"),
        "複数の参考所見、脳ヘルニアとキアリ奇形の除外",
        "Two or more reference findings, herniation and Chiari malformation excluded", (12,),
    ),
)  # fmt: skip

NO_GRADE = {
    "not-met": ("いずれの基準も満たさない", "No rule is met"),
    "withheld": (
        "記載のない事実により判定が変わりうる",
        "A fact that is not documented could still give a grade",
    ),
    "not-assessable": (
        "脳MRIの所見も髄液圧も記載がない",
        "Neither a brain MRI fact nor a pressure is given",
    ),
}
"""Why there is no grade, by the code that says so: rule 4."""


def _rule_answer(rule: Concludes, ask: Ask, policy: Policy) -> Answer:
    needed = [getattr(ask, name) for name in rule.asks]
    if policy.herniation_chiari == "all" and "exclusion" not in rule.asks:
        needed.append(ask.exclusion)
    return conjunction(needed)


def _trail(
    answers: Sequence[tuple[Concludes, Answer]],
    established: Grade,
    possible: Grade,
    given: bool,
    ask: Ask,
) -> tuple[Step, ...]:
    if established is not Grade.NONE:
        holding = [(r, a) for r, a in answers if a.truth is Truth.HOLDS and r.grade is established]
        return tuple(_step(r, a) for r, a in holding)
    code = concluded(Grade.NONE, possible, given)
    ja, en = NO_GRADE[code]
    used = {
        identity(u): u
        for a in (ask.headache, ask.dural, ask.pressure, ask.signs, ask.exclusion)
        for u in a.used
        if u.fact.state is not None
    }
    return (
        Step(
            rule=f"hypotension.4.{code}",
            section=SECTION,
            grade=code,
            truth=Truth.OPEN if code == "withheld" else Truth.FAILS,
            ja=ja,
            en=en,
            used=tuple(used.values()) if given else (),
        ),
    )


def _step(rule: Concludes, answer: Answer) -> Step:
    return Step(
        rule=rule.id,
        section=SECTION,
        grade=rule.grade.value,
        truth=Truth.HOLDS,
        ja=rule.ja,
        en=rule.en,
        text_open=rule.text_open,
        used=answer.used,
    )
