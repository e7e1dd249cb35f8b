"""A report of ours, or an SR, to what its next version has to know: identity, status, patient.

Its findings are never read: a report would else rest on itself. Source: FHIR R4 DiagnosticReport,
``status``; DICOM PS3.3 C.17.2 (Completion, Verification and Preliminary Flag).
"""

from collections.abc import Iterator
from typing import Any

from adapter import readers
from adapter.errors import RefusedInput
from adapter.model import Document, Previous
from adapter.readers.options import ReadOptions
from adapter.terms import Terms

_URI = "urn:ietf:rfc:3986"
_UUID = "urn:uuid:"
_RESTS_ON = ("result", "derivedFrom", "hasMember")


def previous(data: bytes, name: str, terms: Terms, options: ReadOptions) -> Previous:
    """Return what is known of a report that is to be replaced.

    Raises
    ------
    RefusedInput
        It is neither an SR nor a FHIR report of ours, or holds several.
    """
    document = readers.read(data, name, terms, options)
    if document.input.format == "dicom-sr":
        return _of_sr(data, name, document, options)
    if document.input.format == "fhir":
        return _of_fhir(data, name, document, terms, options)
    raise RefusedInput("is no report: give the FHIR or the DICOM SR that was written", name)


def _of_sr(data: bytes, name: str, document: Document, options: ReadOptions) -> Previous:
    from adapter.sr.decode import decode
    from adapter.sr.limits import Limits

    limits = Limits(file=options.max_bytes, depth=options.max_depth, items=options.max_items)
    header = decode(data, name, limits, salvage=options.salvage).header
    flags = {header.get(f, "").strip().upper() for f in ("VerificationFlag", "PreliminaryFlag")}
    vouched = bool(flags & {"VERIFIED", "FINAL"})
    status = "final" if vouched and not document.input.preliminary else "preliminary"
    return Previous(input=document.input, patient=document.patient, status=status)


def _of_fhir(
    data: bytes, name: str, document: Document, terms: Terms, options: ReadOptions
) -> Previous:
    resources = _resources(data, name, terms, options)
    reports = [r for r in resources.values() if r["resourceType"] == "DiagnosticReport"]
    ours = {uuid: report for report in reports for uuid in _uuids(report)[:1]}
    if len(ours) != 1:
        what = "no report of ours" if not ours else f"{len(ours)} reports of ours"
        raise RefusedInput(f"holds {what}: give the FHIR that was written, one report", name)
    [(lasting, report)] = ours.items()
    return Previous(
        input=document.input,
        patient=document.patient,
        status=str(report.get("status", "")),
        name=lasting,
        version=next(iter(_uuids(report)[1:]), ""),
        report=_detached(report, resources),
        parts=tuple(_parts(report, resources)),
    )


def _resources(
    data: bytes, name: str, terms: Terms, options: ReadOptions
) -> dict[str, dict[str, Any]]:
    """Return the resources of an input by what they are referred to, in order."""
    from adapter.readers.fhir import new_reading
    from adapter.readers.fhir.containers import from_json, from_value
    from adapter.readers.fhir.packing import is_xml, unpacked
    from adapter.readers.fhir.xml import parse

    reading = new_reading(name, terms, options)
    plain = unpacked(data, name, options.max_bytes)
    found = from_value(parse(plain, name), reading) if is_xml(plain) else from_json(plain, reading)
    return {(r.url if r.url.startswith(_UUID) else r.key): r.body for r in found}


def _detached(value: Any, resources: dict[str, dict[str, Any]]) -> Any:
    """Return a value without its Bundle: what it refers to there is named by its identifier."""
    if isinstance(value, list):
        return [_detached(one, resources) for one in value]
    if not isinstance(value, dict):
        return value
    made = {name: _detached(one, resources) for name, one in value.items()}
    target = resources.get(str(value.get("reference", "")))
    if target is None or not str(value["reference"]).startswith(_UUID):
        return made
    known = target.get("identifier", [])
    rows = known if isinstance(known, list) else [known]  # a Composition has one
    named = [{"identifier": i} for i in rows[:1]]
    del made["reference"]
    return {"type": target["resourceType"], **made, **(named[0] if named else {})}


def _uuids(resource: dict[str, Any]) -> list[str]:
    """Return the UUIDs that name a resource of ours: of all its versions, then of this one."""
    rows = [i for i in resource.get("identifier", []) if i.get("system") == _URI]
    rows = [i for i in rows if str(i.get("value", "")).startswith(_UUID)]
    rows.sort(key=lambda one: one.get("use") == "secondary")
    return [one["value"].removeprefix(_UUID) for one in rows]


def _parts(
    report: dict[str, Any], resources: dict[str, dict[str, Any]]
) -> Iterator[dict[str, Any]]:
    """Yield the Observations of a report of ours.

    A Bundle as it was written holds no others. Of what a server gave they are those that the report
    rests on, and the exams' groups of those: it may give the sources, too.
    """
    written = all(key.startswith(_UUID) for key in resources)
    reached = set(resources) if written else _reached(report, resources)
    for key, resource in resources.items():
        if key in reached and resource["resourceType"] == "Observation" and _uuids(resource):
            yield resource | {"partOf": [*_studies(resource, resources)]}


def _reached(report: dict[str, Any], resources: dict[str, dict[str, Any]]) -> set[str]:
    reached: set[str] = set()
    left = [_key(r, resources) for r in _references(report)]
    groups = {
        key: [_key(m, resources) for m in _references(resource, ("hasMember",))]
        for key, resource in resources.items()
    }
    while left:
        key = left.pop()
        if key in reached or key not in resources:
            continue
        reached.add(key)
        left += (_key(r, resources) for r in _references(resources[key]))
        left += (group for group, members in groups.items() if key in members)
    return reached


def _studies(
    part: dict[str, Any], resources: dict[str, dict[str, Any]]
) -> Iterator[dict[str, Any]]:
    """Yield the studies of an Observation by identifier: its next version holds no old one."""
    for reference in _references(part, ("partOf",)):
        study = resources.get(_key(reference, resources), {})
        for identifier in study.get("identifier", [])[:1]:
            yield {"type": "ImagingStudy", "identifier": identifier}


def _references(resource: dict[str, Any], names: tuple[str, ...] = _RESTS_ON) -> Iterator[str]:
    for name in names:
        yield from (str(row.get("reference", "")) for row in resource.get(name, []))


def _key(reference: str, resources: dict[str, dict[str, Any]]) -> str:
    """Return a reference as the input keeps it: of an absolute one its type and id."""
    return reference if reference in resources else "/".join(reference.rsplit("/", 2)[-2:])
