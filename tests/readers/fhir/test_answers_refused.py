"""What of an answered form is not used is told, and why."""

import json
from typing import Any

import pytest

from adapter.model import State
from adapter.readers import fhir
from tests.readers.fhir.answered_forms import (
    ABSENT,
    FLUID,
    LESION,
    PATIENT,
    PRESENT,
    WHOLE,
    both_ways,
    lesion,
    one,
    said,
)
from tests.readers.fhir.answering import URL, coding, group, item, response
from tests.readers.fhir.building import OPTIONS, TERMS, Json, bundle, codes


@both_ways
@pytest.mark.parametrize(
    ("status", "count", "told"),
    [
        ("completed", 4, []),
        ("amended", 4, []),
        ("in-progress", 4, ["preliminary"]),
        ("stopped", 4, ["preliminary"]),
        ("entered-in-error", 0, ["not-used"]),
        ("finished", 0, ["not-used", "unknown-status"]),
        (None, 0, ["not-used", "unknown-status"]),
    ],
)
def test_the_status_decides_whether_a_form_is_used(
    status: str | None, count: int, told: list[str], read: Any
) -> None:
    document = read({k: v for k, v in {**WHOLE, "status": status}.items() if v})
    assert len(document.statements) == count
    assert sorted(codes(document)) == told
    assert document.input.preliminary == (told == ["preliminary"])


@pytest.mark.parametrize("key", ["modifierExtension", "implicitRules"])
def test_a_modified_form_is_not_used(key: str) -> None:
    value = [{"url": "http://x.example/m"}] if key == "modifierExtension" else "http://x.example"
    document = said({**WHOLE, key: value})
    assert (document.statements, codes(document)) == ((), ["not-used"])


def test_a_modified_item_is_not_used() -> None:
    row = {**FLUID, "modifierExtension": [{"url": "http://x.example/m", "valueBoolean": True}]}
    document = said(lesion(row))
    assert (document.statements, codes(document)) == ((), ["not-used"])


def test_a_form_with_a_key_twice_is_not_used() -> None:
    data = json.dumps(WHOLE).replace('"status"', '"status": "completed", "status"', 1).encode()
    document = said(data)
    assert document.statements == ()
    assert sorted(codes(document)) == ["duplicate-key", "not-used"]


@both_ways
@pytest.mark.parametrize("form", ["http://x.example/Questionnaire/intake|1", None, ""])
def test_answers_to_an_unknown_form_are_not_used(form: str | None, read: Any) -> None:
    document = read({k: v for k, v in {**WHOLE, "questionnaire": form}.items() if v is not None})
    assert (document.statements, codes(document)) == ((), ["not-used"])
    assert document.issues[0].expression == "QuestionnaireResponse.questionnaire"


@pytest.mark.parametrize(
    "form", [URL, f"{URL}|9.9", "https://h.example/Questionnaire/csfleak-findings"]
)
def test_any_version_of_the_form_under_any_base_is_read(form: str) -> None:
    assert len(said({**WHOLE, "questionnaire": form}).statements) == 4


@both_ways
@pytest.mark.parametrize(
    "link", ["x", "spinal-mri.lesion.epifluid", "brain-mri.epi-fluid", "SPINAL-MRI.date", ""]
)
def test_an_unknown_link_id_is_told_with_its_path(link: str, read: Any) -> None:
    document = read(response(group("spinal-mri", item(link, PRESENT))))
    (issue,) = document.issues
    assert (document.statements, issue.code) == ((), "not-mapped")
    assert issue.expression == "QuestionnaireResponse.item[0].item[0]"
    assert repr(link) in issue.diagnostics


def test_an_unmapped_answer_is_told() -> None:
    answer = {"valueCoding": {"system": "http://x.example", "code": "1"}}
    document = said(lesion(item(f"{LESION}.epi-fluid", answer)))
    assert [s.state for s in document.statements] == [State.NOT_ASSESSED]
    assert codes(document) == ["not-mapped"]


def test_a_lesion_of_which_nothing_says_that_it_is_there_is_not_used() -> None:
    document = said(
        lesion(item(f"{LESION}.enhancement", ABSENT), item(f"{LESION}.site", coding("T3")))
    )
    assert (document.statements, codes(document)) == ((), ["not-used"])
    assert document.issues[0].expression == "QuestionnaireResponse.item[0].item[0]"


def test_a_row_that_is_not_answered_says_nothing() -> None:
    empty = response(
        {
            "linkId": "spinal-mri",
            "item": [{"linkId": LESION, "item": [{"linkId": f"{LESION}.site"}]}],
        },
        group("brain-mri", item("brain-mri.date", {"valueDate": "2026-03-02"})),
    )
    document = said(empty)
    assert (document.statements, document.issues) == ((), ())


@pytest.mark.parametrize(
    "answers",
    [[PRESENT, ABSENT], [PRESENT, {"valueBoolean": False}], [{"valueString": "あり"}, ABSENT]],
)
def test_two_answers_to_one_question_are_indeterminate(answers: list[Json]) -> None:
    document = said(lesion(item(f"{LESION}.epi-fluid", *answers)))
    assert document.statements[0].state is State.INDETERMINATE
    assert codes(document) == ["contradiction"]


def test_one_answer_twice_is_one_answer() -> None:
    assert one(lesion(item(f"{LESION}.epi-fluid", PRESENT, PRESENT))).state is State.PRESENT


def test_two_dates_of_one_exam_are_none() -> None:
    dates = item("spinal-mri.date", {"valueDate": "2026-03-02"}, {"valueDate": "2026-03-03"})
    document = said(
        response(group("spinal-mri", dates, item("spinal-mri.contrast-given", PRESENT)))
    )
    assert document.statements[0].exam.date is None
    assert codes(document) == ["contradiction"]


def test_two_comparators_leave_a_pressure_without_a_value() -> None:
    quantity = {"value": 60, "unit": "mm[H2O]", "comparator": "<"}
    row = item("patient.csf-pressure.value", {"valueQuantity": quantity})
    sign = item("patient.csf-pressure.comparator", {"valueCoding": {"code": ">"}})
    document = said(response(group("patient", group("patient.csf-pressure", row, sign))))
    assert document.statements[0].quantity is None
    assert codes(document) == ["contradiction"]


def test_a_form_about_no_patient_is_not_used() -> None:
    document = said({**WHOLE, "subject": {"reference": "Group/g1"}})
    assert document.statements == ()
    assert "not-used" in codes(document)


def test_a_form_that_may_be_of_any_of_several_patients_is_not_used() -> None:
    other = {**PATIENT, "id": "p2"}
    nobody = {k: v for k, v in WHOLE.items() if k != "subject"}
    document = said(bundle(PATIENT, other, nobody))
    assert (document.statements, codes(document)) == ((), ["not-used"])
    only = said(bundle(PATIENT, nobody))
    assert len(only.statements) == 4
    assert only.patient.identifiers == (("SAMPLE", "urn:oid:1.2.3"),)


def test_a_form_in_a_stream_of_lines_is_read() -> None:
    lines = [json.dumps(r, ensure_ascii=False).encode() + b"\n" for r in (PATIENT, WHOLE)]
    streamed = fhir.read_lines(lines, "in.ndjson", TERMS, OPTIONS)
    assert (len(streamed.statements), streamed.issues) == (4, ())
