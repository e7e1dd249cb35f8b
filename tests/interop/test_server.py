"""A sample patient on a FHIR server that is not ours: read from it, graded, and written to it."""

import json
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from adapter import pipeline
from adapter.cli import main
from adapter.readers.fhir_server import ServerOptions, fetch

# HAPI answers a search from a minute ago unless it is told not to.
FHIR = {"Content-Type": "application/fhir+json", "Cache-Control": "no-cache"}


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


@pytest.fixture
def folder(repo: Path) -> Path:
    return repo / "sample_data/04-definite-same-site/fhir"


@pytest.fixture
def patient(server: str, folder: Path) -> str:
    """Load the sample, once, by transactions; return the URL of its patient."""
    for file in sorted(folder.iterdir()):
        bundle = json.loads(file.read_text("utf-8"))
        entries = [{**entry, "request": _once(entry["resource"])} for entry in bundle["entry"]]
        _post(server, {"resourceType": "Bundle", "type": "transaction", "entry": entries})
    [found] = _search(server, "Patient?identifier=SAMPLE-04")
    return f"{server}/Patient/{found['id']}"


def _once(resource: dict[str, Any]) -> dict[str, str]:
    # The last is the resource's own; a tracking UID stands in the report's copies, too.
    own = resource["identifier"][-1]
    query = f"identifier={quote(own['system'] + '|' + own['value'], safe=':')}"
    return {"method": "POST", "url": resource["resourceType"], "ifNoneExist": query}


def _post(server: str, bundle: dict[str, Any]) -> None:
    answer = httpx.post(server, json=bundle, headers=FHIR, timeout=120)
    assert answer.status_code == 200, answer.text
    statuses = [entry["response"]["status"] for entry in answer.json()["entry"]]
    assert all(status.startswith("2") for status in statuses)


def _search(server: str, query: str) -> list[dict[str, Any]]:
    answer = httpx.get(f"{server}/{query}", headers=FHIR, timeout=60)
    assert answer.status_code == 200, answer.text
    return [entry["resource"] for entry in answer.json().get("entry", [])]


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


def test_a_report_posted_twice_is_there_once(
    server: str, patient: str, folder: Path, tmp_path: Path
) -> None:
    bundle = _report(folder, tmp_path)
    kinds = sorted({entry["resource"]["resourceType"] for entry in bundle["entry"]})
    held = []
    for _ in range(2):
        _post(server, bundle)
        held.append({kind: len(_search(server, f"{kind}?_count=200")) for kind in kinds})
    assert held[0] == held[1]
    assert held[1]["DiagnosticReport"] == 1
    assert held[1]["Patient"] == 1
    [report] = _search(server, "DiagnosticReport")
    assert report["subject"]["reference"] == "/".join(patient.rsplit("/", 2)[-2:])


def test_our_own_report_on_the_server_changes_no_grade(
    server: str, patient: str, folder: Path, tmp_path: Path
) -> None:
    _post(server, _report(folder, tmp_path))
    [report] = _search(server, "DiagnosticReport")
    for url in (patient, f"{server}/DiagnosticReport/{report['id']}"):
        graded = pipeline.grade([("server", fetch(url))]).graded
        assert graded.conclusions[0].established == "definite"
        assert len(graded.case.exams) == 2


def test_what_the_server_does_not_hold_gives_no_result(
    server: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["grade", f"{server}/Patient/none"]) == 4
    assert "holds no such resource" in capsys.readouterr().err
