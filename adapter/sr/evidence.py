"""Bytes of text that no declared character set decodes, to text by what they look like."""

import re

# Accented letters, signs and typographic quotes stand alone between ASCII; Japanese does not.
_ISOLATED = re.compile(
    rb"(?:[\x00-\x7f]|(?<![\x80-\xff])[\x80\x85\x91-\x97\x99\xa0-\xff](?![\x80-\xff]))*\Z"
)
_CONTROLS = re.compile(rb"[\x80-\x9f]")


def by_evidence(raw: bytes) -> tuple[str, str]:
    """Return the text and what it was read as: UTF-8, else Shift_JIS, else Latin-1."""
    try:
        return raw.decode("utf_8"), "read as ISO_IR 192"
    except UnicodeDecodeError:
        return _eight_bit(raw)


def hidden(raw: bytes, utf8: bool) -> tuple[str, str] | None:
    """Return the text that a one-byte set hides, if the bytes can hardly be that set.

    Bytes from 0x80 to 0x9F are control characters in every such set; ``utf8`` tells whether text
    in the set cannot look like UTF-8.
    """
    try:
        return (raw.decode("utf_8"), "read as ISO_IR 192") if utf8 else None
    except UnicodeDecodeError:
        return _eight_bit(raw) if _CONTROLS.search(raw) else None


def _eight_bit(raw: bytes) -> tuple[str, str]:
    if _ISOLATED.match(raw):
        if not _CONTROLS.search(raw):
            return raw.decode("latin_1"), "read as ISO_IR 100"
        return raw.decode("cp1252"), "read as Windows-1252"
    try:
        return raw.decode("cp932"), "read as Shift_JIS"
    except UnicodeDecodeError:
        return raw.decode("latin_1"), "read as ISO_IR 100"
