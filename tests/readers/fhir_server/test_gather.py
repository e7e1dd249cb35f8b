"""What is found on a FHIR server of a patient or a report, and where it never goes."""

import json
from typing import Any
from urllib.parse import parse_qs

import pytest

from adapter.errors import RefusedInput
from adapter.readers.fhir_server import ServerOptions, fetch
from tests.readers.fhir_server.stubs import FAST, PATIENT, fetched, observation
from tests.readers.fhir_stub import Asked, Reply, Stub, page, running


def test_a_patient_is_all_that_searches_find_and_that_refers_to(stub: Stub) -> None:
    stub.hold(
        PATIENT,
        observation("o1", performer=[{"reference": "Organization/g1"}]),
        observation("o2", hasMember=[{"reference": f"{stub.base}/Observation/o3/_history/2"}]),
        {"resourceType": "Procedure", "id": "r1", "subject": {"reference": "Patient/p1"}},
        {"resourceType": "Organization", "id": "g1", "name": "見本"},
    )
    stub.answers["/fhir/Observation/o3"] = Reply(body=observation("o3"))
    assert sorted(fetched(stub)) == [
        "Observation/o1",
        "Observation/o2",
        "Observation/o3",
        "Organization/g1",
        "Patient/p1",
        "Procedure/r1",
    ]


def test_an_answered_form_of_the_patient_is_found(stub: Stub) -> None:
    form = {"resourceType": "QuestionnaireResponse", "id": "q1", "status": "completed"}
    stub.hold(PATIENT, form | {"subject": {"reference": "Patient/p1"}})
    assert "QuestionnaireResponse/q1" in fetched(stub)


def test_a_report_is_what_it_refers_to_and_no_search(stub: Stub) -> None:
    report = {
        "resourceType": "DiagnosticReport",
        "id": "d1",
        "subject": {"reference": "Patient/p1"},
        "result": [{"reference": "Observation/o1"}, {"reference": "Observation/gone"}],
    }
    other = {"reference": "Patient/other"}
    stub.hold(PATIENT, report, observation("o1", focus=[other]), observation("o2"))
    assert sorted(fetched(stub, "DiagnosticReport/d1")) == [
        "DiagnosticReport/d1",
        "Observation/o1",
        "Patient/p1",
    ]
    assert not any("?" in path or "other" in path for path in stub.paths())


def test_pages_are_followed_to_the_last(stub: Stub) -> None:
    stub.answers["/fhir/Observation"] = Reply(
        body=page(observation("o1"), link=f"{stub.base}?_getpages=a&_getpagesoffset=1")
    )
    stub.answers["/fhir?_getpages=a&_getpagesoffset=1"] = Reply(
        body=page(observation("o2"), link="?_getpages=a&_getpagesoffset=2")
    )
    stub.answers["/fhir?_getpages=a&_getpagesoffset=2"] = Reply(body=page(observation("o3")))
    assert {"Observation/o1", "Observation/o2", "Observation/o3"} <= set(fetched(stub))


def test_the_same_content_gives_the_same_bytes(stub: Stub) -> None:
    url = f"{stub.base}/Patient/p1"
    stub.answers["/fhir/Observation"] = Reply(body=page(observation("b"), observation("a")))
    first = fetch(url, FAST)
    stub.answers["/fhir/Observation"] = Reply(body=page(observation("a"), observation("b")))
    assert fetch(url + "/", FAST) == first


def test_numbers_keep_their_digits_and_keys_that_stand_twice_stay(stub: Stub) -> None:
    row = b'{"resourceType":"Observation","id":"o1","valueQuantity":{"value":1.00,"value":2.50},'
    row += b'"n":123456789012345678901234567890,"subject":{"reference":"Patient/p1"}}'
    whole = b'{"resourceType":"Bundle","type":"searchset","entry":[{"resource":' + row + b"}]}"
    stub.answers["/fhir/Observation"] = Reply(body=whole)
    assert row in fetch(f"{stub.base}/Patient/p1", FAST)


def test_a_type_that_the_server_does_not_serve_holds_nothing(stub: Stub) -> None:
    stub.answers["/fhir/BodyStructure"] = Reply(404)
    stub.answers["/fhir/Procedure"] = Reply(405)
    assert list(fetched(stub)) == ["Patient/p1"]


def test_a_server_that_knows_only_subject_is_asked_by_subject(stub: Stub) -> None:
    def by_subject(asked: Asked) -> Reply:
        known = parse_qs(asked.path.partition("?")[2]).get("subject") == ["Patient/p1"]
        return Reply(body=page(observation("o1"))) if known else Reply(400)

    stub.answers["/fhir/Observation"] = by_subject
    assert "Observation/o1" in fetched(stub)


@pytest.mark.parametrize(
    "reference",
    [
        "http://169.254.169.254/latest/Observation/o9",
        "http://127.0.0.1:1/fhir/Observation/o9",
        "https://elsewhere.invalid/fhir/Observation/o9",
        "Observation/../../admin",
        "Observation/..",
        "Observation/o9?x=1",
        "//elsewhere.invalid/Observation/o9",
        "file:///etc/Observation/o9",
        "urn:uuid:5e9cc42f-5168-56fd-bce7-1f633e190d3f",
        "#o9",
    ],
)
def test_a_reference_elsewhere_is_not_fetched(
    stub: Stub, reference: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    import httpcore

    connected: list[tuple[str, int]] = []
    connect = httpcore.SyncBackend.connect_tcp

    def noted(self: Any, host: str, port: int, *args: Any, **kwargs: Any) -> Any:
        connected.append((host, port))
        return connect(self, host, port, *args, **kwargs)

    monkeypatch.setattr(httpcore.SyncBackend, "connect_tcp", noted)
    stub.hold(PATIENT, observation("o1", hasMember=[{"reference": reference}]))
    assert sorted(fetched(stub)) == ["Observation/o1", "Patient/p1"]
    assert set(connected) == {("127.0.0.1", stub.port)}
    asked = {path.partition("?")[0].rsplit("/", 1)[0] for path in stub.paths()}
    assert asked == {"/fhir", "/fhir/Patient"}  # the searches, and the patient
    assert "/fhir/" not in stub.paths()


def test_another_base_on_the_same_host_is_not_fetched(stub: Stub) -> None:
    other = f"http://127.0.0.1:{stub.port}/other/Observation/o9"
    stub.hold(PATIENT, observation("o1", hasMember=[{"reference": other}]))
    fetched(stub)
    assert not any("other" in path for path in stub.paths())


def test_a_next_page_on_another_host_is_refused(stub: Stub) -> None:
    link = "http://localhost.invalid/fhir?page=2"
    stub.answers["/fhir/Observation"] = Reply(body=page(observation("o1"), link=link))
    with pytest.raises(RefusedInput, match="another host"):
        fetched(stub)


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_to_another_host_is_refused(stub: Stub, status: int) -> None:
    with running() as other:
        other.hold(PATIENT)
        moved = Reply(status, headers={"Location": f"{other.base}/Patient/p1"})
        stub.answers["/fhir/Patient/p1"] = moved
        with pytest.raises(RefusedInput, match="another host"):
            fetched(stub)
        assert other.asked == []


def test_a_redirect_on_the_same_host_is_followed_a_few_times(stub: Stub) -> None:
    stub.answers["/fhir/Patient/p1"] = Reply(301, headers={"Location": "/moved/p1"})
    stub.answers["/moved/p1"] = Reply(body=PATIENT)
    assert list(fetched(stub)) == ["Patient/p1"]
    stub.answers["/moved/p1"] = Reply(302, headers={"Location": "/moved/p1"})
    with pytest.raises(RefusedInput, match="redirected more than"):
        fetched(stub)


def test_an_allowed_host_is_asked_and_never_gets_the_token(stub: Stub) -> None:
    with running() as other:
        other.answers["/fhir/Observation/o9"] = Reply(body=observation("o9"))
        far = {"reference": f"{other.base}/Observation/o9"}
        stub.hold(PATIENT, observation("o1", hasMember=[far]))
        options = ServerOptions(allow_hosts=(f"127.0.0.1:{other.port}",), token="hush")
        bundle = json.loads(fetch(f"{stub.base}/Patient/p1", options))
        assert f"{other.base}/Observation/o9" in [e["fullUrl"] for e in bundle["entry"]]
        assert {one.headers.get("authorization") for one in stub.asked} == {"Bearer hush"}
        assert [one.headers.get("authorization") for one in other.asked] == [None]


def test_a_search_that_answers_with_other_patients_is_refused(stub: Stub) -> None:
    foreign = observation("o1", subject={"reference": "Patient/p2"})
    stub.answers["/fhir/Observation"] = Reply(body=page(foreign))
    with pytest.raises(RefusedInput, match="other patients"):
        fetched(stub)
