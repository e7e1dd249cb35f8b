"""The mappings to what a partner system loads: FHIR packages and DICOM tables.

``terminology export`` writes ``fhir-r4/package``, ``fhir-r5/package`` (each a FHIR package),
``dicom``, and ``table`` (the template of a table of findings). All of it is made of ``mappings/``
alone, in a stable order. Source: contract sections 2 and 3; the FHIR package specification
(package.json, .index.json).
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from adapter import __version__
from adapter.terminology import codes, dicom, forms, profiles, services, table
from adapter.terminology.artifacts import PUBLISHER, RELEASES, Export, Json
from adapter.terms import Terms, checked
from adapter.writers.fhir.values import CANONICAL

__all__ = ["Export", "artifacts", "export"]

PACKAGE = "csfleak.adapter"
_CORE = {"r4": "hl7.fhir.r4.core", "r5": "hl7.fhir.r5.core"}
_INDEXED = ("resourceType", "id", "url", "version", "kind", "type", "supplements", "content")


def export(terms: Terms, settings: Mapping[str, Any]) -> dict[str, bytes]:
    """Return every file of the export by its path: the same mappings and settings, the same bytes.

    Parameters
    ----------
    terms : Terms
        From `adapter.terms.load`.
    settings : Mapping
        ``canonical_base`` is where our artifacts stand; ``snomed`` is ``full`` where codes of
        SNOMED CT beyond the DICOM standard's may be written.
    """
    full = settings.get("snomed") == "full"
    canonical = str(settings.get("canonical_base", CANONICAL)).rstrip("/")
    found: dict[str, bytes] = {}
    for release in RELEASES:
        of = Export(terms=terms, release=release, canonical=canonical, date=checked(), full=full)
        found |= {f"fhir-{release}/package/{name}": data for name, data in package(of).items()}
    found |= {f"dicom/{name}": data for name, data in dicom.files(terms, full=full).items()}
    found |= {f"table/{name}": data for name, data in table.files(terms).items()}
    return dict(sorted(found.items()))


def artifacts(export: Export) -> Iterator[Json]:
    """Yield every resource of a package, in the order of its files' names."""
    made = [
        codes.code_system(export),
        *codes.value_sets(export),
        *codes.concept_maps(export),
        *codes.naming_systems(export),
        *profiles.structure_definitions(export),
        forms.questionnaire(export),
        services.capability_statement(export),
        *services.operations(export),
    ]
    yield from sorted(made, key=_file)


def package(export: Export) -> dict[str, bytes]:
    """Return the files of a FHIR package by name."""
    found = list(artifacts(export))
    manifest = {
        "name": PACKAGE,
        "version": __version__,
        "description": "Findings, grades and reports of CSF leak and intracranial hypotension",
        "author": PUBLISHER,
        "license": "Apache-2.0",
        "canonical": export.canonical,
        "title": "csfleak-adapter",
        "type": "Conformance",
        "fhirVersions": [RELEASES[export.release]],
        "dependencies": {_CORE[export.release]: RELEASES[export.release]},
    }
    index = {"index-version": 2, "files": [_indexed(one) for one in found]}
    files = {"package.json": _dump(manifest), ".index.json": _dump(index)}
    return files | {_file(one): _dump(one) for one in found}


def _file(resource: Json) -> str:
    return f"{resource['resourceType']}-{resource['id']}.json"


def _indexed(resource: Json) -> Json:
    known = {key: resource[key] for key in _INDEXED if key in resource}
    return {"filename": _file(resource), **known}


def _dump(value: Any) -> bytes:
    return (json.dumps(value, ensure_ascii=False, indent=1) + "\n").encode()
