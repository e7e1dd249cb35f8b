"""A patient or a report on a server to all that belongs to it: searches, pages, references.

Source: FHIR R4 search.html (searchset, paging), http.html (read), references.html.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from adapter.errors import LimitExceeded, RefusedInput
from adapter.readers.fhir_server.address import Address, allowed, joined, named
from adapter.readers.fhir_server.client import Answer, Client
from adapter.readers.fhir_server.text import Json, parse

_FOLLOWED = frozenset(
    {
        "BodyStructure",
        "DiagnosticReport",
        "ImagingSelection",
        "ImagingStudy",
        "Location",
        "Observation",
        "Organization",
        "Procedure",
    }
)
_GONE = frozenset({404, 410})
_NOT_SERVED = frozenset({404, 405, 410, 501})


@dataclass(slots=True, eq=False)
class Gathered:
    """What was found so far, by absolute URL."""

    client: Client
    root: Address
    found: dict[str, Json] = field(default_factory=dict)
    asked: set[str] = field(default_factory=set)
    patient: Address | None = None


def gather(client: Client, root: Address) -> dict[str, Json]:
    """Return the resources of a patient, or of a report, by absolute URL.

    Of a patient: what searches by patient find, and what that refers to. Of a report: what it
    refers to, and what that refers to. What a reference names and the server does not hold is left
    out: the reader tells it.

    Raises
    ------
    RefusedInput
        The server does not hold it, or answers with something else.
    Environment, Usage
        As `Client.get`.
    """
    told = Gathered(client, root)
    first = _read(told, root)
    if first is None:
        raise RefusedInput("the server holds no such resource", root.shown)
    if root.kind == "Patient":
        told.patient = root
        for kind in client.options.types:
            _search(told, kind)
    else:
        told.patient = named(_literal(first.get("subject")), root.base)
    _follow(told)
    return told.found


def _read(told: Gathered, address: Address) -> Json | None:
    """Return a resource and keep it; None where the server does not hold it."""
    told.asked.add(address.url)
    answer = told.client.get(address.url, address.shown)
    if answer.status in _GONE:
        return None
    body = _resource(answer, address.shown)
    if body["resourceType"] != address.kind:
        raise RefusedInput(
            f"the server answers with another type than {address.kind}", address.shown
        )
    _keep(told, address.url, body)
    return body


def _resource(answer: Answer, where: str) -> Json:
    if answer.status != 200:
        raise RefusedInput(f"the server answers {answer.status}", where)
    return parse(answer.data, where)


def _keep(told: Gathered, url: str, body: Json) -> None:
    limit = told.client.options.max_entries
    if url not in told.found and len(told.found) >= limit:
        raise LimitExceeded(f"more than {limit} resources (max_entries)", told.root.shown)
    told.found.setdefault(url, body)


def _search(told: Gathered, kind: str) -> None:
    """Keep every resource of a type that is about the patient."""
    where = f"{told.root.shown}, search for {kind}"
    size = told.client.options.page_size
    answer = told.client.get(_query(told, kind, {"patient": told.root.id, "_count": size}), where)
    if answer.status == 400:
        # Some servers know the one parameter, some the other.
        about = {"subject": f"Patient/{told.root.id}", "_count": size}
        answer = told.client.get(_query(told, kind, about), where)
    if answer.status in _NOT_SERVED:
        return  # a type that the server does not serve: it holds none
    _pages(told, kind, answer, where)


def _query(told: Gathered, kind: str, parameters: dict[str, Any]) -> str:
    return f"{told.root.base}/{kind}?{urlencode(parameters)}"


def _pages(told: Gathered, kind: str, answer: Answer, where: str) -> None:
    seen = {answer.url}
    for _ in range(told.client.options.max_pages):
        page = _resource(answer, where)
        if page["resourceType"] != "Bundle":
            raise RefusedInput("the server's answer is no Bundle", where)
        for entry in _objects(page.get("entry")):
            _entry(told, kind, entry, where)
        url = _next(told, page, answer, where)
        if not url:
            return
        if url in seen:
            raise RefusedInput("the server's pages lead in a circle", where)
        seen.add(url)
        answer = told.client.get(url, where)
    raise LimitExceeded(f"more than {told.client.options.max_pages} pages (max_pages)", where)


def _next(told: Gathered, page: Json, answer: Answer, where: str) -> str:
    links = [k.get("url") for k in _objects(page.get("link")) if k.get("relation") == "next"]
    if not links or not isinstance(links[0], str):
        return ""
    url = joined(answer.url, links[0])
    if not allowed(url, told.root.base, told.client.options.allow_hosts):
        text = "the next page is on another host: nothing is fetched from there; allow_hosts in"
        raise RefusedInput(f"{text} [server] allows it", where)
    return url


def _entry(told: Gathered, kind: str, entry: Json, where: str) -> None:
    body = entry.get("resource")
    if not isinstance(body, dict):
        return
    if body.get("resourceType") == "OperationOutcome":
        _outcome(body, where)
        return
    identity, kind = body.get("id"), body.get("resourceType", "")
    address = named(f"{kind}/{identity}", told.root.base) if isinstance(identity, str) else None
    if address is None:
        raise RefusedInput("the server answers with a resource without a usable id", where)
    if not _is_about(told, body):
        text = "the server answers a search by patient with resources of other patients"
        raise RefusedInput(f"{text}: it seems not to know the parameter", where)
    told.asked.add(address.url)
    _keep(told, address.url, body)


def _outcome(body: Json, where: str) -> None:
    """Refuse a search that the server says is not complete; what it says may name the patient."""
    if any(i.get("severity") in ("error", "fatal") for i in _objects(body.get("issue"))):
        raise RefusedInput("the server says that its answer is not complete", where)


def _is_about(told: Gathered, body: Json) -> bool:
    """Return whether a resource is of the patient, or of nobody that it names."""
    for element in ("subject", "patient"):
        about = named(_literal(body.get(element)), told.root.base)
        if about is not None and (about.kind, about.id) != ("Patient", told.root.id):
            return False
    return True


def _follow(told: Gathered) -> None:
    """Keep what the resources found refer to, and what that refers to, and so on."""
    waiting = list(told.found.items())
    while waiting:
        url, body = waiting.pop()
        base = url.rsplit("/", 2)[0]
        for literal in _literals(body):
            address = named(literal, base)
            if address is None or address.url in told.asked or not _wanted(told, address):
                continue
            found = _read(told, address)
            if found is not None:
                waiting.append((address.url, found))


def _wanted(told: Gathered, address: Address) -> bool:
    """Return whether a reference is followed: what findings rest on, here or on allowed hosts.

    Another base on the server's own host is another server: it may be another hospital's.
    """
    if address.kind not in _FOLLOWED and address != told.patient:
        return False
    if address.base == told.root.base:
        return True
    options = told.client.options
    return allowed(address.base, "", options.allow_hosts) and not (
        told.root.base.startswith("https:") and address.base.startswith("http:")
    )


def _literals(body: Json) -> Iterator[str]:
    """Yield all literal references in a resource."""
    waiting: list[Any] = [body]
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            literal = value.get("reference")
            if isinstance(literal, str):
                yield literal
            waiting += value.values()
        elif isinstance(value, list):
            waiting += value


def _literal(reference: Any) -> str:
    literal = reference.get("reference") if isinstance(reference, dict) else None
    return literal if isinstance(literal, str) else ""


def _objects(value: Any) -> Iterator[Json]:
    return (one for one in value if isinstance(one, dict)) if isinstance(value, list) else iter(())
