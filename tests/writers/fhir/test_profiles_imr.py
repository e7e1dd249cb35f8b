"""IHE IMR: every rule of its Store Bundle over all samples and ways to write them, and refusals."""

import dataclasses
import re
from typing import Any
from xml.etree import ElementTree

import pytest

from adapter.errors import Usage
from adapter.model import ExamRef, Study
from adapter.readers.options import ReadOptions
from adapter.readers.previous import previous
from tests.writers import graded_examples as examples
from tests.writers.fhir.imr_rules import Rules, claimed
from tests.writers.fhir.imr_written import (
    EXAMPLE,
    NO_EXAM,
    SITE,
    STORED,
    imr,
    of,
    site,
    with_orders,
)
from tests.writers.fhir.profile_cases import (
    TERMS,
    Json,
    accepted,
    bytes_of,
    case,
    codes,
    named,
    of_type,
    read_back,
    sample,
    told,
    with_unknown,
)

WAYS: tuple[Json, ...] = (
    {},
    {"lang": "en", "verified_by": "Yamada^Taro=山田^太郎"},
    {"snomed": "full", "timezone": "+09:00", "presented_form": True},
)


@pytest.mark.parametrize("name", STORED)
def test_no_rule_is_broken_however_a_sample_is_written(name: str) -> None:
    for more in WAYS:
        made = imr(name, **more)
        assert Rules(made).breaches() == [], more
        accepted(made)


@pytest.mark.parametrize("name", STORED)
def test_reading_it_back_gives_the_same_conclusions_and_findings(name: str) -> None:
    for graded in (case(name), with_orders(name)):
        again = read_back(bytes_of(graded, "imr", bundle=None, settings=SITE))
        assert told(again) == told(graded)
        assert {i.code for i in again.case.issues} == {"own-conclusion-skipped"}


@pytest.mark.parametrize("name", STORED)
def test_the_narrative_and_the_page_are_well_formed(name: str) -> None:
    (report,) = of_type(imr(name), "DiagnosticReport")
    div = ElementTree.fromstring(report["text"]["div"])
    assert div.tag == "{http://www.w3.org/1999/xhtml}div"
    (form,) = report["presentedForm"]
    assert form["contentType"] == "text/html"


@pytest.mark.parametrize("name", NO_EXAM)
def test_a_case_without_any_exam_has_no_study_to_store(name: str) -> None:
    with pytest.raises(Usage, match=r"imagingStudy|ImagingStudy\.modality"):
        imr(name)


def test_the_bundle_holds_the_report_first_and_creates_each_resource_once() -> None:
    made = of(with_orders())
    kinds = [e["resource"]["resourceType"] for e in made["entry"]]
    assert kinds == ["DiagnosticReport", *["ServiceRequest"] * 4, *["ImagingStudy"] * 4]
    for entry in made["entry"]:
        system, value = re.fullmatch(
            r"identifier=(.+)%7C(.+)", entry["request"]["ifNoneExist"]
        ).groups()  # type: ignore[union-attr]
        known = {(i.get("system"), i["value"]) for i in entry["resource"]["identifier"]}
        assert (system, value) in known
        assert "id" not in entry["resource"]


def test_only_a_transaction_is_stored() -> None:
    for bundle in ("document", "collection", "none"):
        with pytest.raises(Usage, match="transaction"):
            imr(bundle=bundle)


def test_orders_are_created_and_everything_of_a_study_names_its_own() -> None:
    made = of(with_orders())
    assert Rules(made).breaches() == []
    by_url = named(made)
    (report,) = of_type(made, "DiagnosticReport")
    assert len(report["basedOn"]) == 4
    for study in of_type(made, "ImagingStudy"):
        order = by_url[study["basedOn"][0]["reference"]]
        (number,) = order["identifier"]
        assert number["value"] in {i["value"] for i in study["identifier"]}
        assert number["system"] == SITE["order"]["system"]
    inner = [o for o in report["contained"] if o["resourceType"] == "Observation"]
    profiled = [o for o in inner if claimed(o) == ["imr-observation"]]
    assert len(profiled) == len([o for o in inner if ["imaging"] in map(codes, o["category"])])
    for one in profiled:
        for at in one.get("partOf", []):
            assert by_url[at["reference"]]["basedOn"] == one["basedOn"]


def test_a_number_without_a_system_never_finds_another_hospital_s_order() -> None:
    made = of(with_orders(), settings=site(order={}))
    assert Rules(made).breaches() == []
    for entry in made["entry"]:
        if entry["resource"]["resourceType"] == "ServiceRequest":
            assert entry["request"]["ifNoneExist"].startswith("identifier=urn:ietf:rfc:3986%7C")


def test_without_an_accession_number_there_is_no_order_and_no_claim_that_asks_for_one() -> None:
    made = imr()
    (report,) = of_type(made, "DiagnosticReport")
    assert of_type(made, "ServiceRequest") == []
    assert "basedOn" not in report
    assert not any(map(claimed, report["contained"]))


def test_the_report_tells_findings_and_impression_in_words() -> None:
    (report,) = of_type(imr(lang="en"), "DiagnosticReport")
    by_id = {f"#{c['id']}": c for c in report["contained"]}
    findings, impression, *grades = (by_id[r["reference"]] for r in report["result"])
    assert codes(findings["code"]) == ["59776-5", "18782-3"]
    assert "Spinal" in findings["valueString"]
    assert codes(impression["code"]) == ["19005-8"]
    assert impression["valueString"] == report["conclusion"]
    assert {m["reference"] for m in impression["hasMember"]} == {f"#{g['id']}" for g in grades}
    groups = {o["id"] for o in report["contained"] if "hasMember" in o} - {impression["id"]}
    assert groups <= {d["reference"][1:] for d in findings["derivedFrom"]}
    assert len(groups) == len(case(EXAMPLE).case.exams)


def test_what_is_not_mapped_is_carried_and_of_no_other_exam() -> None:
    graded = with_unknown()
    made = of(graded)
    assert Rules(made).breaches() == []
    again = read_back(bytes_of(graded, "imr", bundle=None, settings=SITE))
    assert told(again) == told(graded)
    kept = {(u.names, u.exam.study) for u in graded.case.unmapped}
    assert kept <= {(u.names, u.exam.study) for u in again.case.unmapped}


def test_the_report_s_organization_is_nowhere_taken_for_where_an_exam_was_made() -> None:
    exam = ExamRef(kind="spinal-mri", study=examples.STUDY, date="2026-03-02")
    graded = examples.grade(
        examples.case(
            examples.say("epi-fluid", site="T3", exam=exam),
            examples.say("ortho-headache", date="2026-02-01"),
            studies=(Study(id=examples.STUDY, date="2026-03-02", modalities=("MR",)),),
        )
    )
    assert told(read_back(bytes_of(graded, "imr", bundle=None, settings=SITE))) == told(graded)


def test_a_contained_observation_can_be_left_out() -> None:
    settings = site(profile={"imr": {"observations": "none"}}, endpoint={"reference": "Endpoint/1"})
    made = imr(settings=settings)
    assert Rules(made).breaches() == []
    assert not any("contained" in r for r in named(made).values())
    (report,) = of_type(made, "DiagnosticReport")
    assert "result" not in report
    assert report["conclusionCode"]


def test_who_answers_is_named_as_the_settings_say() -> None:
    (report,) = of_type(imr(verified_by="山田 太郎"), "DiagnosticReport")
    (place,) = report["performer"]
    (organization,) = [c for c in report["contained"] if f"#{c['id']}" == place["reference"]]
    assert organization["name"] == SITE["organization"]["name"]
    assert place["identifier"] == SITE["organization"]["identifier"]
    signing, reader = report["resultsInterpreter"]
    assert (signing["display"], reader["display"]) == ("山田 太郎", "試験 一郎")
    assert reader["identifier"] == SITE["interpreter"]["identifier"]
    assert not any("reference" in p for p in (signing, reader))
    assert report["status"] == "final"


def test_who_the_receiver_has_is_referred_to_where_it_is() -> None:
    known = {
        name: {**SITE[name], "reference": to}
        for name, to in (("organization", "Organization/1"), ("interpreter", "Practitioner/2"))
    }
    made = imr(settings=site(**known))
    assert Rules(made).breaches() == []
    (report,) = of_type(made, "DiagnosticReport")
    assert report["performer"][0]["reference"] == "Organization/1"
    assert report["resultsInterpreter"][0]["reference"] == "Practitioner/2"
    names = {c["name"] for c in report["contained"] if c["resourceType"] == "Organization"}
    assert SITE["organization"]["name"] not in names


def test_without_an_organization_the_institutions_of_the_inputs_answer() -> None:
    settings = {k: v for k, v in SITE.items() if k != "organization"}
    made = imr(settings=settings)
    assert Rules(made).breaches() == []
    (report,) = of_type(made, "DiagnosticReport")
    names = {n for e in case(EXAMPLE).case.exams for n in e.institutions}
    assert {p["display"] for p in report["performer"]} == names


def test_the_patient_is_found_by_number_or_by_search() -> None:
    number = {"system": "urn:oid:1.2.392.100495.20.3.51.11234567890", "value": "SAMPLE-15"}
    for resource in named(imr()).values():
        assert resource["subject"] == {"type": "Patient", "identifier": number}
    made = imr(settings=site(profile={"imr": {"patient": "search"}}))
    assert Rules(made).breaches() == []
    (report,) = of_type(made, "DiagnosticReport")
    assert report["subject"]["reference"] == (
        f"Patient?identifier={number['system']}%7C{number['value']}"
    )
    again = read_back(
        bytes_of(case(EXAMPLE), "imr", bundle=None,
                 settings=site(profile={"imr": {"patient": "search"}}))
    )  # fmt: skip
    assert told(again) == told(case(EXAMPLE))


@pytest.mark.parametrize("connection", ["ihe-iid", "dicom-wado-rs"])
def test_an_address_is_an_endpoint_of_each_study(connection: str) -> None:
    address = "https://view.example.jp/?requestType=STUDY&studyUID={study}"
    endpoint = {"connection_type": connection, "address": address}
    made = imr(settings=site(endpoint=endpoint))
    assert Rules(made).breaches() == []
    for study in of_type(made, "ImagingStudy"):
        (one,) = study["contained"]
        uid = study["identifier"][0]["value"].removeprefix("urn:oid:")
        assert one["address"] == address.replace("{study}", uid)
        assert one["connectionType"]["code"] == connection


@pytest.mark.parametrize(
    "endpoint", [{"reference": "Endpoint/1"}, {"identifier": {"system": "urn:x", "value": "1"}}]
)
def test_an_endpoint_that_the_receiver_has_is_referred_to(endpoint: Json) -> None:
    made = imr(settings=site(endpoint=endpoint))
    assert Rules(made).breaches() == []
    assert not any("contained" in s for s in of_type(made, "ImagingStudy"))


def version(made: Any) -> str:
    (report,) = of_type(made, "DiagnosticReport")
    (own,) = [i["value"] for i in report["identifier"] if i.get("use") == "secondary"]
    return str(own)


def test_the_same_content_is_the_same_report_and_another_is_another() -> None:
    first = version(imr())
    assert bytes_of(case(EXAMPLE), "imr", bundle=None, settings=SITE) == bytes_of(
        case(EXAMPLE), "imr", bundle=None, settings=SITE
    )
    assert version(imr(now="2027-01-01T00:00:00Z")) == first
    others = [
        imr(verified_by="山田 太郎"),
        imr(lang="en"),
        imr(settings=site(organization={"name": "甲病院"})),
        imr("15-four-exams/sr"),
        of(dataclasses.replace(sample(EXAMPLE), policy={"same_site": "region"})),
    ]
    assert len({first, *map(version, others)}) == len(others) + 1


def test_all_versions_share_a_name() -> None:
    def lasting(made: Any) -> Json:
        (report,) = of_type(made, "DiagnosticReport")
        first: Json = report["identifier"][0]
        return first

    assert lasting(imr()) == lasting(imr(verified_by="山田 太郎", lang="en"))


def test_the_next_version_is_created_and_names_the_one_it_replaces() -> None:
    old = previous(bytes_of(case(EXAMPLE), "imr", bundle=None, settings=SITE), "old.json", TERMS,
                   ReadOptions())  # fmt: skip
    made = imr(verified_by="山田 太郎", previous=(old,))
    assert Rules(made).breaches() == []
    (report,) = of_type(made, "DiagnosticReport")
    (link,) = report["extension"]
    assert link["valueReference"]["identifier"]["value"] == version(imr())
    assert version(made) != version(imr())


def test_writing_changes_nothing_that_other_profiles_write() -> None:
    for name in STORED[:6]:
        before = bytes_of(case(name), "base")
        imr(name)
        assert bytes_of(case(name), "base") == before
