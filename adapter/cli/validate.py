"""Files against the rules of their formats: ``validate``."""

import argparse
import sys

from adapter import gates
from adapter.cli import settings
from adapter.errors import RefusedInput


def run(options: argparse.Namespace) -> int:
    """Print every breach; return 1 where one is an error or a file could not be asked."""
    failed = False
    for name, data in settings.sources(options.inputs):
        try:
            breaches = gates.check(data, name)
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
