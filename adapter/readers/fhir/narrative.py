"""Whether an input holds text for people, which is kept and never searched for findings.

Source: contract section 4; JP Core (Findings, Impression); FHIR R4 diagnosticreport.html.
"""

from collections.abc import Iterable

from adapter.readers.fhir.reading import Resource
from adapter.readers.fhir.shapes import objects, single, text


def has_narrative(resources: Iterable[Resource]) -> bool:
    """Return whether any resource holds words of a report."""
    return any(_worded(resource) for resource in resources if not resource.unusable)


def _worded(resource: Resource) -> bool:
    body = resource.body
    if resource.kind == "Observation":
        return bool(text(body.get("valueString")) or objects(body.get("note")))
    if resource.kind == "DiagnosticReport":
        return bool(
            text(body.get("conclusion")) or body.get("presentedForm") or single(body.get("text"))
        )
    if resource.kind == "Composition":
        return any(single(row.get("text")) for row in objects(body.get("section")))
    return resource.kind == "DocumentReference"
