"""ImagingStudy, report and Observation to what is known of an examination.

The kind of an exam is told by a group, a method, or a study's procedure code; a modality tells it
only where a concept leaves one kind of that modality. Source: contract section 2; fhir.md
sections 1, 3 and 4; FHIR R4, R5, STU3 imagingstudy.html, imagingselection.html.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from adapter.model import ExamRef, Study
from adapter.readers.fhir import dates
from adapter.readers.fhir.codes import exam_kind
from adapter.readers.fhir.reading import Reading, Resource
from adapter.readers.fhir.references import Index, kind_of, named
from adapter.readers.fhir.shapes import Json, bare, many, objects, single, text
from adapter.terms import Term
from adapter.terms.concepts import fits

_BY_MODALITY = {
    "MR": ("spinal-mri", "brain-mri"),
    "NM": ("ri-cisternogram",),
    "CT": ("ct-myelography",),
}
_DCM = ("http://dicom.nema.org/resources/ontology/DCM", "urn:oid:1.2.840.10008.2.16.4")
_UNUSABLE = ("entered-in-error", "cancelled", "inactive")
_UID = "urn:dicom:uid"
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
        performer = _institution(body, resource, self.index) if "performer" in body else None
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
        if text(identifier.get("system")) == _UID:
            return bare(text(identifier.get("value"))) or None
        return named(reference) or None

    def kind(self, term: Term, exam: ExamRef, resource: Resource) -> str | None:
        """Return the kind where the concept and a modality leave one only."""
        if len(term.exams) < 2 or "any" in term.exams:
            return None
        known = self.studies.get(exam.study or "")
        told = {m for m in known.modalities if m in _BY_MODALITY} if known else set()
        told = told or set(_modalities(resource.body.get("category")))
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
    id = study_id(resource)
    study = _study(resource, id, made.index, reading)
    known = made.studies.get(id)
    made.studies[id] = study if known is None else _joined(known, study)
    made.subjects.append(resource)


def study_id(resource: Resource) -> str:
    """Return the Study Instance UID of an ImagingStudy, else what names the resource."""
    body = resource.body
    for row in objects(body.get("identifier")):
        types = {text(c.get("code")) for c in objects(single(row.get("type")).get("coding"))}
        if text(row.get("system")) == _UID or "110180" in types:
            value = bare(text(row.get("value")))
            if value:
                return value
    return bare(text(body.get("uid"))) or resource.key


def _study(resource: Resource, id: str, index: Index, reading: Reading) -> Study:
    body, path = resource.body, resource.path
    coded = [*objects(body.get("procedureCode")), *_concepts(body.get("procedure"))]
    kinds = dict.fromkeys(k for c in coded if (k := exam_kind(c, reading)))
    series = objects(body.get("series"))
    modalities = dict.fromkeys(
        [*_modalities(body.get("modality")), *_modalities(body.get("modalityList"))]
        + [m for row in series for m in _modalities(row.get("modality"))]
    )
    return Study(
        id=id,
        date=dates.date(text(body.get("started")), f"{path}.started", reading),
        kinds=tuple(kinds),
        modalities=tuple(modalities),
        institution=_place(body, series, resource, index),
        accession=_accession(body, resource, index),
        instances=tuple(_instances(series)),
    )


def _joined(one: Study, other: Study) -> Study:
    return replace(
        one,
        date=one.date or other.date,
        kinds=tuple(dict.fromkeys((*one.kinds, *other.kinds))),
        modalities=tuple(dict.fromkeys((*one.modalities, *other.modalities))),
        institution=one.institution or other.institution,
        accession=one.accession or other.accession,
        instances=tuple(dict.fromkeys((*one.instances, *other.instances))),
    )


def _concepts(value: object) -> list[Json]:
    """Return the concepts of R5 CodeableReferences."""
    return [single(row.get("concept")) for row in objects(value) if "concept" in row]


def _modalities(value: object) -> list[str]:
    """Return modality codes, from Codings and CodeableConcepts alike."""
    found = []
    for row in objects(value):
        for coding in objects(row.get("coding")) if "coding" in row else [row]:
            if text(coding.get("system")) in _DCM and text(coding.get("code")):
                found.append(text(coding.get("code")))
    return found


def _accession(body: Json, resource: Resource, index: Index) -> str | None:
    rows = [*objects(body.get("identifier")), *objects(body.get("accession"))]
    for reference in objects(body.get("basedOn")):
        rows.append(single(reference.get("identifier")))
        order = index.resolve(reference, resource)
        rows += objects(order.body.get("identifier")) if order is not None else []
    for row in rows:
        types = {text(c.get("code")) for c in objects(single(row.get("type")).get("coding"))}
        if "ACSN" in types and text(row.get("value")):
            return text(row.get("value"))
    return text(single(body.get("accession")).get("value")) or None


def _instances(series: list[Json]) -> Iterator[tuple[str, str, str]]:
    for row in series:
        uid = bare(text(row.get("uid")))
        for instance in objects(row.get("instance")):
            sop = instance.get("sopClass")
            code = text(single(sop).get("code")) if isinstance(sop, dict) else text(sop)
            yield bare(code), bare(text(instance.get("uid"))), uid


def _place(body: Json, series: list[Json], resource: Resource, index: Index) -> str | None:
    """Return the institution: an Organization that performed a series, else the location."""
    for row in series:
        for performer in objects(row.get("performer")):
            actor = single(performer.get("actor")) or performer
            name = _name(actor, resource, index, ("Organization",))
            if name:
                return name
    return _name(single(body.get("location")), resource, index, ("Location", "Organization", ""))


def _institution(body: Json, resource: Resource, index: Index) -> str | None:
    for reference in objects(body.get("performer")):
        actor = single(reference.get("actor")) or reference
        name = _name(actor, resource, index, ("Organization",))
        if name:
            return name
    return None


def _name(reference: Json, resource: Resource, index: Index, kinds: tuple[str, ...]) -> str | None:
    target = index.resolve(reference, resource) if reference else None
    if target is None:
        return (text(reference.get("display")) or None) if kind_of(reference) in kinds else None
    if target.kind not in kinds:
        return None
    return text(target.body.get("name")) or text(reference.get("display")) or None


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
        institution=_institution(body, report, made.index)
        or (known.institution if known else None),
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
