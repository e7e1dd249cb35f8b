"""Inputs, and our reports of them that are to be replaced."""

import json
from pathlib import Path
from typing import Any

from adapter import pipeline
from adapter.pipeline import Options, Source
from adapter.writers.options import WriteOptions

SAMPLES = Path(__file__).parents[3] / "sample_data"
SAMPLE = SAMPLES / "04-definite-same-site"
SIGNED = {"verified_by": "佐藤", "settings": {"organization": "見本大学病院"}}
Json = dict[str, Any]


def inputs(kind: str = "fhir", sample: Path = SAMPLE) -> list[Source]:
    return pipeline.sources(sorted((sample / kind).iterdir()))


def with_status(status: str, *codes: str, source: Source) -> Source:
    """Return an input whose Observations of codes, or all, have another status."""
    name, data = source
    bundle = json.loads(data)
    for entry in bundle["entry"]:
        resource = entry["resource"]
        if resource["resourceType"] == "Observation" and (not codes or code(resource) in codes):
            resource["status"] = status
    return f"{status}-{name}", json.dumps(bundle).encode()


def code(resource: Json) -> str:
    return str(resource["code"]["coding"][0]["code"])


def options(old: list[Source] | None = None, **write: Any) -> Options:
    return pipeline.replacing(Options(write=WriteOptions(**write)), old or [])


def made(given: list[Source], chosen: Options | None = None, kind: str = "fhir") -> Source:
    chosen = chosen or options()
    outcome = pipeline.grade(given, chosen)
    return f"old.{kind}", pipeline.write(outcome, kind, chosen)


def resources(source: Source, kind: str) -> list[Json]:
    every = [entry["resource"] for entry in json.loads(source[1])["entry"]]
    return [r for r in every if r["resourceType"] == kind]


def report(source: Source) -> Json:
    [found] = resources(source, "DiagnosticReport")
    return found


def of(source: Source, *codes: str) -> list[Json]:
    return [r for r in resources(source, "Observation") if code(r) in codes]
