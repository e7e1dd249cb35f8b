"""Public SR files from many makers: read or refused by name, with a true exit code."""

import pytest

from adapter import pipeline
from benchmarks.sr_readers import OPTIONS, ours
from tests.sr import samples

REFUSED = {
    "DICOMSR-HL7-FHIR-Generator__brayz_sr.dcm": "mammography CAD",
    "imaging__1.2.826.0.1.3680043.2.1043.693076.0.66982.83.3.1.dcm": "key object selection",
    "imaging__GK17285-KOS.dcm": "key object selection",
}


@pytest.fixture(scope="module")
def corpus(shared):
    return samples.real()


def test_all_public_files_are_there(corpus):
    assert len(corpus) == 13


def test_every_public_file_is_read_or_refused_by_name_with_a_true_exit_code(corpus):
    for name, data in corpus.items():
        found = ours(data)
        assert found.true, (name, found)
        assert (found.refused is not None) is (name in REFUSED), name
        assert REFUSED.get(name, "") in (found.refused or ""), name


def test_a_report_on_something_else_gives_no_grade_and_says_what_was_not_used(corpus):
    for name, data in corpus.items():
        if name in REFUSED:
            continue
        case = pipeline.grade([(name, data)], OPTIONS).graded
        assert {c.established for c in case.conclusions} == {"not-assessable"}, name
        assert {i.code for i in case.case.issues} & {"not-mapped", "narrative-only"}, name


def test_what_is_told_never_quotes_the_patient(corpus):
    import pydicom

    for name, data in corpus.items():
        if name in REFUSED:
            continue
        issues = pipeline.read(data, name, OPTIONS).issues
        told = " ".join(i.diagnostics for i in issues)
        path = samples.SHARED / "corpus" / "real" / "sr" / name
        person = str(pydicom.dcmread(path).get("PatientName", ""))
        words = [w for w in person.replace("^", " ").replace("=", " ").split() if len(w) > 4]
        assert not [w for w in words if w in told], name


def test_a_public_file_cut_at_any_tenth_is_refused_or_told(corpus):
    for name, data in corpus.items():
        if name in REFUSED:
            continue
        for tenth in range(1, 10):
            found = ours(data[: len(data) * tenth // 10])
            assert found.true, (name, tenth)
            assert found.refused is not None or "no-content" in found.deviations, (name, tenth)
