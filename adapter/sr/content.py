"""The SR content tree as values.

``adapter.sr.decode`` makes it from bytes, ``adapter.sr.encode`` makes bytes of it, and nothing
else knows how a data set is laid out. Source: DICOM PS3.3 C.17.3 (SR Document Content).
"""

from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Code:
    """A coded entry: ``value`` from Code Value, Long Code Value or URN Code Value; ``scheme`` the
    Coding Scheme Designator as written (empty when missing); ``meaning`` for people only.
    """

    value: str
    scheme: str
    meaning: str = ""
    version: str = ""


@dataclass(frozen=True, slots=True)
class Number:
    """A NUM's value: ``text`` as written, empty where Measured Value Sequence has no item;
    ``qualifier`` then says why.
    """

    text: str
    unit: Code | None = None
    qualifier: Code | None = None


@dataclass(frozen=True, slots=True)
class Reference:
    """A referenced SOP instance (IMAGE, COMPOSITE, WAVEFORM)."""

    sop_class: str
    sop_instance: str
    frames: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Graphic:
    """The shape of an SCOORD or SCOORD3D: Graphic Type, Graphic Data, and for the latter the
    Referenced Frame of Reference UID.
    """

    type: str
    points: tuple[float, ...]
    frame_of_reference: str = ""


ItemValue: TypeAlias = str | Code | Number | Reference | Graphic | None
"""What a content item may hold."""


@dataclass(frozen=True, slots=True)
class Item:
    """One content item.

    Parameters
    ----------
    path : str
        Position in the tree as DICOM counts it: the root is ``1``, its second child ``1.2``.
    value_type : str
        ``CONTAINER``, ``CODE``, ``TEXT``, ``NUM``, … as written; empty for a by-reference item.
    relationship : str
        ``CONTAINS``, ``HAS CONCEPT MOD``, …; empty for the root.
    name : Code or None
        Concept Name; ``None`` where the item has none.
    value : str, Code, Number, Reference, Graphic or None
        By value type: TEXT, UIDREF, PNAME, DATE, TIME, DATETIME → str; CODE → Code; NUM → Number;
        IMAGE, COMPOSITE, WAVEFORM → Reference; SCOORD, SCOORD3D → Graphic, None where it has no
        shape; CONTAINER and the rest → None.
    children : tuple of Item
        In document order.
    offset : int
        Byte offset of the item in the file (of the inflated data set when deflated); -1 when made
        by a writer.
    observed : str
        Observation DateTime (0040,A032) as written; empty when missing.
    uid : str
        Observation UID (0040,A171).
    template : str
        Template Identifier, e.g. ``1500``.
    by_reference : tuple of int
        Referenced Content Item Identifier of a by-reference item, e.g. ``(1, 4, 2)``.
    continuity : str
        Continuity of Content of a CONTAINER.
    """

    path: str
    value_type: str
    relationship: str = ""
    name: Code | None = None
    value: ItemValue = None
    children: tuple["Item", ...] = ()
    offset: int = -1
    observed: str = ""
    uid: str = ""
    template: str = ""
    by_reference: tuple[int, ...] = ()
    continuity: str = ""


@dataclass(frozen=True, slots=True)
class SrDocument:
    """A decoded SR: the header fields a reader needs, as text by keyword, and the root item.

    ``header`` maps DICOM keywords (``PatientID``, ``SOPInstanceUID``, ``StudyDate`` …) to their
    decoded text, several values joined by a backslash; sequences that matter are in their own
    fields. ``deviations`` are what the decoder met and mended, as (id, path, what, done).
    """

    root: Item | None
    header: dict[str, str]
    evidence: tuple[tuple[str, str, Reference], ...] = ()  # (study, series, instance), all evidence
    predecessors: tuple[Reference, ...] = ()
    schemes: tuple[tuple[str, str], ...] = ()  # (designator, UID or URL) of their identification
    procedures: tuple[Code, ...] = ()  # PerformedProcedureCodeSequence
    verifiers: tuple[str, ...] = ()  # names of VerifyingObserverSequence
    deviations: tuple[tuple[str, str, str, str], ...] = ()
    transfer_syntax: str = ""
    requests: tuple[tuple[str, str], ...] = ()  # (accession number, placer or filler order number)
    other_ids: tuple[tuple[str, str], ...] = ()  # (patient ID, issuer) beside that of the header
