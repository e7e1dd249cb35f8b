"""Values of data elements as bytes: what has no place in a VR or a character set is refused.

Source: DICOM PS3.5 section 6.2 (VRs), section 6.1.2 and Annex H (Japanese code extensions).
"""

import re
import struct
from collections.abc import Callable
from decimal import Decimal, InvalidOperation

from adapter.errors import Usage

LONGEST = 0xFFFE  # of a value whose length has two bytes
_CHARACTERS = {
    "CS": 16, "DA": 8, "DS": 16, "DT": 26, "IS": 12, "LO": 64, "SH": 16, "ST": 1024, "TM": 14,
    "UI": 64,
}  # fmt: skip
_LOCALIZED = frozenset(("LO", "PN", "SH", "ST", "UC", "UT"))
_PLAIN = {
    "CS": re.compile(r"[A-Z0-9 _]*"),
    "DA": re.compile(r"\d{8}|"),
    "DS": re.compile(r"[-+]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d+)?|"),
    "DT": re.compile(r"\d{4}(?:\d\d){0,5}(?:\.\d{1,6})?(?:[-+]\d{4})?|"),
    "IS": re.compile(r"[-+]?\d+|"),
    "TM": re.compile(r"\d\d(?:\d\d){0,2}(?:\.\d{1,6})?|"),
    "UI": re.compile(r"(?:\d|[1-9]\d+)(?:\.(?:0|[1-9]\d*))*|"),
}
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0e-\x1f\x7f]")  # tab and line ends may stand
_NOT_IN_LINES = re.compile("[\x00-\x1f\x7f]")


def _utf8(text: str) -> bytes:
    return text.encode("utf_8")


def _iso_2022_jp(text: str) -> bytes:
    """Return ASCII with JIS X 0208 between escape sequences; ASCII holds at every delimiter."""
    raw = text.encode("iso2022_jp")
    if b"\x1b(J" in raw:  # JIS romaji: the yen sign and the overline are in no declared set
        raise UnicodeEncodeError("iso2022_jp", text, 0, len(text), "not in ISO 2022 IR 87")
    return raw


CHARSETS: dict[str, tuple[str, Callable[[str], bytes]]] = {
    "utf8": ("ISO_IR 192", _utf8),
    "iso-2022-jp": ("\\ISO 2022 IR 87", _iso_2022_jp),
}
"""Name of an option to Specific Character Set (0008,0005) and what makes bytes of text."""


def encoded(text: str, vr: str, many: bool, charset: str, keyword: str) -> bytes:
    """Return a value's bytes, padded to an even length.

    Parameters
    ----------
    text : str
        The value; several are joined by a backslash where `many` allows it.
    vr, charset, keyword : str
        ``charset`` is a key of ``CHARSETS``; ``keyword`` names the attribute in messages.

    Raises
    ------
    Usage
        A character that has no place in the character set or VR, or a value that is too long. The
        message never holds the value.
    """
    for value in text.split("\\") if many else (text,):
        _check(value, vr, keyword)
    try:
        raw = CHARSETS[charset][1](text) if vr in _LOCALIZED else text.encode("ascii")
    except UnicodeEncodeError as error:
        raise Usage(_unencodable(error, vr, charset), keyword) from None
    if len(raw) & 1:
        raw += b"\0" if vr == "UI" else b" "
    return raw


def _check(value: str, vr: str, keyword: str) -> None:
    longest = _CHARACTERS.get(vr)
    groups = value.split("=") if vr == "PN" else ()
    if (longest and len(value) > longest) or any(len(group) > 64 for group in groups):
        raise Usage(f"a value is longer than the {longest or 64} characters of {vr}", keyword)
    if len(groups) > 3:
        raise Usage("a person name has more than three component groups", keyword)
    pattern = _PLAIN.get(vr)
    if pattern is not None:
        if not pattern.fullmatch(value):
            raise Usage(f"a value is no {vr}", keyword)
        return
    lines = vr in ("ST", "UT")
    if (_FORBIDDEN if lines else _NOT_IN_LINES).search(value):
        raise Usage("a value holds a control character", keyword)
    if "\\" in value and not lines and vr != "UR":
        raise Usage("a value holds a backslash, which separates values in DICOM", keyword)


def _unencodable(error: UnicodeEncodeError, vr: str, charset: str) -> str:
    if vr not in _LOCALIZED:
        return f"a {vr} value holds a character that is not ASCII"
    points = " ".join(sorted({f"U+{ord(c):04X}" for c in error.object[error.start : error.end]}))
    if charset == "utf8":
        return f"{points} is no character"
    return f"{points} has no place in ISO 2022 IR 87. Write with --charset utf8."


def decimal(text: str, keyword: str) -> tuple[bytes, bytes | None]:
    """Return a number as DS, and as FD too where DS has not enough characters for it.

    Raises
    ------
    Usage
        The text is no finite number.
    """
    try:
        number = Decimal(text)
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite():
        raise Usage("a measured value is no number", keyword)
    if len(text) <= _CHARACTERS["DS"]:
        return encoded(text, "DS", False, "utf8", keyword), None
    return encoded(_shortened(number), "DS", False, "utf8", keyword), struct.pack("<d", number)


def _shortened(number: Decimal) -> str:
    """Return the most precise text of at most 16 characters."""
    for digits in range(16, 0, -1):
        text = f"{number:.{digits}g}"
        if len(text) <= _CHARACTERS["DS"]:
            return text
    raise Usage("a measured value has no place in 16 characters")
