"""A graded case as FHIR R4: valid, complete, resolving, and the same every time."""

import json
from typing import Any
from xml.etree import ElementTree

import pytest

from adapter.criteria import Policy
from adapter.errors import Usage
from adapter.writers import fhir
from adapter.writers.options import WriteOptions
from tests.writers.fhir.fhir_written import (
    CASES,
    TERMS,
    coded,
    graded,
    of_type,
    references,
    resources,
    written,
)

BUNDLES = ("transaction", "collection", "document", "none")
NOW = "2026-11-25T12:00:00+09:00"


@pytest.mark.parametrize("bundle", BUNDLES)
@pytest.mark.parametrize("name", CASES)
def test_fhir_resources_accepts_what_is_written(name: str, bundle: str) -> None:
    from fhir.resources.R4B import get_fhir_model_class

    made = written(name, bundle=bundle, now=NOW, snomed="full", verified_by="山田 太郎")
    for resource in made if isinstance(made, list) else [made, *resources(made)]:
        get_fhir_model_class(resource["resourceType"]).model_validate_json(json.dumps(resource))


@pytest.mark.parametrize("bundle", BUNDLES)
@pytest.mark.parametrize("name", CASES)
def test_every_reference_resolves_and_nothing_stands_twice(name: str, bundle: str) -> None:
    made = written(name, bundle=bundle, now=NOW)
    known = (
        [f"{r['resourceType']}/{r['id']}" for r in made]
        if isinstance(made, list)
        else [e["fullUrl"] for e in made["entry"]]
    )
    assert len(known) == len(set(known))
    assert set(references(resources(made))) <= set(known)


@pytest.mark.parametrize("name", CASES)
def test_writing_twice_gives_the_same_bytes(name: str) -> None:
    one, other = graded(name), graded(name)
    assert fhir.write(one, TERMS, WriteOptions()) == fhir.write(other, TERMS, WriteOptions())


def test_another_policy_is_another_report_over_the_same_findings() -> None:
    one = json.loads(fhir.write(graded("all of it"), TERMS, WriteOptions(bundle="collection")))
    strict = graded("all of it", Policy(exclusions="strict"))
    other = json.loads(fhir.write(strict, TERMS, WriteOptions(bundle="collection")))
    assert of_type(one, "DiagnosticReport")[0]["id"] != of_type(other, "DiagnosticReport")[0]["id"]
    assert coded(one, "epi-fluid") == coded(other, "epi-fluid")


def test_a_transaction_updates_ours_and_creates_theirs_only_where_missing() -> None:
    made = written("all of it", bundle="transaction")
    by_type: dict[str, set[str]] = {}
    for entry in made["entry"]:
        request = entry["request"]
        kind = entry["resource"]["resourceType"]
        by_type.setdefault(kind, set()).add(request["method"])
        assert "id" not in entry["resource"]
        assert "identifier=" in request["url"] or request["ifNoneExist"]
    assert by_type.pop("Observation") == {"PUT"}
    assert by_type.pop("DiagnosticReport") == {"PUT"}
    assert set().union(*by_type.values()) == {"POST"}
    urls = [e["request"]["url"] for e in made["entry"] if e["request"]["method"] == "PUT"]
    assert len(urls) == len(set(urls))


def test_a_lesion_is_written_as_the_contract_says() -> None:
    made = written("all of it")
    (lesion,) = [o for o in coded(made, "epi-fluid")
                 if o["identifier"][0]["value"] == "urn:oid:1.2.840.9"]  # fmt: skip
    assert lesion["identifier"][0]["system"] == "urn:dicom:uid"
    assert lesion["effectiveDateTime"] == "2026-03-02T10:15:00+09:00"
    said = [
        (c["code"]["coding"][0]["code"],
         c.get("valueString")
         or (c.get("valueCodeableConcept") or c["dataAbsentReason"])["coding"][0]["code"])
        for c in lesion["component"]
    ]  # fmt: skip
    assert sorted(said) == sorted(
        [
            ("enhancement", "272519000"),
            ("sas-continuity", "52101004"),
            ("sas-continuity", "272519000"),
            ("mimic-venous", "not-performed"),
            ("363698007", "1626008"),
            ("363698007", "73071006"),
            ("363698007", "56401006"),
            ("272741003", "7771000"),
            ("same-site", "1.2.840.8"),
        ]
    )
    assert lesion["bodySite"] == {"text": "Th3-5"}


def test_two_concepts_of_one_lesion_share_its_identifier() -> None:
    made = written("all of it")
    (sac,) = coded(made, "float-dural-sac")
    assert sac["identifier"][0]["value"] == "urn:oid:1.2.840.9"
    assert "component" not in sac


def test_a_sub_region_is_one_code_and_never_split() -> None:
    sites = [o["bodySite"] for o in coded(written("all of it"), "epi-fluid") if "bodySite" in o]
    codes = {c["code"] for s in sites for c in s.get("coding", [])}
    assert {"1217257000", "122495006"} <= codes


def test_both_sides_of_a_contradiction_are_written() -> None:
    values = [o["valueCodeableConcept"]["coding"][0]["code"]
              for o in coded(written("all of it"), "subdural-fluid")]  # fmt: skip
    assert sorted(values) == ["272519000", "52101004"]


def test_an_exam_s_group_names_its_method_and_members() -> None:
    made = written("all of it")
    (group,) = coded(made, "mr-myelography")
    by_url = {e["fullUrl"]: e["resource"] for e in made["entry"]}
    members = [by_url[m["reference"]] for m in group["hasMember"]]
    assert {m["code"]["coding"][0]["code"] for m in members} == {
        "epi-fluid", "float-dural-sac", "subdural-fluid", "contrast-given"
    }  # fmt: skip
    (place,) = group["performer"]
    assert by_url[place["reference"]]["name"] == "第一病院"
    (study,) = group["partOf"]
    assert by_url[study["reference"]]["identifier"][0]["value"] == "urn:oid:1.2.840.1"


def test_measured_values_keep_their_digits_and_comparators() -> None:
    data = fhir.write(graded("all of it"), TERMS, WriteOptions())
    assert b'"value":60.00,' in data
    assert b'"value":3.10,' in data
    pressures = [o.get("valueQuantity") for o in coded(written("all of it"), "csf-pressure")]
    assert {"value": 5, "comparator": "<", "unit": "mm CSF"} in pressures


def test_a_value_that_is_no_number_is_told_absent() -> None:
    reasons = [o["dataAbsentReason"]["coding"][0]["code"]
               for o in coded(written("all of it"), "csf-pressure")
               if "dataAbsentReason" in o]  # fmt: skip
    assert sorted(reasons) == ["error", "unknown"]


def test_a_reason_without_a_code_is_unknown_with_its_words() -> None:
    (herniation,) = coded(written("all of it"), "herniation")
    assert herniation["dataAbsentReason"] == {
        "coding": [
            {
                "system": "http://terminology.hl7.org/CodeSystem/data-absent-reason",
                "code": "unknown",
            }
        ],
        "text": "camera broken",
    }


def test_a_time_without_a_zone_is_cut_to_its_date() -> None:
    studies = of_type(written("all of it"), "ImagingStudy")
    assert [s["started"] for s in studies if "started" in s] == ["2026-03-02"]
    zoned = of_type(written("all of it", timezone="+09:00"), "ImagingStudy")
    assert [s["started"] for s in zoned if "started" in s] == ["2026-03-02T10:00:00+09:00"]


def test_without_an_instant_none_is_made_up() -> None:
    made = written("all of it")
    (provenance,) = of_type(made, "Provenance")
    assert "recorded" not in provenance
    assert provenance["_recorded"]["extension"][0]["valueCode"] == "unknown"
    assert "issued" not in of_type(made, "DiagnosticReport")[0]
    assert "timestamp" not in made
    with pytest.raises(Usage, match="instant"):
        written("all of it", bundle="document")


def test_names_and_identifiers_stay_as_they_came() -> None:
    (patient,) = of_type(written("all of it"), "Patient")
    assert patient["identifier"] == [
        {"value": "00123", "assigner": {"display": "HOSPITAL A"}},
        {"system": "urn:oid:1.2.392.100495.20.3.51.11234567890", "value": "9"},
        {"system": "urn:oid:1.2.3", "value": "7"},
    ]
    shown = {n.get("text") or n["extension"][0]["valueCode"] for n in patient["name"]}
    assert shown == {"IDE", "SYL", "Yamada Hanako"}


def test_the_report_carries_both_conclusions_and_their_codes() -> None:
    made = written("all of it")
    (report,) = of_type(made, "DiagnosticReport")
    case = graded("all of it")
    expected = {
        f"{short}-{c.established}"
        for short, c in zip(("leak", "hypo"), case.conclusions, strict=True)
    } | {"incomplete"}  # an input is refused
    assert {c["coding"][0]["code"] for c in report["conclusionCode"]} == expected
    assert report["conclusion"].index("脳脊髄液漏出症") < report["conclusion"].index("CSF leak")
    assert len(report["result"]) == 2 + len(case.findings)
    assert report["basedOn"][0]["identifier"]["value"] == "A-1"
    assert report["status"] == "preliminary"


def test_hypotension_is_not_coded_where_nothing_of_it_is_given() -> None:
    (report,) = of_type(written("one lesion"), "DiagnosticReport")
    assert [c["coding"][0]["code"] for c in report["conclusionCode"]] == ["leak-suspected"]
    (leak,) = of_type(written("hypotension alone"), "DiagnosticReport")
    assert leak["conclusionCode"][0]["coding"][0]["code"] == "leak-not-assess"


def test_a_physician_makes_the_report_final() -> None:
    made = written("one lesion", verified_by="山田 太郎")
    (report,) = of_type(made, "DiagnosticReport")
    (physician,) = of_type(made, "Practitioner")
    assert report["status"] == "final"
    assert report["resultsInterpreter"] == [{"reference": f"urn:uuid:{physician['id']}"}]


@pytest.mark.parametrize("name", CASES)
def test_a_grade_rests_on_the_findings_it_names(name: str) -> None:
    made = written(name)
    by_url = {e["fullUrl"]: e["resource"] for e in made["entry"]}
    case = graded(name)
    found = coded(made, "finding-grade")
    assert len(found) == len(case.findings)
    for grade_, finding in zip(found, case.findings, strict=True):
        assert grade_["valueCodeableConcept"]["coding"][0]["code"] == finding.established.value
        concepts = {
            by_url[d["reference"]]["code"]["coding"][0]["code"]
            for d in grade_.get("derivedFrom", [])
        }
        stated = finding.subject.lesion is None or finding.subject.lesion >= 0
        assert (finding.concept in concepts) is stated


def test_the_highest_possible_grade_stands_beside_only_where_it_differs() -> None:
    made = written("all of it")
    case = graded("all of it")
    for code, one in zip(("csf-leak-concl", "hypotens-concl"), case.conclusions, strict=True):
        (grade_,) = coded(made, code)
        shown = [c["valueCodeableConcept"]["coding"][0]["code"]
                 for c in grade_.get("component", [])]  # fmt: skip
        assert shown == ([one.possible] if one.possible != one.established else [])


def test_a_refused_input_is_told_in_the_conclusion() -> None:
    (leak,) = coded(written("all of it"), "csf-leak-concl")
    assert any("b.dcm: cut short" in n["text"] for n in leak["note"])


def test_provenance_names_every_input_that_was_used() -> None:
    (provenance,) = of_type(written("all of it"), "Provenance")
    sources = [e["what"]["identifier"] for e in provenance["entity"] if e["role"] == "source"]
    assert {"system": "urn:dicom:uid", "value": "urn:oid:1.2.840.5"} in sources
    assert [s["system"].rsplit("/", 1)[1] for s in sources if "sha-256" in s["system"]] == [
        "sha-256"
    ]


def test_snomed_is_written_as_far_as_the_setting_allows() -> None:
    subset, full = written("all of it"), written("all of it", snomed="full")

    def codes(made: Any) -> str:
        return json.dumps(made)

    assert "713206003" not in codes(subset)
    assert '"2667000"' not in codes(subset)
    assert "713206003" in codes(full)
    assert '"2667000"' in codes(full)


def test_the_leak_s_snomed_code_stands_beside_strong_conclusions_only() -> None:
    for name, strong in (("one lesion", False), ("a leak by CT myelography", True)):
        (report,) = of_type(written(name, snomed="full"), "DiagnosticReport")
        established = graded(name).conclusions[0].established
        assert (established in ("confirmed", "definite")) is strong
        assert ("230744007" in json.dumps(report["conclusionCode"])) is strong


@pytest.mark.parametrize("lang", ["ja", "en"])
def test_the_narrative_is_escaped_xhtml(lang: str) -> None:
    (report,) = of_type(written("all of it", lang=lang), "DiagnosticReport")
    div = ElementTree.fromstring(report["text"]["div"])
    assert div.tag == "{http://www.w3.org/1999/xhtml}div"
    assert not [e for e in div.iter() if e.tag.endswith("script")]


def test_an_unknown_option_is_refused() -> None:
    for options in ({"profile": "x"}, {"bundle": "x"}, {"fhir": "dstu2"}):
        with pytest.raises(Usage):
            written("nothing", **options)
