"""The settings table ``[server]`` and the environment to how a FHIR server is asked."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from adapter.errors import Usage

TOKEN_VARIABLE = "CSFLEAK_SERVER_TOKEN"
SECRET_VARIABLE = "CSFLEAK_SERVER_SECRET"

TYPES = (
    "Observation",
    "DiagnosticReport",
    "ImagingStudy",
    "Procedure",
    "BodyStructure",
    "QuestionnaireResponse",
)
"""What is searched for by patient; Organizations and the like come by reference."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerOptions:
    """How a server is asked.

    ``base`` is the only address that the credentials may go to; empty: that of the URL.
    ``allow_hosts`` are further ``host`` or ``host:port`` that a reference, a next link, a redirect
    or the discovered token endpoint may lead to; they never get the server's token.
    ``token`` is sent as it is. Without one, ``client_id`` with ``secret`` is OAuth2 client
    credentials, with ``key_file`` (PEM) SMART backend services; ``token_url`` empty: as the
    server's ``.well-known/smart-configuration`` says.
    ``delays`` are the seconds before each further try; ``max_seconds`` bounds one whole `fetch`.
    """

    base: str = ""
    allow_hosts: tuple[str, ...] = ()
    token: str = field(default="", repr=False)
    client_id: str = ""
    secret: str = field(default="", repr=False)
    key_file: str = ""
    key_id: str = ""
    token_url: str = ""
    scope: str = "system/*.rs"
    ca_file: str = ""
    types: tuple[str, ...] = TYPES
    page_size: int = 200
    max_pages: int = 500
    max_entries: int = 10_000
    max_bytes: int = 64 * 1024 * 1024
    timeout: float = 30.0
    max_seconds: float = 300.0
    delays: tuple[float, ...] = (0.5, 1.0, 2.0, 4.0)


_GIVEN_ELSEWHERE = ("token_env", "secret_env")


def server_options(
    table: Mapping[str, Any], environment: Mapping[str, str] | None = None
) -> ServerOptions:
    """Return the options that a settings table and the environment make.

    Raises
    ------
    Usage
        An unknown key, a value of another type, or a variable that is named and not set.
    """
    environment = os.environ if environment is None else environment
    known = {f.name: f.default for f in fields(ServerOptions)}
    values: dict[str, Any] = {}
    for key, value in table.items():
        if key in _GIVEN_ELSEWHERE:
            continue
        if key not in known:
            raise Usage(f"unknown setting; known are {', '.join(known)}", f"[server] {key}")
        values[key] = _checked(key, value, known[key])
    for key, variable in (("token", TOKEN_VARIABLE), ("secret", SECRET_VARIABLE)):
        given = _from_environment(table, f"{key}_env", variable, environment)
        if given:
            values[key] = given
    return _consistent(ServerOptions(**values))


def _checked(key: str, value: Any, default: Any) -> Any:
    if isinstance(default, tuple):
        kind: type = float if key == "delays" else str
        if isinstance(value, list) and all(_is(v, kind) for v in value):
            return tuple(value)
        raise Usage("a list is wanted", f"[server] {key}")
    if not _is(value, type(default)) or (isinstance(default, int | float) and value <= 0):
        wanted = "text" if isinstance(default, str) else "a number above 0"
        raise Usage(f"{wanted} is wanted", f"[server] {key}")
    return value


def _is(value: Any, kind: type) -> bool:
    if kind is float:
        return isinstance(value, int | float) and not isinstance(value, bool)
    return isinstance(value, kind) and not isinstance(value, bool)


def _from_environment(
    table: Mapping[str, Any], key: str, default: str, environment: Mapping[str, str]
) -> str:
    name = table.get(key)
    if name is None:
        return environment.get(default, "")
    if not isinstance(name, str) or not environment.get(name):
        raise Usage("the environment variable that it names is not set", f"[server] {key}")
    return environment[name]


def _consistent(options: ServerOptions) -> ServerOptions:
    if options.client_id and not (options.secret or options.key_file or options.token):
        text = f"client_id needs secret_env (or {SECRET_VARIABLE}) or key_file"
        raise Usage(text, "[server] client_id")
    if options.key_file and not options.client_id:
        raise Usage("key_file needs client_id", "[server] key_file")
    for key, name in (("key_file", options.key_file), ("ca_file", options.ca_file)):
        if name and not Path(name).is_file():
            raise Usage("no such file", f"[server] {key}")
    return options
