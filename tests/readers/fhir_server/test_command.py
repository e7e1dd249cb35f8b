"""The settings of a FHIR server, and the command that reads from one."""

import json
from pathlib import Path
from typing import Any

import pytest

from adapter import pipeline
from adapter.cli import main
from adapter.errors import AdapterError, Usage
from adapter.readers.fhir_server import ServerOptions, fetch, server_options
from tests.readers.fhir_server.stubs import FAST, fetched, token_server
from tests.readers.fhir_stub import Stub


def test_settings_and_environment_make_the_options() -> None:
    table = {"token_env": "T", "allow_hosts": ["a"], "max_seconds": 9, "page_size": 5}
    options = server_options(table, {"T": "hush"})
    assert (options.token, options.allow_hosts) == ("hush", ("a",))
    assert (options.max_seconds, options.page_size) == (9, 5)
    assert server_options({}, {"CSFLEAK_SERVER_TOKEN": "hush"}).token == "hush"


@pytest.mark.parametrize(
    "table",
    [
        {"tokn": "x"},
        {"allow_hosts": "a"},
        {"page_size": True},
        {"page_size": 0},
        {"token": 1},
        {"token_env": "NOT_SET"},
        {"client_id": "a"},
        {"key_file": "k.pem"},
        {"client_id": "a", "key_file": "/no/such/file"},
        {"ca_file": "/no/such/file"},
    ],
)
def test_settings_that_cannot_be_used_are_wrong_usage(table: dict[str, Any]) -> None:
    with pytest.raises(Usage, match=r"\[server\]"):
        server_options(table, {})


def test_credentials_of_one_server_do_not_go_to_another(stub: Stub) -> None:
    options = ServerOptions(base="https://fhir.invalid/r4", token="hush")
    with pytest.raises(Usage, match="another server"):
        fetched(stub, options=options)
    assert stub.asked == []


def sample(stub: Stub, repo: Path) -> str:
    """Let a stub hold the sample patient of two exams; return the patient's URL."""
    resources: dict[str, dict[str, Any]] = {}
    merged: dict[str, str] = {}
    for file in sorted((repo / "sample_data/04-definite-same-site/fhir").iterdir()):
        entries = json.loads(file.read_text("utf-8"))["entry"]
        text = json.dumps([entry["resource"] for entry in entries])
        for entry in entries:
            kind, identity = entry["resource"]["resourceType"], entry["resource"]["id"]
            same = merged.setdefault(kind, identity) if kind == "Patient" else identity
            text = text.replace(entry["fullUrl"], f"{kind}/{same}").replace(identity, same)
        resources |= {f"{r['resourceType']}/{r['id']}": r for r in json.loads(text)}
    stub.hold(*resources.values())
    return f"{stub.base}/Patient/{merged['Patient']}"


def test_a_patient_on_a_server_is_graded_as_from_files(
    stub: Stub, repo: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    url = sample(stub, repo)
    assert main(["grade", url]) == 0
    printed = capsys.readouterr()
    assert "確実" in printed.out
    folder = repo / "sample_data/04-definite-same-site/fhir"
    files = pipeline.grade(pipeline.sources([folder])).graded
    served = pipeline.grade([("server", fetch(url, FAST))]).graded
    assert [c.established for c in served.conclusions] == [c.established for c in files.conclusions]
    assert len(served.case.exams) == len(files.case.exams) == 2
    assert len(stub.asked) < 60


@pytest.mark.parametrize(
    ("path", "code"),
    [("/fhir/Patient/none", 4), ("/fhir/Observation/1", 2)],
)
def test_the_command_says_by_its_code_what_failed(
    stub: Stub, path: str, code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["grade", f"http://127.0.0.1:{stub.port}{path}"]) == code
    assert capsys.readouterr().err.startswith("csfleak: ")


def test_the_command_reads_credentials_from_the_settings(stub: Stub, tmp_path: Path) -> None:
    token_server(stub, "t1")
    settings = tmp_path / "settings.toml"
    settings.write_text('[server]\ntoken = "t1"\n')
    with pytest.raises(AdapterError):
        fetched(stub)
    assert main(["grade", f"{stub.base}/Patient/p1", "--settings", str(settings)]) == 0
    assert stub.asked[-1].headers["authorization"] == "Bearer t1"
