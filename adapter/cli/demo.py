"""The sample patients, from SR and from FHIR, to one grade each and the reports: ``demo``."""

import argparse
from importlib import resources
from pathlib import Path

from adapter import pipeline
from adapter.cli import settings
from adapter.cli.files import deliver
from adapter.errors import Usage
from adapter.pipeline import Outcome
from adapter.writers import text
from adapter.writers.result import result

FORMATS = ("sr", "fhir")


def run(options: argparse.Namespace) -> int:
    """Grade every sample from both formats and write its reports; return 1 where they differ."""
    root = options.samples or samples()
    if not root.is_dir():
        raise Usage("no such folder of samples", str(root))
    folders = sorted(p for p in root.iterdir() if (p / "sr").is_dir() and (p / "fhir").is_dir())
    if not folders:
        raise Usage("holds no samples: folders with sr/ and fhir/ are wanted", str(root))
    same = [_patient(folder, options) for folder in folders]
    words = (
        f"{sum(same)}/{len(same)}人: SRとFHIRの判定が一致",
        f"{sum(same)} of {len(same)} patients: SR and FHIR give the same grade",
    )
    print(text.pick(words, options.lang))
    return 0 if all(same) else 1


def samples() -> Path:
    """Return the samples' folder: ``sample_data`` of a checkout, else the set in the wheel."""
    checkout = Path(__file__).parents[2] / "sample_data"
    return checkout if checkout.is_dir() else Path(str(resources.files("adapter"))) / "_demo"


def _patient(folder: Path, options: argparse.Namespace) -> bool:
    given = settings.options(options)
    outcomes = {f: pipeline.grade(pipeline.sources([folder / f]), given) for f in FORMATS}
    outcome = outcomes["sr"]
    same = grades(outcomes["sr"]) == grades(outcomes["fhir"])
    print(folder.name)
    for line in _lines(outcome, options.lang):
        print(f"  {line}")
    outputs = {kind: pipeline.write(outcome, kind, given) for kind in ("fhir", "sr")}
    for path in deliver(outputs, options.output, folder.name):
        print(f"  → {path}")
    if not same:
        print(f"  {text.pick(('SRとFHIRの判定が異なる', 'SR and FHIR differ'), options.lang)}")
    print()
    return same


def _lines(outcome: Outcome, lang: str) -> list[str]:
    """Return headline, strongest reason and what would raise it, of each conclusion."""
    graded, terms = outcome.graded, outcome.terms
    lines = []
    for conclusion in graded.conclusions:
        lines.append(text.headline(conclusion, terms, lang))
        reason = text.reason(graded, conclusion, terms, lang)
        lines.append(f"  {text.pick(('根拠', 'Reason'), lang)}: {reason}")
        for missing in conclusion.missing[:1]:
            raises = text.pick(("上げるには", "To raise it"), lang)
            lines.append(f"  {raises}: {text.missing(graded, missing, terms, lang)}")
    return lines


def grades(outcome: Outcome) -> object:
    """Return the conclusions without their sources, to compare formats by."""
    return _without_sources(result(outcome.graded, outcome.terms)["conclusions"])


def _without_sources(value: object) -> object:
    if isinstance(value, dict):
        return {k: _without_sources(v) for k, v in value.items() if k != "sources"}
    return [_without_sources(v) for v in value] if isinstance(value, list) else value
