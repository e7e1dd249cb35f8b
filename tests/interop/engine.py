"""HL7's validation engine for the tests: files in, what it says of them out.

``make interop`` builds it (``validator/``). One process reads all files of a FHIR release, for its
start takes longer than two dozen files. ``CSFLEAK_PROFILES`` names folders (parted as in ``PATH``)
of a guide's StructureDefinitions, ValueSets and CodeSystems as JSON: they are known to it, too.
"""

import json
import os
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.interop import definitions

BUILT = Path(__file__).parent / "validator" / "target"
PATIENCE = 900  # seconds, for all files of a release
_JAVA = ("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xmx2g")
_QUIET = "-Dorg.slf4j.simpleLogger.defaultLogLevel=error"
_GUIDES = ("StructureDefinition", "ValueSet", "CodeSystem")


@dataclass(frozen=True, slots=True)
class Message:
    """One message; ``id`` is the engine's own name for it, empty where the JSON parser speaks."""

    file: str
    severity: str
    location: str
    id: str
    text: str

    @property
    def is_error(self) -> bool:
        """Whether a receiver that validates would refuse the file for it."""
        return self.severity in ("error", "fatal")


def validate(release: str, files: Mapping[str, bytes], folder: Path) -> list[Message]:
    """Return what the engine says of `files` by name; `folder` is empty and takes copies."""
    given, known = folder / "given", folder / "known"
    given.mkdir(parents=True)
    known.mkdir()
    for name, data in files.items():
        (given / f"{name}.json").write_bytes(data)
    definitions.write(known)
    for guide in guides():
        shutil.copy(guide, known)
    done = subprocess.run(
        [*_command(), release, str(given), str(known)],
        capture_output=True,
        encoding="utf-8",
        timeout=PATIENCE,
    )
    assert done.returncode in (0, 1), done.stderr[-2000:]
    found = [_message(json.loads(line)) for line in done.stdout.splitlines()]
    assert any(m.is_error for m in found) == bool(done.returncode), done.stderr[-2000:]
    return found


def guides() -> list[Path]:
    """Return the definitions of guides that are at hand beside FHIR's own."""
    named = os.environ.get("CSFLEAK_PROFILES", "")
    folders = [Path(part) for part in named.split(os.pathsep) if part]
    return [f for folder in folders for kind in _GUIDES for f in sorted(folder.glob(f"{kind}-*"))]


def _command() -> list[str]:
    path = os.pathsep.join((str(BUILT / "classes"), str(BUILT / "dependency" / "*")))
    return ["java", *_JAVA, _QUIET, "-cp", path, "interop.Validate"]


def _message(told: Mapping[str, str | None]) -> Message:
    return Message(
        (told["file"] or "").removesuffix(".json"),
        told["severity"] or "",
        told["location"] or "",
        told["id"] or "",
        told["text"] or "",
    )
