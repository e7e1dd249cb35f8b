"""A sample patient on a FHIR server that is not ours: read from it, graded, and written to it."""

import json
from pathlib import Path
from typing import Any

import pytest

from adapter import pipeline
from adapter.cli import main
from adapter.readers.fhir_server import ServerOptions, fetch
from tests.interop import rest


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


@pytest.fixture
def folder(repo: Path) -> Path:
    return repo / "sample_data/04-definite-same-site/fhir"


@pytest.fixture
def patient(server: str, folder: Path) -> str:
    """Load the sample, once, by transactions; return the URL of its patient."""
    return rest.load(server, folder)


def _report(folder: Path, tmp_path: Path) -> dict[str, Any]:
    assert main(["convert", str(folder), "--to", "fhir", "-o", str(tmp_path)]) == 0
    [file] = tmp_path.glob("*.fhir.json")
    bundle: dict[str, Any] = json.loads(file.read_text("utf-8"))
    return bundle


def test_a_patient_on_the_server_is_graded_as_from_files(
    patient: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["grade", patient, "--format", "json"]) == 0
    served = json.loads(capsys.readouterr().out)["conclusions"]
    assert main(["grade", str(folder), "--format", "json"]) == 0
    filed = json.loads(capsys.readouterr().out)["conclusions"]
    assert served[0]["established"] == "definite"
    grades = ("condition", "established", "possible", "incomplete")
    assert [[c[k] for k in grades] for c in served] == [[c[k] for k in grades] for c in filed]
    assert main(["grade", patient]) == 0
    assert "確実" in capsys.readouterr().out


def test_small_pages_give_the_same_bytes(patient: str) -> None:
    assert fetch(patient, ServerOptions(page_size=2)) == fetch(patient, ServerOptions())


def test_our_own_report_on_the_server_changes_no_grade(
    server: str, patient: str, folder: Path, tmp_path: Path
) -> None:
    responses = rest.post(server, _report(folder, tmp_path))
    [report] = (r["location"] for r in responses if r["location"].startswith("DiagnosticReport/"))
    for url in (patient, f"{server}/{report.partition('/_history')[0]}"):
        graded = pipeline.grade([("server", fetch(url))]).graded
        assert graded.conclusions[0].established == "definite"
        assert len(graded.case.exams) == 2


def test_what_the_server_does_not_hold_gives_no_result(
    server: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["grade", f"{server}/Patient/none"]) == 4
    assert "holds no such resource" in capsys.readouterr().err
