"""The JSON itself: nothing empty, no key twice.

Source: FHIR R4 and R5 json.html; RFC 8259 section 4.
"""

from collections.abc import Iterator
from typing import Any

from adapter.gates.fhir.base import ERROR, Broken, Rule
from adapter.gates.fhir.resources import Held, Resource
from adapter.gates.fhir.shapes import Json
from adapter.readers.fhir.jsontext import TWICE

_OWN = frozenset({"contained"})  # resources within a resource are asked for themselves


def empty(resource: Resource, held: Held) -> Broken:
    for path, _, value in _within(resource):
        if value == "":
            yield path, "is an empty string: leave the element out"
        elif value == [] or (isinstance(value, list) and set(map(type, value)) == {type(None)}):
            yield path, "is an empty array: leave the element out"
        elif value == {}:
            yield path, "is an empty object: leave the element out"
        elif value is None and not path.endswith("]"):
            yield path, "is null: leave the element out"


def nulls(resource: Resource, held: Held) -> Broken:
    """Yield a null in an array that nothing stands for in the array beside it (``_given``)."""
    for path, body, _ in _within(resource):
        for key, value in body.items() if isinstance(body, dict) else ():
            if path.endswith(f".{key}") and isinstance(value, list):
                other = body.get(key[1:] if key.startswith("_") else f"_{key}")
                beside = other if isinstance(other, list) else []
                for index, one in enumerate(value):
                    if one is None and beside[index : index + 1] in ([], [None]):
                        yield f"{path}[{index}]", "is null, and nothing says why: take it out"


def twice(resource: Resource, held: Held) -> Broken:
    """Yield each object that says a key twice: which of both holds, no two readers agree on."""
    for path, _, value in _within(resource, resource.body):
        if isinstance(value, dict) and TWICE in value:
            keys = ", ".join(value[TWICE])
            yield path, f"has a key twice ({keys}): take one out"


def _within(resource: Resource, start: Any = None) -> Iterator[tuple[str, Any, Any]]:
    """Yield path, holder and value of everything within a resource, but not its resources."""
    if start is not None:
        yield resource.path, {}, start
    yield from _walk(resource.body, resource.path, resource.kind)


def _walk(body: Json, path: str, kind: str = "") -> Iterator[tuple[str, Any, Any]]:
    for key, value in body.items():
        if key == TWICE:
            continue
        at = f"{path}.{key}"
        yield at, body, value
        if key in _OWN and kind and value not in ([], None):
            continue
        if isinstance(value, dict) and not (key == "resource" and "resourceType" in value):
            yield from _walk(value, at)
        elif isinstance(value, list):
            for index, one in enumerate(value):
                yield f"{at}[{index}]", value, one
                if isinstance(one, dict):
                    yield from _walk(one, f"{at}[{index}]")


_BOTH = frozenset({"R4", "R5"})

RULES = (
    Rule(
        "base.empty", ERROR, "FHIR R4 json.html",
        "no element is an empty string, array, object, or null", empty, releases=_BOTH,
    ),
    Rule(
        "base.null", ERROR, "FHIR R4 json.html#null",
        "a null in an array has its extension in the array beside it", nulls, releases=_BOTH,
    ),
    Rule(
        "base.duplicate-key", ERROR, "RFC 8259 section 4; FHIR R4 json.html",
        "no object has a key twice", twice, releases=_BOTH,
    ),
)  # fmt: skip
