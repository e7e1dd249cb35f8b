"""Inputs to documents: which reader takes which bytes.

``READERS`` is the registry; each reader is a module with ``sniff(data)`` and
``read(data, name, terms, options)``.
"""

from importlib import import_module
from types import ModuleType

from adapter.errors import RefusedInput
from adapter.model import Document
from adapter.readers.options import ReadOptions
from adapter.terms import Terms

READERS = {
    "dicom-sr": "adapter.readers.dicom_sr",
    "findings": "adapter.readers.findings",
    "fhir": "adapter.readers.fhir",
    "table": "adapter.readers.table",
}
"""Format to module, in the order they are asked; loaded when asked."""


def reader_of(data: bytes) -> ModuleType | None:
    """Return the reader that recognises `data`; None where none does."""
    for module in map(import_module, READERS.values()):
        if module.sniff(data):
            return module
    return None


def read(data: bytes, name: str, terms: Terms, options: ReadOptions) -> Document:
    """Return what one input says.

    Raises
    ------
    RefusedInput
        Nothing can be read of it, with what it seems to be.
    """
    if len(data) > options.max_bytes:
        raise RefusedInput(
            f"{len(data)} bytes, more than the limit of {options.max_bytes} (max_bytes)", name
        )
    reader = reader_of(data)
    if reader is None:
        raise RefusedInput(
            f"neither DICOM SR nor FHIR nor findings, JSON or a table: it looks like {seems(data)}",
            name,
        )
    document: Document = reader.read(data, name, terms, options)
    return document


_SIGNATURES = (
    (b"%PDF", "a PDF"),
    (b"PK\x03\x04", "a zip archive (unpack it first)"),
    (b"\x89PNG", "a PNG image"),
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"MSH|", "an HL7 v2 message"),
    (b"<ClinicalDocument", "a CDA document"),
    (b"<html", "an HTML page"),
    (b"<!DOCTYPE html", "an HTML page"),
)


def seems(data: bytes) -> str:
    """Return in words what unreadable bytes seem to be."""
    start = data[:4096].lstrip(b"\xef\xbb\xbf \t\r\n")
    if not data:
        return "an empty file"
    for signature, words in _SIGNATURES:
        if start.startswith(signature) or (signature.startswith(b"<Clin") and signature in start):
            return words
    if start[:1] in (b"{", b"["):
        return "JSON that is no FHIR resource"
    if start.startswith(b"<"):
        return "XML that is no FHIR resource"
    try:
        start.decode("utf-8")
    except UnicodeDecodeError:
        return "binary data of an unknown kind"
    return "plain text"
