"""A table of findings, CSV or Excel: the same findings as the contract's own formats."""

import csv
import io
from datetime import datetime

import pytest

from adapter import pipeline, terminology
from adapter.model import State
from adapter.readers.table import sniff
from adapter.readers.table.columns import headings
from tests.readers.table.tables import (
    HEADACHE,
    JA,
    MRI,
    PRESSURE,
    TERMS,
    made,
    only,
    read,
    workbook,
)

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
OTHER = ["", "脳MRI", "2026-03", "", "その他の脳MRI所見", "あり", *[""] * 12, "硬膜下血腫の疑い"]


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
