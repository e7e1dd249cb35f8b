"""Command-line options and the settings file to what the pipeline takes."""

import argparse
import os
import re
import sys
from pathlib import Path
from typing import Any

from adapter import criteria, pipeline
from adapter.cli import settings_file
from adapter.errors import Usage
from adapter.merge import MergeOptions
from adapter.readers.options import ReadOptions
from adapter.writers.options import WriteOptions

_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)")
"""Of what ISO 8601 allows, the form that FHIR and DICOM are written of."""


def add_inputs(parser: argparse.ArgumentParser) -> None:
    """Add the inputs: files, folders or URLs of one patient, or ``-``."""
    parser.add_argument(
        "inputs",
        nargs="+",
        metavar="INPUT",
        help="files, folders or FHIR URLs of one patient; - for stdin",
    )


def add_common(parser: argparse.ArgumentParser) -> None:
    """Add the options that every command has."""
    parser.add_argument("--policy", action="append", default=[], metavar="NAME=VALUE")
    parser.add_argument(
        "--mappings", action="append", default=[], type=Path, metavar="FILE|DIR",
        help="mapping overlays (TOML), laid over the project's own",
    )  # fmt: skip
    parser.add_argument("--settings", type=Path, metavar="FILE", help="settings (TOML)")
    parser.add_argument("--lang", choices=("ja", "en"), default="ja")
    parser.add_argument("--timezone", metavar="ZONE", help="offset for times without one: +09:00")
    parser.add_argument("--now", metavar="INSTANT", help="the instant of writing, with zone")
    parser.add_argument("--strict", action="store_true", help="refuse inputs that deviate")
    parser.add_argument(
        "--salvage", action="store_true",
        help="list what is whole in a damaged input; every conclusion is then withheld",
    )  # fmt: skip
    parser.add_argument(
        "--same-patient", action="store_true", help="vouch for inputs without a patient identifier"
    )
    parser.add_argument("-q", "--quiet", action="store_true", help="no messages but errors")
    parser.add_argument("-v", "--verbose", action="store_true", help="information, too")


def add_writing(parser: argparse.ArgumentParser) -> None:
    """Add the options that shape outputs."""
    parser.add_argument(
        "--profile", default="base", metavar="NAME",
        help="what the FHIR output conforms to: base, jp-core, imr, eu, us-core",
    )  # fmt: skip
    parser.add_argument("--fhir", choices=("r4", "r5"), default="r4", help="the FHIR release")
    parser.add_argument(
        "--bundle", choices=("transaction", "collection", "document", "none"),
        help="how FHIR resources are packed (transaction, or what the profile asks for)",
    )  # fmt: skip
    parser.add_argument(
        "--presented-form", action="store_true", help="the report as an HTML page in the FHIR, too"
    )
    parser.add_argument(
        "--sr", choices=("comprehensive", "comprehensive3d", "enhanced", "basic-text"),
        default="comprehensive", help="kind of SR; basic-text is a report in words alone",
    )  # fmt: skip
    parser.add_argument("--charset", choices=("utf8", "iso-2022-jp"), default="utf8")
    parser.add_argument("--implicit-vr", action="store_true", help="for old DICOM receivers")
    parser.add_argument("--verified-by", metavar="NAME", help="the physician who signs")
    parser.add_argument(
        "--replaces", action="append", default=[], metavar="FILE|URL",
        help="an earlier version of the report, FHIR or SR: it is replaced, never read as findings",
    )  # fmt: skip
    parser.add_argument(
        "--report-id", metavar="TEXT",
        help="your own key of the report, the same for all its versions (docs/report-life.md)",
    )  # fmt: skip
    parser.add_argument(
        "--check", action="store_true", help="deliver nothing that breaks a rule of its format"
    )


def options(given: argparse.Namespace) -> pipeline.Options:
    """Return the pipeline's options that a command line and its settings file make.

    Raises
    ------
    Usage
        A policy, zone or settings file that cannot be used.
    """
    table = table_of(given.settings)
    zone = table.get("timezone") if given.timezone is None else given.timezone
    if zone is not None and not settings_file.ZONE.fullmatch(zone):
        raise Usage(f"--timezone {zone}: an offset is wanted, such as +09:00")
    return pipeline.Options(
        policy=criteria.policy({**table.get("policy", {}), **_policies(given.policy)}),
        read=ReadOptions(timezone=zone, strict=given.strict, salvage=given.salvage),
        merge=MergeOptions(
            same_patient=given.same_patient,
            issuers=tuple((a, b) for a, b in table.get("issuers", ())),
        ),
        write=WriteOptions(
            lang=given.lang,
            **_writing(given),
            snomed=table.get("snomed", "dicom-subset"),
            now=_now(given.now),
            timezone=zone,
            settings={k: v for k, v in table.items() if k != "server"},  # holds secrets
        ),
        mappings=mappings(given),
        systems=tuple(sorted(table.get("systems", {}).items())),
    )


def mappings(given: argparse.Namespace) -> tuple[Path, ...]:
    """Return the overlays: of ``CSFLEAK_MAPPINGS`` (paths as in PATH), then of the options."""
    named = os.environ.get("CSFLEAK_MAPPINGS", "").split(os.pathsep)
    return (*(Path(path) for path in named if path), *given.mappings)


def _writing(given: argparse.Namespace) -> dict[str, Any]:
    """Return the options of `add_writing`, where the command has them."""
    fhir = ("profile", "fhir", "bundle", "presented_form")
    names = (*fhir, "sr", "charset", "implicit_vr", "verified_by", "report_id")
    for name in ("verified_by", "report_id"):
        said = getattr(given, name, None)
        if said is not None and (not said.strip() or settings_file.CONTROL.search(said)):
            option = f"--{name.replace('_', '-')}"
            raise Usage(f"{option}: a text is wanted, not blank and without control characters")
    return {name: getattr(given, name) for name in names if hasattr(given, name)}


def _policies(settings: list[str]) -> dict[str, str]:
    pairs = [text.partition("=") for text in settings]
    for name, equals, _ in pairs:
        if not equals:
            raise Usage(f"--policy {name}: NAME=VALUE is wanted")
    return {name: value for name, _, value in pairs}


def _now(text: str | None) -> str | None:
    if text is None:
        return None
    from datetime import datetime

    try:
        datetime.fromisoformat(text)
        known = _INSTANT.fullmatch(text) is not None
    except ValueError:
        known = False
    if not known:
        raise Usage(f"--now {text}: an instant with its zone is wanted, 2026-03-02T10:00:00+09:00")
    return text


def table_of(path: Path | None) -> dict[str, Any]:
    """Return the settings file as a table; an empty one without a file."""
    if path is None:
        return {}
    return settings_file.read(path)


def sources(inputs: list[str], settings: Path | None = None) -> list[pipeline.Source]:
    """Return name and bytes of the inputs; ``-`` is what stands on stdin, a URL is fetched.

    Raises
    ------
    AdapterError
        A path does not exist or cannot be read, or a server does not give what is asked for.
    """
    found: list[pipeline.Source] = []
    if inputs.count("-") > 1:
        raise Usage("- stands twice: stdin can be read once")
    for text in inputs:
        if text == "-":
            found.append(("stdin", sys.stdin.buffer.read()))
        elif text.lower().startswith(("http://", "https://")):
            found.append(_fetched(text, settings))
        else:
            found += pipeline.sources([Path(text)])
    return found


def _fetched(url: str, settings: Path | None) -> pipeline.Source:
    from adapter.readers import fhir_server

    table = table_of(settings).get("server", {})
    try:
        asked = fhir_server.server_options(table)
    except Usage as error:
        raise Usage(error.message, f"{settings}, {error.where}") from error
    return fhir_server.name(url), fhir_server.fetch(url, asked)
