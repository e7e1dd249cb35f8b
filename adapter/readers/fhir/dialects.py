"""What a sender's dialect says of FHIR resources beside their codes.

Source: `adapter.terms.dialect`; contract section 4; FHIR resource.html (``meta.source``,
``meta.profile``).
"""

from collections.abc import Iterable, Iterator

from adapter.readers.fhir.codes import concept
from adapter.readers.fhir.reading import Reading, Resource
from adapter.readers.fhir.shapes import Json, many, objects, single, text
from adapter.terms import Traits

PAIRS = "attribute-pairs"
_SAYING = frozenset({"Observation", "DiagnosticReport", "QuestionnaireResponse"})


def traits(resources: Iterable[Resource]) -> Traits:
    """Return what the resources of an input say of their sender."""
    metas = [r.body["meta"] for r in resources if "meta" in r.body and r.kind in _SAYING]
    sources = {text(single(meta).get("source")).partition("#")[0] for meta in metas}
    profiles = {text(p) for meta in metas for p in many(single(meta).get("profile"))}
    return {"source": tuple(sorted(sources - {""})), "profile": tuple(sorted(profiles - {""}))}


def components(body: Json, path: str, reading: Reading) -> Iterator[tuple[Json, str]]:
    """Yield the components of an Observation with their paths, listed attributes one by one."""
    for number, component in enumerate(objects(body["component"])):
        at = f"{path}.component[{number}]"
        if _lists(component, reading):
            for one in _pairs(text(component.get("valueString")), reading):
                yield one, at
        else:
            yield component, at


def _lists(component: Json, reading: Reading) -> bool:
    return "valueString" in component and (
        concept(single(component.get("code")), reading).name == PAIRS
    )


def _pairs(words: str, reading: Reading) -> Iterator[Json]:
    for label, word in reading.terms.dialect.pairs(words):
        match = reading.terms.labelled(label)
        code: Json = {"text": label}
        if match is not None:
            coded = reading.terms.coding(match.term.name, full=True)
            code = {"coding": [{"system": coded.system, "code": coded.code}]}
        yield {"code": code, "valueString": word}
