"""Sources to the journal's files, one at a time: folders, single files, and lists of paths.

A folder is walked as it lies, without being held or sorted; hidden files, links to folders and the
output folder are left out. What was listed already and did not change stays as it is.
"""

import csv
import json
import os
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path

from adapter.errors import Environment, Usage
from adapter.store import Database, inputs
from adapter.store.inputs import File

_STEP = 1000
_KINDS = {
    **dict.fromkeys((".ndjson", ".jsonl"), "ndjson"),
    **dict.fromkeys((".ndjson.gz", ".jsonl.gz"), "ndjson-gz"),
    ".zip": "zip",
    ".tar": "tar",
    **dict.fromkeys((".tar.gz", ".tgz", ".tar.bz2", ".tar.xz"), "tar-packed"),
}


def kind_of(name: bytes) -> str:
    """Return what a file is by its name: ``file``, or something that holds several inputs."""
    lower = os.fsdecode(name).lower()
    return next((kind for ending, kind in _KINDS.items() if lower.endswith(ending)), "file")


def scan(database: Database, source: Path, run: int, leave_out: Path) -> int:
    """List the files of a folder, or a single file; return the number of the source.

    Raises
    ------
    Usage
        There is no such file or folder.
    Environment
        A folder cannot be read.
    """
    if not source.exists():
        raise Usage("no such file or folder", str(source))
    folder = source if source.is_dir() else source.parent
    label = folder.resolve().name or "root"
    with database.step():
        number, _ = inputs.root(database, os.fsencode(folder.resolve()), label)
    found = (
        _walk(folder.resolve(), leave_out.resolve())
        if source.is_dir()
        else [folder.resolve() / source.name]
    )
    _note(database, number, run, folder.resolve(), found)
    return number


def scan_list(database: Database, manifest: Path, run: int) -> int:
    """List the files that a manifest names; return the number of the source.

    The manifest is CSV with a column ``path`` (or one column without a heading), or NDJSON of
    texts or of objects with ``path``. A path that is not absolute stands below the manifest's
    folder.

    Raises
    ------
    Usage
        It cannot be read as such, or names a path that does not exist.
    """
    folder = manifest.resolve().parent
    with database.step():
        number, _ = inputs.root(database, os.fsencode(folder), folder.name or "root")
    try:
        with manifest.open(encoding="utf-8-sig", newline="") as lines:
            _note(database, number, run, folder, _existing(_paths(lines, manifest), folder))
    except (UnicodeDecodeError, ValueError, csv.Error) as error:
        raise Usage(f"the list cannot be read: {error}", str(manifest)) from error
    except OSError as error:
        raise Environment(f"cannot be read: {error.strerror}", str(manifest)) from error
    return number


def _existing(paths: Iterable[str], folder: Path) -> Iterator[Path]:
    for text in paths:
        path = folder / text
        if not path.is_file():
            raise Usage("the list names no file of this name", text)
        yield path


def _paths(lines: Iterable[str], manifest: Path) -> Iterator[str]:
    if manifest.suffix.lower() in (".ndjson", ".jsonl"):
        for line in lines:
            if line.strip():
                value = json.loads(line)
                yield str(value["path"] if isinstance(value, dict) and "path" in value else value)
        return
    rows = csv.reader(lines)
    head = next(rows, [])
    column = head.index("path") if "path" in head else 0
    if head and "path" not in head:
        yield head[0]
    yield from (row[column] for row in rows if len(row) > column and row[column])


def _note(database: Database, root: int, run: int, base: Path, paths: Iterable[Path]) -> None:
    found = (one for path in paths if (one := _file(path, base)))
    while batch := list(islice(found, _STEP)):
        with database.step():
            inputs.note_files(database, root, run, batch)


def _file(path: Path, base: Path) -> File | None:
    """Return a file as it stands; None where it went away since its folder was listed."""
    try:
        stat = path.stat()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise Environment(f"cannot be read: {error.strerror}", str(path)) from error
    below = os.fsencode(path.relative_to(base) if path.is_relative_to(base) else path)
    return File(path=below, kind=kind_of(below), size=stat.st_size, mtime=stat.st_mtime_ns)


def _walk(folder: Path, leave_out: Path) -> Iterator[Path]:
    """Yield the files below a folder; only the way to where it is is held."""
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                path = folder / entry.name
                if entry.name.startswith(".") or path == leave_out:
                    continue
                if entry.is_dir(follow_symlinks=False):
                    yield from _walk(path, leave_out)
                elif entry.is_file():
                    yield path
    except OSError as error:
        raise Environment(f"cannot be read: {error.strerror}", str(folder)) from error
