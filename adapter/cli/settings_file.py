"""A settings file to a table of which every key and every type is known.

A key that is none, or a value of another type, is refused by file and key: a setting that is
misspelt would else be silently another one. Source: ``docs/profiles.md``, ``docs/fhir-server.md``.
"""

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from adapter.errors import Environment, Usage
from adapter.terms import toml

ZONE = re.compile(r"Z|[+-](?:0\d|1[0-4]):[0-5]\d")
SNOMED = ("dicom-subset", "full")

CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[^\s|]+")
_BASE = re.compile(r"(https?://|urn:)[^\s|]+")


def read(path: Path) -> dict[str, Any]:
    """Return the table of a settings file.

    Raises
    ------
    Environment
        The file cannot be read.
    Usage
        No such file, no TOML, a key there is not, or a value of another type; file and key are
        named.
    """
    try:
        data = path.read_bytes()
    except (FileNotFoundError, IsADirectoryError) as error:
        raise Usage("no such settings file", str(path)) from error
    except OSError as error:
        what = f"the settings file cannot be read: {error.strerror}"
        raise Environment(what, str(path)) from error
    table = toml.parse(data, str(path), "the settings file is no TOML")
    for key, value in table.items():
        if key not in _KEYS:
            raise Usage(f"is no setting; there is {', '.join(_KEYS)}", f"{path}, {key}")
        _KEYS[key](value, f"{path}, {key}")
    return table


def _text(value: Any, where: str) -> None:
    if not isinstance(value, str) or not value.strip() or CONTROL.search(value):
        raise Usage("is to be a text, without control characters", where)


def _fitting(pattern: re.Pattern[str], wanted: str) -> Callable[[Any, str], None]:
    def check(value: Any, where: str) -> None:
        if not isinstance(value, str) or not pattern.fullmatch(value):
            raise Usage(f"is to be {wanted}", where)

    return check


def _snomed(value: Any, where: str) -> None:
    if value not in SNOMED:
        raise Usage(f"is none of {', '.join(SNOMED)}", where)


def _policy(value: Any, where: str) -> None:
    from adapter import criteria

    for name, chosen in _mapping(value, where).items():
        if isinstance(chosen, bool) or not isinstance(chosen, str | int):
            raise Usage("is to be a text, or a number of levels", f"{where}.{name}")
    try:
        criteria.policy(value)
    except Usage as error:
        raise Usage(error.message, where) from error


def _issuers(value: Any, where: str) -> None:
    rows = value if isinstance(value, list) else [None]
    for number, row in enumerate(rows, 1):
        if not isinstance(row, list) or len(row) != 2:
            raise Usage("is to be a list of pairs: [issuer, system]", where)
        for one in row:
            _text(one, f"{where}, pair {number}")


def _systems(value: Any, where: str) -> None:
    for scheme, system in _mapping(value, where).items():
        _uri(system, f"{where}.{scheme}")


def _server(value: Any, where: str) -> None:
    _mapping(value, where)  # its keys are looked at where a server is asked


def _profiles(value: Any, where: str) -> None:
    from adapter.writers.fhir.profiles import check_settings

    check_settings(value, where)


def _identifier(value: Any, where: str) -> None:
    _of(value, where, {"system": _uri, "value": _text})


def _named(**keys: Callable[[Any, str], None]) -> Callable[[Any, str], None]:
    """Return the check of who may be given by name alone, or by a table."""

    def check(value: Any, where: str) -> None:
        if isinstance(value, str):
            _text(value, where)
        else:
            _of(value, where, keys)

    return check


def _table(**keys: Callable[[Any, str], None]) -> Callable[[Any, str], None]:
    return lambda value, where: _of(value, where, keys)


def _of(value: Any, where: str, keys: Mapping[str, Callable[[Any, str], None]]) -> None:
    for name, said in _mapping(value, where).items():
        if name not in keys:
            raise Usage(f"is no setting; there is {', '.join(keys)}", f"{where}.{name}")
        keys[name](said, f"{where}.{name}")


def _mapping(value: Any, where: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise Usage("is to be a table", where)
    return value


_uri = _fitting(_URI, "a URI, such as urn:oid:1.2.3 or http://example.org/ids")
_reference = _fitting(re.compile(r"[^\s|]+"), "a URL, relative or absolute")
_WHO = {"name": _text, "identifier": _identifier, "reference": _reference}
_KEYS: dict[str, Callable[[Any, str], None]] = {
    "timezone": _fitting(ZONE, "an offset, such as +09:00"),
    "snomed": _snomed,
    "canonical_base": _fitting(_BASE, "a URL, such as https://example.org/fhir"),
    "policy": _policy,
    "issuers": _issuers,
    "systems": _systems,
    "server": _server,
    "organization": _named(**_WHO),
    "interpreter": _named(**_WHO, family=_text, given=_text),
    "endpoint": _table(
        connection_type=_text, address=_reference, identifier=_identifier, reference=_reference
    ),
    "order": _table(system=_uri),
    "profile": _profiles,
}
"""Every setting, and what it has to be."""
