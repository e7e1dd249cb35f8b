"""The template of a table of findings, as CSV in both languages and as an Excel workbook.

Source: `adapter.readers.table` (the columns it reads).
"""

import csv
import io
import re
import zipfile
from collections.abc import Iterable

from adapter.model import KINDS
from adapter.readers.table.columns import headings
from adapter.terms import Terms
from adapter.terms.concepts import FINDINGS, VALUES

_EPOCH = (1980, 1, 1, 0, 0, 0)
_TIMES = re.compile(rb">\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z<")  # when it was made and saved
_STATES = ("present", "absent", "indeterminate", "not-evaluated")


def files(terms: Terms) -> dict[str, bytes]:
    """Return the templates by name: headings, and in the workbook the words for each column."""
    found = {f"findings-{lang}.csv": _csv([headings(terms, lang)]) for lang in ("ja", "en")}
    return found | {"findings.xlsx": _workbook(terms)}


def _csv(rows: Iterable[Iterable[str]]) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text).writerows(rows)
    return text.getvalue().encode("utf-8-sig")  # the mark tells Excel that it is UTF-8


def _workbook(terms: Terms) -> bytes:
    from openpyxl import Workbook

    book = Workbook()
    sheet = book.active
    sheet.title = "所見"
    sheet.append(headings(terms, "ja"))
    sheet.append([])
    words = book.create_sheet("words")
    words.append(["", "日本語", "English"])
    for title, names in _words(terms).items():
        for name in names:
            words.append([title, terms[name].ja, terms[name].en])
    made = io.BytesIO()
    book.save(made)
    return _same(made.getvalue())


def _words(terms: Terms) -> dict[str, list[str]]:
    """Return what may stand in a column, by the column's heading."""
    findings = [n for n, t in terms.terms.items() if t.kind in FINDINGS]
    found = {"検査": [*KINDS], "所見": findings, "有無": [*_STATES]}
    return found | {terms[name].ja: [*values] for name, values in VALUES.items()}


def _same(data: bytes) -> bytes:
    """Return a workbook's parts packed without the time of packing: same template, same bytes."""
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(made, "w") as new:
        for name in sorted(old.namelist(), key=lambda n: (n != "[Content_Types].xml", n)):
            entry = zipfile.ZipInfo(name, _EPOCH)
            entry.compress_type = zipfile.ZIP_DEFLATED
            part = old.read(name)
            new.writestr(entry, _TIMES.sub(b">1980-01-01T00:00:00Z<", part))
    return made.getvalue()
