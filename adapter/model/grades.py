"""What grading gives: findings and conclusions with their trail. Made by `adapter.criteria`.

Source: criteria sections 2, 4 and 5.
"""

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from adapter.model.base import Truth
from adapter.model.findings import Case, Fact


class Grade(enum.Enum):
    """Grade of a finding, weakest first. Not comparable as text; use `rank`."""

    NONE = "none"  # 判定なし
    REFERENCE = "reference"  # 参考
    SUSPECTED = "suspected"  # 疑
    HIGHLY_SUSPECTED = "highly-suspected"  # 強疑: findings only, never a conclusion
    DEFINITE = "definite"  # 確実
    CONFIRMED = "confirmed"  # 確定

    def __init__(self, code: str) -> None:
        self.code = code  # the value, in a tenth of the time that an enum's property takes

    @property
    def rank(self) -> int:
        """Position on the scale, 0 for no grade to 5 for 確定."""
        return _RANK[self]


_RANK = {grade: rank for rank, grade in enumerate(Grade)}

NO_GRADE = ("not-met", "withheld", "not-assessable")
"""該当なし, 判定保留, 判定不能: what a conclusion says without a grade."""

CONDITIONS = ("csf-leak", "intracranial-hypotension")


class Subject(NamedTuple):
    """What a fact is of: indices into ``Case.exams`` and its ``lesions``.

    Both None: the patient. ``lesion`` -1: the lesion that a given exam does not state.
    """

    exam: int | None = None
    lesion: int | None = None


@dataclass(frozen=True, slots=True)
class Used:
    """A fact a rule used. ``as_read``: nothing was said, and that counts as read (section 4)."""

    subject: Subject
    fact: Fact
    as_read: bool = False


class Need(NamedTuple):
    """An undocumented fact, and the state or coded value that would help.

    ``concept`` is a concept code, or ``site`` for where a lesion is; ``wanted`` a state, a coded
    value, or for a site ``same-level`` / ``cervical-thoracic``.
    """

    subject: Subject
    concept: str
    wanted: str


@dataclass(frozen=True, slots=True)
class Missing:
    """Facts that together would bring a grade, were they as wanted."""

    grade: str
    needs: tuple[Need, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step of the trail. ``truth`` is HOLDS for a step that decides, OPEN for one that an
    undocumented fact holds up; ``text_open`` the numbers of criteria section 8 it rests on.
    ``ja`` and ``en`` paraphrase the rule.
    """

    rule: str
    section: str
    grade: str
    truth: Truth
    ja: str
    en: str
    text_open: tuple[int, ...] = ()
    subject: Subject = Subject()
    used: tuple[Used, ...] = ()
    steps: tuple["Step", ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """A caution or note of the report: ``code`` for machines, words in both languages."""

    code: str
    ja: str
    en: str
    text_open: int | None = None
    subject: Subject = Subject()


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """A finding with its two grades. ``concept`` is the lesion's or the exam fact's;
    ``not_documented`` the exclusions and sub-criteria that count as read.
    """

    subject: Subject
    concept: str
    established: Grade
    possible: Grade
    trail: tuple[Step, ...] = ()
    missing: tuple[Missing, ...] = ()
    cautions: tuple[Note, ...] = ()
    not_documented: tuple[str, ...] = ()
    provisional: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Conclusion:
    """A condition's conclusion. ``established`` is the grade: a ``Grade`` value or one of
    ``NO_GRADE``; ``rests_on`` the findings it rests on, as indices into ``Graded.findings``.
    """

    condition: str
    established: str
    possible: str
    incomplete: bool = False
    provisional: bool = False
    missing: tuple[Missing, ...] = ()
    trail: tuple[Step, ...] = ()
    cautions: tuple[Note, ...] = ()
    rests_on: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Graded:
    """A graded case: what every writer writes.

    ``policy`` is printed as given; ``given`` and ``not_given`` are exam kinds; ``interval`` the
    days between the first and the last dated exam, None with fewer than two dates; ``versions``
    the criteria's, the software's and the mappings' digest.
    """

    case: Case
    findings: tuple[Finding, ...]
    conclusions: tuple[Conclusion, ...]
    policy: Mapping[str, str | int]
    notes: tuple[Note, ...] = ()
    given: tuple[str, ...] = ()
    not_given: tuple[str, ...] = ()
    interval: int | None = None
    versions: Mapping[str, str] = field(default_factory=dict)
