"""The JSON and XML models of an SR give the grades of the file; no cut of them changes one."""

import io
import json
import subprocess

import pydicom
import pytest

from adapter import pipeline
from adapter.cli.demo import grades
from adapter.errors import RefusedInput
from tests.conftest import REPO

FILE = (REPO / "tests" / "golden" / "independent" / "003.dcm").read_bytes()


def graded(data: bytes):
    return grades(pipeline.grade([("input", data)]))


def as_json() -> bytes:
    return json.dumps(pydicom.dcmread(io.BytesIO(FILE)).to_json_dict()).encode()


@pytest.fixture
def as_xml(validator, tmp_path) -> bytes:
    """Return DCMTK's XML of the file."""
    (tmp_path / "in.dcm").write_bytes(FILE)
    words = [validator("dsr2xml"), str(tmp_path / "in.dcm"), str(tmp_path / "out.xml")]
    subprocess.run(words, capture_output=True, check=True)
    return (tmp_path / "out.xml").read_bytes()


def never_another_grade(data: bytes) -> bool:
    expected, refused = graded(data), 0
    assert expected == graded(FILE)
    for length in range(0, len(data), 3):
        try:
            assert graded(data[:length]) == expected, length
        except RefusedInput:
            refused += 1
    return refused > len(data) // 3 - 10


def test_the_json_model_gives_the_files_grade_and_no_cut_gives_another():
    assert never_another_grade(as_json())


def test_dcmtks_xml_gives_the_files_grade_and_no_cut_gives_another(as_xml):
    assert never_another_grade(as_xml)
