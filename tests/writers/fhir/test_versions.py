"""A report's life on a server: what is the same report, what its next version, what another."""

import io
import json
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import pydicom
import pytest

from adapter import criteria
from adapter.criteria import Policy
from adapter.merge import merge
from adapter.model import Document, Graded, Input, Patient, Statement, Study
from adapter.writers import dicom_sr, fhir, ids
from adapter.writers.options import WriteOptions
from tests.writers.graded_examples import CASES, PATIENT, TERMS, VERSIONS, A, P, say

MRI, RI, LATER = "1.2.392.1", "1.2.392.2", "1.2.392.9"
URI = "urn:ietf:rfc:3986"


def document(
    name: str, *statements: Statement, patient: Patient = PATIENT, studies: Iterable[Study] = ()
) -> Document:
    return Document(
        input=Input(name=name, digest=name * 8, format="fhir", date="2026-04-01"),
        patient=patient,
        statements=statements,
        studies=tuple(studies),
    )


def spinal(site: str = "T3", study: str = MRI, day: str = "2026-03-02", **more: Any) -> Statement:
    parts = more.pop("parts", (say("enhancement", A), say("sas-continuity", P)))
    return say("epi-fluid", P, *parts, site=site, exam=of("spinal-mri", study, day), **more)


def of(kind: str, study: str | None, day: str | None) -> Any:
    return replace(say("epi-fluid").exam, kind=kind, study=study, date=day)


def leakage(study: str = RI, day: str = "2026-03-05") -> Statement:
    pattern = say("ri-pattern", P, value="unilateral")
    return say("ri-epidural", P, pattern, site="T3", exam=of("ri-cisternogram", study, day))


FIRST = document("first", spinal(uid="2.25.11"), studies=[Study(id=MRI, date="2026-03-02")])
SECOND = document("second", leakage(), studies=[Study(id=RI, date="2026-03-05")])


def graded(*documents: Document, versions: Any = VERSIONS, **policy: Any) -> Graded:
    return criteria.grade(merge(documents, TERMS), Policy(**policy), versions)


def bundle(of: Graded, **options: Any) -> dict[str, Any]:
    made: dict[str, Any] = json.loads(fhir.write(of, TERMS, WriteOptions(**options)))
    return made


def asked(made: dict[str, Any], *codes: str) -> list[str]:
    """Return what a server is asked to update: of the report, or of Observations of codes."""
    return [
        entry["request"]["url"]
        for entry in made["entry"]
        if entry["request"]["method"] == "PUT"
        and (
            _code(entry["resource"]) in codes
            if codes
            else entry["resource"]["resourceType"] == "DiagnosticReport"
        )
    ]


def _code(resource: dict[str, Any]) -> str:
    return str(resource["code"]["coding"][0]["code"])


def report(made: dict[str, Any]) -> dict[str, Any]:
    [found] = [
        e["resource"] for e in made["entry"] if e["resource"]["resourceType"] == "DiagnosticReport"
    ]
    return dict(found)


def version(made: dict[str, Any]) -> str:
    return str(report(made)["identifier"][1]["value"])


SITE = {"interpreter": "佐藤", "profile": {"us-core": {"identifier_system": "urn:oid:1.2.3"}}}
GRADES = ("csf-leak-concl", "hypotens-concl", "finding-grade")


class TestTheSameReport:
    """What changes nothing about which report it is: each is found by the same search."""

    @pytest.mark.parametrize(
        "again",
        [
            bundle(graded(FIRST, same_site="region")),
            bundle(graded(FIRST, versions={"software": "9.9", "mappings": "other"})),
            bundle(graded(FIRST), lang="en"),
            bundle(graded(FIRST), verified_by="佐藤"),
            bundle(graded(FIRST), snomed="full"),
            bundle(graded(FIRST), now="2026-11-25T12:00:00+09:00", timezone="+09:00"),
        ],
        ids=["policy", "versions", "language", "signed", "snomed", "now"],
    )
    def test_is_asked_for_as_before(self, again: dict[str, Any]) -> None:
        before = bundle(graded(FIRST))
        assert again != before
        assert asked(again) == asked(before)
        assert asked(again, *GRADES) == asked(before, *GRADES)
        assert asked(again, "epi-fluid") == asked(before, "epi-fluid")

    def test_is_updated_when_a_later_exam_is_added(self) -> None:
        before, after = bundle(graded(FIRST)), bundle(graded(FIRST, SECOND))
        assert asked(before) == asked(after)
        assert asked(before, "csf-leak-concl") == asked(after, "csf-leak-concl")
        assert set(asked(before, "finding-grade")) < set(asked(after, "finding-grade"))
        assert asked(before, "epi-fluid") == asked(after, "epi-fluid")
        assert version(before) != version(after)

    def test_is_updated_when_a_lesion_is_read_again(self) -> None:
        weaker = document("first-again", spinal(uid="2.25.11", parts=()))
        before, after = bundle(graded(FIRST)), bundle(graded(weaker))
        assert before["entry"][-2]["resource"]["conclusion"] != report(after)["conclusion"]
        assert asked(before) == asked(after)
        assert asked(before, *GRADES, "epi-fluid") == asked(after, *GRADES, "epi-fluid")

    def test_is_the_same_from_either_name_of_the_issuer(self) -> None:
        pair = ("HOSPITAL", "urn:oid:1.2.3")
        there = replace(PATIENT, identifiers=(("12345", "urn:oid:1.2.3"),))
        mine = document(
            "a", spinal(study=None), patient=replace(PATIENT, identifiers=(("12345", "HOSPITAL"),))
        )
        theirs = document("b", spinal(study=None), patient=there)
        settings = {"issuers": [pair]}
        assert asked(bundle(graded(mine), settings=settings)) == asked(
            bundle(graded(theirs), settings=settings)
        )

    def test_may_be_named_by_the_caller(self) -> None:
        mine = bundle(graded(FIRST), report_id="R-1")
        other_inputs = bundle(graded(document("x", spinal(study=LATER))), report_id="R-1")
        assert asked(mine) == asked(other_inputs) != asked(bundle(graded(FIRST)))
        assert asked(mine) != asked(bundle(graded(FIRST), report_id="R-2"))

    def test_keeps_one_provenance_a_version(self) -> None:
        def tag(made: dict[str, Any]) -> str:
            return str(made["entry"][-1]["request"]["ifNoneExist"])

        assert "_tag=" in tag(bundle(graded(FIRST)))
        assert tag(bundle(graded(FIRST))) == tag(bundle(graded(FIRST)))
        assert tag(bundle(graded(FIRST))) != tag(bundle(graded(FIRST, same_site="region")))


class TestAnotherReport:
    """What must never overwrite a report: each is found by another search."""

    @pytest.mark.parametrize(
        "other",
        [
            document("y", spinal(uid="2.25.11", study=LATER, day="2027-06-01")),
            document("y", spinal(uid="2.25.11", study=None, day="2027-06-01")),
            document("y", spinal(uid="2.25.11"), patient=Patient(identifiers=(("9", "H"),))),
        ],
        ids=["another year's exam", "another year's exam without study", "another patient"],
    )
    def test_is_asked_for_otherwise(self, other: Document) -> None:
        mine, theirs = bundle(graded(FIRST)), bundle(graded(other))
        codes = (*GRADES, "epi-fluid", "spinal-mri")
        assert asked(theirs)
        assert not set(asked(mine)) & set(asked(theirs))
        assert not set(asked(mine, *codes)) & set(asked(theirs, *codes))

    def test_is_that_of_two_patients_who_share_a_number_and_a_day(self) -> None:
        nobody = Patient(identifiers=(("12345", ""),))
        one = document("one", spinal(study=None), patient=nobody)
        other = document("other", spinal(study=None), patient=nobody)
        assert asked(bundle(graded(one))) != asked(bundle(graded(other)))

    def test_is_a_profiles_beside_the_base_one(self) -> None:
        sent = [
            bundle(graded(FIRST), profile=profile, settings=SITE)
            for profile in ("base", "jp-core", "us-core")
        ]
        assert len({url for made in sent for url in asked(made)}) == 3


class TestNames:
    """No two resources of a Bundle may be found by one search, nor may a name tell the patient."""

    @pytest.mark.parametrize("name", CASES)
    def test_are_each_of_one_resource(self, name: str) -> None:
        of = criteria.grade(CASES[name], Policy(), VERSIONS)
        urls = [e["request"]["url"] for e in bundle(of)["entry"] if e["request"]["method"] == "PUT"]
        assert len(urls) == len(set(urls))
        assert all(f"identifier={URI}%7Curn:uuid:" in url for url in urls)

    def test_of_alike_lesions_and_statements_are_counted(self) -> None:
        twice = document("t", spinal(), spinal(), say("circ-failure", P, day="2026-03-05"),
                         say("csf-pressure", P, date="2026-03-03"),
                         say("csf-pressure", P, date="2026-03-04"))  # fmt: skip
        of = graded(twice)
        made = bundle(of)
        for code, count in (
            ("epi-fluid", 2),
            ("finding-grade", len(of.findings)),
            ("csf-pressure", 2),
        ):
            assert len(set(asked(made, code))) == count

    def test_show_nothing_of_the_patient(self) -> None:
        made = bundle(graded(FIRST), report_id="山田花子 12345")
        for one in report(made)["identifier"]:
            assert "12345" not in one["value"]
            assert MRI not in one["value"]

    def test_say_which_is_of_all_versions_and_which_of_one(self) -> None:
        of = graded(FIRST)
        lasting, own, document_uid = report(bundle(of))["identifier"]
        assert lasting["system"] == own["system"] == URI
        assert "use" not in lasting
        assert own["use"] == "secondary"
        assert (
            own["value"]
            == f"urn:uuid:{ids.uuid5(ids.seed(of, WriteOptions()), 'DiagnosticReport')}"
        )
        assert document_uid["system"] == "urn:dicom:uid"


class TestUids:
    """Other bytes never travel under an old SOP Instance UID."""

    @pytest.mark.parametrize(
        "changed",
        [
            {"now": "2026-11-25T12:00:00+09:00"},
            {"timezone": "+09:00"},
            {"settings": {"organization": "B"}},
            {"verified_by": "鈴木"},
            {"sr": "enhanced"},
            {"predecessors": (("1.2", "1.2.3", "1.2.4", "1.2.5"),)},
        ],
        ids=lambda changed: next(iter(changed)),
    )
    def test_change_with_what_changes_the_bytes(self, changed: dict[str, Any]) -> None:
        before: dict[str, Any] = {"verified_by": "佐藤", "settings": {"organization": "A"}}
        written = []
        for more in ({}, changed):
            data = dicom_sr.write(graded(FIRST), TERMS, WriteOptions(**(before | more)))
            written.append((data, pydicom.dcmread(io.BytesIO(data)).SOPInstanceUID))
        (data, uid), (other_data, other_uid) = written
        assert data != other_data
        assert uid != other_uid
