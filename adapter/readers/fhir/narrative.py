"""Whether an input holds text for people, which is kept and never searched for findings.

Source: contract section 4; JP Core (Findings, Impression); FHIR R4 diagnosticreport.html.
"""

from collections.abc import Iterable

from adapter.readers.fhir.codes import GENERIC, concept
from adapter.readers.fhir.reading import Reading, Resource
from adapter.readers.fhir.shapes import objects, single, text
from adapter.terms.concepts import CONCLUSIONS

_SENTENCE = 20  # characters: shorter words under a code of their own are a value, not a report


def has_narrative(resources: Iterable[Resource], reading: Reading) -> bool:
    """Return whether any resource holds words of a report."""
    return any(_worded(resource, reading) for resource in resources if not resource.unusable)


def in_words(resource: Resource, reading: Reading) -> bool:
    """Return whether an Observation is a section of a report in words: JP Core's findings."""
    is_section = concept(single(resource.body.get("code")), reading).name in GENERIC
    return is_section and bool(text(resource.body.get("valueString")))


def concludes(resource: Resource, reading: Reading) -> bool:
    """Return whether a resource is a conclusion of ours: its words are no report to be read."""
    body = resource.body
    key = {"Observation": "code", "DiagnosticReport": "conclusionCode"}.get(resource.kind, "")
    found = (concept(row, reading) for row in objects(body.get(key)))
    return any(m.term.kind in CONCLUSIONS for one in found for m in one.all)


def _worded(resource: Resource, reading: Reading) -> bool:
    body = resource.body
    if concludes(resource, reading):
        return False
    if resource.kind == "Observation":
        words = text(body.get("valueString"))
        if not words:
            return bool(objects(body.get("note")))
        return len(words) > _SENTENCE or concept(single(body.get("code")), reading).name in GENERIC
    if resource.kind == "DiagnosticReport":
        return bool(
            text(body.get("conclusion")) or body.get("presentedForm") or single(body.get("text"))
        )
    if resource.kind == "Composition":
        return any(single(row.get("text")) for row in objects(body.get("section")))
    return resource.kind == "DocumentReference"
