"""Patient resources and subjects to the one patient an input is about.

Source: FHIR R4 patient.html; JP Core JP_Patient (HumanName, iso21090-EN-representation); design,
"Same patient".
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

from adapter.errors import DifferentPatients
from adapter.model import Name, Patient
from adapter.readers.fhir import dates
from adapter.readers.fhir.reading import Reading, Resource
from adapter.readers.fhir.references import Index, kind_of
from adapter.readers.fhir.shapes import Json, extensions, many, objects, single, text

REPRESENTATION = "http://hl7.org/fhir/StructureDefinition/iso21090-EN-representation"
LOCAL = "reference:Patient"
"""Issuer of an identifier that is a reference: it means something within its input only."""

_SEXES = frozenset({"male", "female", "other", "unknown"})


@dataclass(frozen=True, slots=True)
class Subject:
    """Who something is about: all that names the person, and the resource where there is one."""

    names: frozenset[str]
    resource: Resource | None = None


def subject(resource: Resource, index: Index, reading: Reading) -> Subject | str | None:
    """Return who a resource is about; None where it does not say; a text, why not a patient."""
    reference = resource.body.get("subject")
    if type(reference) is dict and resource.parent is None and "identifier" not in reference:
        literal = reference.get("reference")
        if type(literal) is str:  # one server or none: the same words mean the same
            key = literal
            if resource.url[:4] == "http":
                key = f"{resource.url.rpartition('/')[0].rpartition('/')[0]} {literal}"
            about: Subject | str | None = reading.subjects.get(key)
            if about is None:
                about = reading.subjects[key] = _subject(resource, index)
            resource.about = about
            return about
    found = resource.about = _subject(resource, index)
    return found


def _subject(resource: Resource, index: Index) -> Subject | str | None:
    reference = single(resource.body.get("subject") or resource.body.get("patient"))
    if not reference:
        return None
    target = index.resolve(reference, resource)
    kind = target.kind if target is not None else kind_of(reference)
    if kind not in ("", "Patient"):
        return f"its subject is a {kind}, not a patient"
    if target is not None:
        return Subject(_names_of(target), target)
    found = set()
    literal = text(reference.get("reference")).partition("/_history/")[0]
    if literal:
        found.add(literal)
    system, value = _pair(single(reference.get("identifier")))
    if value:
        found.add(f"{system}|{value}")
    return Subject(frozenset(found)) if found else None


def _names_of(target: Resource) -> frozenset[str]:
    pairs = (_pair(row) for row in objects(target.body.get("identifier")))
    found = {f"{system}|{value}" for system, value in pairs if value and system}
    return frozenset({*found, target.key, *([target.url] if target.url else [])})


def _pair(identifier: Json) -> tuple[str, str]:
    return text(identifier.get("system")), text(identifier.get("value"))


def one_patient(
    subjects: Iterable[Subject], anonymous: bool, resources: list[Resource], reading: Reading
) -> Patient:
    """Return the patient that all subjects are.

    Parameters
    ----------
    subjects : iterable of Subject
        Of everything that is used.
    anonymous : bool
        Whether something used has no subject.
    resources : list of Resource
        Of the input; its only Patient is meant where nothing has a subject.

    Raises
    ------
    DifferentPatients
        Two subjects are two people, or nothing tells which of several is meant.
    """
    people: list[Subject] = []
    for one in subjects:
        add(people, one)
    known = [r for r in resources if r.kind == "Patient" and not r.unusable and r.parent is None]
    if anonymous or not people:
        for resource in known if anonymous or len(known) == 1 else []:
            add(people, Subject(_names_of(resource), resource))
    if len(people) > 1:
        ids = ", ".join(sorted(map(_hashed, people))[:5])
        what = f"findings of {len(people)} patients ({ids}) in one input: grade them apart"
        raise DifferentPatients(what, reading.document)
    return _patient(people[0], reading) if people else Patient()


def add(people: list[Subject], one: Subject) -> None:
    """Add a subject to those that are the same person."""
    same = [p for p in people if same_person(p, one)]
    people[:] = [p for p in people if p not in same]
    resource = next((p.resource for p in (*same, one) if p.resource is not None), None)
    people.append(Subject(frozenset().union(one.names, *(p.names for p in same)), resource))


def same_person(one: Subject, other: Subject) -> bool:
    """Return whether two subjects are one person."""
    if one.names & other.names:
        return True
    return any(
        a.endswith(f"/{b}") or b.endswith(f"/{a}")
        for a in one.names
        for b in other.names
        if a.startswith("Patient/") or b.startswith("Patient/")
    )


def _hashed(one: Subject) -> str:
    said = _identifiers(one.resource.body) if one.resource is not None else []
    value = "|".join(sorted(v for v, _ in said)) or "|".join(sorted(one.names))
    return hashlib.sha256(value.encode()).hexdigest()[:8]


def _patient(one: Subject, reading: Reading) -> Patient:
    if one.resource is None:
        return Patient(identifiers=tuple(sorted(map(_weak, one.names))))
    body, path = one.resource.body, one.resource.path
    weak = (
        () if one.resource.parent is not None else ((one.resource.id or one.resource.url, LOCAL),)
    )
    gender = text(body.get("gender"))
    return Patient(
        identifiers=tuple(_identifiers(body)) or tuple(pair for pair in weak if pair[0]),
        names=tuple(filter(None, map(_name, objects(body.get("name"))))),
        birth_date=dates.date(text(body.get("birthDate")), f"{path}.birthDate", reading) or "",
        sex=gender if gender in _SEXES else "",
    )


def _weak(name: str) -> tuple[str, str]:
    """Return an identifier for a subject that is only referred to."""
    system, bar, value = name.rpartition("|")
    if bar:
        return value, system
    return (name.removeprefix("Patient/"), LOCAL)


def _identifiers(body: Json) -> list[tuple[str, str]]:
    """Return (value, system) pairs; those no longer in use only where there is no other.

    Where no system is stated the words for who assigned it stand for one, as a DICOM issuer's do.
    """
    rows = [row for row in objects(body.get("identifier")) if text(row.get("value"))]
    current = [row for row in rows if text(row.get("use")) != "old"]
    return [(text(r.get("value")), _issuer(r)) for r in current or rows]


def _issuer(row: Json) -> str:
    return text(row.get("system")) or text(single(row.get("assigner")).get("display"))


def _name(row: Json) -> Name | None:
    if text(row.get("use")) in ("old", "maiden"):
        return None
    said = extensions(row, REPRESENTATION)
    family = " ".join(filter(None, map(text, many(row.get("family")))))
    given = " ".join(filter(None, map(text, many(row.get("given")))))
    words = text(row.get("text")) or " ".join(filter(None, (family, given)))
    if not words:
        return None
    return Name(
        family=family,
        given=given,
        text=words,
        representation=text(said[0].get("valueCode")) if said else "",
    )
