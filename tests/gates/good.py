"""Resources that break no rule, and changes to them: what the tests of FHIR's rules start from."""

import copy
from typing import Any

Json = dict[str, Any]
GONE = object()
"""In place of a value: take the element out."""

LOINC = "http://loinc.org"
DCM = "http://dicom.nema.org/resources/ontology/DCM"
UCUM = "http://unitsofmeasure.org"
THO = "http://terminology.hl7.org/CodeSystem"
JP = "http://jpfhir.jp/fhir/core"
IMR = "https://profiles.ihe.net/RAD/IMR/StructureDefinition"
EU = "http://hl7.eu/fhir/imaging-r4/StructureDefinition"
US = "http://hl7.org/fhir/us/core/StructureDefinition"
IPS = "http://hl7.org/fhir/uv/ips/StructureDefinition"
IMAGING = {"coding": [{"system": f"{THO}/observation-category", "code": "imaging"}]}
RAD = {"coding": [{"system": f"{THO}/v2-0074", "code": "RAD"}]}
DIV = '<div xmlns="http://www.w3.org/1999/xhtml"><p>text</p></div>'
SHA1 = "2jmj7l5rSw0yVb/vlWAYkK/YBwk="  # of no bytes


def concept(system: str, code: str) -> Json:
    return {"coding": [{"system": system, "code": code}]}


def identifier(value: str, kind: str = "", system: str = "http://a.example/ids") -> Json:
    made: Json = {"system": system, "value": value}
    return made | ({"type": concept(f"{THO}/v2-0203", kind)} if kind else {})


PAGE = {"contentType": "text/html", "data": "PGh0bWw+PC9odG1sPg==", "size": 13,
        "hash": "lB77c2jkaye5N9NLB/xNQdoBsAI="}  # fmt: skip
UID = {"system": "urn:dicom:uid", "value": "urn:oid:1.2.3.4"}
PATIENT = {
    "resourceType": "Patient", "id": "p", "identifier": [identifier("1")],
    "name": [{"family": "Sample", "given": ["One"]}], "gender": "female", "birthDate": "1970-01-31",
    "telecom": [{"system": "phone", "value": "0"}], "contact": [{"name": {"text": "Next"}}],
}  # fmt: skip
OBSERVATION = {
    "resourceType": "Observation", "id": "o", "identifier": [identifier("1")], "status": "final",
    "category": [IMAGING], "code": concept(LOINC, "18782-3"), "subject": {"reference": "Patient/p"},
    "effectiveDateTime": "2026-11-20T11:00:00+09:00",
    "valueQuantity": {"value": 2.5, "unit": "mm", "system": UCUM, "code": "mm"},
    "referenceRange": [{"text": "none"}],
    "component": [{"code": concept(LOINC, "19005-8"), "valueString": "x"}],
}  # fmt: skip
REPORT = {
    "resourceType": "DiagnosticReport", "id": "r", "text": {"status": "generated", "div": DIV},
    "contained": [{"resourceType": "Organization", "id": "org", "name": "A hospital"}],
    "identifier": [identifier("1", "FILL")], "status": "final", "category": [RAD],
    "code": concept(LOINC, "18748-4"), "subject": {"reference": "Patient/p"},
    "effectivePeriod": {"start": "2026-11-20", "end": "2026-11-21"},
    "issued": "2026-11-20T11:30:00+09:00", "performer": [{"reference": "#org"}],
    "imagingStudy": [{"reference": "ImagingStudy/s"}], "conclusion": "x", "presentedForm": [PAGE],
}  # fmt: skip
STUDY = {
    "resourceType": "ImagingStudy", "id": "s", "identifier": [UID], "status": "available",
    "modality": [{"system": DCM, "code": "MR"}], "subject": {"reference": "Patient/p"},
    "started": "2026-11-20", "numberOfSeries": 1, "endpoint": [{"reference": "#e"}],
    "series": [{"uid": "1.2.3.4.5", "modality": {"system": DCM, "code": "MR"}}],
    "contained": [{"resourceType": "Endpoint", "id": "e", "status": "active",
                   "connectionType": {"system": f"{THO}/endpoint-connection-type",
                                      "code": "dicom-wado-rs"},
                   "payloadType": [{"text": "DICOM"}], "address": "https://a.example/dicom"}],
}  # fmt: skip
ORDER = {
    "resourceType": "ServiceRequest", "id": "q", "identifier": [identifier("A1", "ACSN")],
    "status": "completed", "intent": "order", "subject": {"reference": "Patient/p"},
}  # fmt: skip


def claiming(resource: Json, *profiles: str, **more: Any) -> Json:
    return {**resource, "meta": {"profile": list(profiles)}, **more}


def bundle(kind: str, *resources: Json, **more: Any) -> Json:
    entries = [
        {"fullUrl": f"http://a.example/{r['resourceType']}/{r['id']}", "resource": r}
        for r in resources
    ]
    if kind == "transaction":
        for entry in entries:
            entry["request"] = {"method": "POST", "url": entry["resource"]["resourceType"]}
    return {"resourceType": "Bundle", "type": kind, "entry": entries, **more}


PHYSICIAN = {"resourceType": "Practitioner", "id": "d", "identifier": [identifier("9")]}
JP_REPORT = claiming(
    {k: v for k, v in REPORT.items() if k not in ("contained", "effectivePeriod")},
    f"{JP}/StructureDefinition/JP_DiagnosticReport_Radiology|1.2.0",
    effectiveDateTime="2026-11-20", performer=[{"reference": "Practitioner/d"}],
    category=[concept(LOINC, "LP29684-5"), concept(DCM, "MR"), RAD],
    code=concept(f"{JP}/CodeSystem/JP_DocumentCodes_CS", "18748-4"),
    result=[{"reference": "Observation/i"}],
)  # fmt: skip
JP_SIMPLE = concept(f"{JP}/CodeSystem/JP_SimpleObservationCategory_CS", "imaging")


def jp_words(id: str, name: str, code: str) -> Json:
    return {
        "resourceType": "Observation", "id": id,
        "meta": {"profile": [f"{JP}/StructureDefinition/JP_Observation_Radiology_{name}"]},
        "identifier": [identifier(id)], "status": "final", "category": [JP_SIMPLE],
        "code": concept(LOINC, code), "subject": {"reference": "Patient/p"}, "valueString": "x",
        "hasMember": [{"reference": "Observation/c"}],
    }  # fmt: skip


def sections() -> list[Json]:
    return [
        {"title": code, "code": concept(LOINC, code), "entry": [{"reference": "ImagingStudy/s"}]}
        for code in ("18726-0", "55115-0", "11329-0", "55111-9", "59776-5", "19005-8")
    ]


COMPOSITION = claiming(
    {
        "resourceType": "Composition", "id": "c", "identifier": identifier("1", "FILL"),
        "status": "final", "type": concept(LOINC, "18748-4"), "category": [RAD],
        "subject": {"reference": "Patient/p"}, "date": "2026-11-20", "title": "x",
        "author": [{"display": "A hospital"}], "section": sections(),
    },
    f"{EU}/CompositionEuImaging",
)  # fmt: skip
EU_REPORT = claiming(
    REPORT, f"{EU}/DiagnosticReportEuImaging",
    extension=[{
        "url": "http://hl7.org/fhir/5.0/StructureDefinition/extension-DiagnosticReport.composition",
        "valueReference": {"reference": "Composition/c"},
    }],
    basedOn=[{"identifier": identifier("A1", "ACSN")}],
)  # fmt: skip
EU_STUDY = claiming(STUDY, f"{EU}/ImagingStudyEuImaging")

GOOD: dict[str, Json] = {
    "patient": PATIENT,
    "observation": OBSERVATION,
    "report": REPORT,
    "study": STUDY,
    "composition": COMPOSITION,
    "collection": bundle("collection", PATIENT, OBSERVATION, STUDY),
    "urns": {"resourceType": "Bundle", "type": "collection", "entry": [
        {"fullUrl": "urn:uuid:00000000-0000-4000-8000-000000000001", "resource": PATIENT},
        {"fullUrl": "urn:uuid:00000000-0000-4000-8000-000000000002",
         "resource": OBSERVATION | {"subject": {
             "reference": "urn:uuid:00000000-0000-4000-8000-000000000001"}}}]},
    "searchset": bundle("searchset", PATIENT, total=1),
    "transaction": bundle("transaction", PATIENT),
    "response": {"resourceType": "Bundle", "type": "transaction-response",
                 "entry": [{"response": {"status": "201"}}]},
    "document": bundle(
        "document", {k: v for k, v in COMPOSITION.items() if k != "meta"}, PATIENT, STUDY,
        identifier=identifier("B1"), timestamp="2026-11-20T12:00:00Z",
    ),
    "message": bundle("message", {
        "resourceType": "MessageHeader", "id": "m", "eventCoding": {"system": "urn:x", "code": "x"},
        "source": {"endpoint": "http://a.example"}}),
    "jp": bundle(
        "collection", claiming(PATIENT, f"{JP}/StructureDefinition/JP_Patient"), PHYSICIAN,
        JP_REPORT | {"imagingStudy": [{"reference": "ImagingStudy/s"}]},
        claiming(STUDY, f"{JP}/StructureDefinition/JP_ImagingStudy_Radiology"),
        jp_words("f", "Findings", "18782-3"), jp_words("i", "Impression", "19005-8"),
        claiming(OBSERVATION, f"{JP}/StructureDefinition/JP_Observation_Common", id="c",
                 category=[JP_SIMPLE, IMAGING])),
    "imr-report": claiming(
        REPORT, f"{IMR}/imr-diagnosticreport",
        resultsInterpreter=[{"type": "Practitioner", "display": "x"}]),
    "imr-study": claiming(STUDY, f"{IMR}/imr-imagingstudy"),
    "imr-order": claiming(ORDER, f"{IMR}/imr-servicerequest"),
    "imr-observation": claiming(
        OBSERVATION, f"{IMR}/imr-observation", basedOn=[{"reference": "ServiceRequest/q"}],
        derivedFrom=[{"reference": "ImagingStudy/s"}]),
    "imr-bundle": bundle("transaction", REPORT, ORDER, STUDY) | {
        "meta": {"profile": [f"{IMR}/imr-store-multimedia-report-bundle"]}},
    "eu": bundle(
        "document", COMPOSITION, EU_REPORT, PATIENT, EU_STUDY, identifier=identifier("B1"),
        timestamp="2026-11-20T12:00:00Z", meta={"profile": [f"{EU}/BundleReportEuImaging"]}),
    "us-report": claiming(
        REPORT, f"{US}/us-core-diagnosticreport-note", category=[concept(LOINC, "LP29684-5")]),
    "us-result": claiming(OBSERVATION, f"{US}/us-core-observation-clinical-result|9.0.0"),
    "us-patient": claiming(PATIENT, f"{US}/us-core-patient"),
    "ips": claiming(
        {k: v for k, v in OBSERVATION.items() if k != "component"},
        f"{IPS}/Observation-results-radiology-uv-ips",
        partOf=[{"reference": "ImagingStudy/s"}]),
}  # fmt: skip
"""Every one breaks no rule of ours, and none of ``fhir.resources``."""


def changed(name: str, changes: dict[str, Any]) -> Json:
    """Return a copy with elements set by dotted path (``component.0.code``), or taken out."""
    made = copy.deepcopy(GOOD[name])
    for path, value in changes.items():
        *steps, last = [int(s) if s.isdigit() else s for s in path.split(".")]
        at: Any = made
        for step in steps:
            at = at[step]
        if value is GONE:
            del at[last]
        elif isinstance(at, list) and last == len(at):
            at.append(copy.deepcopy(value))
        else:
            at[last] = copy.deepcopy(value)
    return made
