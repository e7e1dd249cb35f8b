"""JSON of a server to values and back, numbers as written and keys that stand twice kept.

The FHIR reader judges both; a plain parse would round the one and hide the other.
"""

import json
from typing import Any, TypeAlias

from adapter.errors import LimitExceeded, RefusedInput

Json: TypeAlias = dict[str, Any]

_SAFE_DIGITS = 15


class Twice(dict[str, Any]):
    """An object in which a key stands twice; as a mapping, the last value holds."""

    __slots__ = ("pairs",)
    pairs: list[tuple[str, Any]]


def parse(data: bytes, where: str) -> Json:
    """Return the JSON object of an answer.

    Raises
    ------
    RefusedInput
        It is no JSON object in UTF-8.
    """
    import orjson

    def number(text: str) -> Any:
        return orjson.Fragment(text)

    def integer(text: str) -> Any:
        return int(text) if len(text) <= _SAFE_DIGITS else orjson.Fragment(text)

    try:
        value = json.loads(
            data.decode("utf-8-sig"),
            parse_float=number,
            parse_int=integer,
            parse_constant=number,
            object_pairs_hook=_object,
        )
    except (ValueError, RecursionError) as error:
        raise RefusedInput("the server's answer is no FHIR JSON", where) from error
    if not isinstance(value, dict) or not isinstance(value.get("resourceType"), str):
        raise RefusedInput("the server's answer is no FHIR resource", where)
    return value


def _object(pairs: list[tuple[str, Any]]) -> Json:
    made = dict(pairs)
    if len(made) == len(pairs):
        return made
    twice = Twice(made)
    twice.pairs = pairs
    return twice


def dump(value: Any, where: str) -> bytes:
    """Return JSON as it was written.

    Raises
    ------
    LimitExceeded
        It is nested too deep, or no UTF-8 can be made of it.
    """
    import orjson

    def again(one: Any) -> Any:
        if isinstance(one, Twice):
            rows = (plain(key) + b":" + plain(child) for key, child in one.pairs)
            return orjson.Fragment(b"{" + b",".join(rows) + b"}")
        raise TypeError

    def plain(one: Any) -> bytes:
        return orjson.dumps(one, default=again, option=orjson.OPT_PASSTHROUGH_SUBCLASS)

    try:
        return plain(value)
    except orjson.JSONEncodeError as error:
        text = "the server's answer is nested too deep, or holds half characters"
        raise LimitExceeded(text, where) from error
