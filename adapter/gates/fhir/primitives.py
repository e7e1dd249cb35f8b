"""Values of primitive types: which rule a value of a type breaks, and how it is to be written.

Source: FHIR R4 datatypes.html (primitive types), json.html.
"""

import base64
import binascii
import re
from datetime import datetime
from typing import Any

from adapter.readers.fhir.jsontext import Written

_DATE = r"\d{4}(?:-(?:0[1-9]|1[0-2])(?:-(?:0[1-9]|[12]\d|3[01]))?)?"
_DAY = r"\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])"
_TIME = r"(?:[01]\d|2[0-3]):[0-5]\d:(?:[0-5]\d|60)(?:\.\d+)?"
_ZONE = r"(?:Z|[+-](?:(?:0\d|1[0-3]):[0-5]\d|14:00))"

_FORMS: dict[str, tuple[str, re.Pattern[str], str]] = {
    "date": ("base.date-time", re.compile(_DATE), "write YYYY, YYYY-MM or YYYY-MM-DD"),
    "dateTime": (
        "base.date-time",
        re.compile(rf"{_DATE}|{_DAY}T{_TIME}{_ZONE}"),
        "write YYYY, YYYY-MM, YYYY-MM-DD, or YYYY-MM-DDThh:mm:ss with a zone (+09:00, Z)",
    ),
    "instant": (
        "base.instant",
        re.compile(rf"{_DAY}T{_TIME}{_ZONE}"),
        "write YYYY-MM-DDThh:mm:ss with a zone (+09:00, Z)",
    ),
    "time": ("base.date-time", re.compile(_TIME), "write hh:mm:ss without a zone"),
    "id": ("base.format", re.compile(r"[A-Za-z0-9.-]{1,64}"), "1 to 64 of A-Z a-z 0-9 - ."),
    "code": ("base.format", re.compile(r"\S+(?: \S+)*"), "a code has no outer or double blanks"),
    "uri": ("base.format", re.compile(r"\S+"), "a URI has no blanks"),
    "oid": (
        "base.format",
        re.compile(r"urn:oid:[0-2](?:\.(?:0|[1-9]\d*))+"),
        "write urn:oid: before the dotted number",
    ),
    "uuid": (
        "base.format",
        re.compile(r"urn:uuid:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"),
        "write urn:uuid: and the UUID in lower case",
    ),
}
_FORMS["url"] = _FORMS["canonical"] = _FORMS["uri"]
_LEAST = {"integer": -(2**31), "unsignedInt": 0, "positiveInt": 1}
_CHARACTERS = re.compile(r"[^\x00-\x08\x0b\x0c\x0e-\x1f]*")


def wrong(kind: str, value: Any) -> tuple[str, str] | None:
    """Return the rule that a value of a primitive type breaks, and the words; None for none."""
    if kind == "boolean":
        return None if isinstance(value, bool) else _type("true or false, without quotes")
    if kind in _LEAST:
        return _whole(value, _LEAST[kind])
    if kind == "decimal":
        is_number = isinstance(value, Written | int | float) and not isinstance(value, bool)
        fine = is_number and value not in ("NaN", "Infinity", "-Infinity")
        return None if fine else _type("a number, without quotes")
    if not isinstance(value, str) or isinstance(value, Written):
        return _type("a string")
    return _text(kind, value)


def _type(what: str) -> tuple[str, str]:
    return "base.type", f"is of the wrong JSON type: write {what}"


def _whole(value: Any, least: int) -> tuple[str, str] | None:
    if isinstance(value, bool) or not isinstance(value, int):
        return _type("a whole number, without quotes")
    if not least <= value < 2**31:
        return "base.format", f"is out of range: {least} to 2147483647"
    return None


def _text(kind: str, value: str) -> tuple[str, str] | None:
    if not value:
        return None  # base.empty says so
    if kind == "base64Binary":
        return None if is_base64(value) else ("base.base64", "is no base64: encode the bytes")
    if kind in _FORMS:
        rule, form, how = _FORMS[kind]
        if not form.fullmatch(value):
            return rule, f"is no {kind}: {how}"
        if rule in ("base.date-time", "base.instant") and not _in_calendar(value):
            return rule, "names a day that is in no calendar"
        return None
    if kind in ("string", "markdown") and not value.strip():
        return "base.empty", "is blank: leave the element out"
    if not _CHARACTERS.fullmatch(value):
        return "base.format", "has control characters: take them out"
    return None


def is_base64(value: str) -> bool:
    """Return whether text is base64 with its padding; blanks and line ends may stand in it."""
    try:
        base64.b64decode("".join(value.split()), validate=True)
    except (binascii.Error, ValueError):
        return False
    return True


def _in_calendar(value: str) -> bool:
    day = value[:10]
    if len(day) < 10 or day[4] != "-":
        return True
    try:
        datetime.strptime(day, "%Y-%m-%d")
    except ValueError:
        return False
    return True
