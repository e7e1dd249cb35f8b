"""The statements that each Observation of a case rests on, and what was said of its finding.

Statements that say the same are one Observation (`adapter.writers.fhir.findings`), which rests on
them all.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from adapter.model import Exam, Lesion, Statement, Subject
from adapter.writers import ids
from adapter.writers.fhir.context import Output
from adapter.writers.fhir.findings import (
    Observations,
    answer,
    distinct,
    lesion_uid,
    of_concept,
)
from adapter.writers.fhir.r5.sites import body_structure
from adapter.writers.fhir.values import URI, Json

Alike = tuple[Statement, ...]
"""Statements that say the same; the first is written."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What one Observation says. ``members`` are what was said of the finding; ``structure`` is
    where a lesion is, shared by its Observations and written with the ``first``.
    """

    statements: Alike
    members: Sequence[Alike] = ()
    imaging: bool = True
    lesion: bool = False
    first: bool = True
    structure: Json | None = None


def said_of(output: Output, observations: Observations) -> dict[str, Said]:
    """Return what each Observation says by its id; exam groups say nothing themselves."""
    found: dict[str, Said] = {}
    for index, exam in enumerate(output.case.exams):
        for number, lesion in enumerate(exam.lesions):
            found |= _lesion(output, observations, Subject(index, number), exam, lesion)
        found |= _facts(output, observations, index, exam)
    return found | dict(_patient(output, observations))


def alike(statements: Sequence[Statement], *, dated: bool = False) -> list[Alike]:
    """Return the statements in groups that say the same; with `dated`, of the same date."""
    return [
        tuple(
            s
            for s in statements
            if s.concept == one.concept and answer(s, dated) == answer(one, dated)
        )
        for one in distinct(statements, dated=dated)
    ]


def _lesion(
    output: Output, observations: Observations, subject: Subject, exam: Exam, lesion: Lesion
) -> dict[str, Said]:
    found: dict[str, Said] = {}
    structure: Json | None = None
    for concept in lesion.concepts:
        said = alike(list(of_concept(lesion, concept)))
        made = observations.of.get((subject, concept), ())
        for one, statements in zip(made, said, strict=True):
            first = not found
            if first:
                structure = _structure(output, subject, lesion, one)
            found[one["id"]] = Said(
                statements=statements,
                members=_attributes(lesion) if first else (),
                lesion=True,
                first=first,
                structure=structure,
            )
    return found


def _structure(output: Output, subject: Subject, lesion: Lesion, made: Json) -> Json | None:
    uid = lesion_uid(output, subject.exam or 0, subject.lesion or 0, lesion)
    own = next(i["value"] for i in made["identifier"] if i.get("system") == URI)
    return body_structure(output, lesion, uid, ids.uuid5(made["id"], "site"), own)


def _attributes(lesion: Lesion) -> list[Alike]:
    facts = (f for concept, f in lesion.facts.items() if concept not in lesion.concepts)
    return [one for f in facts for one in alike(f.statements)]


def _facts(output: Output, observations: Observations, index: int, exam: Exam) -> dict[str, Said]:
    found: dict[str, Said] = {}
    for concept, fact in exam.facts.items():
        made = observations.of.get((Subject(index), concept), ())
        said = alike(fact.statements, dated=True) if made else []
        for number, (one, statements) in enumerate(zip(made, said, strict=True)):
            has_details = concept == "dural-enhance" and number == 0
            members = _details(output, exam) if has_details else ()
            found[one["id"]] = Said(statements=statements, members=members)
    return found


def _details(output: Output, exam: Exam) -> list[Alike]:
    facts = (f for name, f in exam.facts.items() if output.terms[name].kind == "attribute")
    return [one for f in facts for one in alike(f.statements)]


def _patient(output: Output, observations: Observations) -> Iterator[tuple[str, Said]]:
    case = output.case
    said = [s for f in case.facts.values() for s in f.statements]
    said += [*case.pressures, *case.punctures, *case.patches]
    counted: dict[str, int] = {}
    for statements in alike(said, dated=True):
        concept = statements[0].concept
        made = observations.of[Subject(), concept][counted.get(concept, 0)]
        counted[concept] = counted.get(concept, 0) + 1
        yield made["id"], Said(statements=statements, imaging=False)
