"""SR files made with pydicom alone, for tests: nothing in them comes from the adapter's writers.

A code is ``scheme:value`` or ``scheme:value|meaning``; an item is a pydicom data set.
"""

import io
import warnings
from typing import Any

from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.sequence import Sequence
from pydicom.uid import ExplicitVRLittleEndian

MRI = "1.2.840.10008.5.1.4.1.1.4"
CLASSES = {
    "basic": "1.2.840.10008.5.1.4.1.1.88.11",
    "enhanced": "1.2.840.10008.5.1.4.1.1.88.22",
    "comprehensive": "1.2.840.10008.5.1.4.1.1.88.33",
    "3d": "1.2.840.10008.5.1.4.1.1.88.34",
}
STUDY, SERIES, INSTANCE = "2.25.1001", "2.25.1002", "2.25.1003"

FINDING = "DCM:121071|Finding"
SITE = "SCT:363698007|Finding Site"
SIDE = "SCT:272741003|Laterality"
UID = "DCM:112040|Tracking Unique Identifier"
GROUP = "DCM:125007|Measurement Group"
MEASUREMENTS = "DCM:126010|Imaging Measurements"
QUALITATIVE = "UMLS:C0034375|Qualitative Evaluations"
PRESENT, ABSENT, UNDETERMINED = "SCT:52101004|Present", "SCT:272519000|Absent", "SCT:373068000|U"
MOD, CONTEXT, CONTAINS, PROPERTIES = (
    "HAS CONCEPT MOD", "HAS OBS CONTEXT", "CONTAINS", "HAS PROPERTIES",
)  # fmt: skip


def coded(text: str) -> Dataset:
    """Return a code; a value of more than 16 characters becomes a Long Code Value."""
    pair, _, meaning = text.partition("|")
    scheme, _, value = pair.partition(":")
    code = Dataset()
    setattr(code, "CodeValue" if len(value) <= 16 else "LongCodeValue", value)
    if scheme:
        code.CodingSchemeDesignator = scheme
    code.CodeMeaning = meaning or value
    return code


def ours(name: str) -> str:
    return f"99CSFL:{name}"


def _item(kind: str, name: str, children: tuple[Dataset, ...], rel: str, date: str) -> Dataset:
    item = Dataset()
    item.RelationshipType = rel
    item.ValueType = kind
    if name:
        item.ConceptNameCodeSequence = Sequence([coded(name)])
    if date:
        item.ObservationDateTime = date
    if children:
        item.ContentSequence = Sequence(children)
    return item


def code(name: str, value: str, *children: Dataset, rel: str = CONTAINS, date: str = "") -> Dataset:
    item = _item("CODE", name, children, rel, date)
    if value:
        item.ConceptCodeSequence = Sequence([coded(value)])
    return item


def text(name: str, value: str, *children: Dataset, rel: str = CONTAINS, date: str = "") -> Dataset:
    item = _item("TEXT", name, children, rel, date)
    item.TextValue = value
    return item


def uidref(value: str, name: str = UID, rel: str = CONTEXT) -> Dataset:
    item = _item("UIDREF", name, (), rel, "")
    item.UID = value
    return item


def num(name: str, value: str | None, unit: str, *children: Dataset, rel: str = CONTAINS,
        date: str = "", qualifier: str = "") -> Dataset:  # fmt: skip
    item = _item("NUM", name, children, rel, date)
    measured = Dataset()
    if value is not None:
        measured.NumericValue = value
        measured.MeasurementUnitsCodeSequence = Sequence([coded(unit)])
    item.MeasuredValueSequence = Sequence([measured] if value is not None else [])
    if qualifier:
        item.NumericValueQualifierCodeSequence = Sequence([coded(qualifier)])
    return item


def image(instance: str, name: str = "", rel: str = CONTAINS) -> Dataset:
    item = _item("IMAGE", name, (), rel, "")
    reference = Dataset()
    reference.ReferencedSOPClassUID = MRI
    reference.ReferencedSOPInstanceUID = instance
    item.ReferencedSOPSequence = Sequence([reference])
    return item


def container(name: str, *children: Dataset, rel: str = CONTAINS, date: str = "",
              template: str = "") -> Dataset:  # fmt: skip
    item = _item("CONTAINER", name, children, rel, date)
    item.ContinuityOfContent = "SEPARATE"
    if template:
        used = Dataset()
        used.MappingResource = "DCMR"
        used.TemplateIdentifier = template
        item.ContentTemplateSequence = Sequence([used])
    return item


def reference(*path: int, rel: str = "INFERRED FROM") -> Dataset:
    item = Dataset()
    item.RelationshipType = rel
    item.ReferencedContentItemIdentifier = list(path)
    return item


def evidence(*instances: tuple[str, str]) -> Sequence:
    """Return evidence: (study, instance) pairs, a series for each."""
    studies = []
    for study, instance in instances:
        reference = Dataset()
        reference.ReferencedSOPClassUID = MRI
        reference.ReferencedSOPInstanceUID = instance
        series = Dataset()
        series.SeriesInstanceUID = f"{study}.1"
        series.ReferencedSOPSequence = Sequence([reference])
        entry = Dataset()
        entry.StudyInstanceUID = study
        entry.ReferencedSeriesSequence = Sequence([series])
        studies.append(entry)
    return Sequence(studies)


def file(
    *children: Dataset,
    title: str = "DCM:126000|Imaging Measurement Report",
    template: str = "1500",
    sop_class: str = "comprehensive",
    syntax: str = ExplicitVRLittleEndian,
    charset: Any = "ISO_IR 192",
    schemes: tuple[tuple[str, str], ...] = (),
    **header: Any,
) -> bytes:
    """Return the bytes of an SR with `children` below its root."""
    data = container(title, *children, template=template)
    del data.RelationshipType
    data.SpecificCharacterSet = charset
    data.SOPClassUID, data.SOPInstanceUID = CLASSES[sop_class], INSTANCE
    data.StudyInstanceUID, data.SeriesInstanceUID = STUDY, SERIES
    data.StudyDate, data.StudyTime, data.Modality = "20260302", "090000", "SR"
    data.ContentDate, data.ContentTime = "20260303", "101500"
    data.InstitutionName = "Synthetic Hospital"
    data.PatientID, data.PatientName = "SYN001", "Sample^Only"
    data.PatientBirthDate, data.PatientSex = "19700101", "F"
    data.CompletionFlag, data.VerificationFlag, data.InstanceNumber = "COMPLETE", "UNVERIFIED", "1"
    data.PerformedProcedureCodeSequence = Sequence([])
    if schemes:
        data.CodingSchemeIdentificationSequence = Sequence(_scheme(*pair) for pair in schemes)
    for keyword, value in header.items():
        setattr(data, keyword, value)
    return _saved(data, syntax)


def _scheme(designator: str, uid: str) -> Dataset:
    entry = Dataset()
    entry.CodingSchemeDesignator, entry.CodingSchemeUID = designator, uid
    return entry


def _saved(data: Dataset, syntax: str) -> bytes:
    data.file_meta = FileMetaDataset()
    data.file_meta.TransferSyntaxUID = syntax
    data.file_meta.MediaStorageSOPClassUID = data.SOPClassUID
    data.file_meta.MediaStorageSOPInstanceUID = data.SOPInstanceUID
    out = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        data.save_as(out, enforce_file_format=True)
    return out.getvalue()
