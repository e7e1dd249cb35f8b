"""Answered forms that tests are made of, and the two ways they are read."""

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from adapter import pipeline
from adapter.model import Document, Statement
from adapter.readers import fhir
from adapter.readers.fhir.answers import observations
from adapter.readers.fhir.containers import from_json
from sample_data import make_questionnaire, make_samples
from tests.readers.fhir.answering import coding, group, item, response
from tests.readers.fhir.building import OPTIONS, TERMS, Json

FORM = json.loads(make_questionnaire.made())
CASES = make_samples.cases(Path(__file__).parents[3] / "sample_data")
PATIENT = {
    "resourceType": "Patient",
    "id": "p1",
    "identifier": [{"system": "urn:oid:1.2.3", "value": "SAMPLE"}],
}
PRESENT, ABSENT = coding("present"), coding("absent")
LESION = "spinal-mri.lesion"
FLUID = item(f"{LESION}.epi-fluid", PRESENT)


def said(value: Any) -> Document:
    """Return what the forms of an input say, turned into Observations here."""
    data = value if isinstance(value, bytes) else json.dumps(value, ensure_ascii=False).encode()
    reading = fhir.new_reading("in.json", TERMS, OPTIONS)
    found = from_json(data, reading)
    made = [r for r in found if r.kind != "QuestionnaireResponse"]
    for resource in found:
        if resource.kind == "QuestionnaireResponse":
            made += observations(resource, found, reading)
    return fhir.document(made, reading, hashlib.sha256(data).hexdigest())


def piped(value: Any) -> Document:
    """Return what the pipeline reads of an input."""
    data = value if isinstance(value, bytes) else json.dumps(value, ensure_ascii=False).encode()
    return pipeline.read(data, "in.json")


READERS = [pytest.param(said, id="form"), pytest.param(piped, id="pipeline")]
both_ways = pytest.mark.parametrize("read", READERS)


def lesion(*items: Json, kind: str = "spinal-mri") -> Json:
    return response(group(kind, group(f"{kind}.lesion", *items)))


def one(value: Json) -> Statement:
    document = said(value)
    assert document.issues == ()
    (statement,) = document.statements
    return statement


def items(body: Json) -> Iterator[Json]:
    for row in body.get("item", ()):
        yield row
        yield from items(row)


ITEMS = {row["linkId"]: row for row in items(FORM)}
WHOLE = response(
    group(
        "spinal-mri",
        item("spinal-mri.date", {"valueDate": "2026-03"}),
        item("spinal-mri.institution", {"valueString": "試験病院"}),
        item("spinal-mri.study", {"valueString": "1.2.3"}),
        group(LESION, FLUID, item(f"{LESION}.label", {"valueString": "A"}),
              item(f"{LESION}.enhancement", ABSENT)),
        group(LESION, FLUID, item(f"{LESION}.same-site", {"valueString": "Ｂ"})),
    ),
    group("spinal-mri", item("spinal-mri.contrast-given", PRESENT)),
    group("ri-cisternogram", group("ri-cisternogram.lesion",
          item("ri-cisternogram.lesion.ri-epidural", PRESENT),
          item("ri-cisternogram.lesion.label", {"valueString": "b "}))),
    authored="2026-03-09T10:00:00+09:00",
)  # fmt: skip


def question(link: str, *below: Json, code: Json | None = None, **more: Any) -> Json:
    coded = {"code": code["coding"]} if code else {}
    return {
        "linkId": link,
        "type": "group" if below else "choice",
        **coded,
        **more,
        "item": list(below),
    }
