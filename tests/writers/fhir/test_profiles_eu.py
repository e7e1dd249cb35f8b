"""HL7 Europe: every rule of its report over all samples and ways to write them, and refusals."""

import dataclasses
from xml.etree import ElementTree

import pytest

from adapter.errors import Usage
from adapter.model import Study
from adapter.readers.options import ReadOptions
from adapter.readers.previous import previous
from tests.writers.fhir.eu_rules import EU, Rules
from tests.writers.fhir.eu_written import (
    EVERYTHING,
    EXAMPLE,
    NO_STUDY,
    SITE,
    STORED,
    eu,
    of,
    sections,
)
from tests.writers.fhir.profile_cases import (
    NAMES,
    SAMPLES,
    TERMS,
    Json,
    accepted,
    bytes_of,
    case,
    codes,
    named,
    of_type,
    read_back,
    replaced,
    told,
    with_unknown,
)

BUNDLES = ("document", "transaction", "collection", "none")
WAYS: tuple[Json, ...] = (
    {},
    {"lang": "en", "verified_by": "Yamada^Taro=山田^太郎", "settings": SITE},
    {"settings": SITE, "presented_form": True, "snomed": "full"},
)


def test_reading_back_what_has_everything_gives_the_same_findings() -> None:
    again = read_back(bytes_of(case(EVERYTHING), "eu", settings=SITE))
    assert told(again) == told(case(EVERYTHING))


def test_what_is_not_mapped_is_carried_and_stands_in_a_section() -> None:
    made = of(with_unknown())
    assert Rules(made).breaches() == []
    findings = sections(made)["59776-5"]
    assert {r for r in named(made) if "not-mapped" in str(named(made)[r].get("meta"))} <= {
        e["reference"] for e in findings["entry"]
    }
    assert "c2" in findings["text"]["div"]
    again = read_back(bytes_of(with_unknown(), "eu"))
    kept = {(u.names, u.exam.study) for u in with_unknown().case.unmapped}
    assert kept == {(u.names, u.exam.study) for u in again.case.unmapped}


@pytest.mark.parametrize("name", [*STORED, EVERYTHING])
def test_every_observation_and_study_stands_in_one_section(name: str) -> None:
    made = eu(name, settings=SITE)
    entries = [e for s in sections(made).values() for e in s.get("entry", [])]
    shown = [e["reference"] for e in entries if "reference" in e]
    kinds = ("Observation", "ImagingStudy")
    assert sorted(shown) == sorted(n for n, r in named(made).items() if r["resourceType"] in kinds)


@pytest.mark.parametrize("name", STORED)
def test_the_narrative_of_every_section_is_well_formed(name: str) -> None:
    for lang in ("ja", "en"):
        for section in sections(eu(name, lang=lang)).values():
            div = ElementTree.fromstring(section["text"]["div"])
            assert div.tag == "{http://www.w3.org/1999/xhtml}div"
            assert "".join(div.itertext()).strip()


def test_a_document_is_what_is_written_where_nothing_else_is_asked_for() -> None:
    made = eu()
    assert made["type"] == "document"
    assert made["meta"]["profile"] == [f"{EU}/BundleReportEuImaging"]
    assert made["timestamp"]
    for bundle in ("transaction", "collection"):
        assert "meta" not in eu(bundle=bundle)


def test_a_section_without_an_entry_says_so_in_words_and_by_code() -> None:
    made = sections(eu("02-definite-spinal-mri/fhir", lang="en"))
    order = made["55115-0"]
    assert codes(order["emptyReason"]) == ["unavailable"]
    assert "Not stated in the inputs" in order["text"]["div"]
    assert "entry" not in order


def test_sections_hold_what_their_codes_say() -> None:
    made = sections(eu("11-hypotension-confirmed/fhir", lang="en"))
    assert list(made) == ["18726-0", "55115-0", "11329-0", "55111-9", "59776-5", "19005-8"]
    assert made["18726-0"]["title"] == "Imaging study"
    (report,) = of_type(eu("11-hypotension-confirmed/fhir", lang="en"), "DiagnosticReport")
    assert made["59776-5"]["entry"][-len(report["result"]) :] == report["result"]
    notes = [n["valueAnnotation"]["text"] for n in made["19005-8"]["extension"]]
    assert "\n\n".join(notes) == report["conclusion"]
    (exam,) = made["55111-9"]["extension"]
    assert exam["valueAnnotation"]["text"].startswith("Brain MRI / 2026-")
    words = "".join(ElementTree.fromstring(made["59776-5"]["text"]["div"]).itertext())
    assert "Brain MRI" in words


def test_the_report_names_its_composition_and_the_composition_its_report() -> None:
    made = eu()
    (report,), (composition,) = of_type(made, "DiagnosticReport"), of_type(made, "Composition")
    (to,) = report["extension"]
    (back,) = composition["extension"]
    assert named(made)[to["valueReference"]["reference"]] == composition
    assert named(made)[back["valueReference"]["reference"]] == report
    assert composition["identifier"] == report["identifier"][0]


def test_a_server_is_asked_to_update_the_composition_by_its_identifier() -> None:
    made = eu(bundle="transaction", settings=SITE)
    asked = {e["resource"]["resourceType"]: e["request"] for e in made["entry"]}
    (composition,) = of_type(made, "Composition")
    value = composition["identifier"]["value"]
    assert asked["Composition"] == {
        "method": "PUT",
        "url": f"Composition?identifier=urn:ietf:rfc:3986%7C{value}",
    }
    assert asked["DiagnosticReport"]["method"] == "PUT"
    assert asked["PractitionerRole"]["ifNoneExist"]


def test_all_versions_share_the_composition_s_identifier() -> None:
    first, other = eu(), eu(verified_by="山田 太郎", lang="en")
    ids = [of_type(m, "Composition")[0]["identifier"] for m in (first, other)]
    assert ids[0] == ids[1]


def test_the_next_version_takes_back_what_it_no_longer_says() -> None:
    old_bytes = bytes_of(with_unknown(), "eu", settings=SITE)
    old = previous(old_bytes, "old.json", TERMS, ReadOptions())
    made = eu(SAMPLES[0], bundle="transaction", previous=(old,), settings=SITE)
    gone = [o for o in of_type(made, "Observation") if o["status"] == "entered-in-error"]
    assert len(gone) == len(with_unknown().case.unmapped)
    (composition,) = of_type(made, "Composition")
    assert composition["identifier"]["value"] == f"urn:uuid:{old.name}"


def test_orders_stand_in_report_studies_and_section_with_the_system_of_the_settings() -> None:
    made = eu(EVERYTHING, settings=SITE)
    (report,) = of_type(made, "DiagnosticReport")
    (order,) = report["basedOn"]
    assert order["type"] == "ServiceRequest"
    assert (order["identifier"]["system"], order["identifier"]["value"]) == (
        SITE["order"]["system"], "A-1"
    )  # fmt: skip
    assert sections(made)["55115-0"]["entry"] == [order]
    one, other = of_type(made, "ImagingStudy")
    assert one["basedOn"] == [order]
    assert order["identifier"] in one["identifier"]
    assert "basedOn" not in other


def test_an_accession_number_without_its_system_is_refused() -> None:
    with pytest.raises(Usage, match=r"basedOn\.identifier\.system.*\[order\]"):
        eu(EVERYTHING)


def test_the_settings_organization_answers_for_report_and_composition() -> None:
    made = eu(settings=SITE, verified_by="山田 太郎")
    (report,), (composition,) = of_type(made, "DiagnosticReport"), of_type(made, "Composition")
    by_name = named(made)
    (place,) = report["performer"]
    assert by_name[place["reference"]]["name"] == SITE["organization"]["name"]
    role, device, organization = composition["author"]
    assert organization == place
    assert by_name[device["reference"]]["resourceType"] == "Device"
    signing = by_name[by_name[role["reference"]]["practitioner"]["reference"]]
    assert signing["name"][0]["text"] == "山田 太郎"
    assert by_name[role["reference"]]["organization"] == place
    assert [report["status"], composition["status"]] == ["final", "final"]


def test_an_interpreter_who_does_not_sign_is_no_author() -> None:
    made = eu(settings=SITE)
    (report,), (composition,) = of_type(made, "DiagnosticReport"), of_type(made, "Composition")
    kinds = [named(made)[a["reference"]]["resourceType"] for a in composition["author"]]
    assert kinds == ["Device", "Organization"]
    assert len(report["resultsInterpreter"]) == 1
    assert composition["status"] == "preliminary"


def test_without_settings_the_institutions_of_the_inputs_answer() -> None:
    made = eu()
    names = {n for e in case(EXAMPLE).case.exams for n in e.institutions}
    (report,) = of_type(made, "DiagnosticReport")
    assert {named(made)[p["reference"]]["name"] for p in report["performer"]} == names
    assert of_type(made, "PractitionerRole") == []


def test_without_an_organization_the_software_alone_is_the_author() -> None:
    graded = case("02-definite-spinal-mri/sr")
    exams = tuple(dataclasses.replace(e, institutions=()) for e in graded.case.exams)
    made = of(replaced(graded, exams=exams))
    assert Rules(made).breaches() == []
    (composition,) = of_type(made, "Composition")
    (author,) = composition["author"]
    assert named(made)[author["reference"]]["resourceType"] == "Device"


def test_where_images_were_made_is_the_place_of_the_series() -> None:
    graded = case("02-definite-spinal-mri/sr")
    (study,) = graded.case.studies
    held = (("1.2.840.10008.5.1.4.1.1.4", "1.2.3.4", "1.2.3"),)
    made = of(replaced(graded, studies=(dataclasses.replace(study, instances=held),)))
    assert Rules(made).breaches() == []
    (shown,) = of_type(made, "ImagingStudy")
    (performer,) = shown["series"][0]["performer"]
    assert codes(performer["function"]) == ["LOC"]
    assert named(made)[performer["actor"]["reference"]]["name"] == study.institution


@pytest.mark.parametrize("name", [NO_STUDY, *sorted(set(NAMES) - set(SAMPLES) - {EVERYTHING})])
def test_a_case_without_an_imaging_study_is_refused(name: str) -> None:
    with pytest.raises(Usage, match=r"DiagnosticReport\.imagingStudy.*ImagingStudy"):
        eu(name, settings=SITE)


def test_a_study_without_its_uid_is_refused() -> None:
    graded = case("02-definite-spinal-mri/fhir")
    studies = (*graded.case.studies, Study(id="local"))
    with pytest.raises(Usage, match=r"ImagingStudy\.identifier"):
        of(replaced(graded, studies=studies))


@pytest.mark.parametrize(
    ("known", "element"), [({"names": ()}, "name"), ({"birth_date": ""}, "birthDate")]
)
def test_what_is_not_known_of_the_patient_is_refused_or_told(known: Json, element: str) -> None:
    patient = dataclasses.replace(case(EXAMPLE).case.patient, **known)
    graded = replaced(case(EXAMPLE), patient=patient)
    with pytest.raises(Usage, match=rf"Patient\.{element}.*missing"):
        of(graded)
    made = of(graded, settings={"profile": {"eu": {"missing": "unknown"}}})
    assert Rules(made).breaches() == []
    accepted(made)


def test_without_any_date_the_element_is_refused() -> None:
    graded = case("02-definite-spinal-mri/fhir")
    with pytest.raises(Usage, match=r"Composition\.date.*--now"):
        of(graded, now=None, bundle="collection")
    with pytest.raises(Usage, match="--now"):
        of(graded, now=None)
