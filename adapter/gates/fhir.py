"""FHIR resources against ``fhir.resources`` (R4B; R5 where they tell so), and their references."""

import json
from collections.abc import Iterator
from typing import Any

from adapter.errors import RefusedInput
from adapter.gates.breaches import ERROR, Breach
from adapter.gates.fhir_r5 import is_r5, structure_r5

Json = dict[str, Any]


def check(data: bytes, name: str) -> tuple[Breach, ...]:
    """Return the breaches of one FHIR JSON file; raise RefusedInput where it is no JSON."""
    try:
        resource = json.loads(data)
    except ValueError as error:
        raise RefusedInput("not JSON; only FHIR JSON is validated", name) from error
    if not isinstance(resource, dict):
        raise RefusedInput("no single resource; put an array into a Bundle", name)
    structure = structure_r5 if is_r5(resource) else _structure
    return (*structure(resource), *_references(resource))


def _structure(resource: Json) -> Iterator[Breach]:
    """Yield what ``fhir.resources`` rejects."""
    from fhir.resources.R4B import get_fhir_model_class
    from pydantic import ValidationError

    kind = str(resource.get("resourceType", ""))
    try:
        get_fhir_model_class(kind).model_validate(resource)
    except KeyError:
        yield Breach("fhir.resources", "resource-type", ERROR, kind, "no resource type of R4B")
    except ValidationError as error:
        for one in error.errors():
            path = ".".join([kind, *(str(part) for part in one["loc"])])
            yield Breach("fhir.resources", str(one["type"]), ERROR, path, str(one["msg"]))


def _references(resource: Json) -> Iterator[Breach]:
    """Yield every reference of a Bundle that names nothing in it, and every ``#id`` without one."""
    entries = resource.get("entry", []) if resource.get("resourceType") == "Bundle" else []
    urls = {entry.get("fullUrl") for entry in entries}
    ids = {_type_id(entry.get("resource", {})) for entry in entries}
    held = [(f"Bundle.entry[{i}].resource", e.get("resource", {})) for i, e in enumerate(entries)]
    for path, one in held or [(str(resource.get("resourceType", "")), resource)]:
        contained = {f"#{c.get('id')}" for c in one.get("contained", [])}
        for where, target in _targets(one, path):
            inside = target.startswith(("#", "urn:")) or bool(held)
            if inside and target not in urls | ids | contained and "?" not in target:
                yield Breach("references", "unresolved", ERROR, where, "names nothing here")


def _type_id(resource: Json) -> str:
    return f"{resource.get('resourceType')}/{resource.get('id')}"


def _targets(value: Any, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        target = value.get("reference")
        if isinstance(target, str):
            yield f"{path}.reference", target
        for key, child in value.items():
            yield from _targets(child, f"{path}.{key}")
    elif isinstance(value, list):
        for index, child in enumerate(value):
            yield from _targets(child, f"{path}[{index}]")
