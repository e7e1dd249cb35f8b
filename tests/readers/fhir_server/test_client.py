"""A FHIR server that fails, is slow or answers badly, over a stub."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from time import monotonic
from typing import Any
from urllib.parse import parse_qs

import pytest

from adapter.errors import Environment, LimitExceeded, RefusedInput, Usage
from adapter.readers.fhir_server import ServerOptions, fetch
from tests.readers.fhir_server.stubs import FAST, PATIENT, SECRETS, fetched, observation
from tests.readers.fhir_stub import Asked, Reply, Stub, page, running


def test_a_busy_server_is_asked_again(stub: Stub) -> None:
    stub.answers["/fhir/Patient/p1"] = [Reply(429), Reply(503), Reply(body=PATIENT)]
    assert list(fetched(stub)) == ["Patient/p1"]


def test_retry_after_is_waited_for(stub: Stub) -> None:
    def soon() -> str:
        return format_datetime(datetime.now(UTC) + timedelta(seconds=2), usegmt=True)

    for wait in (lambda: "1", soon):
        busy = Reply(429, headers={"Retry-After": wait()})
        stub.answers["/fhir/Patient/p1"] = [busy, Reply(body=PATIENT)]
        start = monotonic()
        fetched(stub)
        assert monotonic() - start > 0.9


def test_a_wait_beyond_the_end_is_not_begun(stub: Stub) -> None:
    stub.answers["/fhir/Patient/p1"] = Reply(429, headers={"Retry-After": "86400"})
    start = monotonic()
    with pytest.raises(Environment, match="answers 429"):
        fetched(stub)
    assert monotonic() - start < 2
    assert len(stub.asked) == 1


@pytest.mark.parametrize(("status", "times"), [(500, 1), (502, 3), (503, 3), (504, 3)])
def test_a_failing_server_ends_with_environment(stub: Stub, status: int, times: int) -> None:
    stub.answers["/fhir/Patient/p1"] = Reply(status, {"diagnostics": "Kari Sakura 1981-12-24"})
    with pytest.raises(Environment, match=f"answers {status}") as failed:
        fetched(stub)
    assert len(stub.asked) == times
    assert not any(secret in str(failed.value) for secret in SECRETS)


def test_a_server_that_is_not_there_ends_with_environment() -> None:
    with running() as gone:
        base = gone.base
    with pytest.raises(Environment, match="cannot be reached"):
        fetch(f"{base}/Patient/p1", FAST)


def test_a_slow_server_is_left(stub: Stub) -> None:
    stub.answers["/fhir/Patient/p1"] = Reply(body=b" " * 100, slowly=0.2)
    start = monotonic()
    for options in (
        ServerOptions(timeout=0.1, delays=()),
        ServerOptions(max_seconds=0.5, delays=()),  # drips: no single wait is too long
    ):
        with pytest.raises(Environment, match="in time"):
            fetched(stub, options=options)
    assert monotonic() - start < 3


def test_a_huge_answer_is_refused_not_cut(stub: Stub) -> None:
    stub.answers["/fhir/Observation"] = Reply(body=page(observation("o1", note="x" * 100_000)))
    with pytest.raises(LimitExceeded, match="max_bytes"):
        fetched(stub, options=ServerOptions(max_bytes=50_000))


def test_an_answer_that_inflates_is_refused(stub: Stub) -> None:
    import gzip

    bomb = gzip.compress(b" " * 5_000_000)
    stub.answers["/fhir/Patient/p1"] = Reply(body=bomb, headers={"Content-Encoding": "gzip"})
    with pytest.raises(LimitExceeded, match="max_bytes"):
        fetched(stub, options=ServerOptions(max_bytes=1_000_000))


def test_too_many_pages_or_resources_are_refused_not_cut(stub: Stub) -> None:
    def endless(asked: Asked) -> Reply:
        number = int(parse_qs(asked.path.partition("?")[2]).get("n", ["0"])[0]) + 1
        return Reply(body=page(observation(f"o{number}"), link=f"/fhir/Observation?n={number}"))

    stub.answers["/fhir/Observation"] = endless
    with pytest.raises(LimitExceeded, match="max_pages"):
        fetched(stub, options=ServerOptions(max_pages=5))
    with pytest.raises(LimitExceeded, match="max_entries"):
        fetched(stub, options=ServerOptions(max_entries=5))


def test_pages_in_a_circle_are_refused(stub: Stub) -> None:
    link = f"{stub.base}/Observation?n=1"
    stub.answers["/fhir/Observation"] = Reply(body=page(observation("o1"), link=link))
    with pytest.raises(RefusedInput, match="circle"):
        fetched(stub)


@pytest.mark.parametrize(
    "reply",
    [
        Reply(404),
        Reply(410),
        Reply(400),
        Reply(body=b"<html>Kari Sakura</html>"),
        Reply(body=b'{"resourceType":"Patient"'),
        Reply(body=b"[" * 100_000),
        Reply(body=[1]),
        Reply(body={"name": "Kari"}),
        Reply(body={"resourceType": "Practitioner", "id": "p1"}),
        Reply(body={**PATIENT, "name": "\ud800"}),
        Reply(body=b"\xff\xfe"),
    ],
)
def test_what_is_no_patient_is_refused_without_its_content(stub: Stub, reply: Reply) -> None:
    stub.answers["/fhir/Patient/p1"] = reply
    with pytest.raises(RefusedInput) as refused:
        fetched(stub)
    assert not any(secret in str(refused.value) for secret in SECRETS)


@pytest.mark.parametrize(
    "body",
    [
        {"resourceType": "Patient", "id": "p1"},
        page({"resourceType": "Observation"}),
        page({"resourceType": "Observation", "id": "../x"}),
        page({"resourceType": "OperationOutcome", "issue": [{"severity": "error"}]}),
    ],
)
def test_a_search_that_answers_badly_is_refused(stub: Stub, body: dict[str, Any]) -> None:
    stub.answers["/fhir/Observation"] = Reply(body=body)
    with pytest.raises(RefusedInput):
        fetched(stub)


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/fhir/Observation/1",
        "http://127.0.0.1/fhir",
        "http://127.0.0.1/fhir/Patient",
        "http://127.0.0.1/fhir/Patient/1/_history/2",
        "http://127.0.0.1/fhir/Patient/1?_format=xml",
        "http://127.0.0.1/fhir/Patient/a b",
        "http://127.0.0.1:99999/fhir/Patient/1",
        "http://user:hush@127.0.0.1/fhir/Patient/1",
        "http:///Patient/1",
        "http://[::1/Patient/1",
    ],
)
def test_another_url_is_wrong_usage(url: str) -> None:
    with pytest.raises(Usage) as wrong:
        fetch(url, FAST)
    assert "hush" not in str(wrong.value)
