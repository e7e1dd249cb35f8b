"""A raw data set to the content tree of an SR document.

Source: DICOM PS3.3 C.17.3 (content items, by-reference relationships), C.18 (value types), 8.8
(code sequence macro).
"""

import struct
from collections.abc import Callable

from adapter.sr import tags
from adapter.sr.charset import VALUES, Charset, charset
from adapter.sr.content import Code, Graphic, Item, ItemValue, Number, Reference
from adapter.sr.items import made
from adapter.sr.raw import CodeSequence, Raw, Sequence
from adapter.sr.tags import (
    CHARSET,
    CODE,
    CONTENT,
    CONTINUITY,
    NAME,
    OBSERVED,
    RELATIONSHIP,
    TEMPLATE,
    TEMPLATE_ID,
    TEXT_VALUES,
    UID,
    VALUE_TYPE,
)

_WORDS = {
    word.encode() + pad: word
    for word in (
        *("CONTAINER", "CODE", "NUM", "IMAGE", "COMPOSITE", "WAVEFORM", *TEXT_VALUES),
        *("CONTAINS", "HAS CONCEPT MOD", "HAS OBS CONTEXT", "HAS ACQ CONTEXT"),
        *("HAS PROPERTIES", "INFERRED FROM", "SELECTED FROM"),
    )
    for pad in (b"", b" ")
}
SHAPES = frozenset(("SCOORD", "SCOORD3D"))
WITHOUT_VALUE = frozenset(("CONTAINER", "TCOORD", "TABLE"))
MOST_SETS = 16  # character sets a remembered code is remembered in
PADDING = "\0 "

Note = tuple[str, str, str, str]


class Tree:
    """Builds the items of one document and collects what had to be mended.

    Parameters
    ----------
    little : bool
        Byte order of binary values.
    most_notes : int
        Deviations to keep.
    """

    def __init__(self, little: bool, most_notes: int) -> None:
        self.order = "little" if little else "big"
        self.most_notes = most_notes
        self.notes: list[Note] = []
        self.left_out = 0

    def tell(self, id: str, path: str, what: str, done: str) -> None:
        """Add a deviation."""
        if len(self.notes) < self.most_notes:
            self.notes.append((id, path, what, done))
        else:
            self.left_out += 1

    def text(self, raw: object, sets: Charset, path: str, stops: bytes = VALUES) -> str:
        """Return the text of a value without its padding; empty when it is missing."""
        if type(raw) is not bytes:
            if raw:
                self.tell("value-is-sequence", path, "a sequence stands for a text", "not used")
            return ""
        if raw.isascii() and b"\x1b" not in raw:
            return raw.decode("ascii").strip(PADDING)
        text, done = sets.decode(raw, stops)
        if done:
            self.tell("charset-wrong", path, "text is not in the declared character set", done)
        return text.strip(PADDING)

    def sets(self, raw: Raw, outer: Charset, path: str) -> Charset:
        """Return the character sets of a data set: its own, else the outer ones."""
        own = raw.get(CHARSET)
        if type(own) is not bytes:
            return outer
        sets = charset(own[:256])  # it is cached: no hostile megabyte may stay
        for problem in sets.problems:
            self.tell(problem[0], path, problem[1], problem[2])
        return sets

    def code(self, raw: Raw, tag: int, sets: Charset, path: str) -> Code | None:
        """Return the first code of a code sequence, or None where there is none."""
        found = raw.get(tag)
        if not found:
            return None
        if type(found) is CodeSequence:
            known = found.codes.get(sets)
            if known is not None:
                return known
            before = len(self.notes) + self.left_out
            code = self._code(found, sets, path)
            if code and before == len(self.notes) + self.left_out:
                if len(found.codes) >= MOST_SETS:
                    found.codes.clear()
                found.codes[sets] = code
            return code
        return self._code(found, sets, path) if isinstance(found, Sequence) else None

    def _code(self, sequence: Sequence, sets: Charset, path: str) -> Code | None:
        if len(sequence) > 1:
            self.tell("code-several", path, "a code sequence has several items", "first one used")
        return self.coded(sequence[0], sets, path)

    def coded(self, entry: Raw, sets: Charset, path: str) -> Code | None:
        """Return the code of a code sequence item; None where it has no value."""
        if CHARSET in entry:
            sets = self.sets(entry, sets, path)
        written = (self.text(entry.get(tag), sets, path) for tag in tags.CODE_VALUES)
        value = next(filter(None, written), "")
        scheme = self.text(entry.get(tags.SCHEME), sets, path)
        meaning = self.text(entry.get(tags.MEANING), sets, path)
        version = self.text(entry.get(tags.VERSION), sets, path)
        if not value:
            self.tell("code-without-value", path, "a code has no value", "not used")
            return None
        if not scheme and not entry.get(tags.URN_VALUE):
            self.tell("code-without-scheme", path, "a code has no scheme", "kept without")
        if len(value) > 16 and entry.get(tags.CODE_VALUE):
            self.tell("code-too-long", path, "a Code Value has more than 16 characters", "kept")
        if len(meaning) > 64:
            self.tell("meaning-too-long", path, "a meaning has more than 64 characters", "kept")
        return Code(value, scheme, meaning, version)

    def item(self, raw: Raw, path: str, outer: Charset) -> Item:
        """Return a content item with all below it.

        What most items have, a defined term or a code met before, is looked up here: it is most of
        the time of reading a report.
        """
        sets = self.sets(raw, outer, path) if CHARSET in raw and path != "1" else outer
        get = raw.get
        found = get(VALUE_TYPE)
        value_type = _WORDS.get(found) if type(found) is bytes else None
        if value_type is None:
            value_type = self.text(found, sets, path)
        found = get(RELATIONSHIP)
        relationship = _WORDS.get(found) if type(found) is bytes else None
        if relationship is None:
            relationship = self.text(found, sets, path)
        below = get(CONTENT)
        children = self.children(below, path, sets) if below else ()
        if CONTENT in raw and not below:
            self.tell("content-empty", path, "Content Sequence has no items", "no content")
        if not value_type:
            return self._untyped(raw, path, relationship, children)
        if not relationship and path != "1":
            self.tell("relationship-missing", path, "Relationship Type is missing", "kept without")
        found = get(NAME)
        name = found.codes.get(sets) if type(found) is CodeSequence else None
        if name is None:
            name = self.code(raw, NAME, sets, path)
            if name is None and value_type in _NAMED:
                self.tell("name-missing", path, "Concept Name is missing", "kept without")
        continuity = ""
        if value_type == "CONTAINER":
            value: ItemValue = None
            continuity = self.text(get(CONTINUITY), sets, path)
            if not continuity:
                self.tell("continuity-missing", path, "Continuity is missing", "read as separate")
        else:
            found = get(CODE) if value_type == "CODE" else None
            value = found.codes.get(sets) if type(found) is CodeSequence else None
            if value is None:
                value = self._value(value_type, raw, sets, path)
        template = get(TEMPLATE)
        return made(
            path,
            value_type,
            relationship,
            name,
            value,
            children,
            raw.offset,
            self.text(raw[OBSERVED], sets, path) if OBSERVED in raw else "",
            self.text(raw[UID], sets, path) if UID in raw else "",
            self.text(_first(template).get(TEMPLATE_ID), sets, path) if template else "",
            continuity,
        )

    def children(self, below: object, path: str, sets: Charset) -> tuple[Item, ...]:
        """Return the content items of a Content Sequence."""
        if not isinstance(below, Sequence):
            self.tell("content-not-sequence", path, "Content Sequence is no sequence", "not used")
            return ()
        read = self.item
        return tuple([read(raw, f"{path}.{at}", sets) for at, raw in enumerate(below, 1)])

    def _untyped(self, raw: Raw, path: str, relationship: str, children: tuple[Item, ...]) -> Item:
        target = self.integers(raw.get(tags.BY_REFERENCE))
        if not target:
            self.tell("value-type-missing", path, "Value Type is missing", "value not used")
        return Item(path, "", relationship, None, None, children, raw.offset, by_reference=target)

    def _value(self, value_type: str, raw: Raw, sets: Charset, path: str) -> ItemValue:
        value: ItemValue
        if value_type == "CODE":
            value = self.code(raw, CODE, sets, path)
        elif value_type in TEXT_VALUES:
            tag, stops = TEXT_VALUES[value_type]
            value = self.text(raw.get(tag), sets, path, stops) if tag in raw else None
        elif value_type in _READERS:
            value = _READERS[value_type](self, raw, sets, path)
        elif value_type in SHAPES:
            return self._graphic(raw, sets, path)
        elif value_type in WITHOUT_VALUE:
            return None
        else:
            self.tell("value-type-unknown", path, "Value Type is unknown", "value not used")
            return None
        if value is None or value == "":
            self.tell("value-missing", path, f"a {value_type} item has no value", "not used")
        return value

    def _number(self, raw: Raw, sets: Charset, path: str) -> Number | None:
        measured = raw.get(tags.MEASURED)
        entry = _first(measured)
        qualifier = self.code(raw, tags.QUALIFIER, sets, path) or self.code(
            entry, tags.QUALIFIER, sets, path
        )
        text = self.text(entry.get(tags.NUMERIC), sets, path)
        if len(text) > 16:
            self.tell("number-too-long", path, "a number has more than 16 characters", "kept")
        if "\\" in text:
            self.tell("number-several", path, "a measurement has several numbers", "not used")
            text = ""
        if not text and qualifier is None:
            return None
        return Number(text, self.code(entry, tags.UNITS, sets, path), qualifier)

    def _reference(self, raw: Raw, sets: Charset, path: str) -> Reference | None:
        entry = _first(raw.get(tags.REFERENCED))
        return self.reference(entry, sets, path) if entry else None

    def reference(self, entry: Raw, sets: Charset, path: str) -> Reference | None:
        """Return the SOP instance an item refers to; None where it names none."""
        instance = self.text(entry.get(tags.REFERENCED_INSTANCE), sets, path)
        frames = self.text(entry.get(tags.FRAMES), sets, path)
        numbers = [n.strip() for n in frames.split("\\")] if frames else []
        if not all(n.isdecimal() and len(n) < 13 for n in numbers):
            self.tell("frames-wrong", path, "frame numbers are no numbers", "not used")
            numbers = []
        if not instance:
            return None
        return Reference(
            self.text(entry.get(tags.REFERENCED_CLASS), sets, path),
            instance,
            tuple(map(int, numbers)),
        )

    def _graphic(self, raw: Raw, sets: Charset, path: str) -> Graphic | None:
        """Return a shape; None where it has no type or no coordinates."""
        kind = self.text(raw.get(tags.GRAPHIC_TYPE), sets, path)
        points = self.floats(raw.get(tags.GRAPHIC_DATA))
        if not kind or not points:
            return None
        return Graphic(kind, points, self.text(raw.get(tags.FRAME_OF_REFERENCE), sets, path))

    def floats(self, raw: object) -> tuple[float, ...]:
        """Return the values of an FL element; none where they are no numbers."""
        if type(raw) is not bytes:
            return ()
        order = "<" if self.order == "little" else ">"
        return () if len(raw) % 4 else struct.unpack(f"{order}{len(raw) // 4}f", raw)

    def integers(self, raw: object) -> tuple[int, ...]:
        """Return the values of a UL element."""
        if type(raw) is not bytes or len(raw) % 4:
            return ()
        order = self.order
        parts = (raw[at : at + 4] for at in range(0, len(raw), 4))
        return tuple([int.from_bytes(p, order) for p in parts])  # type: ignore[arg-type]


def _first(sequence: object) -> Raw:
    return sequence[0] if isinstance(sequence, Sequence) and sequence else _NOTHING


_NOTHING = Raw.at(-1)
_NAMED = frozenset((*TEXT_VALUES, "CODE", "NUM"))
_READERS: dict[str, Callable[[Tree, Raw, Charset, str], Number | Reference | None]] = {
    "NUM": Tree._number,
    "IMAGE": Tree._reference,
    "COMPOSITE": Tree._reference,
    "WAVEFORM": Tree._reference,
}
