"""Resources to bytes: a transaction, collection or document Bundle, or an array of resources.

In a transaction nothing doubles when it is sent again: what the sender owns is updated by its
identifier, what others may own (patient, study) is only made where it is missing. Source: FHIR R4
Bundle; RESTful API, "Conditional update" and "Conditional create".
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from adapter.errors import Usage
from adapter.writers import ids
from adapter.writers.fhir.values import LOINC, URI, Json, filled, own_identifier, standard

_NO_STRING = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f]")
_CONTROL = re.compile(rb"\\(?:u00[01][0-9a-f]|[bf])")
"""How JSON writes one; what only looks like one costs a look at every string."""

_OWNED = ("Observation", "DiagnosticReport")
_NARRATIVE = ("18782-3", "59776-5")
"""LOINC codes of findings in words: results that are no grades."""

_EMPTY = {"ja": "記載なし", "en": "Nothing is documented"}
_SECTIONS = (
    ("59776-5", "Findings", "所見", "findings"),
    ("19005-8", "Impression", "診断", "grades"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Packing:
    """What a Bundle needs beside its resources: identity, instant, language, and how a profile
    has a server asked for them.
    """

    uuid: str
    timestamp: str | None
    lang: str
    request: Callable[[Json], Json]
    claims: Sequence[str] = ()


def pack(resources: Sequence[Json], kind: str, packing: Packing) -> bytes:
    """Return the bytes of resources packed as `kind`.

    Raises
    ------
    Usage
        `kind` is none of BUNDLES; or a document without an instant or a report.
    """
    return dump(packed(resources, kind, packing))


def packed(resources: Sequence[Json], kind: str, packing: Packing) -> Any:
    """Return resources packed as `kind`, as plain values; raises as `pack` does."""
    if kind not in BUNDLES:
        raise Usage(f"--bundle {kind} is none of {', '.join(BUNDLES)}")
    return BUNDLES[kind](resources, packing)


def dump(value: Any) -> bytes:
    """Return JSON, numbers with the digits they were given.

    A control character that an input holds becomes a blank: no string of FHIR may hold one.
    """
    import orjson

    made = orjson.dumps(value, option=orjson.OPT_APPEND_NEWLINE)
    if _CONTROL.search(made):
        made = orjson.dumps(_without_control(value), option=orjson.OPT_APPEND_NEWLINE)
    return made


def _without_control(value: Any) -> Any:
    if isinstance(value, str):
        return _NO_STRING.sub(" ", value)
    if isinstance(value, Mapping):
        return {name: _without_control(one) for name, one in value.items()}
    return [_without_control(one) for one in value] if isinstance(value, list | tuple) else value


def _bundle(kind: str, packing: Packing, entries: list[Json]) -> Json:
    return filled(
        resourceType="Bundle",
        id=packing.uuid,
        meta=filled(profile=list(packing.claims)),
        identifier=own_identifier(packing.uuid),
        type=kind,
        timestamp=packing.timestamp,
        entry=entries,
    )


def transaction(resources: Sequence[Json], packing: Packing) -> Json:
    """Return a transaction Bundle; the server gives ids, so the resources carry none."""
    entries = [
        {
            "fullUrl": f"urn:uuid:{r['id']}",
            "resource": {name: value for name, value in r.items() if name != "id"},
            "request": packing.request(r),
        }
        for r in resources
    ]
    return _bundle("transaction", packing, entries)


def request(resource: Json) -> Json:
    """Return how a server is asked to take a resource."""
    kind = resource["resourceType"]
    if kind in _OWNED:
        return {"method": "PUT", "url": f"{kind}?{_search(resource)}"}
    return filled(method="POST", url=kind, ifNoneExist=_search(resource))


def _search(resource: Json) -> str:
    """Return the search that finds a resource again: our identifier, else its first, else a tag."""
    identifiers = resource.get("identifier", [])
    own = [i for i in identifiers if i.get("system") == URI]
    for one in [*own, *identifiers][:1]:
        return f"identifier={_token(one.get('system', ''), one['value'])}"
    for tag in resource.get("meta", {}).get("tag", []):
        return f"_tag={_token(tag['system'], tag['code'])}"
    return ""


def _token(system: str, value: str) -> str:
    # What we name ourselves needs no escaping but the bar.
    return f"{system}%7C{value}" if system == URI else quote(f"{system}|{value}", safe=":/")


def collection(resources: Sequence[Json], packing: Packing) -> Json:
    """Return a collection Bundle."""
    entries = [{"fullUrl": f"urn:uuid:{r['id']}", "resource": r} for r in resources]
    return _bundle("collection", packing, entries)


def document(resources: Sequence[Json], packing: Packing) -> Json:
    """Return a document Bundle: the Composition first, the profile's own where it has one."""
    reports = [r for r in resources if r["resourceType"] == "DiagnosticReport"]
    if packing.timestamp is None:
        raise Usage("a document needs an instant: give --now, or inputs that state one with a zone")
    if not reports:
        raise Usage("a document is made of a report; findings alone go into a collection")
    made = [r for r in resources if r["resourceType"] == "Composition"]
    rest = [r for r in resources if r["resourceType"] != "Composition"]
    made = made or [_composition(resources, reports[0], packing, packing.timestamp)]
    return collection([*made, *rest], packing) | {"type": "document"}


def _composition(resources: Sequence[Json], report: Json, packing: Packing, timestamp: str) -> Json:
    by_type: dict[str, list[Json]] = {}
    for resource in resources:
        by_type.setdefault(resource["resourceType"], []).append(resource)
    (*_, author) = by_type["Provenance"][0]["agent"]  # the software, or the physician who signs
    words = {f"urn:uuid:{o['id']}" for o in by_type["Observation"] if _is_narrative(o)}
    results = {r["reference"] for r in report["result"]} - words
    observations = [f"urn:uuid:{o['id']}" for o in by_type["Observation"]]
    shown = {
        "findings": [o for o in observations if o not in results],
        "grades": [f"urn:uuid:{report['id']}", *(o for o in observations if o in results)],
    }
    return filled(
        resourceType="Composition",
        id=ids.uuid5(packing.uuid, "Composition"),
        language=report["language"],
        identifier=report["identifier"][0],
        status=report["status"],
        type=standard(LOINC, "18748-4", "Diagnostic imaging study"),
        subject=report["subject"],
        date=timestamp,
        author=[author["who"]],
        title=report["code"]["text"],
        section=[
            _section(code, ja if packing.lang == "ja" else en, shown[part], packing.lang)
            for code, en, ja, part in _SECTIONS
        ],
    )


def _is_narrative(observation: Json) -> bool:
    return any(c.get("code") in _NARRATIVE for c in observation["code"].get("coding", []))


def _section(code: str, title: str, entries: list[str], lang: str) -> Json:
    """Return a section; one without entries says so in words (cmp-1) and in code."""
    div = f'<div xmlns="http://www.w3.org/1999/xhtml">{_EMPTY[lang]}</div>'
    empty = standard("http://terminology.hl7.org/CodeSystem/list-empty-reason", "unavailable")
    return filled(
        title=title,
        code=standard(LOINC, code),
        text={"status": "generated", "div": div} if not entries else None,
        entry=[{"reference": entry} for entry in entries],
        emptyReason=empty if not entries else None,
    )


def none(resources: Sequence[Json], packing: Packing) -> list[Json]:
    """Return the resources by themselves, references as ``Type/id``."""
    known = {f"urn:uuid:{r['id']}": f"{r['resourceType']}/{r['id']}" for r in resources}
    relative: list[Json] = [_relative(r, known) for r in resources]
    return relative


def _relative(value: Any, known: dict[str, str]) -> Any:
    if isinstance(value, dict):
        return {
            name: known.get(v, v) if name == "reference" and isinstance(v, str)
            else _relative(v, known)
            for name, v in value.items()
        }  # fmt: skip
    if isinstance(value, list):
        return [_relative(v, known) for v in value]
    return value


BUNDLES: dict[str, Callable[[Sequence[Json], Packing], Any]] = {
    "transaction": transaction,
    "collection": collection,
    "document": document,
    "none": none,
}
