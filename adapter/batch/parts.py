"""A file of the journal to its inputs: itself, the members of an archive, the lines of NDJSON.

What can only be read from its beginning (a packed tar, packed NDJSON) is unpacked once, into the
journal's folder; everything else is read where it lies. Source: FHIR Bulk Data (NDJSON).
"""

import bz2
import gzip
import lzma
import os
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from functools import partial
from itertools import islice
from pathlib import Path
from typing import IO, Any

from adapter.batch.scan import kind_of
from adapter.errors import Damaged, Environment, LimitExceeded, RefusedInput
from adapter.store import Database, inputs
from adapter.store.inputs import Part

_STEP = 1000
_BLOCK = 1 << 20
_RATIO, _FREE = 200, 64 << 20  # NDJSON packs 30:1; what packs better than 200:1 is an attack
_METHODS = {zipfile.ZIP_STORED: "stored", zipfile.ZIP_DEFLATED: "deflate"}
_NESTED = 4
_OPENERS: dict[str, Callable[[Path], Any]] = {
    ".bz2": bz2.open,
    ".xz": lzma.open,
}
_BROKEN = (RefusedInput, tarfile.TarError, zipfile.BadZipFile, NotImplementedError,
           struct.error, EOFError, UnicodeError)  # fmt: skip


def list_parts(
    database: Database, unpacked: Path, max_bytes: int, told: Callable[[int], None]
) -> None:
    """List the inputs of every file that is not listed yet; `told` gets how many files are done.

    A file that cannot be taken apart is one refused input, beside what could be read of it.

    Raises
    ------
    Environment
        A file cannot be read, or the disk is full.
    """
    after = done = 0
    while batch := inputs.open_files(database, after, _STEP):
        plain = [row for row in batch if row[3] == "file"]
        with database.step():
            for number, root, path, _ in plain:
                place = [os.fsdecode(os.path.join(root, path))]
                whole = Part(part=0, name=_name(path), place=place, kind="file")
                inputs.add_parts(database, number, [whole])
                inputs.close_file(database, number, 1)
        for number, root, path, kind in (row for row in batch if row[3] != "file"):
            _take_apart(database, number, root, path, kind, unpacked, max_bytes)
        after = batch[-1][0]
        done += len(batch)
        told(done)


def _name(path: bytes) -> str:
    return os.fsdecode(path).replace(os.sep, "/").encode("utf-8", "backslashreplace").decode()


def _take_apart(
    database: Database, number: int, root: bytes, path: bytes, kind: str,
    unpacked: Path, max_bytes: int,
) -> None:  # fmt: skip
    file = Path(os.fsdecode(os.path.join(root, path)))
    found = Parts(file, _name(path), unpacked / str(number), max_bytes).of(kind)
    start = 0
    try:
        while batch := list(islice(found, _STEP)):
            with database.step():
                numbered = (_numbered(part, start + n) for n, part in enumerate(batch))
                inputs.add_parts(database, number, numbered)
            start += len(batch)
    except _BROKEN as error:
        reason = error.message if isinstance(error, RefusedInput) else f"cannot be opened: {error}"
        with database.step():
            inputs.refuse_file(database, number, _name(path), reason, start)
        return
    except OSError as error:
        raise Environment(f"cannot be read: {error.strerror or error}", str(file)) from error
    with database.step():
        if start:
            inputs.close_file(database, number, start)
        else:
            inputs.empty_file(database, number, _name(path))


def _numbered(part: Part, number: int) -> Part:
    return Part(part=number, name=part.name, place=part.place, kind=part.kind)


class Parts:
    """The inputs of one file; `spool` begins the names of what has to be unpacked."""

    def __init__(self, file: Path, name: str, spool: Path, max_bytes: int, depth: int = 0) -> None:
        self.file, self.name, self.spool = file, name, spool
        self.max_bytes, self.depth = max_bytes, depth

    def of(self, kind: str) -> Iterator[Part]:
        """Yield the inputs of a file of a kind that `kind_of` gives."""
        if self.depth > _NESTED:
            raise LimitExceeded(f"archives in archives, more than {_NESTED} deep", self.name)
        if kind == "zip":
            return self._zip()
        if kind == "tar":
            return self._tar(self.file)
        if kind == "tar-packed":
            return self._tar(self._plain())
        return self._lines(self.file if kind == "ndjson" else self._plain())

    def _lines(self, file: Path) -> Iterator[Part]:
        """Yield the lines of NDJSON; one that is longer than the limit is held in no memory."""
        start, number = 0, 0
        with file.open("rb") as lines:
            while line := lines.readline(self.max_bytes + 1):
                length = len(line)
                while not line.endswith(b"\n") and (more := lines.readline(_BLOCK)):
                    length, line = length + len(more), more
                number += 1
                if line.strip() or length > len(line):
                    yield Part(
                        part=0,
                        name=f"{self.name}, line {number}",
                        place=[str(file), start, length],
                        kind="line",
                    )
                start += length

    def _zip(self) -> Iterator[Part]:
        with zipfile.ZipFile(self.file) as archive:
            for number, one in enumerate(archive.infolist()):
                if one.is_dir() or _hidden(one.filename):
                    continue
                packing = _METHODS.get(one.compress_type, f"method {one.compress_type}")
                packing = "a password" if one.flag_bits & 1 else packing
                at = (str(self.file), one.header_offset, one.compress_size, packing, one.CRC)
                yield from self._member(one.filename, number, at, partial(archive.open, one))

    def _tar(self, file: Path) -> Iterator[Part]:
        with tarfile.open(file, "r:") as archive:
            number = 0
            while (one := archive.next()) is not None:
                archive.members = []  # type: ignore[attr-defined]  # else every member is held
                number += 1
                if one.isreg() and not one.sparse and not _hidden(one.name):
                    at = (str(file), one.offset_data, one.size)
                    yield from self._member(one.name, number, at, partial(_opened, archive, one))
            end = archive.offset
        with file.open("rb") as data:  # tarfile takes a damaged header for the end
            data.seek(end)
            if data.read(512) != b"\0" * 512:
                what = "the archive ends before its end mark: it is cut short or damaged"
                raise Damaged(what, self.name)

    def _member(
        self, member: str, number: int, at: tuple[object, ...], open_: Callable[[], IO[bytes]]
    ) -> Iterator[Part]:
        name = f"{self.name}/{_name(member.encode('utf-8', 'backslashreplace'))}"
        kind = kind_of(member.encode("utf-8", "replace"))
        if kind != "file":
            spool = self.spool.with_name(f"{self.spool.name}.{number}")
            try:
                self._unpack(open_, spool, int(str(at[2])))
                yield from Parts(spool, name, spool, self.max_bytes, self.depth + 1).of(kind)
            except (*_BROKEN, RuntimeError):  # what is wrong with it is told when it is read
                yield Part(part=0, name=name, place=at, kind="file")
        else:
            yield Part(part=0, name=name, place=at, kind="file")

    def _plain(self) -> Path:
        """Return the file without its packing, unpacked once."""
        plain = self.spool.with_name(f"{self.spool.name}.plain")
        unpack: Callable[[Path], Any] = _OPENERS.get(self.file.suffix.lower(), gzip.open)
        self._unpack(lambda: unpack(self.file), plain, self.file.stat().st_size)
        return plain

    def _unpack(self, open_: Callable[[], IO[bytes]], to: Path, size: int) -> None:
        """Write what is packed into a file, which is there whole or not at all."""
        most = size * _RATIO + _FREE
        to.parent.mkdir(parents=True, exist_ok=True)
        unfinished = to.with_name(f"{to.name}.part")
        try:
            with open_() as packed, unfinished.open("wb") as target:
                while block := packed.read(_BLOCK):
                    target.write(block)
                    if target.tell() > most:
                        what = f"inflates to more than {_RATIO} times its size"
                        raise LimitExceeded(what, self.name)
        except (EOFError, lzma.LZMAError, zlib.error, OSError) as error:
            if isinstance(error, OSError) and error.errno is not None:
                raise  # the disk's fault
            what = "the packed file is broken or ends early. Fetch it again"
            raise Damaged(what, self.name) from error
        unfinished.replace(to)


def _opened(archive: tarfile.TarFile, member: tarfile.TarInfo) -> IO[bytes]:
    found = archive.extractfile(member)
    assert found is not None  # it is a regular file
    return found


def _hidden(name: str) -> bool:
    return any(part.startswith(".") for part in name.split("/"))
