"""Graded cases written as FHIR R5, and what tests ask of an output."""

import json
from pathlib import Path
from typing import Any

from adapter.model import Graded
from adapter.writers import fhir
from adapter.writers.options import WriteOptions
from tests.writers.fhir import r5_rules
from tests.writers.fhir.profile_cases import (
    NOW,
    TERMS,
)

Json = dict[str, Any]
ROOT = Path(__file__).parents[3]


def bytes_of(graded: Graded, **options: Any) -> bytes:
    given = {"bundle": "collection", "now": NOW, **options}
    return fhir.write(graded, TERMS, WriteOptions(fhir="r5", **given))


def written(graded: Graded, **options: Any) -> Any:
    return json.loads(bytes_of(graded, **options))


def grades(of: Graded) -> Any:
    return (
        [(c.condition, c.established, c.possible) for c in of.conclusions],
        [(f.concept, f.established, f.possible) for f in of.findings],
    )


def _is_group(observation: Json) -> bool:
    return any(c.endswith("/imaging-measurement-group") for c in r5_rules.claims(observation))
