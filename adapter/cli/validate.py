"""Files against the rules of their formats: ``validate``."""

import argparse
import json
import sys
from collections.abc import Sequence

from adapter import gates
from adapter.cli import settings
from adapter.errors import RefusedInput, Usage


def run(options: argparse.Namespace) -> int:
    """Print every breach, in words or as JSON; return 1 where one is an error or a file refused."""
    failed = False
    inputs = settings.sources(options.inputs)
    if not inputs:
        raise RefusedInput("no input was given; name a file, a folder, or - for stdin")
    tools = _tools(options.tools, any(_is_sr(data) for _, data in inputs))
    rows: list[dict[str, str]] = []
    for name, data in inputs:
        try:
            breaches = gates.check(data, name, tools)
        except RefusedInput as error:
            print(f"csfleak: {error}", file=sys.stderr)
            rows.append(_row(name, gates.Breach("reader", "refused", "fatal", "", str(error))))
            failed = True
            continue
        rows += [_row(name, one) for one in breaches]
        errors = sum(one.severity == gates.ERROR for one in breaches)
        if options.format == "text":
            _print(name, breaches, errors)
        failed = failed or errors > 0
    if options.format == "json":
        print(json.dumps(rows, ensure_ascii=False, indent=1))
    return 1 if failed else 0


def _print(name: str, breaches: Sequence[gates.Breach], errors: int) -> None:
    for one in breaches:
        print(f"{name} {one.path}: {one.severity}: {one.gate} {one.rule}: {one.text}")
    warnings = sum(one.severity == gates.WARNING for one in breaches)
    print(f"{name}: {errors} errors, {warnings} warnings")


def _row(name: str, breach: gates.Breach) -> dict[str, str]:
    """Return one breach as ``--format json`` lists it; ``fatal`` is a file nobody could ask."""
    return {
        "file": name,
        "gate": breach.gate,
        "rule": breach.rule,
        "severity": breach.severity,
        "path": breach.path,
        "text": breach.text,
    }


def _is_sr(data: bytes) -> bool:
    from adapter.sr.decode import sniff

    return sniff(data)


def _tools(text: str, wanted: bool) -> tuple[str, ...]:
    """Return the validators of SRs to ask that are installed; tell which are not, where `wanted`.

    Raises
    ------
    Usage
        A name is none of them.
    """
    from adapter.gates import sr_tools

    names = {"all": sr_tools.NAMES, "none": ()}.get(text, tuple(filter(None, text.split(","))))
    unknown = sorted(set(names) - set(sr_tools.NAMES))
    if unknown:
        raise Usage(f"--tools {unknown[0]}: there are {', '.join(sr_tools.NAMES)}, all, none")
    gone = sr_tools.absent(names)
    if gone and wanted:
        words = f"not installed, and so not asked of SRs: {', '.join(gone)} (docs/writing-sr.md)"
        print(f"csfleak: information: {words}", file=sys.stderr)
    return tuple(name for name in names if name not in gone)
