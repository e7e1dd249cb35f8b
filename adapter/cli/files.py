"""Outputs to files, each there whole or not at all: ``convert``."""

import argparse
import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path

from adapter import pipeline
from adapter.cli import settings, show
from adapter.errors import Environment, RefusedInput, Usage
from adapter.writers import WRITERS
from adapter.writers.ids import case_name

_ENDINGS = {kind: ending for kind, (_, ending) in WRITERS.items()} | {"amends": ".amends.fhir.json"}


def run_convert(options: argparse.Namespace) -> int:
    """Write the outputs of one case; return 1 where an input was refused."""
    kinds = [kind.strip() for kind in options.to.split(",") if kind.strip()]
    for kind in kinds:
        if kind not in WRITERS:
            raise Usage(f"--to {kind} is none of {', '.join(WRITERS)}")
    if not kinds:
        raise Usage(f"--to names no kind; there is {', '.join(WRITERS)}")
    if options.output == "-" and len(kinds) != 1:
        raise Usage("-o - takes one kind: --to fhir")
    old = settings.sources(options.replaces, options.settings)
    if options.replaces and not old:
        raise RefusedInput("--replaces holds no file", options.replaces[0])
    chosen = pipeline.replacing(settings.options(options), old)
    known = {data for _, data in old}
    given = settings.sources(options.inputs, options.settings)
    outcome = pipeline.grade([one for one in given if one[1] not in known], chosen)
    if pipeline.unchanged(outcome, chosen):
        show.tell(outcome, quiet=options.quiet, verbose=options.verbose)
        print("unchanged: the report that is to be replaced says the same", file=sys.stderr)
        return show.exit_code(outcome)
    outputs = {kind: pipeline.write(outcome, kind, chosen) for kind in kinds}
    if options.check:
        _check(outputs)
    if options.output == "-":
        sys.stdout.buffer.write(outputs[kinds[0]])
        sys.stdout.buffer.flush()
    else:
        amends = pipeline.amends(outcome, chosen) if "fhir" in kinds else None
        marked = {"amends": amends} if amends is not None else {}
        for path in deliver(outputs | marked, Path(options.output), case_name(outcome.graded)):
            print(path)
    show.tell(outcome, quiet=options.quiet, verbose=options.verbose)
    if "sr" in kinds and not options.quiet:
        _tell_left_out(outcome, chosen)
    if old and not options.quiet:
        _tell_withdrawn(outputs.get("fhir", b"[]"))
        if "sr" in kinds and not chosen.write.predecessors:
            print("the SR names no predecessor: --replaces takes the old SR, too", file=sys.stderr)
    return show.exit_code(outcome)


def _tell_left_out(outcome: pipeline.Outcome, chosen: pipeline.Options) -> None:
    """Tell what the kind of SR that is asked for has no place for."""
    from adapter.writers import dicom_sr

    for issue in dicom_sr.told(outcome.graded, chosen.write):
        where = f"{issue.document} {issue.expression}".strip()
        print(f"{where}: {issue.severity}: {issue.code}: {issue.diagnostics}", file=sys.stderr)


def _tell_withdrawn(fhir: bytes) -> None:
    """Tell what the earlier version said and no input says now: an input may be forgotten."""
    bundle = json.loads(fhir)
    entries = bundle.get("entry", []) if isinstance(bundle, dict) else []
    gone = sum(e["resource"].get("status") == "entered-in-error" for e in entries)
    if gone:
        what = f"{gone} resources of the earlier version are taken back (entered-in-error)"
        print(f"{what}: no input states them now", file=sys.stderr)


def _check(outputs: Mapping[str, bytes]) -> None:
    """Raise RefusedInput where an output breaks a rule: nothing of the case is delivered then."""
    from adapter import gates

    for kind in (k for k in outputs if k in ("fhir", "sr")):
        errors = [b for b in gates.check(outputs[kind], kind) if b.severity == gates.ERROR]
        if errors:
            told = "; ".join(f"{b.path} {b.gate} {b.rule}: {b.text}" for b in errors[:3])
            raise RefusedInput(f"{len(errors)} breaches, not delivered: {told}", kind)


def deliver(outputs: Mapping[str, bytes], folder: Path, case: str) -> list[Path]:
    """Write outputs as ``<case><ending>`` into a folder, by rename; return the paths."""
    paths = []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for kind, data in outputs.items():
            path = folder / f"{case}{_ENDINGS[kind]}"
            temporary = folder / f".{path.name}.{os.getpid()}"
            temporary.write_bytes(data)
            temporary.replace(path)
            paths.append(path)
    except OSError as error:
        raise Environment(f"cannot be written: {error.strerror}", str(folder)) from error
    return paths
