"""A case written as SR and read again is the same case, with the same grades."""

from pathlib import Path

import pytest

from adapter.merge import merge
from adapter.model import Case, Document
from adapter.readers import dicom_sr as reader
from adapter.readers.options import ReadOptions
from adapter.sr.decode import decode
from adapter.sr.rules import check
from adapter.writers.dicom_sr import write, write_findings
from adapter.writers.options import WriteOptions
from tests.writers.graded_examples import CASES, TERMS, grade, view

SETTINGS = {
    "utf-8": WriteOptions(),
    "implicit": WriteOptions(implicit_vr=True),
    "ISO 2022 IR 87": WriteOptions(charset="iso-2022-jp"),
    "full SNOMED CT": WriteOptions(snomed="full"),
    "Enhanced SR": WriteOptions(sr="enhanced"),
    "Comprehensive 3D SR": WriteOptions(sr="comprehensive3d"),
}


def read(data: bytes) -> Document:
    return reader.read(data, "written.dcm", TERMS, ReadOptions())


def _grades(case: Case) -> list[tuple[str, str]]:
    return [(c.established, c.possible) for c in grade(case).conclusions]


@pytest.mark.parametrize("options", SETTINGS.values(), ids=SETTINGS)
@pytest.mark.parametrize("name", CASES)
def test_a_written_case_is_read_as_itself(name: str, options: WriteOptions) -> None:
    again = merge([read(write(grade(CASES[name]), TERMS, options))], TERMS)
    assert view(again) == view(CASES[name])
    assert _grades(again) == _grades(CASES[name])


@pytest.mark.parametrize("name", CASES)
def test_findings_alone_say_the_same_and_hold_no_grade(name: str) -> None:
    document = read(write_findings(CASES[name], TERMS, WriteOptions()))
    assert view(merge([document], TERMS)) == view(CASES[name])
    told = {issue.code for issue in document.issues}
    assert "own-conclusion-skipped" not in told
    assert "preliminary" not in told


@pytest.mark.parametrize("name", CASES)
def test_nothing_of_what_is_written_is_unknown_to_the_reader(name: str) -> None:
    issues = read(write(grade(CASES[name]), TERMS, WriteOptions())).issues
    assert not [i for i in issues if i.code in ("not-mapped", "not-used", "deviation")]


def test_the_patient_is_read_as_written() -> None:
    patient = read(write_findings(CASES["contradictions"], TERMS, WriteOptions())).patient
    case = CASES["contradictions"].patient
    assert patient.identifiers == case.identifiers
    assert [(n.family, n.given, n.representation) for n in patient.names] == [
        (n.family, n.given, n.representation) for n in case.names
    ]
    assert (patient.birth_date, patient.sex) == (case.birth_date, case.sex)


def test_reports_made_elsewhere_keep_findings_and_grades(golden_dir: Path) -> None:
    for path in sorted((golden_dir / "independent").glob("*.dcm")):
        document = reader.read(path.read_bytes(), path.name, TERMS, ReadOptions())
        case = merge([document], TERMS)
        written = read(write(grade(case), TERMS, WriteOptions()))
        again = merge([written], TERMS)
        assert view(again) == view(case), path.name
        assert _grades(again) == _grades(case), path.name
        assert written.input.study == document.input.study
        assert written.input.id != document.input.id


@pytest.mark.parametrize("options", SETTINGS.values(), ids=SETTINGS)
@pytest.mark.parametrize("name", CASES)
def test_no_template_rule_is_broken(name: str, options: WriteOptions) -> None:
    breaches = check(decode(write(grade(CASES[name]), TERMS, options), "written.dcm"))
    # A warning is for a reader to judge: words that are no site have no code to stand for them,
    # two groups of one lesion, no procedure where there is no exam.
    assert [b for b in breaches if b.severity == "error"] == []
    in_words = [b for b in breaches if b.rule == "1501.site-coded"]
    assert len(in_words) == (3 if name == "sites of every kind" else 0)
