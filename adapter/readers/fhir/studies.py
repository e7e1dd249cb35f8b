"""ImagingStudy resources to studies: what each tells of its exam, and where it was made.

Source: FHIR R4, R5, STU3 imagingstudy.html.
"""

from collections.abc import Iterator
from dataclasses import replace

from adapter.model import Study
from adapter.readers.fhir import dates
from adapter.readers.fhir.codes import exam_kind
from adapter.readers.fhir.reading import Reading, Resource
from adapter.readers.fhir.references import Index, kind_of
from adapter.readers.fhir.shapes import Json, bare, objects, single, text

UID = "urn:dicom:uid"
_DCM = ("http://dicom.nema.org/resources/ontology/DCM", "urn:oid:1.2.840.10008.2.16.4")


def study_of(resource: Resource, index: Index, reading: Reading) -> Study:
    """Return what an ImagingStudy says."""
    body, path = resource.body, resource.path
    coded = [*objects(body.get("procedureCode")), *_concepts(body.get("procedure"))]
    kinds = dict.fromkeys(k for c in coded if (k := exam_kind(c, reading)))
    series = objects(body.get("series"))
    told = dict.fromkeys(
        [*modalities(body.get("modality")), *modalities(body.get("modalityList"))]
        + [m for row in series for m in modalities(row.get("modality"))]
    )
    return Study(
        id=study_id(resource),
        date=dates.date(text(body.get("started")), f"{path}.started", reading),
        kinds=tuple(kinds),
        modalities=tuple(told),
        institution=_place(body, series, resource, index),
        accession=_accession(body, resource, index),
        instances=tuple(_instances(series)),
    )


def study_id(resource: Resource) -> str:
    """Return the Study Instance UID of an ImagingStudy, else what names the resource."""
    body = resource.body
    for row in objects(body.get("identifier")):
        types = {text(c.get("code")) for c in objects(single(row.get("type")).get("coding"))}
        if text(row.get("system")) == UID or "110180" in types:
            value = bare(text(row.get("value")))
            if value:
                return value
    return bare(text(body.get("uid"))) or resource.key


def joined(one: Study, other: Study) -> Study:
    """Return what two resources say of one study; the first holds."""
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


def modalities(value: object) -> list[str]:
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


def institution(resource: Resource, index: Index) -> str | None:
    """Return the Organization that performed an Observation or a report; None without one."""
    for reference in objects(resource.body.get("performer")):
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
