"""Outside validators and readers accept every SR that is written."""

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from adapter.writers.dicom_sr import write, write_findings
from adapter.writers.options import WriteOptions
from tests.conftest import _missing
from tests.writers.graded_examples import CASES, TERMS, grade

KINDS = ("comprehensive", "comprehensive3d", "enhanced", "basic-text")


@pytest.fixture(params=[(name, kind) for name in CASES for kind in KINDS], ids=" / ".join)
def written(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    name, kind = request.param
    path = tmp_path / "written.dcm"
    path.write_bytes(write(grade(CASES[name]), TERMS, WriteOptions(sr=kind)))
    return path


def _run(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command, capture_output=True, text=True, encoding="utf-8", errors="replace", timeout=60
    )


def _errors(done: subprocess.CompletedProcess[str]) -> list[str]:
    lines = (done.stdout + done.stderr).splitlines()
    return [s for s in lines if "Error" in s and "Unrecognized defined term <99" not in s]


def test_dciodvfy_finds_no_error(written: Path, validator: Callable[[str], str]) -> None:
    done = _run(validator("dciodvfy"), str(written))
    assert _errors(done) == []
    assert "SR" in done.stdout + done.stderr  # it knew what it was looking at


@pytest.mark.parametrize("options", [WriteOptions(implicit_vr=True),
                                     WriteOptions(charset="iso-2022-jp")])  # fmt: skip
@pytest.mark.parametrize("name", CASES)
def test_dciodvfy_finds_no_error_in_what_old_receivers_get(
    name: str, options: WriteOptions, tmp_path: Path, validator: Callable[[str], str]
) -> None:
    path = tmp_path / "old.dcm"
    path.write_bytes(write(grade(CASES[name]), TERMS, options))
    assert _errors(_run(validator("dciodvfy"), str(path))) == []


@pytest.mark.parametrize("name", CASES)
def test_dciodvfy_finds_no_error_in_findings_alone(
    name: str, tmp_path: Path, validator: Callable[[str], str]
) -> None:
    path = tmp_path / "findings.dcm"
    path.write_bytes(write_findings(CASES[name], TERMS, WriteOptions()))
    assert _errors(_run(validator("dciodvfy"), str(path))) == []


def test_dsrdump_accepts(written: Path, validator: Callable[[str], str]) -> None:
    done = _run(validator("dsrdump"), str(written))
    assert done.returncode == 0
    told = [line for line in done.stderr.splitlines() if "VR checker does not support" not in line]
    assert told == []


@pytest.mark.parametrize("kind", KINDS[:3])
@pytest.mark.parametrize("name", CASES)
def test_highdicom_opens_and_finds_every_group(name: str, kind: str, tmp_path: Path) -> None:
    written = tmp_path / "written.dcm"
    written.write_bytes(write(grade(CASES[name]), TERMS, WriteOptions(sr=kind)))
    try:
        from highdicom.sr import srread
    except ImportError:
        _missing("highdicom", "CSFLEAK_REQUIRE_VALIDATORS")
    from pydicom import dcmread

    root = dcmread(written)
    held = [
        group
        for part in root.ContentSequence
        if part.ConceptNameCodeSequence[0].CodeValue == "126010"
        for group in part.ContentSequence
        if group.ValueType == "CONTAINER"
    ]
    groups = srread(str(written)).content.get_image_measurement_groups()
    assert len(groups) == len(held)
    assert [g.tracking_uid for g in groups] == [
        i.UID for g in held for i in g.ContentSequence if i.ValueType == "UIDREF"
    ]
