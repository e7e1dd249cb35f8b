"""Content trees to bytes: what is written is what others read, or it is refused."""

import io
import struct
import tracemalloc
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapter.errors import AdapterError, Usage
from adapter.sr.content import Code, Graphic, Item, Number, Reference
from adapter.sr.decode import decode
from adapter.sr.encode import encode

CLASS = "1.2.840.10008.5.1.4.1.1.88.33"
HEADER = {"SOPClassUID": CLASS, "SOPInstanceUID": "2.25.123", "Modality": "SR", "PatientID": "7",
          "CompletionFlag": "COMPLETE", "VerificationFlag": "UNVERIFIED",
          "ContentDate": "20260302", "ContentTime": "101500"}  # fmt: skip
NAME = Code("126000", "DCM", "Imaging Measurement Report")
WAYS = [(False, "utf8"), (True, "utf8"), (False, "iso-2022-jp"), (True, "iso-2022-jp")]


def _item(kind: str, value: Any = None, *children: Item, **more: Any) -> Item:
    more.setdefault("name", Code("leak", "99CSFL", "漏出"))
    if kind == "CONTAINER":
        more.setdefault("continuity", "SEPARATE")
    return Item(
        "", kind, more.pop("relationship", "CONTAINS"), value=value, children=children, **more
    )


def _root(*children: Item) -> Item:
    return Item(
        "", "CONTAINER", name=NAME, children=children, continuity="SEPARATE", template="1500"
    )


MILLIMETRE = Code("mm", "UCUM", "mm")
TREE = _root(
    _item("CODE", Code("ja", "RFC5646", "Japanese"), relationship="HAS CONCEPT MOD"),
    _item("TEXT", "硬膜外\r\n第二行\tA\\B", observed="20260302101500+0900"),
    _item("TEXT", "odd"),
    _item("UIDREF", "2.25.1234", relationship="HAS OBS CONTEXT"),
    _item("PNAME", "Yamada^Hanako=山田^花子=やまだ^はなこ"),
    _item("DATE", "20260302"),
    _item("TIME", "1015"),
    _item("DATETIME", "20260302101500.123"),
    _item("NUM", Number("1.00", MILLIMETRE)),
    _item("NUM", Number("", None, Code("114010", "DCM", "Value unknown"))),
    _item("CODE", Code("a-code-longer-than-16", "99CSFL", "長い")),
    _item("CODE", Code("urn:oid:1.2.3.4.5.6.7", "99CSFL", "URN"), uid="2.25.9"),
    _item("CODE", Code("T-11720", "SRT", "T2", "2024")),
    _item("IMAGE", Reference("1.2.840.10008.5.1.4.1.1.4", "1.2.3", (1, 12)), name=None),
    _item("COMPOSITE", Reference(CLASS, "1.2.4")),
    _item(
        "CONTAINER",
        None,
        _item("CONTAINER", None, _item("CODE", Code("x", "99CSFL", "子"))),
        Item("", "", "INFERRED FROM", by_reference=(1, 2)),
        template="1501",
        observed="2026",
    ),
)


def _bare(item: Item) -> Item:
    """Return the item without the places that a decoder adds."""
    return replace(item, path="", offset=-1, children=tuple(map(_bare, item.children)))


def _read(data: bytes) -> Any:
    from pydicom import dcmread

    return dcmread(io.BytesIO(data))


def _walk(dataset: Any) -> Iterator[Any]:
    for element in dataset:
        yield element
        if element.VR == "SQ":
            for item in element.value:
                yield from _walk(item)


@pytest.mark.parametrize(("implicit", "charset"), WAYS)
def test_our_decoder_reads_the_tree_that_was_written(implicit: bool, charset: str) -> None:
    document = decode(encode(HEADER, TREE, implicit=implicit, charset=charset), "x.dcm")
    assert document.root is not None
    assert _bare(document.root) == TREE
    assert document.deviations == ()


@pytest.mark.parametrize(("implicit", "charset"), WAYS)
def test_pydicom_reads_the_values_that_were_written(implicit: bool, charset: str) -> None:
    dataset = _read(encode(HEADER, TREE, implicit=implicit, charset=charset))
    assert dataset.file_meta.TransferSyntaxUID.is_implicit_VR == implicit
    assert dataset.ContentTemplateSequence[0].TemplateIdentifier == "1500"
    items = dataset.ContentSequence
    assert [i.get("ValueType", "") for i in items] == [i.value_type for i in TREE.children]
    assert items[1].TextValue == "硬膜外\r\n第二行\tA\\B"
    assert items[1].ObservationDateTime == "20260302101500+0900"
    assert items[4].PersonName == "Yamada^Hanako=山田^花子=やまだ^はなこ"
    assert str(items[8].MeasuredValueSequence[0].NumericValue) == "1.00"
    assert len(items[9].MeasuredValueSequence) == 0
    assert items[9].NumericValueQualifierCodeSequence[0].CodeValue == "114010"
    assert items[10].ConceptCodeSequence[0].LongCodeValue == "a-code-longer-than-16"
    assert items[11].ConceptCodeSequence[0].URNCodeValue == "urn:oid:1.2.3.4.5.6.7"
    assert items[12].ConceptCodeSequence[0].CodingSchemeVersion == "2024"
    assert items[13].ReferencedSOPSequence[0].ReferencedFrameNumber == [1, 12]
    assert (
        items[15].ContentSequence[0].ContentSequence[0].ConceptNameCodeSequence[0].CodeMeaning
        == "漏出"
    )
    assert items[15].ContentSequence[1].ReferencedContentItemIdentifier == [1, 2]


@pytest.mark.parametrize("implicit", [False, True])
def test_tags_ascend_and_lengths_are_even_everywhere(implicit: bool) -> None:
    header = {**HEADER, "PatientName": "A", "ReferencedRequestSequence": (
        {"StudyInstanceUID": "1.2.3", "AccessionNumber": "odd"},)}  # fmt: skip
    dataset = _read(encode(header, TREE, implicit=implicit))
    for sequence in (dataset, *(i for e in _walk(dataset) if e.VR == "SQ" for i in e.value)):
        tags = [int(tag) for tag in sequence._dict]
        assert tags == sorted(tags)
    data = encode(header, TREE, implicit=implicit)
    assert len(data) % 2 == 0
    assert data[:128] == bytes(128)
    assert data[128:132] == b"DICM"


def test_the_group_length_ends_where_the_data_set_begins() -> None:
    data = encode(HEADER, TREE)
    (length,) = struct.unpack_from("<I", data, 140)
    assert data[144 + length : 144 + length + 4] == b"\x08\x00\x05\x00"


def test_pydicom_writes_the_same_data_set_again() -> None:
    data = encode(HEADER, TREE)
    again = io.BytesIO()
    _read(data).save_as(again)
    start = data.index(b"\x08\x00\x05\x00CS")
    assert again.getvalue()[again.getvalue().index(b"\x08\x00\x05\x00CS") :] == data[start:]


def test_a_text_of_more_than_64_kilobytes_is_whole() -> None:
    words = "漏" * 70_001
    data = encode(HEADER, _root(_item("TEXT", words)))
    document = decode(data, "x.dcm")
    assert document.root is not None
    assert document.root.children[0].value == words
    assert words == _read(data).ContentSequence[0].TextValue


def test_a_sequence_of_more_than_64_kilobytes_is_whole() -> None:
    many = tuple(_item("TEXT", f"{i:05d}") for i in range(3000))
    data = encode(HEADER, _root(*many))
    document = decode(data, "x.dcm")
    assert document.root is not None
    assert [c.value for c in document.root.children] == [c.value for c in many]
    assert len(_read(data).ContentSequence) == 3000


def test_a_header_carries_nested_sequences_and_codes() -> None:
    header = {
        **HEADER,
        "VerifyingObserverSequence": (
            {
                "VerifyingObserverName": "佐藤^一郎",
                "VerifyingObserverIdentificationCodeSequence": (Code("1", "99X", "医師"),),
            },
        ),
        "PerformedProcedureCodeSequence": (),
    }
    dataset = _read(encode(header, TREE))
    observer = dataset.VerifyingObserverSequence[0]
    assert observer.VerifyingObserverName == "佐藤^一郎"
    assert observer.VerifyingObserverIdentificationCodeSequence[0].CodeMeaning == "医師"
    assert len(dataset.PerformedProcedureCodeSequence) == 0


def test_a_number_of_more_than_16_characters_stands_rounded_and_as_double() -> None:
    data = encode(HEADER, _root(_item("NUM", Number("58.400000000000006", MILLIMETRE))))
    value = _read(data).ContentSequence[0].MeasuredValueSequence[0]
    assert str(value.NumericValue) == "58.4000000000000"
    assert value.FloatingPointValue == 58.400000000000006


@pytest.mark.parametrize("text", ["山田①", "ｱｲｳ", "¥100", "‾", "髙", "𠮷", "é", "µ", "T1–T3", "㎜"])
def test_a_character_without_a_place_in_ir_87_is_refused_and_never_replaced(text: str) -> None:
    with pytest.raises(Usage) as caught:
        encode(HEADER, _root(_item("TEXT", text)), charset="iso-2022-jp")
    assert text not in str(caught.value)
    assert "U+" in str(caught.value)
    assert _read(encode(HEADER, _root(_item("TEXT", text)))).ContentSequence[0].TextValue == text


@pytest.mark.parametrize(
    ("header", "item"),
    [
        ({"PatientID": "x" * 65}, None),
        ({"PatientID": "a\\b"}, None),
        ({"PatientID": "a\nb"}, None),
        ({"PatientName": "a=b=c=d"}, None),
        ({"PatientName": "x" * 65}, None),
        ({"PatientBirthDate": "1980-02-29"}, None),
        ({"StudyInstanceUID": "1.02"}, None),
        ({"StudyInstanceUID": "1." * 40 + "1"}, None),
        ({"AccessionNumber": "x" * 17}, None),
        ({"Modality": "sr"}, None),
        ({"NoSuchKeyword": "x"}, None),
        ({"PatientID": ()}, None),
        ({"ContentSequence": ()}, None),
        ({"ValueType": "TEXT"}, None),
        ({}, _item("TEXT", "a\x00b")),
        ({}, _item("TEXT", "\ud800")),
        ({}, _item("TEXT", None)),
        ({}, _item("CODE", "text")),
        ({}, _item("SCOORD")),
        ({}, _item("CONTAINER", "text")),
        ({}, _item("UIDREF", "not a UID")),
        ({}, _item("NUM", Number("12mm", MILLIMETRE))),
        ({}, _item("NUM", Number("NaN", MILLIMETRE))),
        ({}, _item("NUM", Number("12"))),
        ({}, _item("CODE", Code("x", "y", "m" * 65))),
        ({}, _item("CODE", Code("x", "a-scheme-of-more-than-16", "m"))),
        ({}, _item("TEXT", "x", observed="2026-03-02")),
    ],
)
def test_what_has_no_place_in_dicom_is_refused(header: dict[str, Any], item: Item | None) -> None:
    with pytest.raises(Usage):
        encode({**HEADER, **header}, _root(*([item] if item else [])))


def test_an_unknown_character_set_is_refused() -> None:
    with pytest.raises(Usage, match="utf8"):
        encode(HEADER, TREE, charset="shift_jis")


def test_equal_trees_give_equal_bytes() -> None:
    assert encode(HEADER, TREE) == encode(dict(reversed(HEADER.items())), TREE)


_WORDS = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs")), max_size=40)
_LEAVES = st.builds(lambda words: _item("TEXT", words.strip(" ")), _WORDS)
_TREES = st.recursive(
    _LEAVES, lambda inner: st.lists(inner, max_size=4).map(lambda c: _item("CONTAINER", None, *c))
)


@settings(max_examples=60, deadline=None)
@given(tree=_TREES, implicit=st.booleans())
def test_any_text_in_any_tree_comes_back(tree: Item, implicit: bool) -> None:
    root = _root(_item("TEXT", "x"), tree)
    document = decode(encode(HEADER, root, implicit=implicit), "x.dcm")
    assert document.root is not None
    assert _bare(document.root) == root


_JIS = st.text(
    st.sampled_from("AZaz09 .-/()[]漏出症脊髄硬膜外水信号病変本社ア、。『』◇（）＼"), max_size=40
)
_ANY = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs")), max_size=40)


@settings(max_examples=80, deadline=None)
@given(data=st.data(), implicit=st.booleans(), charset=st.sampled_from(["utf8", "iso-2022-jp"]))
def test_pydicom_and_our_decoder_see_the_same_text(
    data: st.DataObject, implicit: bool, charset: str
) -> None:
    words = st.lists(_ANY if charset == "utf8" else _JIS, min_size=1, max_size=6)
    said = [word.strip(" ") for word in data.draw(words)]
    root = _root(*(_item("TEXT", word) for word in said))
    written = encode(HEADER, root, implicit=implicit, charset=charset)
    ours = decode(written, "x.dcm").root
    assert ours is not None
    assert [item.value for item in ours.children] == said
    # pydicom drops what some readers take for padding at the end.
    theirs = [str(item.TextValue or "") for item in _read(written).ContentSequence]
    assert [word.rstrip() for word in theirs] == [word.rstrip() for word in said]


@pytest.mark.parametrize("length", [0, 1, 2, 3, 63, 64, 65_533, 65_534, 65_535, 65_536, 65_537])
@pytest.mark.parametrize("implicit", [False, True])
def test_a_text_of_any_length_is_padded_to_even_and_whole(length: int, implicit: bool) -> None:
    data = encode(HEADER, _root(_item("TEXT", "x" * length)), implicit=implicit)
    assert len(data) % 2 == 0
    root = decode(data, "x.dcm").root
    assert root is not None
    assert root.children[0].value == "x" * length
    assert (_read(data).ContentSequence[0].TextValue or "") == "x" * length


@pytest.mark.parametrize("count", [2, 8_191, 16_383])
def test_a_shape_is_whole_up_to_what_a_short_length_holds(count: int) -> None:
    shape = Graphic("POLYLINE", tuple(float(i) for i in range(count)))
    image = Item("", "IMAGE", "SELECTED FROM", value=Reference(CLASS, "1.2.3"))
    data = encode(HEADER, _root(_item("SCOORD", shape, image)))
    root = decode(data, "x.dcm").root
    assert root is not None
    assert root.children[0].value == shape
    assert len(_read(data).ContentSequence[0].GraphicData) == count


@pytest.mark.parametrize("points", [(float("1e300"),), tuple(range(16_384))])
def test_a_shape_without_a_place_is_refused(points: tuple[float, ...]) -> None:
    with pytest.raises(Usage):
        encode(HEADER, _root(_item("SCOORD", Graphic("POLYLINE", points))))


def test_writing_is_one_pass_into_one_buffer() -> None:
    """No copy of a tree or of its parts: the peak is the buffer, its growth and the result."""
    leaf = _item("TEXT", "漏" * 1000)
    deep = leaf
    for _ in range(50):
        deep = _item("CONTAINER", None, leaf, deep)
    root = _root(*[deep] * 20)
    size = len(encode(HEADER, root))
    tracemalloc.start()
    encode(HEADER, root)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 3 * size


def test_trees_of_public_reports_come_back(shared: Path) -> None:
    """Those with values that are no DICOM are refused, not written otherwise."""
    done = 0
    for path in sorted((shared / "corpus" / "real" / "sr").rglob("*.dcm")):
        try:
            root = decode(path.read_bytes(), path.name).root
            assert root is not None
            data = encode(HEADER, root)
        except AdapterError:
            continue
        again = decode(data, path.name).root
        assert again is not None
        assert _bare(again) == _bare(root), path.name
        done += 1
    assert done >= 8
