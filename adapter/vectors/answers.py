"""Ways to a system's answers: this package, a folder of results, a command, a FHIR operation.

Source: `adapter.vectors.check.Answer`.
"""

import shlex
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from adapter import criteria, pipeline
from adapter.errors import AdapterError, Environment, Usage
from adapter.merge import MergeOptions
from adapter.vectors.check import Answer
from adapter.writers.result import result


def own(folder: Path, options: pipeline.Options) -> Answer:
    """Return how this package answers the vectors of a set."""

    def answer(row: Mapping[str, Any], format: str) -> bytes | None:
        import orjson

        chosen = pipeline.Options(
            policy=criteria.policy(row.get("policy")),
            read=options.read,
            merge=MergeOptions(same_patient=True),
            mappings=options.mappings,
            systems=options.systems,
        )
        try:
            outcome = pipeline.grade(_inputs(folder, row, format), chosen)
        except AdapterError:
            return None
        return orjson.dumps(result(outcome.graded, outcome.terms))

    return answer


def _inputs(folder: Path, row: Mapping[str, Any], format: str) -> list[pipeline.Source]:
    paths = [folder / path for path in row["inputs"][format]]
    return [(path.name, path.read_bytes()) for path in paths]


def from_folder(results: Path) -> Answer:
    """Return the answers that stand in a folder: ``FORMAT/ID.*``, or ``ID.*`` for every format."""
    if not results.is_dir():
        raise Usage("no such folder of results", str(results))

    def answer(row: Mapping[str, Any], format: str) -> bytes | None:
        for place in (results / format, results):
            for path in sorted(place.glob(f"{row['id']}.*")):
                return path.read_bytes()
        return None

    return answer


def by_command(folder: Path, command: str) -> Answer:
    """Return what a command prints: ``{inputs}`` stands for the paths of a vector's files."""
    try:
        words = shlex.split(command)
    except ValueError as error:
        raise Usage(f"--run: the command is not whole: {error}") from error
    if "{inputs}" not in words:
        raise Usage("--run COMMAND names the files of a vector as {inputs}")

    def answer(row: Mapping[str, Any], format: str) -> bytes | None:
        paths = [str(folder / path) for path in row["inputs"][format]]
        line = [w for word in words for w in (paths if word == "{inputs}" else [word])]
        try:
            ended = subprocess.run(line, capture_output=True, timeout=120, check=False)
        except FileNotFoundError as error:
            raise Usage(f"no such command: {words[0]}") from error
        except subprocess.TimeoutExpired:
            return None
        return ended.stdout or None

    return answer


def by_operation(folder: Path, url: str) -> Answer:
    """Return what a FHIR operation answers to a vector's Bundle: ``POST URL``."""

    def answer(row: Mapping[str, Any], format: str) -> bytes | None:
        import httpx

        data = (folder / row["inputs"][format][0]).read_bytes()
        headers = {"Content-Type": "application/fhir+json", "Accept": "application/fhir+json"}
        try:
            given = httpx.post(url, content=data, headers=headers, timeout=60)
        except httpx.HTTPError as error:
            raise Environment(f"does not answer ({type(error).__name__})", url) from error
        return given.content if given.status_code < 300 else None

    return answer
