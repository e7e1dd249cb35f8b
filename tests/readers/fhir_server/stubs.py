"""A stub of a FHIR server that tests ask, and what it is asked for."""

import json
from typing import Any

from adapter.readers.fhir_server import ServerOptions, fetch
from tests.readers.fhir_stub import Asked, Reply, Stub

FAST = ServerOptions(delays=(0.01, 0.01), timeout=5.0)
PATIENT = {"resourceType": "Patient", "id": "p1", "birthDate": "1981-12-24"}
SECRETS = ("Kari", "SAMPLE-04", "1981-12-24", "p1", "hush")


def observation(identity: str, **more: Any) -> dict[str, Any]:
    body = {"resourceType": "Observation", "id": identity, "status": "final"}
    return {**body, "subject": {"reference": "Patient/p1"}, **more}


def fetched(stub: Stub, what: str = "Patient/p1", options: ServerOptions = FAST) -> dict[str, Any]:
    bundle = json.loads(fetch(f"{stub.base}/{what}", options))
    assert bundle["type"] == "collection"
    return {e["fullUrl"].removeprefix(f"{stub.base}/"): e["resource"] for e in bundle["entry"]}


def token_server(stub: Stub, *tokens: str) -> None:
    """Let a stub want one of `tokens`, the last given, and give them one after another."""
    given: list[str] = []

    def give(_: Asked) -> Reply:
        given.append(tokens[min(len(given), len(tokens) - 1)])
        return Reply(body={"access_token": given[-1], "token_type": "Bearer", "expires_in": 300})

    def guarded(asked: Asked) -> Reply:
        known = asked.headers.get("authorization") == f"Bearer {tokens[-1]}"
        return Reply(body=PATIENT) if known else Reply(401)

    stub.answers["/token"] = give
    stub.answers["/fhir/Patient/p1"] = guarded
    stub.answers["/fhir/.well-known/smart-configuration"] = Reply(
        body={"token_endpoint": f"http://127.0.0.1:{stub.port}/token"}
    )
