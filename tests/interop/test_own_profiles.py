"""HL7's engine reads what we write by the profiles that `terminology export` gives a partner."""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from adapter import pipeline, terminology, terms
from adapter.writers import fhir
from adapter.writers.options import WriteOptions
from tests.interop import engine

SAMPLES = Path(__file__).parents[2] / "sample_data"
TERMS = terms.load()
OWN = "http://csfleak.invalid/fhir/StructureDefinition"
GRADES = {
    "finding-grade": "finding-grade",
    "csf-leak-concl": "condition-grade",
    "hypotens-concl": "condition-grade",
}


def profile(resource: dict[str, Any]) -> str:
    """Return the profile of ours that a resource has to meet."""
    if resource["resourceType"] == "DiagnosticReport":
        return "graded-report"
    code = resource["code"]["coding"][0]["code"]
    term = TERMS[code]
    if code in GRADES:
        return GRADES[code]
    if term.kind == "exam":
        return f"facts-{term.exams[0] if term.exams[0] != 'any' else 'spinal-mri'}"
    return {"lesion": f"lesion-{code}", "patient": "facts-patient"}.get(term.kind, "exam-group")


def claimed() -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the samples' reports, each resource with its claim."""
    options = WriteOptions(bundle="collection", now="2026-06-01T10:00:00+09:00")
    for folder in sorted(SAMPLES.glob("[0-9]*")):
        outcome = pipeline.grade(pipeline.sources([folder / "sr"]))
        bundle = json.loads(fhir.write(outcome.graded, outcome.terms, options))
        for entry in bundle["entry"]:
            one = entry["resource"]
            if one["resourceType"] in ("Observation", "DiagnosticReport"):
                one["meta"] = {"profile": [f"{OWN}/{profile(one)}"]}
        yield folder.name, bundle


def doubled(bundle: dict[str, Any]) -> dict[str, Any]:
    """Return a Bundle in which a lesion says one attribute twice."""
    wrong = json.loads(json.dumps(bundle))
    said = next(e["resource"] for e in wrong["entry"] if "component" in e["resource"])
    said["component"].insert(0, said["component"][0])
    return wrong  # type: ignore[no-any-return]


def test_what_we_write_meets_our_own_profiles(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not os.environ.get("CSFLEAK_REQUIRE_SERVER"):
        pytest.skip("runs HL7's validation engine: make interop (CSFLEAK_REQUIRE_SERVER=1)")
    package = tmp_path / "package"
    package.mkdir()
    for name, data in terminology.export(TERMS, {}).items():
        if name.startswith("fhir-r4/package/"):
            (package / Path(name).name).write_bytes(data)
    monkeypatch.setenv("CSFLEAK_PROFILES", str(package))
    bundles = dict(claimed())
    assert len(bundles) == 15
    bundles["doubled"] = doubled(bundles["02-definite-spinal-mri"])
    files = {name: json.dumps(bundle).encode() for name, bundle in bundles.items()}
    told = engine.validate("r4", files, tmp_path / "engine")
    wrong = [m for m in told if m.is_error]
    assert {m.file for m in wrong} == {"doubled"}, wrong
    assert "max allowed = 1" in wrong[0].text
