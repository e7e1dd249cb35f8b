"""What every part of the model is made of: states, places in an input, sites, quantities, exams.

Source: criteria sections 1 and 4; contract sections 1 to 3.
"""

import enum
from dataclasses import dataclass

from adapter.model.value import value


class State(enum.Enum):
    """What was said of a fact. Silence is no ``State`` at all: it is the absence of a statement."""

    PRESENT = "present"
    ABSENT = "absent"
    INDETERMINATE = "indeterminate"  # looked for, could not be told
    NOT_ASSESSED = "not-assessed"  # said to be unknown or not evaluated

    def __init__(self, code: str) -> None:
        self.code = code  # the value, in a tenth of the time that an enum's property takes


DOCUMENTED = (State.PRESENT, State.ABSENT)

KINDS = ("spinal-mri", "ri-cisternogram", "ct-myelography", "brain-mri")
"""The exam kinds that are graded, in the order of every listing."""

SAME_KIND = {"mr-myelography": "spinal-mri"}
"""Methods that are another kind's examination (criteria section 1 A)."""

METHODS = ("spinal-mri", "mr-myelography", "ri-cisternogram", "ct-myelography", "brain-mri")
"""What an input may call an examination: the kinds, each with the methods that are the same."""

SIDES = ("left", "right", "bilateral")
"""What the laterality of a lesion may be."""


@value
class Source:
    """Where a statement stands.

    ``document`` is the input's name, ``id`` the SOP Instance UID or ``Type/id`` of the resource,
    ``path`` the content-item path (``1.4.2``) or the element path; ``text`` the original words
    where a code was read from words.
    """

    document: str
    id: str = ""
    path: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Issue:
    """Something told without stopping the run: the fields of an OperationOutcome issue.

    ``severity`` is ``error``, ``warning`` or ``information``; ``code`` a short id such as
    ``not-mapped``; ``expression`` the content-item or element path.
    """

    severity: str
    code: str
    diagnostics: str
    document: str = ""
    expression: str = ""


class Truth(enum.Enum):
    """Whether a condition holds, fails, or is open because a fact it needs is undocumented."""

    HOLDS = "holds"
    OPEN = "open"
    FAILS = "fails"


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedSite:
    """A disc, sub-region or region of ``mappings/sites.toml``: ``first`` and ``last`` level."""

    name: str
    kind: str  # disc, sub-region or region
    first: int
    last: int


@value
class Site:
    """Where on the spine: see ``adapter.sites`` for reading, printing and matching.

    ``levels`` are indices on the axis C1…S5 (0–28), from levels, ranges and roots, sorted.
    ``named`` are discs, sub-regions and regions, never split into levels. ``text`` is the site as
    written, ``unreadable`` the parts left aside.
    """

    levels: tuple[int, ...] = ()
    named: tuple[NamedSite, ...] = ()
    text: str = ""
    unreadable: tuple[str, ...] = ()

    @property
    def stated(self) -> bool:
        """Whether anything of the site could be read."""
        return bool(self.levels or self.named)


@value
class Quantity:
    """A measured value: ``value`` as written (its digits are its precision), ``unit`` in UCUM
    where the reader could tell, else as written; ``comparator`` ``<``, ``<=``, ``>``, ``>=`` or
    empty.
    """

    value: str
    unit: str
    comparator: str = ""


@value
class ExamRef:
    """What a statement says of the exam it belongs to; ``None`` where it says nothing.

    ``kind`` is one of ``METHODS``; ``group`` the tracking UID or reference of
    an exam group; ``study`` the Study Instance UID, or the resource's reference where it has none;
    ``date`` ISO 8601 as precise as it was written.
    """

    kind: str | None = None
    group: str | None = None
    study: str | None = None
    date: str | None = None
    institution: str | None = None
