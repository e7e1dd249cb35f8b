"""Bytes of text that no declared character set decodes, to text by what they look like."""

import re

# Accented letters and signs stand alone between ASCII; Japanese does not.
_ISOLATED = re.compile(rb"(?:[\x00-\x7f]|(?<![\x80-\xff])[\xa0-\xff](?![\x80-\xff]))*\Z")


def by_evidence(raw: bytes) -> tuple[str, str]:
    """Return the text and what it was read as: UTF-8, else Shift_JIS, else Latin-1."""
    try:
        return raw.decode("utf_8"), "read as ISO_IR 192"
    except UnicodeDecodeError:
        pass
    if not _ISOLATED.match(raw):
        try:
            return raw.decode("cp932"), "read as Shift_JIS"
        except UnicodeDecodeError:
            pass
    return raw.decode("latin_1"), "read as ISO_IR 100"
