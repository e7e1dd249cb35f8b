"""The command: output, languages, exit codes, stdin, and what a stranger is told."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from adapter.cli import main

GOLDEN = Path(__file__).parent / "golden" / "independent"
SR = str(GOLDEN / "002.dcm")


def run(capsys, *arguments):
    code = main([str(a) for a in arguments])
    out, err = capsys.readouterr()
    return code, out, err


def test_grade_prints_the_conclusions_with_their_trail_and_places(capsys):
    code, out, _ = run(capsys, "grade", SR)
    assert code == 0
    assert "脳脊髄液漏出症『疑』" in out
    assert "csf-leak.A1.fluid" in out
    assert "002.dcm 1.5.1.5" in out
    assert "same_site=level" in out


def test_grade_in_english_keeps_the_japanese_grade(capsys):
    code, out, _ = run(capsys, "grade", SR, "--lang", "en")
    assert code == 0
    assert "CSF leak: 疑 (Suspected)" in out
    assert "Decision support" in out


def test_json_holds_what_design_names(capsys):
    code, out, _ = run(capsys, "grade", SR, "--format", "json")
    assert code == 0
    table = json.loads(out)
    assert {"conclusions", "findings", "issues", "inputs", "policy"} <= set(table)
    leak = table["conclusions"][0]
    assert leak["condition"] == "csf-leak"
    assert leak["established"] == "suspected"
    assert leak["trail"][0]["steps"][0]["facts"][0]["sources"][0]["path"]


def test_explain_lists_findings_and_what_counts_as_read(capsys):
    code, out, _ = run(capsys, "explain", SR, "--lang", "en")
    assert code == 0
    assert "Not documented, counts as read" in out


def test_a_refused_input_ends_with_1_and_its_reason(capsys, tmp_path):
    (tmp_path / "letter.pdf").write_bytes(b"%PDF-1.7")
    code, out, err = run(capsys, "grade", SR, tmp_path / "letter.pdf")
    assert code == 1
    assert "letter.pdf: refused" in err
    assert "入力不完全" in out


def test_no_result_ends_with_4(capsys, tmp_path):
    (tmp_path / "letter.pdf").write_bytes(b"%PDF-1.7")
    code, out, err = run(capsys, "grade", tmp_path / "letter.pdf")
    assert code == 4
    assert out == ""
    assert "PDF" in err


def test_two_patients_end_with_4_and_write_nothing(capsys, tmp_path):
    code, out, err = run(
        capsys, "convert", SR, GOLDEN / "003.dcm", "-o", tmp_path / "out", "--to", "findings"
    )
    assert code == 4
    assert out == ""
    assert not (tmp_path / "out").exists()
    assert "IND002" not in err


@pytest.mark.parametrize(
    "arguments",
    [
        ["grade", SR, "--policy", "same_site"],
        ["grade", SR, "--policy", "same_site=near"],
        ["grade", SR, "--timezone", "JST"],
        ["grade", "no/such/file.dcm"],
        ["convert", SR, "-o", "-", "--to", "fhir,sr"],
        ["convert", SR, "-o", "-", "--to", "paper"],
        ["convert", SR, "-o", "-", "--to", "findings", "--now", "yesterday"],
    ],
)
def test_wrong_usage_ends_with_2_and_says_what_is_wanted(capsys, arguments):
    code, out, err = run(capsys, *arguments)
    assert (code, out) == (2, "")
    assert err.startswith("csfleak: ")


def test_stdin_is_an_input_and_stdout_takes_one_output():
    data = Path(SR).read_bytes()
    command = [sys.executable, "-m", "adapter", "convert", "-", "--to", "findings", "-o", "-"]
    done = subprocess.run(command, input=data, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["format"] == "csfleak-findings"


def test_output_is_utf8_on_a_cp932_console():
    command = [sys.executable, "-m", "adapter", "grade", SR]
    environment = {"PYTHONIOENCODING": "cp932", "PATH": ""}
    done = subprocess.run(command, capture_output=True, check=False, env=environment)
    assert done.returncode == 0, done.stderr
    assert "脳脊髄液漏出症" in done.stdout.decode("utf-8")


def test_converting_twice_gives_the_same_bytes(capsys, tmp_path):
    for place in ("a", "b"):
        run(capsys, "convert", SR, "-o", tmp_path / place, "--to", "sr,fhir,findings")
    written = [sorted((tmp_path / p).iterdir()) for p in ("a", "b")]
    assert [p.name for p in written[0]] == [p.name for p in written[1]]
    assert len(written[0]) == 3
    assert all(a.read_bytes() == b.read_bytes() for a, b in zip(*written, strict=True))


def test_an_overlay_teaches_a_vendors_codes(capsys, tmp_path):
    overlay = tmp_path / "vendor.toml"
    overlay.write_text(
        'source = "test"\n[schemes.99CSFTEST]\nsystems = ["http://example.org/csf-test"]\n'
        '[epi-fluid]\ncodes = [{ in = "99CSFTEST", code = "F001" }]\n'
        '[present]\ncodes = [{ in = "99CSFTEST", code = "P001" }]\n',
        encoding="utf-8",
    )
    bug = Path(__file__).parent / "bugs" / "12-undefined-length-empty-sequence.dcm"
    code, out, err = run(capsys, "grade", bug, "--mappings", overlay, "--format", "json")
    assert code == 0
    assert [f["concept"] for f in json.loads(out)["findings"]] == ["epi-fluid"]
    code, _, err = run(capsys, "grade", bug)
    assert "not-mapped" in err
    assert "99CSFTEST" in err


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("epi-fluid = 1\n", "not a table"),
        ("[no-such-term]\ncodes = []\n", "no term"),
        ('[epi-fluid]\ncodes = [{ code = "F001" }]\n', "`in`"),
        ('[epi-fluid]\ncodes = [{ in = "SCT", code = "52101004" }]\n', "means both"),
        ("[epi-fluid\n", "not a TOML"),
    ],
)
def test_a_wrong_overlay_is_refused_with_its_reason(capsys, tmp_path, text, told):
    overlay = tmp_path / "vendor.toml"
    overlay.write_text(text, encoding="utf-8")
    code, _, err = run(capsys, "grade", SR, "--mappings", overlay)
    assert code == 2
    assert told in err


def test_a_report_with_a_breach_is_not_delivered(capsys, tmp_path, monkeypatch):
    from adapter import gates

    breach = gates.Breach("template", "item.code", gates.ERROR, "1.2", "wrong")
    monkeypatch.setattr(gates, "check", lambda data, name: (breach,))
    code, _, err = run(capsys, "convert", SR, "-o", tmp_path / "out", "--check")
    assert code == 4
    assert "not delivered" in err
    assert not (tmp_path / "out").exists()


def test_what_is_written_passes_the_check(capsys, tmp_path):
    code, out, _ = run(capsys, "convert", SR, "-o", tmp_path, "--check")
    assert code == 0
    assert len(out.splitlines()) == 2


def test_validate_lists_breaches_and_ends_with_1(capsys):
    broken = Path(__file__).parent / "broken_sr" / "b12_no_scheme.dcm"
    code, out, _ = run(capsys, "validate", broken, "--tools", "none")
    assert code == 1
    assert "1.13.1.5: error: template item.code" in out


def test_an_old_receivers_character_set_refuses_what_has_no_place_there(capsys, tmp_path):
    sample = Path(__file__).parents[1] / "sample_data" / "15-four-exams" / "sr"
    code, _, err = run(
        capsys, "convert", sample, "-o", tmp_path / "x", "--to", "sr", "--charset", "iso-2022-jp"
    )
    assert code in (2, 4)
    assert "has no place in ISO 2022 IR 87" in err
    assert "髙橋" not in err
