"""What every reader knows of concepts: which values they take, and whose attributes are whose.

Source: contract sections 1 to 3 (concepts.tsv); criteria section 1.
"""

from adapter.model import SAME_KIND
from adapter.terms import Term

VALUES = {
    "ri-pattern": ("unilateral", "asymmetric", "symmetric", "christmas-tree"),
    "posture": ("supine", "lateral", "sitting", "prone"),
}
"""Concepts with a coded value, and the values each may have."""

MEASURED = frozenset({"extent-3cm", "suprasellar", "prepontine", "mamillopontine", "csf-pressure"})
DATED = frozenset({"lumbar-puncture", "blood-patch"})

DETAILS = {
    "falx-tentorium": "dural-enhance",
    "extent-3cm": "dural-enhance",
    "above-cortex": "dural-enhance",
    "dde-symmetric": "dural-enhance",
    "dde-thickening": "dural-enhance",
    "posture": "csf-pressure",
}
"""Attributes of a fact; every other attribute is a lesion's."""


def fits(term: Term, kind: str) -> bool:
    """Return whether a concept can be a fact of an exam of `kind`."""
    return "any" in term.exams or SAME_KIND.get(kind, kind) in term.exams


def belongs(attribute: Term, finding: Term) -> bool:
    """Return whether an attribute can be said of a finding's concept."""
    parent = DETAILS.get(attribute.name)
    if parent is not None:
        return finding.name == parent
    return finding.kind == "lesion" and any(fits(attribute, kind) for kind in finding.exams)
