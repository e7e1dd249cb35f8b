"""US Core: every rule that touches what is written, over all samples and ways to write them."""

import copy
import dataclasses
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapter.errors import Usage
from adapter.model import Name
from tests.writers.fhir.profile_cases import (
    BUNDLES,
    EXAMPLE,
    NAMES,
    NOW,
    Json,
    accepted,
    case,
    coded,
    codes,
    named,
    of_patient,
    of_type,
    sample,
    with_unknown,
    written,
)
from tests.writers.fhir.us_core_rules import ABSENT, LOINC, US, Rules, claimed

SITE = {
    "interpreter": {"family": "Shiken", "given": "Ichiro"},
    "organization": "見本大学病院",
    "issuers": [["HOSPITAL", "urn:oid:1.2.3.4"]],
}
UNKNOWN = {"profile": {"us-core": {"missing": "unknown"}}}


def us(name: str = EXAMPLE, **options: Any) -> Any:
    return written(case(name), "us-core", **options)


@settings(max_examples=60, deadline=None)
@given(
    name=st.sampled_from(NAMES),
    bundle=st.sampled_from(BUNDLES),
    lang=st.sampled_from(("ja", "en")),
    verified_by=st.sampled_from((None, "山田 太郎", "Yamada^Taro=山田^太郎")),
    site=st.sampled_from(({}, SITE, UNKNOWN, SITE | UNKNOWN)),
    timezone=st.sampled_from((None, "+09:00")),
    presented=st.booleans(),
)
def test_either_no_rule_is_broken_or_the_element_is_named(
    name: str,
    bundle: str,
    lang: str,
    verified_by: str | None,
    site: Json,
    timezone: str | None,
    presented: bool,
) -> None:
    try:
        made = us(name, bundle=bundle, lang=lang, verified_by=verified_by, settings=site,
                  timezone=timezone, presented_form=presented, now=NOW)  # fmt: skip
    except Usage as error:
        refused = str(error)
    else:
        assert Rules(made).breaches() == []
        return
    assert "profile" not in site
    assert "demands Patient.identifier.system" in refused or "effective[x]" in refused


def first(known: dict[str, Json], kind: str) -> Json:
    return next(r for r in known.values() if r["resourceType"] == kind)


def someone(known: dict[str, Json], kind: str) -> Json:
    return {"reference": next(n for n, r in known.items() if r["resourceType"] == kind)}


def on(kind: str, change: Callable[[Json], Any]) -> Callable[[dict[str, Json]], Any]:
    return lambda known: change(first(known, kind))


def finding(known: dict[str, Json]) -> Json:
    """Return an Observation with a value and no member."""
    return next(
        r
        for r in known.values()
        if "valueCodeableConcept" in r and "component" not in r and "performer" in r
    )


def without_effective(report: Json) -> None:
    for name in [n for n in report if n.startswith("effective")]:
        del report[name]


MUTANTS: dict[str, tuple[str, Callable[[dict[str, Json]], Any]]] = {
    "no category": ("note category", on("DiagnosticReport", lambda r: r["category"].pop(0))),
    "no LOINC code": ("note code", on(
        "DiagnosticReport", lambda r: r["code"]["coding"][0].update(system="urn:x"))),
    "of a device": ("note subject", lambda k: first(k, "DiagnosticReport").update(
        subject=someone(k, "Device"))),
    "an instant": ("note effective", on(
        "DiagnosticReport", lambda r: r.update(effectiveInstant=NOW))),
    "no date": ("us-core-10", on("DiagnosticReport", without_effective)),
    "a device performs": ("note performer", lambda k: first(k, "DiagnosticReport").update(
        performer=[someone(k, "Device")])),
    "no result": ("note result", on("DiagnosticReport", lambda r: r.pop("result"))),
    "a result's category": ("result category", lambda k: finding(k).pop("category")),
    "a result of a device": ("result subject", lambda k: finding(k).update(
        subject=someone(k, "Device"))),
    "a result's timing": ("result effective", lambda k: finding(k).update(effectiveTiming={})),
    "a month": ("us-core-1", lambda k: finding(k).update(effectiveDateTime="2026-02")),
    "no value": ("us-core-2", lambda k: finding(k).pop("valueCodeableConcept")),
    "another unit": ("us-core-3", lambda k: finding(k).update(
        valueQuantity={"value": 1, "system": "urn:x", "code": "cm"})),
    "a study performs": ("result performer", lambda k: finding(k).update(
        performer=[someone(k, "ImagingStudy")])),
    "no identifier": ("patient identifier", on("Patient", lambda p: p.pop("identifier"))),
    "an identifier without system": ("patient identifier", on(
        "Patient", lambda p: p["identifier"][0].pop("system"))),
    "no name": ("patient name", on("Patient", lambda p: p.pop("name"))),
    "a name of text": ("us-core-6", on("Patient", lambda p: p.update(name=[{"text": "x"}]))),
    "a name and why there is none": ("us-core-6", on("Patient", lambda p: p["name"][0].update(
        extension=[{"url": ABSENT, "valueCode": "unknown"}]))),
    "no gender": ("patient gender", on("Patient", lambda p: p.pop("gender"))),
    "no active": ("organization", on("Organization", lambda o: o.pop("active"))),
    "no family name": ("practitioner name", on("Practitioner", lambda p: p["name"][0].clear())),
    "nobody's number": ("practitioner identifier", on(
        "Practitioner", lambda p: p.pop("identifier"))),
    "a study that claims": ("claims", on("ImagingStudy", lambda s: s.update(
        meta={"profile": [f"{US}/us-core-patient"]}))),
    "an Observation that does not": ("claims", lambda k: finding(k).pop("meta")),
}  # fmt: skip


@pytest.mark.parametrize("name", MUTANTS)
def test_the_rules_see_what_is_wrong(name: str) -> None:
    rule, change = MUTANTS[name]
    known = copy.deepcopy(named(us(verified_by="山田 太郎")))
    assert Rules(known).breaches() == []
    change(known)
    assert rule in Rules(known).breaches()


def test_the_report_keeps_the_dates_of_its_exams() -> None:
    (report,) = of_type(us(), "DiagnosticReport")
    assert report["effectivePeriod"] == {"start": "2025-07-01", "end": "2026-01-22"}
    assert codes(report["code"], LOINC) == ["18748-4"]
    assert [codes(c) for c in report["category"]] == [["LP29684-5"], ["RAD"]]


def test_without_an_exam_the_patient_s_facts_give_the_date() -> None:
    for name in ("08-not-assessable/sr", "08-not-assessable/fhir"):
        (report,) = of_type(us(name), "DiagnosticReport")
        assert report["effectiveDateTime"] == "2026-02-21"


def test_a_procedure_alone_gives_the_date() -> None:
    graded = sample("08-not-assessable/fhir")
    (headache,) = graded.case.facts["ortho-headache"].statements
    patch = dataclasses.replace(headache, concept="blood-patch", date="2026-02-20")
    changed = dataclasses.replace(graded.case, facts={}, patches=(patch,))
    made = written(dataclasses.replace(graded, case=changed), "us-core")
    (report,) = of_type(made, "DiagnosticReport")
    assert report["effectiveDateTime"] == "2026-02-20"


def test_without_any_date_the_element_is_refused() -> None:
    graded = of_patient(case("nothing but a name"), identifiers=(("1", "urn:oid:1.2"),))
    with pytest.raises(Usage, match=r"DiagnosticReport\.effective\[x\].*missing"):
        written(graded, "us-core")
    made = written(graded, "us-core", settings=UNKNOWN)
    (report,) = of_type(made, "DiagnosticReport")
    assert report["_effectiveDateTime"]["extension"][0]["valueCode"] == "unknown"
    assert Rules(made).breaches() == []


@pytest.mark.parametrize(
    ("patient", "element"),
    [({"identifiers": ()}, r"Patient\.identifier:"),
     ({"identifiers": (("1", "HOSPITAL B"),)}, r"Patient\.identifier\.system"),
     ({"names": ()}, r"Patient\.name"),
     ({"sex": ""}, r"Patient\.gender")],
)  # fmt: skip
def test_what_is_not_known_of_the_patient_is_refused_or_told(
    patient: dict[str, Any], element: str
) -> None:
    graded = of_patient(sample(EXAMPLE), **patient)
    with pytest.raises(Usage, match=element):
        written(graded, "us-core")
    made = written(graded, "us-core", settings=UNKNOWN)
    assert Rules(made).breaches() == []
    accepted(made)
    (shown,) = of_type(made, "Patient")
    assert "unknown" in str(shown)
    with pytest.raises(Usage, match="refuse, unknown"):
        written(graded, "us-core", settings={"profile": {"us-core": {"missing": "x"}}})


def test_a_system_comes_from_the_input_the_issuers_or_the_profile_s_setting() -> None:
    known = (("1", "urn:oid:1.2.3"), ("2", "HOSPITAL A"), ("3", ""))
    table = {
        "issuers": [["HOSPITAL A", "urn:oid:1.2.9"]],
        "profile": {"us-core": {"identifier_system": "urn:oid:1.2.8"}},
    }
    made = written(of_patient(sample(EXAMPLE), identifiers=known), "us-core", settings=table)
    (patient,) = of_type(made, "Patient")
    assert [(i["system"], i["value"]) for i in patient["identifier"]] == [
        ("urn:oid:1.2.3", "1"), ("urn:oid:1.2.9", "2"), ("urn:oid:1.2.8", "3")
    ]  # fmt: skip


def test_a_name_of_text_says_that_it_is_text() -> None:
    known = (Name(text="山田花子", representation="IDE"), Name(family="Yamada", text="Yamada H."))
    made = written(of_patient(sample(EXAMPLE), names=known), "us-core")
    (patient,) = of_type(made, "Patient")
    (name, other) = patient["name"]
    assert other == {"text": "Yamada H.", "family": "Yamada"}
    assert name["text"] == "山田花子"
    assert [e["valueCode"] for e in name["extension"]] == ["IDE", "as-text"]
    assert Rules(made).breaches() == []


def test_a_physician_s_name_is_in_parts_where_it_can_be_told() -> None:
    (one,) = of_type(us(verified_by="山田 太郎"), "Practitioner")
    assert one["name"][0]["_family"]["extension"][0]["valueCode"] == "as-text"
    (other,) = of_type(us(verified_by="Yamada^Taro"), "Practitioner")
    assert other["name"] == [{"text": "Yamada Taro", "family": "Yamada", "given": ["Taro"]}]
    (report,) = of_type(us(verified_by="Yamada^Taro"), "DiagnosticReport")
    assert report["status"] == "final"
    assert len(report["resultsInterpreter"]) == 1


def test_a_date_without_its_day_is_the_period_it_names() -> None:
    graded = sample(EXAMPLE)
    (exam, *others) = graded.case.exams
    said = {
        concept: dataclasses.replace(
            fact,
            statements=tuple(dataclasses.replace(s, date="2025-07") for s in fact.statements),
        )
        for concept, fact in exam.facts.items()
    }
    month = dataclasses.replace(exam, facts=said, dates=("2025-07",))
    changed = dataclasses.replace(graded.case, exams=(month, *others))
    made = written(dataclasses.replace(graded, case=changed), "us-core")
    assert Rules(made).breaches() == []
    periods = [o["effectivePeriod"] for o in of_type(made, "Observation") if "effectivePeriod" in o]
    assert {"start": "2025-07", "end": "2025-07"} in periods


def test_places_and_results_are_what_the_report_may_refer_to() -> None:
    made = us(settings=SITE)
    (report,) = of_type(made, "DiagnosticReport")
    by_name = named(made)
    assert {claimed(by_name[r["reference"]])[0] for r in report["performer"]} == {
        "us-core-organization"
    }
    assert {claimed(by_name[r["reference"]])[0] for r in report["result"]} == {
        "us-core-observation-clinical-result"
    }
    assert len(coded(made, "finding-grade")) == len(case(EXAMPLE).findings)


def test_what_is_not_mapped_is_carried_within_the_rules() -> None:
    assert len(with_unknown().case.unmapped) == 4
    for bundle in BUNDLES:
        made = written(with_unknown(), "us-core", bundle=bundle)
        assert Rules(made).breaches() == []
        assert len([o for o in of_type(made, "Observation") if "c0" in codes(o["code"])]) == 1
        accepted(made)
