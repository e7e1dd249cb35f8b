"""Who asks a FHIR server: tokens, client credentials, signed assertions."""

import base64
import json
import logging
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest

from adapter.errors import Usage
from adapter.readers.fhir_server import ServerOptions, fetch
from tests.readers.fhir_server.stubs import fetched, token_server
from tests.readers.fhir_stub import Reply, Stub, running

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
