"""The tables of FHIR R4 beside this file: which elements a type has, of what kind, how often.

A row such as ``"1..1 code: final amended"`` becomes an `Element`. Source: FHIR R4 4.0.1.
"""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources

_ROW = re.compile(r"(?P<min>\d+)\.\.(?P<max>\d+|\*) (?P<types>[^:]+)(?:: (?P<codes>.+))?")
_TYPE = re.compile(r"([\w.*]+)(?:\(([^)]*)\))?")

_BACKBONES = frozenset({
    "Dosage", "ElementDefinition", "MarketingStatus", "Population", "ProdCharacteristic",
    "ProductShelfLife", "SubstanceAmount", "Timing",
})  # fmt: skip
"""Data types that may have modifierExtension."""

PRIMITIVES = frozenset({
    "base64Binary", "boolean", "canonical", "code", "date", "dateTime", "decimal", "id", "instant",
    "integer", "markdown", "oid", "positiveInt", "string", "time", "unsignedInt", "uri", "url",
    "uuid", "xhtml",
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Element:
    """One element: its types with the kinds that a Reference may name (empty: any), its codes."""

    is_required: bool
    repeats: bool
    types: Mapping[str, frozenset[str]]
    codes: tuple[str, ...]


@cache
def kinds() -> Mapping[str, tuple[str, ...]]:
    """Return every kind of resource with its codes of ``status``; empty where it has no set."""
    return {kind: tuple(codes.split()) for kind, codes in _load("kinds.toml")["status"].items()}


@cache
def elements(name: str) -> Mapping[str, Element] | None:
    """Return the elements of a resource type, a data type, or a part of one.

    None where there is no table: of kinds that no imaging report is made of.
    """
    table = _types().get(name) or _tables(name.partition(".")[0]).get(name)
    if table is None:
        return None
    rows = dict(_types()["Element"])
    if name[:1].isupper() and name in kinds():
        rows = dict(_types()["Resource"])
        if name not in ("Bundle", "Binary", "Parameters"):
            rows |= _types()["DomainResource"]
    elif name.partition(".")[0] in kinds() or name in _BACKBONES:
        rows |= _types()["BackboneElement"]
    return {key: _element(row) for key, row in (rows | dict(table)).items()}


def place(table: Mapping[str, Element], name: str) -> tuple[str | None, str]:
    """Return the row that a name stands for, and its type: valueString → (value[x], string)."""
    row = table.get(name)
    if row is not None:
        return name, next(iter(row.types))
    for key, row in table.items():
        stem = key.removesuffix("[x]")
        if stem != key and name.startswith(stem) and name != stem:
            kind = _choice(name[len(stem) :], row)
            if kind:
                return key, kind
    return None, ""


def _choice(suffix: str, row: Element) -> str:
    for kind in row.types:
        if kind[:1].upper() + kind[1:] == suffix:
            return kind
    if "*" not in row.types:
        return ""
    lowered = suffix[:1].lower() + suffix[1:]
    if lowered in PRIMITIVES:
        return lowered
    return suffix if elements(suffix) and suffix not in kinds() else ""


def _element(row: str) -> Element:
    found = _ROW.fullmatch(row)
    if found is None:
        raise ValueError(f"no row of an element: {row}")
    types = {name: frozenset(kinds.split()) for name, kinds in _TYPE.findall(found["types"])}
    codes = tuple((found["codes"] or "").split())
    return Element(found["min"] != "0", found["max"] != "1", types, codes)


def _types() -> Mapping[str, Mapping[str, str]]:
    return _load("types.toml")


def _tables(kind: str) -> Mapping[str, Mapping[str, str]]:
    return _load(f"{kind}.toml") if kind in kinds() else {}


@cache
def _load(name: str) -> dict[str, dict[str, str]]:
    file = resources.files(__name__) / name
    return tomllib.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}
