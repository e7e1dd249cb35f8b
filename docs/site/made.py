"""The sample patients to what the writers make of them: what the conformance pages count.

Source: ``sample_data/``, written with every kind, profile and release there is.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

from adapter import pipeline
from adapter.cli.settings import table_of
from adapter.errors import Usage
from adapter.pipeline import Options, Outcome
from adapter.writers.options import WriteOptions

SAMPLES = Path(__file__).parents[2] / "sample_data"
NOW = "2026-11-25T12:00:00+09:00"
SIGNED = {"verified_by": "試験^一郎"}
REPLACING = {"predecessors": (("2.25.1", "2.25.2", "1.2.840.10008.5.1.4.1.1.88.33", "2.25.3"),)}


def _fuller(outcome: Outcome) -> Outcome:
    """Return a case with what no sample has: orders, and a second number of the patient."""
    case = outcome.graded.case
    ordered = tuple(replace(s, accession=f"A-{n}") for n, s in enumerate(case.studies, 1))
    numbers = (*case.patient.identifiers, ("B-1", "HOSPITAL B"))
    fuller = replace(case, studies=ordered, patient=replace(case.patient, identifiers=numbers))
    return replace(outcome, graded=replace(outcome.graded, case=fuller))


@cache
def outcomes() -> tuple[Outcome, ...]:
    """Return the sample patients graded, from SR and from FHIR, and the last one fuller."""
    folders = sorted(path for path in SAMPLES.glob("[0-9]*") if path.is_dir())
    found = [
        pipeline.grade(pipeline.sources([folder / kind]), Options())
        for folder in folders
        for kind in ("sr", "fhir")
    ]
    return (*found, _fuller(found[-1]))


@cache
def settings() -> Mapping[str, Any]:
    """Return the settings of the samples."""
    return table_of(SAMPLES / "settings.toml")


def written(to: str, **given: Any) -> Iterator[bytes]:
    """Yield one output of every sample patient; a patient that a profile refuses is left out."""
    chosen = {"now": NOW, "settings": settings(), **given}
    options = replace(Options(), write=WriteOptions(**chosen))
    for outcome in outcomes():
        try:
            yield pipeline.write(outcome, to, options)
        except Usage:
            continue
