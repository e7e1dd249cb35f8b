"""Several versions of one resource to the newest, and the evidence of the FHIR release.

Source: FHIR R4 http.html (history), resource.html (Meta); the differences between releases are
those of the StructureDefinitions of Observation, DiagnosticReport and ImagingStudy.
"""

import json

from adapter.readers.fhir.reading import Reading, Resource
from adapter.readers.fhir.references import Index
from adapter.readers.fhir.shapes import single, text

_ELEMENTS = {
    ("Observation", "comment"): "STU3",
    ("Observation", "related"): "STU3",
    ("Observation", "context"): "STU3",
    ("Observation", "bodyStructure"): "R5",
    ("Observation", "triggeredBy"): "R5",
    ("Observation", "instantiatesCanonical"): "R5",
    ("Observation", "valueAttachment"): "R5",
    ("DiagnosticReport", "context"): "STU3",
    ("DiagnosticReport", "codedDiagnosis"): "STU3",
    ("DiagnosticReport", "image"): "STU3",
    ("DiagnosticReport", "imagingStudy"): "R4",
    ("DiagnosticReport", "study"): "R5",
    ("DiagnosticReport", "supportingInfo"): "R5",
    ("ImagingStudy", "uid"): "STU3",
    ("ImagingStudy", "accession"): "STU3",
    ("ImagingStudy", "procedureCode"): "R4",
    ("ImagingStudy", "procedure"): "R5",
    ("Procedure", "occurrenceDateTime"): "R5",
    ("BodyStructure", "includedStructure"): "R5",
}
_KEYS: dict[str, frozenset[str]] = {}
for _kind, _key in _ELEMENTS:
    _KEYS[_kind] = _KEYS.get(_kind, frozenset()) | {_key}
_TYPES = {"ImagingSelection": "R5", "ImagingManifest": "STU3", "BodySite": "STU3"}


def newest(found: list[Resource], reading: Reading) -> list[Resource]:
    """Return the resources, each in its newest version; the others are told.

    Two that differ and do not say which is newer are both left out: nothing tells which holds.
    """
    # Most inputs: every entry by a URL of its own, nothing contained, nothing deleted.
    urls = {r.url for r in found if r.url}
    if len(urls) == len(found) and "/_history/" not in "\n".join(urls):
        return _living(found)
    if len({_name(r) for r in found if r.parent is None and r.id}) == len(found):
        return _living(found)
    by_name: dict[str, list[Resource]] = {}
    for resource in found:
        if resource.parent is None and resource.id:
            by_name.setdefault(_name(resource), []).append(resource)
    left_out: set[int] = set()
    for name, versions in by_name.items():
        if len(versions) > 1:
            left_out.update(map(id, _older(name, versions, reading)))
    kept = [r for r in found if id(r.parent or r) not in left_out]
    return _living(kept)


def _living(found: list[Resource]) -> list[Resource]:
    return [r for r in found if (r.parent or r).unusable != "deleted"]


def _name(resource: Resource) -> str:
    """Return what all versions of a resource share: the fullUrl without its version."""
    return resource.url.partition("/_history/")[0] if resource.url else resource.key


def _older(name: str, versions: list[Resource], reading: Reading) -> list[Resource]:
    age = _age if all(_age(r)[0] >= 0 for r in versions) else _by_time
    ranked = sorted(versions, key=age)
    last = ranked[-1]
    rivals = [r for r in ranked if age(r) == age(last)]
    if len(rivals) > 1 and len({_content(r) for r in rivals}) > 1:
        what = f"{name} stands in {len(rivals)} forms and nothing tells the newer: none is used"
        reading.tell("contradiction", what, last.path, "error")
        return versions
    older = [r for r in versions if r is not last]
    for resource in older:
        same = resource.body == last.body
        code, severity = ("duplicate", "information") if same else ("superseded", "information")
        reading.tell(code, f"{name} stands again at {last.path}", resource.path, severity)
    if last.unusable == "deleted":
        reading.tell("superseded", f"{name} is deleted: it is not used", last.path)
        _remember(last, older)
    return older


def _remember(deleted: Resource, older: list[Resource]) -> None:
    """Keep what a deleted statement said: what rests on it is to be withdrawn, too.

    A deleted report or study takes nothing back that is not deleted itself.
    """
    if deleted.kind in ("Observation", "Procedure") and older and not older[-1].unusable:
        deleted.body, deleted.withdrawn = older[-1].body, True
        deleted.unusable = "it is deleted"


def _age(resource: Resource) -> tuple[int, str, int]:
    """Return what orders versions: the number, the time of update, the place in a history."""
    meta = single(resource.body.get("meta"))
    version = text(meta.get("versionId"))
    number = int(version) if version.isascii() and version.isdigit() and len(version) < 19 else -1
    return number, text(meta.get("lastUpdated")), resource.rank


def _by_time(resource: Resource) -> tuple[str, int]:
    return _age(resource)[1:]


def _content(resource: Resource) -> str:
    return json.dumps(resource.body, sort_keys=True, default=str)


def tell_release(known: Index, reading: Reading) -> None:
    """Tell which FHIR releases the elements used belong to; nothing where R4 knows all."""
    seen: dict[str, set[str]] = {}
    for kind in _TYPES.keys() & known.kinds.keys():
        seen.setdefault(_TYPES[kind], set()).add(kind)
    for kind in _KEYS.keys() & known.kinds.keys():
        keys = _KEYS[kind]
        for resource in known.kinds[kind]:
            if not keys.isdisjoint(resource.body):
                for key in keys & resource.body.keys():
                    seen.setdefault(_ELEMENTS[kind, key], set()).add(f"{kind}.{key}")
    if not seen.keys() - {"R4"}:
        return
    each = [f"{release} ({', '.join(sorted(names))})" for release, names in sorted(seen.items())]
    mixed = len(seen) > 1
    what = f"read as FHIR {' and '.join(each)}" + (": releases are mixed" if mixed else "")
    reading.tell("version", what, "", "warning" if mixed else "information")
