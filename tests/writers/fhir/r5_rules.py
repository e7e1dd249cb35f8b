"""Rules of FHIR R5 and of the DICOM SR guide, written down from their texts: what an output breaks.

``fhir.resources`` tells unknown elements and missing ones; these are the rules it does not know.
Source: FHIR R5 5.0.0 (invariants, required bindings, reference targets); hl7.fhir.uv.dicom-sr
1.0.0, one function a profile.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

Json = dict[str, Any]
Named = Mapping[str, Json]

GUIDE = "http://hl7.org/fhir/uv/dicom-sr/StructureDefinition/"
DCM = "http://dicom.nema.org/resources/ontology/DCM"
UMLS = "http://terminology.hl7.org/CodeSystem/umls"
V2 = "http://terminology.hl7.org/CodeSystem/v2-0203"

TARGETS: dict[tuple[str, str], tuple[str, ...]] = {
    ("BodyStructure", "patient"): ("Patient",),
    ("Composition", "author"): ("Practitioner", "Device", "Organization"),
    ("DiagnosticReport", "subject"): ("Patient",),
    ("DiagnosticReport", "study"): ("ImagingStudy",),
    ("DiagnosticReport", "result"): ("Observation",),
    ("DiagnosticReport", "performer"): ("Practitioner", "Organization"),
    ("DiagnosticReport", "resultsInterpreter"): ("Practitioner", "Organization"),
    ("ImagingSelection", "subject"): ("Patient",),
    ("ImagingSelection", "derivedFrom"): ("ImagingStudy",),
    ("ImagingStudy", "subject"): ("Patient",),
    ("Observation", "subject"): ("Patient",),
    ("Observation", "partOf"): ("ImagingStudy",),
    ("Observation", "performer"): ("Practitioner", "Organization"),
    ("Observation", "bodyStructure"): ("BodyStructure",),
    ("Observation", "device"): ("Device",),
    ("Observation", "hasMember"): ("Observation",),
    ("Observation", "derivedFrom"): ("ImagingStudy", "ImagingSelection", "Observation"),
    ("Provenance", "patient"): ("Patient",),
}
ROLES = {"revision", "quotation", "source", "instantiates", "removal"}
NAMES = {"registered-name", "user-friendly-name", "patient-reported-name"}
NO_EVALUATION = {"112039", "121071", "130400", "C67447", "276214006", "363698007", "370129005"}


def broken(named: Named) -> list[str]:
    """Return what is broken, as the resource's name and the rule."""
    return [
        f"{resource['resourceType']} {name}: {rule}"
        for name, resource in named.items()
        for rule in (*_base(resource, named), *_claimed(resource, named))
    ]


def claims(resource: Json) -> list[str]:
    return [c for c in resource.get("meta", {}).get("profile", []) if c.startswith(GUIDE)]


def values(resource: Json) -> list[str]:
    return [name for name in resource if name.startswith("value")]


def has(concept: Json, system: str, code: str) -> bool:
    return any((c["system"], c["code"]) == (system, code) for c in concept.get("coding", []))


def _base(resource: Json, named: Named) -> Iterator[str]:
    kind = resource["resourceType"]
    for name, value in resource.items():
        for one in value if isinstance(value, list) else [value]:
            if isinstance(one, dict) and (kind, name) in TARGETS and "reference" in one:
                target = named[one["reference"]]["resourceType"]
                if target not in TARGETS[kind, name]:
                    yield f"{name} is a {target}"
    yield from _BASE.get(kind, lambda _: ())(resource)


def _observation(body: Json) -> Iterator[str]:
    if len(values(body)) > 1:
        yield "value[x] is one"
    if values(body) and "dataAbsentReason" in body:
        yield "obs-6"
    codes = [(c["system"], c["code"]) for c in body["code"].get("coding", [])]
    if values(body) and any(
        has(c["code"], *one) for c in body.get("component", []) for one in codes
    ):
        yield "obs-7"
    if "bodySite" in body and "bodyStructure" in body:
        yield "obs-8"


def _imaging_study(body: Json) -> Iterator[str]:
    concepts = [*body.get("modality", []), *(s["modality"] for s in body.get("series", []))]
    if any("code" in c for c in concepts):
        yield "modality is a CodeableConcept"
    if any(set(p) - {"concept", "reference"} for p in body.get("procedure", [])):
        yield "procedure is a CodeableReference"


def _device(body: Json) -> Iterator[str]:
    if any(name["type"] not in NAMES for name in body.get("name", [])):
        yield "device-nametype"
    if not isinstance(body.get("type", []), list):
        yield "type repeats"


def _provenance(body: Json) -> Iterator[str]:
    if any(e["role"] not in ROLES for e in body["entity"]):
        yield "provenance-entity-role"


def _composition(body: Json) -> Iterator[str]:
    if not isinstance(body["identifier"], list) or not isinstance(body["subject"], list):
        yield "identifier and subject repeat"


def _report(body: Json) -> Iterator[str]:
    if any(not isinstance(p["size"], str) for p in body.get("presentedForm", [])):
        yield "integer64 is a string in JSON"


_BASE: dict[str, Callable[[Json], Any]] = {
    "Composition": _composition,
    "Device": _device,
    "DiagnosticReport": _report,
    "ImagingStudy": _imaging_study,
    "Observation": _observation,
    "Provenance": _provenance,
}


def _claimed(resource: Json, named: Named) -> Iterator[str]:
    for claim in claims(resource):
        yield from _PROFILES[claim.removeprefix(GUIDE)](resource, named)


def _imaging(body: Json, named: Named) -> Iterator[str]:
    """The abstract imaging-observation that the others are of."""
    if "issued" not in body and not _unknown(body.get("_issued", {})):
        yield "issued 1..1"
    device = body.get("device", {})
    if "reference" not in device and not _unknown(device):
        yield "device 1..1"
    if len(body.get("partOf", [])) != 1:
        yield "partOf ImagingStudy 1..1"
    for part in body.get("partOf", []):
        identifier = part.get("identifier", {})
        if identifier and not (
            has(identifier.get("type", {}), DCM, "110180")
            and identifier.get("system") == "urn:dicom:uid"
            and identifier.get("value")
        ):
            yield "partOf.identifier is a Study Instance UID"
    for order in body.get("basedOn", []):
        identifier = order["identifier"]
        if not has(identifier.get("type", {}), V2, "ACSN") or not identifier.get("value"):
            yield "basedOn.identifier is an accession number"
    site = body.get("bodyStructure")
    if site and f"{GUIDE}dicom-sr-finding-site" not in claims(named[site["reference"]]):
        yield "bodyStructure is a finding site"


def _unknown(element: Json) -> bool:
    urls = [e["url"] for e in element.get("extension", [])]
    return urls == ["http://hl7.org/fhir/StructureDefinition/data-absent-reason"]


def _group(body: Json, named: Named) -> Iterator[str]:
    yield from _imaging(body, named)
    if not all(has(c, DCM, "125007") for c in body.get("category", [])):
        yield "category is Measurement Group"
    if has(body["code"], DCM, "125007") and body.get("category"):
        yield "measurement-group-category"
    if values(body) not in ([], ["valueCodeableConcept"]):
        yield "value[x] is a CodeableConcept"


def _evaluation(body: Json, named: Named) -> Iterator[str]:
    yield from _imaging(body, named)
    categories = body.get("category", [])
    if not categories or not all(has(c, UMLS, "C0034375") for c in categories):
        yield "category is Qualitative Evaluations"
    if values(body) != ["valueCodeableConcept"]:
        yield "valueCodeableConcept 1..1"
    if NO_EVALUATION & {c["code"] for c in body["code"]["coding"]}:
        yield "its name is none of an evaluation"


def _measurement(body: Json, named: Named) -> Iterator[str]:
    yield from _imaging(body, named)
    if values(body) != ["valueQuantity"]:
        yield "valueQuantity 1..1"


def _finding_site(body: Json, named: Named) -> Iterator[str]:
    if "patient" not in body:
        yield "patient 1..1"
    if not body.get("includedStructure") or any(
        "structure" not in s for s in body["includedStructure"]
    ):
        yield "includedStructure.structure 1..1"
    for code in ("112039", "112040"):
        rows = [i for i in body.get("identifier", []) if has(i.get("type", {}), DCM, code)]
        if len(rows) > 1 or any(not i.get("value") for i in rows):
            yield f"identifier {code} 0..1"
        if code == "112040" and any(i.get("system") != "urn:dicom:uid" for i in rows):
            yield "identifier.system is urn:dicom:uid"


def _algorithm(body: Json, named: Named) -> Iterator[str]:
    if not body.get("displayName") or not body.get("version"):
        yield "an algorithm has a name and a version"


_PROFILES: dict[str, Callable[[Json, Named], Iterator[str]]] = {
    "algorithm-identification": _algorithm,
    "dicom-sr-finding-site": _finding_site,
    "imaging-measurement": _measurement,
    "imaging-measurement-group": _group,
    "imaging-qualitative-evaluation": _evaluation,
}
