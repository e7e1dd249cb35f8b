"""Inputs that hold what no format has a place for: the report is written, clean, and reads back."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from adapter import gates, pipeline
from adapter.merge import MergeOptions
from adapter.pipeline import Options
from adapter.writers.options import WriteOptions

ODD = "<b>&\"' 𠮷髙① \u202eabc\u202c \x0b\x00\x1b"
OPTIONS = Options(
    merge=MergeOptions(same_patient=True), write=WriteOptions(now="2026-04-01T09:00:00+09:00")
)
SAMPLE = Path(__file__).parents[1] / "sample_data" / "04-definite-same-site" / "fhir" / "1-mri.json"


def findings(**table: Any) -> bytes:
    head = {"format": "csfleak-findings", "version": "1"}
    patient = {"identifiers": [["P 1|x", "A & <B>"]], "names": [{"family": ODD, "given": "a^b"}]}
    lesion = {"concept": "epi-fluid", "state": "present", "site": "T5"}
    exam = {"kind": "spinal-mri", "study": "1.2.3", "date": "2026-01-08", "lesions": [lesion]}
    return json.dumps(head | {"patient": patient, "exams": [exam]} | table).encode()


def evidence(**said: Any) -> bytes:
    bundle = json.loads(SAMPLE.read_bytes())
    subject = next(e["resource"]["subject"] for e in bundle["entry"] if "subject" in e["resource"])
    code = {"coding": [{"system": "urn:v", "code": "q"}], "text": ODD}
    one = {"resourceType": "Observation", "status": "final", "subject": subject, "code": code}
    bundle["entry"].append({"fullUrl": "urn:uuid:e", "resource": one | said})
    return json.dumps(bundle).encode()


INPUTS = {
    "names": findings(),
    "institution": findings(exams=[
        {"kind": "spinal-mri", "institution": ODD, "facts": {"nothing-else": "present"}}]),
    "accession": findings(studies=[{"id": "1.2.3", "accession": ODD, "modalities": ["MR"]}]),
    "kinds": findings(studies=[{"id": "1.2.3", "kinds": ["x", "spinal-mri"]}]),
    "words": evidence(valueString=ODD),
    "time": evidence(valueTime="99:99"),
    "codes": evidence(
        valueCodeableConcept={"coding": [{"system": "http://x y", "code": ODD, "display": ODD}]}
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", INPUTS)
@pytest.mark.parametrize("release", ["r4", "r5"])
def test_fhir_is_written_clean(name: str, release: str) -> None:
    options = replace(OPTIONS, write=replace(OPTIONS.write, fhir=release))
    outcome = pipeline.grade([(name, INPUTS[name])], options)
    written = pipeline.write(outcome, "fhir", options)
    assert [b for b in gates.check(written, "fhir") if b.severity == "error"] == []
    again = pipeline.grade([("again", written)], options).graded
    assert [c.established for c in again.conclusions] == [
        c.established for c in outcome.graded.conclusions
    ]


@pytest.mark.parametrize("name", ["words", "time", "codes"])
def test_evidence_keeps_no_sr_from_being_written(name: str) -> None:
    outcome = pipeline.grade([(name, INPUTS[name])], OPTIONS)
    written = pipeline.write(outcome, "sr", OPTIONS)
    assert [b for b in gates.check(written, "sr") if b.severity == "error"] == []
    assert "𠮷髙①".encode() in written or name == "time"


def test_a_study_of_no_kind_of_ours_is_told() -> None:
    document = pipeline.read(INPUTS["kinds"], "kinds")
    assert [study.kinds for study in document.studies] == [("spinal-mri",)]
    assert "not-mapped" in {issue.code for issue in document.issues}


@pytest.mark.parametrize(
    "date", ["2026-02-30", "2026-13", "2026-03-02T99:99:00+09:00", "2026-03-02T10:00:00+99:00"]
)
def test_a_date_in_no_calendar_is_told_and_none(date: str) -> None:
    exam = {"kind": "spinal-mri", "date": date, "facts": {"nothing-else": "present"}}
    table = f"Finding,State,Date\nnothing-else,present,{date}\n".encode()
    for data in (findings(exams=[exam]), table):
        document = pipeline.read(data, "dates")
        assert [said.date for said in document.statements] == [None]
        assert "not-used" in {issue.code for issue in document.issues}
        outcome = pipeline.grade([("dates", data)], OPTIONS)
        assert pipeline.write(outcome, "fhir", OPTIONS)


@pytest.mark.parametrize("date", ["2026", "2026-02", "2026-02-28", "2026-03-02T10:00:00+09:00"])
def test_a_date_is_kept_as_precise_as_it_is(date: str) -> None:
    table = f"Finding,State,Date\nnothing-else,present,{date}\n".encode()
    (said,) = pipeline.read(table, "dates").statements
    assert said.date == date
