"""Graded cases to files: which writer makes which output.

``WRITERS`` is the registry; each writer is a module with ``write(graded, terms, options)``.
"""

from importlib import import_module

from adapter.errors import Usage
from adapter.model import Graded
from adapter.terms import Terms
from adapter.writers.options import WriteOptions

WRITERS = {
    "fhir": ("adapter.writers.fhir", ".fhir.json"),
    "sr": ("adapter.writers.dicom_sr", ".sr.dcm"),
    "findings": ("adapter.writers.findings", ".findings.json"),
}
"""Output kind to module and file-name ending; loaded when asked."""


def write(graded: Graded, to: str, terms: Terms, options: WriteOptions) -> bytes:
    """Return the bytes of one output of a graded case.

    Raises
    ------
    Usage
        `to` is no output kind.
    """
    if to not in WRITERS:
        raise Usage(f"--to {to} is none of {', '.join(WRITERS)}")
    data: bytes = import_module(WRITERS[to][0]).write(graded, terms, options)
    return data
