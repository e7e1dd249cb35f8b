"""The JSON and XML models of an SR give the tree that the file gives."""

import json
import shutil
import subprocess
from dataclasses import replace

import pytest
from pydicom.dataset import Dataset

from adapter.errors import Damaged, LimitExceeded, RefusedInput
from adapter.sr.content import Reference
from adapter.sr.decode import decode, sniff
from adapter.sr.limits import Limits
from benchmarks.japanese_report import code, dataset, item, written
from tests.sr.comparison import items


def everything() -> Dataset:
    """Return the report with one item of each value type added to its first lesion."""
    ds = dataset()
    scheme, image, pointer = Dataset(), Dataset(), Dataset()
    scheme.CodingSchemeDesignator, scheme.CodingSchemeUID = "99CSFL", "2.25.1"
    ds.CodingSchemeIdentificationSequence = [scheme]
    ds.IssuerOfPatientID, ds.SoftwareVersions, ds.PreliminaryFlag = "issuer", "1.2", "FINAL"
    ds.ManufacturerModelName, ds.DeviceSerialNumber = "model", "7"
    name = ("x", "99X", "x")
    image.ReferencedSOPClassUID = "1.2.840.10008.5.1.4.1.1.4"
    image.ReferencedSOPInstanceUID = "1.2.826.0.1.3680043.8.498.401"
    image.ReferencedFrameNumber = [1, 3]
    pointer.RelationshipType = "INFERRED FROM"
    pointer.ReferencedContentItemIdentifier = [1, 6, 1]
    missing = item("CONTAINS", "NUM", name, MeasuredValueSequence=[])
    missing.NumericValueQualifierCodeSequence = [code(("114006", "DCM", "failed"))]
    long = Dataset()
    long.LongCodeValue, long.CodingSchemeDesignator, long.CodeMeaning = "L" * 30, "99X", "long"
    long.CodingSchemeVersion = "2"
    group = ds.ContentSequence[5].ContentSequence[0]
    group.ObservationUID = "1.2.3.9"
    group.ContentSequence = [
        *group.ContentSequence,
        missing,
        item("CONTAINS", "PNAME", name, PersonName="A^B=試^験=し^け"),
        item("CONTAINS", "DATE", name, Date="20260310"),
        item("CONTAINS", "TIME", name, Time="101112"),
        item("CONTAINS", "DATETIME", name, DateTime="20260310101112+0900"),
        item("CONTAINS", "IMAGE", name, ReferencedSOPSequence=[image]),
        item("CONTAINS", "TEXT", name, [pointer], TextValue="行1\n行2 <&>"),
        item("CONTAINS", "CODE", name, ConceptCodeSequence=[long]),
    ]
    return ds


FILE = written(everything())
WHOLE = decode(FILE, "file")


def as_json(ds: Dataset | None = None) -> bytes:
    return json.dumps((ds or everything()).to_json_dict(), ensure_ascii=False).encode()


def program(name: str) -> str:
    return shutil.which(name) or pytest.skip(f"the program {name} is missing")


def converted(tmp_path, *command: str, data: bytes = FILE) -> bytes:
    path = tmp_path / "report.dcm"
    path.write_bytes(data)
    return subprocess.run(
        [program(command[0]), *command[1:], path], capture_output=True, check=True
    ).stdout


def same(found, expected=WHOLE) -> None:
    assert items(found.root) == items(expected.root)
    assert found.header == expected.header
    for field in ("evidence", "predecessors", "schemes", "procedures", "verifiers", "requests"):
        assert getattr(found, field) == getattr(expected, field)


def test_the_json_model_gives_the_same_document():
    data = as_json()
    assert sniff(data)
    found = decode(data, "json")
    same(found)
    assert found.deviations == ()
    same(decode(b"[" + data + b"]", "json"))


def test_the_json_of_dcmtk_gives_the_same_document(tmp_path):
    data = converted(tmp_path, "dcm2json")
    found = decode(data, "json")
    assert items(found.root) == items(WHOLE.root)
    assert found.header["PatientName"] == WHOLE.header["PatientName"]


def test_the_native_xml_model_gives_the_same_document(tmp_path):
    data = converted(tmp_path, "dcm2xml", "--native-format")
    assert sniff(data)
    found = decode(data, "xml")
    same(found)
    assert found.deviations == ()


LOST = {
    "PerformedProcedureCodeSequence",
    "InstitutionName",
    "PatientName",
    "ReferringPhysicianName",
}


@pytest.mark.parametrize(
    "options",
    ["+Wt", "+Wt +Ea", "+Wt +Ee", "+Xn +We +Wi +Wt", "+Wt +Er", "+Wt +Ev", "+Wt +Ec", "+Wt +Et"],
)
def test_dsr2xml_in_every_option_gives_the_same_tree(tmp_path, options):
    data = converted(tmp_path, "dsr2xml", *options.split())
    assert sniff(data)
    found = decode(data, "xml")
    expected = [
        replace(one, value="A^B") if one.value_type == "PNAME" else one for one in items(WHOLE.root)
    ]
    assert items(found.root) == expected
    assert {k: v for k, v in WHOLE.header.items() if found.header.get(k) != v}.keys() == LOST
    assert found.evidence == WHOLE.evidence
    assert found.schemes == WHOLE.schemes
    assert [id for id, *_ in found.deviations] == ["name-groups"]


def test_dsr2xml_without_template_ids_still_reads(tmp_path):
    found = decode(converted(tmp_path, "dsr2xml"), "xml")
    assert items(found.root) == [
        replace(one, value="A^B" if one.value_type == "PNAME" else one.value, template="")
        for one in items(WHOLE.root)
    ]


def test_an_identifier_that_looks_like_a_date_stays_one(tmp_path):
    ds = everything()
    ds.PatientID = ds.StudyID = "1234-05-06"
    found = decode(converted(tmp_path, "dsr2xml", data=written(ds)), "xml")
    assert found.header["PatientID"] == found.header["StudyID"] == "1234-05-06"


def test_xml_in_another_encoding_is_read(tmp_path):
    text = converted(tmp_path, "dsr2xml", "+Wt").decode("utf-8")
    expected = items(decode(text.encode(), "utf-8").root)
    for encoding in ("utf-16", "shift_jis", "euc-jp", "iso-2022-jp"):
        data = text.replace('encoding="UTF-8"', f'encoding="{encoding}"').encode(encoding)
        assert sniff(data), encoding
        assert items(decode(data, encoding).root) == expected


def test_the_malformed_public_json_is_read_and_told(shared):
    path = shared / "corpus" / "real" / "fhir" / "dicom-sr__Example-MeasurementReport.json"
    found = decode(path.read_bytes(), "example")
    assert len(items(found.root)) == 25
    assert [id for id, *_ in found.deviations] == ["json-value"]
    assert found.header["AccessionNumber"] == "ACSN-235813"
    assert found.root.name.value == "126000"
    numbers = [one.value.text for one in items(found.root) if one.value_type == "NUM"]
    assert len(numbers) == 3


def small(**attributes: object) -> bytes:
    return json.dumps({**json.loads(as_json(dataset(lesions=1))), **attributes}).encode()


def test_numbers_keep_their_written_precision():
    text = as_json().decode().replace('"55.0"', "55.00").replace("[55.0]", "[55.00]")
    found = {one.path: one for one in items(decode(text.encode(), "json").root)}
    assert found["1.6.1.8"].value.text == "55.00"


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (as_json()[:-40], "well-formed"),
        (b'{"00080016": {"vr": "UI", "Value": ["1.2"]}, "00080016": {"vr": "UI"}}', "twice"),
        (small(**{"0040A161": {"vr": "FD", "Value": [float("nan")]}}), "NaN"),
        (b"[" + as_json() + b"," + as_json() + b"]", "2 data sets"),
        (b'{"00080005":{"vr":' * 50_000, "well-formed"),
        (b'{"00080005": {"vr": "CS", "Value": ["\xff"]}}', "UTF-8"),
    ],
)
def test_json_that_is_none_is_refused(data, why):
    with pytest.raises(RefusedInput, match=why):
        decode(data, "bad.json")


def test_json_oddities_are_told():
    odd = small(
        **{
            "00104000": {"vr": "LT", "BulkDataURI": "http://169.254.169.254/x"},
            "00102160": {"vr": "SH", "InlineBinary": "%%%"},
            "nonsense": {"vr": "LO"},
            "00101000": {"vr": "LO", "Value": [None, "2"]},
        }
    )
    found = decode(odd, "odd.json")
    ids = {id for id, *_ in found.deviations}
    assert ids == {"bulk-data", "json-value", "json-attribute"}
    assert found.header["OtherPatientIDs"] == "\\2"
    assert found.header["PatientComments"] == ""


def test_what_is_no_sr_is_refused_by_name_in_json_too():
    with pytest.raises(RefusedInput, match="an image"):
        decode(small(**{"00080016": {"vr": "UI", "Value": ["1.2.840.10008.5.1.4.1.1.4"]}}), "mr")
    with pytest.raises(Damaged, match="SOP Class"):
        decode(b'{"00080060": {"vr": "CS", "Value": ["SR"]}}', "bare")


BOMB = b"""<?xml version="1.0"?><!DOCTYPE r [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>
<NativeDicomModel><DicomAttribute tag="00080060" vr="CS"><Value number="1">&b;</Value>
</DicomAttribute></NativeDicomModel>"""


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (BOMB, "document type"),
        (BOMB.replace(b'"aaaaaaaaaa"', b'SYSTEM "file:///etc/passwd"'), "document type"),
        (b"<report><patient></report>", "well-formed"),
        (b"<NativeDicomModel>", "well-formed"),
        (b'<?xml version="1.0" encoding="no-such"?><report></report>', "well-formed"),
    ],
)
def test_hostile_or_broken_xml_is_refused(data, why):
    with pytest.raises(RefusedInput, match=why):
        decode(data, "bad.xml")


def test_nested_xml_and_json_end_at_the_limits():
    deep = b"<NativeDicomModel>" + b'<DicomAttribute tag="0040A730" vr="SQ"><Item>' * 100_000
    with pytest.raises(LimitExceeded):
        decode(deep, "deep.xml")
    entry: dict[str, object] = {}
    for _ in range(100):
        entry = {"0040A730": {"vr": "SQ", "Value": [entry]}}
    with pytest.raises(LimitExceeded):
        decode(small(**entry), "deep.json")
    with pytest.raises(LimitExceeded):
        decode(as_json(), "many.json", Limits(items=10))
    with pytest.raises(LimitExceeded):
        decode(as_json(), "long.json", Limits(string=20))
    with pytest.raises(LimitExceeded):
        decode(as_json(), "large.json", Limits(model=1000))
    with pytest.raises(LimitExceeded):
        decode(b"<NativeDicomModel>" + b"<a/>" * 500_000 + b"</NativeDicomModel>", "many.xml")


def test_other_json_and_xml_is_not_taken_for_an_sr():
    for data in (b'{"resourceType": "Observation"}', b"<Bundle></Bundle>", b"[]", b"{}", b"<"):
        assert not sniff(data)


def test_references_survive_every_model():
    expected = Reference("1.2.840.10008.5.1.4.1.1.4", "1.2.826.0.1.3680043.8.498.401", (1, 3))
    found = [
        one.value for one in items(decode(as_json(), "json").root) if one.value_type == "IMAGE"
    ]
    assert expected in found
    pointers = [one.by_reference for one in items(decode(as_json(), "json").root)]
    assert (1, 6, 1) in pointers
