"""Inputs of which nothing may come, and inputs in which something is withdrawn.

Each is made from a good one, broken in one way. Source: criteria section 6; DICOM PS3.10;
FHIR R4 observation.html (status).
"""

import json
from collections.abc import Callable, Iterator
from typing import Any

from adapter.merge import merge
from adapter.model import Patient
from adapter.terms import Terms
from adapter.vectors import cases
from adapter.writers import dicom_sr, fhir
from adapter.writers.options import WriteOptions

_GOOD: cases.Case = {
    "lesions": [
        {"exam": "spinal-mri", "site": "T3", "epi-fluid": "present", "enhancement": "absent",
         "sas-continuity": "present"}
    ]
}  # fmt: skip
_NOTHING = {
    "csf-leak": ("not-assessable", "not-assessable"),
    "intracranial-hypotension": ("not-assessable", "not-assessable"),
}
_RULES = ("csf-leak.5.not-assessable", "hypotension.4.not-assessable")


def vectors(make: Callable[..., Any], terms: Terms, options: WriteOptions) -> Iterator[Any]:
    """Yield the vectors; `make` is the class of a vector."""
    one = cases.document(_GOOD, terms)
    patient = Patient(identifiers=(("VECTOR-BAD", "urn:oid:2.25.424242"),))
    case = merge([type(one)(input=one.input, patient=patient, statements=one.statements)], terms)
    sr = dicom_sr.write_findings(case, terms, options)
    bundle = fhir.write_findings(case, terms, options)
    for id, title, format, file, data in _refused(sr, bundle):
        yield make(id=id, title=title, inputs={format: {file: data}}, conclusions={}, refused=True)
    for id, title, data in _withdrawn(bundle):
        yield make(id=id, title=title, inputs={"fhir": {f"{id}.json": data}},
                   conclusions=_NOTHING, rules=_RULES)  # fmt: skip


def _refused(sr: bytes, bundle: bytes) -> Iterator[tuple[str, str, str, str, bytes]]:
    yield "bad-sr-cut", "an SR that ends in its middle", "sr", "cut.dcm", sr[: len(sr) // 2]
    yield "bad-sr-empty", "an empty file", "sr", "empty.dcm", b""
    yield "bad-sr-text", "plain text named as an SR", "sr", "text.dcm", b"no report\n"
    cut = bundle[: len(bundle) // 2]
    yield "bad-fhir-cut", "JSON that ends in its middle", "fhir", "cut.json", cut
    yield (
        "bad-fhir-patients",
        "findings of two patients in one Bundle",
        "fhir",
        "two.json",
        (_two_patients(bundle)),
    )


def _two_patients(bundle: bytes) -> bytes:
    value = json.loads(bundle)
    of = [e["resource"] for e in value["entry"] if e["resource"]["resourceType"] == "Observation"]
    of[-1]["subject"] = {"reference": "Patient/another"}
    return json.dumps(value, ensure_ascii=False).encode()


def _withdrawn(bundle: bytes) -> Iterator[tuple[str, str, bytes]]:
    for status in ("entered-in-error", "cancelled"):
        value = json.loads(bundle)
        for entry in value["entry"]:
            if entry["resource"]["resourceType"] == "Observation":
                entry["resource"]["status"] = status
        title = f"findings whose status is {status}: nothing may be graded of them"
        yield f"bad-fhir-{status}", title, json.dumps(value, ensure_ascii=False).encode()
