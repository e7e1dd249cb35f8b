"""The neutral model: what readers make, criteria grade and writers write.

Two layers. A reader turns one input into a ``Document``: ``Statement`` after ``Statement``, each
with the place it came from. ``adapter.merge`` turns documents of one patient into a ``Case``:
exams with lesions and facts, contradictions made indeterminate. No dependency, no behaviour
beyond small look-ups; validation is the reader's job, which knows the source.

Source: criteria sections 1 and 4; contract sections 1 to 3.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from adapter.model.base import ExamRef, Issue, Quantity, Site, Source, State
from adapter.model.pictures import Picture
from adapter.model.unmapped import Unmapped
from adapter.model.value import value


@value
class Statement:
    """One thing an input says: a lesion, an attribute, a fact of an exam or of the patient.

    ``value`` is the concept code of a coded value (``unilateral``, ``supine``), beside ``state``
    PRESENT. ``reason`` says why a fact is not assessed (``not-performed``, ``unknown`` …).
    ``parts`` are what is said of this one: a lesion's attributes, a dural enhancement's details,
    a pressure's posture. ``uid``, ``site``, ``laterality`` (``left``, ``right``, ``bilateral``) and
    ``same_site`` belong to lesions. ``date`` is the statement's own, ISO 8601 as written.
    """

    concept: str
    state: State
    source: Source
    value: str | None = None
    reason: str | None = None
    text: str = ""
    quantity: Quantity | None = None
    date: str | None = None
    exam: ExamRef = ExamRef()
    uid: str | None = None
    site: Site | None = None
    laterality: str | None = None
    same_site: tuple[str, ...] = ()
    parts: tuple["Statement", ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Name:
    """One representation of a name: ``ABC``, ``IDE``, ``SYL``, or empty where it is not said."""

    family: str = ""
    given: str = ""
    text: str = ""
    representation: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Patient:
    """Who the findings are of. ``identifiers`` are (value, issuer or system) pairs as they came;
    ``birth_date`` ISO 8601, ``sex`` ``male``, ``female``, ``other``, ``unknown`` or empty.
    """

    identifiers: tuple[tuple[str, str], ...] = ()
    names: tuple[Name, ...] = ()
    birth_date: str = ""
    sex: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Study:
    """An imaging study an input names: ``id`` as in ``ExamRef.study``; ``kinds`` the exam kinds
    its procedure code or modality tell, empty where they cannot; ``instances`` the referenced
    (SOP class, SOP instance, series) UIDs.
    """

    id: str
    date: str | None = None
    kinds: tuple[str, ...] = ()
    modalities: tuple[str, ...] = ()
    institution: str | None = None
    accession: str | None = None
    instances: tuple[tuple[str, str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Input:
    """One input as it arrived. ``format`` is a name of `adapter.readers.READERS`; ``digest``
    the SHA-256 of its bytes; ``id`` SOP Instance UID or the resource's; ``status`` ``used``,
    ``duplicate``, ``superseded``, ``not-used`` or ``refused`` with ``reason``.
    ``sop_class``, ``study`` and ``series`` are an SR's own UIDs; ``replaces`` the SOP Instance
    UIDs of its predecessor documents; ``preliminary`` whether the input says it is.
    """

    name: str
    digest: str = ""
    format: str = ""
    id: str = ""
    date: str | None = None
    sop_class: str = ""
    study: str = ""
    series: str = ""
    replaces: tuple[str, ...] = ()
    preliminary: bool = False
    status: str = "used"
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """What a reader makes of one input."""

    input: Input
    patient: Patient = Patient()
    statements: tuple[Statement, ...] = ()
    studies: tuple[Study, ...] = ()
    issues: tuple[Issue, ...] = ()
    narrative: bool = False  # it holds text, and nothing coded that could be used
    withdrawn: tuple[ExamRef, ...] = ()  # the exams of what was stated and is withdrawn
    made_from: tuple[Input, ...] = ()  # the inputs of the case that findings JSON was written from
    unmapped: tuple[Unmapped, ...] = ()
    pictures: tuple[Picture, ...] = ()


@value
class Fact:
    """All that was said of one concept in one exam, lesion or patient.

    ``state`` is what the statements come to (``None``: nothing was said); ``value`` a coded value;
    ``why`` tells how a state was reached that no single statement says: ``contradiction``,
    ``nothing-else`` or ``without-contrast``.
    """

    concept: str
    state: State | None = None
    value: str | None = None
    statements: tuple[Statement, ...] = ()
    why: str = ""


@value
class Lesion:
    """One lesion of one exam. ``concepts`` are the lesion concepts said of it (a floating dural sac
    may share its UID with an epidural fluid signal); ``facts`` holds theirs and the attributes'.
    """

    concepts: tuple[str, ...]
    uid: str | None = None
    site: Site | None = None
    laterality: str | None = None
    same_site: tuple[str, ...] = ()
    facts: Mapping[str, Fact] = field(default_factory=dict)
    statements: tuple[Statement, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Exam:
    """One examination: ``kind`` is one of ``KINDS``, ``method`` ``mr-myelography`` or the kind.
    ``dates`` are all dates of its statements, sorted, as precise as written.
    """

    kind: str
    method: str
    groups: tuple[str, ...] = ()
    studies: tuple[str, ...] = ()
    dates: tuple[str, ...] = ()
    institutions: tuple[str, ...] = ()
    facts: Mapping[str, Fact] = field(default_factory=dict)
    lesions: tuple[Lesion, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One patient's findings, ready to be graded.

    ``facts`` are the patient's; ``pressures``, ``punctures`` and ``patches`` keep every statement.
    ``unmapped`` is what no term stands for: evidence to be carried, in no grade; ``pictures`` are
    the images and regions that findings rest on, carried alike.
    ``incomplete`` is true when an input of the case was refused, or something of ours that one
    states could not be taken. ``narrative`` lists inputs that hold text only. ``withdrawn`` are the
    exams, as far as they are told, of what was stated and is withdrawn.
    """

    patient: Patient = Patient()
    exams: tuple[Exam, ...] = ()
    facts: Mapping[str, Fact] = field(default_factory=dict)
    pressures: tuple[Statement, ...] = ()
    punctures: tuple[Statement, ...] = ()
    patches: tuple[Statement, ...] = ()
    studies: tuple[Study, ...] = ()
    inputs: tuple[Input, ...] = ()
    issues: tuple[Issue, ...] = ()
    narrative: tuple[str, ...] = ()
    incomplete: bool = False
    unmapped: tuple[Unmapped, ...] = ()
    pictures: tuple[Picture, ...] = ()
    withdrawn: tuple[ExamRef, ...] = ()

    @property
    def is_void(self) -> bool:
        """Whether all that was stated is withdrawn; a case of which nothing was is not."""
        kept = (self.pressures, self.punctures, self.patches, self.facts)
        exams = any(exam.facts or exam.lesions for exam in self.exams)
        return bool(self.withdrawn) and not exams and not any(kept)
