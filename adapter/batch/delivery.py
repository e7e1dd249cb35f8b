"""Outputs to files that are there whole or not at all, even when the power fails.

All files of a chunk are written, brought to the disk, then renamed, then their folders are brought
to the disk: the journal may then say that they are there. What a dead process left lies in a folder
that the next run empties, so that nothing of it can be renamed later.
"""

import os
import re
import shutil
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from adapter.errors import Environment

_AT_ONCE = 16
_OURS = re.compile(r"case-[0-9a-f]{20}\.")


class Delivery:
    """The files of one chunk."""

    def __init__(self, out: Path, unfinished: Path) -> None:
        self._out, self._unfinished = out, unfinished
        self._written: list[tuple[Path, Path]] = []

    def add(self, name: str, data: bytes) -> None:
        """Write a file that is to be `name`, a path below the folder of outputs.

        Raises
        ------
        Environment
            It cannot be written.
        """
        temporary = self._unfinished / f"{os.getpid()}-{Path(name).name}"
        try:
            with temporary.open("wb") as file:
                file.write(data)
        except OSError as error:
            raise _fault(error, temporary) from error
        self._written.append((temporary, self._out / name))

    def commit(self) -> None:
        """Put all files in their places, on the disk.

        Raises
        ------
        Environment
            One cannot be; those that can may be there: they are written again, alike.
        """
        try:
            _together(_sync, (temporary for temporary, _ in self._written))
            for temporary, path in self._written:
                path.parent.mkdir(parents=True, exist_ok=True)
                temporary.replace(path)
            folders = dict.fromkeys(path.parent for _, path in self._written)
            _together(sync_folder, [*folders, self._out] if folders else [])
        except OSError as error:
            raise _fault(error, self._out) from error
        self._written.clear()


def _together(task: Callable[[Path], None], paths: Iterable[Path]) -> None:
    """Do a task for all paths at once: a disk brings many files to rest in the time of one."""
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        for _ in pool.map(task, paths):
            pass


def _fault(error: OSError, path: Path) -> Environment:
    return Environment(f"cannot be written: {error.strerror}", str(error.filename or path))


def _sync(path: Path) -> None:
    with path.open("r+b") as file:
        os.fsync(file.fileno())


def sync_folder(folder: Path) -> None:
    """Bring the names in a folder to the disk; Windows does so by itself."""
    if os.name == "nt":
        return
    number = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)


def write_whole(path: Path, pieces: Iterable[str]) -> None:
    """Write a text file, by rename.

    Raises
    ------
    Environment
        It cannot be written.
    """
    temporary = path.with_name(f".{path.name}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with temporary.open("w", encoding="utf-8", newline="") as file:
            file.writelines(pieces)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
        sync_folder(path.parent)
    except OSError as error:
        raise _fault(error, path) from error


def remove(out: Path, names: Iterable[str]) -> None:
    """Remove outputs that are no longer what the inputs make; one that is gone is gone.

    Raises
    ------
    Environment
        One cannot be removed.
    """
    for name in names:
        try:
            (out / name).unlink(missing_ok=True)
        except OSError as error:
            raise _fault(error, out / name) from error


def remove_strangers(out: Path, is_known: Callable[[str], bool]) -> None:
    """Remove outputs that no journal tells of: a run was killed before it could write them down.

    Raises
    ------
    Environment
        One cannot be removed.
    """
    for folder in sorted(out.glob("[0-9a-f][0-9a-f]")):
        with os.scandir(folder) as entries:
            names = [e.name for e in entries if _OURS.match(e.name)]
        strangers = [f"{folder.name}/{n}" for n in names if not is_known(n.partition(".")[0])]
        remove(out, strangers)


def swept(folder: Path, run: int) -> Path:
    """Return an empty folder for the unfinished files of a run; those of earlier runs are gone.

    Raises
    ------
    Environment
        It cannot be made.
    """
    try:
        shutil.rmtree(folder, ignore_errors=True)
        made = folder / str(run)
        made.mkdir(parents=True)
    except OSError as error:
        raise _fault(error, folder) from error
    return made
