"""Evidence that no term stands for, as FHIR: tagged, reachable, in no result, sent once."""

import json
from dataclasses import replace
from typing import Any

import pytest

from adapter import gates
from adapter.model import Graded
from adapter.writers import fhir
from adapter.writers.options import WriteOptions
from tests.test_round_trips import EVIDENCE, OID, kept
from tests.writers.graded_examples import CASES, TERMS, grade

FIRST = CASES["one exam of each kind"]


def graded() -> Graded:
    of_lesion = kept(codes=(OID,), group="2.25.11")
    return grade(replace(FIRST, unmapped=(*EVIDENCE.values(), of_lesion)))


def bundle(of: Graded, **options: Any) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(fhir.write(of, TERMS, WriteOptions(**options)))
    return found


def evidence(made: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {
        entry["fullUrl"]: entry["resource"]
        for entry in made["entry"]
        if any(tag["code"] == "not-mapped" for tag in _tags(entry["resource"]))
    }


def _tags(resource: dict[str, Any]) -> list[dict[str, Any]]:
    tags: list[dict[str, Any]] = resource.get("meta", {}).get("tag", [])
    return tags


def test_each_is_an_observation_with_its_own_code_and_the_tag() -> None:
    found = evidence(bundle(graded(), bundle="collection"))
    assert len(found) == len(EVIDENCE) + 1
    vendor = "http://csfleak.invalid/fhir/NamingSystem/dicom-designator/99VENDOR"
    systems = {c["system"] for o in found.values() for c in o["code"].get("coding", [])}
    assert systems == {vendor, "http://his.example/codes"}
    assert {t["system"] for o in found.values() for t in _tags(o)} == {
        "http://csfleak.invalid/fhir/tags"
    }


def test_values_are_of_their_own_type() -> None:
    found = evidence(bundle(graded(), bundle="collection")).values()
    keys = {key for o in found for key in o if key.startswith("value") or key == "dataAbsentReason"}
    assert keys == {"valueCodeableConcept", "valueString", "valueQuantity", "valueInteger",
                    "dataAbsentReason"}  # fmt: skip


def test_no_result_and_no_grade_rests_on_it() -> None:
    made = bundle(graded(), bundle="collection")
    urls = set(evidence(made))
    for entry in made["entry"]:
        resource = entry["resource"]
        for key in ("result", "derivedFrom", "entity"):
            assert not urls & {r.get("reference") for r in resource.get(key, [])}


def test_it_is_a_member_of_the_exam_that_is_told() -> None:
    made = bundle(graded(), bundle="collection")
    members = {
        member["reference"]
        for entry in made["entry"]
        for member in entry["resource"].get("hasMember", [])
    }
    of_lesion = {url for url, o in evidence(made).items() if o.get("component")}
    assert len(of_lesion) == 1
    assert of_lesion == members & set(evidence(made))


def test_sent_twice_it_is_put_in_the_same_place() -> None:
    one, other = bundle(graded()), bundle(graded(), lang="en")
    requests = [
        {e["request"]["url"] for e in made["entry"] if e["fullUrl"] in evidence(made)}
        for made in (one, other)
    ]
    assert requests[0] == requests[1]
    assert len(requests[0]) == len(EVIDENCE) + 1


@pytest.mark.parametrize("kind", ["transaction", "collection", "document"])
def test_the_gate_takes_it(kind: str) -> None:
    options = WriteOptions(bundle=kind, now="2026-11-25T10:00:00+09:00")
    data = fhir.write(graded(), TERMS, options)
    assert [b for b in gates.check(data, "made.json") if b.severity == gates.ERROR] == []


def test_a_case_without_evidence_has_no_tag() -> None:
    assert evidence(bundle(grade(FIRST), bundle="collection")) == {}
