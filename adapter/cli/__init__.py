"""``csfleak``: parses, calls the pipeline, prints. Results on stdout, messages on stderr.

Exit codes: 0 done; 1 done, with inputs refused or differences found; 2 wrong usage; 3 stopped by
the environment, to be run again; 4 no result from these inputs.
"""

import argparse
import io
import sys
from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path
from typing import TypeAlias

from adapter import __version__
from adapter.cli import batch, settings
from adapter.errors import AdapterError

DONE, PARTLY, USAGE, ENVIRONMENT, NO_RESULT = 0, 1, 2, 3, 4


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    _utf8()
    options = _parser().parse_args(arguments)
    command: Command = options.command
    try:
        return command(options)
    except AdapterError as error:
        print(f"csfleak: {error}", file=sys.stderr)
        return error.exit_code
    except BrokenPipeError:
        # The reader of our output went away; there is nobody left to tell.
        sys.stderr.close()
        return ENVIRONMENT
    except OSError as error:
        what = error.strerror or type(error).__name__
        print("csfleak:", ": ".join(str(w) for w in (error.filename, what) if w), file=sys.stderr)
        return ENVIRONMENT
    except KeyboardInterrupt:
        print("csfleak: stopped", file=sys.stderr)
        return ENVIRONMENT
    except Exception as error:  # a fault of ours; its own words may hold what an input says
        print(f"csfleak: internal error, nothing more is done: {_place(error)}", file=sys.stderr)
        return NO_RESULT


def _place(error: Exception) -> str:
    """Return what kind of error it is and where it came from, without its message."""
    import traceback

    frames = [
        f"{Path(f.filename).name}:{f.lineno}" for f in traceback.extract_tb(error.__traceback__)
    ]
    return f"{type(error).__name__} ({' > '.join(frames[-6:])}); please report it"


def _utf8() -> None:
    """Write UTF-8 whatever the console's code page, and never fail on a character."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="csfleak",
        description="Imaging findings of CSF leak from DICOM SR or FHIR: graded by the Japanese "
        "criteria of 2011, written back as FHIR and DICOM SR. Decision support.",
        epilog="exit codes: 0 done; 1 done, with inputs refused or differences; 2 wrong usage; "
        "3 stopped by the environment, run again; 4 no result",
    )
    parser.add_argument("--version", action="version", version=f"csfleak {__version__}")
    commands = parser.add_subparsers(
        prog="csfleak", title="commands", required=True, metavar="COMMAND"
    )
    _grade(commands)
    _explain(commands)
    _convert(commands)
    _validate(commands)
    _compare(commands)
    _roundtrip(commands)
    _terminology(commands)
    _mappings(commands)
    _vectors(commands)
    batch.add(commands)
    _demo(commands)
    return parser


Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"
Command: TypeAlias = Callable[[argparse.Namespace], int]


def _late(module: str, name: str) -> Command:
    """Return a command that imports its module when it is run: the others start without it."""

    def command(options: argparse.Namespace) -> int:
        found: Command = getattr(import_module(f"adapter.cli.{module}"), name)
        return found(options)

    return command


def _grade(commands: Commands) -> None:
    parser = commands.add_parser("grade", help="the conclusions, with their trail")
    settings.add_inputs(parser)
    parser.add_argument("--format", choices=("text", "json"), default="text")
    settings.add_common(parser)
    parser.set_defaults(command=_late("show", "run_grade"))


def _explain(commands: Commands) -> None:
    parser = commands.add_parser("explain", help="every finding, with what it rests on")
    settings.add_inputs(parser)
    settings.add_common(parser)
    parser.set_defaults(command=_late("show", "run_explain"))


def _convert(commands: Commands) -> None:
    parser = commands.add_parser("convert", help="the graded report as files")
    settings.add_inputs(parser)
    parser.add_argument(
        "-o", "--output", required=True, metavar="DIR|-",
        help="folder for <case>.fhir.json, <case>.sr.dcm, …; - writes one output to stdout",
    )  # fmt: skip
    parser.add_argument(
        "--to", default="fhir,sr", metavar="KINDS", help="fhir, sr, findings; separated by commas"
    )
    settings.add_writing(parser)
    settings.add_common(parser)
    parser.set_defaults(command=_late("files", "run_convert"))


def _validate(commands: Commands) -> None:
    parser = commands.add_parser("validate", help="files against the rules of their formats")
    settings.add_inputs(parser)
    parser.add_argument(
        "--tools", default="all", metavar="NAMES",
        help="validators to ask of SRs where installed: dciodvfy, dsrdump, pixelmed (slow); none",
    )  # fmt: skip
    parser.add_argument("--format", choices=("text", "json"), default="text")
    parser.set_defaults(command=_late("validate", "run"))


def _terminology(commands: Commands) -> None:
    parser = commands.add_parser("terminology", help="the vocabulary for a partner system")
    inner = parser.add_subparsers(title="actions", required=True, metavar="ACTION")
    export = inner.add_parser("export", help="FHIR packages (R4, R5) and DICOM tables")
    export.add_argument("-o", "--output", type=Path, required=True, metavar="DIR")
    settings.add_common(export)
    export.set_defaults(command=_late("terminology", "run_export"))


def _mappings(commands: Commands) -> None:
    parser = commands.add_parser("mappings", help="the mappings: check them, find what they lack")
    inner = parser.add_subparsers(title="actions", required=True, metavar="ACTION")
    check = inner.add_parser("check", help="codes, displays and lengths, overlays too")
    settings.add_common(check)
    check.set_defaults(command=_late("mappings", "run_check"))
    suggest = inner.add_parser("suggest", help="unmapped codes with the nearest concepts, as TOML")
    settings.add_inputs(suggest)
    settings.add_common(suggest)
    suggest.set_defaults(command=_late("mappings", "run_suggest"))


def _compare(commands: Commands) -> None:
    parser = commands.add_parser(
        "compare", help="whether two inputs state the same findings and grades"
    )
    for name in ("a", "b"):
        parser.add_argument(name, metavar=name.upper(), help="a file, a folder or a FHIR URL")
    parser.add_argument("--format", choices=("text", "json"), default="text")
    settings.add_common(parser)
    parser.set_defaults(command=_late("compare", "run_compare"))


def _roundtrip(commands: Commands) -> None:
    parser = commands.add_parser(
        "roundtrip", help="what an SR loses through FHIR and back, or FHIR through an SR"
    )
    settings.add_inputs(parser)
    parser.add_argument("--format", choices=("text", "json"), default="text")
    settings.add_common(parser)
    parser.set_defaults(command=_late("compare", "run_roundtrip"))


def _vectors(commands: Commands) -> None:
    parser = commands.add_parser("vectors", help="graded test inputs, and the check of a system")
    inner = parser.add_subparsers(title="actions", required=True, metavar="ACTION")
    make = inner.add_parser("make", help="a set of vectors with what has to come of them")
    make.add_argument("-o", "--output", type=Path, required=True, metavar="DIR")
    check = inner.add_parser("check", help="what a system made of a set, rule by rule")
    check.add_argument(
        "results", nargs="?", metavar="DIR|URL",
        help="a folder of its results (ID.json, ID.dcm …), or its $grade operation; without it "
        "and without --run this package is checked",
    )  # fmt: skip
    check.add_argument("--vectors", type=Path, metavar="DIR", help="the set; without it, made anew")
    check.add_argument("--run", metavar="COMMAND", help="asks a command: 'tool {inputs}'")
    check.add_argument("--formats", default="sr,fhir,findings", metavar="LIST")
    check.add_argument(
        "--report", action="append", default=[], type=Path, metavar="FILE",
        help="the report as FILE.xml (JUnit), FILE.html or FILE.json",
    )  # fmt: skip
    for one, command in (
        (make, _late("vectors", "run_make")),
        (check, _late("vectors", "run_check")),
    ):
        one.add_argument("--seed", type=int, default=0, help="names and dates of the patients")
        one.add_argument("--size", choices=("small", "full"), default="small")
        settings.add_common(one)
        one.set_defaults(command=command)


def _demo(commands: Commands) -> None:
    parser = commands.add_parser("demo", help="grade the sample patients and write their reports")
    parser.add_argument(
        "-o", "--output", type=Path, default=Path("demo-output"), metavar="DIR",
        help="folder for the reports (demo-output)",
    )  # fmt: skip
    parser.add_argument("--samples", type=Path, metavar="DIR", help="another folder of samples")
    settings.add_common(parser)
    parser.set_defaults(command=_late("demo", "run"))
