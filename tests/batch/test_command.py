"""``csfleak batch``: exit codes, what is printed, JSON."""

import json
from pathlib import Path

import pytest

from adapter.cli import main
from adapter.store import locked
from tests.batch import generator


@pytest.fixture(scope="module")
def source(tmp_path_factory) -> Path:
    return generator.archive(5, 8).write(tmp_path_factory.mktemp("source"))


def run(source: Path, out: Path, *options: str) -> int:
    return main(["batch", "run", str(source), "-o", str(out), "--workers", "0", *options])


def test_a_run_tells_what_it_came_to_and_ends_with_1_where_inputs_are_refused(
    source, tmp_path, capsys
):
    assert run(source, tmp_path / "out") == 1
    told = capsys.readouterr()
    assert "cases: 11 graded" in told.out
    assert "refused" in told.out
    assert "grade: 11 to do" in told.err


def test_a_run_without_refusals_ends_with_0(source, tmp_path):
    assert run(next(source.glob("*/*-mri.*")), tmp_path / "out", "--quiet") == 0


def test_a_run_without_a_result_ends_with_4(source, tmp_path):
    assert run(source / "bad", tmp_path / "out") == 4


def test_status_and_report_as_json(source, tmp_path, capsys):
    run(source, tmp_path / "out")
    capsys.readouterr()
    assert main(["batch", "status", str(tmp_path / "out"), "--format", "json"]) == 0
    status = json.loads(capsys.readouterr().out)
    assert status["cases"]["graded"] == 11
    assert status["running"] is False
    assert main(["batch", "report", str(tmp_path / "out"), "--format", "json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert sum(report["csf_leak_established"].values()) == 11
    assert sum(report["refused"].values()) == status["inputs"]["refused"]


def test_report_in_words(source, tmp_path, capsys):
    run(source, tmp_path / "out")
    capsys.readouterr()
    assert main(["batch", "report", str(tmp_path / "out")]) == 0
    told = capsys.readouterr().out
    assert "definite" in told
    assert "it looks like a PNG image" in told


def test_a_second_run_ends_with_3(source, tmp_path, capsys):
    out = tmp_path / "out"
    with locked(out / ".csfleak"):
        assert run(source, out) == 3
    assert "another run" in capsys.readouterr().err


@pytest.mark.parametrize(
    "arguments",
    [
        ["run", "nowhere", "-o", "out"],
        ["run", "-o", "out"],
        ["run", ".", "-o", "out", "--to", "docx"],
        ["status", "nowhere"],
        ["report", "nowhere"],
    ],
)
def test_wrong_usage_ends_with_2(arguments, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main(["batch", *arguments]) == 2


def test_an_unknown_option_value_is_wrong_usage(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as caught:
        main(["batch", "run", ".", "-o", "out", "--workers", "-1"])
    assert caught.value.code == 2
