"""A table of findings, CSV or Excel, to a Document: a way in without SR and without coded FHIR.

One row is a lesion with its attributes, or one fact; headings are Japanese or English. Source:
criteria section 1; contract section 2 (what belongs to a finding).
"""

import hashlib
from collections.abc import Iterable

from adapter.errors import DifferentPatients, RefusedInput
from adapter.model import Document, Input, Patient, Statement, Study
from adapter.readers.options import ReadOptions
from adapter.readers.table import sheet
from adapter.readers.table.cells import day, narrow
from adapter.readers.table.columns import Columns, columns, is_header
from adapter.readers.table.rows import Reading, remarks, statement
from adapter.terms import Terms

_SEXES = {"男": "male", "m": "male", "male": "male", "男性": "male", "女": "female",
          "f": "female", "female": "female", "女性": "female", "other": "other", "その他": "other",
          "unknown": "unknown", "不明": "unknown"}  # fmt: skip


def sniff(data: bytes) -> bool:
    """Return whether `data` looks like a table of findings: a workbook, or CSV with a header."""
    return sheet.is_workbook(data) or is_header(sheet.first_line(data))


def read(data: bytes, name: str, terms: Terms, options: ReadOptions) -> Document:
    """Return what a table says.

    Parameters
    ----------
    data : bytes
        CSV in UTF-8, UTF-16 or cp932, or an Excel workbook (xlsx).
    name : str
        The input's name, for sources and messages.

    Raises
    ------
    RefusedInput
        No table of findings.
    DifferentPatients
        It holds rows of several patients.
    LimitExceeded, Damaged
        Too many rows; a broken file.
    """
    rows = list(sheet.rows(data, name, options.max_items, options.max_bytes))
    if not rows or not is_header(rows[0][1]):
        what = "no table of findings: its first row names no column Finding (所見) and State (有無)"
        raise RefusedInput(f"{what}; `csfleak terminology export` writes a template", name)
    digest = hashlib.sha256(data).hexdigest()
    found = columns(rows[0][1], terms)
    reading = Reading(name, digest, terms, found)
    _headings(found, rows[0][0], reading)
    patient = _patient(rows[1:], found, name)
    said = [s for where, cells in rows[1:] if (s := statement(cells, where, reading)) is not None]
    return Document(
        input=Input(name=name, digest=digest, format="table"),
        patient=patient,
        statements=tuple(said),
        studies=tuple(_studies(said, rows[1:], found)),
        issues=tuple(reading.issues),
        unmapped=tuple(remarks(rows[1:], reading)),
    )


def _headings(found: Columns, where: str, reading: Reading) -> None:
    """Tell the headings that are none, and those that stand twice: the first one is read."""
    for heading in found.unknown:
        what = f"the column {heading[:40]!r} is none of the template's: it is not read"
        reading.tell("not-mapped", what, where)
    for heading in found.twice:
        what = f"the column {heading[:40]!r} stands twice"
        raise RefusedInput(f"{what}: leave one of them out", reading.document)


def _patient(rows: Iterable[sheet.Row], found: Columns, name: str) -> Patient:
    """Return the one patient that all rows are of; a blank cell is of the patient of the others."""
    people: dict[str, set[str]] = {"patient-id": set(), "issuer": set(), "birth-date": set(),
                                   "sex": set()}  # fmt: skip
    for _, cells in rows:
        for key, seen in people.items():
            seen.add(narrow(found.cell(cells, key)))
    said = {key: sorted(seen - {""}) for key, seen in people.items()}
    for key, several in said.items():
        if len(several) > 1:
            what = f"the rows state {len(several)} values of {key}: one table is one patient"
            raise DifferentPatients(what, name)
    first = {key: (several[0] if several else "") for key, several in said.items()}
    identifiers = ((first["patient-id"], first["issuer"]),) if first["patient-id"] else ()
    return Patient(
        identifiers=identifiers,
        birth_date=day(first["birth-date"]) or "",
        sex=_SEXES.get(first["sex"].lower(), ""),
    )


def _studies(
    said: Iterable[Statement], rows: Iterable[sheet.Row], found: Columns
) -> Iterable[Study]:
    """Yield the studies that rows name by their UID, with their accession numbers."""
    accessions = {
        found.cell(cells, "study").removeprefix("urn:oid:"): found.cell(cells, "accession")
        for _, cells in rows
    }
    studies: dict[str, Study] = {}
    for one in said:
        if one.exam.study:
            studies.setdefault(
                one.exam.study,
                Study(
                    id=one.exam.study,
                    date=one.exam.date,
                    institution=one.exam.institution,
                    accession=accessions.get(one.exam.study) or None,
                ),
            )
    return studies.values()
