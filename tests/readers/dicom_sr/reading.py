"""Reading for tests: a document, and its statements without the places they came from."""

from dataclasses import replace
from typing import Any

from pydicom.dataset import Dataset

from adapter import terms
from adapter.model import Document, Source, Statement
from adapter.readers.dicom_sr import read
from adapter.readers.options import ReadOptions
from tests.readers.dicom_sr.building import file

TERMS = terms.load()
OPTIONS = ReadOptions()


def opened(data: bytes, options: ReadOptions = OPTIONS, known: Any = TERMS) -> Document:
    return read(data, "test.dcm", known, options)


def written(*children: Dataset, **options: Any) -> Document:
    """Return what is read from an SR with `children` below its root."""
    return opened(file(*children, **options))


def bare(statement: Statement) -> Statement:
    """Return the statement without its source, and its site without the words for it."""
    site = replace(statement.site, text="") if statement.site else None
    parts = tuple(sorted((bare(p) for p in statement.parts), key=repr))
    return replace(statement, source=Source(document=""), site=site, parts=parts)


def said(document: Document) -> list[Statement]:
    """Return the statements as a set of values: bare, in one order."""
    return sorted((bare(s) for s in document.statements), key=repr)


def facts(document: Document) -> dict[str, str]:
    """Return concept → state, or value; for documents that say each thing once."""
    return {s.concept: s.value or s.state.value for s in document.statements}


def details(statement: Statement) -> dict[str, str]:
    return {p.concept: p.value or p.state.value for p in statement.parts}


def codes(document: Document) -> list[str]:
    """Return the codes of the issues that are not mere information."""
    return sorted(i.code for i in document.issues if i.severity != "information")
