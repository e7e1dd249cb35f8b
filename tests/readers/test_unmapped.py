"""What is kept of an input and no term stands for; what is not, and is told."""

import json
from typing import Any

import pytest

from adapter import terms
from adapter.merge import merge
from adapter.model import Coded, Document, State
from adapter.readers import fhir
from adapter.readers.options import ReadOptions
from tests.readers.dicom_sr.building import (
    ABSENT,
    CONTEXT,
    FINDING,
    GROUP,
    MOD,
    PRESENT,
    QUALITATIVE,
    SITE,
    code,
    container,
    file,
    num,
    ours,
    text,
    uidref,
)
from tests.readers.dicom_sr.reading import opened, written

TERMS = terms.load()
DCM = "http://dicom.nema.org/resources/ontology/DCM"


def kept(document: Document) -> list[tuple[str, str]]:
    """Return the code (or words) of each name with what is said."""
    return [
        (
            one.names[0].code if one.names else one.label,
            one.codes[0].code if one.codes else one.text or one.number or one.date or one.uid
            or one.time or one.reason,
        )
        for one in document.unmapped
    ]  # fmt: skip


def group(*children: Any) -> Any:
    return container(GROUP, *children)


def told(document: Document, issue: str) -> int:
    return sum(i.code == issue for i in document.issues)


# SR


def test_an_unknown_item_of_any_value_type_is_kept_as_it_came() -> None:
    document = written(
        container(
            QUALITATIVE,
            code("99V:1|Sign", "99V:a|Grade A"),
            text("99V:2|Remark", "右に強い"),
        ),
        group(uidref("2.25.6"), code(FINDING, "99V:3|Cyst"), num("99V:4|Size", "12.50", "UCUM:mm")),
    )
    assert kept(document) == [("1", "a"), ("2", "右に強い"), ("121071", "3"), ("4", "12.50")]
    first, *_, size = document.unmapped
    assert first.names == (Coded(code="1", system="99V", meaning="Sign"),)
    assert size.unit == Coded(code="mm", system="http://unitsofmeasure.org", meaning="mm")
    assert {one.group for one in document.unmapped[2:]} == {size.group} != {None}
    assert told(document, "not-mapped") == 4


def test_words_of_a_report_are_kept_beside_its_findings() -> None:
    document = written(
        container("DCM:121070|Findings", text(FINDING, "くも膜下腔に異常なし")),
        code(ours("circ-failure"), PRESENT),
    )
    assert kept(document) == [("121071", "くも膜下腔に異常なし")]
    assert [s.concept for s in document.statements] == ["circ-failure"]
    assert not document.narrative


def test_structure_context_and_our_own_conclusions_are_no_evidence() -> None:
    document = written(
        code("DCM:121049|Language", "RFC5646:ja", rel=MOD),
        text("DCM:121013|Device Observer Name", "machine", rel=CONTEXT),
        text("99V:5|Somebody's context", "words", rel=CONTEXT),
        text(ours("csf-leak-concl"), "硬膜外の漏出あり"),
        code(ours("circ-failure"), PRESENT),
    )
    assert document.unmapped == ()


def test_what_is_not_of_today_is_told_and_not_carried() -> None:
    document = written(
        container("DCM:121060|History", text("99V:6|Complaint", "前回の所見")),
        code(ours("circ-failure"), PRESENT),
    )
    assert document.unmapped == ()
    assert told(document, "not-carried") == 1


def test_a_value_that_cannot_be_read_is_kept_under_the_name_that_can() -> None:
    lesion = group(
        code(FINDING, ours("epi-fluid")), code(ours("enhancement"), "99V:q|Faint"),
        text(SITE, "T3", rel=MOD),
    )  # fmt: skip
    document = written(lesion)
    (one,) = document.unmapped
    assert [n.code for n in one.names] == ["enhancement"]
    assert [(c.system, c.code) for c in one.codes] == [("99V", "q")]
    (part,) = document.statements[0].parts
    assert (part.state, part.reason, part.source.path) == (
        State.NOT_ASSESSED, "not-mapped", one.source.path,
    )  # fmt: skip


def test_an_unknown_modifier_is_evidence_of_its_lesion() -> None:
    document = written(
        group(
            code(FINDING, ours("epi-fluid")),
            uidref("2.25.5"),
            code("99V:8|Certainty", ABSENT, rel=MOD),
        )
    )
    assert [(one.group, one.names[0].code) for one in document.unmapped] == [("2.25.5", "8")]


# FHIR


def observation(**body: Any) -> dict[str, Any]:
    about = {
        "resourceType": "Observation",
        "status": "final",
        "subject": {"reference": "Patient/p"},
    }
    return about | {"code": {"coding": [{"system": "http://x", "code": "1"}]}} | body


def read(*resources: dict[str, Any]) -> Document:
    entry = [{"resource": r | {"id": r.get("id", f"r{n}")}} for n, r in enumerate(resources)]
    bundle = {"resourceType": "Bundle", "type": "collection", "entry": entry}
    return fhir.read(json.dumps(bundle).encode(), "in.json", TERMS, ReadOptions())


VALUES = {
    "valueString": ("words", "words"),
    "valueBoolean": (False, "373067005"),
    "valueInteger": (3, "3"),
    "valueDateTime": ("2026-03-02", "2026-03-02"),
    "valueTime": ("10:15:00", "10:15:00"),
    "valueQuantity": ({"value": 1.5, "unit": "mm"}, "1.5"),
    "valueCodeableConcept": ({"coding": [{"system": "http://y", "code": "v"}]}, "v"),
    "valueRange": ({"low": {"value": 1}, "high": {"value": 2, "unit": "mm"}}, "1 - 2 mm"),
    "valueRatio": ({"numerator": {"value": 1}, "denominator": {"value": 8}}, "1 : 8"),
    "valuePeriod": ({"start": "2026-03-01", "end": "2026-03-02"}, "2026-03-01/2026-03-02"),
}


@pytest.mark.parametrize("key", VALUES)
def test_an_unknown_observation_of_any_value_is_kept(key: str) -> None:
    value, said = VALUES[key]
    document = read(observation(**{key: value}))
    assert kept(document) == [("1", said)]
    assert told(document, "not-mapped") == 1


def test_components_notes_and_foreign_conclusions_are_kept() -> None:
    finding = {"coding": [{"system": "99CSFL", "code": "circ-failure"}]}
    state = {"coding": [{"system": "http://snomed.info/sct", "code": "52101004"}]}
    part = {"code": {"coding": [{"system": "http://x", "code": "2"}]}, "valueString": "part"}
    document = read(
        observation(code=finding, valueCodeableConcept=state, component=[part],
                    note=[{"text": "体動あり"}]),
        {"resourceType": "DiagnosticReport", "status": "final", "conclusion": "異常なし",
         "subject": {"reference": "Patient/p"}, "code": {"text": "報告書"}},
    )  # fmt: skip
    assert sorted(kept(document)) == [("121077", "異常なし"), ("121106", "体動あり"), ("2", "part")]
    assert [s.concept for s in document.statements] == ["circ-failure"]


@pytest.mark.parametrize("body", [{"status": "entered-in-error"}, {"modifierExtension": [{}]}])
def test_what_may_not_be_used_is_not_carried_either(body: dict[str, Any]) -> None:
    document = read(observation(valueString="words", **body))
    assert document.unmapped == ()
    assert told(document, "not-used") == 1


def test_laboratory_values_are_no_imaging_evidence() -> None:
    system = "http://terminology.hl7.org/CodeSystem/observation-category"
    category = [{"coding": [{"system": system, "code": "laboratory"}]}]
    document = read(observation(valueString="words", category=category))
    assert document.unmapped == ()
    assert told(document, "not-mapped") == 1


def test_evidence_of_another_patient_is_told_and_not_carried() -> None:
    finding = {"coding": [{"system": "99CSFL", "code": "circ-failure"}]}
    document = read(
        observation(code=finding, valueBoolean=True),
        observation(valueString="of another", subject={"reference": "Patient/q"}),
        observation(valueString="of this one"),
    )
    assert kept(document) == [("1", "of this one")]
    assert told(document, "not-carried") == 1


@pytest.mark.parametrize("key", ["valueAttachment", "valueReference", "valueSampledData"])
def test_values_that_lead_elsewhere_are_told_and_not_carried(key: str) -> None:
    document = read(observation(**{key: {"url": "http://x"}}))
    assert document.unmapped == ()
    assert told(document, "not-carried") == 1


# Both


def test_two_documents_that_carry_the_same_evidence_carry_it_once() -> None:
    one = opened(file(text("99V:2|Remark", "右に強い"), text("99V:2|Remark", "右に強い")))
    other = opened(file(text("99V:2|Remark", "右に強い"), SOPInstanceUID="2.25.4242"))
    assert len(one.unmapped) == 2
    assert len(merge([one, other], TERMS).unmapped) == 2


def test_a_person_name_is_told_and_never_carried() -> None:
    from tests.readers.dicom_sr.building import _item

    name = _item("PNAME", "99V:9|Reader", (), "CONTAINS", "")
    name.PersonName = "Yamada^Taro"
    document = written(name, code(ours("circ-failure"), PRESENT))
    assert document.unmapped == ()
    assert told(document, "not-carried") == 1
    assert "Yamada" not in repr(document.issues)
