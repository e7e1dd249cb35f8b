"""Graded cases written for HL7 Europe."""

import tomllib
from collections.abc import Callable
from typing import Any

from adapter.model import Graded
from tests.conftest import REPO
from tests.writers.fhir.profile_cases import (
    EXAMPLE,
    SAMPLES,
    Json,
    case,
    of_type,
    written,
)

SITE: Json = tomllib.loads((REPO / "sample_data" / "settings.toml").read_text("utf-8"))
NO_STUDY = "08-not-assessable/fhir"
STORED = tuple(name for name in SAMPLES if name != NO_STUDY)
EVERYTHING = "one exam of each kind"


def eu(name: str = EXAMPLE, **options: Any) -> Any:
    return of(case(name), **options)


def of(graded: Graded, **options: Any) -> Any:
    return written(graded, "eu", **{"bundle": None, **options})


def sections(made: Any) -> dict[str, Json]:
    """Return the sections of the Composition by LOINC code."""
    (composition,) = of_type(made, "Composition")
    return {s["code"]["coding"][0]["code"]: s for s in composition["section"]}


def first(made: Json, kind: str) -> Json:
    return next(e["resource"] for e in made["entry"] if e["resource"]["resourceType"] == kind)


def section(code: str, change: Callable[[Json], Any]) -> Callable[[Json], Any]:
    return lambda made: change(sections(made)[code])
