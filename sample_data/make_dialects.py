"""Write a sample in each shipped dialect, as its sender would: ``make golden`` runs it.

``dialects/<name>/`` holds what the sender sends and ``expected.json``, the conclusions. Each says
what one of the senders of ``mappings/dialects/`` would say; none of it can be read without it.
"""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from adapter import pipeline
from adapter.sr.content import Code, Item
from adapter.sr.encode import encode
from adapter.writers.result import result

HERE = Path(__file__).parent / "dialects"
COMPREHENSIVE = "1.2.840.10008.5.1.4.1.1.88.33"
DCM, SCT = "DCM", "SCT"
GROUP = Code("125007", DCM, "Measurement Group")
UID = Code("112040", DCM, "Tracking Unique Identifier")
FINDING = Code("121071", DCM, "Finding")
ROOT = Code("126000", DCM, "Imaging Measurement Report")
MEASUREMENTS = Code("126010", DCM, "Imaging Measurements")
QUALITATIVE = Code("C0034375", "UMLS", "Qualitative Evaluations")
MOD, CONTEXT = "HAS CONCEPT MOD", "HAS OBS CONTEXT"


def container(name: Code, *children: Item) -> Item:
    return Item("", "CONTAINER", "CONTAINS", name, None, children, continuity="SEPARATE")


def text(name: Code, value: str, relationship: str = "CONTAINS") -> Item:
    return Item("", "TEXT", relationship, name, value)


def code(name: Code, value: Code) -> Item:
    return Item("", "CODE", "CONTAINS", name, value)


def uid(value: str, name: Code = UID) -> Item:
    return Item("", "UIDREF", CONTEXT, name, value)


def sr(number: int, sender: dict[str, str], *children: Item, scheme: str = "") -> bytes:
    """Return an SR of one sender, of an invented patient and study."""
    identified = {"CodingSchemeDesignator": "99EXVAL", "CodingSchemeUID": scheme}
    header: dict[str, Any] = {
        "SOPClassUID": COMPREHENSIVE,
        "SOPInstanceUID": f"2.25.7400{number}3",
        "StudyDate": "20260412",
        "StudyTime": "",
        "AccessionNumber": "",
        "ReferringPhysicianName": "",
        "StudyID": "",
        "StudyInstanceUID": f"2.25.7400{number}1",
        "SeriesInstanceUID": f"2.25.7400{number}2",
        "SeriesNumber": "1",
        "InstanceNumber": "1",
        "Modality": "SR",
        "ContentDate": "20260412",
        "ContentTime": "101500",
        "PatientName": "SAMPLE^DIALECT",
        "PatientID": f"SAMPLE-D{number}",
        "PatientBirthDate": "",
        "PatientSex": "",
        **sender,
        "ReferencedPerformedProcedureStepSequence": (),
        "PerformedProcedureCodeSequence": (),
        "CompletionFlag": "COMPLETE",
        "VerificationFlag": "UNVERIFIED",
    }
    if scheme:
        header["CodingSchemeIdentificationSequence"] = (identified,)
    return encode(header, Item("1", "CONTAINER", "", ROOT, None, children, continuity="SEPARATE"))


def listed() -> dict[str, bytes]:
    own = {n: Code(n, "99EXLIST", n) for n in ("L100", "L900")}
    attributes = (
        "enhancement = is not there; continuity = is there; venous plexus = is not there;"
        " lymph = is not there; cyst = is not there; sleeve = is not there"
    )
    group = container(
        GROUP,
        uid("2.25.74011"),
        code(FINDING, own["L100"]),
        text(own["L900"], attributes),
        Item("", "CODE", MOD, Code("363698007", SCT, "Finding Site"), Code("1626008", SCT, "T3")),
    )
    sender = {"Manufacturer": "Example Listing Works", "ManufacturerModelName": "ListReport 2"}
    return {"report.dcm": sr(1, sender, container(MEASUREMENTS, group))}


def sites() -> dict[str, bytes]:
    def own(name: str) -> Code:
        return Code(name, "99EXSITE", name.capitalize())

    mimics = [text(own(f"M{n}"), "ruled out") for n in (1, 2, 3, 4)]
    group = container(
        GROUP,
        uid("2.25.74021"),
        code(FINDING, own("FLUID")),
        text(own("WHERE"), "Dorsal 3, Dorsal 4, Dorsal 5", MOD),
        text(own("SIDE"), "left", MOD),
        text(own("CONTRAST"), "cannot be told"),
        text(own("JOINED"), "seen"),
        *mimics,
    )
    sender = {"Manufacturer": "Example Spine Systems", "SoftwareVersions": "SpineText 4.2"}
    return {"report.dcm": sr(2, sender, container(MEASUREMENTS, group))}


SCHEME = "2.25.330160187520217513812406521734904012345"


def values() -> dict[str, bytes]:
    def question(number: int, answer: str) -> Item:
        return code(Code(f"Q{number}", "99EXVAL", f"Question {number}"),
                    Code(answer, "99EXVAL", answer))  # fmt: skip

    items = container(QUALITATIVE, question(1, "V20"), question(2, "V31"))
    found = {"report.dcm": sr(3, {"Manufacturer": "Example"}, items, scheme=SCHEME)}
    system = "http://values.example/codes"
    observation = {
        "resourceType": "Observation",
        "id": "q10",
        "meta": {"profile": ["http://values.example/StructureDefinition/answer"]},
        "status": "final",
        "code": {"coding": [{"system": system, "code": "Q10", "display": "Question 10"}]},
        "subject": {"identifier": {"value": "SAMPLE-D3"}},
        "effectiveDateTime": "2026-04-12",
        "valueCodeableConcept": {"coding": [{"system": system, "code": "V10"}]},
    }
    return found | {"answer.json": dumped(observation)}


def titles() -> dict[str, bytes]:
    def todo(words: str) -> Code:
        return Code("TODO", "99LOCAL", words)

    answers = {"造影される": "×", "くも膜下腔とつながる": "×", "静脈叢か": "×", "リンパか": "×",
               "嚢胞か": "×", "神経根の袋か": "△"}  # fmt: skip
    group = container(
        todo("所見群"),
        uid("2.25.74041", todo("個体番号")),
        text(todo("硬膜外の水"), "○"),
        text(todo("高さ"), "Th3-5", MOD),
        text(todo("どちら側"), "左", MOD),
        *(text(todo(title), word) for title, word in answers.items()),
    )
    sender = {"Manufacturer": "Example Local Reports", "InstitutionName": "例示記念病院"}
    return {"report.dcm": sr(4, sender, container(MEASUREMENTS, group))}


def words() -> dict[str, bytes]:
    system = "http://ris.example/codes"

    def coded(code: str) -> dict[str, Any]:
        return {"coding": [{"system": system, "code": code}]}

    def observation(number: int, code: str, **more: Any) -> dict[str, Any]:
        return {
            "resourceType": "Observation",
            "id": f"o{number}",
            "meta": {"source": "http://ris.example/reports#7"},
            "status": "final",
            "code": coded(code),
            "subject": {"identifier": {"value": "SAMPLE-D5"}},
            "effectiveDateTime": "2026-04-12",
            **more,
        }

    said = [{"code": coded(f"B1{n}"), "valueString": "そうだ"} for n in range(1, 6)]
    posture = [{"code": coded("P2"), "valueString": "よこむき"}]
    pressure = {"value": 5.0, "unit": "センチ水柱"}
    found = [
        observation(1, "S1", valueString="そうだ"),
        observation(2, "B1", valueString="そうだ", component=said),
        observation(3, "P1", valueQuantity=pressure, component=posture),
    ]
    entries = [{"fullUrl": f"http://ris.example/fhir/Observation/{o['id']}", "resource": o}
               for o in found]  # fmt: skip
    return {"bundle.json": dumped({"resourceType": "Bundle", "type": "collection",
                                   "entry": entries})}  # fmt: skip


def dumped(value: Any) -> bytes:
    return (json.dumps(value, ensure_ascii=False, indent=1) + "\n").encode()


DIALECTS = {
    "example-listed": listed,
    "example-sites": sites,
    "example-values": values,
    "example-titles": titles,
    "example-fhir": words,
}


def graded(inputs: Iterable[tuple[str, bytes]]) -> list[dict[str, Any]]:
    """Return the conclusions of inputs, without their sources."""
    outcome = pipeline.grade(sorted(inputs))
    table = result(outcome.graded, outcome.terms)
    kept = ("condition", "established", "possible")
    return [
        {key: c[key] for key in kept} | {"rules": [step["rule"] for step in c["trail"]]}
        for c in table["conclusions"]
    ]


def made(name: str) -> dict[str, bytes]:
    """Return the files of one dialect's sample by name."""
    files = DIALECTS[name]()
    return files | {"expected.json": dumped({"conclusions": graded(files.items())})}


def main() -> None:
    """Write the files of every dialect."""
    for name in DIALECTS:
        folder = HERE / name
        folder.mkdir(parents=True, exist_ok=True)
        for file, data in made(name).items():
            (folder / file).write_bytes(data)


if __name__ == "__main__":
    main()
