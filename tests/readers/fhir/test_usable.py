"""Status, modifiers and focus decide whether a resource is used at all."""

import pytest

from tests.readers.fhir.building import (
    bundle,
    codes,
    comp,
    obs,
    one,
    read,
)


@pytest.mark.parametrize("status", ["final", "amended", "corrected"])
def test_a_final_status_is_used(status: str) -> None:
    document = read(obs(status=status))
    assert len(document.statements) == 1
    assert document.issues == ()
    assert not document.input.preliminary


@pytest.mark.parametrize("status", ["preliminary", "registered"])
def test_a_preliminary_one_is_used_and_told(status: str) -> None:
    document = read(obs(status=status))
    assert len(document.statements) == 1
    assert codes(document) == ["preliminary"]
    assert document.input.preliminary


@pytest.mark.parametrize("status", ["entered-in-error", "cancelled"])
def test_a_withdrawn_one_is_not_used_and_told(status: str) -> None:
    document = read(obs(status=status))
    assert document.statements == ()
    assert codes(document) == ["not-used"]


@pytest.mark.parametrize("status", ["unknown", "確定", "FINAL", None])
def test_an_unknown_status_is_told_and_not_used(status: str | None) -> None:
    document = read(obs(status=status))
    assert document.statements == ()
    assert codes(document) == ["unknown-status", "not-used"]


def test_members_of_a_withdrawn_group_stand_by_themselves() -> None:
    group = obs("spinal-mri", None, id="g", status="entered-in-error",
                hasMember=[{"reference": "Observation/o1"}])  # fmt: skip
    found = one(group, obs())
    assert found.exam.group is None


def test_results_of_a_withdrawn_report_alone_are_not_used() -> None:
    report = {"resourceType": "DiagnosticReport", "id": "r", "status": "entered-in-error",
              "code": {"text": "MRI"}, "result": [{"reference": "Observation/o1"}]}  # fmt: skip
    assert read(bundle(report, obs())).statements == ()
    again = {**report, "id": "r2", "status": "corrected"}
    assert len(read(bundle(report, again, obs())).statements) == 1


@pytest.mark.parametrize("where", ["resource", "component"])
def test_an_unknown_modifier_stops_the_resource(where: str) -> None:
    modifier = [{"url": "http://x.example/not", "valueBoolean": True}]
    row = comp("enhancement", "absent")
    body = obs(component=[row])
    (body if where == "resource" else row)["modifierExtension"] = modifier
    document = read(body)
    assert document.statements == ()
    assert codes(document) == ["not-used"]
    assert "http://x.example/not" in document.issues[0].diagnostics


@pytest.mark.parametrize("focus", ["Patient/baby", "RelatedPerson/1", "Specimen/1", "urn:uuid:1"])
def test_v14_a_finding_of_somebody_else_is_not_the_patients(focus: str) -> None:
    document = read(obs(focus=[{"reference": focus}]))
    assert document.statements == ()
    assert codes(document) == ["not-used"]


def test_v14_a_focus_on_a_thing_is_told() -> None:
    document = read(obs(focus=[{"reference": "BodyStructure/1"}]))
    assert len(document.statements) == 1
    assert codes(document) == ["focus"]
