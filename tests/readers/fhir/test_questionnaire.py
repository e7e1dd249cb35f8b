"""A filled-in form says the same findings as coded Observations."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from adapter.model import Document, ExamRef, Quantity, State
from adapter.readers.fhir.questionnaire import URL, questionnaire
from tests.readers.fhir.building import SCT, TERMS, Json, codes, ours, parts, read

FORM = questionnaire(TERMS)
PRESENT = {"valueCoding": {"system": SCT, "code": "52101004"}}
LEFT = {"valueCoding": {"system": SCT, "code": "7771000"}}
ABSENT = {"valueCoding": {"system": SCT, "code": "272519000"}}


def answer(link: str, value: Json) -> Json:
    return {"linkId": link, "answer": [value]}


def group(link: str, *items: Json) -> Json:
    return {"linkId": link, "item": list(items)}


def response(*items: Json, **more: Any) -> Json:
    return {
        "resourceType": "QuestionnaireResponse",
        "id": "q1",
        "questionnaire": f"{URL}|1",
        "status": "completed",
        "subject": {"reference": "Patient/p1"},
        "item": list(items),
        **more,
    }


EXAMPLE = response(
    group(
        "spinal-mri",
        answer("spinal-mri/date", {"valueDate": "2026-03-02"}),
        answer("spinal-mri/institution", {"valueString": "試験病院"}),
        answer("spinal-mri/study", {"valueString": "1.2.3"}),
        group(
            "spinal-mri/epi-fluid",
            answer("spinal-mri/epi-fluid/state", PRESENT),
            answer("spinal-mri/epi-fluid/site", {"valueString": "Th3〜5"}),
            answer("spinal-mri/epi-fluid/side", LEFT),
            answer("spinal-mri/epi-fluid/enhancement", ABSENT),
        ),
        group(
            "spinal-mri/epi-fluid",
            answer("spinal-mri/epi-fluid/state", PRESENT),
            answer("spinal-mri/epi-fluid/site", {"valueString": "L2"}),
        ),
        answer("spinal-mri/contrast-given", {"valueBoolean": True}),
    ),
    group(
        "ri-cisternogram",
        group(
            "ri-cisternogram/ri-epidural",
            answer("ri-cisternogram/ri-epidural/state", {"valueString": "疑い"}),
            answer(
                "ri-cisternogram/ri-epidural/ri-pattern",
                {"valueCoding": ours("asymmetric")["coding"][0]},
            ),
        ),
    ),
    group(
        "patient",
        answer("patient/ortho-headache", PRESENT),
        group(
            "patient/csf-pressure",
            answer("patient/csf-pressure/value", {"valueQuantity": {"value": 55, "unit": "mmH2O"}}),
            answer("patient/csf-pressure/posture", {"valueCoding": ours("lateral")["coding"][0]}),
            answer("patient/csf-pressure/date", {"valueDate": "2026-03-05"}),
        ),
        group(
            "patient/blood-patch",
            answer("patient/blood-patch/date", {"valueDate": "2026-03-09"}),
        ),
    ),
)


def test_the_example_is_read() -> None:
    document = read(EXAMPLE)
    by_name: dict[str, list[Any]] = {}
    for statement in document.statements:
        by_name.setdefault(statement.concept, []).append(statement)
    first, second = by_name["epi-fluid"]
    exam = ExamRef(
        kind="spinal-mri",
        group=first.exam.group,
        study="1.2.3",
        date="2026-03-02",
        institution="試験病院",
    )
    assert first.exam == second.exam == by_name["contrast-given"][0].exam == exam
    assert first.site.levels == (9, 10, 11)
    assert first.laterality == "left"
    assert parts(first) == {"enhancement": State.ABSENT}
    assert second.site.levels == (20,)
    assert second.parts == ()
    (radionuclide,) = by_name["ri-epidural"]
    assert radionuclide.state is State.INDETERMINATE
    assert radionuclide.parts[0].value == "asymmetric"
    assert radionuclide.exam.group != first.exam.group
    (pressure,) = by_name["csf-pressure"]
    assert pressure.quantity == Quantity(value="55", unit="mm[H2O]")
    assert pressure.parts[0].value == "lateral"
    assert pressure.date == "2026-03-05"
    (patch,) = by_name["blood-patch"]
    assert (patch.state, patch.date) == (State.PRESENT, "2026-03-09")
    assert by_name["ortho-headache"][0].state is State.PRESENT
    assert document.issues == ()
    assert document.patient.identifiers == (("p1", "reference:Patient"),)


def test_a_statement_tells_its_item() -> None:
    first = read(EXAMPLE).statements[0]
    assert first.source.path == "QuestionnaireResponse.item[0].item[3]"
    assert first.parts[0].source.path == "QuestionnaireResponse.item[0].item[3].item[3]"
    assert first.source.id.startswith("QuestionnaireResponse/q1#")


def items(body: Json) -> Iterator[Json]:
    for item in body.get("item", ()):
        yield item
        yield from items(item)


QUESTIONS = [i for i in items(FORM) if i["type"] == "choice"]


def filled(question: Json, option: Json) -> Document:
    """Return the document of a form in which one question is answered."""
    link, value = question["linkId"], {"valueCoding": option["valueCoding"]}
    parts = link.split("/")
    if len(parts) == 2:
        inner: Json = answer(link, value)
    else:
        inner = group("/".join(parts[:2]), answer(link, value))
        if parts[2] != "state" and parts[1] != "csf-pressure":
            inner["item"].append(answer(f"{'/'.join(parts[:2])}/state", PRESENT))
        if parts[1] == "csf-pressure":
            quantity = {"valueQuantity": {"value": 60, "unit": "mmH2O"}}
            inner["item"].append(answer("patient/csf-pressure/value", quantity))
    return read(response(group(parts[0], inner)))


@pytest.mark.parametrize("question", QUESTIONS, ids=[q["linkId"] for q in QUESTIONS])
def test_every_answer_of_every_question_is_read(question: Json) -> None:
    for option in question["answerOption"]:
        document = filled(question, option)
        assert document.issues == ()
        (found,) = document.statements
        name = question["linkId"].rpartition("/")[2]
        code = option["valueCoding"]["code"]
        if name == "side":
            assert found.laterality == TERMS.match(SCT, code).term.name  # type: ignore[union-attr]
            continue
        said = found if name in ("state", found.concept) else found.parts[0]
        meant = TERMS.match(option["valueCoding"]["system"], code).term  # type: ignore[union-attr]
        assert said.state is (meant.state or State.PRESENT)
        assert said.value == (None if meant.state else meant.name)


def test_every_concept_of_the_criteria_is_asked() -> None:
    asked = {i["linkId"].rpartition("/")[2] for i in items(FORM)}
    concepts = {
        t.name for t in TERMS.terms.values() if t.kind in ("lesion", "attribute", "exam", "patient")
    }
    assert concepts - asked == {"same-site", "exam-ref"}


def test_link_ids_are_unique_and_the_form_is_r4() -> None:
    links = [i["linkId"] for i in items(FORM)]
    assert len(links) == len(set(links))
    module = pytest.importorskip("fhir.resources.R4B.questionnaire")
    module.Questionnaire.model_validate(FORM)
    answers = pytest.importorskip("fhir.resources.R4B.questionnaireresponse")
    answers.QuestionnaireResponse.model_validate(EXAMPLE)


@pytest.mark.parametrize(
    ("status", "count", "told"),
    [
        ("amended", 7, set()),
        ("in-progress", 7, {"preliminary"}),
        ("entered-in-error", 0, {"not-used"}),
        ("stopped", 0, {"not-used"}),
        ("finished", 0, {"not-used", "unknown-status"}),
    ],
)
def test_the_status_of_the_form_is_that_of_its_answers(
    status: str, count: int, told: set[str]
) -> None:
    document = read({**EXAMPLE, "status": status})
    assert len(document.statements) == count
    assert set(codes(document)) == told


def test_answers_to_another_form_are_not_used() -> None:
    document = read({**EXAMPLE, "questionnaire": "http://x.example/q"})
    assert document.statements == ()
    assert codes(document) == ["not-used"]


def test_two_answers_to_one_question_are_none() -> None:
    row = {"linkId": "patient/ortho-headache", "answer": [PRESENT, ABSENT]}
    document = read(response(group("patient", row)))
    assert document.statements == ()
    assert codes(document) == ["contradiction"]


@pytest.mark.parametrize("link", ["brain-mri/unheard-of", "brain-mri/epi-fluid/what", "x"])
def test_an_unknown_item_is_told(link: str) -> None:
    row = group(link.partition("/")[0], answer(link, PRESENT))
    assert codes(read(response(row))) == ["not-used"]


def test_the_form_that_is_shipped_is_this_one(
    golden: Callable[[Path, bytes], None], repo: Path
) -> None:
    for name, value in (("Questionnaire", FORM), ("QuestionnaireResponse-example", EXAMPLE)):
        data = json.dumps(value, ensure_ascii=False, indent=1).encode() + b"\n"
        golden(repo / "docs" / "questionnaire" / f"{name}.json", data)
