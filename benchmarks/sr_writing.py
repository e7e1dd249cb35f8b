"""SR writing: a graded case to bytes here, against highdicom's build and save of the same report.

Both make a TID 1500 report of three lesions with their sites, states, grades and conclusion. First
the two trees are compared: whatever highdicom wrote must be in ours. Then rounds alternate in one
process, garbage collection on; CPU time, medians.

    python -m benchmarks.sr_writing [rounds]      exit code 1 below 30 times faster
"""

import io
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from statistics import median
from typing import Any

import highdicom as hd
from highdicom.sr import templates as tid
from highdicom.sr import value_types as vt
from pydicom import dcmread
from pydicom.dataset import Dataset
from pydicom.sr.coding import Code
from pydicom.uid import ExplicitVRLittleEndian

from adapter import criteria, merge, terms
from adapter.model import (
    Document,
    ExamRef,
    Graded,
    Input,
    Name,
    Patient,
    Source,
    State,
    Statement,
    Study,
)
from adapter.writers.dicom_sr import write
from adapter.writers.options import WriteOptions

FLOOR = 30.0
STUDY, SERIES, INSTANCE = "1.2.826.0.1.200", "1.2.826.0.1.300", "1.2.826.0.1.401"
IMAGE = "1.2.840.10008.5.1.4.1.1.4"
KEPT = (
    "PatientName", "PatientID", "PatientBirthDate", "PatientSex", "StudyDate", "StudyTime",
    "AccessionNumber", "StudyID", "ReferringPhysicianName",
)  # fmt: skip
NAME = Name(family="試験", given="花子", representation="IDE")


def graded() -> Graded:
    """Return a spinal MRI of three lesions, graded."""
    known = terms.load()
    lesions = tuple(_lesion(number, known) for number in range(3))
    document = Document(
        input=Input(name="in.json", digest="0" * 64, format="fhir", date="2026-03-10T10:15:00"),
        patient=Patient(identifiers=(("0001234", ""),), names=(NAME,), sex="female"),
        statements=lesions,
        studies=(Study(id=STUDY, date="2026-03-10", instances=((IMAGE, INSTANCE, SERIES),)),),
    )
    case = merge.merge([document], known)
    versions = {"software": "0.1.0", "mappings": known.digest}
    return criteria.grade(case, criteria.Policy(), versions)


def _lesion(number: int, known: terms.Terms) -> Statement:
    source = Source(document="in.json")
    attributes = (
        Statement(concept="enhancement", state=State.ABSENT, source=source),
        Statement(concept="sas-continuity", state=State.PRESENT, source=source),
        Statement(concept="mimic-venous", state=State.ABSENT, source=source),
    )
    return Statement(
        concept="epi-fluid",
        state=State.PRESENT,
        source=source,
        uid=f"1.2.826.0.1.50{number}",
        site=known.read_site(f"Th{number + 1}"),
        laterality="left",
        exam=ExamRef(study=STUDY, date="2026-03-10"),
        parts=attributes,
    )


def ours(case: Graded) -> bytes:
    """Return the SR written here."""
    return write(case, terms.load(), WriteOptions())


@dataclass(frozen=True)
class Plan:
    """What highdicom is to write, read from our report once and outside the timing."""

    uid: str
    series: str
    observer: str
    groups: list[dict[str, Any]]
    evaluations: list[tuple[Code, Code | str]]
    image: Dataset


def theirs(plan: Plan) -> bytes:
    """Return the same report built and saved by highdicom."""
    report = hd.sr.MeasurementReport(
        observation_context=hd.sr.ObservationContext(
            observer_device_context=hd.sr.ObserverContext(
                observer_type=Code("121007", "DCM", "Device"),
                observer_identifying_attributes=hd.sr.DeviceObserverIdentifyingAttributes(
                    uid=plan.observer,
                    name="csfleak-adapter",
                    manufacturer_name="csfleak-adapter",
                    model_name="csfleak-adapter 0.1.0",
                ),
            )
        ),
        procedure_reported=Code("25056-3", "LN", "MRI Report"),
        imaging_measurements=[_group(group) for group in plan.groups],
        language_of_content_item_and_descendants=hd.sr.LanguageOfContentItemAndDescendants(
            Code("ja", "RFC5646", "Japanese")
        ),
    )
    report[0].ContentSequence.append(_evaluations(plan.evaluations))
    made = hd.sr.ComprehensiveSR(
        evidence=[plan.image],
        content=report,
        series_instance_uid=plan.series,
        series_number=1,
        sop_instance_uid=plan.uid,
        instance_number=1,
        manufacturer="csfleak-adapter",
        is_complete=True,
        transfer_syntax_uid=ExplicitVRLittleEndian,
        specific_character_set="ISO_IR 192",
    )
    file = io.BytesIO()
    made.save_as(file)
    return file.getvalue()


def _group(group: dict[str, Any]) -> tid.MeasurementsAndQualitativeEvaluations:
    return tid.MeasurementsAndQualitativeEvaluations(
        tracking_identifier=hd.sr.TrackingIdentifier(
            uid=group["uid"], identifier=group["identifier"]
        ),
        finding_type=group["finding"],
        finding_sites=[
            hd.sr.FindingSite(anatomic_location=site, laterality=side)
            for site, side in group["sites"]
        ],
        qualitative_evaluations=[
            hd.sr.QualitativeEvaluation(*evaluation) for evaluation in group["evaluations"]
        ],
    )


def _evaluations(planned: list[tuple[Code, Code | str]]) -> vt.ContainerContentItem:
    """Return the root evaluations, which highdicom has no argument for."""
    contains = hd.sr.RelationshipTypeValues.CONTAINS
    container = vt.ContainerContentItem(
        Code("C0034375", "UMLS", "Qualitative Evaluations"), relationship_type=contains
    )
    container.ContentSequence = hd.sr.ContentSequence()
    for name, value in planned:
        kind: Any = vt.TextContentItem if isinstance(value, str) else vt.CodeContentItem
        container.ContentSequence.append(kind(name, value, contains))
    return container


def plan_of(target: Dataset) -> Plan:
    """Return what highdicom is to write of our report."""
    groups = [i for i in _value(target, "126010").ContentSequence if i.ValueType == "CONTAINER"]
    return Plan(
        uid=target.SOPInstanceUID,
        series=target.SeriesInstanceUID,
        observer=_value(target, "121012").UID,
        groups=[_planned(group) for group in groups],
        evaluations=[_pair(item) for item in _value(target, "C0034375").ContentSequence],
        image=image_of(target),
    )


def _planned(group: Dataset) -> dict[str, Any]:
    found = [item for item in group.ContentSequence if item.ValueType == "CODE"]
    pairs = [(_pair(item), item) for item in found]
    return {
        "uid": _value(group, "112040").UID,
        "identifier": _value(group, "112039").TextValue,
        "finding": next(value for (name, value), _ in pairs if name.value == "121071"),
        "sites": [
            (value, _pair(item.ContentSequence[0])[1])
            for (name, value), item in pairs
            if name.value == "363698007"
        ],
        "evaluations": [pair for pair, _ in pairs if pair[0].value not in ("121071", "363698007")],
    }


def _pair(item: Dataset) -> tuple[Code, Code | str]:
    name = _code(item.ConceptNameCodeSequence[0])
    if item.ValueType == "TEXT":
        return name, item.TextValue
    return name, _code(item.ConceptCodeSequence[0])


def _code(item: Dataset) -> Code:
    return Code(item.CodeValue, item.CodingSchemeDesignator, item.CodeMeaning)


def _value(root: Dataset, code: str) -> Dataset:
    return next(i for i in root.ContentSequence if i.ConceptNameCodeSequence[0].CodeValue == code)


def image_of(target: Dataset) -> Dataset:
    """Return the header of the MR image that the report is of."""
    image = Dataset()
    for keyword in KEPT:
        setattr(image, keyword, target.get(keyword, ""))
    image.StudyInstanceUID, image.SeriesInstanceUID = STUDY, SERIES
    image.SOPClassUID, image.SOPInstanceUID = IMAGE, INSTANCE
    image.Modality, image.SpecificCharacterSet = "MR", "ISO_IR 192"
    return image


def items(root: Dataset, path: str = "") -> Iterator[tuple[str, ...]]:
    """Yield every content item: its names from the root, type and value."""
    for item in root.get("ContentSequence", ()):
        here = f"{path}/{item.ConceptNameCodeSequence[0].CodeValue}"
        code = item.get("ConceptCodeSequence")
        value = code[0].CodeValue if code else item.get("TextValue", item.get("UID", ""))
        yield here, item.RelationshipType, item.ValueType, str(value)
        yield from items(item, here)


def missing(of: bytes, from_: bytes) -> list[tuple[str, ...]]:
    """Return the items that are in `of` and not in `from_`."""
    one, other = (Counter(items(dcmread(io.BytesIO(data)))) for data in (of, from_))
    return sorted((one - other).elements())


def timed(function: Callable[[], bytes], times: int) -> float:
    """Return the CPU time of one call in milliseconds, as a mean of `times`."""
    start = time.process_time()
    for _ in range(times):
        function()
    return (time.process_time() - start) * 1000 / times


def main(rounds: int = 7) -> int:
    """Compare, time, print; return the exit code."""
    case = graded()
    mine = ours(case)
    plan = plan_of(dcmread(io.BytesIO(mine)))
    other = theirs(plan)
    left_out = missing(other, mine)
    assert not left_out, f"highdicom's report holds what ours does not: {left_out}"
    here, there = [], []
    for _ in range(rounds):
        here.append(timed(lambda: ours(case), 100))
        there.append(timed(lambda: theirs(plan), 3))
    ratio = median(there) / median(here)
    for name, data in (("ours", mine), ("highdicom", other)):
        print(f"{name}: {len(list(items(dcmread(io.BytesIO(data)))))} items, {len(data)} bytes")
    print(f"graded case -> SR bytes {median(here):8.3f} ms (min {min(here):.3f})")
    print(f"highdicom build + save  {median(there):8.3f} ms (min {min(there):.3f})")
    print(f"ratio {ratio:.0f}x (floor {FLOOR:.0f}x), highdicom {hd.__version__}")
    return 0 if ratio >= FLOOR else 1


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:2])))
