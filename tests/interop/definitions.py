"""What the validation engine has to know of codes, from ``mappings/`` and pydicom's dictionary.

FHIR's own packages hold DICOM's and SNOMED CT's code systems as empty shells. Here they are what
the DICOM standard lists (pydicom's dictionary of PS3.16), and complete: so every code that we write
with ``snomed = dicom-subset`` is looked up, its display too, and one from elsewhere is an error.
"""

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from adapter import terms
from adapter.terms import PRIVATE, Terms

CID_29 = "http://dicom.nema.org/medical/dicom/current/output/chtml/part16/sect_CID_29.html"
"""Acquisition modalities, as FHIR's ImagingStudy binds them."""


def write(folder: Path) -> None:
    """Write every definition into `folder`, one file each."""
    for made in made_of(terms.load()):
        file = folder / f"{made['resourceType']}-{made['id']}.json"
        file.write_text(json.dumps(made, ensure_ascii=False), "utf-8")


def made_of(known: Terms) -> Iterator[dict[str, Any]]:
    """Yield the CodeSystems and the ValueSet."""
    yield _code_system("csfleak", known.written[PRIVATE], _private(known))
    for scheme in ("DCM", "SCT"):
        yield _code_system(scheme.lower(), known.written[scheme], _dicom(scheme))
    yield _modalities(known.written["DCM"])


def _code_system(name: str, url: str, concepts: Iterable[dict[str, Any]]) -> dict[str, Any]:
    return {
        "resourceType": "CodeSystem",
        "id": name,
        "url": url,
        "name": name.upper(),
        "status": "active",
        "caseSensitive": True,
        "content": "complete",
        "concept": list(concepts),
    }


def _private(known: Terms) -> Iterator[dict[str, Any]]:
    for term in known.terms.values():
        if term.private:
            ja = {"language": "ja", "value": term.ja}
            yield {"code": term.name, "display": term.en, "designation": [ja]}
        for row in term.codes:
            if row.scheme == PRIVATE:
                yield {"code": row.code, "display": row.display}


def _dicom(scheme: str) -> Iterator[dict[str, Any]]:
    """Yield a scheme's codes; a meaning that the standard spells in two ways is a designation."""
    from pydicom.sr._concepts_dict import concepts

    meanings: dict[str, list[str]] = {}
    for codes in concepts[scheme].values():
        for code, (meaning, _) in codes.items():
            meanings.setdefault(code, []).append(meaning)
    for code, (display, *others) in meanings.items():
        yield {"code": code, "display": display} | (
            {"designation": [{"value": other} for other in others]} if others else {}
        )


def _modalities(system: str) -> dict[str, Any]:
    from pydicom.sr._cid_dict import cid_concepts
    from pydicom.sr._concepts_dict import concepts

    codes = [{"code": c} for name in cid_concepts[29]["DCM"] for c in concepts["DCM"][name]]
    return {
        "resourceType": "ValueSet",
        "id": "cid-29",
        "url": CID_29,
        "name": "CID29",
        "status": "active",
        "compose": {"include": [{"system": system, "concept": codes}]},
    }
