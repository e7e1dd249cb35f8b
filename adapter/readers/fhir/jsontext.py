"""JSON text to values, with nothing lost that a reader must tell.

A decimal keeps the digits it is written with (``Written``), a key that stands twice is marked
(``TWICE``) instead of letting the last one win, NaN is kept as text. Comments are taken out.
Source: FHIR R4 json.html; RFC 8259.
"""

import codecs
import json
import re
import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from adapter.errors import Damaged, LimitExceeded, RefusedInput

TWICE = "\0twice"
"""Key under which an object keeps the names of its keys that stood twice."""

_DECIMAL = re.compile(rb'"value"\s*:\s*-?\d+(?:[.eE]|\d{16})')
_VALUE = b'"value"'
_COMMAS = b"\\u002"  # begins a comma that is written as an escape, or another rare character
_COMMENT = re.compile(rb'"(?:[^"\\]|\\.)*"|//[^\r\n]*|/\*.*?\*/', re.DOTALL)


class Written(str):
    """A decimal as it was written."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Parsed:
    """A JSON value; ``twice`` whether an object has `TWICE`, ``remarks`` what was mended."""

    value: Any
    twice: bool = False
    remarks: tuple[str, ...] = ()


def parse(data: bytes, where: str, max_depth: int) -> Parsed:
    """Return the value of JSON text.

    Raises
    ------
    Damaged
        The text ends early.
    LimitExceeded
        It is nested deeper than `max_depth`.
    RefusedInput
        It is no JSON.
    """
    data, remarks = unmarked(data)
    if not _has_decimal(data) and not (b"\\" in data and _COMMAS in data):
        found = _fast(data, max_depth)
        if found is not None:
            return Parsed(found[0], remarks=remarks)
    return _exact(data, remarks, where, max_depth)


def unmarked(data: bytes) -> tuple[bytes, tuple[str, ...]]:
    """Return the text as UTF-8 without a byte order mark, and what was mended."""
    if data.startswith(codecs.BOM_UTF8):
        return data[3:], ()
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        try:
            return data.decode("utf-16").encode(), ("is UTF-16; FHIR is UTF-8",)
        except UnicodeError:
            return data, ()
    return data, ()


def _has_decimal(data: bytes) -> bool:
    """Return whether a Quantity has digits that the fast parser would lose: 1.00 is not 1.0."""
    at = data.find(_VALUE)
    while at >= 0:
        if _DECIMAL.match(data, at):
            return True
        at = data.find(_VALUE, at + len(_VALUE))
    return False


def _fast(data: bytes, max_depth: int) -> tuple[Any] | None:
    """Return the value where nothing is lost by the fast parser; None to use the exact one."""
    import orjson

    spare = _deepest() - max_depth
    if spare < 0:
        return None
    try:
        value = orjson.loads(data)
        made = _nest.written(value, spare)  # what is deeper than the limit cannot be written
    except (orjson.JSONDecodeError, orjson.JSONEncodeError):  # no JSON, or too deep
        return None
    # Where an object says a key twice, one is lost with its comma.
    return (value,) if _commas(made) == _commas(data) else None


def _commas(data: bytes) -> int:
    """Return how many commas there are; to take them out is twice as quick as `count`."""
    return len(data) - len(data.replace(b",", b""))


class _Nest(threading.local):
    """Lists within lists, kept for each thread: a value is written in the innermost."""

    def __init__(self) -> None:
        self.depth = 0
        self.outer: Any = None
        self.inner: list[Any] = []

    def written(self, value: Any, depth: int) -> bytes:
        """Return the JSON of a value that stands within `depth` lists."""
        import orjson

        if not depth:
            return orjson.dumps(value)
        if depth != self.depth:
            self.depth, self.inner = depth, [None]
            self.outer = self.inner
            for _ in range(depth - 1):
                self.outer = [self.outer]
        self.inner[0] = value
        try:
            return orjson.dumps(self.outer)
        finally:
            self.inner[0] = None


_nest = _Nest()


@lru_cache(maxsize=1)
def _deepest() -> int:
    """Return how deep a value the fast writer can write."""
    import orjson

    nested: list[Any] = []
    for depth in range(1, 2000):
        try:
            orjson.dumps(nested)
        except orjson.JSONEncodeError:
            return depth - 1
        nested = [nested]
    return 0


def _exact(data: bytes, remarks: tuple[str, ...], where: str, max_depth: int) -> Parsed:
    told = list(remarks)
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        raise RefusedInput(f"not UTF-8 at byte {error.start}: save it as UTF-8", where) from error
    try:
        value, twice = _load(text, told, where)
    except json.JSONDecodeError as error:
        bare = _COMMENT.sub(_without, data)
        if bare == data:
            raise _refusal(error, text, where) from error
        try:
            value, twice = _load(bare.decode(), told, where)
        except json.JSONDecodeError as second:
            raise _refusal(second, bare.decode(), where) from second
        told.append("has comments, which JSON does not know")
    if _deeper(value, max_depth):
        raise LimitExceeded(f"nested deeper than {max_depth} (max_depth)", where)
    return Parsed(value, twice, tuple(told))


def _without(match: re.Match[bytes]) -> bytes:
    """Return a string as it is, and blanks (lines kept) for a comment."""
    found = match[0]
    return found if found.startswith(b'"') else re.sub(rb"[^\r\n]", b" ", found)


def _load(text: str, told: list[str], where: str) -> tuple[Any, bool]:
    pairs, seen = _pairs()
    constants: list[str] = []

    def constant(name: str) -> Written:
        constants.append(name)
        return Written(name)

    try:
        value = json.loads(
            text, parse_float=Written, parse_constant=constant, object_pairs_hook=pairs
        )
    except RecursionError as error:
        raise LimitExceeded("nested too deep", where) from error
    except ValueError as error:
        if isinstance(error, json.JSONDecodeError):
            raise
        raise RefusedInput("has a whole number of more than 4,300 digits", where) from error
    told.extend(f"has {name}, which is no JSON number" for name in sorted(set(constants)))
    return value, bool(seen)


def _pairs() -> tuple[Callable[[list[tuple[str, Any]]], dict[str, Any]], list[str]]:
    seen: list[str] = []

    def pairs(found: list[tuple[str, Any]]) -> dict[str, Any]:
        made = dict(found)
        if len(made) != len(found):
            twice = sorted(key for key, n in Counter(key for key, _ in found).items() if n > 1)
            seen.extend(twice)
            made[TWICE] = twice
        return made

    return pairs, seen


def _refusal(error: json.JSONDecodeError, text: str, where: str) -> RefusedInput:
    at = f"line {error.lineno}, column {error.colno}"
    if error.pos >= len(text.rstrip()) or "Unterminated" in error.msg:
        return Damaged(f"ends early ({at}): the file is cut short. Fetch it again", where)
    return RefusedInput(f"not JSON ({error.msg}, {at})", where)


def _deeper(value: Any, limit: int) -> bool:
    layer = [value]
    for _ in range(limit):
        layer = [child for one in layer for child in _children(one)]
        if not layer:
            return False
    return any(isinstance(one, dict | list) for one in layer)


def _children(value: Any) -> Any:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()
