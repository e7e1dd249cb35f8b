"""Findings that were written as FHIR, read back: the same grades, exams and patient."""

import json
from collections.abc import Mapping
from typing import Any

import pytest

from adapter.criteria import grade
from adapter.merge import merge
from adapter.model import Case, Exam, Fact, Patient, Site, State, Statement
from adapter.readers import fhir as fhir_reader
from adapter.readers.options import ReadOptions
from adapter.writers import fhir
from adapter.writers.options import WriteOptions
from tests.writers.fhir.fhir_written import (
    CASES,
    CODED,
    TERMS,
    coded,
    graded,
    references,
    resources,
)


def test_findings_alone_carry_no_grade() -> None:
    data = fhir.write_findings(graded("all of it").case, TERMS, WriteOptions())
    made = json.loads(data)
    assert {r["resourceType"] for r in resources(made)} == {
        "Patient", "Organization", "ImagingStudy", "Observation"
    }  # fmt: skip
    assert not coded(made, "finding-grade")
    assert set(references(made)) <= {e["fullUrl"] for e in made["entry"]}


def read_back(name: str) -> Case:
    data = fhir.write(graded(name), TERMS, WriteOptions(bundle="collection", timezone="+09:00"))
    return merge([fhir_reader.read(data, "again.json", TERMS, ReadOptions())], TERMS)


def said_of(statement: Statement) -> Any:
    """Return what a statement says, without where it stands."""
    return (
        statement.concept,
        statement.state,
        statement.value,
        statement.quantity,
        statement.date,
        statement.text if statement.concept == "other-brain" else "",
        sorted(map(repr, map(said_of, statement.parts))),
    )


def facts_of(facts: Mapping[str, Fact]) -> Any:
    return {
        c: (f.state, f.value, f.why, sorted({s.reason for s in f.statements if s.reason in CODED}))
        for c, f in facts.items()
    }


def site_of(site: Site | None) -> Any:
    return (site.levels, site.named) if site and site.stated else None


def exam_of(exam: Exam) -> Any:
    return {
        "kind": exam.kind,
        "method": exam.method,
        "studies": [s for s in exam.studies if s[:1].isdigit()],
        "dates": exam.dates,
        "institutions": exam.institutions,
        "facts": facts_of(exam.facts),
        "lesions": [
            (x.concepts, x.uid or "", site_of(x.site), x.laterality, x.same_site, facts_of(x.facts))
            for x in exam.lesions
        ],
    }


def names_of(patient: Patient) -> Any:
    return sorted((n.representation, n.family or n.text, n.given) for n in patient.names)


@pytest.mark.parametrize("name", CASES)
def test_reading_the_findings_back_gives_the_same_grades(name: str) -> None:
    first = graded(name)
    again = grade(read_back(name))
    for one, other in zip(first.conclusions, again.conclusions, strict=True):
        assert (one.established, one.possible) == (other.established, other.possible)
    assert [(f.concept, f.established, f.possible) for f in first.findings] == [
        (f.concept, f.established, f.possible) for f in again.findings
    ]


@pytest.mark.parametrize("name", CASES)
def test_reading_the_findings_back_gives_the_same_exams(name: str) -> None:
    first, again = graded(name).case, read_back(name)
    for one, other in zip(first.exams, again.exams, strict=True):
        expected, found = exam_of(one), exam_of(other)
        uids = [(*x[:1], x[1] or y[1], *x[2:])
                for x, y in zip(expected["lesions"], found["lesions"], strict=True)]  # fmt: skip
        assert found == expected | {"lesions": uids}


@pytest.mark.parametrize("name", CASES)
def test_reading_the_findings_back_gives_the_same_patient(name: str) -> None:
    first, again = graded(name).case, read_back(name)
    assert facts_of(first.facts) == facts_of(again.facts)
    for part in ("punctures", "patches"):
        assert [said_of(s) for s in getattr(first, part)] == [
            said_of(s) for s in getattr(again, part)
        ]
    one, other = ([said_of(s) for s in c.pressures if s.state is State.PRESENT and s.quantity]
                  for c in (first, again))  # fmt: skip
    assert other == [p for p in one if "about five" not in repr(p)]
    assert first.patient.birth_date == again.patient.birth_date
    assert names_of(first.patient) == names_of(again.patient)


@pytest.mark.parametrize("name", CASES)
def test_what_is_written_is_read_without_a_word_but_on_conclusions(name: str) -> None:
    first, again = graded(name).case, read_back(name)
    known = {i.code for i in first.issues}
    ours = {"own-conclusion-skipped", "preliminary", "version"}
    if not first.exams and not first.pressures:
        ours.add("narrative-only")
    if first.incomplete:
        ours.add("incomplete-source")
    assert {i.code for i in again.issues} - known <= ours
