"""A resource against the tables of R4: which elements, how often, of what type, with which codes.

One walk over a resource finds the breaches of all these rules; each rule takes its own.
Source: FHIR R4 StructureDefinitions (``r4/``), json.html, references.html.
"""

from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from functools import lru_cache
from typing import Any

from adapter.gates.fhir import primitives, r4
from adapter.gates.fhir.base import ERROR, Broken, Check, Rule
from adapter.gates.fhir.resources import Held, Resource
from adapter.gates.fhir.shapes import Json, text
from adapter.readers.fhir.jsontext import TWICE

Found = tuple[str, str, str]
"""(rule, element path, words)"""


@lru_cache(maxsize=4)
def _found(resource: Resource, held: Held) -> tuple[Found, ...]:
    if r4.elements(resource.kind) is None:
        return tuple(_status_alone(resource))
    return tuple(_Walk(resource, held).of(resource.body, resource.kind, resource.path))


def _status_alone(resource: Resource) -> Iterator[Found]:
    """Yield a kind that is none, and a wrong status of a kind that has no table."""
    known = r4.kinds().get(resource.kind)
    if known is None:
        yield "base.resource-type", resource.path, "is no resource type of R4: correct the name"
    elif known and isinstance(status := resource.body.get("status"), str) and status not in known:
        yield "base.status", f"{resource.path}.status", _none_of(known)


def _none_of(codes: tuple[str, ...]) -> str:
    shown = ", ".join(codes[:12]) + (" …" if len(codes) > 12 else "")
    return f"is none of its codes: write one of {shown}"


class _Walk:
    """A walk over one resource; resources within it are walked for themselves."""

    def __init__(self, resource: Resource, held: Held) -> None:
        self.resource, self.held = resource, held

    def of(self, body: Json, kind: str, path: str) -> Iterator[Found]:
        """Yield what is wrong with an object of a type."""
        table = r4.elements(kind)
        if table is None:
            return
        places: dict[str, list[str]] = {}
        for key in body:
            name = key.removeprefix("_")
            if key in ("resourceType", TWICE):
                continue
            element, type_name = r4.place(table, name)
            if element is None:
                if key == name or name not in body:
                    yield "base.unknown-element", f"{path}.{key}", _unknown(kind, name, table)
                continue
            if name not in places.setdefault(element, []):
                places[element].append(name)
                yield from self._element(body, name, type_name, table[element], path)
        for element, row in table.items():
            used = places.get(element, [])
            if row.is_required and not used:
                shown = element.removesuffix("[x]")
                yield "base.required", f"{path}.{shown}", f"is missing: {kind} must have it"
            if len(used) > 1:
                what = f"stand together ({', '.join(sorted(used))}): only one may"
                yield "base.choice", f"{path}.{element}", what

    def _element(
        self, body: Json, name: str, kind: str, row: r4.Element, path: str
    ) -> Iterator[Found]:
        value, at = body.get(name), f"{path}.{name}"
        if value is None and name in body:
            return  # base.empty says so
        if isinstance(value, list) != row.repeats and name in body:
            what = "repeats: put it into an array" if row.repeats else "stands once: take one out"
            yield "base.list", at, f"{what} ({'[…]' if row.repeats else 'no array'})"
        rows = value if isinstance(value, list) else [value] if name in body else []
        for index, one in enumerate(rows):
            if one is not None:
                place = f"{at}[{index}]" if isinstance(value, list) else at
                yield from self._value(one, kind, row, place)
        if kind in r4.PRIMITIVES:
            yield from self._beside(body.get(f"_{name}"), f"{path}._{name}")

    def _beside(self, value: Any, path: str) -> Iterator[Found]:
        for one in value if isinstance(value, list) else [value]:
            if isinstance(one, dict):
                yield from self.of(one, "Element", path)
            elif one is not None:
                yield "base.type", path, "is no object: here stand id and extension of the value"

    def _value(self, value: Any, kind: str, row: r4.Element, path: str) -> Iterator[Found]:
        if kind in r4.PRIMITIVES:
            yield from _primitive(value, kind, row, path, self.resource.path)
        elif not isinstance(value, dict):
            yield "base.type", path, f"is of the wrong JSON type: write an object ({kind})"
        elif kind == "Reference":
            yield from self._reference(value, row.types.get(kind, frozenset()), path)
        elif kind not in ("Resource", "OperationOutcome"):
            yield from self.of(value, kind, path)

    def _reference(self, value: Json, kinds: frozenset[str], path: str) -> Iterator[Found]:
        yield from self.of(value, "Reference", path)
        target = self.held.target(value, self.resource)
        if target.kind and kinds and target.kind not in kinds:
            allowed = ", ".join(sorted(kinds))
            what = f"refers to {target.kind}: only {allowed} may stand here"
            yield "base.target", path, what
        told = text(value.get("type")).rpartition("/")[2]
        if told and target.kind and told != target.kind:
            yield "base.target", f"{path}.type", f"says {told}, but {target.kind} is referred to"


def _primitive(value: Any, kind: str, row: r4.Element, path: str, top: str) -> Iterator[Found]:
    if kind == "xhtml":
        return  # narrative.py
    breach = primitives.wrong(kind, value)
    if breach is not None:
        yield breach[0], path, breach[1]
    elif row.codes and value and value not in row.codes:
        rule = "base.status" if path == f"{top}.status" else "base.code"
        yield rule, path, _none_of(row.codes)


def _unknown(kind: str, name: str, table: Mapping[str, r4.Element]) -> str:
    near = get_close_matches(name, [key for key in table if not key.endswith("[x]")], 1)
    how = f"is {near[0]} meant?" if near else "correct the name, or use an extension"
    return f"is no element of {kind} in R4: {how}"


def _taken(rule: str) -> Check:
    def broken(resource: Resource, held: Held) -> Broken:
        for found, path, what in _found(resource, held):
            if found == rule:
                yield path, what

    return broken


_ROWS = (
    ("resource-type", "resource.html", "the resource type is one of R4's"),
    ("unknown-element", "json.html", "an element is one that its type has"),
    ("required", "conformance-rules.html#cardinality", "an element that must be there, is"),
    ("list", "json.html#primitive", "what repeats is an array, what does not is none"),
    ("choice", "formats.html#choice", "of a choice such as effective[x] one stands, of a type"),
    ("type", "json.html", "numbers, booleans, strings and objects are what their type says"),
    ("format", "datatypes.html", "id, code, uri, oid, uuid and whole numbers are well-formed"),
    ("date-time", "datatypes.html#dateTime", "a date or dateTime is as FHIR writes it"),
    ("instant", "datatypes.html#instant", "an instant is to the second, with a zone"),
    ("base64", "datatypes.html#base64Binary", "base64 can be decoded"),
    ("status", "terminologies.html#required", "a status is one of its resource's codes"),
    ("code", "terminologies.html#required", "a code of a required set is one of it"),
    ("target", "references.html", "a reference names a resource of a type that may stand there"),
)

RULES = tuple(
    Rule(f"base.{id}", ERROR, f"FHIR R4 {source}", says, _taken(f"base.{id}"))
    for id, source, says in _ROWS
)
