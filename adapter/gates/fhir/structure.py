"""A second opinion on R4: what the models of ``fhir.resources`` (R4B) reject.

Source: fhir.resources 8; it knows elements, cardinalities and formats, but no codes, reference
targets or guides.
"""

from collections.abc import Iterator

from adapter.gates.breaches import ERROR, INFORMATION, Breach
from adapter.gates.fhir.shapes import Json, text


def structure(resource: Json) -> Iterator[Breach]:
    """Yield what ``fhir.resources`` rejects, each with its element path."""
    from fhir.resources.R4B import get_fhir_model_class
    from pydantic import ValidationError

    kind = text(resource.get("resourceType"))
    try:
        model = get_fhir_model_class(kind)
    except (KeyError, ValueError):
        # A kind of R4 that R4B dropped, or none at all, which base.resource-type tells.
        what = "fhir.resources (R4B) does not know this type: its structure is not asked of it"
        yield Breach("fhir.resources", "resource-type", INFORMATION, kind, what)
        return
    try:
        model.model_validate(resource)
    except ValidationError as error:
        for one in error.errors():
            path = ".".join([kind, *(str(part) for part in one["loc"])])
            yield Breach("fhir.resources", str(one["type"]), ERROR, path, str(one["msg"]))
    except (AttributeError, KeyError, RecursionError, TypeError, ValueError) as error:
        # It trusts the shape of what it is given here and there; R5's types raise KeyError.
        what = f"fhir.resources cannot read it ({type(error).__name__})"
        yield Breach("fhir.resources", "unreadable", ERROR, kind, what)
