"""Rows of an answered form to exams, lesions, dates and sources."""

from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adapter.merge import merge
from adapter.model import ExamRef, Quantity, State, Statement
from tests.readers.fhir.answered_forms import (
    ABSENT,
    FLUID,
    ITEMS,
    LESION,
    PATIENT,
    PRESENT,
    WHOLE,
    both_ways,
    lesion,
    one,
    said,
)
from tests.readers.fhir.answering import coding, group, item, response
from tests.readers.fhir.building import TERMS, Json, bundle, parts


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
