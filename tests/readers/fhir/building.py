"""Small makers of FHIR resources, and a way to read them."""

import json
from typing import Any

from adapter import terms
from adapter.model import Document, State, Statement
from adapter.readers import fhir
from adapter.readers.options import ReadOptions

TERMS = terms.load()
OPTIONS = ReadOptions()
S = "urn:oid:2.25.69185780400888605725525229835613365432"
SCT = "http://snomed.info/sct"
DCM = "http://dicom.nema.org/resources/ontology/DCM"
THO = "http://terminology.hl7.org/CodeSystem"
STATES = {
    "present": (SCT, "52101004"),
    "absent": (SCT, "272519000"),
    "indeterminate": (SCT, "373068000"),
    "not-assessed": (SCT, "261665006"),
}
Json = dict[str, Any]


def coded(system: str, *codes: str, **more: Any) -> Json:
    return {"coding": [{"system": system, "code": code} for code in codes], **more}


def ours(code: str) -> Json:
    return coded(S, code)


def said(state: str) -> Json:
    """Return a value that says a state."""
    return {"valueCodeableConcept": coded(*STATES[state])}


def obs(code: str | Json = "epi-fluid", state: str | None = "present", **more: Any) -> Json:
    """Return an Observation; ``None`` in `more` takes an element away."""
    body = {
        "resourceType": "Observation",
        "id": "o1",
        "status": "final",
        "code": ours(code) if isinstance(code, str) else code,
        "subject": {"reference": "Patient/p1"},
        "effectiveDateTime": "2026-03-02",
        **(said(state) if state else {}),
        **more,
    }
    return {key: value for key, value in body.items() if value is not None}


def comp(code: str | Json, state: str | None = None, **more: Any) -> Json:
    return {"code": ours(code) if isinstance(code, str) else code,
            **(said(state) if state else {}), **more}  # fmt: skip


def at(code: str) -> Json:
    """Return a Finding Site component."""
    return comp(coded(SCT, "363698007"), valueCodeableConcept=coded(SCT, code))


def bundle(*resources: Json, kind: str = "collection", **urls: str) -> Json:
    return {
        "resourceType": "Bundle",
        "type": kind,
        "entry": [{"resource": resource} for resource in resources],
    }


def read(value: Any, options: ReadOptions = OPTIONS) -> Document:
    data = value if isinstance(value, bytes) else json.dumps(value, ensure_ascii=False).encode()
    assert fhir.sniff(data)
    return fhir.read(data, "in.json", TERMS, options)


def one(*resources: Json) -> Statement:
    """Return the one statement that resources make."""
    value = resources[0] if len(resources) == 1 else bundle(*resources)
    (statement,) = read(value).statements
    return statement


def codes(document: Document) -> list[str]:
    return [issue.code for issue in document.issues]


def parts(statement: Statement) -> dict[str, State]:
    return {part.concept: part.state for part in statement.parts}
