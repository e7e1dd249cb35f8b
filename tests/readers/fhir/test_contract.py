"""The contract's encoding of findings, and the published cases, read as they say."""

import json
from pathlib import Path
from typing import Any

import pytest

from adapter.criteria import Policy, grade
from adapter.errors import DifferentPatients
from adapter.merge import merge
from adapter.model import ExamRef, Quantity, State
from tests.readers.fhir.building import (
    DCM,
    SCT,
    TERMS,
    at,
    bundle,
    coded,
    codes,
    comp,
    obs,
    one,
    ours,
    parts,
    read,
    said,
)

GOLDEN = Path(__file__).parents[2] / "golden"
CASES = [
    *json.loads((GOLDEN / "points.json").read_text("utf-8")),
    *json.loads((GOLDEN / "gold.json").read_text("utf-8")),
]
INDEPENDENT = json.loads((GOLDEN / "independent" / "expected.json").read_text("utf-8"))
CONDITIONS = ("csf-leak", "intracranial-hypotension")


def conclusions(document: Any, policy: Policy = Policy()) -> dict[str, list[str]]:
    result = grade(merge([document], TERMS), policy)
    return {c.condition: [c.established, c.possible] for c in result.conclusions}


@pytest.mark.parametrize("case", CASES, ids=[case["id"] for case in CASES])
def test_a_case_gives_its_expected_conclusions(case: dict[str, Any]) -> None:
    policy = Policy(**{k.replace("-", "_"): v for k, v in case.get("policy", {}).items()})
    for form in (case["observations"], bundle(*case["observations"])):
        document = read(form)
        assert document.issues == ()
        assert len(document.statements) == len(case["observations"])
        found = conclusions(document, policy)
        assert found == {condition: case["expected"][condition] for condition in CONDITIONS}


@pytest.mark.parametrize("case", INDEPENDENT, ids=[case["file"] for case in INDEPENDENT])
def test_a_bundle_made_elsewhere_gives_its_expected_conclusions(case: dict[str, Any]) -> None:
    document = read((GOLDEN / "independent" / f"{case['file']}.json").read_bytes())
    assert document.issues == ()
    assert conclusions(document) == {condition: case[condition] for condition in CONDITIONS}


def test_a_lesion_has_its_attributes_site_side_and_identity() -> None:
    found = one(
        obs(
            identifier=[{"system": "urn:dicom:uid", "value": "urn:oid:2.25.7"}],
            component=[
                comp("enhancement", "absent"),
                comp("sas-continuity", "indeterminate"),
                at("1626008"),
                at("73071006"),
                comp(coded(SCT, "272741003"), valueCodeableConcept=coded(SCT, "7771000")),
                comp("same-site", valueString="urn:oid:2.25.8"),
            ],
            bodySite={"text": "T3-T4"},
        )
    )
    assert found.concept == "epi-fluid"
    assert found.state is State.PRESENT
    assert parts(found) == {"enhancement": State.ABSENT, "sas-continuity": State.INDETERMINATE}
    assert found.site is not None
    assert found.site.levels == (9, 10)
    assert found.laterality == "left"
    assert found.uid == "2.25.7"
    assert found.same_site == ("2.25.8",)
    assert found.date == "2026-03-02"
    assert found.exam == ExamRef(date="2026-03-02")


def test_a_pattern_is_a_value() -> None:
    row = comp("ri-pattern", valueCodeableConcept=ours("unilateral"))
    found = one(obs("ri-epidural", component=[row]))
    assert [(p.concept, p.state, p.value) for p in found.parts] == [
        ("ri-pattern", State.PRESENT, "unilateral")
    ]


@pytest.mark.parametrize("value", [said("present"), {"valueBoolean": True}])
def test_a_pattern_that_is_merely_present_is_no_pattern(value: dict[str, Any]) -> None:
    document = read(obs("ri-epidural", component=[comp("ri-pattern", **value)]))
    assert [(p.state, p.value) for p in document.statements[0].parts] == [
        (State.NOT_ASSESSED, None)
    ]
    assert codes(document) == ["not-used"]


def test_dural_enhancement_keeps_its_details_and_a_measured_extent() -> None:
    extent = {"value": 28.50, "unit": "mm", "system": "http://unitsofmeasure.org", "code": "mm"}
    data = json.dumps(
        obs(
            "dural-enhance",
            component=[comp("falx-tentorium", "present"), comp("extent-3cm", valueQuantity=extent)],
        )
    ).replace("28.5", "28.50")
    (found,) = read(data.encode()).statements
    assert parts(found) == {"falx-tentorium": State.PRESENT, "extent-3cm": State.PRESENT}
    assert found.parts[1].quantity == Quantity(value="28.50", unit="mm")


@pytest.mark.parametrize(
    ("written", "quantity"),
    [
        ('{"value": 60, "code": "mm[H2O]"}', Quantity(value="60", unit="mm[H2O]")),
        ('{"value": 60.00, "unit": "mmH2O"}', Quantity(value="60.00", unit="mm[H2O]")),
        ('{"value": 6.0, "unit": "cmH₂O"}', Quantity(value="6.0", unit="cm[H2O]")),
        ('{"value": 1.5E1, "unit": "mmHg"}', Quantity(value="1.5E1", unit="mm[Hg]")),
        ('{"value": 60, "unit": "mm CSF"}', Quantity(value="60", unit="mm CSF")),
        (
            '{"value": 100, "comparator": "<", "code": "mm[H2O]"}',
            Quantity(value="100", unit="mm[H2O]", comparator="<"),
        ),
        (
            '{"value": 12345678901234567890.10, "unit": "Pa"}',
            Quantity(value="12345678901234567890.10", unit="Pa"),
        ),
    ],
)
def test_a_pressure_keeps_digits_unit_and_comparator(written: str, quantity: Quantity) -> None:
    text = json.dumps(obs("csf-pressure", None, valueQuantity="@"))
    (found,) = read(text.replace('"@"', written).encode()).statements
    assert found.quantity == quantity


def test_a_pressure_in_an_unknown_unit_is_kept_as_written_and_told() -> None:
    document = read(obs("csf-pressure", None, valueQuantity={"value": 5, "unit": "inch"}))
    assert document.statements[0].quantity == Quantity(value="5", unit="inch")
    assert codes(document) == ["unit-unknown"]


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ({"valueQuantity": {"unit": "mm[H2O]"}}, []),
        ({"valueQuantity": {"value": 5, "code": "mm[H2O]", "unit": "mmHg"}}, ["contradiction"]),
        ({"valueQuantity": {"value": 5, "comparator": "ad", "unit": "mmHg"}}, ["not-used"]),
        ({"valueQuantity": {"value": "5", "unit": "mmHg"}}, ["not-used"]),
        ({"valueString": "low"}, ["not-used"]),
        ({"valueInteger": 5}, ["not-used"]),
    ],
)
def test_a_pressure_without_a_usable_value_is_a_pressure_without_a_value(
    value: dict[str, Any], told: list[str]
) -> None:
    document = read(obs("csf-pressure", None, **value))
    (found,) = document.statements
    assert found.state is State.PRESENT
    assert found.quantity is None
    assert codes(document) == told


def test_posture_is_a_part_of_the_pressure() -> None:
    posture = comp("posture", valueCodeableConcept=coded(SCT, "102536004"))
    value = {"value": 50, "code": "mm[H2O]"}
    found = one(obs("csf-pressure", None, valueQuantity=value, component=[posture]))
    assert [(p.concept, p.value) for p in found.parts] == [("posture", "lateral")]


def test_an_unmapped_posture_is_told() -> None:
    posture = comp("posture", valueCodeableConcept=coded("http://x.example", "on-stool"))
    value = {"value": 50, "code": "mm[H2O]"}
    document = read(obs("csf-pressure", None, valueQuantity=value, component=[posture]))
    assert [(p.state, p.value) for p in document.statements[0].parts] == [
        (State.NOT_ASSESSED, None)
    ]
    assert codes(document) == ["posture-unmapped"]


def test_other_brain_signs_keep_their_words() -> None:
    value = {**coded(SCT, "52101004"), "text": "pontine flattening"}
    assert one(obs("other-brain", None, valueCodeableConcept=value)).text == "pontine flattening"
    note = [{"text": "橋前槽の狭小化"}]
    assert one(obs("other-brain", "present", note=note)).text == "橋前槽の狭小化"


def test_a_group_is_the_exam_of_its_members() -> None:
    group = obs(
        "spinal-mri",
        None,
        id="g",
        identifier=[{"system": "urn:dicom:uid", "value": "urn:oid:2.25.1"}],
        effectiveDateTime="2026-03-01T10:00:00+09:00",
        performer=[{"reference": "Organization/h"}],
        derivedFrom=[{"reference": "ImagingStudy/s"}],
        hasMember=[{"reference": "Observation/o1"}, {"reference": "Observation/o2"}],
    )
    study = {
        "resourceType": "ImagingStudy",
        "id": "s",
        "status": "available",
        "identifier": [{"system": "urn:dicom:uid", "value": "urn:oid:1.2.3"}],
        "subject": {"reference": "Patient/p1"},
        "started": "2026-03-01",
        "modality": [{"system": DCM, "code": "MR"}],
        "series": [
            {"uid": "1.2.3.1", "instance": [
                {"uid": "1.2.3.1.1", "sopClass": {"code": "urn:oid:1.2.840.10008.5.1.4.1.1.4"}}
            ]}
        ],
    }  # fmt: skip
    hospital = {"resourceType": "Organization", "id": "h", "name": "試験病院"}
    contrast = obs("contrast-given", "absent", id="o2")
    document = read(bundle(obs(), contrast, group, study, hospital))
    exam = ExamRef(
        kind="spinal-mri",
        group="2.25.1",
        study="1.2.3",
        date="2026-03-01T10:00:00+09:00",
        institution="試験病院",
    )
    assert [s.exam for s in document.statements] == [exam, exam]
    (found,) = document.studies
    assert found.id == "1.2.3"
    assert found.date == "2026-03-01"
    assert found.modalities == ("MR",)
    assert found.kinds == ()
    assert found.instances == (("1.2.840.10008.5.1.4.1.1.4", "1.2.3.1.1", "1.2.3.1"),)
    assert document.issues == ()


def test_a_group_without_identifier_is_named_by_its_reference() -> None:
    group = obs("brain-mri", None, id="g", hasMember=[{"reference": "Observation/o1"}])
    found = one(group, obs("venous-plexus", "present"))
    assert found.exam.group == "Observation/g"
    assert found.exam.kind == "brain-mri"


def test_where_group_and_study_disagree_the_group_holds() -> None:
    study = {
        "resourceType": "ImagingStudy",
        "id": "s",
        "status": "available",
        "procedureCode": [ours("brain-mri")],
    }
    group = obs(
        "spinal-mri",
        None,
        id="g",
        derivedFrom=[{"reference": "ImagingStudy/s"}],
        hasMember=[{"reference": "Observation/o1"}],
    )
    document = read(bundle(group, obs(), study))
    assert document.statements[0].exam.kind == "spinal-mri"
    assert codes(document) == ["group-study-disagree"]


def test_a_study_tells_kind_date_and_institution() -> None:
    study = {
        "resourceType": "ImagingStudy",
        "id": "s",
        "status": "available",
        "procedureCode": [ours("spinal-mri"), ours("mr-myelography")],
        "started": "2026-02-28T09:00:00Z",
        "series": [{"uid": "1", "performer": [{"actor": {"reference": "#org"}}]}],
        "contained": [{"resourceType": "Organization", "id": "org", "name": "H"}],
        "identifier": [
            {"type": {"coding": [{"code": "ACSN"}]}, "value": "A1"},
            {"system": "urn:dicom:uid", "value": "1.2.3"},
        ],
    }
    document = read(bundle(obs(partOf=[{"reference": "ImagingStudy/s"}]), study))
    (found,) = document.statements
    assert found.exam.study == "1.2.3"
    assert found.exam.date == "2026-02-28T09:00:00Z"
    assert found.exam.institution == "H"
    assert document.studies[0].kinds == ("spinal-mri", "mr-myelography")
    assert document.studies[0].accession == "A1"


def test_a_study_that_the_input_does_not_hold_is_still_the_exam() -> None:
    identifier = {"system": "urn:dicom:uid", "value": "urn:oid:1.2.3"}
    found = one(obs(derivedFrom=[{"type": "ImagingStudy", "identifier": identifier}]))
    assert found.exam.study == "1.2.3"
    found = one(obs(derivedFrom=[{"reference": "ImagingStudy/s9"}]))
    assert found.exam.study == "ImagingStudy/s9"


def test_a_modality_tells_a_kind_only_where_the_concept_leaves_one() -> None:
    study = {"resourceType": "ImagingStudy", "id": "s", "status": "available",
             "modality": [{"system": DCM, "code": "CT"}]}  # fmt: skip
    of = [{"reference": "ImagingStudy/s"}]
    assert one(obs("tech-failure", derivedFrom=of), study).exam.kind == "ct-myelography"
    study["modality"] = [{"system": DCM, "code": "MR"}]
    assert one(obs("contrast-given", derivedFrom=of), study).exam.kind is None
    assert one(obs("nothing-else", derivedFrom=of), study).exam.kind is None


@pytest.mark.parametrize(
    ("status", "state"),
    [("completed", State.PRESENT), ("not-done", State.ABSENT)],
)
def test_a_procedure_is_a_fact_of_the_patient(status: str, state: State) -> None:
    body = {
        "resourceType": "Procedure",
        "id": "x",
        "status": status,
        "code": ours("lumbar-puncture"),
        "subject": {"reference": "Patient/p1"},
        "performedDateTime": "2026-02-01",
    }
    found = one(body)
    assert (found.concept, found.state) == ("lumbar-puncture", state)
    assert found.date == ("2026-02-01" if state is State.PRESENT else None)


@pytest.mark.parametrize("status", ["entered-in-error", "preparation", "unknown", "what", ""])
def test_a_procedure_that_nobody_says_was_done_is_not_used(status: str) -> None:
    body = {"resourceType": "Procedure", "status": status, "code": ours("blood-patch")}
    document = read(body)
    assert document.statements == ()
    assert "not-used" in codes(document)


def test_a_puncture_without_a_date_stays_undated_in_a_dated_panel() -> None:
    panel = obs({"text": "panel"}, None, id="g", hasMember=[{"reference": "Observation/o1"}])
    found = one(panel, obs("lumbar-puncture", effectiveDateTime=None))
    assert found.date is None


def test_a_value_that_is_a_date_dates_the_puncture() -> None:
    found = one(obs("blood-patch", None, valueDateTime="2026-01-05", effectiveDateTime=None))
    assert (found.state, found.date) == (State.PRESENT, "2026-01-05")


def test_our_own_conclusions_are_not_findings() -> None:
    grading = obs(
        "csf-leak-concl",
        None,
        id="c",
        valueCodeableConcept=ours("definite"),
        derivedFrom=[{"reference": "Observation/o1"}],
        component=[comp("possible-grade", valueCodeableConcept=ours("confirmed"))],
    )
    of_finding = obs("finding-grade", None, id="f", valueCodeableConcept=ours("suspected"))
    report = {
        "resourceType": "DiagnosticReport",
        "status": "final",
        "code": coded("http://loinc.org", "18748-4"),
        "conclusion": "脳脊髄液漏出症『確実』",
        "conclusionCode": [ours("leak-definite")],
        "result": [{"reference": "Observation/c"}, {"reference": "Observation/f"}],
    }
    document = read(bundle(obs(), grading, of_finding, report))
    assert [s.concept for s in document.statements] == ["epi-fluid"]
    assert codes(document) == ["own-conclusion-skipped"]
    assert not document.narrative


def test_components_hold_where_body_site_differs() -> None:
    document = read(obs(component=[at("1626008")], bodySite={"text": "L2"}))
    assert document.statements[0].site is not None
    assert document.statements[0].site.levels == (9,)
    assert codes(document) == ["site-differs"]


def test_every_statement_tells_where_it_stands() -> None:
    document = read(bundle(obs(id="x"), obs(component=[comp("enhancement", "absent")])))
    source = document.statements[1].source
    assert (source.document, source.id) == ("in.json", "Observation/o1")
    assert source.path == "Bundle.entry[1].resource"
    assert document.statements[1].parts[0].source.path == "Bundle.entry[1].resource.component[0]"


def test_findings_of_two_patients_are_refused_with_hashed_names() -> None:
    other = obs(id="o2", subject={"reference": "Patient/p2"})
    with pytest.raises(DifferentPatients) as caught:
        read(bundle(obs(), other))
    assert "2 patients" in str(caught.value)
    assert "p1" not in str(caught.value)
