"""Resources of R4 to what R5 calls their elements, where no finding is concerned.

Source: FHIR R5 5.0.0, the "R4 changes" of each resource. Resources are shared by all outputs:
every function returns a new one.
"""

from adapter.writers.fhir.context import Output
from adapter.writers.fhir.values import Json, filled

VERSION = "5.0.0"
GUIDE = "http://hl7.org/fhir/uv/dicom-sr/StructureDefinition"

_BASE = "http://hl7.org/fhir/StructureDefinition"
_ROLES = {"derivation": "instantiates"}
"""R5 has no ``derivation``: what the inputs were graded by is what the record adheres to."""
_MODES = "http://hl7.org/fhir/composition-attestation-mode"


def base(kind: str) -> str:
    """Return the canonical of a resource's own definition in R5."""
    return f"{_BASE}/{kind}|{VERSION}"


def claimed(resource: Json, *profiles: str) -> Json:
    """Return a resource that claims profiles."""
    meta = resource.get("meta", {}) | {"profile": list(profiles)}
    head = {"resourceType": resource["resourceType"], "id": resource["id"], "meta": meta}
    return head | {k: v for k, v in resource.items() if k not in head}


def _renamed(resource: Json, **names: str) -> Json:
    """Return a resource with elements renamed in their place."""
    return {names.get(name, name): value for name, value in resource.items()}


def diagnostic_report(report: Json) -> Json:
    """Return a DiagnosticReport: ``study``, the conclusion as markdown, sizes as text.

    ``composition`` stays empty: its rule dgr-1 would have every finding of the document among the
    results, and those are the grades.
    """
    made = _renamed(report, imagingStudy="study")
    # In markdown a line ends only where two blanks say so.
    made["conclusion"] = report["conclusion"].replace("\n\n", "\0").replace("\n", "  \n")
    made["conclusion"] = made["conclusion"].replace("\0", "\n\n")
    if "presentedForm" in made:
        # integer64 is text in JSON.
        made["presentedForm"] = [p | {"size": str(p["size"])} for p in made["presentedForm"]]
    return claimed(made, base("DiagnosticReport"))


def imaging_study(study: Json) -> Json:
    """Return an ImagingStudy: concepts where R4 has codings, procedures as references or codes."""
    orders = [order(i) for i in study["identifier"] if "type" in i]
    return {name: value for name, value in study.items() if name != "procedureCode"} | filled(
        modality=[{"coding": [m]} for m in study.get("modality", [])],
        basedOn=orders,
        procedure=[{"concept": c} for c in study.get("procedureCode", [])],
        series=[_series(s) for s in study.get("series", [])],
    )


def order(identifier: Json) -> Json:
    """Return the order that an accession number names: no input holds the ServiceRequest."""
    return {"type": "ServiceRequest", "identifier": identifier}


def _series(series: Json) -> Json:
    told = series["modality"]
    return series | {"modality": {"coding": [told]} if "code" in told else told}


def device(device: Json, output: Output) -> Json:
    """Return the software as the guide's algorithm: its name, family (the criteria) and version."""
    names = [name["name"] for name in device["deviceName"]]
    kept = {k: v for k, v in device.items() if k not in ("deviceName", "type", "version")}
    made = kept | {
        "displayName": names[0],
        "name": [{"value": name, "type": "user-friendly-name"} for name in names],
        "version": device["version"],
        "type": [output.concept("criteria-2011"), device["type"]],
    }
    return claimed(made, f"{GUIDE}/algorithm-identification")


def provenance(provenance: Json, output: Output) -> Json:
    """Return a Provenance: it names the patient, and need not say that its instant is unknown."""
    made = {name: value for name, value in provenance.items() if name != "_recorded"}
    entities = [e | {"role": _ROLES.get(e["role"], e["role"])} for e in provenance["entity"]]
    return made | {"patient": output.subject, "entity": entities}


def bundle(made: Json) -> Json:
    """Return a Bundle whose Composition is R5's."""
    return made | filled(entry=[_entry(e) for e in made.get("entry", [])])


def _entry(entry: Json) -> Json:
    resource = entry["resource"]
    if resource["resourceType"] != "Composition":
        return entry
    return entry | {"resource": composition(resource)}


def composition(composition: Json) -> Json:
    """Return a Composition: several identifiers and subjects, and how it was attested as a code."""
    attesters = [
        a | {"mode": {"coding": [{"system": _MODES, "code": a["mode"]}]}}
        for a in composition.get("attester", [])
    ]
    made = composition | {
        "identifier": [composition["identifier"]],
        "subject": [composition["subject"]],
    }
    return made | filled(attester=attesters)
