"""An answered form says the same findings as coded Observations."""

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adapter import pipeline
from adapter.merge import merge
from adapter.model import Document, ExamRef, Graded, Quantity, State, Statement
from adapter.readers import fhir
from adapter.readers.fhir.answers import observations
from adapter.readers.fhir.containers import from_json
from adapter.readers.fhir.forms import shipped
from sample_data import make_questionnaire, make_samples
from tests.readers.fhir.answering import URL, answered, coding, group, item, response
from tests.readers.fhir.building import OPTIONS, SCT, TERMS, Json, bundle, codes, ours, parts

FORM = json.loads(make_questionnaire.made())
CASES = make_samples.cases(Path(__file__).parents[3] / "sample_data")
PATIENT = {
    "resourceType": "Patient",
    "id": "p1",
    "identifier": [{"system": "urn:oid:1.2.3", "value": "SAMPLE"}],
}
PRESENT, ABSENT = coding("present"), coding("absent")
LESION = "spinal-mri.lesion"
FLUID = item(f"{LESION}.epi-fluid", PRESENT)


def said(value: Any) -> Document:
    """Return what the forms of an input say, turned into Observations here."""
    data = value if isinstance(value, bytes) else json.dumps(value, ensure_ascii=False).encode()
    reading = fhir.new_reading("in.json", TERMS, OPTIONS)
    found = from_json(data, reading)
    made = [r for r in found if r.kind != "QuestionnaireResponse"]
    for resource in found:
        if resource.kind == "QuestionnaireResponse":
            made += observations(resource, found, reading)
    return fhir.document(made, reading, hashlib.sha256(data).hexdigest())


def piped(value: Any) -> Document:
    """Return what the pipeline reads of an input."""
    data = value if isinstance(value, bytes) else json.dumps(value, ensure_ascii=False).encode()
    return pipeline.read(data, "in.json")


READERS = [pytest.param(said, id="form"), pytest.param(piped, id="pipeline")]
both_ways = pytest.mark.parametrize("read", READERS)


def lesion(*items: Json, kind: str = "spinal-mri") -> Json:
    return response(group(kind, group(f"{kind}.lesion", *items)))


def one(value: Json) -> Statement:
    document = said(value)
    assert document.issues == ()
    (statement,) = document.statements
    return statement


# --- samples -----------------------------------------------------------------------------------


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


# --- every question ----------------------------------------------------------------------------


def items(body: Json) -> Iterator[Json]:
    for row in body.get("item", ()):
        yield row
        yield from items(row)


ITEMS = {row["linkId"]: row for row in items(FORM)}
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


# --- answers in other words --------------------------------------------------------------------


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


# --- exams, lesions, dates, sources ------------------------------------------------------------

WHOLE = response(
    group(
        "spinal-mri",
        item("spinal-mri.date", {"valueDate": "2026-03"}),
        item("spinal-mri.institution", {"valueString": "試験病院"}),
        item("spinal-mri.study", {"valueString": "1.2.3"}),
        group(LESION, FLUID, item(f"{LESION}.label", {"valueString": "A"}),
              item(f"{LESION}.enhancement", ABSENT)),
        group(LESION, FLUID, item(f"{LESION}.same-site", {"valueString": "Ｂ"})),
    ),
    group("spinal-mri", item("spinal-mri.contrast-given", PRESENT)),
    group("ri-cisternogram", group("ri-cisternogram.lesion",
          item("ri-cisternogram.lesion.ri-epidural", PRESENT),
          item("ri-cisternogram.lesion.label", {"valueString": "b "}))),
    authored="2026-03-09T10:00:00+09:00",
)  # fmt: skip


@both_ways
def test_each_row_of_an_exam_is_an_exam_and_each_of_a_lesion_a_lesion(read: Any) -> None:
    document = read(WHOLE)
    assert document.issues == ()
    first, second, contrast, ri = sorted(document.statements, key=lambda s: s.source.path)
    assert first.exam == second.exam == ExamRef(
        kind="spinal-mri",
        group="QuestionnaireResponse/q1#spinal-mri[1]|2026-03|1.2.3",
        study="1.2.3",
        date="2026-03",
        institution="試験病院",
    )  # fmt: skip
    assert contrast.exam.group == "QuestionnaireResponse/q1#spinal-mri[2]||"
    assert ri.exam.kind == "ri-cisternogram"
    assert parts(first) == {"enhancement": State.ABSENT}
    assert second.parts == ()
    assert document.input.date == "2026-03-09T10:00:00+09:00"


def test_the_source_is_the_item_of_the_response() -> None:
    first = sorted(said(WHOLE).statements, key=lambda s: s.source.path)[0]
    assert first.source.id == "QuestionnaireResponse/q1"
    assert first.source.path == "QuestionnaireResponse.item[0].item[3].item[0]"
    assert first.parts[0].source.path == "QuestionnaireResponse.item[0].item[3].item[2]"


def test_a_lesion_is_named_by_a_label_and_another_refers_to_it() -> None:
    first, second, _, ri = sorted(said(WHOLE).statements, key=lambda s: s.source.path)
    assert first.uid is not None
    assert first.uid.startswith("2.25.")
    assert second.uid is None
    assert second.same_site == (ri.uid,)
    assert ri.uid not in (None, first.uid)
    assert said(WHOLE) == said(WHOLE)


def test_a_tracking_uid_stays_as_it_is() -> None:
    for uid in ("1.2.3.4", "urn:oid:1.2.3.4"):
        assert one(lesion(FLUID, item(f"{LESION}.label", {"valueString": uid}))).uid == "1.2.3.4"


def test_two_signs_of_one_row_are_one_lesion() -> None:
    sign = item(f"{LESION}.float-dural-sac", PRESENT)
    document = said(lesion(FLUID, sign, item(f"{LESION}.enhancement", ABSENT)))
    fluid, sac = document.statements
    assert fluid.uid == sac.uid is not None
    assert parts(fluid) == {"enhancement": State.ABSENT}
    (exam,) = merge([document], TERMS).exams
    assert [x.concepts for x in exam.lesions] == [("epi-fluid", "float-dural-sac")]


def test_two_forms_of_one_id_keep_their_exams_apart() -> None:
    rows = [
        group("brain-mri", item("brain-mri.date", {"valueDate": date}),
              item("brain-mri.dural-enhance", answer))
        for date, answer in (("2026-01-05", ABSENT), ("2026-02-10", PRESENT))
    ]  # fmt: skip
    documents = [said(bundle(PATIENT, response(row))) for row in rows]
    assert len(merge(documents, TERMS).exams) == 2


def test_forms_without_an_id_keep_their_exams_apart() -> None:
    rows = [group("spinal-mri", item("spinal-mri.contrast-given", a)) for a in (ABSENT, PRESENT)]
    documents = [said(bundle(PATIENT, response(row, id=None))) for row in rows]
    assert len({s.exam.group for d in documents for s in d.statements}) == 2
    assert len(merge(documents, TERMS).exams) == 2


def test_a_study_of_the_input_tells_its_date() -> None:
    study = {
        "resourceType": "ImagingStudy",
        "id": "s1",
        "status": "available",
        "subject": {"reference": "Patient/p1"},
        "started": "2026-03-02",
        "identifier": [{"system": "urn:dicom:uid", "value": "urn:oid:1.2.3"}],
    }
    row = item("spinal-mri.study", {"valueString": "1.2.3"})
    form = response(group("spinal-mri", row, item("spinal-mri.contrast-given", PRESENT)))
    (found,) = said(bundle(study, form)).statements
    assert found.exam.date == "2026-03-02"


def test_facts_of_the_patient_have_their_dates() -> None:
    document = said(
        response(
            group(
                "patient",
                group("patient.ortho-headache", item("patient.ortho-headache.state", PRESENT),
                      item("patient.ortho-headache.date", {"valueDate": "2026-03-01"})),
                group("patient.csf-pressure",
                      item("patient.csf-pressure.value",
                           {"valueQuantity": {"value": 55, "unit": "mmH2O"}}),
                      item("patient.csf-pressure.posture", coding("lateral")),
                      item("patient.csf-pressure.date", {"valueDate": "2026-03-05"})),
                group("patient.lumbar-puncture",
                      item("patient.lumbar-puncture.date", {"valueDate": "2026-03-05"})),
                group("patient.blood-patch",
                      item("patient.blood-patch.date", {"valueDateTime": "2026"})),
            )
        )
    )  # fmt: skip
    assert document.issues == ()
    headache, pressure, puncture, patch = document.statements
    assert (headache.state, headache.date) == (State.PRESENT, "2026-03-01")
    assert pressure.quantity == Quantity(value="55", unit="mm[H2O]")
    assert (pressure.parts[0].value, pressure.date) == ("lateral", "2026-03-05")
    assert (puncture.concept, puncture.state, puncture.date) == (
        "lumbar-puncture", State.PRESENT, "2026-03-05",
    )  # fmt: skip
    assert patch.date == "2026"


# --- what is not used is told ------------------------------------------------------------------


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


# --- another form, by the codes of its items ---------------------------------------------------


def question(link: str, *below: Json, code: Json | None = None, **more: Any) -> Json:
    coded = {"code": code["coding"]} if code else {}
    return {
        "linkId": link,
        "type": "group" if below else "choice",
        **coded,
        **more,
        "item": list(below),
    }


EFFECTIVE = "http://hl7.org/fhir/StructureDefinition/Observation#Observation.effective[x]"
OTHER = {
    "resourceType": "Questionnaire",
    "id": "mri",
    "url": "http://h.example/Questionnaire/mri",
    "version": "2",
    "status": "active",
    "item": [
        question("1", question("1.1", definition=EFFECTIVE), question(
            "1.2",
            question("1.2.1", code=ours("epi-fluid")),
            question("1.2.2", code={"coding": [{"system": SCT, "code": "363698007"}]}),
            question("1.2.3", code=ours("enhancement")),
            code=ours("epi-fluid"),
        ), code=ours("spinal-mri")),
        question("2", question("2.1", code=ours("ortho-headache")), question("2.2")),
    ],
}  # fmt: skip
OTHER_ANSWERS = {
    **response(
        group("1", item("1.1", {"valueDate": "2026-03-02"}), group(
            "1.2",
            item("1.2.1", PRESENT),
            item("1.2.2", {"valueString": "Th3"}),
            item("1.2.3", {"valueBoolean": False}),
        )),
        group("2", item("2.1", {"valueString": "なし"}), item("2.2", {"valueString": "x"})),
    ),
    "questionnaire": "http://h.example/Questionnaire/mri|2",
}  # fmt: skip


@both_ways
def test_another_form_is_read_by_the_codes_of_its_items(read: Any) -> None:
    document = read(bundle(OTHER, OTHER_ANSWERS))
    fluid, headache = sorted(document.statements, key=lambda s: s.concept)
    assert (fluid.state, fluid.exam.kind, fluid.date) == (State.PRESENT, "spinal-mri", "2026-03-02")
    assert fluid.site is not None
    assert fluid.site.levels == (9,)
    assert parts(fluid) == {"enhancement": State.ABSENT}
    assert headache.state is State.ABSENT
    assert codes(document) == ["not-mapped"]
    assert "'2.2'" in document.issues[0].diagnostics


def test_another_form_may_stand_within_its_answers() -> None:
    contained = {**OTHER, "url": None, "id": "f"}
    answers = {**OTHER_ANSWERS, "questionnaire": "#f", "contained": [contained]}
    assert len(said(answers).statements) == 2


def test_another_version_of_another_form_does_not_tell_its_items() -> None:
    document = said(bundle({**OTHER, "version": "1"}, OTHER_ANSWERS))
    assert (document.statements, codes(document)) == ((), ["not-used"])


def test_another_form_without_codes_is_not_used() -> None:
    bare = {**OTHER, "item": [question("1", question("1.1"))]}
    document = said(bundle(bare, OTHER_ANSWERS))
    assert (document.statements, codes(document)) == ((), ["not-used"])


# --- the guide ---------------------------------------------------------------------------------


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


# --- any findings ------------------------------------------------------------------------------

KINDS = {
    "spinal-mri": "epi-fluid",
    "ri-cisternogram": "ri-epidural",
    "ct-myelography": "ctm-epidural",
}
STATES = ("present", "absent", "indeterminate", "unknown", "not-evaluated")
lesions = st.sampled_from(list(KINDS)).flatmap(
    lambda kind: st.fixed_dictionaries(
        {
            "kind": st.just(kind),
            "state": st.sampled_from(STATES),
            "levels": st.lists(st.sampled_from(("T1", "T2", "L2")), unique=True, max_size=3),
            "attributes": st.dictionaries(
                st.sampled_from(
                    [
                        link.rpartition(".")[2]
                        for link, row in ITEMS.items()
                        if link.startswith(f"{kind}.lesion.")
                        and TERMS.terms.get(link.rpartition(".")[2], TERMS["T1"]).kind
                        == "attribute"
                        and row["type"] == "choice"
                        and not link.endswith("ri-pattern")
                    ]
                ),
                st.sampled_from(STATES),
                max_size=4,
            ),
        }
    )
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.lists(lesions, max_size=3), max_size=3))
def test_any_lesions_come_back_each_with_its_own_attributes(exams: list[list[Json]]) -> None:
    rows = []
    wanted = []
    for models in exams:
        for kind in KINDS:
            own = [m for m in models if m["kind"] == kind]
            rows.append(group(kind, *(_row(kind, m) for m in own)))
            wanted += [_meant(kind, m) for m in own]
    document = said(response(*rows))
    assert document.issues == ()
    assert sorted(map(_spoken, document.statements)) == sorted(wanted)
    groups = {s.exam.group for s in document.statements}
    assert len(groups) == sum(len({m["kind"] for m in models}) for models in exams)


def _row(kind: str, model: Json) -> Json:
    link = f"{kind}.lesion"
    return group(
        link,
        item(f"{link}.{KINDS[kind]}", coding(model["state"])),
        item(f"{link}.site", *map(coding, model["levels"])),
        *(item(f"{link}.{name}", coding(state)) for name, state in model["attributes"].items()),
    )


def _meant(kind: str, model: Json) -> Any:
    def state(name: str) -> str:
        found = TERMS[name].state
        assert found is not None
        return f"{found.value} {TERMS[name].reason}"

    levels = sorted(site.levels[0] for name in model["levels"] if (site := TERMS[name].site))
    attributes = sorted((name, state(s)) for name, s in model["attributes"].items())
    return KINDS[kind], state(model["state"]), tuple(levels), tuple(attributes)


def _spoken(said: Statement) -> Any:
    levels = said.site.levels if said.site else ()
    attributes = sorted((p.concept, f"{p.state.value} {p.reason}") for p in said.parts)
    return said.concept, f"{said.state.value} {said.reason}", levels, tuple(attributes)
