"""What each reader makes of every SR file at hand: ours, pydicom, highdicom, DCMTK and dcmqi.

``python -m benchmarks.sr_readers`` reads the files of the repository, of pydicom and of the
reference material in one run and writes docs/sr-corpus.md. A peer that is not installed is said to
be missing; whatever a peer raises is its answer. ``--check`` asks ours alone: it ends with 1 where
an exception escapes or an exit code is not true.
"""

import argparse
import contextlib
import io
import json
import shutil
import subprocess
import sys
import tempfile
import warnings
from collections import Counter
from collections.abc import Callable, Sequence
from importlib import metadata
from pathlib import Path
from typing import Any, NamedTuple

from adapter import __version__, pipeline
from adapter.cli import main as csfleak
from adapter.errors import AdapterError
from tests.sr import samples

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "sr-corpus.md"
VENDORS = ROOT / "tests" / "corpus_vendors.toml"
OPTIONS = pipeline.Options(mappings=(VENDORS,))
FAILED = "failed"
"""Start of a peer's answer when it gave no document."""


class Ours(NamedTuple):
    """What ours did with one file; `refused` is the reason, None where it was read."""

    refused: str | None
    deviations: tuple[str, ...]
    statements: int
    errors: int
    exit_code: int
    escaped: str = ""

    @property
    def true(self) -> bool:
        """Return whether nothing escaped and the exit code says what happened."""
        expected = 4 if self.refused is not None else 1 if self.errors else 0
        return not self.escaped and self.exit_code == expected


def files() -> dict[str, bytes]:
    """Return every SR file at hand by place and name; fewer without the reference material."""
    found = {}
    for folder in ("bugs", "broken_sr"):
        for path in sorted((ROOT / "tests" / folder).glob("*.dcm")):
            found[f"{folder}/{path.name}"] = path.read_bytes()
    found |= {f"pydicom/{name}": data for name, data in samples.pydicoms().items()}
    return found | {f"real/{name}": data for name, data in samples.real().items()}


def ours(data: bytes) -> Ours:
    """Return what the pipeline and the command do with a file."""
    try:
        code = exit_code(data)
        try:
            document = pipeline.read(data, "file.dcm", OPTIONS)
        except AdapterError as refused:
            return Ours(refused.message, (), 0, 0, code)
    except Exception as raised:  # an escape is what the table is there to show
        return Ours(None, (), 0, 0, -1, type(raised).__name__)
    told = [i for i in document.issues if i.code == "deviation"]
    ids = tuple(i.diagnostics.partition(":")[0] for i in told)
    errors = sum(i.severity == "error" for i in document.issues)
    return Ours(None, ids, len(document.statements), errors, code)


def exit_code(data: bytes) -> int:
    """Return the exit code of ``csfleak grade`` on a file."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "file.dcm"
        path.write_bytes(data)
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            return csfleak(["grade", str(path), "--mappings", str(VENDORS)])


def by_pydicom(data: bytes) -> str:
    """Say what pydicom reads, every element asked for."""
    import pydicom

    dataset = pydicom.dcmread(io.BytesIO(data))
    return f"{sum(_elements(element) for element in dataset)} elements"


def _elements(element: Any) -> int:
    """Return how many elements an element is, with what lies in its items."""
    value = element.value
    if element.VR != "SQ":
        return 1
    return 1 + sum(_elements(inner) for item in value for inner in item)


def by_highdicom(data: bytes) -> str:
    """Say what highdicom reads."""
    from highdicom.sr import srread

    return f"{type(srread(io.BytesIO(data))).__name__}"


def by_dsr2xml(data: bytes) -> str:
    """Say what DCMTK's dsr2xml writes."""
    code, out = _run(data, "dsr2xml", "{path}", "{out}")
    return f"{len(out)} bytes of XML" if code == 0 and out else f"{FAILED}: exit code {code}"


def by_tid1500reader(data: bytes) -> str:
    """Say what dcmqi's tid1500reader writes: how many measurement groups."""
    words = ("tid1500reader", "--inputDICOM", "{path}", "--outputMetadata", "{out}")
    code, out = _run(data, *words)
    if code != 0 or not out:
        return f"{FAILED}: exit code {code}"
    groups = len(json.loads(out).get("Measurements") or ())
    return f"{groups} groups" if groups else "nothing, exit code 0"


def _run(data: bytes, *command: str) -> tuple[int, bytes]:
    with tempfile.TemporaryDirectory() as folder:
        path, out = Path(folder) / "in.dcm", Path(folder) / "out"
        path.write_bytes(data)
        words = [word.format(path=path, out=out) for word in command]
        done = subprocess.run(words, capture_output=True, timeout=60, check=False)
        return done.returncode, out.read_bytes() if out.is_file() else b""


PEERS: dict[str, Callable[[bytes], str]] = {
    "pydicom": by_pydicom,
    "highdicom": by_highdicom,
    "dsr2xml": by_dsr2xml,
    "tid1500reader": by_tid1500reader,
}
PACKAGES = {"pydicom": "pydicom", "highdicom": "highdicom", "tid1500reader": "dcmqi"}


def peers() -> dict[str, str]:
    """Return the version of every peer; empty for one that is not installed."""
    found = {}
    for name in PEERS:
        try:
            found[name] = metadata.version(PACKAGES[name]) if name in PACKAGES else _dcmtk()
        except (metadata.PackageNotFoundError, OSError):
            found[name] = ""
        if name == "tid1500reader" and not shutil.which(name):
            found[name] = ""
    return found


def _dcmtk() -> str:
    done = subprocess.run(["dsr2xml", "--version"], capture_output=True, text=True, check=False)
    words = done.stdout.split()
    return words[words.index("dsr2xml") + 1] if "dsr2xml" in words else "?"


def asked(reader: Callable[[bytes], str], data: bytes) -> str:
    """Return a peer's answer; whatever it raises is one."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return reader(data)
    except Exception as raised:  # its message may quote the file
        return f"{FAILED}: {type(raised).__name__}"


def cell(found: Ours) -> str:
    """Return ours in words: read with deviations and statements, or the reason of refusal."""
    if found.escaped:
        return f"ESCAPED: {found.escaped}"
    if found.refused is not None:
        return f"refused: {found.refused.partition('. ')[0]}"
    count = Counter(found.deviations)
    told = ", ".join(f"{id} ×{n}" if n > 1 else id for id, n in count.items())
    return "read" + (f"; told: {told}" if told else "")


def table(found: dict[str, bytes], installed: Sequence[str]) -> tuple[list[str], list[str]]:
    """Return the rows of the table, and a line for each reader."""
    rows = [
        "| file | ours | deviations | statements | exit code | " + " | ".join(installed) + " |",
        "| --- | --- | ---: | ---: | ---: |" + " --- |" * len(installed),
    ]
    mine = {name: ours(data) for name, data in found.items()}
    said: dict[str, list[str]] = {peer: [] for peer in installed}
    for name, data in found.items():
        one = mine[name]
        for peer in installed:
            said[peer].append(asked(PEERS[peer], data))
        numbers = f"{len(one.deviations)} | {one.statements} | {one.exit_code}"
        cells = [cell(one), numbers, *(said[peer][-1] for peer in installed)]
        rows.append(f"| {name} | " + " | ".join(c.replace("\n", " ") for c in cells) + " |")
    return rows, [_summary(mine), *(_answers(peer, said[peer]) for peer in installed)]


def _summary(mine: dict[str, Ours]) -> str:
    read = [one for one in mine.values() if one.refused is None and not one.escaped]
    refused = sum(one.refused is not None for one in mine.values())
    telling = sum(bool(one.deviations) for one in read)
    return (
        f"- **ours**: {len(mine)} files: {len(read)} read ({telling} with deviations, all told), "
        f"{refused} refused with a reason, {sum(bool(o.escaped) for o in mine.values())} escapes; "
        f"exit code true for {sum(one.true for one in mine.values())} of {len(mine)}"
    )


def _answers(peer: str, answers: list[str]) -> str:
    failed = Counter(answer for answer in answers if answer.startswith(FAILED))
    empty = sum(answer.startswith("nothing") for answer in answers)
    read = len(answers) - failed.total() - empty
    why = ", ".join(
        f"{answer.removeprefix(f'{FAILED}: ')} ×{n}" for answer, n in sorted(failed.items())
    )
    silent = f", {empty} ended with exit code 0 and nothing" if empty else ""
    return f"- **{peer}**: {read} read{silent}, {failed.total()} failed" + (
        f" ({why})" if why else ""
    )


def page(rows: list[str], lines: list[str], versions: dict[str, str]) -> str:
    """Return the page."""
    named = ", ".join(f"{peer} {version}" for peer, version in versions.items() if version)
    missing = ", ".join(peer for peer, version in versions.items() if not version)
    return "\n".join(
        [
            "# Every SR file at hand, every reader",
            "",
            "Made by `python -m benchmarks.sr_readers` in one run. `real/` are the public files of",
            "the reference material, `bugs/` and `broken_sr/` lie in `tests/`, `pydicom/` are that",
            "package's own. Statements are findings the criteria know, the codes of the two",
            "invented vendors taught by `tests/corpus_vendors.toml`; a report on anything else",
            "holds none, and says which codes it could not use. The exit code is that of",
            "`csfleak grade`: 0 done, 1 done with errors told, 4 no result.",
            "",
            "A peer has read a file when it gives a document; whether text and values are right is",
            "not asked of it: pydicom reads `b21_truncated` without a word, DCMTK and dcmqi write",
            "JIS text as it stands.",
            "",
            f"csfleak-adapter {__version__}, Python {sys.version.split()[0]}; {named}."
            + (f" Not installed: {missing}." if missing else ""),
            "",
            *lines,
            "",
            *rows,
            "",
        ]
    )  # fmt: skip


def untrue(found: dict[str, bytes]) -> dict[str, Ours]:
    """Return the files of which an exception escaped ours, or whose exit code is not true."""
    answers = {name: ours(data) for name, data in found.items()}
    return {name: one for name, one in answers.items() if not one.true}


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the page, or check ours."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--check", action="store_true", help="ask ours alone, write nothing")
    found = files()
    if parser.parse_args(arguments).check:
        wrong = untrue(found)
        for name, one in wrong.items():
            print(f"{name}: {one}", file=sys.stderr)
        return 1 if wrong else 0
    versions = peers()
    rows, lines = table(found, [peer for peer, version in versions.items() if version])
    PAGE.write_text(page(rows, lines, versions), encoding="utf-8")
    print("\n".join(lines))
    return 1 if untrue(found) else 0


if __name__ == "__main__":
    raise SystemExit(main())
