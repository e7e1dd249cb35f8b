"""Observations, and the studies and reports they belong to, to what is known of their exams.

The kind of an exam is told by a group, a method, or a study's procedure code; a modality tells it
only where a concept leaves one kind of that modality. Source: contract section 2; fhir.md
sections 1, 3 and 4; FHIR R4, R5, STU3 imagingstudy.html, imagingselection.html.
"""

from dataclasses import dataclass, field, replace

from adapter.model import SAME_KIND, ExamRef, Study
from adapter.readers.fhir.codes import code_of, exam_kind
from adapter.readers.fhir.nodes import Context
from adapter.readers.fhir.places import tracking
from adapter.readers.fhir.reading import Reading, Resource
from adapter.readers.fhir.references import Index, kind_of, named
from adapter.readers.fhir.shapes import Json, bare, many, objects, single, text
from adapter.readers.fhir.studies import UID, institution, joined, modalities, study_id, study_of
from adapter.terms import Term
from adapter.terms.concepts import fits

_BY_MODALITY = {
    "MR": ("spinal-mri", "brain-mri"),
    "NM": ("ri-cisternogram",),
    "CT": ("ct-myelography",),
}
_UNUSABLE = ("entered-in-error", "cancelled", "inactive")
_SOURCE = "111040"  # DCM, Original Source: what the dicom-sr guide calls the SR of a finding
_DOCUMENTS = "1.2.840.10008.5.1.4.1.1.88."  # SR classes


@dataclass(slots=True)
class Exams:
    """The studies of an input by what names them, and what reports say of their results."""

    index: Index
    studies: dict[str, Study] = field(default_factory=dict)
    reports: dict[int, ExamRef] = field(default_factory=dict)  # by id() of the result
    told: dict[int, ExamRef] = field(default_factory=dict)  # by id() of the report
    subjects: list[Resource] = field(default_factory=list)

    def of(self, resource: Resource, reading: Reading) -> ExamRef | None:
        """Return what an Observation itself says of its exam; None where it says nothing."""
        body = resource.body
        study = None
        if "derivedFrom" in body or "partOf" in body or "study" in body or "related" in body:
            study = self._study_of(resource, reading)
        performer = institution(resource, self.index) if "performer" in body else None
        kind = exam_kind(single(body["method"]), reading) if "method" in body else None
        if study is None and performer is None and kind is None:
            return None
        known = self.studies.get(study or "")
        return ExamRef(
            kind=kind or (_one(known.kinds) if known else None),
            study=study,
            date=known.date if known else None,
            institution=performer or (known.institution if known else None),
        )

    def _study_of(self, resource: Resource, reading: Reading) -> str | None:
        body = resource.body
        found: dict[str, None] = {}
        reports: dict[str, None] = {}
        for key in ("derivedFrom", "partOf", "study"):
            for reference in objects(body.get(key)):
                study = self.study(reference, resource)
                if study:
                    # A report may be stored in another study than the exam it tells of.
                    (reports if self._is_report(reference, resource) else found)[study] = None
        for row in objects(body.get("related")):
            study = self.study(single(row.get("target")), resource)
            if study:
                found[study] = None
        found = found or reports
        if len(found) > 1:
            what = f"refers to {len(found)} imaging studies: which is its exam is not said"
            reading.tell("not-used", what, resource.path)
            return None
        return next(iter(found), None)

    def _is_report(self, reference: Json, base: Resource) -> bool:
        """Return whether a reference leads to a content item of an SR, not to images."""
        target = self.index.resolve(reference, base)
        if target is None or target.kind != "ImagingSelection":
            return False
        told = objects(single(target.body.get("code")).get("coding"))
        told = [*told, *(single(i.get("sopClass")) for i in objects(target.body.get("instance")))]
        codes = [bare(text(one.get("code"))) for one in told]
        return any(code == _SOURCE or code.startswith(_DOCUMENTS) for code in codes)

    def study(self, reference: Json, base: Resource) -> str | None:
        """Return the id of the study that a reference leads to, by an ImagingSelection too."""
        target = self.index.resolve(reference, base)
        if target is not None:
            if target.kind == "ImagingStudy":
                return None if target.unusable else study_id(target)
            if target.kind == "ImagingSelection":
                uid = bare(text(target.body.get("studyUid")))
                rows = objects(target.body.get("derivedFrom"))
                return uid or next((s for r in rows if (s := self.study(r, target))), None)
            return None
        if kind_of(reference) != "ImagingStudy":
            return None
        identifier = single(reference.get("identifier"))
        if text(identifier.get("system")) == UID:
            return bare(text(identifier.get("value"))) or None
        return named(reference) or None

    def kind(self, term: Term, exam: ExamRef, resource: Resource) -> str | None:
        """Return the kind where the concept and a modality leave one only."""
        if len(term.exams) < 2 or "any" in term.exams:
            return None
        known = self.studies.get(exam.study or "")
        told = {m for m in known.modalities if m in _BY_MODALITY} if known else set()
        told = told or set(modalities(resource.body.get("category")))
        kinds = {k for m in told for k in _BY_MODALITY[m] if k in term.exams}
        return kinds.pop() if len(kinds) == 1 else None


def exams(index: Index, reading: Reading) -> Exams:
    """Return the exams that the studies and reports of an input tell."""
    made = Exams(index)
    for study in index.of_kind("ImagingStudy"):
        _add_study(study, made, reading)
    for report in index.of_kind("DiagnosticReport"):
        if not report.unusable:
            _add_report(report, made, reading)
    return made


def _add_study(resource: Resource, made: Exams, reading: Reading) -> None:
    body = resource.body
    status = text(body.get("status"))
    if status in _UNUSABLE or "modifierExtension" in body or resource.unusable:
        why = resource.unusable or (status if status in _UNUSABLE else "an unknown modifier")
        resource.unusable = why
        reading.tell("not-used", f"the imaging study is not used: {why}", resource.path)
        return
    study = study_of(resource, made.index, reading)
    known = made.studies.get(study.id)
    made.studies[study.id] = study if known is None else joined(known, study)
    made.subjects.append(resource)


def _add_report(report: Resource, made: Exams, reading: Reading) -> None:
    """Let the results of a report know its only study and its institution."""
    body = report.body
    references = [
        *objects(body.get("imagingStudy")), *objects(body.get("study")),
    ]  # fmt: skip
    studies = dict.fromkeys(s for r in references if (s := made.study(r, report)))
    study = next(iter(studies)) if len(studies) == 1 else None
    known = made.studies.get(study or "")
    exam = ExamRef(
        kind=_one(known.kinds) if known else None,
        study=study,
        date=known.date if known else None,
        institution=institution(report, made.index) or (known.institution if known else None),
    )
    made.told[id(report)] = exam
    for position, reference in enumerate(many(body.get("result"))):
        if not isinstance(reference, dict):
            continue
        result = made.index.resolve(reference, report)
        if result is None and reading.sieved:
            continue
        if result is None:
            what = (
                f"the result {named(reference)[:80] or 'without a reference'} is not in the input"
            )
            reading.tell("reference-missing", what, f"{report.path}.result[{position}]")
        elif study or exam.institution:
            made.reports.setdefault(id(result), exam)


def _one(kinds: tuple[str, ...]) -> str | None:
    return kinds[0] if len(kinds) == 1 else None


def within(
    resource: Resource, context: Context, date: str | None, made: Exams, reading: Reading
) -> Context:
    """Return the context of an Observation: the exam it is inherited, reported or said to be of.

    `date` is the Observation's own.
    """
    code = code_of(resource, reading)
    inherited = context.exam
    report = made.reports.get(id(resource))
    if report is not None and inherited.group is None and inherited.study is None:
        inherited = replace(report, institution=inherited.institution or report.institution)
    exam = made.of(resource, reading)
    if exam is not None:
        inherited = _narrowed(inherited, exam)
    if code.role == "group":
        inherited = _group(resource, code.name, inherited, exam, date, reading)
    return Context(inherited, date or context.date, date, context.depth, context.alone)


def _group(
    resource: Resource,
    code: str,
    exam: ExamRef,
    own: ExamRef | None,
    date: str | None,
    reading: Reading,
) -> ExamRef:
    """Return the exam that an Observation named by an exam kind groups."""
    if exam.group is not None:  # a group within a group is an exam of its own
        exam = own or ExamRef(institution=exam.institution)
    kind = code
    if exam.kind and SAME_KIND.get(exam.kind) == code:
        kind = exam.kind
    elif exam.kind and SAME_KIND.get(exam.kind, exam.kind) != SAME_KIND.get(code, code):
        what = f"the group is of {code}, its study of {exam.kind}: the group holds"
        reading.tell("group-study-disagree", what, resource.path)
    group = next(iter(tracking(resource.body)), resource.key)
    return replace(exam, kind=kind, group=group, date=date or exam.date)


def _narrowed(outer: ExamRef, inner: ExamRef) -> ExamRef:
    """Return the inherited exam with what an Observation itself says; an exam group holds."""
    if outer.group is not None:
        return replace(outer, study=outer.study or inner.study, date=outer.date or inner.date,
                       institution=inner.institution or outer.institution)  # fmt: skip
    if inner.study and inner.study != outer.study:
        return replace(inner, institution=inner.institution or outer.institution)
    return ExamRef(
        kind=inner.kind or outer.kind,
        study=outer.study,
        date=outer.date or inner.date,
        institution=inner.institution or outer.institution,
    )


def suited(term: Term, exam: ExamRef, resource: Resource, made: Exams, reading: Reading) -> ExamRef:
    """Return what a finding says of its exam; a kind that it cannot be of is left aside, told."""
    if exam.kind is None:
        kind = (
            made.kind(term, exam, resource) if exam.study or "category" in resource.body else None
        )
        return replace(exam, kind=kind) if kind else exam
    if fits(term, exam.kind):
        return exam
    what = f"{term.name} is no finding of {exam.kind}: the exam stated for it is not used"
    reading.tell("group-study-disagree", what, resource.path)
    if exam.group is None:  # a study may hold several exams: the study stands, its kind does not
        return replace(exam, kind=None)
    return ExamRef(institution=exam.institution)
