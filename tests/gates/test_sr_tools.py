"""Validators of others: found where installed, asked without patient data, understood."""

import subprocess
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from adapter.cli import main
from adapter.errors import Usage
from adapter.gates import ERROR, WARNING, check, sr_tools
from adapter.gates.sr_tools import _dciodvfy, _dsrdump, _pixelmed
from tests.conftest import _missing

BROKEN = Path(__file__).parents[1] / "broken_sr"
SAMPLE = Path(__file__).parents[2] / "sample_data" / "02-definite-spinal-mri" / "sr" / "report.dcm"
QUICK = ("dciodvfy", "dsrdump")
# What each finds of the broken variants: dicom.md section 4 and what was measured of the versions
# named there. What is not listed is found by our own rules alone.
FOUND = {
    "b01_no_root_continuity": QUICK,
    "b02_no_nested_continuity": QUICK,
    "b03_no_completionflag": ("dciodvfy",),
    "b04_no_verificationflag": ("dciodvfy",),
    "b05_verified_without_observer": ("dciodvfy",),
    "b06_no_evidence": ("dciodvfy",),
    "b07_no_perfproccode": ("dciodvfy",),
    "b08_no_relationshiptype": QUICK,
    "b09_code_without_value": QUICK,
    "b10_no_conceptname": QUICK,
    "b11_no_procedure_reported": (),
    "b12_no_scheme": QUICK,
    "b13_bad_valuetype": QUICK,
    "b14_no_measurements": (),
    "b15_modality": QUICK,
    "b16_no_template": (),
    "b17_basictext": QUICK,
    "b18_findingsite_contains": (),
    "b19_meaning70": ("dciodvfy",),
    "b20_codevalue19": ("dciodvfy",),
    "b22_nopreamble": (),
    "b23_empty_contentseq": ("dciodvfy",),
    "b24_empty_contentdate": ("dciodvfy",),
}


def _installed(name: str) -> str:
    if name in sr_tools.absent():
        _missing(f"the program {name}", "CSFLEAK_REQUIRE_VALIDATORS")
    return name


@pytest.mark.parametrize(("name", "tools"), FOUND.items(), ids=FOUND)
def test_each_tool_finds_what_it_is_known_to_find(name: str, tools: tuple[str, ...]) -> None:
    for tool in QUICK:
        _installed(tool)
    found = sr_tools.check((BROKEN / f"{name}.dcm").read_bytes(), QUICK)
    assert {b.gate for b in found if b.severity == ERROR} == set(tools)


def test_a_sound_report_has_no_error_of_any_tool() -> None:
    for tool in QUICK:
        _installed(tool)
    found = check(SAMPLE.read_bytes(), "report.dcm", QUICK)
    assert [b for b in found if b.severity == ERROR] == []


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """Catch what is started; every program is there and says nothing."""
    calls: list[dict[str, Any]] = []

    def run(command: list[str], **more: Any) -> SimpleNamespace:
        folder = more["cwd"]
        content = (folder / command[-1]).read_bytes()
        calls.append({"command": command, "folder": folder, "content": content, **more})
        return SimpleNamespace(stdout=b"", returncode=0)

    monkeypatch.setattr(sr_tools.shutil, "which", lambda name: f"/opt/{name}")
    monkeypatch.setattr(sr_tools.subprocess, "run", run)
    return calls


def test_a_tool_sees_a_file_of_a_neutral_name_that_is_gone_afterwards(
    started: list[dict[str, Any]],
) -> None:
    sr_tools.check(b"the file", ("dciodvfy", "dsrdump"))
    assert [call["command"] for call in started] == [
        ["/opt/dciodvfy", "document.dcm"],
        ["/opt/dsrdump", "document.dcm"],
    ]
    assert {call["content"] for call in started} == {b"the file"}
    assert not any(call["folder"].exists() for call in started)
    assert all(0 < call["timeout"] <= sr_tools.SECONDS for call in started)


def test_pixelmed_gets_the_flags_that_jdk_17_needs(
    started: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CSFLEAK_PIXELMED", "/opt/pixelmed.jar")
    sr_tools.check(b"", ("pixelmed",))
    (command,) = (call["command"] for call in started)
    assert {f"-Djdk.xml.xpath{limit}OpLimit=0" for limit in ("Total", "Expr")} < set(command)
    assert command[-4:-2] == ["-cp", "/opt/pixelmed.jar"]


def test_a_tool_that_takes_too_long_is_told_and_no_error(
    started: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    def late(command: list[str], **more: Any) -> None:
        raise subprocess.TimeoutExpired(command, 1)

    monkeypatch.setattr(sr_tools.subprocess, "run", late)
    found = sr_tools.check(b"", QUICK)
    assert [(b.gate, b.rule, b.severity) for b in found] == [
        (name, "not-run", WARNING) for name in QUICK
    ]


def test_what_is_not_installed_is_named_and_not_asked(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sr_tools.shutil, "which", lambda name: None)
    assert sr_tools.absent() == sr_tools.NAMES
    assert sr_tools.check(b"") == ()
    assert main(["validate", str(SAMPLE)]) == 0
    told = capsys.readouterr().err
    assert [name for name in sr_tools.NAMES if name not in told] == []
    assert main(["validate", str(SAMPLE), "--tools", "none"]) == 0
    assert "not installed" not in capsys.readouterr().err


def test_a_name_that_is_no_tool_is_wrong_usage() -> None:
    assert main(["validate", str(SAMPLE), "--tools", "dicom3"]) == Usage("x").exit_code


def test_checking_what_is_written_asks_no_tool(started: list[dict[str, Any]]) -> None:
    check(SAMPLE.read_bytes(), "sr")
    assert started == []


@pytest.mark.parametrize(
    ("line", "rule", "severity", "path", "text"),
    [
        (
            "Error - Missing attribute Type 1 Required Element=<ContentDate> Module=<SRDocument>",
            "missing-attribute", ERROR, "ContentDate", "Element=<ContentDate>",
        ),
        (
            "Error - Value invalid for this VR - (0x0010,0x0010) PN Patient's Name  PN [1] = "
            "<Yamada^Hanako> - Length invalid for this VR = 70, expected <= 64",
            "value-invalid-for-this-vr", ERROR, "(0010,0010)", "expected <= 64",
        ),
        (
            "Error - Unrecognized enumerated value <Yamada> for value 1 of attribute <Modality>",
            "unrecognized-enumerated-value", ERROR, "Modality", "attribute <Modality>",
        ),
        (
            "Warning - Value dubious for this VR - (0x0010,0x0020) LO Patient ID LO [1] = <Yamada>",
            "value-dubious-for-this-vr", WARNING, "(0010,0020)", "Patient ID",
        ),
    ],
)  # fmt: skip
def test_a_line_of_dciodvfy_keeps_its_place_and_loses_its_value(
    line: str, rule: str, severity: str, path: str, text: str
) -> None:
    (found,) = _dciodvfy(f"ComprehensiveSR\n{line}\n", 1, False)
    assert (found.rule, found.severity, found.path) == (rule, severity, path)
    assert text in found.text
    assert "Yamada" not in found.text


def test_dciodvfy_says_nothing_of_private_terms_and_directories() -> None:
    output = (
        "Warning - Unrecognized defined term <99CSFL> for value 1 of attribute <X>\n"
        "Warning - Unrecognized defined term <2.25.1> for value 1 of <Coding Scheme UID>\n"
        "Warning - Missing attribute or value that would be needed to build DICOMDIR - Study ID\n"
    )
    assert list(_dciodvfy(output, 0, False)) == []


def test_half_a_kanji_is_no_second_value() -> None:
    line = "Error - Bad attribute Value Multiplicity 2 (1 Required) Element=<InstitutionName>"
    assert [b.severity for b in _dciodvfy(line, 1, True)] == [WARNING]
    assert [b.severity for b in _dciodvfy(line, 1, False)] == [ERROR]


def test_dsrdump_errors_are_errors_and_its_charset_noise_nothing() -> None:
    output = (
        "W: The VR checker does not support this Specific Character Set: ISO_IR 192\n"
        'E: Reading content item CODE "1.13.1.3" (Tag not found)\n'
        "F: dsrdump: error (Tag not found) parsing file: document.dcm\n"
    )
    found = list(_dsrdump(output, 1, False))
    assert [(b.severity, b.path) for b in found] == [(ERROR, "1.13.1.3"), (ERROR, "")]
    assert "document.dcm" not in found[1].text


def test_pixelmed_without_its_last_word_did_not_finish() -> None:
    assert [b.rule for b in _pixelmed("Exception in thread main", 0, False)] == ["not-run"]
    assert list(_pixelmed("Warning: 1.2: x\nIOD validation complete\n", 0, False)) == []


def test_pixelmed_names_the_item_and_quotes_no_meaning() -> None:
    output = (
        "Parent content item (1.2: IMAGE) has illegal relationship CONTAINS with child content "
        "item (1.2.3: NUM)\n"
        'Error: Template 1500 M/[Row 6] CONTAINER (126010,DCM,"山田"): within 1: /CONTAINER '
        '(126000,DCM,"山田"): Missing conditional content item\nIOD validation complete\n'
    )
    found = list(_pixelmed(output, 0, False))
    assert [(b.rule, b.path) for b in found] == [
        ("illegal-relationship", "1.2.3"),
        ("missing-conditional-content-item", "1"),
    ]
    assert "山田" not in found[1].text
