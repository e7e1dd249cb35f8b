"""FHIR R5 resources against ``fhir.resources`` (R5), and what tells that a resource is one.

FHIR writes its release into no file. What tells it is a claim (a profile of the R5 guide, or a
definition of version 5), a resource type or an element that R4 does not know. Source: FHIR R5
5.0.0, the "R4 changes" of each resource; references.html (versions of canonicals).
"""

from collections.abc import Iterator, Mapping
from typing import Any

from adapter.gates.breaches import ERROR, Breach

Json = dict[str, Any]

_TYPES = frozenset({"ImagingSelection"})
_ELEMENTS: Mapping[str, frozenset[str]] = {
    "BodyStructure": frozenset({"includedStructure", "excludedStructure"}),
    "Bundle": frozenset({"issues"}),
    "Device": frozenset({"displayName", "name", "category", "conformsTo"}),
    "DiagnosticReport": frozenset({"study", "supportingInfo", "composition", "note"}),
    "ImagingStudy": frozenset({"procedure", "partOf"}),
    "Observation": frozenset({"bodyStructure", "triggeredBy", "instantiatesCanonical"}),
    "Procedure": frozenset({"occurrenceDateTime", "occurrencePeriod", "reportedBoolean"}),
    "Provenance": frozenset({"patient", "encounter", "basedOn", "authorization"}),
}
"""Elements of R5 that R4 and R4B do not have, of the resources that a report is made of."""

_GUIDE = "http://hl7.org/fhir/uv/dicom-sr/"
_DEFINITIONS = "http://hl7.org/fhir/StructureDefinition/"


def is_r5(resource: Json) -> bool:
    """Return whether a resource, or one of those in a Bundle or contained, is told to be of R5.

    False where nothing tells: what R4 and R5 share is taken for R4.
    """
    return any(_tells(one) for one in _held(resource))


def structure_r5(resource: Json) -> Iterator[Breach]:
    """Yield what the R5 models of ``fhir.resources`` reject, each with its element path."""
    from fhir.resources import get_fhir_model_class
    from pydantic import ValidationError

    kind = str(resource.get("resourceType", ""))
    try:
        get_fhir_model_class(kind).model_validate(resource)
    except KeyError:
        yield Breach("fhir.resources", "resource-type", ERROR, kind, "no resource type of R5")
    except ValidationError as error:
        for one in error.errors():
            path = ".".join([kind, *(str(part) for part in one["loc"])])
            yield Breach("fhir.resources", str(one["type"]), ERROR, path, str(one["msg"]))


def _held(resource: Json) -> Iterator[Json]:
    yield resource
    entries = resource.get("entry")
    inner = [e.get("resource") for e in _objects(entries)]
    for one in (*_objects(inner), *_objects(resource.get("contained"))):
        yield from _held(one)


def _tells(resource: Json) -> bool:
    kind = str(resource.get("resourceType", ""))
    return (
        kind in _TYPES
        or not _ELEMENTS.get(kind, frozenset()).isdisjoint(resource)
        or any(map(_is_claim, _claims(resource)))
        or _is_shaped(kind, resource)
    )


def _is_shaped(kind: str, resource: Json) -> bool:
    """Return whether an element that both releases have is as R5 has it, or names a type of R5."""
    if kind == "ImagingStudy":
        series = [s.get("modality") for s in _objects(resource.get("series"))]
        told = (*_objects(resource.get("modality")), *_objects(series))
        return any("coding" in modality for modality in told)
    if kind == "Composition":
        return any(isinstance(resource.get(name), list) for name in ("identifier", "subject"))
    if kind == "Observation":
        targets = (str(r.get("reference", "")) for r in _objects(resource.get("derivedFrom")))
        return any(target.split("/")[-2:-1] == ["ImagingSelection"] for target in targets)
    return False


def _claims(resource: Json) -> Iterator[str]:
    meta = resource.get("meta")
    claims = meta.get("profile") if isinstance(meta, dict) else None
    yield from (c for c in claims if isinstance(c, str)) if isinstance(claims, list) else ()


def _is_claim(profile: str) -> bool:
    url, _, version = profile.partition("|")
    return url.startswith(_GUIDE) or (url.startswith(_DEFINITIONS) and version.startswith("5."))


def _objects(value: Any) -> list[Json]:
    return [v for v in value if isinstance(v, dict)] if isinstance(value, list) else []
