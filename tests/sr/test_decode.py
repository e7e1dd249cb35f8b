"""The decoder on good files: every layout gives the same document."""

import io
import struct
import zlib
from dataclasses import replace

import pydicom
import pytest
from pydicom.dataset import Dataset
from pydicom.uid import DeflatedExplicitVRLittleEndian

from adapter.errors import Damaged, RefusedInput
from adapter.sr.content import Code, Item, Number, Reference, SrDocument
from adapter.sr.decode import decode, sniff
from benchmarks.japanese_report import CONCLUSION, code, coded, dataset, item, written
from tests.sr.comparison import items

PLAIN = written(dataset())


def without_offsets(document: SrDocument) -> tuple[object, ...]:
    assert document.root is not None
    return (items(document.root), document.evidence, document.procedures, document.header)


def bare(**encoding: bool) -> bytes:
    """Return the report as a data set without preamble and file meta information."""
    file = io.BytesIO()
    pydicom.dcmwrite(file, dataset(), **encoding)
    return file.getvalue()


def deflated(data: bytes = PLAIN) -> bytes:
    ds = pydicom.dcmread(io.BytesIO(data))
    ds.file_meta.TransferSyntaxUID = DeflatedExplicitVRLittleEndian
    file = io.BytesIO()
    ds.save_as(file, enforce_file_format=True)
    return file.getvalue()


def with_un_sequence(defined: bool) -> bytes:
    """Replace the evidence sequence by one whose VR is UN, its content implicit VR."""
    ds = dataset()
    del ds.CurrentRequestedProcedureEvidenceSequence
    implicit = written(dataset(), explicit=False, undefined=not defined)
    at = implicit.index(struct.pack("<HH", 0x0040, 0xA375))
    end = implicit.index(struct.pack("<HH", 0x0040, 0xA491))
    length, value = implicit[at + 4 : at + 8], implicit[at + 8 : end]
    whole = written(ds)
    place = whole.index(struct.pack("<HH2s", 0x0040, 0xA491, b"CS"))
    element = struct.pack("<HH2sH", 0x0040, 0xA375, b"UN", 0) + length + value
    return whole[:place] + element + whole[place:]


LAYOUTS = {
    "explicit": PLAIN,
    "explicit, undefined lengths": written(dataset(), undefined=True),
    "implicit": written(dataset(), explicit=False),
    "implicit, undefined lengths": written(dataset(), explicit=False, undefined=True),
    "deflated": deflated(),
    "big endian, bare": bare(implicit_vr=False, little_endian=False),
    "no preamble": PLAIN[128:],
    "no preamble, no prefix": PLAIN[132:],
    "implicit, bare": bare(implicit_vr=True, little_endian=True),
    "UN sequence": with_un_sequence(defined=True),
    "UN sequence of undefined length": with_un_sequence(defined=False),
}


@pytest.mark.parametrize("name", LAYOUTS)
def test_every_layout_gives_the_same_document(name):
    assert sniff(LAYOUTS[name])
    expected = decode(PLAIN, "plain")
    assert without_offsets(decode(LAYOUTS[name], name)) == without_offsets(expected)


def test_mended_layouts_are_told_and_good_ones_are_not():
    told = {name: [d[0] for d in decode(data, name).deviations] for name, data in LAYOUTS.items()}
    assert {name: ids for name, ids in told.items() if ids} == {
        "big endian, bare": ["no-preamble", "no-file-meta"],
        "implicit, bare": ["no-preamble", "no-file-meta"],
        "no preamble": ["no-preamble"],
        "no preamble, no prefix": ["no-preamble"],
    }


@pytest.mark.parametrize("name", LAYOUTS)
def test_the_layout_is_named(name):
    syntax = decode(LAYOUTS[name], name).transfer_syntax
    last = {"implicit": "", "deflated": ".1.99", "big": ".2"}.get(
        name.split(",")[0].split()[0], ".1"
    )
    assert syntax == "1.2.840.10008.1.2" + last


def test_header_fields_are_text_by_keyword():
    fields = decode(PLAIN, "plain").header
    assert fields["PatientName"] == "Shiken^Hanako=試験^花子=しけん^はなこ"
    assert fields["InstitutionName"] == "試験病院"
    assert fields["PatientID"] == "0001234"
    assert fields["SOPInstanceUID"] == "1.2.826.0.1.3680043.8.498.100"
    assert fields["SpecificCharacterSet"] == "ISO_IR 192"
    assert fields["CompletionFlag"] == "COMPLETE"
    assert "PreliminaryFlag" not in fields


def test_other_patient_ids_are_kept_from_either_form():
    ds = dataset()
    ids = [Dataset(), Dataset()]
    ids[0].PatientID, ids[1].PatientID = "A1", "B2"
    ds.OtherPatientIDsSequence = ids
    assert decode(written(ds), "ids").header["OtherPatientIDs"] == "A1\\B2"


def by_path(document: SrDocument) -> dict[str, Item]:
    assert document.root is not None
    return {one.path: one for one in items(document.root)}


def test_items_have_their_path_value_and_offset():
    document = decode(PLAIN, "plain")
    found = by_path(document)
    assert found["1"].name == Code("126000", "DCM", "画像計測報告")
    assert found["1"].template == "1500"
    group = found["1.6.1"]
    assert (group.value_type, group.relationship) == ("CONTAINER", "CONTAINS")
    assert (group.template, group.observed, group.continuity) == (
        "1501",
        "20260310101500",
        "SEPARATE",
    )
    assert found["1.6.1.3"].value == Code("epi-fluid", "99CSFL", "硬膜外の水信号病変")
    assert found["1.6.1.4"].relationship == "HAS CONCEPT MOD"
    assert found["1.6.1.8"].value == Number("55.0", Code("mm[H2O]", "UCUM", "mmH2O"))
    assert found["1.6.4"].value == Reference(
        "1.2.840.10008.5.1.4.1.1.4", "1.2.826.0.1.3680043.8.498.401"
    )
    assert found["1.7.2"].value == CONCLUSION
    assert document.root.offset == PLAIN.index(struct.pack("<HH2s", 8, 5, b"CS"))
    for below in document.root.children:
        assert PLAIN[below.offset : below.offset + 4] == b"\xfe\xff\x00\xe0"


def test_what_stands_around_the_tree_is_kept():
    ds = dataset()
    scheme, request, verifier, predecessor = Dataset(), Dataset(), Dataset(), Dataset()
    scheme.CodingSchemeDesignator, scheme.CodingSchemeUID = "99CSFL", "2.25.1"
    request.AccessionNumber, request.PlacerOrderNumberImagingServiceRequest = "A1", "P1"
    verifier.VerifyingObserverName = "Shiken^Jiro=試験^次郎"
    predecessor.StudyInstanceUID = "1.2.3"
    series, instance = Dataset(), Dataset()
    instance.ReferencedSOPClassUID, instance.ReferencedSOPInstanceUID = "1.2", "1.2.3.4"
    series.SeriesInstanceUID, series.ReferencedSOPSequence = "1.2.3.5", [instance]
    predecessor.ReferencedSeriesSequence = [series]
    ds.CodingSchemeIdentificationSequence = [scheme]
    ds.ReferencedRequestSequence = [request]
    ds.VerifyingObserverSequence = [verifier]
    ds.PredecessorDocumentsSequence = [predecessor]
    ds.PerformedProcedureCodeSequence = [code(("25056-3", "LN", "MRI"))]
    document = decode(written(ds), "around")
    assert document.schemes == (("99CSFL", "2.25.1"),)
    assert document.requests == (("A1", "P1"),)
    assert document.verifiers == ("Shiken^Jiro=試験^次郎",)
    assert document.predecessors == (Reference("1.2", "1.2.3.4"),)
    assert document.procedures == (Code("25056-3", "LN", "MRI"),)
    assert document.evidence == (
        (
            "1.2.826.0.1.3680043.8.498.200",
            "1.2.826.0.1.3680043.8.498.400",
            Reference("1.2.840.10008.5.1.4.1.1.4", "1.2.826.0.1.3680043.8.498.401"),
        ),
    )


def one_item(entry: Dataset) -> Item:
    ds = dataset()
    ds.ContentSequence = [entry]
    root = decode(written(ds), "one item").root
    assert root is not None
    return root.children[0]


def test_long_and_urn_code_values_are_codes():
    name = Dataset()
    name.LongCodeValue, name.CodingSchemeDesignator = "long" * 10, "99X"
    name.CodeMeaning = "long"
    value = Dataset()
    value.URNCodeValue, value.CodeMeaning = "urn:lex:x:1", "urn"
    entry = item("CONTAINS", "CODE", ("1", "99X", "x"), ConceptCodeSequence=[value])
    entry.ConceptNameCodeSequence = [name]
    read = one_item(entry)
    assert read.name == Code("long" * 10, "99X", "long")
    assert read.value == Code("urn:lex:x:1", "", "urn")


def test_a_by_reference_item_has_a_target_and_no_value():
    entry = Dataset()
    entry.RelationshipType, entry.ReferencedContentItemIdentifier = "INFERRED FROM", [1, 4, 2]
    read = one_item(entry)
    assert read == replace(read, value_type="", by_reference=(1, 4, 2), value=None, name=None)


def test_a_number_that_was_not_obtained_has_its_qualifier_only():
    entry = item("CONTAINS", "NUM", ("1", "99X", "x"), MeasuredValueSequence=[])
    entry.NumericValueQualifierCodeSequence = [code(("114006", "DCM", "failed"))]
    assert one_item(entry).value == Number("", None, Code("114006", "DCM", "failed"))


def test_frames_and_nested_items_are_read():
    image = Dataset()
    image.ReferencedSOPClassUID, image.ReferencedSOPInstanceUID = "1.2", "1.2.3"
    image.ReferencedFrameNumber = [1, 7]
    below = coded("HAS CONCEPT MOD", ("2", "99X", "y"), ("3", "99X", "z"))
    entry = item("CONTAINS", "IMAGE", ("1", "99X", "x"), [below], ReferencedSOPSequence=[image])
    read = one_item(entry)
    assert read.value == Reference("1.2", "1.2.3", (1, 7))
    assert read.children[0].value == Code("3", "99X", "z")


def test_an_inner_character_set_holds_for_what_is_below_it():
    entry = item("CONTAINS", "TEXT", ("1", "99X", "x"), TextValue="あ")
    entry.SpecificCharacterSet = ["", "ISO 2022 IR 87"]
    ds = dataset()
    ds.ContentSequence = [entry, item("CONTAINS", "TEXT", ("1", "99X", "x"), TextValue="い")]
    data = written(ds)
    assert b"\x1b$B" in data
    root = decode(data, "inner").root
    assert root is not None
    assert [child.value for child in root.children] == ["あ", "い"]


def test_a_memoised_code_is_read_by_the_character_set_at_hand():
    for charset, raw in (("ISO_IR 100", b"\xc4pfel"), ("ISO_IR 144", b"\xc4pfel")):
        ds = dataset()
        ds.ContentSequence = [coded("CONTAINS", ("1", "99X", "x"), ("2", "99X", "ABCDE"))]
        ds.PatientName = ds.InstitutionName = ds.StudyDescription = ds.Manufacturer = "x"
        ds.ReferringPhysicianName, ds.SpecificCharacterSet = "x", "ISO_IR 192"
        data = written(ds).replace(b"ISO_IR 192", charset.encode()).replace(b"ABCDE ", raw + b" ")
        root = decode(data, charset).root
        assert root is not None
        value = root.children[0].value
        assert isinstance(value, Code)
        assert value.meaning == raw.decode("latin_1" if charset.endswith("100") else "iso8859_5")


OTHERS = {
    "1.2.840.10008.5.1.4.1.1.2": "an image",
    "1.2.840.10008.5.1.4.1.1.104.1": "an encapsulated PDF",
    "1.2.840.10008.5.1.4.1.1.104.2": "an encapsulated CDA document",
    "1.2.840.10008.5.1.4.1.1.88.59": "a key object selection",
    "1.2.840.10008.5.1.4.1.1.88.67": "an X-ray dose report",
    "1.2.840.10008.5.1.4.1.1.88.65": "a chest CAD report",
    "1.2.840.10008.1.3.10": "a DICOMDIR",
}


@pytest.mark.parametrize("uid", OTHERS)
def test_what_is_no_sr_is_refused_by_its_name(uid):
    ds = dataset()
    ds.SOPClassUID = uid
    for data in (written(ds), written(ds)[132:]):
        with pytest.raises(RefusedInput, match=OTHERS[uid]):
            decode(data, "other.dcm")


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (b"", "an empty file"),
        (b"%PDF-1.7 and so on, long enough", "PDF"),
        (b"\xef\xbb\xbf<?xml version='1.0'?><x/>", "XML"),
        (b'{"resourceType": "Bundle"}', "JSON"),
        (b"this is not DICOM at all", "text"),
        (bytes(200), "zeros"),
        (b"\x89PNG\r\n\x1a\n" + bytes(100), "a PNG image"),
        (b"\x07\x99\xa1" * 60, "unknown bytes"),
    ],
)
def test_what_is_not_dicom_is_refused_by_its_name(data, what):
    assert not sniff(data)
    with pytest.raises(RefusedInput, match=what):
        decode(data, "other")


def test_a_deflated_data_set_may_end_with_a_pad_or_a_true_checksum_only():
    good = deflated()
    body = PLAIN[PLAIN.index(struct.pack("<HH2s", 8, 5, b"CS")) :]
    trailer = struct.pack("<II", zlib.crc32(body), len(body))
    assert [d[0] for d in decode(good + trailer, "gz").deviations] == ["gzip-trailer"]
    with pytest.raises(Damaged):
        decode(good + b"\x01\x02", "garbage")
    with pytest.raises(Damaged):
        decode(good + trailer[::-1], "wrong checksum")


def test_a_memo_hit_never_passes_a_wrong_end():
    good = written(dataset())
    decode(good, "warm the memo")
    at = good.index(struct.pack("<HH2sHI", 0x0040, 0xA043, b"SQ", 0, 60)[:8])
    length = struct.unpack_from("<I", good, at + 8)[0]
    longer = good[: at + 8] + struct.pack("<I", length + 2) + good[at + 12 :]
    with pytest.raises(Damaged):
        decode(longer, "longer")


def test_reading_loads_no_dicom_library(fresh_python, tmp_path):
    path = tmp_path / "report.dcm"
    path.write_bytes(PLAIN)
    printed = fresh_python(
        "import sys\n"
        "from adapter.sr.decode import decode\n"
        f"decode(open({str(path)!r}, 'rb').read(), 'x')\n"
        "print({'pydicom', 'highdicom', 'numpy', 'lxml', 'json'} & set(sys.modules))"
    )
    assert printed.strip() == "set()"


def test_what_is_remembered_of_codes_is_bounded():
    from adapter.sr import elements

    for number in range(elements.MEMO_SIZE + 50):
        name = f"C{number}"
        ds_item = struct.pack("<HH2sH", 8, 0x100, b"SH", 6) + name.ljust(6).encode()
        entry = b"\xfe\xff\x00\xe0" + struct.pack("<I", len(ds_item)) + ds_item
        sequence = struct.pack("<HH2sHI", 0x40, 0xA043, b"SQ", 0, len(entry)) + entry
        data = sequence
        raw = elements.Raw.at(0)
        elements.Reader(data, True, elements.Limits()).read(raw, len(data), True)
    sizes = [len(memo) for memo in elements._MEMOS.values()]
    assert 0 < max(sizes) <= elements.MEMO_SIZE
