"""JP Core: every rule that touches what is written, over all samples and ways to write them."""

import dataclasses
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapter.errors import Usage
from adapter.model import Input, Name, Study
from tests.writers.fhir.jp_core_rules import DCM, JP, LOINC, SIMPLE, Rules
from tests.writers.fhir.profile_cases import (
    BUNDLES,
    EXAMPLE,
    NAMES,
    NOW,
    SAMPLES,
    Json,
    accepted,
    case,
    coded,
    codes,
    named,
    of_patient,
    of_type,
    read_back,
    references,
    sample,
    with_unknown,
    written,
)

ANY_STUDY = {"profile": {"jp-core": {"imaging_study": "optional"}}}
SITE = {
    "interpreter": {"family": "読影", "given": "一郎",
                    "identifier": {"system": "urn:oid:1.2.3", "value": "D-1"}},
    "organization": {"name": "見本大学病院", "identifier": {"system": "urn:x", "value": "13"}},
}  # fmt: skip
"""A sample with four exams, several modalities and institutions."""


def jp(name: str = EXAMPLE, **options: Any) -> Any:
    return written(case(name), "jp-core", **options)


def test_words_of_findings_are_never_graded() -> None:
    made = jp("02-definite-spinal-mri/sr")
    words = [o for o in of_type(made, "Observation") if "valueString" in o]
    assert len(words) == 2
    alone = [{k: v for k, v in o.items() if k != "hasMember"} for o in words]
    again = read_back(json.dumps([*of_type(made, "Patient"), *alone]).encode())
    assert again.findings == ()
    assert again.conclusions[0].established == "not-assessable"


@settings(max_examples=60, deadline=None)
@given(
    name=st.sampled_from(NAMES),
    bundle=st.sampled_from(BUNDLES),
    lang=st.sampled_from(("ja", "en")),
    verified_by=st.sampled_from((None, "山田 太郎", "Yamada^Taro=山田^太郎")),
    site=st.sampled_from(({}, SITE, {"interpreter": "読影 一郎", "organization": "第一病院"})),
    optional=st.booleans(),
    now=st.sampled_from((NOW, "2026-11-25T03:00:00Z")),
    timezone=st.sampled_from((None, "+09:00")),
    snomed=st.sampled_from(("dicom-subset", "full")),
    presented=st.booleans(),
)
def test_either_no_rule_is_broken_or_the_element_is_named(
    name: str,
    bundle: str,
    lang: str,
    verified_by: str | None,
    site: Json,
    optional: bool,
    now: str,
    timezone: str | None,
    snomed: str,
    presented: bool,
) -> None:
    more = {"settings": site | (ANY_STUDY if optional else {}), "snomed": snomed, "lang": lang}
    try:
        made = jp(name, bundle=bundle, verified_by=verified_by, now=now, timezone=timezone,
                  presented_form=presented, **more)  # fmt: skip
    except Usage as error:
        refused = str(error)
    else:
        assert Rules(made).breaches() == []
        return
    assert "DiagnosticReport.imagingStudy" in refused
    assert not optional
    assert case(name).case.exams


def test_the_report_s_code_and_categories_stand_as_the_notes_say() -> None:
    (report,) = of_type(jp(), "DiagnosticReport")
    assert report["code"]["coding"] == [
        {"system": f"{JP}/CodeSystem/JP_DocumentCodes_CS", "code": "18748-4",
         "display": "画像検査報告書"},
        {"system": LOINC, "code": "18748-4", "display": "Diagnostic imaging study"},
    ]  # fmt: skip
    assert [codes(c) for c in report["category"]] == [
        ["LP29684-5"], ["CT"], ["MR"], ["NM"], ["RAD"]
    ]  # fmt: skip
    (typed, *others) = report["identifier"]
    assert codes(typed["type"]) == ["FILL"]
    assert not [i for i in others if "type" in i]


def test_an_sr_that_names_no_modality_has_those_of_its_exams() -> None:
    (report,) = of_type(jp("04-definite-same-site/sr"), "DiagnosticReport")
    assert [codes(c, DCM) for c in report["category"] if codes(c, DCM)] == [["MR"], ["NM"]]
    (headache,) = of_type(jp("08-not-assessable/fhir"), "DiagnosticReport")
    assert not [c for c in headache["category"] if codes(c, DCM)]


def test_the_report_s_date_is_when_it_was_made() -> None:
    name = "04-definite-same-site/sr"
    (report,) = of_type(jp(name), "DiagnosticReport")
    assert report["effectiveDateTime"] == report["issued"] == NOW
    (report,) = of_type(jp(name, now=None), "DiagnosticReport")
    assert report["effectiveDateTime"] == "2026-01-29"
    assert "issued" not in report
    (report,) = of_type(jp(name, now=None, timezone="+09:00"), "DiagnosticReport")
    assert report["effectiveDateTime"] == "2026-01-29T00:00:00+09:00"
    (report,) = of_type(jp("04-definite-same-site/fhir", now=None), "DiagnosticReport")
    assert not [name for name in report if name.startswith("effective")]


def test_the_words_are_the_report_s_own() -> None:
    made = jp(verified_by="山田 太郎")
    (report,) = of_type(made, "DiagnosticReport")
    (provenance,) = of_type(made, "Provenance")
    (findings,), (impression,) = coded(made, "18782-3"), coded(made, "19005-8")
    assert impression["effectiveDateTime"] == report["effectiveDateTime"]
    assert impression["issued"] == report["issued"]
    by_name = named(made)
    words = [by_name[r["reference"]] for r in report["result"]][:2]
    assert words == [findings, impression]
    targets = [by_name[r["reference"]] for r in provenance["target"]]
    assert all(w in targets for w in words)


def test_nobody_is_made_up() -> None:
    made = jp()
    (report,) = of_type(made, "DiagnosticReport")
    assert "performer" not in report
    assert "resultsInterpreter" not in report
    assert not of_type(made, "Practitioner")


def test_the_physician_who_signs_performs_and_interprets() -> None:
    made = jp(verified_by="山田^太郎")
    (report,) = of_type(made, "DiagnosticReport")
    (physician,) = of_type(made, "Practitioner")
    assert physician["name"] == [{"text": "山田 太郎", "family": "山田", "given": ["太郎"]}]
    (performer,) = report["performer"]
    assert report["resultsInterpreter"] == [performer]
    assert named(made)[performer["reference"]] == physician
    assert report["status"] == "final"
    words = [o for o in of_type(made, "Observation") if "valueString" in o]
    assert [(o["status"], o["performer"]) for o in words] == [("final", [performer])] * 2


def test_the_settings_name_an_interpreter_who_has_not_signed() -> None:
    made = jp(settings=SITE)
    (report,) = of_type(made, "DiagnosticReport")
    (reader,) = of_type(made, "Practitioner")
    assert reader["name"] == [{"text": "読影 一郎", "family": "読影", "given": ["一郎"]}]
    assert reader["identifier"][-1] == {"system": "urn:oid:1.2.3", "value": "D-1"}
    assert report["status"] == "preliminary"
    (composition,) = of_type(jp(bundle="document", settings=SITE), "Composition")
    (device,) = of_type(made, "Device")
    assert composition["author"] == [{"reference": f"urn:uuid:{device['id']}"}]
    both = jp(settings=SITE, verified_by="山田 太郎")
    shown = [p["name"][0]["text"] for p in of_type(both, "Practitioner")]
    assert shown == ["山田 太郎", "読影 一郎"]
    (spelled,) = of_type(jp(settings={"interpreter": "Yamada^Taro"}), "Practitioner")
    assert spelled["name"] == [{"text": "Yamada Taro", "family": "Yamada", "given": ["Taro"]}]
    (pair,) = of_type(jp(verified_by="Yamada^Taro=山田^太郎"), "Practitioner")
    assert [n["extension"][0]["valueCode"] for n in pair["name"]] == ["ABC", "IDE"]
    same = jp(settings={"interpreter": "山田 太郎"}, verified_by="山田 太郎")
    assert len(of_type(same, "Practitioner")) == 1


def test_institutions_stay_with_what_was_seen_there() -> None:
    made = jp(settings=SITE)
    by_name = {o["name"]: o for o in of_type(made, "Organization")}
    assert by_name["見本大学病院"]["identifier"][-1] == {"system": "urn:x", "value": "13"}
    urls = {u for o in of_type(made, "Observation") for u in references(o.get("performer", []))}
    places = {named(made)[u]["name"] for u in urls if named(made)[u] in by_name.values()}
    assert places == set(by_name)


def test_a_document_has_the_words_in_their_sections() -> None:
    made = jp(bundle="document", verified_by="山田 太郎")
    assert made["entry"][0]["resource"]["resourceType"] == "Composition"
    (composition,) = of_type(made, "Composition")
    (physician,) = of_type(made, "Practitioner")
    assert composition["author"] == [{"reference": f"urn:uuid:{physician['id']}"}]
    findings, impression = ([named(made)[e["reference"]] for e in s["entry"]]
                            for s in composition["section"])  # fmt: skip
    assert codes(findings[0]["code"]) == ["18782-3"]
    assert all(o["resourceType"] == "Observation" for o in findings)
    assert impression[0]["resourceType"] == "DiagnosticReport"
    assert codes(impression[1]["code"]) == ["19005-8"]
    every = [*findings, *impression[1:]]
    assert sorted(o["id"] for o in every) == sorted(o["id"] for o in of_type(made, "Observation"))


@pytest.mark.parametrize(("lang", "words"), [("ja", "記載なし"), ("en", "Nothing is documented")])
def test_a_section_without_entries_says_so_in_words_and_in_code(lang: str, words: str) -> None:
    (composition,) = of_type(jp("narrative only", bundle="document", lang=lang), "Composition")
    findings, impression = composition["section"]
    assert words in findings["text"]["div"]
    assert codes(findings["emptyReason"]) == ["unavailable"]
    assert "text" not in impression
    assert "emptyReason" not in impression


def test_an_input_that_is_preliminary_keeps_the_report_so() -> None:
    graded = sample("02-definite-spinal-mri/sr")
    (only,) = graded.case.inputs
    known = dataclasses.replace(graded.case, inputs=(dataclasses.replace(only, preliminary=True),))
    made = written(dataclasses.replace(graded, case=known), "jp-core", verified_by="山田 太郎")
    assert Rules(made).breaches() == []
    assert {o["status"] for o in of_type(made, "Observation")} == {"preliminary"}
    assert of_type(made, "DiagnosticReport")[0]["status"] == "preliminary"


def test_words_tell_every_exam_and_every_finding() -> None:
    (findings,) = coded(jp("04-definite-same-site/fhir"), "18782-3")
    lines = findings["valueString"].split("\n")
    assert lines[0] == "脊髄MRI / 2026-01-08 / 見本大学病院"
    assert "硬膜外水信号病変: あり" in lines[1]
    assert "病変の造影: なし" in lines[1]
    assert [line for line in lines if line.startswith("脳槽シンチグラフィー")]
    assert lines[-2:] == ["患者の所見", "  起立性頭痛: あり / 2026-01-08"]
    assert "確実" not in findings["valueString"]
    (english,) = coded(jp("04-definite-same-site/fhir", lang="en"), "18782-3")
    assert "Epidural fluid-signal lesion: Present" in english["valueString"]


def test_words_tell_measured_values_and_a_dural_enhancement_in_one_line() -> None:
    name = "brain with details and measures"
    (findings,) = coded(jp(name, lang="en", settings=ANY_STUDY), "18782-3")
    lines = findings["valueString"].split("\n")
    (dural,) = [line for line in lines if "Diffuse dural enhancement" in line]
    assert "32.50 mm" in dural
    assert "Falx and tentorium continuously enhanced: Present" in dural
    assert len([line for line in lines if "Falx and tentorium" in line]) == 1
    assert [line for line in lines if line.endswith(": 3.9 mm")]
    assert [line for line in lines if line.endswith(": < 5 mm")]


def test_nothing_that_was_said_leaves_no_words_of_findings() -> None:
    made = jp("narrative only")
    assert not coded(made, "18782-3")
    (impression,) = coded(made, "19005-8")
    assert impression["valueString"] == of_type(made, "DiagnosticReport")[0]["conclusion"]
    assert Rules(made).breaches() == []


def test_findings_have_no_date_that_a_member_could_take_for_its_own() -> None:
    for name in SAMPLES:
        for findings in coded(jp(name), "18782-3"):
            assert not [key for key in findings if key.startswith("effective")]


def test_findings_are_part_of_a_study_that_all_exams_are_of() -> None:
    graded = sample("06-suspected-two-sites/sr")
    (findings,) = coded(written(graded, "jp-core"), "18782-3")
    (study,) = of_type(written(graded, "jp-core"), "ImagingStudy")
    assert findings["partOf"] == [{"reference": f"urn:uuid:{study['id']}"}]
    (one, other) = graded.case.exams
    apart = (one, dataclasses.replace(other, studies=()))
    changed = dataclasses.replace(graded.case, exams=apart)
    for known in (dataclasses.replace(graded, case=changed), sample("04-definite-same-site/sr")):
        (findings,) = coded(written(known, "jp-core"), "18782-3")
        assert "partOf" not in findings


def test_an_exam_without_any_study_is_refused_with_the_element() -> None:
    with pytest.raises(Usage, match=r"DiagnosticReport\.imagingStudy.*imaging_study"):
        jp("two exams of one kind")
    made = jp("two exams of one kind", settings=ANY_STUDY)
    assert "imagingStudy" not in of_type(made, "DiagnosticReport")[0]
    wrong = {"profile": {"jp-core": {"imaging_study": "maybe"}}}
    with pytest.raises(Usage, match="required, optional"):
        jp("two exams of one kind", settings=wrong)


def test_no_exam_asks_for_no_study() -> None:
    made = jp("08-not-assessable/fhir")
    assert not of_type(made, "ImagingStudy")
    assert "imagingStudy" not in of_type(made, "DiagnosticReport")[0]


def test_a_patient_without_identifier_is_refused_with_the_element() -> None:
    for known in ((), (("p1", "reference:Patient"),)):
        with pytest.raises(Usage, match=r"Patient\.identifier"):
            written(of_patient(sample(EXAMPLE), identifiers=known), "jp-core")


def test_identifiers_keep_their_value_and_get_the_system_of_their_issuer() -> None:
    known = of_patient(sample(EXAMPLE), identifiers=(("00123", "HOSPITAL A"), ("9", "OTHER")))
    pairs = {"issuers": [["HOSPITAL A", "urn:oid:1.2.392.100495.20.3.51.11234567890"]]}
    (patient,) = of_type(written(known, "jp-core", settings=pairs), "Patient")
    assert patient["identifier"] == [
        {"system": "urn:oid:1.2.392.100495.20.3.51.11234567890", "value": "00123",
         "assigner": {"display": "HOSPITAL A"}},
        {"value": "9", "assigner": {"display": "OTHER"}},
    ]  # fmt: skip


def test_a_name_that_cannot_be_split_is_text() -> None:
    names = (
        Name(family="山田花子", text="山田花子", representation="IDE"),
        Name(family="ヤマダ", given="ハナコ", text="ヤマダ ハナコ", representation="SYL"),
        Name(text="Hanako"),
        Name(family="山田", text="山田 花子", representation="ABC"),
    )
    (patient,) = of_type(written(of_patient(sample(EXAMPLE), names=names), "jp-core"), "Patient")
    assert [{k: v for k, v in n.items() if k != "extension"} for n in patient["name"]] == [
        {"text": "山田花子"},
        {"text": "ヤマダ ハナコ", "family": "ヤマダ", "given": ["ハナコ"]},
        {"text": "Hanako"},
        {"text": "山田 花子", "family": "山田"},
    ]
    shown = [n["extension"][0]["valueCode"] for n in patient["name"][:2]]
    assert shown == ["IDE", "SYL"]


def test_a_study_keeps_what_the_value_set_has_and_leaves_out_the_rest() -> None:
    graded = sample(EXAMPLE)
    (old, *others) = graded.case.studies
    mri, unknown = "1.2.840.10008.5.1.4.1.1.4", "1.2.840.10008.5.1.4.1.1.481.5"
    new = Study(id=old.id, modalities=("MR", "DOC", "PLAN"), kinds=old.kinds,
                instances=((mri, "1.2.9.1", "1.2.9"), (unknown, "1.2.8.1", "1.2.8"),
                           (mri, "1.2.7.1", "1.2.7"), (unknown, "1.2.7.2", "1.2.7")))  # fmt: skip
    changed = dataclasses.replace(graded.case, studies=(new, *others))
    made = written(dataclasses.replace(graded, case=changed), "jp-core")
    assert Rules(made).breaches() == []
    study = next(s for s in of_type(made, "ImagingStudy") if "series" in s)
    assert [m["code"] for m in study["modality"]] == ["MR"]
    assert [(s["uid"], s["modality"]["code"]) for s in study["series"]] == [("1.2.9", "MR")]


def test_an_incomplete_case_stays_preliminary_though_signed() -> None:
    graded = sample("02-definite-spinal-mri/sr")
    lost = Input(name="b.dcm", status="refused", reason="cut short")
    incomplete = dataclasses.replace(
        graded,
        case=dataclasses.replace(graded.case, incomplete=True, inputs=(*graded.case.inputs, lost)),
    )
    made = written(incomplete, "jp-core", verified_by="山田 太郎")
    assert Rules(made).breaches() == []
    assert of_type(made, "DiagnosticReport")[0]["status"] == "preliminary"
    assert coded(made, "19005-8")[0]["status"] == "preliminary"


def test_categories_stand_in_both_systems() -> None:
    made = jp("11-hypotension-confirmed/fhir")
    shown = {codes(o["code"])[0]: [codes(c, SIMPLE) for c in o["category"]]
             for o in of_type(made, "Observation")}  # fmt: skip
    assert shown["csf-pressure"] == [["procedure"], []]
    assert shown["ortho-headache"] == [["exam"], []]
    assert shown["brain-mri"] == [["imaging"], []]


def test_what_is_not_mapped_is_carried_within_the_rules() -> None:
    assert len(with_unknown().case.unmapped) == 4
    for bundle in BUNDLES:
        made = written(with_unknown(), "jp-core", bundle=bundle)
        assert Rules(made).breaches() == []
        assert len([o for o in of_type(made, "Observation") if "c0" in codes(o["code"])]) == 1
        (findings,) = coded(made, "18782-3")
        members = [named(made)[r] for r in references(findings["hasMember"])]
        assert {codes(o["code"])[0] for o in members} == {"ct-myelography", "ortho-headache"}
        accepted(made)
