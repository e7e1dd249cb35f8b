"""The tables that the code uses to pages of the documentation, which so cannot disagree with it.

``PAGES`` is the registry; ``python -m docs.site`` (``make docs``) writes them, a test compares.
"""

from collections.abc import Callable
from importlib import import_module
from pathlib import Path

DOCS = Path(__file__).parents[1]

PAGES = ("criteria", "vocabulary", "conformance_dicom", "conformance_fhir", "commands")
"""Modules of this package, each with ``page()``: the page ``conformance_dicom`` is
``conformance-dicom.md``.
"""


def name(module: str) -> str:
    """Return the file name of a generated page."""
    return f"{module.replace('_', '-')}.md"


def written(module: str) -> bytes:
    """Return a generated page: the same code and mappings, the same bytes."""
    page: Callable[[], str] = import_module(f"{__name__}.{module}").page
    return page().encode()
