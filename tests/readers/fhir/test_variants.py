"""Every honest way of stating a finding (fhir.md section 4, V1 to V14) gives the same finding."""

from typing import Any

import pytest

from adapter.model import State, Statement
from tests.readers.fhir.building import (
    DCM,
    SCT,
    STATES,
    THO,
    Json,
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
from tests.readers.fhir.variants import EXTENSION, INTERPRETATION, VALUES, interpreted, missing

CODES: dict[str, Json] = {
    "ours": ours("epi-fluid"),
    "beside an unknown code": coded("http://his.example", "X1")
    | {"coding": [{"system": "http://his.example", "code": "X1"}, ours("epi-fluid")["coding"][0]]},
    "japanese": {"text": "硬膜外水信号病変"},
    "english": {"text": "Epidural fluid-signal lesion"},
}


def direct(code: Json, value: Json) -> list[Json]:
    return [obs(code, None, component=[at("1626008")], **value)]


def component(code: Json, value: Json) -> list[Json]:
    return [obs({"text": "脊髄MRI所見"}, None, component=[comp(code, **value), at("1626008")])]


def member(code: Json, value: Json) -> list[Json]:
    child = obs(code, None, id="c", component=[at("1626008")], **value)
    inner = obs({"text": "panel"}, None, id="i", hasMember=[{"reference": "Observation/c"}])
    outer = obs({"text": "panel"}, None, id="p", hasMember=[{"reference": "Observation/i"}])
    return [outer, inner, child]


def own_component(code: Json, value: Json) -> list[Json]:
    return [obs(code, None, component=[comp(code, **value), at("1626008")])]


SHAPES = {"V1": direct, "V6": component, "V7": member, "obs-7": own_component}
CELLS = [(s, n) for s, values in VALUES.items() for n in values]


@pytest.mark.parametrize("code", CODES)
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize(("state", "name"), CELLS, ids=[f"{s}-{n}" for s, n in CELLS])
def test_the_matrix(state: str, name: str, shape: str, code: str) -> None:
    document = read(bundle(*SHAPES[shape](CODES[code], VALUES[state][name])))
    (found,) = document.statements
    assert found.concept == "epi-fluid"
    assert found.state is State(state)
    assert (found.reason is not None) == (found.state is State.NOT_ASSESSED)
    assert found.site is not None
    assert found.site.levels == (9,)
    assert [i for i in document.issues if i.severity != "information"] == []


@pytest.mark.parametrize(("state", "name"), CELLS, ids=[f"{s}-{n}" for s, n in CELLS])
@pytest.mark.parametrize("shape", ["component", "member", "panel"])
def test_an_attribute_is_said_in_as_many_ways(state: str, name: str, shape: str) -> None:
    value = VALUES[state][name]
    if shape == "component":
        resources = [obs(component=[comp("enhancement", **value)])]
    else:
        child = obs("enhancement", None, id="c", **value)
        reference = [{"reference": "Observation/c"}]
        resources = [child, obs(hasMember=reference)]
        if shape == "panel":
            both = [*reference, {"reference": "Observation/o1"}]
            resources = [child, obs(), obs({"text": "panel"}, None, id="p", hasMember=both)]
    found = one(*resources)
    assert found.concept == "epi-fluid"
    assert parts(found) == {"enhancement": State(state)}


@pytest.mark.parametrize(
    "code",
    [
        coded(DCM, "121071"),
        coded(DCM, "125007"),
        coded(f"{THO}/v3-ActCode", "ASSERTION"),
        coded(SCT, "276214006"),
        coded(f"{THO}/observation-category", "imaging"),
        coded("http://loinc.org", "59776-5"),
        ours("spinal-mri"),
    ],
)
def test_v2_a_finding_as_value_is_present(code: Json) -> None:
    child = obs("enhancement", "absent", id="enh")
    finding = obs(code, None, valueCodeableConcept=ours("epi-fluid"),
                  hasMember=[{"reference": "Observation/enh"}])  # fmt: skip
    found = one(finding, child)
    assert (found.concept, found.state) == ("epi-fluid", State.PRESENT)
    assert parts(found) == {"enhancement": State.ABSENT}


def test_v2_a_finding_under_another_code_is_not_guessed() -> None:
    history = coded("http://loinc.org", "11329-0")
    document = read(obs(history, None, valueCodeableConcept=ours("epi-fluid")))
    assert document.statements == ()
    assert codes(document) == ["not-used"]


def test_the_dicom_sr_guide_names_a_group_by_any_category() -> None:
    category = [coded(DCM, "125007")]
    body = obs(coded("http://x.example", "lesion"), None, category=category,
               valueCodeableConcept=ours("epi-fluid"))  # fmt: skip
    assert one(body).concept == "epi-fluid"


def test_the_dicom_sr_guide_keeps_site_side_and_tracking_uid_in_a_body_structure() -> None:
    structure = {
        "resourceType": "BodyStructure",
        "id": "b",
        "identifier": [
            {"type": coded(DCM, "112039"), "value": "Lesion 1"},
            {"type": coded(DCM, "112040"), "value": "urn:oid:2.25.9"},
        ],
        "includedStructure": [
            {"structure": coded(SCT, "14293000"), "laterality": coded(SCT, "24028007")}
        ],
    }
    observed = {
        "type": coded("http://x/CodeSystem/dicom-identifier-type", "observation-uid"),
        "system": "urn:dicom:uid",
        "value": "urn:oid:1.2.3",
    }
    evaluation = obs("enhancement", None, id="e", category=[coded(f"{THO}/umls", "C0034375")],
                     valueCodeableConcept=coded(SCT, "272519000"))  # fmt: skip
    group = obs(
        coded(DCM, "125007"),
        None,
        category=[coded(DCM, "125007")],
        valueCodeableConcept=ours("epi-fluid"),
        bodyStructure={"reference": "BodyStructure/b"},
        identifier=[observed],
        hasMember=[{"reference": "Observation/e"}],
        partOf=[{"type": "ImagingStudy", "identifier": {
            "type": coded(DCM, "110180"), "system": "urn:dicom:uid", "value": "urn:oid:1.9"}}],
    )  # fmt: skip
    document = read(bundle(group, evaluation, structure))
    (found,) = document.statements
    assert found.uid == "2.25.9"
    assert found.laterality == "right"
    assert found.site is not None
    assert found.site.levels == (20,)
    assert found.exam.study == "1.9"
    assert parts(found) == {"enhancement": State.ABSENT}
    assert codes(document) == ["version"]


def test_an_r5_imaging_selection_leads_to_the_study() -> None:
    selection = {"resourceType": "ImagingSelection", "id": "i", "studyUid": "urn:oid:1.2.3"}
    found = one(obs(derivedFrom=[{"reference": "ImagingSelection/i"}]), selection)
    assert found.exam.study == "1.2.3"


@pytest.mark.parametrize(
    "value",
    [
        {**said("present"), **missing("unknown")},
        {"valueBoolean": False, **missing("not-performed")},
        {**said("present"), **interpreted("NEG")},
        {"valueCodeableConcept": {"coding": [
            {"system": SCT, "code": "52101004"}, {"system": SCT, "code": "2667000"}]}},
        {"valueCodeableConcept": {**coded(SCT, "52101004"), "text": "なし"}},
        {"interpretation": [coded(INTERPRETATION, "POS"), coded(INTERPRETATION, "NEG")]},
    ],
)  # fmt: skip
def test_two_answers_in_one_are_a_contradiction(value: Json) -> None:
    document = read(obs("epi-fluid", None, **value))
    assert [s.state for s in document.statements] == [State.INDETERMINATE]
    assert codes(document) == ["contradiction"]


def test_a_value_unknown_twice_over_is_no_contradiction() -> None:
    found = one(obs("epi-fluid", None, valueString="不明", **missing("not-performed")))
    assert found.state is State.NOT_ASSESSED


@pytest.mark.parametrize(
    ("reason", "kept"),
    [("not-performed", "not-performed"), ("asked-declined", "asked-declined")],
)
def test_v5_the_reason_is_kept(reason: str, kept: str) -> None:
    found = one(obs(component=[comp("enhancement", **missing(reason))]))
    assert found.parts[0].reason == kept


@pytest.mark.parametrize(
    "value",
    [
        {"valueInteger": 0},
        {"valueInteger": 1},
        {"valueString": "硬膜外に水信号病変を認める。"},
        {"valueString": ""},
        {"valueBoolean": "true"},
        {"valueDateTime": "2026-01-01"},
        {"valueRange": {"low": {"value": 1}}},
        {"valueCodeableConcept": coded("http://his.example", "1")},
        {"valueCodeableConcept": {"text": "軽度あり"}},
        {"valueCodeableConcept": ours("unilateral")},
        {"valueQuantity": {"value": 3, "unit": "mm"}},
        {"valueBoolean": True, "valueString": "なし"},
        {},
    ],
)
def test_what_is_no_state_is_told_and_is_no_silence(value: Json) -> None:
    document = read(obs("epi-fluid", None, **value))
    assert [(s.state, s.reason) for s in document.statements] == [
        (State.NOT_ASSESSED, "not-mapped")
    ]
    assert len(document.issues) == 1


def test_an_unknown_code_with_a_known_label_is_not_guessed() -> None:
    words = "硬膜外水信号病変"
    code = {
        "coding": [{"system": "http://his.example", "code": "7", "display": words}],
        "text": words,
    }
    document = read(obs(code))
    assert document.statements == ()
    assert codes(document) == ["not-mapped"]
    assert "http://his.example, 7" in document.issues[0].diagnostics


def test_an_unknown_code_is_told_once_however_often_it_stands() -> None:
    unknown = coded("http://his.example", "7")
    document = read(bundle(obs(unknown, id="a"), obs(unknown, id="b"), obs()))
    assert codes(document) == ["not-mapped"]


@pytest.mark.parametrize(
    ("when", "date"),
    [
        ({"effectiveDateTime": "2026"}, "2026"),
        ({"effectiveDateTime": "2026-03"}, "2026-03"),
        ({"effectiveDateTime": "2026-03-02T10:15:00+09:00"}, "2026-03-02T10:15:00+09:00"),
        ({"effectiveDateTime": "2026-03-02T10:15:00"}, "2026-03-02T10:15:00"),
        ({"effectivePeriod": {"start": "2026-03-01", "end": "2026-03-03"}}, "2026-03-01"),
        ({"effectivePeriod": {"end": "2026-03-03"}}, "2026-03-03"),
        ({"effectiveInstant": "2026-03-02T10:15:00.123Z"}, "2026-03-02T10:15:00.123Z"),
        ({"effectiveTiming": {"event": ["2026-03-04", "2026-03-02"]}}, "2026-03-02"),
        ({"effectiveTiming": {"repeat": {"boundsPeriod": {"start": "2026-03-02"}}}}, "2026-03-02"),
        ({"_effectiveDateTime": {"extension": [{"url": EXTENSION, "valueCode": "unknown"}]}}, None),
        ({}, None),
    ],
)
def test_effective_of_each_kind(when: Json, date: str | None) -> None:
    document = read(obs(effectiveDateTime=None) | when)
    assert document.statements[0].date == date
    assert document.issues == ()


@pytest.mark.parametrize("date", ["02.03.2026", "2026-02-30", "2026-3-2", "yesterday"])
def test_a_date_that_is_none_is_told(date: str) -> None:
    document = read(obs(effectiveDateTime=date))
    assert document.statements[0].date is None
    assert codes(document) == ["deviation"]


def test_two_effective_dates_are_none() -> None:
    document = read(obs(effectivePeriod={"start": "2026-03-01"}))
    assert document.statements[0].date is None
    assert codes(document) == ["contradiction"]


def test_an_attribute_beside_two_lesions_is_nobodys() -> None:
    rows = [comp("epi-fluid", "present"), comp("float-dural-sac", "present"),
            comp("enhancement", "absent")]  # fmt: skip
    document = read(obs({"text": "脊髄MRI所見"}, None, component=rows))
    assert [s.parts for s in document.statements] == [(), ()]
    assert codes(document) == ["not-used"]


def test_an_attribute_of_another_finding_is_told() -> None:
    document = read(obs("ri-epidural", component=[comp("enhancement", "absent")]))
    assert document.statements[0].parts == ()
    assert codes(document) == ["not-used"]


def test_findings_that_are_components_of_a_group_are_of_its_exam() -> None:
    rows = [comp("venous-plexus", "present"), comp("tonsil-descent", "absent")]
    document = read(obs("brain-mri", None, id="g", component=rows))
    assert [(s.concept, s.exam.group, s.exam.kind) for s in document.statements] == [
        ("venous-plexus", "Observation/g", "brain-mri"),
        ("tonsil-descent", "Observation/g", "brain-mri"),
    ]


def test_stu3_members_and_comment_are_read() -> None:
    related = [{"type": "has-member", "target": {"reference": "Observation/o1"}}]
    panel = obs({"text": "panel"}, None, id="p", related=related)
    document = read(bundle(panel, obs("other-brain", comment="words")))
    assert document.statements[0].text == "words"
    assert codes(document) == ["version"]
    assert "STU3" in document.issues[0].diagnostics


@pytest.mark.parametrize("code", ["18782-3", "19005-8", "59776-5"])
def test_narrative_is_kept_and_never_graded(code: str) -> None:
    document = read(obs(coded("http://loinc.org", code), None,
                        valueString="硬膜外に水信号病変を認める。"))  # fmt: skip
    assert document.statements == ()
    assert document.narrative
    assert codes(document) == ["narrative-only"]


def test_a_narrative_beside_coded_findings_is_no_narrative_document() -> None:
    words = obs(coded("http://loinc.org", "18782-3"), None, id="n", valueString="text",
                hasMember=[{"reference": "Observation/o1"}])  # fmt: skip
    document = read(bundle(words, obs()))
    assert not document.narrative
    assert document.issues == ()


def spoken(statement: Statement) -> tuple[Any, ...]:
    return statement.concept, statement.state, statement.value, statement.reason


def test_silence_is_no_statement() -> None:
    found = one(obs())
    assert found.parts == ()
    assert set(STATES) == {state.value for state in State}
    assert spoken(found) == ("epi-fluid", State.PRESENT, None, None)


@pytest.mark.parametrize("value", [said("absent"), {"valueBoolean": False}])
def test_a_value_of_an_exam_itself_is_told(value: Json) -> None:
    document = read(bundle(obs("brain-mri", None, id="g", **value), obs()))
    assert [s.concept for s in document.statements] == ["epi-fluid"]
    assert codes(document) == ["not-used"]


def test_a_boolean_with_an_absent_reason_is_a_contradiction() -> None:
    reason = {"extension": [{"url": EXTENSION, "valueCode": "unknown"}]}
    document = read(obs("epi-fluid", None, valueBoolean=True, _valueBoolean=reason))
    assert [s.state for s in document.statements] == [State.INDETERMINATE]
    assert codes(document) == ["contradiction"]
