"""A graded case to FHIR R5 5.0.0: the resources of R4 as R5, and the DICOM SR guide, have them.

`elements` renames what R5 renames; `guide` gives findings the shape that a converter of DICOM SR
gives them; `selections` says which content items of which SR they come from. Source: FHIR R5 5.0.0;
HL7 DICOM SR to FHIR Resource Mapping 1.0.0 (hl7.fhir.uv.dicom-sr); contract section 2.
"""

from collections.abc import Sequence
from typing import Any

from adapter.model import Issue
from adapter.writers.fhir import bundle as packing
from adapter.writers.fhir.context import Output
from adapter.writers.fhir.findings import Observations
from adapter.writers.fhir.r5 import elements, guide
from adapter.writers.fhir.r5.outcome import issues
from adapter.writers.fhir.r5.selections import selections
from adapter.writers.fhir.report import Report
from adapter.writers.fhir.values import URI, Json

__all__ = ["CLAIMS", "packed", "request", "resources", "said"]

CLAIMS = (elements.base("Bundle"),)
"""What a Bundle claims: nothing else of a file tells which release of FHIR it is of."""

_OURS = ("BodyStructure", "Observation")


def resources(report: Report) -> Sequence[Json]:
    """Return the resources of a report as R5 has them, what is referred to first."""
    output = report.output
    people = [report.practitioner] if report.practitioner else []
    graded = guide.grades(report)
    return (
        output.patient,
        *output.organizations.values(),
        *people,
        elements.device(report.device, output),
        *said(output, report.observations),
        *graded,
        elements.diagnostic_report(report.report),
        elements.provenance(report.provenance, output),
    )


def said(output: Output, observations: Observations) -> Sequence[Json]:
    """Return the studies, and what the inputs say, as R5 and the guide have it."""
    studies = [elements.imaging_study(s) for s in output.studies.values()]
    found = selections(output)
    return (*studies, *found.resources, *guide.findings(output, observations, found))


def packed(
    resources: Sequence[Json], kind: str, how: packing.Packing, told: Sequence[Issue]
) -> bytes:
    """Return the bytes of R5 resources packed as `kind`, with what is `told` of the inputs.

    Raises
    ------
    Usage
        As `adapter.writers.fhir.bundle.pack` has it.
    """
    made: Any = packing.packed(resources, kind, how)
    if kind == "none":
        return packing.dump(made)
    return packing.dump(elements.bundle(made) | issues(told, kind))


def request(resource: Json) -> Json:
    """Return how a server is asked to take a resource: as in R4, and a site is ours, too."""
    kind = resource["resourceType"]
    own = [i["value"] for i in resource.get("identifier", []) if i.get("system") == URI]
    if kind not in _OURS or not own:
        return packing.request(resource)
    return {"method": "PUT", "url": f"{kind}?identifier={URI}%7C{own[0]}"}
