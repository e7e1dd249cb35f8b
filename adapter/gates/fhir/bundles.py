"""A Bundle as its type wants it.

Source: FHIR R4 bundle.html (bdl-1 to bdl-12), documents.html, http.html#transaction.
"""

from collections.abc import Callable

from adapter.gates.fhir.base import ERROR, Broken, Check, Rule
from adapter.gates.fhir.resources import Held, Resource
from adapter.gates.fhir.shapes import Json, given, indexed, objects, text

_REQUESTS = frozenset({"batch", "transaction", "history"})
_RESPONSES = frozenset({"batch-response", "transaction-response", "history"})
_BOTH = frozenset({"R4", "R5"})


def total(resource: Resource, held: Held) -> Broken:
    if "total" in resource.body and _type(resource) not in ("searchset", "history"):
        yield f"{resource.path}.total", "stands only in a searchset or a history: take it out"


def search(resource: Resource, held: Held) -> Broken:
    for path, entry in _entries(resource):
        if "search" in entry and _type(resource) != "searchset":
            yield f"{path}.search", "stands only in a searchset: take it out"


def of_types(name: str, types: frozenset[str]) -> Check:
    """Return the check that entries have ``request`` (``response``) in Bundles of these types."""

    def broken(resource: Resource, held: Held) -> Broken:
        kind = _type(resource)
        for path, entry in _entries(resource):
            if kind in types and name not in entry:
                yield f"{path}.{name}", f"is missing: an entry of a {kind} has it"
            elif kind and kind not in types and name in entry:
                yield f"{path}.{name}", f"stands in no {kind}: take it out"

    return broken


def filled(resource: Resource, held: Held) -> Broken:
    for path, entry in _entries(resource):
        if not any(name in entry for name in ("resource", "request", "response")):
            yield path, "holds no resource, request or response"


def unique(resource: Resource, held: Held) -> Broken:
    seen: set[tuple[str, str]] = set()
    for path, entry in _entries(resource) if _type(resource) != "history" else ():
        body = entry.get("resource")
        meta = body.get("meta") if isinstance(body, dict) else None
        version = text(meta.get("versionId")) if isinstance(meta, dict) else ""
        key = (text(entry.get("fullUrl")), version)
        if key[0] and key in seen:
            yield f"{path}.fullUrl", "stands in the Bundle before: every entry has its own"
        seen.add(key)


def unversioned(resource: Resource, held: Held) -> Broken:
    for path, entry in _entries(resource):
        if "/_history/" in text(entry.get("fullUrl")):
            yield f"{path}.fullUrl", "names a version: leave /_history/… out"


def identifier(resource: Resource, held: Held) -> Broken:
    found = objects(resource.body.get("identifier"))
    if _type(resource) == "document" and not any(
        given(one, "system") and given(one, "value") for one in found
    ):
        yield f"{resource.path}.identifier", "a document has one, with system and value"


def timestamp(resource: Resource, held: Held) -> Broken:
    if _type(resource) == "document" and not resource.body.get("timestamp"):
        yield f"{resource.path}.timestamp", "is missing: a document has the instant it was made"


def first(kind: str, of: str) -> Check:
    """Return the check that a Bundle of one type begins with a resource of one kind."""

    def broken(resource: Resource, held: Held) -> Broken:
        entries = [entry for _, entry in _entries(resource)]
        leading = objects(entries[0].get("resource")) if entries else []
        if _type(resource) == of and (not leading or leading[0].get("resourceType") != kind):
            yield f"{resource.path}.entry[0].resource", f"a {of} begins with its {kind}"

    return broken


def full_url(resource: Resource, held: Held) -> Broken:
    """Yield a fullUrl that ends in another id than the resource's: references go astray."""
    for path, entry in _entries(resource):
        url = text(entry.get("fullUrl"))
        for body in objects(entry.get("resource")):
            kind, id = text(body.get("resourceType")), text(body.get("id"))
            named = url.startswith(("http:", "https:")) and f"/{kind}/" in url
            if named and id and url.rpartition("/")[2] != id and "/_history/" not in url:
                yield f"{path}.fullUrl", "ends in another id than its resource has"


def method(resource: Resource, held: Held) -> Broken:
    """Yield a POST or PUT without a resource: there is nothing to store."""
    for path, entry in _entries(resource) if _type(resource) in ("batch", "transaction") else ():
        request = entry.get("request")
        verb = text(request.get("method")) if isinstance(request, dict) else ""
        if verb in ("POST", "PUT") and "resource" not in entry:
            yield f"{path}.resource", f"is missing: {verb} stores a resource"


def _type(resource: Resource) -> str:
    return text(resource.body.get("type"))


def _entries(resource: Resource) -> list[tuple[str, Json]]:
    return [(f"{resource.path}.{at}", one) for at, one in indexed(resource.body, "entry")]


def _rule(
    id: str, says: str, broken: Callable[[Resource, Held], Broken], releases: frozenset[str] = _BOTH
) -> Rule:
    source = "FHIR R4 bundle.html"
    return Rule(f"base.{id}", ERROR, source, says, broken, frozenset({"Bundle"}), releases=releases)


RULES = (
    _rule("bdl-1", "total stands in a searchset or history", total),
    _rule("bdl-2", "entry.search stands in a searchset", search),
    # R5 asks less: a response may stand in more types (bdl-3a to bdl-4).
    _rule("bdl-3", "entry.request stands in a batch, transaction or history, and only there",
          of_types("request", _REQUESTS), frozenset({"R4"})),
    _rule("bdl-4", "entry.response stands in a …-response or history, and only there",
          of_types("response", _RESPONSES), frozenset({"R4"})),
    _rule("bdl-5", "an entry holds a resource, request or response", filled),
    _rule("bdl-7", "no fullUrl stands twice", unique),
    _rule("bdl-8", "a fullUrl names no version", unversioned),
    _rule("bdl-9", "a document has an identifier with system and value", identifier),
    _rule("bdl-10", "a document has a timestamp", timestamp),
    _rule("bdl-11", "a document begins with a Composition", first("Composition", "document")),
    _rule("bdl-12", "a message begins with a MessageHeader", first("MessageHeader", "message")),
    _rule("full-url", "a fullUrl ends in its resource's id", full_url),
    _rule("request", "a POST or PUT has a resource", method),
)  # fmt: skip
