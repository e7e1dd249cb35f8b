"""The checks of JP Core's rules see what is wrong: each of them fails on an output made wrong."""

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.writers.fhir.jp_core_rules import DCM, JP, LOINC, Rules, claimed
from tests.writers.fhir.profile_cases import EXAMPLE, Json, case, named, references, written

TESTS = Path(__file__).parents[2]


def report_of(known: dict[str, Json]) -> Json:
    return next(r for r in known.values() if r["resourceType"] == "DiagnosticReport")


def first(known: dict[str, Json], profile: str) -> Json:
    return next(r for r in known.values() if claimed(r) == {profile})


def in_report(change: Callable[[Json], None]) -> Callable[[dict[str, Json]], None]:
    return lambda known: change(report_of(known))


def in_first(profile: str, change: Callable[[Json], None]) -> Callable[[dict[str, Json]], None]:
    return lambda known: change(first(known, profile))


def someone(known: dict[str, Json], kind: str) -> Json:
    return {"reference": next(n for n, r in known.items() if r["resourceType"] == kind)}


COMMON, FINDINGS = "JP_Observation_Common", "JP_Observation_Radiology_Findings"
IMPRESSION, STUDY = "JP_Observation_Radiology_Impression", "JP_ImagingStudy_Radiology"
LP, RAD = {"system": LOINC, "code": "LP29684-5"}, {"system": "urn:x", "code": "RAD"}
MUTANTS: dict[str, tuple[str, Callable[[dict[str, Json]], Any]]] = {
    "no category": ("1", in_report(lambda r: r.pop("category"))),
    "two first categories": ("2", in_report(lambda r: r["category"].append({"coding": [LP]}))),
    "RAD beside radiology": ("2", in_report(lambda r: r["category"][0]["coding"].append(RAD))),
    "a modality outside": ("3", in_report(
        lambda r: r["category"].append({"coding": [{"system": DCM, "code": "DOC"}]}))),
    "two modalities in one": ("3", in_report(
        lambda r: r["category"][1]["coding"].append({"system": DCM, "code": "OT"}))),
    "a modality that is lost": ("3", in_report(lambda r: r["category"].pop(1))),
    "another document code": ("4", in_report(lambda r: r["code"]["coding"][0].update(code="1"))),
    "another display": ("4", in_report(lambda r: r["code"]["coding"][0].update(display="報告書"))),
    "no LOINC code": ("4", in_report(lambda r: r["code"]["coding"].pop())),
    "no identifier": ("5", in_report(lambda r: r.pop("identifier"))),
    "an untyped identifier": ("5", in_report(lambda r: r["identifier"][0].pop("type"))),
    "final over preliminary": ("6", in_report(lambda r: r.update(status="final"))),
    "a period": ("7", in_report(lambda r: r.update(effectivePeriod={"start": "2026"}))),
    "an organization performs": ("8", lambda k: report_of(k).update(
        performer=[someone(k, "Organization")])),
    "an organization interprets": ("8", lambda k: report_of(k).update(
        resultsInterpreter=[someone(k, "Organization")])),
    "a result that claims nothing": ("9", in_first(FINDINGS, lambda o: o.pop("meta"))),
    "no result": ("9", in_report(lambda r: r.pop("result"))),
    "a study that claims nothing": ("9", in_first(STUDY, lambda s: s.pop("meta"))),
    "based on an encounter": ("10", in_report(
        lambda r: r.update(basedOn=[{"type": "Encounter"}]))),
    "of a device": ("10", lambda k: report_of(k).update(subject=someone(k, "Device"))),
    "another conclusion": ("11", in_report(lambda r: r.update(conclusion="別"))),
    "no narrative": ("11", in_report(lambda r: r.pop("text"))),
    "no category of JP Core": ("12", in_first(COMMON, lambda o: o["category"].pop(0))),
    "an unknown category": ("12", in_first(
        COMMON, lambda o: o["category"][0]["coding"][0].update(code="x"))),
    "two systems in one category": ("12", in_first(
        COMMON, lambda o: o["category"][0]["coding"].append({"system": "urn:x", "code": "y"}))),
    "performed by a device": ("13", lambda k: first(k, COMMON).update(
        performer=[someone(k, "Device")])),
    "a study as a member": ("14", lambda k: first(k, COMMON).update(
        hasMember=[someone(k, "ImagingStudy")])),
    "derived from a patient": ("14", lambda k: first(k, COMMON).update(
        derivedFrom=[someone(k, "Patient")])),
    "part of a device": ("14", lambda k: first(k, COMMON).update(partOf=[someone(k, "Device")])),
    "findings of an exam": ("15", in_first(
        FINDINGS, lambda o: o["category"][0]["coding"][0].update(code="exam"))),
    "a second code of findings": ("16", in_first(FINDINGS, lambda o: o["code"]["coding"].append(
        {"system": LOINC, "code": "59776-5"}))),
    "findings' code of the impression": ("16", in_first(
        IMPRESSION, lambda o: o["code"]["coding"][0].update(code="18782-3"))),
    "no words": ("17", in_first(FINDINGS, lambda o: o.update(valueString=""))),
    "a period of the impression": ("17", in_first(
        IMPRESSION, lambda o: o.update(effectivePeriod={"start": "2026"}))),
    "findings without identifier": ("18", in_first(FINDINGS, lambda o: o.pop("identifier"))),
    "findings of a care plan": ("18", in_first(
        FINDINGS, lambda o: o.update(basedOn=[{"type": "CarePlan"}]))),
    "an impression derived from grades": ("18", in_first(
        IMPRESSION, lambda o: o.update(derivedFrom=o["hasMember"]))),
    "no members": ("19", in_first(IMPRESSION, lambda o: o.pop("hasMember"))),
    "findings with one member only": ("20", in_first(
        FINDINGS, lambda o: o.update(hasMember=o["hasMember"][:1]))),
    "an impression without a grade": ("20", in_first(
        IMPRESSION, lambda o: o.update(hasMember=o["hasMember"][:-1]))),
    "words that claim to be coded": ("20", in_first(
        COMMON, lambda o: o["code"]["coding"].append({"system": LOINC, "code": "18782-3"}))),
    "a study without status": ("21", in_first(STUDY, lambda s: s.pop("status"))),
    "a study's modality outside": ("22", in_first(
        STUDY, lambda s: s["modality"][0].update(code="PLAN"))),
    "a series without modality": ("22", in_first(
        STUDY, lambda s: s.update(series=[{"uid": "1.2"}]))),
    "a procedure code": ("23", in_first(STUDY, lambda s: s.update(procedureCode=[{}]))),
    "a bare UID": ("24", in_first(STUDY, lambda s: s["identifier"][0].update(value="1.2.3"))),
    "a patient without identifier": ("25", in_first("JP_Patient", lambda p: p.pop("identifier"))),
    "an identifier without value": ("25", in_first(
        "JP_Patient", lambda p: p["identifier"][0].pop("value"))),
    "two names of a representation": ("26", in_first(
        "JP_Patient", lambda p: p["name"].append(p["name"][0]))),
    "another representation": ("26", in_first(
        "JP_Patient", lambda p: p["name"][0]["extension"][0].update(valueCode="XYZ"))),
    "a name cut in half": ("26", in_first(
        "JP_Patient", lambda p: p["name"].append({"family": "山田"}))),
    "a device that claims": ("claims", lambda k: k[someone(k, "Device")["reference"]].update(
        meta={"profile": [f"{JP}/StructureDefinition/JP_Patient"]})),
    "a profile too many": ("claims", in_first(COMMON, lambda o: o["meta"]["profile"].append(
        f"{JP}/StructureDefinition/{FINDINGS}"))),
}  # fmt: skip


@pytest.mark.parametrize("name", MUTANTS)
def test_the_rules_see_what_is_wrong(name: str) -> None:
    rule, change = MUTANTS[name]
    known = copy.deepcopy(named(written(case(EXAMPLE), "jp-core")))
    assert Rules(known).breaches() == []
    change(known)
    assert rule in Rules(known).breaches()


@pytest.mark.parametrize(
    ("file", "rule"),
    [("21_jp_no_category", "1"), ("22_jp_no_LP29684", "2"), ("23_jp_wrong_loinc_in_jp_cs", "4"),
     ("24_jp_effectivePeriod", "7"), ("25_jp_performer_org", "8"), ("26_jp_two_first", "2")],
)  # fmt: skip
def test_the_rules_see_reports_that_were_made_wrong(file: str, rule: str) -> None:
    bundle = json.loads((TESTS / "golden" / "jp_core_bundle.json").read_text("utf-8"))
    known = named(bundle)
    right = set(Rules(known).breaches())
    wrong = json.loads((TESTS / "wrong_fhir" / f"{file}.json").read_text("utf-8"))
    known |= {"urn:uuid:o": {"resourceType": "Organization"}}
    name = next(n for n, r in known.items() if r["resourceType"] == "DiagnosticReport")
    for reference in references(wrong):
        known.setdefault(reference, {"resourceType": reference.partition("/")[0]})
    assert rule in set(Rules(known | {name: wrong}).breaches()) - right
