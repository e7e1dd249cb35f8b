"""Many inputs at once: ``batch run``, ``batch status``, ``batch report``."""

import argparse
import json
import signal
import sys
from pathlib import Path
from types import FrameType
from typing import TypeAlias

from adapter.cli import settings
from adapter.errors import Environment, Usage

Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"


def add(commands: Commands) -> None:
    """Add the command with its actions."""
    parser = commands.add_parser("batch", help="many inputs, grouped into cases, with a journal")
    inner = parser.add_subparsers(title="actions", required=True, metavar="ACTION")
    _add_run(inner)
    for name, words, command in (
        ("status", "how far the work in a folder is", run_status),
        ("report", "what came of everything: grades, rules, reasons", run_report),
    ):
        one = inner.add_parser(name, help=words)
        one.add_argument("destination", type=Path, metavar="DEST")
        one.add_argument("--format", choices=("text", "json"), default="text")
        one.set_defaults(command=command)


def _add_run(inner: Commands) -> None:
    parser = inner.add_parser("run", help="grade all that sources hold; run again, it goes on")
    parser.add_argument(
        "sources", nargs="*", type=Path, metavar="SRC",
        help="folders, files, zip and tar archives, NDJSON",
    )  # fmt: skip
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="DEST")
    parser.add_argument(
        "--list", action="append", default=[], type=Path, metavar="FILE",
        help="a CSV or NDJSON file of paths (column path), below its own folder",
    )  # fmt: skip
    parser.add_argument("--to", default="fhir,sr", metavar="KINDS", help="fhir, sr, findings")
    parser.add_argument(
        "--group", choices=("patient", "study", "accession", "file", "folder"), default="patient",
        help="what makes a case (patient: identifier and issuer)",
    )  # fmt: skip
    parser.add_argument(
        "--workers", type=_count, metavar="N", help="processes (one a core); 0: this one alone"
    )
    parser.add_argument(
        "--chunk", type=_positive, default=100, metavar="N", help="cases a worker takes at a time"
    )
    parser.add_argument("--limit", type=_positive, metavar="N", help="cases to make in this run")
    parser.add_argument(
        "--max-bytes", type=_positive, default=64 * 1024 * 1024, metavar="N",
        help="the largest input (67108864)",
    )  # fmt: skip
    parser.add_argument(
        "--patience", type=_positive, default=600, metavar="SECONDS",
        help="how long a worker may be silent before it is replaced (600)",
    )  # fmt: skip
    parser.add_argument(
        "--quarantine", choices=("copy", "link"), default="",
        help="put what was refused into DEST/quarantine, too; nothing is moved",
    )  # fmt: skip
    parser.add_argument(
        "--rehash", action="store_true", help="read inputs of unchanged size and time, too"
    )
    parser.add_argument(
        "--forget", action="store_true", help="let go of inputs that are no longer there"
    )
    _add_writing(parser)
    settings.add_common(parser)
    parser.set_defaults(command=run)


def _add_writing(parser: argparse.ArgumentParser) -> None:
    """Add the options of writing that make sense for many reports at once."""
    parser.add_argument("--profile", default="base", metavar="NAME", help="as of convert")
    parser.add_argument("--fhir", choices=("r4", "r5"), default="r4", help="the FHIR release")
    parser.add_argument("--bundle", choices=("transaction", "collection", "document", "none"))
    parser.add_argument("--presented-form", action="store_true", help="an HTML page in the FHIR")
    parser.add_argument(
        "--sr", choices=("comprehensive", "comprehensive3d", "enhanced", "basic-text"),
        default="comprehensive", help="kind of SR",
    )  # fmt: skip
    parser.add_argument("--charset", choices=("utf8", "iso-2022-jp"), default="utf8")
    parser.add_argument("--implicit-vr", action="store_true", help="for old DICOM receivers")
    parser.add_argument(
        "--check", action="store_true", help="deliver nothing that breaks a rule of its format"
    )


def _count(text: str) -> int:
    number = int(text)
    if number < 0:
        raise argparse.ArgumentTypeError("a number from 0 is wanted")
    return number


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("a number from 1 is wanted")
    return number


def run(given: argparse.Namespace) -> int:
    """Run or go on with a batch; return the exit code of its summary."""
    from dataclasses import replace

    from adapter import batch

    if not given.sources and not given.list:
        raise Usage("name a source, or a list of paths with --list")
    options = settings.options(given)
    options = replace(options, read=replace(options.read, max_bytes=given.max_bytes))
    workers = {} if given.workers is None else {"workers": given.workers}
    how = batch.BatchOptions(
        group=given.group,
        to=tuple(kind.strip() for kind in given.to.split(",") if kind.strip()),
        chunk=given.chunk,
        limit=given.limit,
        rehash=given.rehash,
        forget=given.forget,
        check=given.check,
        patience=given.patience,
        quarantine=given.quarantine,
        **workers,
    )
    before = signal.signal(signal.SIGTERM, _stop)
    try:
        summary = batch.run(
            given.sources, given.output, options, how, lists=given.list,
            told=(lambda line: None) if given.quiet else _tell,
        )  # fmt: skip
    except KeyboardInterrupt:
        raise Environment("stopped; run it again, and it goes on") from None
    finally:
        signal.signal(signal.SIGTERM, before)
    _print(summary)
    return summary.exit_code


def _stop(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _tell(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def _print(summary: object) -> None:
    from adapter.batch import Summary

    assert isinstance(summary, Summary)
    for title, counts in (("inputs", summary.inputs), ("cases", summary.cases)):
        told = ", ".join(f"{count:,} {name}" for name, count in counts.items() if count)
        print(f"{title}: {told or 'none'}")
    print(
        f"made in this run: {summary.made:,} ({summary.changed:,} with another grade than before)"
    )
    if summary.pending:
        print(f"still to be made: {summary.pending:,}")
    if summary.gone:
        print(f"files no longer there: {summary.gone:,} (their reports stay; --forget lets go)")


def run_status(given: argparse.Namespace) -> int:
    """Print how far a batch is."""
    from adapter import batch

    return _show(batch.status(given.destination), given.format)


def run_report(given: argparse.Namespace) -> int:
    """Print what came of a batch."""
    from adapter import batch

    return _show(batch.report(given.destination), given.format)


def _show(found: dict[str, object], format: str) -> int:
    from adapter import batch

    if format == "json":
        print(json.dumps(found, ensure_ascii=False, indent=1))
    else:
        print("\n".join(batch.lines(found)))
    return 0
