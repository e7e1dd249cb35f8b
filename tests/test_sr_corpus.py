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
NO_FINDING = ("02", "03", "04", "07", "08", "09", "11", "13")  # of tests/bugs, by number


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


@pytest.mark.parametrize("number", NO_FINDING)
def test_a_known_bug_without_findings_is_never_a_negative(number):
    (data,) = (d for n, d in LOCAL.items() if n.startswith(f"bugs/{number}-"))
    assert {c.established for c in graded(data).graded.conclusions} == {"not-assessable"}
