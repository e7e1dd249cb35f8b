"""What is written where: template, header and grades, as the contract has them."""

import io
import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from adapter.errors import Usage
from adapter.model import Case, Grade, Input, Name, Patient, Study
from adapter.sr.content import Code, Item
from adapter.sr.decode import decode
from adapter.terms import PRIVATE
from adapter.writers import fhir, ids
from adapter.writers.dicom_sr import write, write_findings
from adapter.writers.dicom_sr.header import person_name
from adapter.writers.options import WriteOptions
from tests.writers.graded_examples import CASES, PATIENT, STUDY, TERMS, P, case, grade, say

KINDS = "one exam of each kind"


def _tree(of: Case, **options: Any) -> Item:
    root = decode(write(grade(of), TERMS, WriteOptions(**options)), "x.dcm").root
    assert root is not None
    return root


def _dataset(of: Case, **options: Any) -> Any:
    from pydicom import dcmread

    return dcmread(io.BytesIO(write(grade(of), TERMS, WriteOptions(**options))))


def _all(item: Item) -> Iterator[Item]:
    yield item
    for child in item.children:
        yield from _all(child)


def _named(item: Item, code: str) -> list[Item]:
    return [child for child in item.children if child.name and child.name.value == code]


def _groups(root: Item) -> list[Item]:
    return [g for m in _named(root, "126010") for g in _named(m, "125007")]


def _value(item: Item) -> str:
    assert isinstance(item.value, Code)
    return item.value.value


def test_the_root_is_tid_1500_in_japanese_by_a_device() -> None:
    root = _tree(CASES[KINDS])
    assert (root.name, root.template) == (
        Code("126000", "DCM", "Imaging Measurement Report"), "1500")  # fmt: skip
    heads = [(i.relationship, i.name.value) for i in root.children if i.name]
    assert heads == [
        ("HAS CONCEPT MOD", "121049"),
        ("HAS OBS CONTEXT", "121005"),
        ("HAS OBS CONTEXT", "121012"),
        ("HAS OBS CONTEXT", "121013"),
        ("HAS OBS CONTEXT", "121014"),
        ("HAS OBS CONTEXT", "121015"),
        ("HAS CONCEPT MOD", "121058"),
        ("CONTAINS", "126010"),
        ("CONTAINS", "C0034375"),
    ]
    assert _value(root.children[0]) == "ja"
    assert _value(root.children[1]) == "121007"
    assert [_value(i) for i in _named(root, "121058")] == ["25056-3"]


@pytest.mark.parametrize("name", CASES)
def test_every_group_is_tid_1501_with_its_own_identity_and_one_finding(name: str) -> None:
    groups = _groups(_tree(CASES[name]))
    for group in groups:
        assert group.template == "1501"
        assert [len(_named(group, code)) for code in ("112039", "112040", "121071")] == [1, 1, 1]
    labels = [_named(group, "112039")[0].value for group in groups]
    assert len(set(labels)) == len(labels)


@pytest.mark.parametrize("name", CASES)
def test_modifiers_are_codes_or_text_and_meanings_fit_64_bytes(name: str) -> None:
    for item in _all(_tree(CASES[name])):
        if item.relationship == "HAS CONCEPT MOD":
            assert item.value_type in ("CODE", "TEXT")
        for code in (item.name, item.value):
            if isinstance(code, Code):
                assert 0 < len(code.meaning.encode()) <= 64


@pytest.mark.parametrize("name", CASES)
def test_the_evaluations_container_holds_only_code_and_text(name: str) -> None:
    for container in _named(_tree(CASES[name]), "C0034375"):
        assert {i.value_type for i in container.children} <= {"CODE", "TEXT"}
        assert {i.relationship for i in container.children} == {"CONTAINS"}


def test_private_codes_are_named_in_japanese_and_standard_ones_as_their_scheme_does() -> None:
    for item in _all(_tree(CASES[KINDS])):
        if item.name and item.name.scheme == PRIVATE:
            assert item.name.meaning == TERMS[item.name.value].ja
        if item.name and item.name.scheme == "DCM":
            assert item.name.meaning.isascii()


def test_conclusions_are_grade_possible_grade_and_japanese_text() -> None:
    graded = grade(CASES[KINDS])
    (container,) = _named(_tree(CASES[KINDS]), "C0034375")
    names = [i.name.value for i in container.children if i.name]
    for conclusion, name in zip(
        graded.conclusions, ("csf-leak-concl", "hypotens-concl"), strict=True
    ):
        at = names.index(name)
        assert _value(container.children[at]) == conclusion.established
        differs = conclusion.possible != conclusion.established
        assert (names[at + 1] == "possible-grade") == differs
        if differs:
            assert _value(container.children[at + 1]) == conclusion.possible
        words = container.children[at + 1 + differs]
        assert (words.value_type, words.name) == ("TEXT", container.children[at].name)
        assert TERMS[conclusion.established].ja in str(words.value)


def test_each_lesions_group_holds_its_finding_grade() -> None:
    graded = grade(CASES[KINDS])
    groups = {_value(_named(g, "121071")[0]): g for g in _groups(_tree(CASES[KINDS]))}
    told = {f.concept: f for f in graded.findings if f.concept in groups}
    assert set(told) == {"epi-fluid", "ri-epidural", "ctm-epidural"}
    for concept, finding in told.items():
        (found,) = _named(groups[concept], "finding-grade")
        assert _value(found) == finding.established.value
        possible = [_value(i) for i in _named(groups[concept], "possible-grade")]
        assert possible == [finding.possible.value] * (finding.possible is not finding.established)
    assert told["ctm-epidural"].established is Grade.NONE  # and still written, as `none`


def test_findings_alone_hold_no_conclusion_grade_or_algorithm() -> None:
    root = decode(write_findings(CASES[KINDS], TERMS, WriteOptions()), "x.dcm").root
    assert root is not None
    names = {i.name.value for i in _all(root) if i.name}
    assert not names & {"csf-leak-concl", "hypotens-concl", "finding-grade", "possible-grade",
                        "111001", "111003"}  # fmt: skip


def test_the_algorithm_is_named_with_criteria_version_and_policy() -> None:
    root = decode(
        write(grade(CASES[KINDS], same_site="region"), TERMS, WriteOptions()), "x.dcm"
    ).root
    assert root is not None
    (measurements,) = _named(root, "126010")
    assert [i.value for i in _named(measurements, "111001")] == ["csfleak-adapter"]
    assert [i.value for i in _named(measurements, "111003")] == ["0.1.0"]
    assert "same_site=region" in [i.value for i in _named(measurements, "111002")]
    assert [_value(i) for i in _named(measurements, "111000")] == ["criteria-2011"]


def test_groups_and_facts_of_the_patient_carry_their_date() -> None:
    root = _tree(CASES["facts of the patient"])
    (container,) = _named(root, "C0034375")
    observed = {(i.name.value, i.observed) for i in container.children if i.name and i.observed}
    assert {("ortho-headache", "20260201"), ("ortho-headache", "20260301"),
            ("lumbar-puncture", "20260301083000+0900"), ("blood-patch", "20260308"),
            } <= observed  # fmt: skip
    assert [g.observed for g in _groups(root)] == [f"2026030{day}" for day in (3, 4, 5, 6, 7)]


def test_a_region_is_one_code_and_a_range_one_code_per_level() -> None:
    region = say("epi-fluid", P, site="胸椎", day="2026-03-02")
    levels = say("epi-fluid", P, site="Th3-5", laterality="left", day="2026-03-02")
    root = _tree(case(region, levels))
    sites = [[_value(s) for s in _named(g, "363698007")] for g in _groups(root)]
    assert sorted(sites, key=len) == [["122495006"], ["1626008", "73071006", "56401006"]]
    sides = [[_value(c) for s in _named(g, "363698007") for c in s.children] for g in _groups(root)]
    assert sorted(sides, key=len) == [[], ["7771000"] * 3]


def test_words_that_are_no_site_stand_as_the_text_of_the_finding_site() -> None:
    root = _tree(case(say("epi-fluid", P, site="全脊椎", day="2026-03-02")))
    (group,) = _groups(root)
    (site,) = _named(group, "363698007")
    assert (site.value_type, site.value) == ("TEXT", "全脊椎")


def test_an_exam_group_is_written_where_facts_alone_would_not_tell_the_exam() -> None:
    exams = {"spinal-mri", "ri-cisternogram"}
    root = _tree(CASES["two exams of one kind"])
    found = [g for g in _groups(root) if _value(_named(g, "121071")[0]) in exams]
    methods = [_value(_named(g, "370129005")[0]) for g in found]
    assert sorted(methods) == ["mr-myelography", "ri-cisternogram", "spinal-mri"]
    uids = {_named(g, "112040")[0].value for g in found}
    assert uids == {"2.25.1001", "2.25.1002", "2.25.1003"}
    lesions = [g for g in _groups(root) if g not in found]
    assert {_named(g, "exam-ref")[0].value for g in lesions} == uids
    assert not [g for g in _groups(_tree(CASES[KINDS])) if _named(g, "exam-ref")]


def test_the_header_is_of_a_complete_unverified_preliminary_sr() -> None:
    dataset = _dataset(CASES[KINDS])
    told = {"Modality": "SR", "CompletionFlag": "COMPLETE", "VerificationFlag": "UNVERIFIED",
            "PreliminaryFlag": "PRELIMINARY", "SpecificCharacterSet": "ISO_IR 192",
            "PatientName": "Yamada^Hanako=山田^花子=やまだ^はなこ", "PatientID": "12345",
            "IssuerOfPatientID": "HOSPITAL",
            "PatientBirthDate": "19800229", "PatientSex": "F",
            "StudyInstanceUID": STUDY, "StudyDate": "20260302", "AccessionNumber": "A-1",
            "ContentDate": "20260309", "ContentTime": "000000", "SeriesNumber": 1,
            "InstanceNumber": 1, "Manufacturer": "csfleak-adapter", "SoftwareVersions": "0.1.0",
            "TimezoneOffsetFromUTC": "+0900"}  # fmt: skip
    assert {keyword: dataset[keyword].value for keyword in told} == told
    assert dataset.OtherPatientIDsSequence[0].PatientID == "0099"
    scheme = dataset.CodingSchemeIdentificationSequence[0]
    assert scheme.CodingSchemeDesignator == PRIVATE
    assert scheme.CodingSchemeUID == TERMS.uids[PRIVATE]
    assert "VerifyingObserverSequence" not in dataset
    assert "PredecessorDocumentsSequence" not in dataset


def test_evidence_is_split_by_study_and_the_request_is_referred_to() -> None:
    dataset = _dataset(CASES[KINDS])
    (own,) = dataset.CurrentRequestedProcedureEvidenceSequence
    (other,) = dataset.PertinentOtherEvidenceSequence
    assert (own.StudyInstanceUID, other.StudyInstanceUID) == (STUDY, "1.2.9")
    instance = own.ReferencedSeriesSequence[0].ReferencedSOPSequence[0]
    assert instance.ReferencedSOPInstanceUID == "1.2.3.4"
    (request,) = dataset.ReferencedRequestSequence
    assert (request.AccessionNumber, request.StudyInstanceUID) == ("A-1", STUDY)


def test_a_source_sr_gives_its_study_and_is_evidence() -> None:
    source = Input(
        name="a.dcm",
        digest="a" * 64,
        format="dicom-sr",
        id="1.5.4",
        date="2026-03-03",
        sop_class="1.2.840.10008.5.1.4.1.1.88.33",
        study="1.5",
        series="1.5.3",
    )
    dataset = _dataset(replace(CASES[KINDS], inputs=(source,)))
    assert dataset.StudyInstanceUID == "1.5"
    assert dataset.SeriesInstanceUID != "1.5.3"
    (own,) = dataset.CurrentRequestedProcedureEvidenceSequence
    assert (
        own.ReferencedSeriesSequence[0].ReferencedSOPSequence[0].ReferencedSOPInstanceUID == "1.5.4"
    )
    assert {e.StudyInstanceUID for e in dataset.PertinentOtherEvidenceSequence} == {STUDY, "1.2.9"}


def test_a_document_that_is_replaced_is_the_predecessor_and_the_new_one_another() -> None:
    old = ("1.5", "1.5.3", "1.2.840.10008.5.1.4.1.1.88.33", "1.5.4")
    before, after = _dataset(CASES[KINDS]), _dataset(CASES[KINDS], predecessors=(old,))
    (study,) = after.PredecessorDocumentsSequence
    assert (
        study.ReferencedSeriesSequence[0].ReferencedSOPSequence[0].ReferencedSOPInstanceUID
        == "1.5.4"
    )
    assert before.SOPInstanceUID != after.SOPInstanceUID


def test_a_case_without_a_study_has_one_of_its_own_and_no_evidence() -> None:
    dataset = _dataset(CASES["contradictions"])
    assert dataset.StudyInstanceUID.startswith("2.25.")
    assert dataset.StudyDate == ""
    assert "CurrentRequestedProcedureEvidenceSequence" not in dataset
    assert "PertinentOtherEvidenceSequence" not in dataset


def test_a_verifier_is_written_with_the_organisation_or_not_at_all() -> None:
    with pytest.raises(Usage, match="organisation"):
        _dataset(CASES[KINDS], verified_by="佐藤^一郎")
    dataset = _dataset(CASES[KINDS], verified_by="佐藤^一郎", now="2026-04-01T10:00:00+09:00",
                       settings={"organization": {"name": "甲病院"}})  # fmt: skip
    (observer,) = dataset.VerifyingObserverSequence
    assert observer.VerifyingObserverName == "佐藤^一郎"
    assert observer.VerifyingOrganization == "甲病院"
    assert observer.VerificationDateTime == "20260401100000+0900"
    assert (dataset.VerificationFlag, dataset.PreliminaryFlag) == ("VERIFIED", "FINAL")


def test_an_incomplete_case_stays_preliminary_though_verified() -> None:
    incomplete = replace(CASES[KINDS], incomplete=True)
    options = {"verified_by": "A^B", "settings": {"organization": "C"}}
    assert _dataset(incomplete, **options).PreliminaryFlag == "PRELIMINARY"


def test_without_any_date_the_document_is_refused_unless_now_is_given() -> None:
    undated = replace(CASES["nothing but a name"], inputs=())
    with pytest.raises(Usage, match="--now"):
        _dataset(undated)
    assert _dataset(undated, now="2026-04-01T10:15:00+09:00").ContentTime == "101500"


def test_a_zone_is_written_only_where_every_time_states_it() -> None:
    one = say("ortho-headache", P, date="2026-03-02T10:00:00+09:00")
    other = say("blood-patch", P, date="2026-03-02T11:00:00")
    assert _dataset(case(one)).TimezoneOffsetFromUTC == "+0900"
    assert "TimezoneOffsetFromUTC" not in _dataset(case(one, other))
    assert _dataset(case(one, other), timezone="+09:00").TimezoneOffsetFromUTC == "+0900"


def test_the_institution_stands_in_the_equipment_only_where_all_exams_share_it() -> None:
    assert "InstitutionName" not in _dataset(CASES["two exams of one kind"])


@pytest.mark.parametrize(
    ("names", "written"),
    [
        ((), ""),
        (PATIENT.names, "Yamada^Hanako=山田^花子=やまだ^はなこ"),
        ((Name(family="山田", given="花子", representation="IDE"),), "=山田^花子"),
        ((Name(family="山田", given="花子"),), "=山田^花子"),
        ((Name(text="Hanako Yamada"),), "Hanako Yamada"),
        ((Name(given="Hanako", representation="ABC"),), "^Hanako"),
        ((Name(family="A", representation="ABC"), Name(family="B")), "A"),
    ],
)
def test_a_name_stands_in_the_group_of_its_representation(names: Any, written: str) -> None:
    assert person_name(names) == written


def test_a_system_too_long_for_an_issuer_is_a_universal_identifier() -> None:
    system = "http://example.invalid/" + "x" * 60
    dataset = _dataset(case(patient=Patient(identifiers=(("1", system),))))
    assert "IssuerOfPatientID" not in dataset
    (qualifier,) = dataset.IssuerOfPatientIDQualifiersSequence
    assert (qualifier.UniversalEntityID, qualifier.UniversalEntityIDType) == (system, "URI")


def test_an_accession_number_longer_than_dicom_allows_is_left_out() -> None:
    study = Study(id=STUDY, accession="x" * 17)
    assert _dataset(case(studies=(study,))).AccessionNumber == ""


def test_equal_cases_give_equal_bytes_and_a_policy_another_uid() -> None:
    one = write(grade(CASES[KINDS]), TERMS, WriteOptions())
    assert one == write(grade(CASES[KINDS]), TERMS, WriteOptions())
    other = _dataset(CASES[KINDS])
    strict = write(grade(CASES[KINDS], exclusions="strict"), TERMS, WriteOptions())
    assert decode(strict, "x").header["SOPInstanceUID"] != other.SOPInstanceUID


def test_a_lesions_tracking_uid_outlives_a_change_of_policy() -> None:
    unnamed = case(say("epi-fluid", P, site="T3", day="2026-03-02"))

    def uid(**policy: Any) -> Any:
        root = decode(write(grade(unnamed, **policy), TERMS, WriteOptions()), "x").root
        assert root is not None
        return _named(_groups(root)[0], "112040")[0].value

    assert uid() == uid(exclusions="strict")


def test_an_unknown_kind_of_sr_is_refused() -> None:
    with pytest.raises(Usage, match="comprehensive"):
        _dataset(CASES[KINDS], sr="extensible")


def test_the_uids_are_those_that_other_outputs_refer_to() -> None:
    graded = grade(CASES[KINDS])
    series, instance = ids.sr_document(ids.seed(graded, WriteOptions()), WriteOptions())
    dataset = _dataset(CASES[KINDS])
    assert (dataset.SeriesInstanceUID, dataset.SOPInstanceUID) == (series, instance)


def test_a_lesion_without_a_uid_has_the_same_one_in_sr_and_fhir() -> None:
    unnamed = case(say("epi-fluid", P, site="T3", day="2026-03-02"))
    (group,) = _groups(_tree(unnamed))
    bundle = json.loads(fhir.write_findings(unnamed, TERMS, WriteOptions()))
    assert f'"{_named(group, "112040")[0].value}"' in json.dumps(bundle).replace("urn:oid:", "")


def test_the_content_time_is_in_the_zone_of_the_document() -> None:
    dataset = _dataset(CASES[KINDS], now="2026-03-31T20:30:00Z", timezone="+09:00")
    assert (dataset.ContentDate, dataset.ContentTime) == ("20260401", "053000")
    assert dataset.TimezoneOffsetFromUTC == "+0900"
