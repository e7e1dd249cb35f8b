"""Content items of an SR to ImagingSelections: where in which document a finding stands.

Source: FHIR R5 ImagingSelection; the guide's source-sr-content-item. Its ``subset`` holds
Observation UIDs (0040,A171), which the model does not keep: a content item is told by its document
and its place in the tree, as the selection's identifier. A path in ``subset`` would be read as a
UID. The guide's profile, which asks for one, is not claimed.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from adapter.model import Case, Input, Source, Statement
from adapter.writers import ids
from adapter.writers.fhir.context import Output
from adapter.writers.fhir.r5.elements import order
from adapter.writers.fhir.values import (
    URI,
    Json,
    accession_type,
    filled,
    reference,
    standard,
)

ITEM = "NamingSystem/sr-content-item"
"""System, below our canonical base, of SOP Instance UID and content-item path: ``1.2.3#1.4.2``."""


@dataclass(frozen=True, slots=True)
class Selections:
    """The selections of an output by document and path of the content item."""

    of: Mapping[tuple[str, str], Json]

    @property
    def resources(self) -> tuple[Json, ...]:
        """Return all of them, in order of their documents."""
        return tuple(self.of.values())

    def references(self, statements: Iterable[Statement]) -> list[Json]:
        """Return references to the content items that statements come from; empty for none."""
        keys = dict.fromkeys(_key(s.source) for s in statements)
        return [reference(self.of[key]) for key in keys if key in self.of]


def selections(output: Output) -> Selections:
    """Return an ImagingSelection of every content item of an SR that something rests on.

    Empty where no finding comes from an SR: nothing is said of where other inputs have theirs.
    """
    documents = {i.name: i for i in output.case.inputs if i.format == "dicom-sr" and i.id}
    made: dict[tuple[str, str], Json] = {}
    for source in _sources(output.case):
        document = documents.get(source.document)
        if document is not None and source.path and _key(source) not in made:
            made[_key(source)] = _selection(output, document, source.path)
    return Selections(made)


def _key(source: Source) -> tuple[str, str]:
    return source.document, source.path


def _sources(case: Case) -> Iterator[Source]:
    facts = [f for e in case.exams for f in e.facts.values()]
    facts += [f for e in case.exams for n in e.lesions for f in n.facts.values()]
    facts += case.facts.values()
    said = [s for e in case.exams for n in e.lesions for s in n.statements]
    said += [s for f in facts for s in f.statements]
    said += [*case.pressures, *case.punctures, *case.patches]
    yield from (s.source for s in said)


def _selection(output: Output, document: Input, path: str) -> Json:
    uuid = ids.uuid5("", "ImagingSelection", document.id, path)
    study = output.studies.get(document.study)
    accession = next(
        (s.accession for s in output.case.studies if s.id == document.study and s.accession), None
    )
    return filled(
        resourceType="ImagingSelection",
        id=uuid,
        identifier=[{"system": f"{output.canonical}/{ITEM}", "value": f"{document.id}#{path}"}],
        status="available",
        subject=output.subject,
        basedOn=[order({"type": accession_type(), "value": accession})] if accession else [],
        code=standard(output.terms.written["DCM"], "111040", "Original Source"),
        studyUid=document.study,
        derivedFrom=[reference(study)] if study is not None else [],
        seriesUid=document.series,
        instance=[_instance(document)],
    )


def _instance(document: Input) -> Json:
    sop_class = {"system": URI, "code": f"urn:oid:{document.sop_class}"}
    return filled(uid=document.id, sopClass=sop_class if document.sop_class else {})
