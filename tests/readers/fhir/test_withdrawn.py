"""What was stated and is withdrawn is told apart from what was never stated."""

from typing import Any

import pytest

from adapter.merge import merge
from adapter.model import Case
from tests.readers.fhir.building import TERMS, bundle, obs, read

STUDY = {"resourceType": "ImagingStudy", "id": "s", "status": "available",
         "subject": {"reference": "Patient/p1"}, "started": "2026-03-02",
         "identifier": [{"system": "urn:dicom:uid", "value": "urn:oid:1.2.3"}]}  # fmt: skip
OF = {"partOf": [{"reference": "ImagingStudy/s"}], "effectiveDateTime": "2026-03-02"}


def case(*resources: dict[str, Any]) -> Case:
    return merge([read(bundle(*resources))], TERMS)


@pytest.mark.parametrize("status", ["entered-in-error", "cancelled"])
def test_a_withdrawn_finding_leaves_its_exam(status: str) -> None:
    found = case(STUDY, obs(status=status, **OF))
    [exam] = found.withdrawn
    assert (exam.study, exam.date) == ("1.2.3", "2026-03-02")
    assert found.is_void


def test_the_patient_of_what_is_withdrawn_is_known() -> None:
    about = {"identifier": {"system": "urn:oid:1.2.9", "value": "77"}}
    assert case(obs(status="entered-in-error", subject=about)).patient.identifiers == (
        ("77", "urn:oid:1.2.9"),
    )


def test_a_case_with_something_left_is_not_void() -> None:
    found = case(STUDY, obs(status="entered-in-error", **OF), obs(id="o2", **OF))
    assert len(found.withdrawn) == 1
    assert not found.is_void


@pytest.mark.parametrize(
    "other",
    [
        {"resourceType": "Observation", "id": "x", "status": "entered-in-error",
         "code": {"text": "体重"}},
        {"resourceType": "Observation", "id": "x", "status": "final", "code": {"text": "体重"}},
        STUDY,
    ],
    ids=["another finding withdrawn", "another finding", "a study"],
)  # fmt: skip
def test_where_nothing_of_ours_was_stated_nothing_is_withdrawn(other: dict[str, Any]) -> None:
    found = case(other)
    assert found.withdrawn == ()
    assert not found.is_void


def test_our_own_grade_withdrawn_withdraws_no_finding() -> None:
    assert case(obs("csf-leak-concl", None, status="entered-in-error")).withdrawn == ()


@pytest.mark.parametrize("status", ["final", "unknown"])
def test_results_of_a_withdrawn_report_are_withdrawn(status: str) -> None:
    report = {"resourceType": "DiagnosticReport", "id": "r", "status": "entered-in-error",
              "code": {"text": "MRI"}, "result": [{"reference": "Observation/o1"}]}  # fmt: skip
    assert case(report, obs(**OF)).is_void
    assert not case({**report, "status": status}, obs(**OF)).is_void


def test_what_a_history_deletes_is_withdrawn() -> None:
    url = "http://x.example/Observation/o1"
    deleted = {"fullUrl": url, "request": {"method": "DELETE", "url": "Observation/o1"}}
    before = {"fullUrl": url, "request": {"method": "PUT", "url": "Observation/o1"},
              "resource": obs(**OF)}  # fmt: skip
    history = {"resourceType": "Bundle", "type": "history", "entry": [deleted, before]}
    found = merge([read(history)], TERMS)
    assert found.is_void
    assert found.withdrawn[0].date == "2026-03-02"
    history["entry"] = [before, deleted]
    assert not merge([read(history)], TERMS).withdrawn


def test_a_puncture_entered_in_error_is_withdrawn() -> None:
    puncture = {"resourceType": "Procedure", "id": "p", "status": "entered-in-error",
                "subject": {"reference": "Patient/p"},
                "code": obs("lumbar-puncture")["code"]}  # fmt: skip
    assert case(puncture).is_void
    assert not case({**puncture, "status": "stopped"}).withdrawn
