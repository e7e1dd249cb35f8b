"""Client credentials to a bearer token.

Source: RFC 6749 section 4.4; RFC 7523; SMART App Launch 2.2, Backend Services (asymmetric client
authentication, RS384 and ES384).
"""

import base64
import json
import re
from collections.abc import Callable
from pathlib import Path
from time import time
from typing import Any
from urllib.parse import quote
from uuid import uuid4

from adapter.errors import Environment, Usage
from adapter.readers.fhir_server.address import allowed, host, is_private
from adapter.readers.fhir_server.client import Client
from adapter.readers.fhir_server.options import ServerOptions

_ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_LIFETIME = 300  # seconds: the most that SMART allows an assertion


def token_source(options: ServerOptions) -> Callable[[Client, bool], str] | None:
    """Return what gives the bearer token (a new one when asked to renew); None without credentials.

    A token that was given as it is cannot be renewed.
    """
    if options.token:
        return lambda _client, _renew: options.token
    if not options.client_id:
        return None
    held: list[str] = []

    def current(client: Client, renew: bool) -> str:
        if renew or not held:
            held[:] = [_requested(client, options)]
        return held[0]

    return current


def _requested(client: Client, options: ServerOptions) -> str:
    url = options.token_url or _discovered(client, options)
    if not is_private(url):
        raise Usage("credentials are not sent over http: use https", "[server] token_url")
    form = {"grant_type": "client_credentials", "scope": options.scope}
    headers = {"Accept": "application/json"}
    if options.key_file:
        form |= {"client_assertion_type": _ASSERTION, "client_assertion": assertion(url, options)}
    else:
        pair = f"{quote(options.client_id, safe='')}:{quote(options.secret, safe='')}"
        headers["Authorization"] = "Basic " + base64.b64encode(pair.encode()).decode()
    where = f"{host(url)}, token endpoint"
    answer = client.ask("POST", url, where, headers, form)
    said = _object(answer.data)
    if answer.status >= 300:
        reason = _code(said.get("error"))
        raise Usage(f"refuses the client: {answer.status}{reason}", where)
    token, kind = said.get("access_token"), said.get("token_type", "bearer")
    if not isinstance(token, str) or not re.fullmatch(r"[\x21-\x7e]+", token):
        raise Environment("answers without an access token", where)
    if not isinstance(kind, str) or kind.lower() != "bearer":
        raise Usage("gives a token that is no bearer token", where)
    return token


def _discovered(client: Client, options: ServerOptions) -> str:
    where = f"{host(client.base)}, .well-known/smart-configuration"
    answer = client.ask("GET", f"{client.base}/.well-known/smart-configuration", where, {})
    url = _object(answer.data).get("token_endpoint")
    if answer.status != 200 or not isinstance(url, str):
        raise Usage("names no token endpoint: set token_url in [server]", where)
    if not allowed(url, client.base, options.allow_hosts):
        text = f"names a token endpoint at {host(url)}: if it is right, set token_url in [server]"
        raise Usage(text, where)
    return url


def _object(data: bytes) -> dict[str, Any]:
    try:
        value = json.loads(data)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def _code(error: object) -> str:
    """Return an OAuth2 error code; its description may hold anything, and is not shown."""
    known = isinstance(error, str) and re.fullmatch(r"[a-z_]{1,40}", error)
    return f" {error}" if known else ""


def assertion(audience: str, options: ServerOptions) -> str:
    """Return the signed JWT by which a client shows who it is.

    Raises
    ------
    Usage
        cryptography is not installed, or the file holds no RSA or P-384 private key.
    """
    algorithm, sign = _signer(options.key_file)
    header = {"alg": algorithm, "typ": "JWT"}
    if options.key_id:
        header["kid"] = options.key_id
    now = int(time())
    claims = {
        "iss": options.client_id,
        "sub": options.client_id,
        "aud": audience,
        "iat": now,
        "exp": now + _LIFETIME,
        "jti": uuid4().hex,
    }
    signed = f"{_url64(_json(header))}.{_url64(_json(claims))}"
    return f"{signed}.{_url64(sign(signed.encode()))}"


def _signer(file: str) -> tuple[str, Callable[[bytes], bytes]]:
    """Return the algorithm and the signature of a private key, RFC 7518 section 3.3 and 3.4."""
    try:
        from cryptography.hazmat.primitives import hashes
        from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
        from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
        from cryptography.hazmat.primitives.serialization import load_pem_private_key
    except ImportError as error:
        text = "signing needs the package cryptography: pip install csfleak-adapter[smart]"
        raise Usage(text, "[server] key_file") from error
    try:
        key = load_pem_private_key(Path(file).read_bytes(), password=None)
    except (OSError, TypeError, ValueError) as error:
        # TypeError: the key is encrypted. Nothing of the file is shown.
        raise Usage("no unencrypted private key (PEM) can be read", "[server] key_file") from error
    if isinstance(key, rsa.RSAPrivateKey):
        rsa_key = key
        return "RS384", lambda data: rsa_key.sign(data, padding.PKCS1v15(), hashes.SHA384())
    if isinstance(key, ec.EllipticCurvePrivateKey) and isinstance(key.curve, ec.SECP384R1):
        ec_key = key

        def sign(data: bytes) -> bytes:
            r, s = decode_dss_signature(ec_key.sign(data, ec.ECDSA(hashes.SHA384())))
            return r.to_bytes(48, "big") + s.to_bytes(48, "big")

        return "ES384", sign
    raise Usage("an RSA or P-384 key is wanted", "[server] key_file")


def _json(value: dict[str, Any]) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()


def _url64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
