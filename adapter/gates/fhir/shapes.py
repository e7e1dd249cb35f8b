"""What any JSON holds where a rule looks for something: nothing of it is trusted to be there.

Source: FHIR R4 json.html, datatypes.html.
"""

from collections.abc import Iterator
from typing import Any

Json = dict[str, Any]


def objects(value: Any) -> list[Json]:
    """Return the objects of an array, or the one that stands in its place; empty for others."""
    if isinstance(value, list):
        return [one for one in value if isinstance(one, dict)]
    return [value] if isinstance(value, dict) else []


def indexed(body: Json, name: str) -> Iterator[tuple[str, Json]]:
    """Yield (``category[0]``, object) of an element that repeats; (``subject``, object) of one."""
    value = body.get(name)
    if isinstance(value, dict):
        yield name, value
    elif isinstance(value, list):
        yield from ((f"{name}[{i}]", one) for i, one in enumerate(value) if isinstance(one, dict))


def text(value: Any) -> str:
    """Return a string, empty for anything else."""
    return value if isinstance(value, str) else ""


def given(body: Json, name: str) -> bool:
    """Return whether an element is there: a value, or an extension that says why there is none."""
    return bool(body.get(name)) or body.get(name) in (False, 0) or bool(_extended(body, name))


def _extended(body: Json, name: str) -> Any:
    beside = body.get(f"_{name}")
    return beside.get("extension") if isinstance(beside, dict) else beside


def choices(body: Json, stem: str) -> list[str]:
    """Return the names under which a choice (``value``) is there: ``valueQuantity``."""
    names = {key.removeprefix("_") for key in body}
    return sorted(n for n in names if n.startswith(stem) and n[len(stem) :][:1].isupper())


def codings(concept: Any, system: str | None = None) -> list[Json]:
    """Return the codings of a CodeableConcept, or those of one system."""
    found = objects(concept.get("coding")) if isinstance(concept, dict) else []
    return [c for c in found if system is None or c.get("system") == system]


def codes(concept: Any, system: str | None = None) -> list[str]:
    """Return the codes of a CodeableConcept, or those of one system."""
    return [text(c.get("code")) for c in codings(concept, system)]


def extensions(body: Json, url: str) -> list[Json]:
    """Return the extensions of one definition."""
    return [e for e in objects(body.get("extension")) if e.get("url") == url]
