"""Observation context: what holds for a content item and everything below it.

Source: DICOM PS3.3 C.17.3.1 (observation context inheritance); PS3.16 TID 1001, 1005, 1007.
"""

from dataclasses import dataclass, replace

from adapter.model import ExamRef, Issue
from adapter.readers.dicom_sr import dates
from adapter.readers.dicom_sr.codes import Lookup
from adapter.readers.dicom_sr.exams import Exams, group, methods, study_of, texts
from adapter.readers.dicom_sr.parts import Parts
from adapter.sr.content import Code, Item

_NO_EXAM = ExamRef()


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """What is inherited. ``date`` the ObservationDateTime; ``heading`` the name of a section that
    does not speak of today's examination; ``stranger`` why the findings are not the patient's;
    ``group`` the tracking UID of the group around what stands deeper.
    """

    date: str | None = None
    exam: ExamRef = _NO_EXAM
    heading: str = ""
    stranger: str = ""
    patient: str = ""
    group: str | None = None


def narrowed(
    context: Context, item: Item, found: Parts, known: Exams, lookup: Lookup
) -> tuple[Context, list[Issue]]:
    """Return the context within `item`, with what is odd about its exam."""
    issues: list[Issue] = []
    observed = dates.instant(item.observed, lookup.zone) if item.observed.strip() else None
    if item.observed.strip() and observed is None:
        issues.append(lookup.issue(item, "deviation", "Observation DateTime is no date"))
    if observed:
        context = replace(context, date=observed)
    if lookup.named(item) == "not-current":
        context = replace(context, heading=item.name.meaning if item.name else "")
    stranger = "" if context.stranger else _stranger(context, found, lookup)
    if stranger:
        context = replace(context, stranger=stranger)
    exam, told = group(item, found, known, lookup)
    issues.extend(told)
    if exam is not None:
        exam = replace(exam, date=exam.date or context.date)
        return replace(context, exam=exam), issues
    inner = _exam(context.exam, item, found, known, lookup)
    return context if inner is context.exam else replace(context, exam=inner), issues


def _exam(exam: ExamRef, item: Item, found: Parts, known: Exams, lookup: Lookup) -> ExamRef:
    """Return the exam of a group of findings: the one it refers to, else the inherited one."""
    reference = next(iter(texts(found.exam_refs)), None)
    if reference:
        return known.groups.get(reference, ExamRef(group=reference))
    method = next(iter(methods(found, lookup)), None)
    reported = [t for i in found.procedures if isinstance(i.value, Code)
                for t in [lookup.term(i.value)] if t is not None]  # fmt: skip
    procedure = next((t.name for t in reported if t.kind == "value"), None)
    is_root = "." not in item.path
    study = None if is_root else study_of(item, known)
    institution = "; ".join(texts(found.institutions)) or None
    if not (method or study or institution or (procedure and not is_root)):
        return exam
    return replace(
        exam,
        kind=method or (None if is_root else procedure) or exam.kind,
        study=study or exam.study,
        institution=institution or exam.institution,
    )


def _stranger(context: Context, found: Parts, lookup: Lookup) -> str:
    """Return why what follows is not about the patient: a fetus, a specimen, another person."""
    for item in found.subject_classes:
        term = lookup.term(item.value) if isinstance(item.value, Code) else None
        if term is None or term.name != "patient-subject":
            return "the observation subject is not the patient"
    named = texts(found.subject_ids)
    if named and context.patient and context.patient not in named:
        return "the observation subject is another patient"
    return ""
