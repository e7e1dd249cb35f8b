"""The mapping files to terms, and terms to codes: one truth for DICOM and FHIR.

``term`` says what a term is and looks codes up; ``files`` reads ``mappings/`` and overlays.
"""

from adapter.terms.files import checked, index, load, root
from adapter.terms.term import PRIVATE, CodeRow, Coding, Match, Term, Terms

__all__ = [
    "PRIVATE",
    "CodeRow",
    "Coding",
    "Match",
    "Term",
    "Terms",
    "checked",
    "index",
    "load",
    "root",
]
