"""Raw data sets made from the JSON and XML models: what those readers share.

Text is put as UTF-8, whatever Specific Character Set says: the models are Unicode.
"""

import struct

from adapter.errors import LimitExceeded
from adapter.sr.document import Origin
from adapter.sr.limits import Limits
from adapter.sr.raw import Raw, Sequence
from adapter.sr.tags import BY_REFERENCE, CHARSET, GRAPHIC_DATA
from adapter.sr.tree import Note


class Builder:
    """Makes the raw data sets of one document within limits, and collects deviations."""

    def __init__(self, name: str, limits: Limits) -> None:
        self.name = name
        self.limits = limits
        self.notes: list[Note] = []
        self.left_out = 0
        self.items = 0
        self.elements = 0

    def tell(self, id: str, what: str, done: str, path: str = "") -> None:
        """Add a deviation."""
        if len(self.notes) < self.limits.deviations:
            self.notes.append((id, path, what, done))
        else:
            self.left_out += 1

    def item(self, depth: int) -> Raw:
        """Return an empty data set at a nesting depth."""
        self.items += 1
        if depth > self.limits.depth:
            raise LimitExceeded(
                f"has sequences nested more than {self.limits.depth} deep", self.name
            )
        if self.items > self.limits.items:
            raise LimitExceeded(f"has more than {self.limits.items} items", self.name)
        return Raw.at(-1)

    def put(self, raw: Raw, tag: int, value: "str | bytes | Sequence") -> None:
        """Set an element; a character set is left out, as text is Unicode already."""
        limits = self.limits
        self.elements += 1
        if self.elements > limits.elements:
            raise LimitExceeded(f"has more than {limits.elements} data elements", self.name)
        if tag == CHARSET:
            return
        if isinstance(value, str):
            made = _BINARY.get(tag)
            value = made(value) if made else value.encode("utf-8", "replace")
        if isinstance(value, bytes) and len(value) > self.limits.string:
            raise LimitExceeded(
                f"has a text value of more than {self.limits.string} bytes", self.name
            )
        raw[tag] = value

    def utf8(self, raw: Raw) -> None:
        """Declare the text of the whole document to be what it is."""
        raw[CHARSET] = b"ISO_IR 192"

    def origin(self) -> Origin:
        """Return what is known of the document beside its elements."""
        return Origin(
            name=self.name,
            deviations=self.limits.deviations,
            notes=self.notes,
            left_out=self.left_out,
        )


def _numbers(text: str) -> bytes:
    """Return the binary form of UL values."""
    parts = [part.strip() for part in text.split("\\")]
    if not all(part.isdecimal() and len(part) < 11 and int(part) < 1 << 32 for part in parts):
        return b""
    return b"".join(struct.pack("<I", int(part)) for part in parts)


def _floats(text: str) -> bytes:
    """Return the binary form of FL values; none where one is no number."""
    try:
        return b"".join(struct.pack("<f", float(part)) for part in text.split("\\") if text)
    except (ValueError, OverflowError):
        return b""


_BINARY = {BY_REFERENCE: _numbers, GRAPHIC_DATA: _floats}
