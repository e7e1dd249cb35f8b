"""The bytes of a CSV file or an Excel workbook to rows of texts.

CSV in UTF-8 or UTF-16 with or without a byte order mark, else in cp932 as Japanese Excel writes it;
comma, semicolon or tab. Of a workbook the first sheet with a header is read. Source: RFC 4180;
ECMA-376 (by openpyxl).
"""

import codecs
import csv
import io
import zipfile
from collections.abc import Iterator
from typing import Any

from adapter.errors import AdapterError, Damaged, LimitExceeded, RefusedInput

ZIP = b"PK\x03\x04"
_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
COLUMNS = 1000
"""More than any table of findings has: the template has fewer than a hundred."""

_DELIMITERS = ("\t", ";", ",")

_BLANK = 30
"""Cells for each row that is allowed: a sheet may be formatted far beyond what is filled in."""

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


def rows(data: bytes, name: str, limit: int, max_bytes: int) -> Iterator[Row]:
    """Yield the rows that are not blank, the header first.

    Parameters
    ----------
    data : bytes
        The file.
    name : str
        The input's name, for messages.
    limit : int
        The most rows.
    max_bytes : int
        The most that a workbook, which is a zip archive, may hold when it is inflated.

    Raises
    ------
    RefusedInput
        No text in a character set that is known, or no workbook.
    LimitExceeded
        More than `limit` rows, too many columns, or a workbook that inflates to too much.
    """
    found = _workbook(data, name, limit, max_bytes) if is_workbook(data) else _csv(data, name)
    count = 0
    for where, cells in found:
        while cells and not cells[-1].strip():  # a sheet may be formatted to its last column
            cells.pop()
        if len(cells) > COLUMNS:
            raise LimitExceeded(f"{where} has {len(cells)} columns, more than {COLUMNS}", name)
        if cells:
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


def _workbook(data: bytes, name: str, limit: int, max_bytes: int) -> Iterator[Row]:
    from openpyxl import load_workbook

    try:
        _inflates_within(data, name, max_bytes)
        book = load_workbook(io.BytesIO(data), read_only=True, data_only=True)
        several = len(book.worksheets) > 1
        budget = _BLANK * limit
        for sheet in book.worksheets:
            is_empty = True
            for number, row in enumerate(sheet.iter_rows(values_only=True), 1):
                budget -= 1 + len(row)
                if budget < 0:
                    what = f"more than {_BLANK * limit} cells, blank ones counted (max_items)"
                    raise LimitExceeded(f"{what}: save the filled part of the sheet alone", name)
                cells = list(map(_cell, row))
                is_empty = is_empty and not any(cells)
                yield f"{sheet.title}, row {number}" if several else f"row {number}", cells
            if not is_empty:
                return
    except AdapterError:
        raise
    except Exception as error:  # what zipfile and the XML parser raise has no common parent
        raise Damaged("the workbook cannot be read: save it anew, or as CSV", name) from error


def _inflates_within(data: bytes, name: str, max_bytes: int) -> None:
    """Raise LimitExceeded where the parts of a workbook hold more than is allowed.

    The sizes are those that the archive declares: no more than that is ever inflated of a part.
    """
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        size = sum(part.file_size for part in archive.infolist())
    if size > max_bytes:
        raise LimitExceeded(f"inflates to {size} bytes, more than {max_bytes} (max_bytes)", name)


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
