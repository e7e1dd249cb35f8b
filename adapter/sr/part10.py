"""A DICOM file to the bytes of its data set and how they are laid out.

Preamble and file meta information may be missing; a deflated data set is inflated within bounds.
Source: DICOM PS3.10 section 7, PS3.5 Annex A.
"""

import struct
import zlib
from dataclasses import dataclass

from adapter.errors import Damaged, LimitExceeded, RefusedInput
from adapter.sr.limits import MIB, Limits
from adapter.sr.raw import LONG_VRS, SHORT_VRS

IMPLICIT_LITTLE = "1.2.840.10008.1.2"
EXPLICIT_LITTLE = "1.2.840.10008.1.2.1"
DEFLATED = "1.2.840.10008.1.2.1.99"
EXPLICIT_BIG = "1.2.840.10008.1.2.2"
SMALL = 8 * MIB  # what any data set may inflate to

Note = tuple[str, str, str, str]  # (id, path, what, done)


@dataclass(frozen=True, slots=True)
class Layout:
    """Where the data set is: from ``start`` to the end of ``data``.

    ``media_class`` and ``media_instance`` are what the file meta information says, or empty.
    """

    data: bytes
    start: int
    explicit: bool
    little: bool
    syntax: str
    media_class: str
    media_instance: str
    notes: tuple[Note, ...]


def sniff(data: bytes) -> bool:
    """Tell whether the bytes look like DICOM: with a preamble, or beginning with a data set."""
    if data[128:132] == b"DICM" or data[:4] == b"DICM":
        return True
    return _guess(data, 0) is not None


def layout(data: bytes, name: str, limits: Limits, salvage: bool = False) -> Layout:
    """Find the data set of a DICOM file; to salvage is to take what a cut one inflates to.

    Raises
    ------
    RefusedInput
        The bytes are not DICOM.
    Damaged
        The file meta information, or a deflated data set, is cut short or contradicts itself.
    LimitExceeded
        The data set inflates to more than the limits allow.
    """
    notes: list[Note] = []
    start = _after_preamble(data, name, notes)
    meta, start = _meta(data, start, name)
    syntax = _text(meta.get(0x00020010))
    if not meta:
        notes.append(("no-file-meta", "", "file meta information is missing", "layout guessed"))
    elif not syntax:
        notes.append(("no-transfer-syntax", "", "transfer syntax is missing", "layout guessed"))
    if start >= len(data):
        raise Damaged("ends before its data set: the file is cut short. Fetch it again.", name)
    if syntax == DEFLATED:
        data, start = _inflate(data, start, name, limits, notes, salvage), 0
    explicit, little = _order(data, start, syntax, notes)
    return Layout(
        data,
        start,
        explicit,
        little,
        syntax if syntax in _KNOWN else _syntax(explicit, little),
        _text(meta.get(0x00020002)),
        _text(meta.get(0x00020003)),
        tuple(notes),
    )


def _after_preamble(data: bytes, name: str, notes: list[Note]) -> int:
    if data[128:132] == b"DICM":
        return 132
    if data[:4] == b"DICM":
        notes.append(("no-preamble", "", "preamble is missing", "read without it"))
        return 4
    if _guess(data, 0) is None:
        raise RefusedInput(f"is not DICOM but {_what(data)}", name)
    notes.append(("no-preamble", "", "preamble and prefix are missing", "read without them"))
    return 0


def _what(data: bytes) -> str:
    """Name what is not DICOM, as far as its first bytes tell."""
    if not data:
        return "an empty file"
    head = data[:512].lstrip(b"\xef\xbb\xbf \t\r\n")
    for mark, name in _MARKS:
        if head.startswith(mark):
            return name
    if not data.strip(b"\0"):
        return "zeros"
    return "text" if b"\0" not in data[:512] and data[:64].isascii() else "unknown bytes"


_MARKS = (
    (b"%PDF", "PDF"),
    (b"<", "XML or HTML"),
    (b"{", "JSON"),
    (b"[", "JSON"),
    (b"PK\x03\x04", "a ZIP archive"),
    (b"\x1f\x8b", "gzip"),
    (b"MSH|", "an HL7 v2 message"),
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"\x89PNG", "a PNG image"),
)


def _meta(data: bytes, pos: int, name: str) -> tuple[dict[int, bytes], int]:
    """Read group 0002, which is explicit VR little endian whatever follows."""
    meta: dict[int, bytes] = {}
    while data[pos : pos + 2] == b"\x02\x00":
        if pos + 8 > len(data):
            raise Damaged("ends inside its file meta information", f"{name}, offset {pos}")
        element, vr, length = struct.unpack_from("<H2sH", data, pos + 2)
        start = pos + 8
        if vr in LONG_VRS and pos + 12 <= len(data):
            length, start = struct.unpack_from("<I", data, pos + 8)[0], pos + 12
        elif vr not in SHORT_VRS:
            length = struct.unpack_from("<I", data, pos + 4)[0]
        if start + length > len(data):
            raise Damaged("ends inside its file meta information", f"{name}, offset {pos}")
        meta[0x00020000 | element] = data[start : start + length]
        pos = start + length
    return meta, pos


def _inflate(
    data: bytes, start: int, name: str, limits: Limits, notes: list[Note], salvage: bool
) -> bytes:
    cap = min(limits.inflated, max(SMALL, limits.ratio * (len(data) - start)))
    whole, rest, ended = _unpacked(data, start, name, cap)
    if not ended:
        if not salvage:
            raise Damaged("ends inside its deflated data set. Fetch it again.", name)
        notes.append(("cut", "1", "the deflated data set ends early", "not whole"))
    trailer = struct.pack("<II", zlib.crc32(whole), len(whole))
    if rest.rstrip(b"\0") == trailer.rstrip(b"\0") and len(rest) >= 8:
        notes.append(("gzip-trailer", "", "gzip's checksum follows the data set", "it agrees"))
    elif rest not in (b"", b"\0"):  # one byte pads to an even length
        raise Damaged("has bytes after its deflated data set", name)
    return whole


def _unpacked(data: bytes, start: int, name: str, cap: int) -> tuple[bytes, bytes, bool]:
    """Return the inflated bytes, what follows the deflated ones, and whether these had an end."""
    engine = zlib.decompressobj(-zlib.MAX_WBITS)
    try:
        whole = engine.decompress(memoryview(data)[start:], cap)
    except zlib.error:
        raise Damaged("has a deflated data set that does not inflate", name) from None
    if not engine.eof and len(whole) >= cap:
        raise LimitExceeded(f"inflates to more than {cap} bytes", name)
    return whole, engine.unused_data, engine.eof


def _order(data: bytes, start: int, syntax: str, notes: list[Note]) -> tuple[bool, bool]:
    """Return (explicit, little); what the first element shows wins over what is declared."""
    declared = {
        IMPLICIT_LITTLE: (False, True),
        EXPLICIT_BIG: (True, False),
        DEFLATED: (True, True),
    }.get(syntax, (True, True))
    shown = _guess(data, start)
    if syntax not in _KNOWN:
        if syntax:
            what = "transfer syntax is none of an SR document's"
            notes.append(("transfer-syntax", "", what, "read as laid out"))
        return shown or declared
    if shown is None or shown == declared:
        return declared
    notes.append(
        ("transfer-syntax", "", f"data set is not laid out as {syntax}", "read as laid out")
    )
    return shown


_KNOWN = (IMPLICIT_LITTLE, EXPLICIT_LITTLE, DEFLATED, EXPLICIT_BIG)


def _guess(data: bytes, pos: int) -> tuple[bool, bool] | None:
    """Return (explicit, little) from a first element of group 0002 to 0010, or None."""
    if len(data) < pos + 8:
        return None
    little = data[pos] in _FIRST_GROUPS and data[pos + 1] == 0
    if not little and not (data[pos] == 0 and data[pos + 1] in _FIRST_GROUPS):
        return None
    vr = data[pos + 4 : pos + 6]
    if vr in SHORT_VRS or vr in LONG_VRS:
        return True, little
    length = struct.unpack_from("<I" if little else ">I", data, pos + 4)[0]
    return (False, little) if length <= len(data) - pos - 8 else None


_FIRST_GROUPS = (2, 8, 16)


def _syntax(explicit: bool, little: bool) -> str:
    if not explicit:
        return IMPLICIT_LITTLE if little else ""
    return EXPLICIT_LITTLE if little else EXPLICIT_BIG


def _text(raw: bytes | None) -> str:
    return (raw or b"").decode("ascii", "replace").strip("\0 ")
