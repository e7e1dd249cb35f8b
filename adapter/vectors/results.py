"""What a system made of a vector, in whatever format it answers, to the grades it gives.

Read are ``csfleak grade --format json``, a FHIR DiagnosticReport with its grade Observations, and a
DICOM SR with conclusion items. Source: contract sections 2 and 3 (the conclusion); criteria
section 5.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from adapter.errors import AdapterError
from adapter.sr.content import Code, Item
from adapter.terms import Terms

CONDITIONS = {"csf-leak-concl": "csf-leak", "hypotens-concl": "intracranial-hypotension"}
_CODES = {"leak": "csf-leak", "hypo": "intracranial-hypotension"}
_SHORT = {"not-assess": "not-assessable"}
_POSSIBLE = "possible-grade"


@dataclass(frozen=True, slots=True)
class Result:
    """Established and possible grade by condition; ``possible`` is None where nothing says it.

    ``findings`` are concept and both grades of each finding, None where the answer lists none.
    """

    conclusions: Mapping[str, tuple[str, str | None]]
    findings: tuple[tuple[str, str, str], ...] | None = None


def result(data: bytes, terms: Terms) -> Result | None:
    """Return what an answer says; None where it gives no conclusion at all."""
    start = data[:132].lstrip(b"\xef\xbb\xbf \t\r\n")
    if start.startswith((b"{", b"[")):
        try:
            value = json.loads(data)
        except ValueError:
            return None
        if isinstance(value, dict) and "conclusions" in value:
            return _own(value)
        return _fhir(list(_resources(value)), terms)
    return _sr(data, terms)


def _own(value: Mapping[str, Any]) -> Result | None:
    found = {c["condition"]: (c["established"], c["possible"]) for c in value["conclusions"]}
    graded = value.get("findings")
    findings = graded and tuple((f["concept"], f["established"], f["possible"]) for f in graded)
    return Result(found, findings) if found else None


def _resources(value: Any) -> Iterator[Mapping[str, Any]]:
    if isinstance(value, list):
        for one in value:
            yield from _resources(one)
    elif isinstance(value, dict):
        if value.get("resourceType") == "Bundle":
            for entry in value.get("entry", []):
                yield from _resources(entry.get("resource"))
        elif value.get("resourceType") == "Parameters":
            for parameter in value.get("parameter", []):
                yield from _resources(parameter.get("resource"))
        elif "resourceType" in value:
            yield value
            yield from _resources(value.get("contained", []))


def _fhir(resources: list[Mapping[str, Any]], terms: Terms) -> Result | None:
    found: dict[str, tuple[str, str | None]] = {}
    for report in (r for r in resources if r["resourceType"] == "DiagnosticReport"):
        for name in _names(report.get("conclusionCode", []), terms):
            start, _, grade = name.partition("-")
            if start in _CODES:
                found[_CODES[start]] = (_SHORT.get(grade, grade), None)
    for one in (r for r in resources if r["resourceType"] == "Observation"):
        for name in _names([one.get("code", {})], terms):
            if name in CONDITIONS:
                found[CONDITIONS[name]] = _graded(one, terms)
    return Result(found) if found else None


def _graded(observation: Mapping[str, Any], terms: Terms) -> tuple[str, str]:
    established = next(_names([observation.get("valueCodeableConcept", {})], terms), "")
    for component in observation.get("component", []):
        if _POSSIBLE in _names([component.get("code", {})], terms):
            return established, next(_names([component.get("valueCodeableConcept", {})], terms), "")
    return established, established


def _names(concepts: Iterable[Mapping[str, Any]], terms: Terms) -> Iterator[str]:
    for concept in concepts:
        for coding in concept.get("coding", []):
            match = terms.match(coding.get("system", ""), coding.get("code", ""))
            if match is not None:
                yield match.term.name


def _sr(data: bytes, terms: Terms) -> Result | None:
    from adapter.sr.decode import decode

    try:
        document = decode(data, "answer")
    except AdapterError:
        return None
    found: dict[str, tuple[str, str | None]] = {}
    last = ""
    for item in _items(document.root):
        name, value = _term(item.name, terms), item.value
        if not isinstance(value, Code):
            continue
        if name in CONDITIONS:
            last = CONDITIONS[name]
            grade = _term(value, terms)
            found[last] = (grade, grade)
        elif name == _POSSIBLE and last:
            found[last] = (found[last][0], _term(value, terms))
        elif name == "finding-grade":
            last = ""
    return Result(found) if found else None


def _items(root: Item | None) -> Iterator[Item]:
    if root is not None:
        yield root
        for child in root.children:
            yield from _items(child)


def _term(code: Code | None, terms: Terms) -> str:
    term = terms.term(code.scheme, code.value) if code is not None else None
    return term.name if term is not None else ""
