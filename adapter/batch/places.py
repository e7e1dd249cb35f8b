"""Where the bytes of an input are: a file, or a range of one, packed or not.

Source: APPNOTE.TXT (PKWARE), 4.3.7 local file header, 4.4.5 compression methods.
"""

import struct
import zlib
from dataclasses import dataclass
from pathlib import Path

from adapter.errors import Damaged, LimitExceeded, RefusedInput

_LOCAL = struct.Struct("<4s22xHH")


@dataclass(frozen=True, slots=True)
class Place:
    """`length` bytes at `start` of the file at `path`; the whole file where `length` is -1.

    ``packing`` is empty, or ``stored`` / ``deflate`` for a zip member, whose local header stands at
    `start`; ``crc`` is then that of the unpacked bytes.
    """

    path: str
    start: int = 0
    length: int = -1
    packing: str = ""
    crc: int = 0


def fetch(place: Place, name: str, max_bytes: int) -> bytes:
    """Return the bytes of an input; never more than `max_bytes` and one.

    Raises
    ------
    OSError
        The file cannot be read: the environment's fault, not the input's.
    Damaged, LimitExceeded
        It ends early, does not unpack, or is too large.
    """
    with Path(place.path).open("rb") as file:
        if place.length < 0:
            return file.read(max_bytes + 1)
        file.seek(place.start)
        if place.packing:
            _skip_header(file.read(_LOCAL.size), file, name)
        data = file.read(min(place.length, max_bytes + 1))
    if len(data) < min(place.length, max_bytes + 1):
        raise Damaged("what holds it ends early; copy it again", name)
    return _unpacked(data, place, name, max_bytes) if place.packing else data


def _skip_header(header: bytes, file: object, name: str) -> None:
    if len(header) < _LOCAL.size or header[:4] != b"PK\3\4":
        raise Damaged("the archive has no member where its directory says", name)
    _, names, extra = _LOCAL.unpack(header)
    file.seek(names + extra, 1)  # type: ignore[attr-defined]


def _unpacked(data: bytes, place: Place, name: str, max_bytes: int) -> bytes:
    found = data
    if place.packing == "deflate":
        inflater = zlib.decompressobj(-15)
        try:
            found = inflater.decompress(data, max_bytes + 1)
        except zlib.error as error:
            raise Damaged("the archive's member does not unpack; copy it again", name) from error
        if len(found) > max_bytes:
            raise LimitExceeded(f"inflates to more than {max_bytes} bytes (max_bytes)", name)
        if not inflater.eof:
            raise Damaged("the archive's member ends early; copy it again", name)
    elif place.packing != "stored":
        raise RefusedInput(f"packed by {place.packing}: pack it with deflate", name)
    if zlib.crc32(found) != place.crc:
        raise Damaged("the archive's member has another checksum; copy it again", name)
    return found
