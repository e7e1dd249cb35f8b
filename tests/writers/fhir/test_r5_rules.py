"""The rules of R5 and of the DICOM SR guide find what breaks them."""

import copy
from collections.abc import Callable
from typing import Any

import pytest

from tests.writers.fhir import r5_rules
from tests.writers.fhir.profile_cases import (
    named,
    sample,
)
from tests.writers.fhir.r5_written import Json, written


def _put(kind: str, element: str, value: Any) -> Callable[[dict[str, Json]], None]:
    def change(known: dict[str, Json]) -> None:
        for one in known.values():
            if one["resourceType"] == kind:
                one[element] = value

    return change


def _of(claim: str, change: Callable[[Json], Any]) -> Callable[[dict[str, Json]], None]:
    def all_of(known: dict[str, Json]) -> None:
        for one in known.values():
            if any(c.endswith(f"/{claim}") for c in r5_rules.claims(one)):
                change(one)

    return all_of


GROUP, EVALUATION = "imaging-measurement-group", "imaging-qualitative-evaluation"
MEASUREMENT, SITE = "imaging-measurement", "dicom-sr-finding-site"
MUTANTS: tuple[tuple[str, Callable[[dict[str, Json]], None]], ...] = (
    ("obs-6", _put("Observation", "dataAbsentReason", {"text": "x"})),
    ("obs-7", _of(GROUP, lambda o: o.update(component=[{"code": o["code"]}]))),
    ("obs-8", _of(GROUP, lambda o: o.update(bodySite={"text": "T3"}))),
    ("modality is a CodeableConcept", _put("ImagingStudy", "modality", [{"code": "MR"}])),
    ("device-nametype", _put("Device", "name", [{"value": "x", "type": "model-name"}])),
    ("provenance-entity-role", _put("Provenance", "entity", [{"role": "derivation"}])),
    ("identifier and subject repeat", _put("Composition", "identifier", {"value": "x"})),
    ("integer64 is a string in JSON", _put("DiagnosticReport", "presentedForm", [{"size": 3}])),
    ("issued 1..1", _of(EVALUATION, lambda o: o.pop("issued"))),
    ("device 1..1", _of(GROUP, lambda o: o.pop("device"))),
    ("partOf ImagingStudy 1..1", _of(MEASUREMENT, lambda o: o.pop("partOf"))),
    ("partOf.identifier is a Study Instance UID",
     _of(GROUP, lambda o: o["partOf"][0]["identifier"].pop("type"))),
    ("category is Measurement Group", _of(GROUP, lambda o: o["category"].append({"coding": []}))),
    ("measurement-group-category",
     _of(GROUP, lambda o: o["code"]["coding"][0].update(code="125007"))),
    ("category is Qualitative Evaluations", _of(EVALUATION, lambda o: o.pop("category"))),
    ("its name is none of an evaluation",
     _of(EVALUATION, lambda o: o["code"]["coding"][0].update(code="121071"))),
    ("valueQuantity 1..1", _of(MEASUREMENT, lambda o: o.pop("valueQuantity"))),
    ("patient 1..1", _of(SITE, lambda s: s.pop("patient"))),
    ("identifier.system is urn:dicom:uid",
     _of(SITE, lambda s: [i.update(system="urn:x") for i in s["identifier"]])),
    ("bodyStructure is a finding site", _of(SITE, lambda s: s["meta"].pop("profile"))),
    ("an algorithm has a name and a version", _put("Device", "displayName", "")),
)  # fmt: skip


@pytest.mark.parametrize(("rule", "change"), MUTANTS, ids=[rule for rule, _ in MUTANTS])
def test_the_rules_find_what_breaks_them(
    rule: str, change: Callable[[dict[str, Json]], None]
) -> None:
    known = {}
    for name in ("15-four-exams/sr", "11-hypotension-confirmed/sr"):
        known |= copy.deepcopy(named(written(sample(name), bundle="document")))
    assert r5_rules.broken(known) == []
    change(known)
    assert any(found.endswith(f": {rule}") for found in r5_rules.broken(known))
