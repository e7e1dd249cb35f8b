"""What of a large input has to be kept to read its findings.

Source: contract section 2 (what a finding, its exam, its place and its patient are told by).
"""

from adapter.readers.fhir.codes import code_of, concept, tell_unmapped
from adapter.readers.fhir.reading import Reading, Resource
from adapter.readers.fhir.shapes import objects, single
from adapter.terms.concepts import DATED, FINDINGS

_ABOUT = frozenset(
    {
        *("Patient", "ImagingStudy", "ImagingSelection", "DiagnosticReport", "BodyStructure"),
        *("BodySite", "Organization", "Location", "Questionnaire", "QuestionnaireResponse"),
    }
)


def matters(resource: Resource, reading: Reading) -> bool:
    """Return whether a resource may be needed; the unknown code of one that is not is told."""
    if resource.kind == "Observation":
        return _observation(resource, reading)
    if resource.kind == "Procedure":
        return any(m.term.name in DATED for m in code_of(resource, reading).all)
    return resource.kind in _ABOUT


def _observation(resource: Resource, reading: Reading) -> bool:
    body = resource.body
    code = code_of(resource, reading)
    if code.role in ("finding", "attribute", "site", "side", "group", "uid", "same-site"):
        return True
    if "hasMember" in body or "related" in body:
        return True
    if "component" in body:
        named = (concept(single(row.get("code")), reading) for row in objects(body["component"]))
        if any(one.all for one in named):
            return True
    value = body.get("valueCodeableConcept")
    if value and any(m.term.kind in FINDINGS for m in concept(single(value), reading).all):
        return True
    if not code.all:
        tell_unmapped(single(body.get("code")), f"{resource.path}.code", reading)
    return False
