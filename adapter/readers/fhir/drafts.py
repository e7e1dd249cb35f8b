"""An Observation, or a component, to the finding that its code or its value names.

Source: contract sections 2 and 4; fhir.md section 4 (V1, V2).
"""

from adapter.readers.fhir.codes import Concept, code_of, concept, tell_unmapped
from adapter.readers.fhir.nodes import Context, Draft, Node
from adapter.readers.fhir.reading import Reading, Resource
from adapter.readers.fhir.shapes import Json, objects, single
from adapter.terms.concepts import CONCLUSIONS, FINDINGS


def draft_of(resource: Resource, context: Context, reading: Reading) -> Draft | None:
    """Return the finding that an Observation itself is; None where it is none."""
    body = resource.body
    code = code_of(resource, reading)
    if code.role == "finding":
        names = {m.term.name for m in code.all if m.term.kind in FINDINGS}
        if len(names) > 1:
            what = f"its codes are different findings ({', '.join(sorted(names))})"
            reading.lose(f"{what}: it is not used", resource.path, "contradiction")
            return None
        node = Node(code.all[0], body, resource.path, resource)
        return Draft(node, context, code.all[0].term)
    value = single(body.get("valueCodeableConcept"))
    if code.role == "group" and "valueBoolean" in body:
        what = f"a value of {code.name} itself is no finding: it is not used"
        reading.tell("not-used", what, resource.path)
    if not value or not is_generic(code, body, reading):
        return None
    found = concept(value, reading)
    matches = [m for m in found.all if m.term.kind in FINDINGS]
    if len({m.term.name for m in matches}) == 1:
        node = Node(matches[0], body, resource.path, resource)
        return Draft(node, context, node.match.term, named=True)
    if any(m.term.kind in CONCLUSIONS for m in found.all):
        reading.conclusions += 1
    elif found.all:
        what = f"the value of {code.name} names no finding"
        reading.tell("not-used", what, resource.path)
    elif value.get("coding"):
        tell_unmapped(value, f"{resource.path}.valueCodeableConcept", reading)
    return None


def by_value(
    body: Json, path: str, resource: Resource, context: Context, reading: Reading
) -> Draft | None:
    """Return the one finding that the value of a component names; None where it names none."""
    value = single(body.get("valueCodeableConcept"))
    matches = [m for m in concept(value, reading).all if m.term.kind in FINDINGS]
    if len({m.term.name for m in matches}) != 1:
        return None
    return Draft(Node(matches[0], body, path, resource), context, matches[0].term, named=True)


def is_generic(code: Concept, body: Json, reading: Reading) -> bool:
    """Return whether the value of an Observation names its finding."""
    if code.role in ("generic", "group") or (reading.terms.dialect.values and not code.all):
        return True
    if code.all or "category" not in body:
        return False
    categories = (concept(row, reading) for row in objects(body["category"]))
    return any(m.term.name == "measurement-group" for one in categories for m in one.all)
