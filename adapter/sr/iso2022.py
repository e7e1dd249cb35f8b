"""Text with ISO 2022 escape sequences, as DICOM uses them, to text.

Source: DICOM PS3.3 C.12.1.1.2 tables C.12-3 and C.12-4; PS3.5 section 6.1.2.5, Annexes H, I, K.
"""

import re

from adapter.sr.evidence import by_evidence

# Number of the registration to codec, for sets of one byte with ASCII (or JIS romaji) below 0x80.
ONE_BYTE = {
    "6": "ascii",
    "13": "shift_jis",
    "100": "latin_1",
    "101": "iso8859_2",
    "109": "iso8859_3",
    "110": "iso8859_4",
    "126": "iso8859_7",
    "127": "iso8859_6",
    "138": "iso8859_8",
    "144": "iso8859_5",
    "148": "iso8859_9",
    "166": "tis_620",
    "203": "iso8859_15",
}
_HIGH = {**ONE_BYTE, "58": "gb2312", "149": "euc_kr"}  # what bytes from 0x80 are in
_LOW, _UPPER = "low", "high"
# Escape sequence to (half it fills, registration).
_DESIGNATIONS = {
    b"\x1b(B": (_LOW, "6"),
    b"\x1b(J": (_LOW, "13"),
    b"\x1b(I": (_LOW, "kana"),  # not DICOM's, but JIS X 0202's
    b"\x1b)I": (_UPPER, "13"),
    b"\x1b$B": (_LOW, "87"),
    b"\x1b$@": (_LOW, "87"),
    b"\x1b$(D": (_LOW, "159"),
    b"\x1b$(B": (_LOW, "87"),
    b"\x1b$)C": (_UPPER, "149"),
    b"\x1b$)A": (_UPPER, "58"),
    b"\x1b-A": (_UPPER, "100"),
    b"\x1b-B": (_UPPER, "101"),
    b"\x1b-C": (_UPPER, "109"),
    b"\x1b-D": (_UPPER, "110"),
    b"\x1b-F": (_UPPER, "126"),
    b"\x1b-G": (_UPPER, "127"),
    b"\x1b-H": (_UPPER, "138"),
    b"\x1b-L": (_UPPER, "144"),
    b"\x1b-M": (_UPPER, "148"),
    b"\x1b-T": (_UPPER, "166"),
    b"\x1b-b": (_UPPER, "203"),
}
_ROMAJI = b"\x1b(J"
ESCAPES = re.compile(rb"(\x1b(?:\$[()]?[@A-D]|[()][A-Z]|-[A-Za-z]))")
_RUNS = re.compile(rb"([\x21-\x7e]+)")


def one_byte(raw: bytes, codec: str) -> str:
    """Decode a one-byte set; JIS X 0201 is Shift_JIS without its kanji.

    Its yen sign and overline become backslash and tilde, as DICOM delimits with 0x5C.
    """
    if codec == "shift_jis" and (found := _KANJI_BYTE.search(raw)):
        raise UnicodeDecodeError(codec, raw, found.start(), found.end(), "not in JIS X 0201")
    return raw.decode(codec)


_KANJI_BYTE = re.compile(rb"[\x80-\xa0\xe0-\xff]")


def switched(raw: bytes, first: str, stops: bytes) -> tuple[str, bool, frozenset[str]]:
    """Decode text with escape sequences.

    Parameters
    ----------
    raw : bytes
        The value.
    first : str
        Registration number in use at the start; empty for ISO_IR 6.
    stops : bytes
        After these ``first`` is in use again.

    Returns
    -------
    tuple of str, bool, frozenset of str
        The text; whether every byte was where it may be; the registrations escaped to.
    """
    low, high = "6", first
    text: list[str] = []
    strict = True
    used: set[str] = set()
    for piece in ESCAPES.split(raw):
        if piece in _DESIGNATIONS:
            half, number = _DESIGNATIONS[piece]
            if half is _LOW:
                low = number
            else:
                high = number
            if piece != _ROMAJI:  # as good as ASCII, and written for it
                used.add("13" if number == "kana" else number)
            continue
        if not piece:
            continue
        at = _reset(piece, stops) if first and high != first and low in ("6", "13") else -1
        if at >= 0:  # without a set of its own to go back to, the one in use stays
            decoded, good = _fragment(piece[:at], low, high)
            text.append(decoded)
            strict = strict and good
            piece, high = piece[at:], first
        decoded, good = _fragment(piece, low, high)
        text.append(decoded)
        strict = strict and good and b"\x1b" not in piece
    return "".join(text), strict, frozenset(used - {"6"})


def _reset(piece: bytes, stops: bytes) -> int:
    return next((at for at, byte in enumerate(piece) if byte in stops), -1)


def _fragment(piece: bytes, low: str, high: str) -> tuple[str, bool]:
    if low in ("87", "159"):
        return _kanji(piece, low, high)
    if low == "kana":
        piece = bytes(byte | 0x80 if 0x21 <= byte <= 0x5F else byte for byte in piece)
        return _one(piece, "shift_jis")
    return _one(piece, _HIGH.get(high, "ascii"))


def _one(piece: bytes, codec: str) -> tuple[str, bool]:
    try:
        return one_byte(piece, codec), True
    except UnicodeDecodeError:
        return by_evidence(piece)[0], False


def _kanji(piece: bytes, low: str, high: str) -> tuple[str, bool]:
    """Decode pairs of bytes; a space or line end between them is padding or a line end."""
    text: list[str] = []
    strict = True
    for at, run in enumerate(_RUNS.split(piece)):
        decoded, good = _pairs(run, low) if at % 2 else _one(run, _HIGH.get(high, "ascii"))
        text.append(decoded)
        strict = strict and good
    return "".join(text), strict


_ESCAPES = {"87": (b"\x1b$B", "iso2022_jp"), "159": (b"\x1b$(D", "iso2022_jp_2")}


def _pairs(run: bytes, low: str) -> tuple[str, bool]:
    escape, codec = _ESCAPES[low]
    try:
        return (escape + run).decode(codec), True
    except UnicodeDecodeError:
        pass
    if low == "87" and not len(run) % 2:
        try:  # rows 13 and above: circled numbers, Roman numerals …
            return b"".join(map(_shifted, run[::2], run[1::2])).decode("cp932"), False
        except UnicodeDecodeError:
            pass
    return (escape + run).decode(codec, "replace"), False


def _shifted(row: int, cell: int) -> bytes:
    """Return the Shift_JIS bytes of a JIS X 0208 row and cell byte."""
    lead = ((row + 1) >> 1) + (0x70 if row < 0x5F else 0xB0)
    if row & 1:
        return bytes((lead, cell + (0x20 if cell > 0x5F else 0x1F)))
    return bytes((lead, cell + 0x7E))
