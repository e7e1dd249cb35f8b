"""What two cases do not say alike: ``compare`` and ``roundtrip``."""

import argparse
import json
from collections.abc import Sequence
from dataclasses import replace

from adapter import pipeline
from adapter.cli import settings, show
from adapter.errors import Usage
from adapter.merge.differences import Difference, graded_differences
from adapter.model import Graded
from adapter.pipeline import Options, Outcome, Source

_WAYS = {"dicom-sr": ("fhir", "sr"), "fhir": ("sr", "fhir"), "findings": ("fhir", "sr")}
"""By the format of the input: what it is written as, one after the other."""


def run_compare(options: argparse.Namespace) -> int:
    """Print how two cases differ in findings and grades; return 1 where they do."""
    chosen = settings.options(options)
    if options.a == options.b == "-":
        raise Usage("- stands twice: stdin can be read once")
    one, other = (
        pipeline.grade(settings.sources([text], options.settings), chosen)
        for text in (options.a, options.b)
    )
    found = graded_differences(one.graded, other.graded)
    _print(found, ("A", "B"), options.format)
    return _told((one, other), found, options)


def run_roundtrip(options: argparse.Namespace) -> int:
    """Print what a case loses on its way through the other format and back; return 1 for any."""
    outcome, found = roundtrip(
        settings.sources(options.inputs, options.settings), settings.options(options)
    )
    _print(found, ("before", "after"), options.format)
    return _told((outcome,), found, options)


def roundtrip(inputs: Sequence[Source], options: Options) -> tuple[Outcome, tuple[Difference, ...]]:
    """Return a graded case, and how it differs once written in the other format and back.

    An SR goes through FHIR, FHIR through an SR, findings JSON through both.

    Raises
    ------
    AdapterError
        No input could be read, or what is written cannot be: see `adapter.pipeline`.
    """
    outcome = pipeline.grade(inputs, options)
    used = next(i for i in outcome.graded.case.inputs if i.status == "used")
    again = through(outcome, _WAYS[used.format], options)
    return outcome, graded_differences(outcome.graded, again, made_of=True)


def through(outcome: Outcome, formats: Sequence[str], options: Options) -> Graded:
    """Return the case as it is read again after being written in each format in turn."""
    whole = replace(options, write=replace(options.write, bundle="collection"))
    for kind in formats:
        data = pipeline.write(outcome, kind, whole)
        outcome = pipeline.grade([(f"written as {kind}", data)], whole)
    return outcome.graded


def _print(found: Sequence[Difference], sides: tuple[str, str], form: str) -> None:
    if form == "json":
        rows = [{"path": d.path, sides[0]: d.a, sides[1]: d.b} for d in found]
        print(json.dumps({"differences": rows}, ensure_ascii=False, indent=1))
        return
    for one in found:
        print(f"{one.path}\n  {sides[0]}: {_shown(one.a)}\n  {sides[1]}: {_shown(one.b)}")
    print(f"{len(found)} difference{'' if len(found) == 1 else 's'}")


def _shown(said: str) -> str:
    return said.replace("\n", "\n    ") or "-"


def _told(
    outcomes: Sequence[Outcome], found: Sequence[Difference], options: argparse.Namespace
) -> int:
    """Tell what of the inputs was refused, on stderr; return the exit code."""
    refused = False
    for outcome in outcomes:
        show.tell(outcome, quiet=not options.verbose, verbose=options.verbose)
        refused = refused or bool(outcome.refused)
    return 1 if found or refused else 0
