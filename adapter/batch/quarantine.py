"""What was refused, put together in one folder for people to look at; nothing is ever moved.

The folder is made anew by each run that is asked for it. A file is copied or linked (symbolically;
copied where the system makes no links); a member of an archive or a line of NDJSON is copied out.
"""

import hashlib
import json
import os
import re
import shutil
from pathlib import Path

from adapter.batch.places import Place, fetch
from adapter.errors import Environment, RefusedInput
from adapter.store import Database, inputs

WAYS = ("copy", "link")
_UNSAFE = re.compile(r"[^\w.-]+")
_LONGEST = 60


def name_of(source: str, name: str) -> str:
    """Return what an input is called in quarantine: the same in every run, alone of its name."""
    digest = hashlib.sha256(f"{source}\0{name}".encode("utf-8", "surrogateescape")).hexdigest()
    tail = _UNSAFE.sub("_", name.rsplit("/", 1)[-1])[-_LONGEST:]
    return f"{digest[:12]}-{tail}"


def fill(database: Database, folder: Path, unfinished: Path, way: str, max_bytes: int) -> None:
    """Make the folder hold every refused input that can still be read.

    Parameters
    ----------
    unfinished : Path
        An empty folder's name on the same disk, to be filled first.
    way : str
        One of `WAYS`.

    Raises
    ------
    Environment
        The disk is full, or the folder cannot be written.
    """
    shutil.rmtree(unfinished, ignore_errors=True)
    try:
        unfinished.mkdir(parents=True)
        for source, name, place, file in inputs.refused_places(database):
            values = json.loads(place)
            at = Place(*values) if values else Place(os.fsdecode(file))
            if Path(at.path).is_file():
                _put(at, unfinished / name_of(source, name), name, way, max_bytes)
        shutil.rmtree(folder, ignore_errors=True)
        unfinished.replace(folder)
    except OSError as error:
        raise Environment(f"cannot be written: {error.strerror}", str(folder)) from error


def _put(at: Place, to: Path, name: str, way: str, max_bytes: int) -> None:
    if at.length >= 0:
        try:
            to.write_bytes(fetch(at, name, max_bytes)[:max_bytes])
        except RefusedInput:
            return  # it does not unpack: its archive is what there is to look at
    elif way == "link":
        try:
            to.symlink_to(Path(at.path).absolute())
        except (NotImplementedError, PermissionError):  # Windows without the right to link
            shutil.copyfile(at.path, to)
    else:
        shutil.copyfile(at.path, to)
