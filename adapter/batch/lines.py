"""One line of a bulk export to what it belongs to: its patient, within the export's folder.

A line is a resource whose references point to other lines, of this file or another one of the
folder. Source: FHIR Bulk Data Access, "Output file"; FHIR R4 references.html.
"""

from collections.abc import Iterator
from typing import Any

from adapter.batch.setup import Setup
from adapter.merge.patients import LOCAL, identifiers
from adapter.model import Patient
from adapter.readers.fhir.jsontext import parse
from adapter.readers.fhir.reading import Reading, Resource
from adapter.readers.fhir.sieve import matters
from adapter.store.groups import NEEDS, SHARED
from adapter.store.inputs import Key

Json = dict[str, Any]

_DOCUMENTS = frozenset({"Bundle", "Parameters"})
_SHARED = frozenset({"Organization", "Location", "Questionnaire", "PractitionerRole"})
_FINDINGS = frozenset({"Observation", "Procedure", "QuestionnaireResponse", "DiagnosticReport"})
_KINDS = ("patient", "study", "accession")


def resource(data: bytes, name: str, setup: Setup) -> Json | None:
    """Return the resource on a line; None where the line is a whole document, read as a file is.

    Raises
    ------
    RefusedInput
        It is no JSON.
    """
    value = parse(data, name, setup.options.read.max_depth).value
    if not isinstance(value, dict) or not isinstance(value.get("resourceType"), str):
        return None
    return None if value["resourceType"] in _DOCUMENTS else value


def keys(body: Json, scope: str, reading: Reading, setup: Setup) -> tuple[str, bool, list[Key]]:
    """Return what kind of input a line is, whether it may hold a finding, and its keys.

    Parameters
    ----------
    scope : str
        The folder within which references hold.
    """
    resource = Resource(body, "", body["resourceType"])
    if resource.kind in _SHARED:
        return "shared", False, [(SHARED, setup.hashed(scope, resource.key), "")]
    if not matters(resource, reading):
        return "line", False, []
    found = [(k, value, issuer) for value, issuer in _patient(resource, scope, setup)
             for k in _KINDS]  # fmt: skip
    needs = {_tail(ref) for ref in _references(body) if _tail(ref).split("/")[0] in _SHARED}
    found += [(NEEDS, setup.hashed(scope, one), "") for one in sorted(needs)]
    return "line", resource.kind in _FINDINGS, found


def _patient(resource: Resource, scope: str, setup: Setup) -> Iterator[tuple[str, str]]:
    """Yield hashed number and issuer of whom a resource is of."""
    here = setup.hashed(LOCAL, scope)
    body = resource.body
    if resource.kind == "Patient":
        yield setup.hashed(resource.key), here
        rows = [row for row in _objects(body.get("identifier")) if row.get("use") != "old"]
    else:
        subject = body.get("subject") or body.get("patient")
        subject = subject if isinstance(subject, dict) else {}
        if isinstance(subject.get("reference"), str):
            yield setup.hashed(_tail(subject["reference"])), here
        rows = _objects([subject.get("identifier")])
    pairs = tuple((_text(row.get("value")), _text(row.get("system"))) for row in rows)
    yield from hashed(Patient(identifiers=pairs), setup)


def hashed(patient: Patient, setup: Setup) -> Iterator[tuple[str, str]]:
    """Yield hashed number and issuer of a patient's identifiers; an unstated issuer is empty."""
    for value, issuer in sorted(identifiers(patient, setup.options.merge.issuers)):
        yield setup.hashed(value), setup.hashed(issuer) if issuer else ""


def _tail(reference: str) -> str:
    return "/".join(reference.partition("/_history/")[0].rsplit("/", 2)[-2:])


def _references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for key, one in value.items():
            if key in ("reference", "questionnaire") and isinstance(one, str):
                yield one
            else:
                yield from _references(one)
    elif isinstance(value, list):
        for one in value:
            yield from _references(one)


def _objects(value: Any) -> list[Json]:
    return [row for row in value if isinstance(row, dict)] if isinstance(value, list) else []


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
