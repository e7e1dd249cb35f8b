"""What nobody should ask: told in a line on stderr, with the exit code of the design."""

import os
import shutil
from pathlib import Path

import pytest

from adapter import cli, pipeline

SAMPLES = Path(__file__).parents[1] / "sample_data" / "04-definite-same-site"
SR = str(SAMPLES / "sr")
FHIR = ["-o", "-", "--to", "fhir"]


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (["grade", SR, "--policy", "same_site=²"], 2, "is none of"),
        (["grade", SR, "--policy", "same_site=" + "9" * 5000], 2, "is none of"),
        (["grade", SR, "--timezone", ""], 2, "an offset is wanted"),
        (["grade", SR, "--now", "20260302T100000+0900"], 2, "an instant"),
        (["grade", SR, "--now", "2026-W10-1T10:00:00+09:00"], 2, "an instant"),
        (["grade", SR, "--now", "2026-03-02T10:00:00"], 2, "an instant"),
        (["grade", SR, "--now", "2026-02-30T10:00:00+09:00"], 2, "an instant"),
        (["grade", SR, "--settings", "nowhere.toml"], 2, "no such settings file"),
        (["grade", SR, "--settings", SR], 2, "no such settings file"),
        (["grade", "-", "-"], 2, "stdin can be read once"),
        (["compare", "-", "-"], 2, "stdin can be read once"),
        (["convert", SR, "-o", "out", "--to", ","], 2, "--to names no kind"),
        (["convert", SR, *FHIR, "--replaces", "EMPTY"], 4, "--replaces holds no file"),
        (["convert", SR, *FHIR, "--verified-by", ""], 2, "--verified-by"),
        (["convert", SR, *FHIR, "--verified-by", "a\x07b"], 2, "--verified-by"),
        (["convert", SR, *FHIR, "--verified-by", "\udcff"], 2, "--verified-by"),
        (["convert", SR, *FHIR, "--report-id", " "], 2, "--report-id"),
        (["validate", "EMPTY", "--tools", "none"], 4, "no input was given"),
        (["demo", "--samples", "nowhere"], 2, "no such folder of samples"),
        (["vectors", "check", "--vectors", "LIST"], 4, "is no set of vectors"),
        (["vectors", "check", "--vectors", "LIST", "--formats", "x"], 2, "--formats x"),
        (["vectors", "check", "--vectors", "LIST", "--formats", ""], 2, "--formats"),
        (["vectors", "check", "--vectors", "SET", "--run", ""], 2, "{inputs}"),
        (["vectors", "check", "--vectors", "SET", "--run", '"open'], 2, "not whole"),
        (["vectors", "check", "--vectors", "SET", "--report", "r.txt"], 2, "its ending"),
    ],
)
def test_it_is_told_in_one_line(
    arguments: list[str], code: int, told: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("EMPTY", "LIST", "SET"):
        (tmp_path / name).mkdir()
    (tmp_path / "LIST" / "manifest.json").write_text("[]")
    head = '{"format": "csfleak-vectors", "version": "1", "vectors": []}'
    (tmp_path / "SET" / "manifest.json").write_text(head)
    known = {name: str(tmp_path / name) for name in ("EMPTY", "LIST", "SET")}
    assert cli.main([known.get(a, a) for a in arguments]) == code
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("csfleak: ")
    assert told in err
    assert err.count("\n") == 1


def test_a_physician_s_name_may_hold_a_wide_blank(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["convert", SR, *FHIR, "--verified-by", "髙橋\u3000𠮷郎"]) == 0
    assert "𠮷郎" in capsys.readouterr().out


NAMES = (b"\x8c\x9f\x8d\xb8.dcm", "a\nb\x1b[31m\u202e.dcm".encode(), "検査 1\u3000①.dcm".encode())


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("kind", ["fhir", "sr", "findings"])
def test_a_file_may_be_named_in_any_encoding(
    kind: str, name: bytes, tmp_path: Path, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    path = os.fsdecode(bytes(tmp_path) + b"/" + name)
    shutil.copy(SAMPLES / "sr" / "1-mri.dcm", path)
    [(shown, _)] = pipeline.sources([Path(path)])
    assert shown.encode() == (name if name == NAMES[2] else shown.encode("ascii"))
    assert cli.main(["convert", path, "-o", "-", "--to", kind]) == 0
    assert cli.main(["grade", path, "-v"]) == 0
    assert b"\x1b" not in capsysbinary.readouterr().err


def test_a_fault_of_ours_shows_no_word_of_an_input(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(*_: object) -> None:
        raise ValueError("invalid literal: 山田太郎")

    monkeypatch.setattr(pipeline, "grade", broken)
    assert cli.main(["grade", SR]) == 4
    out, err = capsys.readouterr()
    assert (out, "山田" in err, "Traceback" in err) == ("", False, False)
    assert "internal error" in err
    assert "ValueError" in err
    assert "show.py" in err


def test_a_run_that_is_stopped_says_so(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def stopped(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(pipeline, "grade", stopped)
    assert cli.main(["grade", SR]) == 3
    assert capsys.readouterr().err == "csfleak: stopped\n"
