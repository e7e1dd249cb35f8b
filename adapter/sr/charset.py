"""Bytes of a text value to text, by Specific Character Set (0008,0005) and, failing it, evidence.

``charset(raw)`` gives the decoder of a data set; ``Charset.decode`` returns the text and, where the
declaration did not do, what was done instead. A declared set that decodes is believed, except where
a one-byte set hides text that can only be UTF-8 or Shift_JIS.
Source: DICOM PS3.3 C.12.1.1.2, PS3.5 section 6.1 and Annexes H, I, J, K.
"""

import re
from functools import lru_cache

from adapter.sr.evidence import by_evidence, hidden
from adapter.sr.iso2022 import ESCAPES, ONE_BYTE, one_byte, switched

LINES = b"\r\n\f\t"
VALUES = LINES + b"\\"
NAMES = VALUES + b"^="

_WHOLE = {
    "ISO_IR 192": "utf_8",
    "GB18030": "gb18030",
    "GBK": "gbk",
    "SHIFT_JIS": "cp932",
    "EUC-JP": "euc_jp",
    "EUC-KR": "euc_kr",
    "BIG5": "big5",
    "WINDOWS-1252": "cp1252",
}  # the last five are not the standard's, but seen
_ALIASES = {
    "ASCII": "ISO_IR 6",
    "BIG-5": "BIG5",
    "CP1252": "WINDOWS-1252",
    "CP932": "SHIFT_JIS",
    "EUC_JP": "EUC-JP",
    "GB2312": "GBK",
    "GB 18030": "GB18030",
    "ISO-2022-JP": "ISO 2022 IR 87",
    "ISO-8859-1": "ISO_IR 100",
    "ISO8859-1": "ISO_IR 100",
    "LATIN1": "ISO_IR 100",
    "MS932": "SHIFT_JIS",
    "SHIFT-JIS": "SHIFT_JIS",
    "SJIS": "SHIFT_JIS",
    "UTF-8": "ISO_IR 192",
    "UTF8": "ISO_IR 192",
    "WINDOWS-31J": "SHIFT_JIS",
}
_TERM = re.compile(r"ISO[ _-]*(2022)?[ _-]*(?:IR)?[ _-]*(\d+)")
_MULTIBYTE = ("58", "87", "149", "159")
_UNCOMMON = re.compile(rb"\x1b(?!\$B|\(B)")


class Charset:
    """The decoder of one Specific Character Set value.

    ``problems`` are what is wrong with the declaration itself, as (id, what, done).
    """

    __slots__ = ("codec", "problems", "sets", "terms")

    def __init__(self, terms: tuple[str, ...], problems: tuple[tuple[str, str, str], ...]) -> None:
        self.terms = terms
        self.problems = problems
        first = terms[0] if terms else ""
        self.sets = frozenset(term.rpartition(" ")[2] for term in terms if term)
        switching = len(terms) > 1 or first.startswith("ISO 2022")
        if first in _WHOLE:
            self.codec = _WHOLE[first]
        elif switching:
            self.codec = ""
        else:
            self.codec = ONE_BYTE.get(first.rpartition(" ")[2], "ascii")

    def decode(self, raw: bytes, stops: bytes = LINES) -> tuple[str, str]:
        """Return the text of ``raw``, and how it was found when not as declared (else empty).

        Parameters
        ----------
        raw : bytes
            The value, padding included.
        stops : bytes
            After these the first character set holds again: LINES, VALUES or NAMES.
        """
        if b"\x1b" in raw and ESCAPES.search(raw):
            return self._switched(raw, stops)
        if raw.isascii():
            return raw.decode("ascii"), ""
        return self._plain(raw, stops)

    def _plain(self, raw: bytes, stops: bytes) -> tuple[str, str]:
        if not self.codec:
            text, strict, _ = switched(raw, self._initial(), stops)
            return (text, "") if strict else by_evidence(raw)
        if self.codec in _ONE_BYTE_CODECS:
            # JIS X 0201's kana and Thai can look like UTF-8; kanji are not in the former at all.
            other = None if self.codec == "shift_jis" else hidden(raw, self.codec != "tis_620")
            if other:
                return other
        try:
            return one_byte(raw, self.codec), ""
        except UnicodeDecodeError:
            return by_evidence(raw)

    def _switched(self, raw: bytes, stops: bytes) -> tuple[str, str]:
        if "87" in self.sets and raw.isascii() and not _UNCOMMON.search(raw):
            try:  # kanji and ASCII, ten times quicker
                return raw.decode("iso2022_jp"), ""
            except UnicodeDecodeError:
                pass
        text, strict, used = switched(raw, self._initial(), stops)
        if not strict:
            return text, "read as ISO 2022 with vendor characters or replacements"
        missing = used - self.sets
        return text, f"read as ISO 2022 IR {', '.join(sorted(missing))}" if missing else ""

    def _initial(self) -> str:
        """Return the number of the set in use before any escape sequence."""
        first = self.terms[0].rpartition(" ")[2] if self.terms else ""
        return first if first in ONE_BYTE else ""


_ONE_BYTE_CODECS = frozenset(ONE_BYTE.values())


@lru_cache(maxsize=256)
def charset(raw: bytes) -> Charset:
    """Return the decoder of a Specific Character Set value; empty means the default repertoire."""
    problems: list[tuple[str, str, str]] = []
    written = raw[:1024].decode("ascii", "replace").split("\\")
    terms = [_term(one.strip("\0 "), len(written) > 1, problems) for one in written]
    if len(terms) > 1 and terms[0] in _WHOLE:
        what = f"{terms[0]} stands with other character sets"
        problems.append(("charset-several", what, f"read as {terms[0]}"))
        terms = terms[:1]
    if terms[0].rpartition(" ")[2] in _MULTIBYTE:
        what = f"{terms[0]} stands first, where no escape sequence reaches"
        problems.append(("charset-first", what, "read as ISO 2022 after ISO_IR 6"))
        terms.insert(0, "")
    return Charset(tuple(terms), tuple(problems))


def _term(written: str, several: bool, problems: list[tuple[str, str, str]]) -> str:
    """Return the defined term that is meant; an unknown one counts as missing."""
    if not written:
        return ""
    upper = written.upper()
    meant = _ALIASES.get(upper, upper)
    found = _TERM.fullmatch(meant)
    if found:
        number = found[2]
        extended = found[1] or number in _MULTIBYTE or (several and number != "192")
        meant = f"ISO 2022 IR {number}" if extended else f"ISO_IR {number}"
        if number not in ONE_BYTE and number not in (*_MULTIBYTE, "192", "6"):
            found = None
    if not found and meant not in _WHOLE:
        shown = "".join(c if c.isprintable() and c.isascii() else "?" for c in written[:32])
        problems.append(("charset-unknown", f"{shown} is no character set", "went by the text"))
        return ""
    if meant != written:
        problems.append(("charset-misspelt", f"{written[:32]} is written", f"read as {meant}"))
    return meant
