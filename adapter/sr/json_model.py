"""The DICOM JSON model of an SR (DICOMweb, PS3.18 Annex F) to an ``SrDocument``.

Values become the raw values a file would have, in UTF-8, and go the same way as a file's. A URI of
bulk data is never opened. Source: DICOM PS3.18 Annex F.
"""

import base64
import binascii
import json
from typing import Any

from adapter.errors import LimitExceeded, RefusedInput
from adapter.sr.content import SrDocument
from adapter.sr.document import document
from adapter.sr.limits import DEFAULT, Limits
from adapter.sr.models import Builder
from adapter.sr.raw import Raw, Sequence


def sniff(data: bytes) -> bool:
    """Tell whether the bytes look like the DICOM JSON model: tags as keys, ``vr`` in them."""
    head = data[:4096].lstrip(b"\xef\xbb\xbf \t\r\n[").lower()
    return head.startswith(b"{") and b'"vr"' in head and head[1:].lstrip()[:3] == b'"00'


def decode(data: bytes, name: str, limits: Limits = DEFAULT) -> SrDocument:
    """Return the SR document of a DICOM JSON model, alone or as the only one of an array.

    Raises
    ------
    RefusedInput
        Not JSON, not one data set, or not an SR document with findings.
    Damaged
        It lacks what every SR document has.
    LimitExceeded
        One of the limits is passed.
    """
    if len(data) > limits.model:
        raise LimitExceeded(f"has more than {limits.model} bytes", name)
    found = _parsed(data, name)
    if isinstance(found, list):
        if len(found) != 1:
            raise RefusedInput(f"holds {len(found)} data sets: give one at a time", name)
        found = found[0]
    builder = Builder(name, limits)
    raw = _data_set(found, builder, 0)
    builder.utf8(raw)
    return document(raw, builder.origin())


def _parsed(data: bytes, name: str) -> Any:
    """Parse, with numbers as they are written; a key twice in one object is an error."""

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        values = dict(pairs)
        if len(values) < len(pairs):
            raise RefusedInput("has the same JSON key twice in one object", name)
        return values

    def finite(word: str) -> Any:
        raise RefusedInput(f"has the number {word}, which JSON has not", name)

    try:
        return json.loads(
            data.decode("utf-8-sig"),
            object_pairs_hook=once,
            parse_float=str,
            parse_int=str,
            parse_constant=finite,
        )
    except (ValueError, RecursionError):
        raise RefusedInput("is not well-formed JSON in UTF-8", name) from None


def _data_set(found: Any, builder: Builder, depth: int) -> Raw:
    raw = builder.item(depth)
    if not isinstance(found, dict):
        builder.tell("json-data-set", "a data set is no JSON object", "not used")
        return raw
    for key, attribute in found.items():
        try:
            tag = int(key, 16) if len(key) == 8 else -1
        except ValueError:
            tag = -1
        if tag < 0 or not isinstance(attribute, dict):
            builder.tell("json-attribute", "an attribute has no tag or is no object", "not used")
        elif tag >= 0x00080000:  # group 0002 belongs to the file, not to the data set
            builder.put(raw, tag, _value(attribute, builder, depth))
    return raw


def _value(attribute: dict[str, Any], builder: Builder, depth: int) -> "str | bytes | Sequence":
    if "BulkDataURI" in attribute:
        builder.tell("bulk-data", "a value is elsewhere", "not fetched")
        return ""
    if "InlineBinary" in attribute:
        return _inline(attribute["InlineBinary"], builder)
    values = attribute.get("Value", [])
    if not isinstance(values, list):
        builder.tell("json-value", "a value stands without its array", "read as the only one")
        values = [values]
    if len(values) > builder.limits.items:
        raise LimitExceeded(f"has more than {builder.limits.items} values", builder.name)
    if attribute.get("vr") == "SQ" or any(isinstance(v, dict) and _is_item(v) for v in values):
        return Sequence(_data_set(value, builder, depth + 1) for value in values)
    return "\\".join(_text(value, builder) for value in values)


def _is_item(value: dict[str, Any]) -> bool:
    return any(isinstance(inner, dict) for inner in value.values())


def _inline(value: Any, builder: Builder) -> bytes:
    try:
        return base64.b64decode(value, validate=True)
    except (binascii.Error, TypeError, ValueError):
        builder.tell("json-value", "inline binary is not base64", "not used")
        return b""


def _text(value: Any, builder: Builder) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, dict):  # a person name
        groups = [value.get(key) for key in ("Alphabetic", "Ideographic", "Phonetic")]
        return "=".join(g if isinstance(g, str) else "" for g in groups).rstrip("=")
    builder.tell("json-value", "a value is neither text nor number", "not used")
    return ""
