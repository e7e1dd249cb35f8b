"""IHE IMR: what no input holds and no setting gives is refused with its element."""

import dataclasses
from typing import Any

import pytest

from adapter.errors import Usage
from adapter.model import Study
from tests.writers.fhir.imr_rules import Rules
from tests.writers.fhir.imr_written import EXAMPLE, SITE, STORED, imr, of, site
from tests.writers.fhir.profile_cases import (
    Json,
    case,
    of_type,
    replaced,
)


@pytest.mark.parametrize(
    ("missing", "element"),
    [
        ("interpreter", r"resultsInterpreter.*--verified-by.*interpreter"),
        ("endpoint", r"ImagingStudy\.endpoint.*\[endpoint\]"),
    ],
)
def test_what_no_input_holds_and_no_setting_gives_is_refused(missing: str, element: str) -> None:
    settings = {k: v for k, v in SITE.items() if k != missing}
    for name in STORED:
        with pytest.raises(Usage, match=element):
            imr(name, settings=settings)


@pytest.mark.parametrize(
    "endpoint",
    [{"address": "https://x"}, {"address": "https://x", "connection_type": "dicom-qido-rs"}, {}],
)
def test_an_endpoint_of_another_kind_is_refused(endpoint: Json) -> None:
    with pytest.raises(Usage, match="ihe-iid or dicom-wado-rs"):
        imr(settings=site(endpoint=endpoint))


def test_without_an_organization_anywhere_the_element_is_refused() -> None:
    graded = case("02-definite-spinal-mri/sr")
    exams = tuple(dataclasses.replace(e, institutions=()) for e in graded.case.exams)
    settings = {k: v for k, v in SITE.items() if k != "organization"}
    with pytest.raises(Usage, match=r"DiagnosticReport\.performer.*organization"):
        of(replaced(graded, exams=exams), settings=settings)


def test_without_an_instant_the_element_is_refused() -> None:
    for name in STORED:
        with pytest.raises(Usage, match=r"DiagnosticReport\.issued.*--now"):
            imr(name, now=None)


@pytest.mark.parametrize(
    ("study", "element"),
    [({"id": "local"}, r"ImagingStudy\.identifier"),
     ({"date": None}, r"ImagingStudy\.started"),
     ({"modalities": ()}, r"ImagingStudy\.modality")],
)  # fmt: skip
def test_a_study_of_which_too_little_is_known_is_refused(study: Json, element: str) -> None:
    known = Study(id="1.2.3", date="2026-03-02", modalities=("MR",))
    graded = case("02-definite-spinal-mri/fhir")
    with pytest.raises(Usage, match=element):
        of(replaced(graded, studies=(*graded.case.studies, dataclasses.replace(known, **study))))


@pytest.mark.parametrize("known", [(), (("1", ""),), (("1", "HOSPITAL A"),)])
def test_a_patient_without_a_number_that_a_receiver_knows_is_refused(known: Any) -> None:
    patient = dataclasses.replace(case(EXAMPLE).case.patient, identifiers=known)
    graded = replaced(case(EXAMPLE), patient=patient)
    with pytest.raises(Usage, match=r"DiagnosticReport\.subject.*identifier_system"):
        of(graded)
    if known:
        settings = site(profile={"imr": {"identifier_system": "urn:oid:1.2"}})
        (report,) = of_type(of(graded, settings=settings), "DiagnosticReport")
        assert report["subject"]["identifier"] == {"system": "urn:oid:1.2", "value": "1"}


def test_a_study_s_start_and_modality_come_from_its_exams_where_it_has_none() -> None:
    graded = case("04-definite-same-site/sr")
    bare = tuple(dataclasses.replace(s, date=None, modalities=()) for s in graded.case.studies)
    made = of(replaced(graded, studies=bare))
    assert Rules(made).breaches() == []
    found = {(s["started"], s["modality"][0]["code"]) for s in of_type(made, "ImagingStudy")}
    assert found == {
        (e.dates[0], {"spinal-mri": "MR", "ri-cisternogram": "NM"}[e.method])
        for e in graded.case.exams
    }
