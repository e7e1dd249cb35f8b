"""Files against the rules of their formats: ``validate``."""

import argparse
import sys

from adapter import gates
from adapter.cli import settings
from adapter.errors import RefusedInput, Usage


def run(options: argparse.Namespace) -> int:
    """Print every breach; return 1 where one is an error or a file could not be asked."""
    failed = False
    inputs = settings.sources(options.inputs)
    tools = _tools(options.tools, any(_is_sr(data) for _, data in inputs))
    for name, data in inputs:
        try:
            breaches = gates.check(data, name, tools)
        except RefusedInput as error:
            print(f"csfleak: {error}", file=sys.stderr)
            failed = True
            continue
        for one in breaches:
            print(f"{name} {one.path}: {one.severity}: {one.gate} {one.rule}: {one.text}")
        errors = sum(one.severity == gates.ERROR for one in breaches)
        print(f"{name}: {errors} errors, {len(breaches) - errors} warnings")
        failed = failed or errors > 0
    return 1 if failed else 0


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
