"""What of an Observation no term stands for: told, and kept as evidence.

Source: contract section 4 ("not mapped").
"""

from adapter.readers.fhir.codes import code_of, concept, described, tell_unmapped
from adapter.readers.fhir.nodes import Beside, Context, Draft
from adapter.readers.fhir.places import tracking
from adapter.readers.fhir.reading import Reading, Resource
from adapter.readers.fhir.shapes import objects, single, text
from adapter.readers.fhir.unmapped import COMMENT, keep, keep_words


def keep_leftovers(
    resource: Resource, context: Context, owner: Draft | None, beside: Beside, reading: Reading
) -> None:
    """Keep what of an Observation is not mapped, and its notes; tell the codes of its parts."""
    body = resource.body
    group = next(iter([*beside.uids, *tracking(body)]), None)
    kept = len(reading.unmapped)
    if owner is None and _is_unknown(resource, reading):
        keep(body, resource.path, resource, context, group, reading)
    for part_body, path in beside.unknown:
        tell_unmapped(single(part_body.get("code")), path, reading)
        keep(part_body, path, resource, context, group, reading)
    is_ours = owner is not None and owner.term.name != "other-brain"
    if "note" in body and (is_ours or len(reading.unmapped) > kept):
        notes = (text(note.get("text")) for note in objects(body["note"]))
        path = f"{resource.path}.note"
        keep_words(notes, COMMENT, path, resource, context, group, reading)


def tell_nothing(resource: Resource, reading: Reading) -> None:
    """Tell that an Observation holds no finding of ours."""
    body = resource.body
    code = code_of(resource, reading)
    if not code.all:
        tell_unmapped(single(body.get("code")), f"{resource.path}.code", reading)
    elif code.role not in ("generic", "group", "finding"):
        what = f"{described(single(body.get('code')))} alone is no finding"
        if code.role == "attribute":
            reading.lose(what, resource.path)
        else:
            reading.tell("not-used", what, resource.path)


def _is_unknown(resource: Resource, reading: Reading) -> bool:
    """Return whether an Observation says something that is not mapped, by its code or its value."""
    body, code = resource.body, code_of(resource, reading)
    if not code.all:
        return True
    values = any(key[:5] == "value" for key in body)
    value = single(body.get("valueCodeableConcept"))
    return code.role == "generic" and values and not concept(value, reading).all
