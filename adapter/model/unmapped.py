"""What an input says and no term stands for: evidence that is carried and never graded.

Source: contract section 4 ("not mapped"); DICOM PS3.3 C.17.3 (value types); FHIR Observation.
"""

from adapter.model.base import ExamRef, Source
from adapter.model.value import value


@value
class Coded:
    """A code as it came. ``system`` is the FHIR system where the terms know one, ``urn:oid:`` where
    the document gives its scheme a UID, else the designator as written; ``meaning`` is for people.
    """

    code: str
    system: str = ""
    meaning: str = ""


@value
class Unmapped:
    """Something said that no term stands for, kept as it came and never graded.

    ``names`` are the codes of what it is about, ``label`` its name in words. What it says is one of
    ``codes``, ``text``, ``number`` (its digits as written, with ``comparator`` and ``unit``),
    ``date`` or ``time`` (ISO 8601) and ``uid``; none of them where ``reason`` says why there is no
    value. ``exam`` is what its place says of the exam, ``group`` the tracking UID of the lesion or
    measurement group it stood in, ``observed`` when it was observed.
    """

    source: Source
    names: tuple[Coded, ...] = ()
    label: str = ""
    codes: tuple[Coded, ...] = ()
    text: str = ""
    number: str = ""
    comparator: str = ""
    unit: Coded | None = None
    date: str = ""
    time: str = ""
    uid: str = ""
    reason: str = ""
    exam: ExamRef = ExamRef()
    group: str | None = None
    observed: str | None = None
