"""HL7's validation engine on every FHIR file that we write, and on files known to be wrong.

What the engine cannot know without a network, or advises against our reasons, stands in EXPLAINED,
one row a message: nothing else is passed over, warnings neither. A guide whose definitions are not
at hand is not checked by it, and skips (``CSFLEAK_PROFILES``, see `tests.interop.engine`).
"""

import json
import os
import re
import shutil
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from adapter import terms
from tests.interop import definitions, engine, written
from tests.interop.engine import Message
from tests.interop.written import CASES, ORIGINS, Way

ROOT = Path(__file__).parents[2]
WAYS = written.ways()
Said = dict[str, list[Message]]

EXPLAINED = (
    # message id, what its text has (a pattern), why it stands
    (
        "Terminology_PassThrough_TX_Message",
        "CodeSystem (is unknown|could not be found).*http://loinc.org",
        "LOINC comes with no package; its codes here are those that FHIR and the guides name",
    ),
    (
        "Terminology_TX_ValueSet_NotFound",
        "http://www.rsna.org/RadLex_Playbook.aspx",
        "a web page that R4 names as a value set of ImagingStudy.procedureCode (example binding)",
    ),
    (
        "Terminology_PassThrough_TX_Message",
        "not-present.*http://loinc.org|http://loinc.org' is ignored/not-present",
        "the same, as the engine says it of R5",
    ),
    (
        "Terminology_TX_ValueSet_NotFound",
        r"http://dicom.nema.org/.*(sect_CID_33|sect_CID_7010|sect_B\.5\.html)",
        "web pages that R5 names as value sets of modalities, selections' codes and SOP classes",
    ),
    (
        "Terminology_TX_NoValid_2_CC",
        "'Identifier Type Codes'",
        "the DICOM SR guide types UIDs by DICOM's codes; the value set is extensible",
    ),
    (
        "Reference_REF_NoDisplay",
        "",
        "a device that no input states has a data-absent reason, and no words made up",
    ),
    (
        "http://hl7.org/fhir/StructureDefinition/DomainResource#dom-6",
        "narrative",
        "the report tells it all; a narrative beside every finding would be a second truth",
    ),
    (
        "All_observations_should_have_a_performer",
        "",
        "who made a finding is written where an input says it, never made up",
    ),
    (
        "All_observations_should_have_an_effectiveDateTime_or_an_effectivePeriod",
        "",
        "a finding without a date in its input has none",
    ),
)
OF_GUIDES = (
    ("Validation_VAL_Profile_Unknown", "", "the guide's definitions are not at hand: it skips"),
    (
        "Terminology_PassThrough_TX_Message",
        "CodeSystem is unknown.*http://jpfhir.jp/",
        "nor are JP Core's codes",
    ),
    (
        "Terminology_TX_NoValid_2_CC",
        "'(LOINC Codes|US Core Non Laboratory Codes)'",
        "value sets of all of LOINC; they are extensible, and LOINC has no code of our findings",
    ),
    (
        "Extension_EXT_Unknown_NotHere",
        " http://hl7.org/fhir/StructureDefinition/note ",
        "an extension of HL7's pack 5.x, which the EU guide asks for and R4 does not know",
    ),
    (
        "Extension_EXT_Unknown_NotHere",
        " http://hl7.eu/fhir/imaging-r4/StructureDefinition/",
        "nor are the EU guide's own extensions at hand",
    ),
    (
        "Extension_EXT_Version_Invalid",
        "/5.0/StructureDefinition/extension-DiagnosticReport.composition",
        "R5's element in R4, which the EU guide asks for",
    ),
    (
        "Reference_REF_MultipleMatches",
        "",
        "a resource that fits two of the profiles that a reference allows; its own claim holds",
    ),
)
"""Rows that come with a guide, or for want of its definitions."""

WRONG = {
    # file of tests/wrong_fhir: what the engine calls it
    "01_no_status": "DiagnosticReport.status: minimum required = 1",
    "02_bad_status_code": "Terminology_TX_NoValid_16",
    "03_no_code": "DiagnosticReport.code: minimum required = 1",
    "04_unknown_field": "Unrecognized property 'grade'",
    "05_result_not_list": "The property result must be a JSON Array",
    "06_bad_datetime": "Type_Specific_Checks_DT_DateTime_Valid",
    "07_issued_no_tz": "Type_Specific_Checks_DT_DateTime_Regex",
    "08_two_effective": "Unrecognized property 'effectivePeriod'",
    "09_wrong_ref_type": "Reference_REF_BadTargetType",
    "10_bad_base64": "TYPE_SPECIFIC_CHECKS_DT_ATT_B64_DECODE_FAIL",
    "11_empty_array": "Array cannot be empty",
    "12_div_no_ns": "XHTML_XHTML_NS_InValid",
    # These break JP Core alone: right for an engine that has no JP Core.
    "21_jp_no_category": "DiagnosticReport.category: minimum required = 1",
    "22_jp_no_LP29684": "Slice 'DiagnosticReport.category:first': a matching slice is required",
    "23_jp_wrong_loinc_in_jp_cs": "_DT_Fixed_Wrong",
    "24_jp_effectivePeriod": "Extension_PROF_Type",
    "25_jp_performer_org": "Reference_REF_WrongTarget",
    "26_jp_two_first": "DiagnosticReport.category:first: max allowed = 1",
}
BESIDE = ("TYPE_SPECIFIC_CHECKS_DT_ATT_HASH_MISMATCH",)
"""All of WRONG share an attachment with a hash of other data, beside what their names say."""

CODES: dict[str, Callable[[str], str]] = {
    # a code that is none, and one of SNOMED CT that the DICOM standard does not list
    "private": lambda text: text.replace('"code":"epi-fluid"', '"code":"epi-fluids"'),
    "snomed": lambda text: text.replace('"52101004"', '"2667000"'),
}


@pytest.fixture(scope="session")
def said(tmp_path_factory: pytest.TempPathFactory) -> Said:
    """Return what the engine says of all files, by release: a process each, side by side."""
    if os.environ.get("CSFLEAK_REQUIRE_SERVER") != "1":
        pytest.skip("runs HL7's validation engine: make interop (CSFLEAK_REQUIRE_SERVER=1)")
    if shutil.which("java") is None or not (engine.BUILT / "dependency").is_dir():
        pytest.fail("no Java, or the engine is not built (it takes Maven): make interop")
    folder = tmp_path_factory.mktemp("engine")
    releases = sorted({way.release for way in WAYS})
    with ThreadPoolExecutor() as at_once:
        made = [
            at_once.submit(engine.validate, r, dict(_files(r)), folder / r) for r in releases
        ]  # fmt: skip
        return {r: job.result() for r, job in zip(releases, made, strict=True)}


def _files(release: str) -> Iterable[tuple[str, bytes]]:
    for way in WAYS:
        if way.release == release:
            yield from written.files(way)
    if release == "r4":
        yield from ((f"wrong-{name}", _report_in_bundle(name)) for name in WRONG)
        yield from ((f"code-{name}", _miscoded(name)) for name in CODES)
        findings = (file for case in CASES for file in (case / "fhir").iterdir())
        for file in [written.SAMPLES / "questionnaire.json", *findings]:
            yield f"sample-{'-'.join(file.relative_to(ROOT).parts)}", file.read_bytes()


def _report_in_bundle(name: str) -> bytes:
    """Return a wrong report among the right resources that it refers to."""
    bundle = json.loads((ROOT / "tests/golden/jp_core_bundle.json").read_bytes())
    others = [e for e in bundle["entry"] if e["resource"]["resourceType"] != "DiagnosticReport"]
    patient = next(e["resource"] for e in others if e["resource"]["resourceType"] == "Patient")
    report = json.loads((ROOT / f"tests/wrong_fhir/{name}.json").read_bytes())
    entries = [
        {"fullUrl": f"{written.BASE}/DiagnosticReport/1", "resource": report},
        {"fullUrl": f"{written.BASE}/Patient/1", "resource": {"id": "1", **patient}},
        *({"fullUrl": e["fullUrl"], "resource": e["resource"]} for e in others),
    ]
    return _bytes({"resourceType": "Bundle", "type": "collection", "entry": entries})


def _miscoded(name: str) -> bytes:
    files = dict(written.files(Way("r4", "base", "collection")))
    right = files["r4-base-collection-02-definite-spinal-mri-sr"].decode()
    wrong = CODES[name](right)
    assert wrong != right
    return wrong.encode()


def _bytes(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode()


def _explained(message: Message) -> bool:
    return any(_fits(message, row) for row in (*EXPLAINED, *OF_GUIDES))


def _fits(message: Message, row: tuple[str, str, str]) -> bool:
    return message.id == row[0] and bool(re.search(row[1], message.text))


def _of(said: Said, prefix: str) -> list[Message]:
    return [m for found in said.values() for m in found if m.file.startswith(prefix)]


def _shown(messages: Iterable[Message]) -> list[str]:
    return sorted({f"{m.file}: {m.severity} {m.id} at {m.location}: {m.text}" for m in messages})


@pytest.mark.parametrize("way", WAYS, ids=str)
def test_what_we_write_has_no_message_that_is_not_explained(said: Said, way: Way) -> None:
    unexplained = [m for m in _of(said, f"{way}-") if not _explained(m)]
    assert _shown(m for m in unexplained if m.severity != "information") == []


def test_the_samples_themselves_have_no_message_that_is_not_explained(said: Said) -> None:
    found = _of(said, "sample-")
    assert found
    assert _shown(m for m in found if not _explained(m) and m.severity != "information") == []


@pytest.mark.parametrize("profile", sorted({way.profile for way in WAYS} - {"base"}))
def test_a_claimed_guide_is_checked(said: Said, profile: str) -> None:
    found = [m for m in _of(said, f"r4-{profile}-") if m.id == "Validation_VAL_Profile_Unknown"]
    unknown = {url for m in found for url in re.findall(r"https?://[^' ]+", m.text)}
    if unknown:
        pytest.skip(f"not at hand (CSFLEAK_PROFILES): {', '.join(sorted(unknown))}")


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_report_is_caught(said: Said, name: str) -> None:
    found = _of(said, f"wrong-{name}")
    errors = [m for m in found if m.is_error and not _explained(m) and m.id not in BESIDE]
    if name.startswith("2") and any(m.id == "Validation_VAL_Profile_Unknown" for m in found):
        assert _shown(m for m in errors if "DiagnosticReport" in m.location) == []
        pytest.skip("right in base R4; JP Core is not at hand (CSFLEAK_PROFILES)")
    assert any(WRONG[name] in (m.id, m.text) or WRONG[name] in m.text for m in errors)


@pytest.mark.parametrize("name", CODES)
def test_a_code_that_is_not_ours_to_write_is_an_error(said: Said, name: str) -> None:
    assert any(m.is_error and not _explained(m) for m in _of(said, f"code-{name}"))


@pytest.mark.parametrize("way", WAYS, ids=str)
def test_hardly_a_sample_lacks_what_a_profile_demands(way: Way) -> None:
    least = 0.8 if way.profile in ("eu", "imr") else 1
    assert len(dict(written.files(way))) >= least * len(way.cases) * len(ORIGINS)


def _codings(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        if "system" in value and "display" in value:
            yield value
        value = list(value.values())
    if isinstance(value, list):
        for child in value:
            yield from _codings(child)


def test_a_display_is_its_own_codes() -> None:
    # The engine looks no display up where a binding is an example.
    shown: dict[tuple[str, str], set[str]] = {}
    for system in definitions.made_of(terms.load()):
        for concept in system.get("concept", ()):
            names = [concept["display"], *(d["value"] for d in concept.get("designation", ()))]
            shown.setdefault((system["url"], concept["code"]), set()).update(names)
    written_as = {
        (c["system"], c["code"], c["display"])
        for way in WAYS if way.bundle == "collection"
        for _, data in written.files(way) for c in _codings(json.loads(data))
    }  # fmt: skip
    checked = {c for c in written_as if (c[0], c[1]) in shown}
    assert len(checked) > 50
    assert {c for c in checked if c[2] not in shown[c[0], c[1]]} == set()


@pytest.mark.parametrize("row", EXPLAINED, ids=lambda row: f"{row[0]} {row[1]}")
def test_every_explanation_is_needed(said: Said, row: tuple[str, str, str]) -> None:
    assert any(_fits(m, row) for found in said.values() for m in found)
