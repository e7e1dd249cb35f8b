"""An answered form says the same findings as coded Observations."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from adapter import pipeline
from adapter.merge import merge
from adapter.model import Graded, Quantity, State
from adapter.readers.fhir.forms import shipped
from tests.readers.fhir.answered_forms import (
    ABSENT,
    CASES,
    FLUID,
    FORM,
    ITEMS,
    LESION,
    PATIENT,
    PRESENT,
    both_ways,
    lesion,
    one,
    said,
)
from tests.readers.fhir.answering import answered, coding, group, item, response
from tests.readers.fhir.building import SCT, TERMS, Json, bundle, codes, parts


def forms(case: Path) -> Iterator[Json]:
    for path in sorted(case.glob("findings*.json")):
        one_case = merge([pipeline.read(path.read_bytes(), path.name)], TERMS)
        yield bundle(PATIENT, answered(one_case, id=f"q-{path.stem}"))


def conclusions(graded: Graded) -> Any:
    return (
        [
            (c.condition, c.established, c.possible, c.provisional, [s.rule for s in c.trail])
            for c in graded.conclusions
        ],
        sorted((f.concept, str(f.established), str(f.possible)) for f in graded.findings),
    )


@both_ways
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_sample_as_a_form_concludes_the_same(case: Path, read: Any) -> None:
    documents = [read(form) for form in forms(case)]
    assert [i for d in documents for i in d.issues] == []
    graded = pipeline.grade_documents(documents, TERMS, pipeline.Options())
    findings = [(p.name, p.read_bytes()) for p in sorted(case.glob("findings*.json"))]
    assert conclusions(graded) == conclusions(pipeline.grade(findings).graded)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_what_a_form_says_is_written_and_read_back(case: Path) -> None:
    documents = [said(form) for form in forms(case)]
    graded = pipeline.grade_documents(documents, TERMS, pipeline.Options())
    outcome = pipeline.Outcome(graded=graded, terms=TERMS)
    for kind in ("fhir", "sr", "findings"):
        again = pipeline.grade([("again", pipeline.write(outcome, kind))])
        assert conclusions(again.graded) == conclusions(graded), kind


def test_an_answered_form_is_r4() -> None:
    module = pytest.importorskip("fhir.resources.R4B.questionnaireresponse")
    for case in CASES:
        for form in forms(case):
            module.QuestionnaireResponse.model_validate(form["entry"][1]["resource"])


CHOICES = [row for row in ITEMS.values() if "answerOption" in row]


def test_the_reader_knows_the_questions_of_the_shipped_form_and_no_others() -> None:
    assert shipped(TERMS).keys() == ITEMS.keys()


def filled(link: str, *answers: Json) -> Json:
    """Return a form in which a question is answered, with what its row cannot do without."""
    head, _, rest = link.partition(".")
    rows = [item(link, *answers)]
    if rest.startswith("lesion."):
        concept = {"spinal-mri": "epi-fluid", "ri-cisternogram": "ri-epidural"}.get(head)
        state = f"{head}.lesion.{concept or 'ctm-epidural'}"
        if TERMS.terms.get(link.rpartition(".")[2], TERMS["supine"]).kind != "lesion":
            rows.append(item(state, PRESENT))
        rows = [group(f"{head}.lesion", *rows)]
    elif rest.count(".") == 1 or rest == "dural-enhance.extent-3cm.size":
        inner = f"{head}.{rest.partition('.')[0]}"
        if inner == "patient.csf-pressure":
            quantity = {"value": 60, "unit": "mm[H2O]"}
            measured = item(f"{inner}.value", {"valueQuantity": quantity})
            rows += [] if rest.endswith("value") else [measured]
        elif not rest.endswith(".state"):
            rows.append(item(f"{inner}.state", PRESENT))
        rows = [group(inner, *rows)]
    elif rest == "method":
        rows.append(item(f"{head}.contrast-given", PRESENT))
    return response(group(head, *rows))


@pytest.mark.parametrize("question", CHOICES, ids=[row["linkId"] for row in CHOICES])
def test_every_answer_of_every_question_is_read(question: Json) -> None:
    link = question["linkId"]
    name = link.rpartition(".")[2]
    for option in question["answerOption"]:
        found = one(filled(link, option))
        chosen = option["valueCoding"]
        if name == "comparator":
            assert found.quantity is not None
            assert found.quantity.comparator == chosen["code"]
            continue
        term = TERMS.term(chosen["system"], chosen["code"])
        assert term is not None
        if name == "side":
            assert found.laterality == term.name
        elif name == "method":
            assert found.exam.kind == term.name
        else:
            part = found if name in ("state", found.concept) else found.parts[0]
            assert part.state is (term.state or State.PRESENT)
            assert part.reason == term.reason
            assert part.value == (None if term.state else term.name)


@pytest.mark.parametrize("link", [r["linkId"] for r in ITEMS.values() if r["type"] == "quantity"])
def test_every_measured_value_keeps_its_digits(link: str) -> None:
    unit = "mm[H2O]" if link.startswith("patient.") else "mm"
    data = json.dumps(filled(link, {"valueQuantity": {"value": 777, "unit": unit}}))
    document = said(data.replace("777", "12.50").encode())
    (found,) = document.statements
    assert document.issues == ()
    measured = found.quantity or found.parts[0].quantity
    assert measured == Quantity(value="12.50", unit=unit)


@pytest.mark.parametrize("answer", [{"valueDecimal": 31.5}, {"valueQuantity": {"value": 31.5}}])
def test_a_length_without_a_unit_is_in_the_millimetres_it_is_asked_in(answer: Json) -> None:
    found = one(filled("brain-mri.dural-enhance.extent-3cm.size", answer))
    assert found.parts[0].quantity == Quantity(value="31.5", unit="mm")


def test_a_pressure_without_a_unit_is_of_no_known_unit() -> None:
    document = said(filled("patient.csf-pressure.value", {"valueDecimal": 55}))
    assert codes(document) == ["unit-unknown"]
    assert document.statements[0].quantity == Quantity(value="55", unit="")


def test_every_site_of_the_form_is_read() -> None:
    (sites,) = FORM["contained"]
    for include in sites["compose"]["include"]:
        for row in include["concept"]:
            answer = {"valueCoding": {"system": include["system"], "code": row["code"]}}
            term = TERMS.term(include["system"], row["code"])
            found = one(filled(f"{LESION}.site", answer))
            assert term is not None
            assert (found.site, found.source.path) == (
                term.site,
                "QuestionnaireResponse.item[0].item[0].item[1]",
            )


@pytest.mark.parametrize(
    ("answer", "state"),
    [
        ({"valueBoolean": True}, State.PRESENT),
        ({"valueBoolean": False}, State.ABSENT),
        ({"valueString": "あり"}, State.PRESENT),
        ({"valueString": "(-)"}, State.ABSENT),
        ({"valueString": "疑い"}, State.INDETERMINATE),
        ({"valueString": "不明"}, State.NOT_ASSESSED),
        ({"valueCoding": {"system": SCT, "code": "373067005"}}, State.ABSENT),
        ({"valueCoding": {"display": "なし"}}, State.ABSENT),
    ],
)
def test_a_state_is_read_from_codes_booleans_and_words(answer: Json, state: State) -> None:
    assert one(lesion(item(f"{LESION}.epi-fluid", answer))).state is state


@pytest.mark.parametrize(
    "answers",
    [
        [{"valueString": "Th3〜5"}],
        [coding("T3"), coding("T4"), coding("T5")],
        [coding("T3"), {"valueString": "Ｔｈ４-5"}],
        [{"valueCoding": {"display": "第3〜第5胸椎"}}],
    ],
)
def test_a_site_is_read_from_codes_and_words(answers: list[Json]) -> None:
    found = one(lesion(FLUID, item(f"{LESION}.site", *answers)))
    assert found.site is not None
    assert found.site.levels == (9, 10, 11)


def test_rows_below_an_answer_are_read_as_rows() -> None:
    state = {**PRESENT, "item": [item("brain-mri.dural-enhance.above-cortex", ABSENT)]}
    row = item("brain-mri.dural-enhance.state", PRESENT)
    nested = {"linkId": "brain-mri.dural-enhance", "answer": [state], "item": [row]}
    found = one(response(group("brain-mri", nested)))
    assert parts(found) == {"above-cortex": State.ABSENT}


@both_ways
def test_the_example_of_the_guide_is_read_as_the_guide_says(repo: Path, read: Any) -> None:
    guide = (repo / "docs" / "questionnaire.md").read_text("utf-8")
    example = json.loads(guide.split("```json\n")[1].split("```")[0])
    document = read(example)
    assert document.issues == ()
    first, second, contrast, headache = document.statements
    assert (first.site and first.site.levels, second.site and second.site.levels) == (
        (9, 10, 11), (20,),
    )  # fmt: skip
    assert parts(first) == {"enhancement": State.ABSENT}
    assert (contrast.concept, headache.concept) == ("contrast-given", "ortho-headache")
    assert first.exam == contrast.exam


def test_the_guide_names_every_kind_of_row(repo: Path) -> None:
    guide = (repo / "docs" / "questionnaire.md").read_text("utf-8")
    groups = [link for link, row in ITEMS.items() if row["type"] == "group"]
    assert [link for link in groups if f"`{link}`" not in guide] == []
