"""What every exported FHIR artifact has: its canonical name, version, status, date, texts.

Source: FHIR R4 metadatatypes.html and R5 canonicalresource.html; design.md (canonical URLs).
"""

from dataclasses import dataclass
from typing import Any

from adapter import __version__
from adapter.terms import Terms

Json = dict[str, Any]

RELEASES = {"r4": "4.0.1", "r5": "5.0.0"}
_ENDS = {
    "ValueSet": "VS",
    "ConceptMap": "CM",
    "NamingSystem": "NS",
}  # a name is of one artifact, whatever its kind
PUBLISHER = "csfleak-adapter"
TRANSLATION = "http://hl7.org/fhir/StructureDefinition/translation"


@dataclass(frozen=True, slots=True, kw_only=True)
class Export:
    """One export being made.

    ``release`` is ``r4`` or ``r5``; ``date`` is when the mappings were last checked; ``full`` is
    whether SNOMED CT codes beyond the DICOM standard's are written (the ``snomed`` setting).
    """

    terms: Terms
    release: str
    canonical: str
    date: str
    full: bool = False

    def url(self, kind: str, id: str) -> str:
        """Return the canonical URL of one of our artifacts."""
        return f"{self.canonical}/{kind}/{id}"

    def head(self, kind: str, id: str, ja: str, en: str) -> Json:
        """Return the elements that every artifact begins with; the title says both languages."""
        return {
            "resourceType": kind,
            "id": id,
            "language": "en",
            "url": self.url(kind, id),
            "version": __version__,
            "name": computable(id) + _ENDS.get(kind, ""),
            "title": en,
            "_title": translated(ja),
            "status": "active",
            "experimental": False,
            "date": self.date,
            "publisher": PUBLISHER,
            "description": f"{ja} / {en}",
        }


def computable(id: str) -> str:
    """Return a name that a program may use: ``lesion-epi-fluid`` is ``LesionEpiFluid``."""
    return "".join(part.capitalize() for part in id.replace(".", "-").split("-"))


def translated(ja: str) -> Json:
    """Return the extension that gives an element's Japanese text."""
    content = [{"url": "lang", "valueCode": "ja"}, {"url": "content", "valueString": ja}]
    return {"extension": [{"url": TRANSLATION, "extension": content}]}


def designation(ja: str) -> list[Json]:
    """Return a code's Japanese word, as CodeSystems and ValueSets have it."""
    return [{"language": "ja", "value": ja}] if ja else []
