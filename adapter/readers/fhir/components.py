"""The components of an Observation to its parts, its findings, and what stands beside them.

Source: contract sections 2 and 4; fhir.md section 4 (V1, V6, V7).
"""

from adapter.readers.fhir import dialects
from adapter.readers.fhir.codes import concept, tell_unmapped
from adapter.readers.fhir.drafts import by_value
from adapter.readers.fhir.nodes import Beside, Context, Draft, Node, belongs
from adapter.readers.fhir.parts import part
from adapter.readers.fhir.reading import Reading, Resource
from adapter.readers.fhir.shapes import bare, single, text
from adapter.readers.fhir.unmapped import keep


def add_components(
    resource: Resource, context: Context, owner: Draft | None, beside: Beside, reading: Reading
) -> None:
    """Add the components of an Observation to its finding, else to what stands beside it."""
    for body, path in dialects.components(resource.body, resource.path, reading):
        value = body.get("code")
        code = concept(value if type(value) is dict else single(value), reading)
        if not code.all:
            draft = None
            if reading.terms.dialect.values:
                draft = by_value(body, path, resource, context, reading)
            if draft is not None:
                beside.findings.append(draft)
            else:
                beside.unknown.append((body, path))
            continue
        match, role = code.all[0], code.role
        if role == "attribute" and owner and belongs(match.term, owner.term, reading):
            owner.parts.append(part(match, body, path, resource, reading))
            continue
        if role == "site":
            beside.places.parts.append((body, path))
            continue
        node = Node(match, body, path, resource)
        if role == "finding":
            if owner is not None and owner.term.name == code.name:
                owner.own.append(node)
            else:
                beside.findings.append(Draft(node, context, node.match.term))
        elif not add_part(node, role, beside, reading) and role == "generic":
            _add_named(node, context, beside, reading)


def add_part(node: Node, role: str, beside: Beside, reading: Reading) -> bool:
    """Add a part that is no finding to what stands beside; False where it is something else."""
    if role == "attribute":
        beside.attributes.append(node)
    elif role == "site":
        beside.places.parts.append((node.body, node.path))
    elif role == "side":
        beside.places.sides.append((node.body, node.path))
    elif role == "same-site":
        words = bare(text(node.body.get("valueString")))
        words = words or bare(text(single(node.body.get("valueIdentifier")).get("value")))
        if words:
            beside.same_sites.append(words)
        else:
            reading.tell("not-used", "same-site names no lesion", node.path)
    elif role == "uid":
        beside.uids += filter(None, [bare(text(node.body.get("valueString")))])
    elif role == "conclusion":
        reading.conclusions += 1
    else:
        return False
    return True


def _add_named(node: Node, context: Context, beside: Beside, reading: Reading) -> None:
    """Add the finding that the value of a generic component names; others are not findings."""
    value = single(node.body.get("valueCodeableConcept"))
    if not value:
        return
    draft = by_value(node.body, node.path, node.resource, context, reading)
    if draft is not None:
        beside.findings.append(draft)
    else:
        tell_unmapped(value, node.path, reading)
        keep(node.body, node.path, node.resource, context, None, reading)
