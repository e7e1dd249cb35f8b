"""Invariants of R4 that hold for a resource alone: of contained ones, data types, Observations.

Source: FHIR R4 domainresource.html (dom-2 to dom-5), datatypes.html, references.html (ref-1),
observation.html (obs-3, obs-6, obs-7), composition.html (cmp-1, cmp-2), organization.html (org-1),
patient.html (pat-1).
"""

from collections import deque
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

from adapter.gates.fhir.base import ERROR, INFORMATION, WARNING, Broken, Rule
from adapter.gates.fhir.resources import Held, Resource
from adapter.gates.fhir.shapes import Json, choices, codings, given, indexed, text

_BOTH = frozenset({"R4", "R5"})


def nested(resource: Resource, held: Held) -> Broken:
    if resource.within is not None and resource.body.get("contained"):
        yield f"{resource.path}.contained", "a contained resource contains others: contain all once"


def contained_used(resource: Resource, held: Held) -> Broken:
    """Yield a contained resource that nothing refers to and that refers to nothing around it."""
    if resource.within is None:
        return
    name = f"#{text(resource.body.get('id'))}"
    around = resource.within.body
    named = {value for _, value in _strings(around)}
    if name not in named and not any(v == "#" for _, v in _strings(resource.body)):
        yield resource.path, "is contained and nothing refers to it: refer to it, or take it out"


def contained_meta(resource: Resource, held: Held) -> Broken:
    meta = resource.body.get("meta")
    if resource.within is not None and isinstance(meta, dict):
        for key in ("versionId", "lastUpdated"):
            if key in meta:
                yield (
                    f"{resource.path}.meta.{key}",
                    "a contained resource has no version of its own",
                )


def contained_security(resource: Resource, held: Held) -> Broken:
    meta = resource.body.get("meta")
    if resource.within is not None and isinstance(meta, dict) and meta.get("security"):
        yield f"{resource.path}.meta.security", "a contained resource has no label of its own"


def contained_reference(resource: Resource, held: Held) -> Broken:
    for path, one in _objects(resource):
        name = text(one.get("reference"))
        if name.startswith("#") and held.target(one, resource).resource is None:
            yield f"{path}.reference", "names no contained resource: contain it, or correct the id"


def urn_reference(resource: Resource, held: Held) -> Broken:
    """Yield a ``urn:`` that no entry of the Bundle has: nobody can resolve it."""
    for path, one in _objects(resource):
        if _is_urn(one) and held.target(one, resource).resource is None and _bundle(resource):
            yield f"{path}.reference", "names no entry of the Bundle: add it, or correct the name"


def urn_alone(resource: Resource, held: Held) -> Broken:
    for path, one in _objects(resource):
        if _is_urn(one) and held.target(one, resource).resource is None and not _bundle(resource):
            what = "a urn: can be resolved within a Bundle only, and this is none"
            yield f"{path}.reference", f"{what}: refer by Type/id, or give the Bundle"


def literal_reference(resource: Resource, held: Held) -> Broken:
    """Yield what a Bundle refers to and does not hold."""
    for path, one in _objects(resource):
        name = text(one.get("reference"))
        apart = name.startswith(("#", "urn:", "http:", "https:")) or "?" in name
        if name and not apart and _bundle(resource):
            target = held.target(one, resource)
            if target.kind and target.resource is None:
                what = f"names {target.kind} that is not in the Bundle: the receiver must hold it"
                yield f"{path}.reference", what


def _is_urn(one: Json) -> bool:
    return text(one.get("reference")).startswith(("urn:uuid:", "urn:oid:"))


def _bundle(resource: Resource) -> Resource | None:
    return (resource.within or resource).bundle


def _objects(resource: Resource) -> Iterator[tuple[str, Json]]:
    """Yield path and object of everything within a resource, but not of resources within it."""
    waiting: deque[tuple[str, Any]] = deque([(resource.path, resource.body)])
    while waiting:
        path, value = waiting.popleft()
        if isinstance(value, dict):
            yield path, value
            for key, child in value.items():
                inner = key == "contained" or (key == "resource" and resource.kind in _HOLDERS)
                if not inner and isinstance(child, dict | list):
                    waiting.append((f"{path}.{key}", child))
        elif isinstance(value, list):
            waiting += [(f"{path}[{i}]", one) for i, one in enumerate(value)]


_HOLDERS = frozenset({"Bundle", "Parameters"})


def _strings(value: Any, key: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        yield key, value
    elif isinstance(value, dict):
        for name, child in value.items():
            yield from _strings(child, name)
    elif isinstance(value, list):
        for one in value:
            yield from _strings(one, key)


def each(test: Callable[[str, Json], str]) -> Callable[[Resource, Held], Broken]:
    """Return the check that asks every object of a resource: its element's name and itself."""

    def broken(resource: Resource, held: Held) -> Broken:
        for path, one in _objects(resource):
            what = test(path.rpartition(".")[2].partition("[")[0], one)
            if what:
                yield path, what

    return broken


def attachment(name: str, one: Json) -> str:
    is_one = "data" in one and name in ("presentedForm", "attachment", "content", "photo")
    is_one = is_one or ("data" in one and name.endswith("Attachment"))
    return "has data but no contentType: name the MIME type" if is_one and not given(
        one, "contentType"
    ) else ""  # fmt: skip


def quantity(name: str, one: Json) -> str:
    is_one = "value" in one and ("unit" in one or "code" in one) and "use" not in one
    lacks = is_one and bool(one.get("code")) and not given(one, "system")
    return "has a code of the unit but no system: add http://unitsofmeasure.org" if lacks else ""


def period(name: str, one: Json) -> str:
    start, end = text(one.get("start")), text(one.get("end"))
    return "ends before it starts" if start and end and _later(start, end) else ""


def _later(one: str, other: str) -> bool:
    """Return whether an instant is after another; what is less precise is compared as it is."""
    try:
        first, second = datetime.fromisoformat(one), datetime.fromisoformat(other)
    except ValueError:  # a year, a month: or no date, which base.date-time tells
        first = second = datetime.min
    if first.tzinfo and second.tzinfo:
        return first > second
    length = min(len(one), len(other), 10)
    return one[:length] > other[:length]


def contact(name: str, one: Json) -> str:
    lacks = name == "telecom" and given(one, "value") and not given(one, "system")
    return "has a value but no system: phone, fax, email, pager, url, sms or other" if lacks else ""


def absent_reason(resource: Resource, held: Held) -> Broken:
    if given(resource.body, "dataAbsentReason") and _has_value(resource.body):
        yield f"{resource.path}.dataAbsentReason", "stands with a value: keep one of the two"


def absent_reason_of_part(resource: Resource, held: Held) -> Broken:
    """Yield a component that has both: no invariant of R4 forbids it, and nobody can mean it."""
    for at, part in indexed(resource.body, "component"):
        if given(part, "dataAbsentReason") and _has_value(part):
            path = f"{resource.path}.{at}.dataAbsentReason"
            yield path, "stands with a value: keep one of the two"


def same_code(resource: Resource, held: Held) -> Broken:
    body = resource.body
    own = {_pair(c) for c in codings(body.get("code"))}
    for at, part in indexed(body, "component"):
        if _has_value(body) and own & {_pair(c) for c in codings(part.get("code"))}:
            what = "repeats the Observation's code, which has a value of its own: keep one"
            yield f"{resource.path}.{at}.code", what


def _measured(resource: Resource) -> Iterator[tuple[str, Json]]:
    yield resource.path, resource.body
    for at, part in indexed(resource.body, "component"):
        yield f"{resource.path}.{at}", part


def _has_value(one: Json) -> bool:
    return any(given(one, name) and one.get(name) is not None for name in choices(one, "value"))


def _pair(coding: Json) -> tuple[str, str]:
    return text(coding.get("system")), text(coding.get("code"))


def reference_range(resource: Resource, held: Held) -> Broken:
    for at, one in _measured(resource):
        for name, limits in indexed(one, "referenceRange"):
            if not any(given(limits, key) for key in ("low", "high", "text")):
                yield f"{at}.{name}", "has neither low nor high nor text"


def sections(resource: Resource, held: Held) -> Broken:
    for path, one in _sections(resource.body, resource.path):
        if not any(given(one, key) for key in ("text", "entry", "section")):
            yield path, "has neither text nor entry nor section: say why it is empty in its text"


def empty_reason(resource: Resource, held: Held) -> Broken:
    for path, one in _sections(resource.body, resource.path):
        if given(one, "emptyReason") and given(one, "entry"):
            yield f"{path}.emptyReason", "stands with an entry: the section is not empty"


def _sections(body: Json, path: str) -> Iterator[tuple[str, Json]]:
    for at, one in indexed(body, "section"):
        yield f"{path}.{at}", one
        yield from _sections(one, f"{path}.{at}")


def organization(resource: Resource, held: Held) -> Broken:
    if not given(resource.body, "name") and not given(resource.body, "identifier"):
        yield resource.path, "has neither name nor identifier"


def contact_person(resource: Resource, held: Held) -> Broken:
    for at, one in indexed(resource.body, "contact"):
        if not any(given(one, k) for k in ("name", "telecom", "address", "organization")):
            yield f"{resource.path}.{at}", "names nobody: name, telecom, address or organization"


def identifiers(resource: Resource, held: Held) -> Broken:
    """Yield an identifier of the resource without a value: it identifies nothing."""
    for at, one in indexed(resource.body, "identifier"):
        if not given(one, "value") and not one.get("assigner"):
            yield f"{resource.path}.{at}", "has no value: give it, or leave the identifier out"


_CONTAINED, _TYPES = "FHIR R4 domainresource.html", "FHIR R4 datatypes.html"
_OBSERVATION = frozenset({"Observation"})
_COMPOSITION = frozenset({"Composition"})

RULES = (
    Rule("base.dom-2", ERROR, _CONTAINED, "what is contained contains nothing", nested,
         releases=_BOTH),
    Rule("base.dom-3", ERROR, _CONTAINED, "what is contained is referred to", contained_used),
    Rule("base.dom-4", ERROR, _CONTAINED, "what is contained has no version", contained_meta,
         releases=_BOTH),
    Rule("base.dom-5", ERROR, _CONTAINED, "what is contained has no security label",
         contained_security, releases=_BOTH),
    Rule("base.ref-1", ERROR, "FHIR R4 references.html", "#id names a contained resource",
         contained_reference, releases=_BOTH),
    Rule("base.reference", ERROR, "FHIR R4 bundle.html#references",
         "urn: in a Bundle names one of its entries", urn_reference, releases=_BOTH),
    Rule("base.reference-alone", WARNING, "FHIR R4 bundle.html#references",
         "urn: stands in Bundles only", urn_alone, releases=_BOTH),
    Rule("base.reference-outside", INFORMATION, "FHIR R4 bundle.html#references",
         "what a Bundle refers to is in it, or at the receiver", literal_reference,
         releases=_BOTH),
    Rule("base.att-1", ERROR, _TYPES, "an Attachment with data has a contentType",
         each(attachment), releases=_BOTH),
    Rule("base.qty-3", ERROR, _TYPES, "a coded unit has its system", each(quantity),
         releases=_BOTH),
    Rule("base.per-1", ERROR, _TYPES, "a Period ends after it starts", each(period),
         releases=_BOTH),
    Rule("base.cpt-2", ERROR, _TYPES, "a ContactPoint with a value has a system", each(contact),
         releases=_BOTH),
    Rule("base.obs-3", ERROR, "FHIR R4 observation.html", "a reference range has low, high or text",
         reference_range, _OBSERVATION, releases=_BOTH),
    Rule("base.obs-6", ERROR, "FHIR R4 observation.html",
         "dataAbsentReason stands only without a value", absent_reason, _OBSERVATION,
         releases=_BOTH),
    Rule("base.obs-6.component", WARNING, "FHIR R4 observation.html",
         "dataAbsentReason of a component stands only without a value", absent_reason_of_part,
         _OBSERVATION, releases=_BOTH),
    Rule("base.obs-7", ERROR, "FHIR R4 observation.html",
         "no component repeats the code of an Observation that has a value", same_code,
         _OBSERVATION, releases=_BOTH),
    Rule("base.cmp-1", ERROR, "FHIR R4 composition.html", "a section has text, entry or section",
         sections, _COMPOSITION, releases=_BOTH),
    Rule("base.cmp-2", ERROR, "FHIR R4 composition.html", "emptyReason stands only without entry",
         empty_reason, _COMPOSITION, releases=_BOTH),
    Rule("base.org-1", ERROR, "FHIR R4 organization.html", "an Organization is named or numbered",
         organization, frozenset({"Organization"}), releases=_BOTH),
    Rule("base.pat-1", ERROR, "FHIR R4 patient.html", "a contact names somebody", contact_person,
         frozenset({"Patient"}), releases=_BOTH),
    Rule("base.identifier", WARNING, "FHIR R4 datatypes.html#Identifier",
         "an identifier has a value", identifiers, releases=_BOTH),
)  # fmt: skip
