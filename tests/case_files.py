"""Case files (``tests/cases/*.toml``) to statements, and what grading gives to the same words.

A case says what was documented (``lesions``, ``facts``, ``exams``, ``pressures`` …) and what is to
come out; ``tests/cases/README.md`` lists the keys. What a case does not name is not documented.
"""

from collections.abc import Iterator, Mapping

from adapter import sites
from adapter.criteria import grade, policy
from adapter.merge import merge
from adapter.model import (
    Conclusion,
    Finding,
    Graded,
    Missing,
    Statement,
    Step,
    Used,
)
from adapter.vectors import cases
from tests.building import TERMS


def all_cases() -> Iterator[tuple[str, dict]]:
    """Yield (file name, case) of every case file, in order."""
    for stem, _, case in cases.every():
        yield stem, case


def run(case: Mapping) -> Graded:
    """Return the graded case that the statements of a case file's entry make."""
    merged = merge([cases.document(case, TERMS)], TERMS)
    return grade(merged, policy(case.get("policy")))


def statements(case: Mapping) -> list[Statement]:
    """Return every statement that a case makes."""
    return cases.statements(case, TERMS)


# What comes out, in the words of the case files


def finding_line(graded: Graded, finding: Finding) -> str:
    """Return ``epi-fluid T2: suspected`` or ``epi-fluid T2: suspected, possible definite``."""
    place = ""
    subject = finding.subject
    if subject.exam is not None and subject.lesion is not None and subject.lesion >= 0:
        place = sites.label(graded.case.exams[subject.exam].lesions[subject.lesion].site)
    concept = f"{finding.concept} {place}".strip()
    established, possible = finding.established.value, finding.possible.value
    best = f", possible {possible}" if possible != established else ""
    return f"{concept}: {established}{best}"


def rests_on(graded: Graded, conclusion: Conclusion) -> list[str]:
    """Return the findings a conclusion rests on, as ``epi-fluid T2``, in order."""
    return [finding_line(graded, graded.findings[i]).split(":")[0] for i in conclusion.rests_on]


def missing_lines(missing: tuple[Missing, ...]) -> list[str]:
    """Return ``definite: enhancement absent + sas-continuity present`` for each entry."""
    return [
        f"{m.grade}: " + " + ".join(f"{n.concept} {n.wanted}" for n in m.needs) for m in missing
    ]


def steps(top: tuple[Step, ...]) -> Iterator[Step]:
    """Yield every step of a trail, those within steps too."""
    for step in top:
        yield step
        yield from steps(step.steps)


def of_condition(graded: Graded, condition: str) -> Conclusion:
    """Return the conclusion of a condition."""
    return next(c for c in graded.conclusions if c.condition == condition)


def rule_ids(graded: Graded) -> set[str]:
    """Return the ids of the rules in every trail of a graded case."""
    trails = [x.trail for x in (*graded.findings, *graded.conclusions)]
    return {s.rule for trail in trails for s in steps(trail)}


def uses(graded: Graded) -> set[str]:
    """Return the facts that all trails use: ``enhancement absent``, ``mimic-lymph as read``."""
    trails = [x.trail for x in (*graded.findings, *graded.conclusions)]
    return {_used_line(u) for trail in trails for s in steps(trail) for u in s.used}


def uses_of(conclusion: Conclusion) -> list[str]:
    """Return the facts that a conclusion's trail uses, in alphabetic order."""
    return sorted({_used_line(u) for s in steps(conclusion.trail) for u in s.used})


def _used_line(used: Used) -> str:
    fact = used.fact
    said = fact.value or (fact.state.value if fact.state else "not stated")
    return f"{fact.concept} {'as read' if used.as_read else said}"


def text_open(conclusion: Conclusion) -> set[int]:
    """Return the numbers of open points that a conclusion's trail rests on."""
    return {number for s in steps(conclusion.trail) for number in s.text_open}


def cautions(graded: Graded) -> set[str]:
    """Return the codes of every caution, of findings and of conclusions."""
    return {n.code for x in (*graded.findings, *graded.conclusions) for n in x.cautions}
