"""Rules to graded findings: the best rule that holds is the grade, the best that could is possible.

Source: criteria sections 1 and 4.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from adapter.criteria.logic import Answer, ExamFinding, Needs, Rule, View, missing
from adapter.model import (
    Fact,
    Finding,
    Grade,
    State,
    Step,
    Subject,
    Truth,
    Used,
)

OPEN = ("記載が足りず判定できない", "Not established: a needed fact is not documented")
NOTHING = ("所見として数えない", "Not a finding")
"""Why a finding has no grade: a fact is not documented, or one rules it out."""


@dataclass(frozen=True, slots=True)
class Option:
    """A grade a finding has (no needs) or could have."""

    grade: Grade
    needs: Needs


def applicable(rules: Iterable[Rule], ctm_confirmed: str) -> tuple[Rule, ...]:
    """Return the rules that the policy ``ctm_confirmed`` leaves in force."""
    return tuple(r for r in rules if not r.policies or ctm_confirmed in r.policies)


def grade_finding(
    subject: Subject, concept: str, rules: Sequence[Rule], view: View
) -> tuple[Finding, tuple[Option, ...]]:
    """Return the finding that `rules` make of a view, and every grade it has or could have."""
    answers = [(rule, rule.when(view)) for rule in rules]
    established = _best(r for r, a in answers if a.truth is Truth.HOLDS)
    possible = _best(r for r, a in answers if a.truth is not Truth.FAILS)
    deciding = [(r, a) for r, a in answers if a.truth is Truth.HOLDS and r.grade is established]
    options = _options(answers, established)
    finding = Finding(
        subject=subject,
        concept=concept,
        established=established,
        possible=possible,
        trail=tuple(_steps(deciding, subject)) or _no_grade(answers, subject, possible),
        missing=missing(
            ((o.grade.value, o.grade.rank, o.needs) for o in options), established.rank
        ),
        not_documented=_as_read(answers),
    )
    return finding, options


def _best(rules: Iterable[Rule]) -> Grade:
    return max((r.grade for r in rules), key=lambda g: g.rank, default=Grade.NONE)


def _options(answers: Iterable[tuple[Rule, Answer]], established: Grade) -> tuple[Option, ...]:
    """Return the established grade, then each better one with the fewest facts it needs."""
    better = {
        Option(rule.grade, needs)
        for rule, answer in answers
        if answer.truth is Truth.OPEN and rule.grade.rank > established.rank
        for needs in answer.missing
    }
    kept = [
        o
        for o in better
        if not any(p != o and p.needs <= o.needs and p.grade.rank >= o.grade.rank for p in better)
    ]
    return (Option(established, frozenset()), *kept)


def _steps(deciding: Iterable[tuple[Rule, Answer]], subject: Subject) -> Iterator[Step]:
    for rule, answer in deciding:
        yield step(rule, answer, subject)


def step(rule: Rule, answer: Answer, subject: Subject) -> Step:
    """Return the step that a rule and its answer make."""
    return Step(
        rule=rule.id,
        section=rule.section,
        grade=rule.grade.value,
        truth=answer.truth,
        ja=rule.ja,
        en=rule.en,
        text_open=rule.text_open,
        subject=subject,
        used=answer.used,
    )


def _no_grade(
    answers: Sequence[tuple[Rule, Answer]], subject: Subject, possible: Grade
) -> tuple[Step, ...]:
    """Return the step that says why there is no grade: the facts that fail the first rule, or
    those that leave it open.
    """
    rule, answer = answers[0]
    family = rule.id.rsplit(".", 1)[0]
    opened = possible is not Grade.NONE
    return (
        Step(
            rule=f"{family}.{'open' if opened else 'none'}",
            section=rule.section,
            grade=Grade.NONE.value,
            truth=Truth.OPEN if opened else Truth.FAILS,
            ja=(OPEN if opened else NOTHING)[0],
            en=(OPEN if opened else NOTHING)[1],
            subject=subject,
            used=answer.used,
        ),
    )


def _as_read(answers: Iterable[tuple[Rule, Answer]]) -> tuple[str, ...]:
    """Return the concepts that count as read because nothing was said of them."""
    found = {
        u.fact.concept: None
        for _, a in answers
        if a.truth is not Truth.FAILS
        for u in a.used
        if u.as_read
    }
    return tuple(found)


def concluded(grade: Grade, possible: Grade, given: bool) -> str:
    """Return a conclusion's code: the grade, or which of the three ways there is none."""
    if not given:
        return "not-assessable"
    if grade is not Grade.NONE:
        return str(grade.value)
    return "withheld" if possible is not Grade.NONE else "not-met"


def exam_rule(condition: str, row: ExamFinding, concept: str) -> str:
    """Return the rule id of an exam fact's finding: ``csf-leak.A2…``, ``hypotension.2…``."""
    section = row.section.rpartition(" ")[2].replace("-", "")
    return f"{condition}.{section}.{concept}"


def exam_finding(subject: Subject, fact: Fact, row: ExamFinding, condition: str) -> Finding:
    """Return the finding of an exam fact that has one grade where it is present."""
    present = fact.state is State.PRESENT
    opened = fact.state in (State.INDETERMINATE, State.NOT_ASSESSED)
    established = row.grade if present else Grade.NONE
    truth = Truth.HOLDS if present else Truth.OPEN if opened else Truth.FAILS
    step = Step(
        rule=exam_rule(condition, row, fact.concept),
        section=row.section,
        grade=established.value,
        truth=truth,
        ja=row.ja,
        en=row.en,
        subject=subject,
        used=(Used(subject, fact),),
    )
    return Finding(
        subject=subject,
        concept=fact.concept,
        established=established,
        possible=row.grade if present or opened else Grade.NONE,
        trail=(step,),
    )
