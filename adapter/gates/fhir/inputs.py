"""Bytes to the resources that are asked: JSON, an array, NDJSON or XML, also within gzip.

Each unit has the path that its breaches begin with: ``Observation``, ``[2]`` in an array,
``line 4 Observation`` in NDJSON. A line that cannot be read is a breach, the others are asked.
Source: FHIR R4 json.html, xml.html; FHIR Bulk Data (NDJSON).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from adapter.errors import AdapterError
from adapter.gates.breaches import ERROR, Breach
from adapter.gates.fhir.shapes import Json, text
from adapter.readers.fhir import jsontext, packing
from adapter.readers.fhir.containers import is_ndjson
from adapter.readers.fhir.jsontext import TWICE, Written
from adapter.readers.options import ReadOptions

_LIMITS = ReadOptions()


@dataclass(frozen=True, slots=True)
class Unit:
    """One resource of an input; ``whole`` is false where XML is of a kind without a table."""

    body: Json
    path: str
    whole: bool = True


def units(data: bytes, name: str) -> tuple[list[Unit], list[Breach]]:
    """Return the resources of an input, and what of it is none.

    Raises
    ------
    RefusedInput, Damaged, LimitExceeded
        Nothing of it can be read.
    """
    plain = packing.unpacked(data, name, _LIMITS.max_bytes)
    if packing.is_xml(plain):
        from adapter.gates.fhir.xml_form import parse

        body, whole = parse(plain, name)
        found: list[Unit | Breach] = [Unit(body, text(body.get("resourceType")), whole)]
    elif is_ndjson(plain):
        found = list(_lines(plain, name))
    else:
        parsed = jsontext.parse(plain, name, _LIMITS.max_depth)
        found = [*_remarks(parsed, "input"), *_of(parsed.value)]
    return (
        [one for one in found if isinstance(one, Unit)],
        [one for one in found if isinstance(one, Breach)],
    )


def _lines(data: bytes, name: str) -> Iterator[Unit | Breach]:
    for index, line in enumerate(data.splitlines()):
        where = f"line {index + 1}"
        if not line.strip():
            continue
        try:
            parsed = jsontext.parse(line.strip(), name, _LIMITS.max_depth)
        except AdapterError as error:
            yield _not_json(where, f"{error.message}: correct the line")
            continue
        yield from _remarks(parsed, where)
        yield from _of(parsed.value, where)


def _remarks(parsed: jsontext.Parsed, where: str) -> Iterator[Breach]:
    for remark in parsed.remarks:
        yield _not_json(where, f"{remark}: some readers refuse it")


def _not_json(where: str, what: str) -> Breach:
    return Breach("fhir", "base.json", ERROR, where, what)


def _of(value: Any, where: str = "") -> Iterator[Unit | Breach]:
    if isinstance(value, list):
        for index, one in enumerate(value):
            yield from _of(one, f"{where}[{index}]")
        return
    kind = text(value.get("resourceType")) if isinstance(value, dict) else ""
    if not kind:
        what = "is no resource: it has no resourceType. Name it, or take it out"
        yield Breach("fhir", "base.resource-type", ERROR, where or "input", what)
        return
    yield Unit(value, where if where.endswith("]") else f"{where} {kind}".strip())


def plain(value: Any) -> Any:
    """Return a value without what the reader marks in it: as `json.loads` gives it."""
    if isinstance(value, Written):
        return _number(value)
    if isinstance(value, dict):
        return {key: plain(one) for key, one in value.items() if key != TWICE}
    return [plain(one) for one in value] if isinstance(value, list) else value


def _number(written: Written) -> float | str:
    return str(written) if written in ("NaN", "Infinity", "-Infinity") else float(written)
