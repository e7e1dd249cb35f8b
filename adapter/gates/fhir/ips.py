"""International Patient Summary: radiology results.

Source: HL7 IPS, Observation-results-radiology-uv-ips and its invariants.
"""

from adapter.gates.fhir.base import ERROR, Broken, Check, Rule, element
from adapter.gates.fhir.resources import Held, Resource
from adapter.gates.fhir.shapes import codes, given, indexed

IPS = "http://hl7.org/fhir/uv/ips/StructureDefinition/"
CATEGORY = "http://terminology.hl7.org/CodeSystem/observation-category"
_RADIOLOGY = frozenset({
    f"{IPS}Observation-results-radiology-uv-ips",
    f"{IPS}Observation-results-radiology-imaging-uv-ips",
})  # fmt: skip


def imaging(resource: Resource, held: Held) -> Broken:
    if not any("imaging" in codes(c, CATEGORY) for _, c in indexed(resource.body, "category")):
        yield f"{resource.path}.category", "has no imaging (observation-category): add it"


def one_way(resource: Resource, held: Held) -> Broken:
    if given(resource.body, "hasMember") and given(resource.body, "component"):
        yield resource.path, "has both hasMember and component: keep one"


def _row(id: str, says: str, broken: Check) -> Rule:
    source = "HL7 IPS Observation-results-radiology-uv-ips"
    return Rule(f"ips.{id}", ERROR, source, says, broken, profiles=_RADIOLOGY)


RULES = (
    _row("category", "a category is imaging", imaging),
    _row("study", "partOf names the ImagingStudy", element("partOf", "is missing")),
    _row("members", "hasMember and component never stand together", one_way),
)
