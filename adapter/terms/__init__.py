"""The mapping files to terms, and terms to codes: one truth for DICOM and FHIR.

``term`` says what a term is and looks codes up; ``files`` and ``rows`` read ``mappings/`` and
overlays; ``dialect`` is what is particular to one sender.
"""

from adapter.terms.dialect import Dialect, Traits
from adapter.terms.files import checked, dialect_told, index, load, of_sender, root
from adapter.terms.term import PRIVATE, CodeRow, Coding, Match, Term, Terms

__all__ = [
    "PRIVATE",
    "CodeRow",
    "Coding",
    "Dialect",
    "Match",
    "Term",
    "Terms",
    "Traits",
    "checked",
    "dialect_told",
    "index",
    "load",
    "of_sender",
    "root",
]
