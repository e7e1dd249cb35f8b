"""An SR's header and content tree to the bytes of a DICOM file, in one pass.

Everything is appended to one buffer; the length of a sequence or item is filled in when it ends.
Same values, same bytes. Source: DICOM PS3.10 section 7, PS3.5 sections 7.1 and 7.5, Annex A;
PS3.3 C.17.3 (SR Document Content), section 8.8 (codes).
"""

import struct
from collections.abc import Mapping
from typing import TypeAlias, Union

from adapter import __version__
from adapter.errors import Usage
from adapter.sr.content import Code, Graphic, Item, Number, Reference
from adapter.sr.element_bytes import (
    attribute_of,
    code_elements,
    code_sequence,
    element,
    flag_element,
    text_element,
)
from adapter.sr.values import CHARSETS, decimal, encoded

Value: TypeAlias = Union[str, "tuple[Mapping[str, Value] | Code, ...]"]
Header: TypeAlias = Mapping[str, Value]
"""Attributes by keyword: text, or the items of a sequence, each by keyword again or a code."""

EXPLICIT, IMPLICIT = "1.2.840.10008.1.2.1", "1.2.840.10008.1.2"
IMPLEMENTATION_CLASS = "2.25.235755236944598710615658942129824970264"
_TEXT_VALUES = {
    "DATE": "Date", "DATETIME": "DateTime", "PNAME": "PersonName", "TEXT": "TextValue",
    "TIME": "Time", "UIDREF": "UID",
}  # fmt: skip
_REFERENCES = frozenset(("COMPOSITE", "IMAGE", "WAVEFORM"))
_SHAPES = frozenset(("SCOORD", "SCOORD3D"))
_CONTENT = 0x0040A730
_OF_THE_TREE = frozenset(
    (
        "ConceptNameCodeSequence", "ContentSequence", "ContentTemplateSequence",
        "ContinuityOfContent", "ObservationDateTime", "ObservationUID", "ValueType",
    )
)  # fmt: skip


def encode(header: Header, root: Item, *, implicit: bool = False, charset: str = "utf8") -> bytes:
    """Return a DICOM file: preamble, file meta information and data set, little endian.

    Parameters
    ----------
    header : mapping
        Everything outside the content tree, by keyword of ``adapter.sr.dictionary``. Specific
        Character Set comes from `charset`.
    root : Item
        The content tree; paths and offsets in it are not looked at.
    implicit : bool
        Implicit VR instead of explicit.
    charset : {"utf8", "iso-2022-jp"}
        Specific Character Set ``ISO_IR 192`` or ``\\ISO 2022 IR 87``.

    Raises
    ------
    Usage
        Something has no place in DICOM: a character outside the character set, a value that is too
        long for its VR, a value type or keyword that is not known here. Nothing is replaced.
    """
    if charset not in CHARSETS:
        raise Usage(f"no character set {charset!r}; there are {', '.join(CHARSETS)}")
    writer = _Writer(implicit, charset)
    writer.meta(str(header["SOPClassUID"]), str(header["SOPInstanceUID"]))
    fields = {**header, "SpecificCharacterSet": CHARSETS[charset][0]}
    before, own, after = writer.split(fields, root)
    for _, keyword, value in sorted((*before, *own), key=lambda field: field[0]):
        writer.field(keyword, value)
    writer.content(root.children)
    for _, keyword, value in sorted(after, key=lambda field: field[0]):
        writer.field(keyword, value)
    return bytes(writer.out)


_Field = tuple[int, str, Value]


class _Writer:
    """Appends elements to ``out``."""

    __slots__ = ("charset", "implicit", "out")

    def __init__(self, implicit: bool, charset: str) -> None:
        self.implicit = implicit
        self.charset = charset
        self.out = bytearray()

    def meta(self, sop_class: str, sop_instance: str) -> None:
        syntax = IMPLICIT if self.implicit else EXPLICIT
        version = f"CSFLEAK_{__version__}"[:16]
        group = b"".join(
            (
                element(0x00020001, "OB", b"\0\1", False),
                element(0x00020002, "UI", _ascii(sop_class, "UI"), False),
                element(0x00020003, "UI", _ascii(sop_instance, "UI"), False),
                element(0x00020010, "UI", _ascii(syntax, "UI"), False),
                element(0x00020012, "UI", _ascii(IMPLEMENTATION_CLASS, "UI"), False),
                element(0x00020013, "SH", _ascii(version, "SH"), False),
            )
        )
        length = element(0x00020000, "UL", struct.pack("<I", len(group)), False)
        self.out += bytes(128) + b"DICM" + length + group

    def split(self, header: Header, root: Item) -> tuple[list[_Field], list[_Field], list[_Field]]:
        """Return the fields before the content, the root's own among them, and those after it."""
        taken = _OF_THE_TREE.intersection(header)
        if taken:
            raise Usage("belongs to the content tree, not to the header", min(taken))
        fields = [(attribute_of(keyword).tag, keyword, value) for keyword, value in header.items()]
        own: dict[str, Value] = {"ValueType": root.value_type}
        if root.name:
            own["ConceptNameCodeSequence"] = (root.name,)
        if root.continuity:
            own["ContinuityOfContent"] = root.continuity
        if root.observed:
            own["ObservationDateTime"] = root.observed
        if root.uid:
            own["ObservationUID"] = root.uid
        if root.template:
            own["ContentTemplateSequence"] = (_template(root.template),)
        return (
            [field for field in fields if field[0] < _CONTENT],
            [(attribute_of(keyword).tag, keyword, value) for keyword, value in own.items()],
            [field for field in fields if field[0] > _CONTENT],
        )

    def field(self, keyword: str, value: Value) -> None:
        """Write an attribute: text, or a sequence of data sets and codes."""
        attribute = attribute_of(keyword)
        if isinstance(value, str):
            if attribute.vr == "SQ":
                raise Usage("is a sequence, not text", keyword)
            self.text(keyword, value)
            return
        if attribute.vr != "SQ":
            raise Usage("is text, not a sequence", keyword)
        sequence = self.open(attribute.tag)
        for item in value:
            start = self.open_item()
            if isinstance(item, Code):
                self.out += code_elements(item, self.implicit, self.charset)
            else:
                for inner in sorted(item, key=lambda name: attribute_of(name).tag):
                    self.field(inner, item[inner])
            self.close(start)
        self.close(sequence)

    def text(self, keyword: str, value: str) -> None:
        self.out += text_element(keyword, value, self.implicit, self.charset)

    def open(self, tag: int) -> int:
        """Begin a sequence; return where its content begins."""
        self.out += element(tag, "SQ", b"", self.implicit)
        return len(self.out)

    def open_item(self) -> int:
        self.out += b"\xfe\xff\x00\xe0\x00\x00\x00\x00"
        return len(self.out)

    def close(self, start: int) -> None:
        """Fill in the length of the sequence or item that begins at `start`."""
        struct.pack_into("<I", self.out, start - 4, len(self.out) - start)

    def codes(self, keyword: str, code: Code) -> None:
        self.out += code_sequence(keyword, code, self.implicit, self.charset)

    def content(self, items: tuple[Item, ...]) -> None:
        """Write Content Sequence (0040,A730), which is absent rather than empty."""
        if not items:
            return
        sequence = self.open(_CONTENT)
        for item in items:
            start = self.open_item()
            self.item(item)
            self.close(start)
        self.close(sequence)

    def item(self, item: Item) -> None:
        """Write a content item's elements in the order of their tags."""
        value = item.value
        if isinstance(value, Reference):
            self.reference(value)
        if item.relationship:
            self.out += flag_element("RelationshipType", item.relationship, self.implicit)
        if item.observed:
            self.text("ObservationDateTime", item.observed)
        if item.by_reference:
            places = struct.pack(f"<{len(item.by_reference)}I", *item.by_reference)
            self.content(item.children)
            self.out += element(0x0040DB73, "UL", places, self.implicit)
            return
        self.out += flag_element("ValueType", item.value_type, self.implicit)
        if item.name:
            self.codes("ConceptNameCodeSequence", item.name)
        if item.continuity:
            self.out += flag_element("ContinuityOfContent", item.continuity, self.implicit)
        keyword = _TEXT_VALUES.get(item.value_type)
        if keyword and isinstance(value, str):
            self.text(keyword, value)
        elif item.value_type == "CODE" and isinstance(value, Code):
            self.codes("ConceptCodeSequence", value)
        elif not _fits(item):
            raise Usage(f"a {item.value_type} item cannot be written from what it holds")
        if item.uid:
            self.text("ObservationUID", item.uid)
        if isinstance(value, Number):
            self.number(value)
        if item.template:
            self.field("ContentTemplateSequence", (_template(item.template),))
        self.content(item.children)
        if isinstance(value, Graphic):
            self.graphic(value)

    def graphic(self, graphic: Graphic) -> None:
        """Write a shape, whose tags come after those of the items below it."""
        try:
            points = struct.pack(f"<{len(graphic.points)}f", *graphic.points)
        except (OverflowError, struct.error):
            raise Usage("a coordinate has no place in single precision", "GraphicData") from None
        self.out += element(attribute_of("GraphicData").tag, "FL", points, self.implicit)
        self.text("GraphicType", graphic.type)
        if graphic.frame_of_reference:
            self.text("ReferencedFrameOfReferenceUID", graphic.frame_of_reference)

    def reference(self, reference: Reference) -> None:
        fields: dict[str, Value] = {
            "ReferencedSOPClassUID": reference.sop_class,
            "ReferencedSOPInstanceUID": reference.sop_instance,
        }
        if reference.frames:
            fields["ReferencedFrameNumber"] = "\\".join(map(str, reference.frames))
        self.field("ReferencedSOPSequence", (fields,))

    def number(self, number: Number) -> None:
        """Write Measured Value Sequence, empty where there is no number, and the qualifier."""
        sequence = self.open(attribute_of("MeasuredValueSequence").tag)
        if number.text:
            if number.unit is None:
                raise Usage("a NUM item has no unit")
            start = self.open_item()
            self.codes("MeasurementUnitsCodeSequence", number.unit)
            short, double = decimal(number.text, "NumericValue")
            if double is not None:
                self.out += element(0x0040A161, "FD", double, self.implicit)
            self.out += element(0x0040A30A, "DS", short, self.implicit)
            self.close(start)
        self.close(sequence)
        if number.qualifier is not None:
            self.codes("NumericValueQualifierCodeSequence", number.qualifier)


def _fits(item: Item) -> bool:
    """Return whether an item's value is what its value type asks for, text and codes apart."""
    if item.value_type == "CONTAINER":
        return item.value is None
    if item.value_type == "NUM":
        return isinstance(item.value, Number)
    if item.value_type in _SHAPES:
        return isinstance(item.value, Graphic)
    return item.value_type in _REFERENCES and isinstance(item.value, Reference)


def _template(identifier: str) -> dict[str, Value]:
    return {"MappingResource": "DCMR", "TemplateIdentifier": identifier}


def _ascii(text: str, vr: str) -> bytes:
    return encoded(text, vr, False, "utf8", "file meta information")
