"""Inputs made without this project, written as FHIR and as findings, keep their grades."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from adapter import pipeline
from adapter.criteria import Policy, policy
from adapter.model import Graded
from adapter.pipeline import Options
from adapter.writers import fhir, findings
from adapter.writers.options import WriteOptions

GOLDEN = Path(__file__).parents[2] / "golden"
COLLECTION = WriteOptions(bundle="collection")
DEFAULT = Policy()


def published() -> Iterator[Any]:
    for name in ("points.json", "gold.json"):
        for case in json.loads((GOLDEN / name).read_text(encoding="utf-8")):
            entry = [{"resource": o} for o in case["observations"]]
            bundle = {"resourceType": "Bundle", "type": "collection", "entry": entry}
            chosen = policy(case["policy"]) if case.get("policy") else DEFAULT
            yield pytest.param(json.dumps(bundle).encode(), chosen, id=f"{name} {case['id']}")


def independent() -> Iterator[Any]:
    for path in sorted((GOLDEN / "independent").glob("0*")):
        yield pytest.param(path.read_bytes(), DEFAULT, id=path.name)


def grades(graded: Graded) -> list[Any]:
    return [
        *((c.condition, c.established, c.possible) for c in graded.conclusions),
        *((f.concept, f.established, f.possible) for f in graded.findings),
    ]


@pytest.mark.parametrize(("data", "chosen"), [*published(), *independent()])
def test_grades_survive_writing_and_reading(data: bytes, chosen: Policy) -> None:
    options = Options(policy=chosen)
    first = pipeline.grade([("input", data)], options)
    for written in (
        fhir.write(first.graded, first.terms, COLLECTION),
        fhir.write_findings(first.graded.case, first.terms, COLLECTION),
        findings.write(first.graded, first.terms, COLLECTION),
    ):
        again = pipeline.grade([("again", written)], options)
        assert grades(again.graded) == grades(first.graded)
