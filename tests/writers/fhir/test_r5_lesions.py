"""Lesions in FHIR R5: groups of the DICOM SR guide, their sites, and what they come from."""

import json
from dataclasses import replace
from typing import Any

import pytest

from adapter import criteria, pipeline, readers
from adapter.criteria import Policy
from adapter.merge import MergeOptions, merge
from adapter.model import Graded
from adapter.readers.options import ReadOptions
from adapter.sr.content import Code, Item
from adapter.sr.decode import decode
from tests.writers.fhir import r5_rules
from tests.writers.fhir.profile_cases import (
    SAMPLES,
    TERMS,
    codes,
    named,
    of_type,
    read_back,
    sample,
)
from tests.writers.fhir.r5_written import ROOT, Json, _is_group, bytes_of, written


def _lesion(state: str, **more: Any) -> Graded:
    lesion = {"concept": "epi-fluid", "uid": "1.2.840.9", "state": state, **more}
    exam = {"kind": "spinal-mri", "date": "2026-03-02", "study": "1.2.840.1", "lesions": [lesion]}
    table = {"format": "csfleak-findings", "version": "1", "exams": [exam]}
    return pipeline.grade([("f.json", json.dumps(table).encode())]).graded


def test_a_lesion_that_is_there_is_a_group_named_by_its_value() -> None:
    made = written(_lesion("present", site="T3-T4", laterality="left", enhancement="absent"))
    (group,) = [o for o in of_type(made, "Observation") if _is_group(o)]
    assert codes(group["code"]) == ["121071"]
    assert codes(group["valueCodeableConcept"]) == ["epi-fluid"]
    own, member = (named(made)[r["reference"]] for r in group["hasMember"])
    assert codes(own["code"]) == ["epi-fluid"]
    assert codes(own["valueCodeableConcept"]) == ["52101004"]
    assert codes(member["code"]) == ["enhancement"]
    assert codes(member["valueCodeableConcept"]) == ["272519000"]
    place = named(made)[group["bodyStructure"]["reference"]]
    tracked = [i["value"] for i in place["identifier"] if "type" in i]
    assert tracked == ["urn:oid:1.2.840.9"]
    said = [
        (codes(s["structure"]), codes(s["laterality"])) for s in place["includedStructure"]
    ]  # fmt: skip
    assert said == [(["1626008"], ["7771000"]), (["73071006"], ["7771000"])]
    assert "bodySite" not in group


def test_a_lesion_of_which_nothing_more_is_said_is_a_group_too() -> None:
    made = written(_lesion("present"))
    (group,) = [o for o in of_type(made, "Observation") if _is_group(o)]
    assert [codes(named(made)[r["reference"]]["code"]) for r in group["hasMember"]] == [
        ["epi-fluid"]
    ]
    assert not of_type(made, "BodyStructure")


@pytest.mark.parametrize("code", ["272519000", "373068000", "52101004"])
def test_the_evaluation_of_a_group_s_own_finding_is_its_state(code: str) -> None:
    """What a converter of SR makes of a lesion that the SR says is absent."""
    made = written(_lesion("present", site="T3", enhancement="absent"))
    (own,) = [o for o in of_type(made, "Observation") if codes(o["code"]) == ["epi-fluid"]]
    own["valueCodeableConcept"]["coding"][0]["code"] = code
    ((lesion,),) = [e.lesions for e in read_back(json.dumps(made).encode()).case.exams]
    states = {"272519000": "absent", "373068000": "indeterminate", "52101004": "present"}
    state = lesion.facts["epi-fluid"].state
    assert state is not None
    assert state.value == states[code]
    assert lesion.site is not None
    assert "enhancement" in lesion.facts


def test_words_of_a_site_that_no_code_stands_for_are_kept() -> None:
    given = _lesion("present", site="Th5, Th13")
    ((again,),) = [e.lesions for e in read_back(bytes_of(given)).case.exams]
    ((lesion,),) = [e.lesions for e in given.case.exams]
    assert lesion.site is not None
    assert again.site is not None
    assert again.site.levels == lesion.site.levels
    assert [w.lower() for w in again.site.unreadable] == [w.lower() for w in lesion.site.unreadable]


@pytest.mark.parametrize(
    ("state", "code"), [("absent", "272519000"), ("indeterminate", "373068000")]
)
def test_no_group_names_a_lesion_that_is_not_there(state: str, code: str) -> None:
    """A receiver that knows the guide alone takes the value of a group for what is there."""
    made = written(_lesion(state, site="T3", enhancement="absent"))
    assert not [o for o in of_type(made, "Observation") if _is_group(o)]
    (lesion,) = [o for o in of_type(made, "Observation") if codes(o["code"]) == ["epi-fluid"]]
    assert codes(lesion["valueCodeableConcept"]) == [code]
    assert r5_rules.claims(lesion)[0].endswith("/imaging-qualitative-evaluation")
    assert "bodyStructure" in lesion


def test_a_lesion_that_nobody_assessed_claims_nothing() -> None:
    made = written(_lesion("not-assessed"))
    (lesion,) = [o for o in of_type(made, "Observation") if codes(o["code"]) == ["epi-fluid"]]
    assert "dataAbsentReason" in lesion
    assert r5_rules.claims(lesion) == []


def test_an_observation_of_no_single_study_claims_nothing() -> None:
    made = written(sample("15-four-exams/sr"))
    grades = [o for o in of_type(made, "Observation") if "csf-leak-concl" in codes(o["code"])]
    assert len(of_type(made, "ImagingStudy")) > 1
    assert [r5_rules.claims(g) for g in grades] == [[]]


@pytest.mark.parametrize("name", [n for n in SAMPLES if n.endswith("/sr")])
def test_a_finding_of_an_sr_points_at_the_content_item_that_says_it(name: str) -> None:
    items = _items(name)
    made = written(sample(name))
    seen = 0
    for observation in of_type(made, "Observation"):
        concept = _concept(observation)
        for reference in observation.get("derivedFrom", []):
            selection = named(made)[reference["reference"]]
            if selection["resourceType"] != "ImagingSelection":
                continue
            seen += 1
            (instance,) = selection["instance"]
            (identifier,) = selection["identifier"]
            document, _, path = identifier["value"].partition("#")
            assert instance["uid"] == document
            assert instance["sopClass"]["code"].startswith("urn:oid:1.2.840.10008.5.1.4.1.1.88.")
            assert "subset" not in instance
            assert concept in items[document, path]
    assert seen or not of_type(made, "ImagingSelection")
    selections = {r["id"] for r in of_type(made, "ImagingSelection")}
    pointed = {r["reference"].removeprefix("urn:uuid:") for o in of_type(made, "Observation")
               for r in o.get("derivedFrom", [])}  # fmt: skip
    assert selections <= pointed


def _concept(observation: Json) -> str:
    """Return what an Observation of a finding is about."""
    where = "valueCodeableConcept" if "121071" in codes(observation["code"]) else "code"
    return codes(observation[where])[0]


def _items(name: str) -> dict[tuple[str, str], set[str]]:
    """Return the codes of each content item of a sample's SRs, by document and path."""
    found: dict[tuple[str, str], set[str]] = {}

    def walk(item: Item, document: str) -> None:
        coded = [c for c in (item.name, item.value) if isinstance(c, Code)]
        found[document, item.path] = {c.value for c in coded}
        for child in item.children:
            walk(child, document)

    for path in sorted((ROOT / "sample_data" / name).iterdir()):
        decoded = decode(path.read_bytes(), path.name)
        assert decoded.root is not None
        walk(decoded.root, decoded.header["SOPInstanceUID"])
    return found


def test_what_comes_from_no_sr_has_no_selection() -> None:
    assert not of_type(written(sample("15-four-exams/fhir")), "ImagingSelection")


def test_a_report_stored_in_a_study_of_its_own_moves_no_exam() -> None:
    (path,) = (ROOT / "sample_data" / "02-definite-spinal-mri/sr").iterdir()
    document = readers.read(path.read_bytes(), path.name, TERMS, ReadOptions())
    document = replace(document, input=replace(document.input, study="1.2.3.4.5"))
    given = criteria.grade(merge([document], TERMS, MergeOptions()), Policy(), {})
    made = written(given)
    assert {s["studyUid"] for s in of_type(made, "ImagingSelection")} == {"1.2.3.4.5"}
    for group in [o for o in of_type(made, "Observation") if "hasMember" in o]:
        group.pop("partOf", None) if not _is_group(group) else None
    again = read_back(json.dumps(made).encode())
    assert [e.studies for e in again.case.exams] == [e.studies for e in given.case.exams]
    assert "1.2.3.4.5" not in {s for e in again.case.exams for s in e.studies}
