"""Whether a resource may be used at all: its status, its modifiers, whom it is about.

Source: criteria section 6; fhir.md section 4 (V14); FHIR R4 observation.html, procedure.html,
extensibility.html (modifier extensions).
"""

from adapter.readers.fhir.patients import subject
from adapter.readers.fhir.reading import Reading, Resource
from adapter.readers.fhir.references import Index, kind_of
from adapter.readers.fhir.shapes import Json, objects, text

_USED = frozenset({"final", "amended", "corrected", "appended"})
_PRELIMINARY = frozenset({"preliminary", "registered", "partial"})
_NEVER = frozenset({"entered-in-error", "cancelled"})
_OTHERS = frozenset({"Patient", "RelatedPerson", "Person", "Group", "Specimen", "Practitioner"})


def unusable(resource: Resource, index: Index, reading: Reading) -> str:
    """Return why an Observation may not be used; empty where it may."""
    body = resource.body
    return (
        resource.unusable
        or status(resource, reading)
        or _modified(body)
        or _stranger(resource, index, reading)
        or (_focused(resource, index, reading) if "focus" in body else "")
    )


def may_hold(resource: Resource) -> bool:
    """Return whether an unusable Observation could hold all the same: nobody withdrew it.

    Its status is no code of FHIR, or an unknown modifier extension may leave its meaning as it is.
    """
    found = text(resource.body.get("status"))
    told = found in _USED | _PRELIMINARY | _NEVER
    return not told or (found not in _NEVER and bool(_modified(resource.body)))


def withdrawn(resource: Resource) -> bool:
    """Return whether a resource is not used because it, or its report, was withdrawn."""
    return resource.withdrawn or text(resource.body.get("status")) in _NEVER


def _stranger(resource: Resource, index: Index, reading: Reading) -> str:
    """Return why the subject forbids the use: a group, a device, a location is no patient."""
    about = subject(resource, index, reading)
    return about if isinstance(about, str) else ""


def status(resource: Resource, reading: Reading) -> str:
    """Return why the status of an Observation or report forbids its use; empty where it allows."""
    found = text(resource.body.get("status"))
    if found in _USED:
        return ""
    if found in _PRELIMINARY:
        reading.preliminary = True
        what = f"{resource.kind} is {found}: it is used, and its result is preliminary"
        reading.tell("preliminary", what, resource.path)
        return ""
    if found in _NEVER:
        return f"its status is {found}"
    shown = found if found.isascii() and found.replace("-", "").isalpha() else "no code of FHIR"
    what = f"{resource.kind}.status is {shown[:32]}" if found else f"{resource.kind} has no status"
    reading.tell("unknown-status", what, f"{resource.path}.status")
    return "nothing tells whether it holds"


def _modified(body: Json) -> str:
    """Return why modifiers forbid the use: an unknown one may turn the meaning round."""
    if body.get("modifierExtension"):
        return _named(body)
    if "implicitRules" in body:
        return "implicitRules may change its meaning"
    if "component" in body:
        for component in objects(body["component"]):
            if "modifierExtension" in component:
                return _named(component)
    return ""


def _named(body: Json) -> str:
    urls = [text(e.get("url")) for e in objects(body["modifierExtension"])]
    return f"the modifier extension {urls[0][:120] if urls else ''} may change its meaning"


def _focused(resource: Resource, index: Index, reading: Reading) -> str:
    """Return why the focus forbids the use: the finding is of somebody or something else."""
    for reference in objects(resource.body["focus"]):
        target = index.resolve(reference, resource)
        kind = target.kind if target is not None else kind_of(reference)
        about = text(reference.get("reference"))
        subject = resource.body.get("subject")
        if isinstance(subject, dict) and about and about == text(subject.get("reference")):
            continue
        if kind in _OTHERS or not kind:
            return f"its focus is not the patient but a {kind or 'resource that is not told'}"
        what = f"its focus is a {kind}: it is read as a finding of the patient"
        reading.tell("focus", what, resource.path)
    return ""
