"""The vocabulary as files for a partner system: ``terminology export``."""

import argparse
from pathlib import Path

from adapter import terminology, terms
from adapter.cli import settings
from adapter.errors import Environment


def run_export(options: argparse.Namespace) -> int:
    """Write the export below a folder and print its files; return 0."""
    known = terms.load(settings.mappings(options))
    found = terminology.export(known, settings.table_of(options.settings))
    folder = Path(options.output)
    try:
        for name, data in found.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
            print(path)
    except OSError as error:
        raise Environment(f"cannot be written: {error.strerror}", str(folder)) from error
    return 0
