"""A table of findings, CSV or Excel: the same findings as the contract's own formats."""

import csv
import io
import json
from contextlib import suppress
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import Workbook

from adapter import pipeline, readers, terminology, terms
from adapter.errors import AdapterError, Damaged, DifferentPatients, LimitExceeded, RefusedInput
from adapter.model import State
from adapter.readers.options import ReadOptions
from adapter.readers.table import sniff
from adapter.readers.table.cells import day, quantity
from adapter.readers.table.columns import headings

TERMS = terms.load()
OPTIONS = ReadOptions()
JA = [
    "患者ID",
    "検査",
    "日付",
    "検査実施機関",
    "所見",
    "有無",
    "部位",
    "左右",
    "病変名",
    "同部位の病変",
    "病変の造影",
    "くも膜下腔との連続",
    "静脈叢",
    "リンパ液",
    "RI集積のパターン",
    "測定値",
    "単位",
    "測定体位",
    "内容",
]
MRI = [
    "Ｐ１",
    "脊髄MRI",
    "２０２６／３／２",
    "見本病院",
    "硬膜外水信号病変",
    "あり",
    "Ｔｈ３－５",
    "左",
    "A",
    "",
    "なし",
    "疑い",
    "(-)",
    "",
    "",
    "",
    "",
    "",
    "",
]
RI = [
    "",
    "脳槽シンチグラフィー",
    "令和8年3月9日",
    "見本病院",
    "硬膜外のRI異常集積",
    "○",
    "T4",
    "",
    "",
    "A",
    "",
    "",
    "",
    "",
    "非対称性",
    "",
    "",
    "",
    "",
]
HEADACHE = ["", "", "", "", "起立性頭痛", "あり", *[""] * 13]
PRESSURE = ["", "", "20260310", "", "髄液圧", "", *[""] * 9, "６０以下", "mmH2O", "側臥位", ""]
OTHER = ["", "脳MRI", "2026-03", "", "その他の脳MRI所見", "あり", *[""] * 12, "硬膜下血腫の疑い"]


def made(*rows, header=JA):
    text = io.StringIO(newline="")
    csv.writer(text).writerows([header, *rows])
    return text.getvalue()


def read(data, name="t.csv", options=OPTIONS):
    data = data if isinstance(data, bytes) else data.encode()
    return readers.read(data, name, TERMS, options)


def only(*rows, **more):
    document = read(made(*rows, **more))
    (statement,) = document.statements
    return statement, document


def codes(document):
    return [i.code for i in document.issues]


def test_a_lesion_is_a_row_with_its_attributes():
    found, document = only(MRI)
    assert (found.concept, found.state, found.laterality) == ("epi-fluid", State.PRESENT, "left")
    assert [TERMS.terms[f"T{n}"].site.levels[0] for n in (3, 4, 5)] == list(found.site.levels)
    assert {p.concept: p.state for p in found.parts} == {
        "enhancement": State.ABSENT,
        "sas-continuity": State.INDETERMINATE,
        "mimic-venous": State.ABSENT,
    }
    assert (found.exam.kind, found.exam.institution) == ("spinal-mri", "見本病院")
    assert found.date == found.exam.date == "2026-03-02"
    assert document.patient.identifiers == (("P1", ""),)
    assert document.issues == ()


def test_every_statement_tells_the_row_and_column_it_stands_in():
    found, _ = only(MRI)
    assert found.source.path == "row 2"
    assert found.parts[0].source.path == "row 2, Enhancement of the lesion"


def test_lesions_are_joined_by_their_names():
    document = read(made(MRI, [*RI[:5], "あり", *RI[6:]]))
    mri, ri = document.statements
    assert mri.uid
    assert ri.same_site == (mri.uid,)
    assert [(p.concept, p.value) for p in ri.parts] == [("ri-pattern", "asymmetric")]
    assert ri.date == "2026-03-09"


def test_facts_of_the_patient_and_measurements():
    document = read(made(HEADACHE, PRESSURE))
    headache, pressure = document.statements
    assert (headache.concept, headache.state) == ("ortho-headache", State.PRESENT)
    quantity_ = pressure.quantity
    assert (quantity_.value, quantity_.unit, quantity_.comparator) == ("60", "mm[H2O]", "<=")
    assert [(p.concept, p.value) for p in pressure.parts] == [("posture", "lateral")]


def test_words_belong_to_the_one_finding_that_is_said_in_words():
    other, document = only(OTHER)
    assert (other.text, other.date) == ("硬膜下血腫の疑い", "2026-03")
    assert document.unmapped == ()
    _, document = only([*MRI[:-1], "右にもありそう"])
    assert [(u.text, u.source.path) for u in document.unmapped] == [
        ("右にもありそう", "row 2, Text")
    ]


def test_a_table_and_the_findings_of_a_sample_give_one_conclusion():
    outcome = pipeline.grade([("t.csv", made(MRI, [*RI[:5], "あり", *RI[6:]], HEADACHE).encode())])
    leak = outcome.graded.conclusions[0]
    assert (leak.established, leak.trail[0].rule) == ("definite", "csf-leak.3.same-site")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le-bom", "cp932"])
@pytest.mark.parametrize("delimiter", [",", "\t", ";"])
def test_whatever_excel_saves_is_read(encoding, delimiter):
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=delimiter).writerows([JA, MRI])
    if encoding == "utf-16-le-bom":
        data = b"\xff\xfe" + text.getvalue().encode("utf-16-le")
    else:
        data = text.getvalue().encode(encoding)
    assert sniff(data)
    document = read(data)
    assert [s.concept for s in document.statements] == ["epi-fluid"]
    assert document.statements[0].exam.institution == "見本病院"


def workbook(*rows, first=None):
    book = Workbook()
    sheet = book.active
    if first:
        sheet.append(first)
        sheet = book.create_sheet("二")
    for row in rows:
        sheet.append(row)
    made_ = io.BytesIO()
    book.save(made_)
    return made_.getvalue()


def test_a_workbook_is_read_as_its_csv_is():
    row = [*MRI]
    row[2] = datetime(2026, 3, 2)
    excel, text = read(workbook(JA, row), "t.xlsx"), read(made(MRI))
    said = [(s.concept, s.state, s.date, s.site, [p.state for p in s.parts]) for s in
            (excel.statements[0], text.statements[0])]  # fmt: skip
    assert said[0] == said[1]


def test_numbers_of_a_workbook_keep_no_point_that_nobody_wrote():
    row = [*PRESSURE]
    row[15] = 60.0
    (found,) = read(workbook(JA, row), "t.xlsx").statements
    assert found.quantity.value == "60"


@pytest.mark.parametrize("lang", ["ja", "en"])
def test_the_template_is_a_table_without_rows(lang):
    data = terminology.export(TERMS, {})[f"table/findings-{lang}.csv"]
    assert sniff(data)
    document = read(data)
    assert (document.statements, document.issues) == ((), ())


def test_the_templates_workbook_is_a_table_too():
    document = read(terminology.export(TERMS, {})["table/findings.xlsx"], "t.xlsx")
    assert (document.statements, document.issues) == ((), ())


@pytest.mark.parametrize("lang", ["ja", "en"])
def test_every_concept_can_be_said_by_its_label(lang):
    header = headings(TERMS, lang)
    at = header.index("Finding" if lang == "en" else "所見")
    state = header.index("State" if lang == "en" else "有無")
    for term in TERMS.terms.values():
        if term.kind in ("lesion", "exam", "patient") and term.name != "csf-pressure":
            row = [""] * len(header)
            row[at], row[state] = (term.en if lang == "en" else term.ja), "absent"
            found, document = only(row, header=header)
            assert (found.concept, found.state) == (term.name, State.ABSENT)
            assert document.issues == ()


# What is not guessed


def changed(row, **cells):
    row = [*row]
    for name, value in cells.items():
        row[JA.index(name)] = value
    return row


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


def test_a_formula_is_text():
    found, _ = only(changed(MRI, 検査実施機関='=HYPERLINK("x")'))
    assert found.exam.institution == '=HYPERLINK("x")'


@pytest.mark.parametrize(
    ("written", "wanted"),
    [
        ("2026-3-2", "2026-03-02"), ("２０２６年３月２日", "2026-03-02"), ("2026.03", "2026-03"),
        ("2026", "2026"), ("R8.3.2", "2026-03-02"), ("令和元年5月1日", "2019-05-01"),
        ("H31/4/30", "2019-04-30"), ("20260302", "2026-03-02"),
        ("2026-03-02T10:15:00+09:00", "2026-03-02T10:15:00+09:00"),
        ("2026-13-01", None), ("3/2", None), ("R8.2.30", None), ("", None), ("yesterday", None),
    ],
)  # fmt: skip
def test_dates(written, wanted):
    assert day(written) == wanted


@pytest.mark.parametrize(
    ("value", "unit", "wanted"),
    [
        ("55", "mmH2O", ("55", "mm[H2O]", "")), ("５５．０", "mmH2O", ("55.0", "mm[H2O]", "")),
        ("<60 mmH2O", "", ("60", "mm[H2O]", "<")), ("60未満", "mmH2O", ("60", "mm[H2O]", "<")),
        ("≦6", "cmH2O", ("6", "cm[H2O]", "<=")), ("55", "", ("55", "", "")),
        ("55", "blobs", ("55", "blobs", "")),
        ("55 mmH2O", "cmH2O", None), ("<60以下", "", None), ("low", "", None),
    ],
)  # fmt: skip
def test_quantities(value, unit, wanted):
    found = quantity(value, unit)
    assert (found and (found.value, found.unit, found.comparator)) == wanted


# Procedure codes

JJ = """
[spinal-mri]
codes = [{ in = "JJ1017", code = "9??????7*", like = true }]

[brain-mri]
codes = [{ in = "JJ1017", code = "9??????5*", like = true }]

[ct-myelography]
codes = [{ in = "JJ1017", code = "80000007000000000000000000000000" }]
"""
SPINE = "9" + "0" * 6 + "7" + "0" * 24


@pytest.fixture
def overlay(tmp_path):
    path = tmp_path / "jj1017.toml"
    path.write_text(JJ, "utf-8")
    return path


def test_a_procedure_code_names_the_examination(overlay):
    known = terms.load((overlay,))
    data = made(changed(MRI, 検査=SPINE)).encode()
    (found,) = readers.read(data, "t.csv", known, OPTIONS).statements
    assert found.exam.kind == "spinal-mri"
    (found,) = read(data).statements
    assert found.exam.kind is None


def test_the_system_of_procedure_codes_is_a_setting(overlay):
    study = {
        "resourceType": "ImagingStudy", "id": "s", "status": "available",
        "subject": {"identifier": {"value": "P"}},
        "procedureCode": [{"coding": [{"system": "urn:oid:1.2.392.9999", "code": SPINE}]}],
    }  # fmt: skip
    for systems, kinds in (((), ()), ((("JJ1017", "urn:oid:1.2.392.9999"),), ("spinal-mri",))):
        known = terms.load((overlay,), None, systems)
        document = readers.read(json.dumps(study).encode(), "s.json", known, OPTIONS)
        assert document.studies[0].kinds == kinds


def test_a_code_that_fits_patterns_of_two_terms_is_none(tmp_path):
    path = tmp_path / "two.toml"
    path.write_text(
        JJ + '\n[mr-myelography]\ncodes = [{ in = "JJ1017", code = "9*", like = true }]\n'
    )
    assert terms.load((path,)).match("JJ1017", SPINE) is None


def test_a_pattern_is_never_written(overlay):
    known = terms.load((overlay,))
    assert [c.scheme for c in known.codings("brain-mri", full=True)] == ["99CSFL"]
