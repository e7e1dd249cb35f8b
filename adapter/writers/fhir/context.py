"""What every resource of one output needs: the case, terms, options, and what is referred to.

Identities: an id names one version, by the inputs' digests (patient, studies, findings) or by
`adapter.writers.ids` (what the grading makes). The identifier that a server is asked by names all
versions of a report and of its Observations, by `adapter.writers.fhir.lasting`.
"""

import functools
from collections.abc import Mapping

from adapter.model import Case, ExamRef, Graded, Subject, Unmapped
from adapter.model.value import value
from adapter.terms import Terms
from adapter.writers import ids, kept
from adapter.writers.fhir import lasting, people
from adapter.writers.fhir.values import (
    CANONICAL,
    Json,
    concept,
    instant,
    latest,
    own_identifier,
    reference,
)
from adapter.writers.options import WriteOptions
from adapter.writers.versions import status

Codes = dict[str, Json]
"""CodeableConcepts by term, made when they are first wanted."""


@functools.lru_cache(maxsize=16)
def _concepts(digest: str, lang: str, full: bool) -> tuple[Codes, dict[tuple[str, str], Json]]:
    """Return what was made so far of one set of terms, one language and setting: the concepts, and
    the components of a concept and its value.
    """
    return {}, {}


@value
class Output:
    """One output being written: ``inputs`` names what the inputs say, ``outputs`` what is made,
    ``name`` all versions of it (a UUID) and ``subjects`` its exams and lesions through all;
    ``unread`` are the values that stand in a statement's place, ``preliminary`` the names of inputs
    that say they are. ``issued`` is the instant of the writing: the one given, else the latest the
    inputs state; ``status`` that of the report and its grades (`adapter.writers.versions`);
    ``subject`` refers to the patient. ``full`` is whether SNOMED CT may be written beyond what the
    DICOM standard lists.
    """

    case: Case
    terms: Terms
    options: WriteOptions
    inputs: str
    outputs: str = ""
    name: str = ""
    status: str = ""
    issued: str | None
    full: bool
    subject: Json
    subjects: Mapping[Subject, str]
    unread: Mapping[tuple[str, str], Unmapped]
    preliminary: frozenset[str]
    patient: Json
    studies: dict[str, Json]
    organizations: dict[str, Json]
    coded: Codes
    worded: Codes
    components: dict[tuple[str, str], Json]

    @property
    def canonical(self) -> str:
        """Return the base of our own names."""
        return _canonical(self.options)

    def part(self, *kind: str) -> str:
        """Return the UUID of a finding or grade: the same in every version of the report, so that a
        server finds it again; without a report it is the inputs'.
        """
        return ids.uuid5(self.name or self.inputs, *kind)

    def lasting(self, uuid: str, *kind: str) -> Json:
        """Return the Identifier that a part of the report keeps in every version, of no `kind` the
        report itself; findings without a report are named by their id.
        """
        if not self.name:
            return own_identifier(uuid)
        return own_identifier(ids.uuid5(self.name, *kind) if kind else self.name)

    def concept(self, name: str, *, text: bool = False) -> Json:
        """Return a term's CodeableConcept, with its label where `text`; made once."""
        made = self.worded if text else self.coded
        found = made.get(name)
        if found is None:
            lang = self.options.lang if text else ""
            found = made[name] = concept(name, self.terms, full=self.full, lang=lang)
        return found

    def component(self, concept: str, value: str) -> Json:
        """Return the component of a concept that has the term `value`; made once."""
        found = self.components.get((concept, value))
        if found is None:
            found = self.components[concept, value] = {
                "code": self.concept(concept),
                "valueCodeableConcept": self.concept(value),
            }
        return found

    def performers(self, institutions: tuple[str, ...]) -> list[Json]:
        """Return references to the organizations of institutions."""
        return [reference(self.organizations[name]) for name in institutions]

    def parts_of(self, studies: tuple[str, ...]) -> list[Json]:
        """Return references to imaging studies."""
        return [reference(self.studies[study]) for study in studies]


def of_case(case: Case, terms: Terms, options: WriteOptions) -> Output:
    """Return the context of an output that says what the inputs say."""
    base = _inputs(case)
    patient = people.patient(case.patient, ids.uuid5(base, "Patient"))
    return _output(case, terms, options, base, patient)


def of_graded(graded: Graded, terms: Terms, options: WriteOptions) -> Output:
    """Return the context of an output that also says what the criteria make of it."""
    case = graded.case
    base, name = _inputs(case), lasting.report_name(case, options)
    patient = people.patient(case.patient, ids.uuid5(base, "Patient"))
    if "identifier" not in patient:
        # Nothing else would find it again: each sending would make another patient.
        system = f"{_canonical(options)}/identity"
        tag = {"system": system, "code": ids.uuid5(name, "Patient")}
        patient["meta"] = {"tag": [tag]}
    return _output(
        case,
        terms,
        options,
        base,
        patient,
        outputs=ids.seed(graded, options),
        name=name,
        status=status(case, options),
    )


def _inputs(case: Case) -> str:
    return "|".join(sorted([i.digest for i in case.inputs if i.status == "used"]))


def _canonical(options: WriteOptions) -> str:
    return str(options.settings.get("canonical_base", CANONICAL)).rstrip("/")


def _output(
    case: Case, terms: Terms, options: WriteOptions, base: str, patient: Json, **graded: str
) -> Output:
    references = _references(case)
    studies = {s.id: s for s in case.studies}
    names = {r.institution for r in references} | {s.institution for s in case.studies}
    full = options.snomed == "full"
    coded, components = _concepts(terms.digest, "", full)
    output = Output(
        case=case,
        terms=terms,
        options=options,
        inputs=base,
        issued=_issued(case, options),
        full=full,
        subject=reference(patient),
        subjects=lasting.subjects(case),
        unread=kept.unread(case),
        preliminary=frozenset([i.name for i in case.inputs if i.preliminary]),
        patient=patient,
        studies={},
        organizations={
            name: people.organization(name, ids.uuid5("", "Organization", name))
            for name in sorted([n for n in names if n])
        },
        coded=coded,
        worded=_concepts(terms.digest, options.lang, full)[0],
        components=components,
        **graded,
    )
    for study in sorted({*studies, *(r.study for r in references if r.study)}):
        uuid = ids.uuid5(base, "ImagingStudy", study)
        output.studies[study] = people.imaging_study(study, studies.get(study), uuid, output)
    return output


def _issued(case: Case, options: WriteOptions) -> str | None:
    zone = options.timezone
    if options.now is not None:
        return instant(options.now, zone)
    return latest(instant(i.date, zone) for i in case.inputs if i.status == "used")


def _references(case: Case) -> list[ExamRef]:
    """Return what every statement of the case says of its exam."""
    lesions = [s for e in case.exams for lesion in e.lesions for s in lesion.statements]
    facts = [s for e in case.exams for f in e.facts.values() for s in f.statements]
    return [s.exam for s in (*lesions, *facts)]
