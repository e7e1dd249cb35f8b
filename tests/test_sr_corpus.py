"""Known bugs and broken SRs, to their grades: nothing escapes, nothing is silent."""

import pytest

from adapter import pipeline
from benchmarks import sr_readers
from benchmarks.sr_readers import OPTIONS, Ours, asked, files, ours

LOCAL = {name: data for name, data in files().items() if not name.startswith("real/")}
BROKEN = {n: d for n, d in LOCAL.items() if n.startswith("broken_sr/") and "b21" not in n}
WHOLE = LOCAL["broken_sr/b06_no_evidence.dcm"]
# Without the finding, or without what is said of it, in the first of three groups; or without all.
LOST = {
    "b09_code_without_value": "suspected",
    "b10_no_conceptname": "suspected",
    "b12_no_scheme": "suspected",
    "b13_bad_valuetype": "suspected",
    "b20_codevalue19": "suspected",
    "b14_no_measurements": "not-assessable",
    "b23_empty_contentseq": "not-assessable",
}
# By the table of tests/bugs: the concepts that the file says, everything else is not mapped.
BUGS = {
    "01-charset-ir13-first": ["epi-fluid"],
    "05-multivalue-ir13-backslash": ["epi-fluid"],
    "06-long-code-value": ["float-dural-sac"],
    "12-undefined-length-empty-sequence": ["epi-fluid"],
    "19-time-without-zone": ["epi-fluid"],
    "02-charset-ir6-explicit": [],
    "03-jis-pad-without-reset": [],
    "04-utf8-nested-item": [],
    "07-num-without-children": [],
    "08-num-empty-measured-value": [],
    "09-ds-longer-than-16": [],
    "11-by-reference-cycle": [],
    "13-no-content-sequence": [],
}


def graded(data: bytes):
    return pipeline.grade([("file.dcm", data)], OPTIONS)


@pytest.mark.parametrize("name", LOCAL)
def test_no_exception_escapes_and_the_exit_code_is_true(name):
    found = ours(LOCAL[name])
    assert found.true, found


def test_an_untrue_exit_code_is_seen():
    good = Ours(refused=None, deviations=(), statements=0, errors=0, exit_code=0)
    assert good.true
    for wrong in (
        good._replace(exit_code=4),
        good._replace(refused="is no SR"),
        good._replace(errors=1),
        good._replace(escaped="KeyError"),
    ):
        assert not wrong.true


def test_the_check_ends_with_1_when_something_escapes(monkeypatch, capsys):
    def fails(*_):
        raise KeyError

    monkeypatch.setattr(sr_readers, "files", lambda: {"one.dcm": WHOLE})
    assert sr_readers.main(["--check"]) == 0
    monkeypatch.setattr(pipeline, "read", fails)
    assert sr_readers.main(["--check"]) == 1
    assert "KeyError" in capsys.readouterr().err


def test_whatever_a_peer_raises_is_its_answer():
    assert asked(lambda _: 1 // 0, b"") == "failed: ZeroDivisionError"


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_variant_keeps_its_grade_or_says_what_it_lost(name):
    short = name.removeprefix("broken_sr/").removesuffix(".dcm")
    found = graded(BROKEN[name]).graded
    assert graded(WHOLE).graded.conclusions[0].established == "definite"
    assert found.conclusions[0].established == LOST.get(short, "definite")
    told = [i for i in found.case.issues if i.severity == "warning" and "1.13.1" in i.expression]
    if short not in LOST:
        assert len(graded(BROKEN[name]).graded.findings) == len(graded(WHOLE).graded.findings)
    elif "not-assessable" not in LOST[short]:
        assert {i.code for i in told} & {"deviation", "not-mapped"}


@pytest.mark.parametrize("name", BUGS)
def test_a_known_bug_gives_its_findings_and_nothing_else(name):
    data = LOCAL[f"bugs/{name}.dcm"]
    document = pipeline.read(data, "file.dcm", OPTIONS)
    assert [s.concept for s in document.statements] == BUGS[name]
    assert {s.state.value for s in document.statements} <= {"present"}
    if not BUGS[name]:
        established = {c.established for c in graded(data).graded.conclusions}
        assert established == {"not-assessable"}


def test_every_bug_file_is_in_the_table():
    refused = {"10-deeply-nested-content", "14-not-dicom-in-batch"}
    names = {n[len("bugs/") : -len(".dcm")] for n in LOCAL if n.startswith("bugs/")}
    assert names == {*BUGS, *refused}


def test_a_time_without_zone_gets_none():
    document = pipeline.read(LOCAL["bugs/19-time-without-zone.dcm"], "file.dcm", OPTIONS)
    dates = [document.input.date, *(s.date or "" for s in document.statements)]
    assert not [d for d in dates if "+" in d or d.endswith("Z")]
