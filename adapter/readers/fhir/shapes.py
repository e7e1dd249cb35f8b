"""Elements of a resource as the types they should have, whatever was sent.

A single value and a list of one are taken for each other: XML cannot tell them apart, and senders
mix them up. A value of another type reads as missing.
"""

from typing import Any

from adapter.readers.fhir.jsontext import Written

Json = dict[str, Any]

DATA_ABSENT = "http://hl7.org/fhir/StructureDefinition/data-absent-reason"


def many(value: Any) -> tuple[Any, ...] | list[Any]:
    """Return the repetitions of an element."""
    if isinstance(value, list):
        return value
    return () if value is None else (value,)


def objects(value: Any) -> list[Json]:
    """Return the repetitions of an element that are objects."""
    if isinstance(value, list):
        return [one for one in value if isinstance(one, dict)]
    return [value] if isinstance(value, dict) else []


def single(value: Any) -> Json:
    """Return the first object of an element; an empty one where there is none."""
    if isinstance(value, dict):
        return value
    found = objects(value)
    return found[0] if found else {}


def text(value: Any) -> str:
    """Return a text without outer blanks; empty for anything else."""
    if isinstance(value, str):
        return "" if isinstance(value, Written) else value.strip()
    if isinstance(value, list) and value:
        return text(value[0])
    return ""


def number(value: Any) -> str:
    """Return a number in the digits it was written with; empty for anything else."""
    if isinstance(value, bool):
        return ""
    return str(value) if isinstance(value, int | float | Written) else ""


def extensions(value: Any, url: str) -> list[Json]:
    """Return the extensions of an element with this URL."""
    if not isinstance(value, dict) or "extension" not in value:
        return []
    return [e for e in objects(value["extension"]) if e.get("url") == url]


def absent_reason(value: Any) -> str:
    """Return the data-absent-reason extension of an element; empty where it has none."""
    found = extensions(value, DATA_ABSENT)
    return (text(found[0].get("valueCode")) or "unknown") if found else ""


def bare(uid: str) -> str:
    """Return a UID without ``urn:oid:``."""
    return uid.strip().removeprefix("urn:oid:")
