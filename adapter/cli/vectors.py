"""Test vectors for other systems and for this one: ``vectors make`` and ``vectors check``."""

import argparse
import sys
import tempfile
from pathlib import Path

from adapter import pipeline
from adapter.cli import settings
from adapter.errors import Environment, Usage
from adapter.vectors import answers, check, make, reports


def run_make(options: argparse.Namespace) -> int:
    """Write a set of vectors below a folder; return 0."""
    known = settings.options(options)
    count = _write(known, options.output, options.seed, options.size)
    print(f"{count} files in {options.output}", file=sys.stderr)
    return 0


def _write(known: pipeline.Options, folder: Path, seed: int, size: str) -> int:
    count = 0
    try:
        for name, data in make.files(known.terms, seed=seed, size=size):
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
            count += 1
    except OSError as error:
        raise Environment(f"cannot be written: {error.strerror}", str(folder)) from error
    return count


def run_check(options: argparse.Namespace) -> int:
    """Print what differs; return 1 where a vector does not pass."""
    known = settings.options(options)
    formats = _formats(options.formats)
    for path in options.report:
        if path.suffix not in reports.WRITERS:
            raise Usage(f"--report {path}: its ending is none of {', '.join(reports.WRITERS)}")
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.vectors
        if folder is None:
            folder = Path(temporary)
            _write(known, folder, options.seed, options.size)
        rows = check.manifest(folder)["vectors"]
        report = check.check(rows, _answer(options, folder, known), formats, known.terms)
    sys.stdout.write(reports.text(report))
    for path in options.report:
        _save(report, path)
    return 1 if report.failed else 0


def _formats(text: str) -> tuple[str, ...]:
    """Return the formats to check by; one that is none would check nothing, and pass."""
    found = tuple(filter(None, (f.strip() for f in text.split(","))))
    unknown = [f for f in found if f not in check.FORMATS]
    if unknown or not found:
        raise Usage(f"--formats {text}: there are {', '.join(check.FORMATS)}")
    return found


def _answer(options: argparse.Namespace, folder: Path, known: pipeline.Options) -> check.Answer:
    if options.run is not None:
        return answers.by_command(folder, options.run)
    if options.results is None:
        return answers.own(folder, known)
    if options.results.startswith(("http://", "https://")):
        return answers.by_operation(folder, options.results)
    return answers.from_folder(Path(options.results))


def _save(report: check.Report, path: Path) -> None:
    try:
        path.write_text(reports.WRITERS[path.suffix](report), "utf-8")
    except OSError as error:
        raise Environment(f"cannot be written: {error.strerror}", str(path)) from error
