"""Tables made to cost more than they say: each is refused, in time, by what it exceeds."""

import io
import time
import zipfile
from collections.abc import Iterator

import pytest
from openpyxl import Workbook

from adapter import readers, sites, terms
from adapter.errors import LimitExceeded
from adapter.model import Document
from adapter.readers.options import ReadOptions

TERMS = terms.load()
SHEET = "xl/worksheets/sheet1.xml"
HEADER = (
    '<row r="1"><c r="A1" t="inlineStr"><is><t>Finding</t></is></c>'
    '<c r="B1" t="inlineStr"><is><t>State</t></is></c></row>'
)
FILLED = '<c r="{0}" t="inlineStr"><is><t>x</t></is></c>'


def read(data: bytes, **limits: int) -> Document:
    return readers.read(data, "table", TERMS, ReadOptions(**limits))


def workbook(rows: str, **parts: bytes) -> bytes:
    made, changed = io.BytesIO(), io.BytesIO()
    Workbook().save(made)
    space = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    sheet = f'<worksheet xmlns="{space}"><sheetData>{HEADER}{rows}</sheetData></worksheet>'
    with zipfile.ZipFile(made) as old, zipfile.ZipFile(changed, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, sheet if name == SHEET else old.read(name))
        for name, data in parts.items():
            new.writestr(name, data)
    return changed.getvalue()


@pytest.fixture(autouse=True)
def in_time() -> Iterator[None]:
    start = time.perf_counter()
    yield
    assert time.perf_counter() - start < 30


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        ("<row><c/></row>" * 200_000, r"inflates to \d+ bytes"),
        (" " * 2_000_000, r"inflates to \d+ bytes"),
    ],
)
def test_a_workbook_that_inflates_beyond_the_limit_is_refused(rows: str, told: str) -> None:
    data = workbook(rows)
    assert len(data) < 50_000
    with pytest.raises(LimitExceeded, match=told):
        read(data, max_bytes=1_000_000)


def test_what_a_workbook_does_not_read_counts_too() -> None:
    with pytest.raises(LimitExceeded, match="inflates"):
        read(workbook("", media=bytes(2_000_000)), max_bytes=1_000_000)


def test_a_row_without_end_is_refused() -> None:
    far = f'<row r="99999999999">{FILLED.format("A99999999999")}</row>'
    with pytest.raises(LimitExceeded, match="blank ones counted"):
        read(workbook(far), max_items=1000)


@pytest.mark.parametrize("rows", [1, 500])
def test_a_cell_in_the_last_column_is_refused(rows: int) -> None:
    far = "".join(f'<row r="{n}">{FILLED.format(f"XFD{n}")}</row>' for n in range(2, rows + 2))
    with pytest.raises(LimitExceeded, match="16384 columns"):
        read(workbook(far))


def test_a_sheet_formatted_to_its_last_column_is_read() -> None:
    document = read(
        workbook(
            '<row r="2"><c r="A2" t="inlineStr"><is><t>epi-fluid</t></is></c>'
            '<c r="B2" t="inlineStr"><is><t>present</t></is></c><c r="XFD2"/></row>'
        )
    )
    assert [s.concept for s in document.statements] == ["epi-fluid"]


def test_a_million_columns_are_refused_and_a_million_commas_are_none() -> None:
    wide = ",".join(f"c{n}" for n in range(10**6))
    with pytest.raises(LimitExceeded, match="row 1 has 1000002 columns"):
        read(f"Finding,State,{wide}\n".encode())
    blank = "," * 10**6
    assert read(f"Finding,State{blank}\nepi-fluid,present{blank}\n".encode()).statements


def test_a_text_too_long_for_a_site_is_none() -> None:
    text = "1・" * 40_000 + "腰椎"
    found = read(f"Finding,State,Site\nepi-fluid,present,{text}\n".encode())
    assert [i.code for i in found.issues] == ["site-unreadable"]
    assert sites.read(text, {}).unreadable == (text,)
    every = "、".join(sites.AXIS)
    assert len(sites.read(every, {}).levels) == len(sites.AXIS)
