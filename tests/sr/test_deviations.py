"""Odd but readable documents: what is read, and what is told. docs/reading-sr.md lists it all."""

import struct

from adapter.sr.decode import decode
from benchmarks.japanese_report import code, dataset, item, written
from tests.sr.comparison import items

SYNTAX = struct.pack("<HH2sH", 2, 0x10, b"UI", 20) + b"1.2.840.10008.1.2.1\0"
PLAIN = written(dataset())
TREE = items(decode(PLAIN, "plain").root)


def ids(data: bytes) -> list[str]:
    return [id for id, *_ in decode(data, "odd").deviations]


def read_the_same(data: bytes, *told: str) -> bool:
    return ids(data) == list(told) and items(decode(data, "odd").root) == TREE


def test_a_missing_or_wrong_transfer_syntax_is_seen_through():
    assert read_the_same(PLAIN.replace(SYNTAX, b""), "no-transfer-syntax")
    implicit = written(dataset(), explicit=False)
    short = struct.pack("<HH2sH", 2, 0x10, b"UI", 18) + b"1.2.840.10008.1.2\0"
    assert read_the_same(PLAIN.replace(SYNTAX, short), "transfer-syntax")
    assert read_the_same(implicit.replace(short, SYNTAX), "transfer-syntax")
    jpeg = SYNTAX.replace(b"1.2.840.10008.1.2.1\0", b"1.2.840.10008.1.2.4\0")
    assert read_the_same(PLAIN.replace(SYNTAX, jpeg), "transfer-syntax")


def test_implicit_items_inside_explicit_vr_are_read():
    ds = dataset()
    ds.ContentSequence = [item("CONTAINS", "TEXT", ("1", "99X", "x"), TextValue="text")]
    expected = items(decode(written(ds), "explicit").root)
    start = struct.pack("<HH", 0x40, 0xA730)
    explicit, implicit = written(ds), written(ds, explicit=False)
    inner = implicit[implicit.index(start) + 8 :]
    head = start + b"SQ\0\0" + struct.pack("<I", len(inner))
    mixed = explicit[: explicit.index(start)] + head + inner
    assert ids(mixed) == ["implicit-in-explicit"]
    assert items(decode(mixed, "mixed").root) == expected


def test_elements_out_of_order_are_read():
    date = struct.pack("<HH2sH", 8, 0x20, b"DA", 8) + b"20260310"
    number = struct.pack("<HH2sH", 0x20, 0x10, b"SH", 2) + b"1 "
    assert date in PLAIN
    assert number in PLAIN
    swapped = PLAIN.replace(date, b"").replace(number, number + date)
    assert read_the_same(swapped, "order")
    assert decode(swapped, "odd").header["StudyDate"] == "20260310"


def test_identity_may_come_from_the_file_meta():
    for element, told in ((0x16, "class-missing"), (0x18, "instance-missing")):
        at = PLAIN.index(struct.pack("<HH2s", 8, element, b"UI"))
        length = struct.unpack_from("<H", PLAIN, at + 6)[0]
        assert read_the_same(PLAIN[:at] + PLAIN[at + 8 + length :], told)
    assert decode(PLAIN[:at] + PLAIN[at + 8 + length :], "odd").header["SOPInstanceUID"]


def test_odd_items_are_told():
    name = ("1", "99X", "x")
    two = [code(("2", "99X", "y")), code(("3", "99X", "z"))]
    meaning_only = code(("", "99X", "TODO"))
    several = item("CONTAINS", "NUM", name)
    measured = code(("", "", ""))
    measured.clear()
    measured.NumericValue = ["1", "2"]
    measured.MeasurementUnitsCodeSequence = [code(("mm", "UCUM", "mm"))]
    several.MeasuredValueSequence = [measured]
    frames = item("CONTAINS", "IMAGE", name)
    image = code(("", "", ""))
    image.clear()
    image.ReferencedSOPClassUID, image.ReferencedSOPInstanceUID = "1.2", "1.2.3"
    image.ReferencedFrameNumber = "7"
    frames.ReferencedSOPSequence = [image]
    ds = dataset()
    ds.ContentSequence = [
        item("CONTAINS", "CODE", name, ConceptCodeSequence=two),
        item("CONTAINS", "CODE", name, ConceptCodeSequence=[meaning_only]),
        several,
        frames,
        item("CONTAINS", "TEXT", name, TextValue="SEQUENCE"),
    ]
    data = written(ds).replace(b"IS\x02\x007 ", b"IS\x02\x00x ")
    text = struct.pack("<HH2sHI", 0x40, 0xA160, b"UT", 0, 8) + b"SEQUENCE"
    empty = struct.pack("<HH2sHI", 0x40, 0xA160, b"SQ", 0, 8) + b"\xfe\xff\x00\xe0\0\0\0\0"
    found = decode(data.replace(text, empty), "odd")
    assert [(id, path) for id, path, *_ in found.deviations] == [
        ("code-several", "1.1"),
        ("code-without-value", "1.2"),
        ("value-missing", "1.2"),
        ("number-several", "1.3"),
        ("value-missing", "1.3"),
        ("frames-wrong", "1.4"),
        ("value-is-sequence", "1.5"),
        ("value-missing", "1.5"),
    ]
    assert found.root.children[0].value.value == "2"
    assert found.root.children[2].value is None


def test_a_content_sequence_that_is_none_is_told():
    ds = dataset()
    ds.ContentSequence = [item("CONTAINS", "TEXT", ("1", "99X", "x"), TextValue="x")]
    data = written(ds)
    at = data.index(struct.pack("<HH2s", 0x40, 0xA730, b"SQ"))
    text = data[:at] + struct.pack("<HH2sHI", 0x40, 0xA730, b"UT", 0, 4) + b"none"
    assert ids(text) == ["content-not-sequence"]
