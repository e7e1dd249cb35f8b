"""One driver a folder: a lock that the system frees when its owner ends, however it ends."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from adapter.errors import Environment

NAME = "lock"


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold the lock of a folder, which is made where it is not there.

    Raises
    ------
    Environment
        Another process holds it, or the folder cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        file = (folder / NAME).open("a+b")
    except OSError as error:
        raise Environment(f"cannot be written: {error.strerror}", str(folder)) from error
    with file:
        if not _take(file):
            owner = _owner(file)
            raise Environment(f"another run{owner} is at work here: wait for it", str(folder))
        file.truncate(0)
        file.write(f"{os.getpid()}\n".encode())
        file.flush()
        yield


def is_locked(folder: Path) -> bool:
    """Return whether a process holds the lock of a folder."""
    try:
        with (folder / NAME).open("r+b") as file:
            return not _take(file)
    except OSError:
        return False


def _owner(file: IO[bytes]) -> str:
    file.seek(0)
    try:
        number = file.read(20).strip().decode("ascii", "replace")
    except OSError:  # Windows locks the bytes against reading, too
        number = ""
    return f" (process {number})" if number.isdigit() else ""


if sys.platform == "win32":
    import msvcrt

    def _take(file: IO[bytes]) -> bool:
        file.seek(1 << 30)  # beyond the number of the process, which others may read
        try:
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True
else:
    import fcntl

    def _take(file: IO[bytes]) -> bool:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
        return True
