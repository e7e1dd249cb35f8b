"""What a table does not say, or says in no way that is known, is told and not guessed."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapter.errors import AdapterError, Damaged, DifferentPatients, LimitExceeded, RefusedInput
from adapter.model import State
from adapter.readers.options import ReadOptions
from tests.readers.table.tables import (
    HEADACHE,
    JA,
    MRI,
    PRESSURE,
    changed,
    codes,
    made,
    only,
    read,
    workbook,
)


@pytest.mark.parametrize(
    ("cells", "code", "severity"),
    [
        ({"所見": "髄液もれ"}, "not-mapped", "warning"),
        ({"所見": ""}, "not-used", "error"),
        ({"所見": "病変の造影"}, "not-used", "error"),
    ],
)
def test_a_row_that_names_no_finding_is_told_and_not_used(cells, code, severity):
    document = read(made(changed(MRI, **cells)))
    assert document.statements == ()
    assert [(i.code, i.severity) for i in document.issues] == [(code, severity)]


@pytest.mark.parametrize("word", ["たぶん", "あり?", "1", "あり なし"])
def test_a_word_that_is_no_state_is_not_assessed(word):
    found, document = only(changed(MRI, 有無=word))
    assert (found.state, found.reason) == (State.NOT_ASSESSED, "not-mapped")
    assert codes(document) == ["not-used"]


def test_a_blank_state_is_not_present_and_makes_the_case_incomplete():
    found, document = only(changed(MRI, 有無=""))
    assert found.state is State.NOT_ASSESSED
    assert [i.severity for i in document.issues] == ["error"]


def test_a_blank_attribute_was_not_said():
    found, _ = only(MRI)
    assert "mimic-lymph" not in {p.concept for p in found.parts}


def test_an_attribute_of_another_finding_is_told():
    found, document = only(changed(HEADACHE, 病変の造影="なし"))
    assert found.parts == ()
    assert [(i.code, i.severity) for i in document.issues] == [("not-used", "error")]


@pytest.mark.parametrize(
    ("column", "word", "code"),
    [
        ("日付", "3月2日", "not-used"),
        ("日付", "2026-02-30", "not-used"),
        ("検査", "胸部CT", "not-mapped"),
        ("左右", "前", "not-mapped"),
        ("部位", "全脊椎", "site-unreadable"),
    ],
)
def test_a_cell_that_cannot_be_read_is_told_by_its_place(column, word, code):
    found, document = only(changed(MRI, **{column: word}))
    (issue,) = document.issues
    assert issue.code == code
    assert issue.expression.startswith("row 2, ")
    assert found.state is State.PRESENT
    assert word not in issue.diagnostics


def test_the_examination_of_another_finding_is_not_taken():
    found, document = only(changed(MRI, 検査="脳MRI"))
    assert found.exam.kind is None
    assert codes(document) == ["group-study-disagree"]


def test_a_pressure_without_a_number_or_with_two_units_is_not_read():
    for cells in ({"測定値": "低い"}, {"測定値": "6 cmH2O"}):
        document = read(made(changed(PRESSURE, **cells)))
        assert [s.quantity for s in document.statements] == [None]
        assert "error" in {i.severity for i in document.issues}


def test_an_unknown_column_is_told_and_not_read():
    document = read(made([*MRI, "x"], header=[*JA, "造影剤の量"]))
    assert [(i.code, i.expression) for i in document.issues] == [("not-mapped", "row 1")]


@pytest.mark.parametrize(
    ("data", "error", "words"),
    [
        (made(MRI, changed(MRI, 患者ID="P2")), DifferentPatients, "one table is one patient"),
        (made(MRI, header=[*JA[:-1], "左右"]), RefusedInput, "stands twice"),
        (made(MRI) + '"open', Damaged, "not closed"),
    ],
)
def test_a_table_that_cannot_be_read_is_refused_with_its_reason(data, error, words):
    with pytest.raises(error, match=words):
        read(data)


def test_a_broken_workbook_is_refused():
    data = workbook(JA, MRI)
    for cut in (200, len(data) // 2, len(data) - 30):
        broken = data[:cut] + b"xl/workbook.xml"
        with pytest.raises(RefusedInput):
            read(broken, "t.xlsx")


def test_limits_hold():
    with pytest.raises(LimitExceeded):
        read(made(*[MRI] * 20), options=ReadOptions(max_items=10))


def test_no_cell_stands_in_an_exception_or_issue():
    secret = "山田太郎"
    document = read(made([secret] * len(JA)))
    assert secret not in "".join(i.diagnostics for i in document.issues)
    with pytest.raises(DifferentPatients) as error:
        read(made(changed(MRI, 患者ID=secret), MRI))
    assert secret not in str(error.value)


@given(st.binary(max_size=300), st.lists(st.text(max_size=8), max_size=30))
def test_any_bytes_are_read_or_refused(data, cells):
    text = made(cells).encode() + data
    with suppress(AdapterError):
        read(text)
