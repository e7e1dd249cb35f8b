"""Graded cases written for IHE IMR."""

import dataclasses
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
    named,
    replaced,
    written,
)

SITE: Json = tomllib.loads((REPO / "sample_data" / "settings.toml").read_text("utf-8"))
NO_EXAM = tuple(name for name in SAMPLES if name.startswith("08"))
STORED = tuple(name for name in SAMPLES if name not in NO_EXAM)


def site(**more: Any) -> Json:
    return {**SITE, **more}


def imr(name: str = EXAMPLE, **options: Any) -> Any:
    return of(case(name), **options)


def of(graded: Graded, **options: Any) -> Any:
    return written(graded, "imr", **{"bundle": None, "settings": SITE, **options})


def with_orders(name: str = EXAMPLE) -> Graded:
    """Return a sample whose studies have an accession number each."""
    graded = case(name)
    studies = tuple(
        dataclasses.replace(s, accession=f"A-{n}") for n, s in enumerate(graded.case.studies)
    )
    return replaced(graded, studies=studies)


def first(known: dict[str, Json], kind: str) -> Json:
    return next(r for r in known.values() if r["resourceType"] == kind)


def inner(change: Callable[[Json], Any]) -> Callable[[Json], Any]:
    return lambda made: change(first(named(made), "DiagnosticReport")["contained"][0])
