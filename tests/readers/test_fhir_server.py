"""A FHIR server as an input: what is asked for, what is never asked for, and how it fails."""

import base64
import json
import logging
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from time import monotonic
from typing import Any
from urllib.parse import parse_qs

import pytest

from adapter import pipeline
from adapter.cli import main
from adapter.errors import AdapterError, Environment, LimitExceeded, RefusedInput, Usage
from adapter.readers.fhir_server import ServerOptions, fetch, server_options
from tests.readers.fhir_stub import Asked, Reply, Stub, page, running

FAST = ServerOptions(delays=(0.01, 0.01), timeout=5.0)
PATIENT = {"resourceType": "Patient", "id": "p1", "birthDate": "1981-12-24"}
SECRETS = ("Kari", "SAMPLE-04", "1981-12-24", "p1", "hush")


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    for name in ("CSFLEAK_SERVER_TOKEN", "CSFLEAK_SERVER_SECRET"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def stub() -> Iterator[Stub]:
    with running() as one:
        one.hold(PATIENT)
        yield one


def observation(identity: str, **more: Any) -> dict[str, Any]:
    body = {"resourceType": "Observation", "id": identity, "status": "final"}
    return {**body, "subject": {"reference": "Patient/p1"}, **more}


def fetched(stub: Stub, what: str = "Patient/p1", options: ServerOptions = FAST) -> dict[str, Any]:
    bundle = json.loads(fetch(f"{stub.base}/{what}", options))
    assert bundle["type"] == "collection"
    return {e["fullUrl"].removeprefix(f"{stub.base}/"): e["resource"] for e in bundle["entry"]}


# What is found


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


# Where it never goes


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


# When it fails


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


# Who asks


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


CLIENT = ServerOptions(client_id="app:1", secret="hush/hush", delays=(), scope="system/*.read")


def test_without_credentials_a_guarded_server_is_wrong_usage(stub: Stub) -> None:
    token_server(stub, "t1")
    with pytest.raises(Usage, match="wants credentials"):
        fetched(stub)
    stub.answers["/fhir/Patient/p1"] = Reply(403)
    with pytest.raises(Usage, match="wider scope"):
        fetched(stub)


def test_client_credentials_get_a_token_once(stub: Stub) -> None:
    token_server(stub, "t1")
    assert list(fetched(stub, options=CLIENT)) == ["Patient/p1"]
    [asked] = [one for one in stub.asked if one.path == "/token"]
    pair = base64.b64encode(b"app%3A1:hush%2Fhush").decode()
    assert asked.headers["authorization"] == f"Basic {pair}"
    assert parse_qs(asked.body) == {
        "grant_type": ["client_credentials"],
        "scope": ["system/*.read"],
    }


def test_a_token_that_ran_out_is_renewed_once(stub: Stub) -> None:
    token_server(stub, "old", "new")
    assert list(fetched(stub, options=CLIENT)) == ["Patient/p1"]
    assert stub.paths().count("/token") == 2
    stub.answers["/fhir/Patient/p1"] = Reply(401)
    with pytest.raises(Usage, match="wants credentials"):
        fetched(stub, options=CLIENT)
    assert stub.paths().count("/token") == 4


def test_a_refused_client_is_wrong_usage_and_no_secret_is_told(
    stub: Stub, caplog: pytest.LogCaptureFixture
) -> None:
    token_server(stub, "t1")
    said = {"error": "invalid_client", "error_description": "hush/hush is wrong"}
    stub.answers["/token"] = Reply(401, said)
    caplog.set_level(logging.INFO)
    with pytest.raises(Usage, match="invalid_client") as refused:
        fetched(stub, options=CLIENT)
    token_server(stub, "t1")
    fetched(stub, options=CLIENT)
    assert "hush" not in str(refused.value) + repr(CLIENT) + caplog.text
    assert "p1" not in caplog.text


def test_a_token_endpoint_elsewhere_is_not_trusted_unless_set(stub: Stub) -> None:
    token_server(stub, "t1")
    with running() as other:
        other.answers["/token"] = stub.answers.pop("/token")
        elsewhere = f"http://127.0.0.1:{other.port}/token"
        discovery = Reply(body={"token_endpoint": elsewhere})
        stub.answers["/fhir/.well-known/smart-configuration"] = discovery
        with pytest.raises(Usage, match="token_url"):
            fetched(stub, options=CLIENT)
        assert other.asked == []
        named = ServerOptions(client_id="a", secret="b", token_url=elsewhere)
        assert list(fetched(stub, options=named)) == ["Patient/p1"]


@pytest.mark.parametrize(
    "options",
    [
        ServerOptions(token="hush"),
        CLIENT,
    ],
)
def test_credentials_never_travel_unencrypted(options: ServerOptions) -> None:
    with pytest.raises(Usage, match="use https"):
        fetch("http://fhir.invalid/Patient/p1", options)


@pytest.mark.parametrize("algorithm", ["RS384", "ES384"])
def test_a_smart_backend_service_shows_a_signed_assertion(
    stub: Stub, algorithm: str, tmp_path: Path
) -> None:
    pytest.importorskip("cryptography")
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa, utils

    key: Any = (
        rsa.generate_private_key(65537, 2048)
        if algorithm == "RS384"
        else ec.generate_private_key(ec.SECP384R1())
    )
    file = tmp_path / "key.pem"
    file.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    token_server(stub, "t1")
    options = ServerOptions(client_id="app", key_file=str(file), key_id="k1")
    assert list(fetched(stub, options=options)) == ["Patient/p1"]
    [asked] = [one for one in stub.asked if one.path == "/token"]
    form = {name: values[0] for name, values in parse_qs(asked.body).items()}
    assert form["client_assertion_type"].endswith(":jwt-bearer")
    header, claims, signature = form["client_assertion"].split(".")
    data = f"{header}.{claims}".encode()
    raw = base64.urlsafe_b64decode(signature + "==")
    if algorithm == "RS384":
        key.public_key().verify(raw, data, padding.PKCS1v15(), hashes.SHA384())
    else:
        assert len(raw) == 96
        pair = int.from_bytes(raw[:48], "big"), int.from_bytes(raw[48:], "big")
        der = utils.encode_dss_signature(*pair)
        key.public_key().verify(der, data, ec.ECDSA(hashes.SHA384()))
    told = json.loads(base64.urlsafe_b64decode(header + "=="))
    assert told == {"alg": algorithm, "typ": "JWT", "kid": "k1"}
    said = json.loads(base64.urlsafe_b64decode(claims + "=="))
    assert said["iss"] == said["sub"] == "app"
    assert said["aud"] == f"http://127.0.0.1:{stub.port}/token"
    assert 0 < said["exp"] - said["iat"] <= 300


def test_a_file_that_is_no_key_is_wrong_usage_and_not_shown(stub: Stub, tmp_path: Path) -> None:
    pytest.importorskip("cryptography")
    file = tmp_path / "key.pem"
    file.write_text("hush")
    token_server(stub, "t1")
    with pytest.raises(Usage, match="no unencrypted private key") as wrong:
        fetched(stub, options=ServerOptions(client_id="app", key_file=str(file)))
    assert "hush" not in str(wrong.value)


# The settings


def test_settings_and_environment_make_the_options() -> None:
    table = {"token_env": "T", "allow_hosts": ["a"], "max_seconds": 9, "page_size": 5}
    options = server_options(table, {"T": "hush"})
    assert (options.token, options.allow_hosts) == ("hush", ("a",))
    assert (options.max_seconds, options.page_size) == (9, 5)
    assert server_options({}, {"CSFLEAK_SERVER_TOKEN": "hush"}).token == "hush"


@pytest.mark.parametrize(
    "table",
    [
        {"tokn": "x"},
        {"allow_hosts": "a"},
        {"page_size": True},
        {"page_size": 0},
        {"token": 1},
        {"token_env": "NOT_SET"},
        {"client_id": "a"},
        {"key_file": "k.pem"},
        {"client_id": "a", "key_file": "/no/such/file"},
        {"ca_file": "/no/such/file"},
    ],
)
def test_settings_that_cannot_be_used_are_wrong_usage(table: dict[str, Any]) -> None:
    with pytest.raises(Usage, match=r"\[server\]"):
        server_options(table, {})


def test_credentials_of_one_server_do_not_go_to_another(stub: Stub) -> None:
    options = ServerOptions(base="https://fhir.invalid/r4", token="hush")
    with pytest.raises(Usage, match="another server"):
        fetched(stub, options=options)
    assert stub.asked == []


# The command


def sample(stub: Stub, repo: Path) -> str:
    """Let a stub hold the sample patient of two exams; return the patient's URL."""
    resources: dict[str, dict[str, Any]] = {}
    merged: dict[str, str] = {}
    for file in sorted((repo / "sample_data/04-definite-same-site/fhir").iterdir()):
        entries = json.loads(file.read_text("utf-8"))["entry"]
        text = json.dumps([entry["resource"] for entry in entries])
        for entry in entries:
            kind, identity = entry["resource"]["resourceType"], entry["resource"]["id"]
            same = merged.setdefault(kind, identity) if kind == "Patient" else identity
            text = text.replace(entry["fullUrl"], f"{kind}/{same}").replace(identity, same)
        resources |= {f"{r['resourceType']}/{r['id']}": r for r in json.loads(text)}
    stub.hold(*resources.values())
    return f"{stub.base}/Patient/{merged['Patient']}"


def test_a_patient_on_a_server_is_graded_as_from_files(
    stub: Stub, repo: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    url = sample(stub, repo)
    assert main(["grade", url]) == 0
    printed = capsys.readouterr()
    assert "確実" in printed.out
    folder = repo / "sample_data/04-definite-same-site/fhir"
    files = pipeline.grade(pipeline.sources([folder])).graded
    served = pipeline.grade([("server", fetch(url, FAST))]).graded
    assert [c.established for c in served.conclusions] == [c.established for c in files.conclusions]
    assert len(served.case.exams) == len(files.case.exams) == 2
    assert len(stub.asked) < 60


@pytest.mark.parametrize(
    ("path", "code"),
    [("/fhir/Patient/none", 4), ("/fhir/Observation/1", 2)],
)
def test_the_command_says_by_its_code_what_failed(
    stub: Stub, path: str, code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["grade", f"http://127.0.0.1:{stub.port}{path}"]) == code
    assert capsys.readouterr().err.startswith("csfleak: ")


def test_the_command_reads_credentials_from_the_settings(stub: Stub, tmp_path: Path) -> None:
    token_server(stub, "t1")
    settings = tmp_path / "settings.toml"
    settings.write_text('[server]\ntoken = "t1"\n')
    with pytest.raises(AdapterError):
        fetched(stub)
    assert main(["grade", f"{stub.base}/Patient/p1", "--settings", str(settings)]) == 0
    assert stub.asked[-1].headers["authorization"] == "Bearer t1"
