"""What every part knows of concepts: their kinds, the values they take, whose attributes are whose.

Source: contract sections 1 to 3 (concepts.tsv); criteria section 1.
"""

from adapter.model import SAME_KIND
from adapter.terms.term import Term

FINDINGS = frozenset({"lesion", "exam", "patient"})
"""The kinds of concept that a finding is stated of."""

CONCLUSIONS = frozenset({"conclusion", "conclusion code"})
"""The kinds of concept that are a grade of ours: never a finding."""

LACKING = {"incomplete": "incomplete-source", "salvaged": "salvaged"}
"""What a report of ours says of its own inputs, and the issue that reading it back tells."""

NOT_WHOLE = (
    "the report says that its inputs could not all be read: grade the inputs, not the report"
)

VALUES = {
    "ri-pattern": ("unilateral", "asymmetric", "symmetric", "christmas-tree"),
    "posture": ("supine", "lateral", "sitting", "prone"),
}
"""Concepts with a coded value, and the values each may have."""

LENGTHS = frozenset({"extent-3cm", "suprasellar", "prepontine", "mamillopontine"})
MEASURED = LENGTHS | {"csf-pressure"}
DATED = ("lumbar-puncture", "blood-patch")

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
