"""Graded cases to write under a profile, and what tests ask of an output: shared by its tests."""

import dataclasses
import functools
import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from adapter import criteria, pipeline, terms
from adapter.criteria import Policy
from adapter.model import Graded
from adapter.pipeline import Options
from adapter.writers import fhir
from adapter.writers.options import WriteOptions
from adapter.writers.result import result
from tests.writers import graded_examples

Json = dict[str, Any]

TERMS = terms.load()
SAMPLES = sorted(
    f"{path.name}/{kind}"
    for path in (Path(__file__).parents[3] / "sample_data").glob("[01]*")
    for kind in ("sr", "fhir")
)
BUNDLES = ("transaction", "collection", "document", "none")
NOW = "2026-11-25T12:00:00+09:00"


@functools.cache
def sample(name: str) -> Graded:
    """Return a sample patient graded: ``04-definite-same-site/sr``."""
    folder = Path(__file__).parents[3] / "sample_data" / name
    return pipeline.grade(pipeline.sources([folder])).graded


@functools.cache
def case(name: str) -> Graded:
    """Return a sample, or one of the cases that hold everything there is a place for."""
    if name in SAMPLES:
        return sample(name)
    return criteria.grade(graded_examples.CASES[name], Policy(), graded_examples.VERSIONS)


@functools.cache
def with_unknown() -> Graded:
    """Return a case with evidence that no term stands for: of its exam, and of none."""
    base = json.loads(fhir.write(sample(SAMPLES[0]), TERMS, WriteOptions(bundle="collection")))
    (group,) = [r for r in resources(base) if "ct-myelography" in codes(r.get("code", {}))]
    (study,) = [e["fullUrl"] for e in base["entry"] if e["resource"]["resourceType"][:2] == "Im"]
    about = {"resourceType": "Observation", "status": "final", "subject": group["subject"]}
    unknown = [
        about | {"id": f"u{n}", "code": {"coding": [{"system": "urn:x", "code": f"c{n}"}]}} | said
        for n, said in enumerate(UNKNOWN)
    ]
    unknown[0]["partOf"] = [{"reference": study}]
    group["hasMember"].append({"reference": "urn:uuid:u1"})
    base["entry"] += [{"fullUrl": f"urn:uuid:{u['id']}", "resource": u} for u in unknown]
    return read_back(json.dumps(base).encode())


def replaced(graded: Graded, **parts: Any) -> Graded:
    """Return a graded case of which something else is said."""
    return dataclasses.replace(graded, case=dataclasses.replace(graded.case, **parts))


def of_patient(graded: Graded, **parts: Any) -> Graded:
    """Return a graded case with something else said of its patient."""
    return replaced(graded, patient=dataclasses.replace(graded.case.patient, **parts))


UNKNOWN: tuple[Json, ...] = (
    {"valueString": "anything"},
    {"valueQuantity": {"value": 3, "unit": "cm", "system": "urn:y", "code": "cm"}},
    {"valueQuantity": {"value": 3, "unit": "mm", "system": "http://unitsofmeasure.org",
                       "code": "mm"}},
    {"valueCodeableConcept": {"coding": [{"system": "urn:x", "code": "v"}]}},
)  # fmt: skip

EXAMPLE = "15-four-exams/fhir"
NAMES = (*SAMPLES, *graded_examples.CASES)


def bytes_of(graded: Graded, profile: str, **options: Any) -> bytes:
    given = {"bundle": "collection", "now": NOW, **options}
    return fhir.write(graded, TERMS, WriteOptions(profile=profile, **given))


def written(graded: Graded, profile: str, **options: Any) -> Any:
    return json.loads(bytes_of(graded, profile, **options))


def resources(output: Any) -> list[Json]:
    """Return the resources of a Bundle or of an array."""
    return output if isinstance(output, list) else [e["resource"] for e in output["entry"]]


def named(output: Any) -> dict[str, Json]:
    """Return the resources by what a reference says."""
    if isinstance(output, list):
        return {f"{r['resourceType']}/{r['id']}": r for r in output}
    return {e["fullUrl"]: e["resource"] for e in output["entry"]}


def of_type(output: Any, kind: str) -> list[Json]:
    return [r for r in resources(output) if r["resourceType"] == kind]


def codes(concept: Mapping[str, Any], system: str | None = None) -> list[str]:
    """Return the codes of a CodeableConcept, of one system where it is given."""
    return [c["code"] for c in concept.get("coding", []) if system in (None, c["system"])]


def coded(output: Any, code: str) -> list[Json]:
    return [o for o in of_type(output, "Observation") if code in codes(o["code"])]


def references(value: Any) -> Iterator[str]:
    """Yield every literal reference in a value."""
    if isinstance(value, dict):
        if isinstance(value.get("reference"), str):
            yield value["reference"]
        for one in value.values():
            yield from references(one)
    elif isinstance(value, list):
        for one in value:
            yield from references(one)


def read_back(data: bytes) -> Graded:
    return pipeline.grade([("again.json", data)], Options()).graded


def told(graded: Graded) -> Any:
    """Return what ``grade --format json`` says, without where it stands."""
    return _stripped(result(graded, TERMS))


# What names the input, and words and names of lesions that SR has no place for.
_SOURCES = ("sources", "issues", "inputs", "uid", "site_text")


def _stripped(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: _stripped(v) for k, v in value.items() if k not in _SOURCES}
    return [_stripped(v) for v in value] if isinstance(value, list) else value


def accepted(output: Any) -> None:
    """Fail where ``fhir.resources`` (R4B) rejects anything."""
    from fhir.resources.R4B import get_fhir_model_class

    for resource in output if isinstance(output, list) else [output]:
        get_fhir_model_class(resource["resourceType"]).model_validate(resource)


Mutant = tuple[str, Callable[[dict[str, Json]], None]]
"""A rule, and what breaks it in the resources by name."""
