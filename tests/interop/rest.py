"""What the tests ask of a FHIR server: transactions, searches, the sample's own resources."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx

# HAPI answers a search from a minute ago unless it is told not to.
FHIR = {"Content-Type": "application/fhir+json", "Cache-Control": "no-cache"}
Json = dict[str, Any]


def post(server: str, bundle: Json) -> list[Json]:
    """Post a transaction; return the response of every entry, each a success."""
    answer = httpx.post(server, json=bundle, headers=FHIR, timeout=120)
    assert answer.status_code == 200, answer.text
    responses = [entry["response"] for entry in answer.json()["entry"]]
    assert all(response["status"].startswith("2") for response in responses)
    return responses


def search(server: str, query: str) -> list[Json]:
    """Return what a search finds."""
    answer = httpx.get(f"{server}/{query}", headers=FHIR, timeout=60)
    assert answer.status_code == 200, answer.text
    return [entry["resource"] for entry in answer.json().get("entry", [])]


def read(server: str, reference: str) -> Json:
    """Return the resource at ``Type/id`` or ``Type/id/_history/1``."""
    answer = httpx.get(f"{server}/{reference}", headers=FHIR, timeout=60)
    assert answer.status_code == 200, answer.text
    found: Json = answer.json()
    return found


def load(server: str, folder: Path) -> str:
    """Load a sample's own resources, once, by transactions; return its patient's URL."""
    for file in sorted(folder.iterdir()):
        resources = [entry["resource"] for entry in json.loads(file.read_text("utf-8"))["entry"]]
        post(server, once(json.loads(file.read_text("utf-8"))))
    [identifier] = (r["identifier"][0] for r in resources if r["resourceType"] == "Patient")
    [found] = search(server, f"Patient?identifier={token(identifier)}")
    return f"{server}/Patient/{found['id']}"


def once(bundle: Json, *, by: int = -1) -> Json:
    """Return a Bundle's resources as a transaction that makes each where it is missing.

    Each is looked for by one of its identifiers, the last being its own: a tracking UID stands in
    the copies of a report, too.
    """
    entries = [
        {**entry, "request": _request(entry["resource"], by)}
        for entry in bundle["entry"]
    ]  # fmt: skip
    return {"resourceType": "Bundle", "type": "transaction", "entry": entries}


def _request(resource: Json, by: int) -> dict[str, str]:
    query = f"identifier={token(resource['identifier'][by])}"
    return {"method": "POST", "url": resource["resourceType"], "ifNoneExist": query}


def token(identifier: Json) -> str:
    """Return an identifier as a search asks for it."""
    return quote(f"{identifier['system']}|{identifier['value']}", safe=":")


def held(server: str, patient: str, kinds: Iterable[str]) -> dict[str, int]:
    """Return how many resources of each kind a server holds of ``Patient/id``."""
    return {kind: len(search(server, f"{kind}?{_of(kind)}={patient}&_count=500")) for kind in kinds}


def _of(kind: str) -> str:
    return {"Patient": "_id", "Provenance": "target:Patient"}.get(kind, "subject")
