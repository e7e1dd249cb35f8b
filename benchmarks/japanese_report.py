"""A synthetic Japanese TID 1500 report of about 9 KB, made with pydicom, and variants of it.

No patient of that name exists. Benchmarks and the tests of the SR decoder share it.
"""

import io
from collections.abc import Sequence
from typing import Any

from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.sequence import Sequence as Items
from pydicom.uid import (
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
)

Coded = tuple[str, str, str]

TITLE = ("126000", "DCM", "画像計測報告")
MEASUREMENTS = ("126010", "DCM", "画像計測")
GROUP = ("125007", "DCM", "計測グループ")
FINDING = ("121071", "DCM", "所見")
SITE = ("363698007", "SCT", "所見部位")
LESION = ("epi-fluid", "99CSFL", "硬膜外の水信号病変")
ENHANCED = ("enhancement", "99CSFL", "病変の造影効果")
CONTINUOUS = ("sas-continuity", "99CSFL", "くも膜下腔との連続性")
PRESENT = ("52101004", "SCT", "あり")
ABSENT = ("272519000", "SCT", "なし")
LEVELS = (
    ("11068009", "SCT", "第1胸椎"),
    ("53733008", "SCT", "第2胸椎"),
    ("1626008", "SCT", "第3胸椎"),
)
CONCLUSION = (
    "頸胸椎移行部から胸椎にかけて硬膜外に造影されない水信号病変を認め、"
    "髄液漏出を示唆する所見です。臨床所見と併せてご判断ください。"
)


def code(entry: Coded) -> Dataset:
    """Return a code sequence item."""
    made = Dataset()
    made.CodeValue, made.CodingSchemeDesignator, made.CodeMeaning = entry
    return made


def item(
    relationship: str, value_type: str, name: Coded, below: Sequence[Dataset] = (), **values: Any
) -> Dataset:
    """Return a content item; ``values`` are by DICOM keyword."""
    made = Dataset()
    if relationship:
        made.RelationshipType = relationship
    made.ValueType = value_type
    made.ConceptNameCodeSequence = Items([code(name)])
    if value_type == "CONTAINER":
        made.ContinuityOfContent = "SEPARATE"
    for keyword, value in values.items():
        setattr(made, keyword, value)
    if below:
        made.ContentSequence = Items(below)
    return made


def coded(relationship: str, name: Coded, value: Coded, below: Sequence[Dataset] = ()) -> Dataset:
    """Return a CODE item."""
    return item(relationship, "CODE", name, below, ConceptCodeSequence=Items([code(value)]))


def lesion(number: int) -> Dataset:
    """Return one measurement group: a lesion at one level with its attributes."""
    uid = f"1.2.826.0.1.3680043.8.498.{number}"
    template = Dataset()
    template.MappingResource, template.TemplateIdentifier = "DCMR", "1501"
    below = [
        item("HAS OBS CONTEXT", "TEXT", ("112039", "DCM", "追跡名"), TextValue=f"病変{number}"),
        item("HAS OBS CONTEXT", "UIDREF", ("112040", "DCM", "追跡UID"), UID=uid),
        coded("CONTAINS", FINDING, LESION),
        coded("HAS CONCEPT MOD", SITE, LEVELS[number % 3]),
        coded("CONTAINS", LESION, PRESENT),
        coded("CONTAINS", ENHANCED, ABSENT),
        coded("CONTAINS", CONTINUOUS, ABSENT if number % 2 else PRESENT),
    ]
    if number == 1:
        below.append(_pressure())
    return item(
        "CONTAINS",
        "CONTAINER",
        GROUP,
        below,
        ObservationDateTime="20260310101500",
        ContentTemplateSequence=Items([template]),
    )


def _pressure() -> Dataset:
    measured = Dataset()
    measured.NumericValue = "55.0"
    measured.MeasurementUnitsCodeSequence = Items([code(("mm[H2O]", "UCUM", "mmH2O"))])
    name = ("csf-pressure", "99CSFL", "髄液圧")
    return item("CONTAINS", "NUM", name, MeasuredValueSequence=Items([measured]))


def dataset(charset: str | list[str] = "ISO_IR 192", lesions: int = 3) -> Dataset:
    """Return the report as a data set."""
    ds = Dataset()
    ds.SpecificCharacterSet = charset
    ds.SOPClassUID = "1.2.840.10008.5.1.4.1.1.88.33"
    ds.SOPInstanceUID = "1.2.826.0.1.3680043.8.498.100"
    ds.StudyDate = ds.ContentDate = "20260310"
    ds.StudyTime = ds.ContentTime = "101500"
    ds.AccessionNumber = "A0001"
    ds.Modality = "SR"
    ds.Manufacturer = "試験装置株式会社"
    ds.InstitutionName = "試験病院"
    ds.ReferringPhysicianName = "Shiken^Jiro=試験^次郎=しけん^じろう"
    ds.StudyDescription = "脊髄MRI"
    ds.PatientName = "Shiken^Hanako=試験^花子=しけん^はなこ"
    ds.PatientID = "0001234"
    ds.PatientBirthDate, ds.PatientSex = "19700101", "F"
    ds.StudyInstanceUID = "1.2.826.0.1.3680043.8.498.200"
    ds.SeriesInstanceUID = "1.2.826.0.1.3680043.8.498.300"
    ds.StudyID, ds.SeriesNumber, ds.InstanceNumber = "1", "1", "1"
    ds.ReferencedPerformedProcedureStepSequence = Items([])
    ds.PerformedProcedureCodeSequence = Items([])
    ds.CompletionFlag, ds.VerificationFlag = "COMPLETE", "UNVERIFIED"
    ds.CurrentRequestedProcedureEvidenceSequence = Items([_evidence()])
    template = Dataset()
    template.MappingResource, template.TemplateIdentifier = "DCMR", "1500"
    ds.ContentTemplateSequence = Items([template])
    ds.ValueType, ds.ContinuityOfContent = "CONTAINER", "SEPARATE"
    ds.ConceptNameCodeSequence = Items([code(TITLE)])
    ds.ContentSequence = Items(_content(lesions))
    return ds


def _evidence() -> Dataset:
    instance, series, study = Dataset(), Dataset(), Dataset()
    instance.ReferencedSOPClassUID = "1.2.840.10008.5.1.4.1.1.4"
    instance.ReferencedSOPInstanceUID = "1.2.826.0.1.3680043.8.498.401"
    series.SeriesInstanceUID = "1.2.826.0.1.3680043.8.498.400"
    series.ReferencedSOPSequence = Items([instance])
    study.StudyInstanceUID = "1.2.826.0.1.3680043.8.498.200"
    study.ReferencedSeriesSequence = Items([series])
    return study


def _content(lesions: int) -> list[Dataset]:
    language = ("121049", "DCM", "内容の言語")
    image = Dataset()
    image.ReferencedSOPClassUID = "1.2.840.10008.5.1.4.1.1.4"
    image.ReferencedSOPInstanceUID = "1.2.826.0.1.3680043.8.498.401"
    seen = item("CONTAINS", "IMAGE", ("121112", "DCM", "計測元"))
    seen.ReferencedSOPSequence = Items([image])
    kind = coded("CONTAINS", ("exam", "99CSFL", "検査"), ("spinal-mri", "99CSFL", "脊髄MRI"))
    words = item("CONTAINS", "TEXT", ("121077", "DCM", "結論"), TextValue=CONCLUSION)
    groups = [lesion(number) for number in range(1, lesions + 1)]
    return [
        coded("HAS CONCEPT MOD", language, ("ja", "RFC5646", "日本語")),
        coded("HAS OBS CONTEXT", ("121005", "DCM", "観察者種別"), ("121007", "DCM", "装置")),
        item("HAS OBS CONTEXT", "UIDREF", ("121012", "DCM", "装置UID"), UID="1.2.826.0.1.9"),
        item("HAS OBS CONTEXT", "TEXT", ("121013", "DCM", "装置名"), TextValue="試験読影支援装置"),
        coded("HAS CONCEPT MOD", ("121058", "DCM", "検査手技"), ("25056-3", "LN", "脊椎MRI")),
        item("CONTAINS", "CONTAINER", MEASUREMENTS, [*groups, seen]),
        item("CONTAINS", "CONTAINER", ("C0034375", "UMLS", "定性評価"), [kind, words]),
    ]


def written(ds: Dataset, explicit: bool = True, undefined: bool = False) -> bytes:
    """Return the report as a file.

    Parameters
    ----------
    ds : Dataset
        The report.
    explicit : bool
        Explicit VR little endian, else implicit.
    undefined : bool
        Sequences and items of undefined length.
    """
    _lengths(ds, undefined)
    ds.file_meta = FileMetaDataset()
    ds.file_meta.MediaStorageSOPClassUID = ds.SOPClassUID
    ds.file_meta.MediaStorageSOPInstanceUID = ds.SOPInstanceUID
    ds.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian if explicit else ImplicitVRLittleEndian
    file = io.BytesIO()
    ds.save_as(file, enforce_file_format=True)
    return file.getvalue()


def _lengths(ds: Dataset, undefined: bool) -> None:
    for element in ds:
        if element.VR == "SQ":
            element.is_undefined_length = undefined
            for entry in element.value:
                entry.is_undefined_length_sequence_item = undefined
                _lengths(entry, undefined)
