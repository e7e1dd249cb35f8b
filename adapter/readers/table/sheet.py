"""The bytes of a CSV file or an Excel workbook to rows of texts.

CSV in UTF-8 or UTF-16 with or without a byte order mark, else in cp932 as Japanese Excel writes it;
comma, semicolon or tab. Of a workbook the first sheet with a header is read. Source: RFC 4180;
ECMA-376 (by openpyxl).
"""

import codecs
import csv
import io
from collections.abc import Iterator
from typing import Any

from adapter.errors import Damaged, LimitExceeded, RefusedInput

ZIP = b"PK\x03\x04"
_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_DELIMITERS = ("\t", ";", ",")

Row = tuple[str, list[str]]
"""Where a row stands (``row 5``), and its cells."""


def is_workbook(data: bytes) -> bool:
    """Return whether `data` looks like an Excel workbook (xlsx)."""
    return data.startswith(ZIP) and b"xl/workbook.xml" in data


def first_line(data: bytes) -> list[str]:
    """Return the cells of the first line of a CSV text that is not blank; none of other bytes."""
    start = data[:65536]
    text = _decoded(start, whole=False)
    if text is None or "\0" in text:
        return []
    line = next((line for line in text.splitlines() if line.strip()), "")
    return next(csv.reader([line], delimiter=_delimiter(line)), [])


def rows(data: bytes, name: str, limit: int) -> Iterator[Row]:
    """Yield the rows that are not blank, the header first.

    Raises
    ------
    RefusedInput
        No text in a character set that is known, or no workbook.
    LimitExceeded
        More than `limit` rows.
    """
    found = _workbook(data, name) if is_workbook(data) else _csv(data, name)
    count = 0
    for where, cells in found:
        if any(cell.strip() for cell in cells):
            count += 1
            if count > limit:
                raise LimitExceeded(f"more than {limit} rows (max_items)", name)
            yield where, cells


def _csv(data: bytes, name: str) -> Iterator[Row]:
    text = _decoded(data, whole=True)
    if text is None:
        raise RefusedInput("text in no character set that is known: save it as UTF-8", name)
    first = next((line for line in text.splitlines() if line.strip()), "")
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(first), strict=True)
    try:
        for cells in reader:
            yield f"row {reader.line_num}", cells
    except csv.Error as error:
        what = "a quotation mark is not closed" if "unexpected end" in str(error) else str(error)
        raise Damaged(f"the table is broken at row {reader.line_num}: {what}", name) from error


def _decoded(data: bytes, *, whole: bool) -> str | None:
    """Return the text; None where the bytes are none in any character set that is known."""
    for mark, encoding in _BOMS:
        if data.startswith(mark):
            return _strict(data, encoding, whole)
    text = _strict(data, "utf-8", whole)
    return _strict(data, "cp932", whole) if text is None else text


def _strict(data: bytes, encoding: str, whole: bool) -> str | None:
    """Return the text; its last character may be cut where the data are not the `whole`."""
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        return decoder.decode(data, final=whole)
    except UnicodeDecodeError:
        return None


def _delimiter(line: str) -> str:
    return max(_DELIMITERS, key=line.count)


def _workbook(data: bytes, name: str) -> Iterator[Row]:
    from openpyxl import load_workbook

    try:
        book = load_workbook(io.BytesIO(data), read_only=True, data_only=True)
        sheets = [(sheet.title, sheet.iter_rows(values_only=True)) for sheet in book.worksheets]
        for title, found in sheets:
            several = f"{title}, " if len(sheets) > 1 else ""
            made = [(f"{several}row {n}", list(map(_cell, row))) for n, row in enumerate(found, 1)]
            if any(cell for _, cells in made for cell in cells):
                yield from made
                return
    except Exception as error:  # what zipfile and the XML parser raise has no common parent
        raise Damaged("the workbook cannot be read: save it anew, or as CSV", name) from error


def _cell(value: Any) -> str:
    """Return a cell as text: a date as ISO 8601, a whole number without a decimal point."""
    if value is None:
        return ""
    if hasattr(value, "isoformat"):
        midnight = hasattr(value, "hour") and not (value.hour or value.minute or value.second)
        return str(value.date().isoformat() if midnight else value.isoformat(timespec="seconds"))
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)
