"""A graded case to the DiagnosticReport, the Provenance and every resource they rest on.

Plain dicts in base R4, ids deterministic, references as ``urn:uuid:``; `profiles` adapts them and
`bundle` packs them. Source: contract section 2, "The graded report out"; FHIR R4.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from adapter.model import Case, Conclusion, Graded, Input
from adapter.terms import Terms
from adapter.writers import ids, text
from adapter.writers.fhir import people
from adapter.writers.fhir.context import Output, of_graded
from adapter.writers.fhir.findings import Observations, observations
from adapter.writers.fhir.grades import Grades, grades
from adapter.writers.fhir.narrative import narrative
from adapter.writers.fhir.presented import attachment
from adapter.writers.fhir.values import (
    ABSENT_REASON,
    DICOM_UID,
    LOINC,
    THO,
    Json,
    accession_type,
    effective,
    filled,
    reference,
    standard,
    version_identifier,
)
from adapter.writers.fhir.versions import revisions
from adapter.writers.fhir.words import LANGUAGES, Words, words
from adapter.writers.options import WriteOptions
from adapter.writers.versions import lacking

_CODES = {"csf-leak": "leak", "intracranial-hypotension": "hypo"}
_SHORT = {"not-assessable": "not-assess"}
LEAK = {
    "coding": [
        {
            "system": "http://snomed.info/sct",
            "code": "230744007",
            "display": "Cerebrospinal fluid leak",
        }
    ]
}
_LEAKS = ("leak-confirmed", "leak-definite")


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """Every resource of one graded output, by its part in it."""

    output: Output
    graded: Graded
    report: Json
    provenance: Json
    device: Json
    practitioner: Json | None
    observations: Observations
    grades: Grades

    @property
    def resources(self) -> tuple[Json, ...]:
        """Return all resources, what is referred to first."""
        output = self.output
        return (
            output.patient,
            *output.organizations.values(),
            *([self.practitioner] if self.practitioner else []),
            self.device,
            *output.studies.values(),
            *self.observations.resources,
            *self.grades.resources,
            self.report,
            self.provenance,
        )


def report(graded: Graded, terms: Terms, options: WriteOptions) -> Report:
    """Return the resources of a graded case."""
    output = of_graded(graded, terms, options)
    version = graded.versions.get("software", "")
    device = people.device(version, ids.uuid5("", "Device", version))
    verifier = options.verified_by
    practitioner = (
        people.practitioner(verifier, ids.uuid5("", "Practitioner", verifier)) if verifier else None
    )
    said = observations(output)
    told = words(graded, terms, options.lang)
    graded_as = grades(output, graded, told, said, device)
    made = _report(output, graded, told, graded_as, practitioner)
    if options.presented_form:
        made |= {"presentedForm": [attachment(made)]}
    return Report(
        output=output,
        graded=graded,
        report=made,
        provenance=_provenance(
            output, graded, told, (made, *graded_as.resources), device, practitioner
        ),
        device=device,
        practitioner=practitioner,
        observations=said,
        grades=graded_as,
    )


def _report(
    output: Output, graded: Graded, told: Words, of: Grades, practitioner: Json | None
) -> Json:
    uuid = ids.uuid5(output.outputs, "DiagnosticReport")
    case = graded.case
    institutions = dict.fromkeys(name for exam in case.exams for name in exam.institutions)
    return filled(
        resourceType="DiagnosticReport",
        id=uuid,
        language=output.options.lang,
        text=narrative(output, graded, told),
        identifier=[
            output.lasting(uuid),
            version_identifier(uuid),
            _sr_document(output),
        ],
        basedOn=[_order(accession) for accession in _accessions(output)],
        status=output.status,
        category=[
            standard(LOINC, "LP29684-5", "Radiology"),
            standard(f"{THO}/v2-0074", "RAD", "Radiology"),
        ],
        code=standard(LOINC, "18748-4", "Diagnostic imaging study")
        | {"text": text.pick(("画像診断報告書", "Diagnostic imaging report"), output.options.lang)},
        subject=output.subject,
        **effective(_dates(case), output.options.timezone),
        issued=output.issued,
        performer=output.performers(tuple(institutions)),
        resultsInterpreter=[reference(practitioner)] if practitioner else [],
        result=[reference(r) for r in of.resources],
        imagingStudy=[reference(s) for s in output.studies.values()],
        conclusion=conclusion(output, graded, told),
        conclusionCode=list(_conclusion_codes(output, graded)),
    )


def _dates(case: Case) -> list[str]:
    """Return the dates of the exams; of those that are withdrawn where none is left."""
    dates = [d for exam in case.exams for d in exam.dates]
    return dates or [e.date for e in case.withdrawn if e.date]


def _sr_document(output: Output) -> Json:
    """Return the SOP Instance UID of the DICOM SR that carries the same conclusion."""
    _, instance = ids.sr_document(output.outputs, output.options)
    return {"system": DICOM_UID, "value": f"urn:oid:{instance}"}


def _accessions(output: Output) -> list[str]:
    return sorted({s.accession for s in output.case.studies if s.accession})


def _order(accession: str) -> Json:
    """Return the order by its accession number: no input holds the ServiceRequest itself."""
    return {
        "type": "ServiceRequest",
        "identifier": {"type": accession_type(), "value": accession},
    }


def given(graded: Graded) -> Iterator[tuple[int, Conclusion]]:
    """Yield the conclusions to tell; hypotension's only where something of it is given."""
    for index, one in enumerate(graded.conclusions):
        if one.condition == "csf-leak" or one.established != "not-assessable":
            yield index, one


def conclusion(output: Output, graded: Graded, told: Words) -> str:
    """Return the conclusions in Japanese, then in English."""
    return "\n\n".join(_paragraph(output, graded, told, lang) for lang in LANGUAGES)


def _paragraph(output: Output, graded: Graded, told: Words, lang: str) -> str:
    parts = [told.summaries[lang][index] for index, _ in given(graded)]
    parts += told.notes[lang]
    if output.options.verified_by is None:
        parts.append(text.pick(text.UNSIGNED, lang))
    return "\n".join(parts)


def conclusion_code(one: Conclusion) -> str:
    """Return the pre-coordinated code of a conclusion, e.g. ``leak-definite``."""
    return f"{_CODES[one.condition]}-{_SHORT.get(one.established, one.established)}"


def _conclusion_codes(output: Output, graded: Graded) -> Iterator[Json]:
    for _, one in given(graded):
        code = conclusion_code(one)
        found = output.concept(code, text=True)
        more = LEAK["coding"] if output.full and code in _LEAKS else []
        yield found | {"coding": [*found["coding"], *more]}
    yield from (output.concept(name, text=True) for name in lacking(graded.case))


def _provenance(
    output: Output,
    graded: Graded,
    told: Words,
    targets: tuple[Json, ...],
    device: Json,
    practitioner: Json | None,
) -> Json:
    """Return where the report comes from: inputs, criteria, policy, versions, trail."""
    replaced = [p.version or p.input.id for p in output.options.previous]
    uuid = ids.uuid5(output.outputs, "Provenance", *replaced)
    unknown = {"extension": [{"url": ABSENT_REASON, "valueCode": "unknown"}]}
    recorded = {"recorded": output.issued} if output.issued else {"_recorded": unknown}
    agents = [_agent("assembler", device)]
    if practitioner is not None:
        agents.append(_agent("verifier", practitioner))
    return filled(
        resourceType="Provenance",
        id=uuid,
        meta={"tag": [{"system": f"{output.canonical}/identity", "code": uuid}]},
        target=[reference(t) for t in targets],
        **recorded,
        agent=agents,
        entity=[*_sources(output, graded), *revisions(output), *_derivations(output, graded, told)],
    )


def _agent(code: str, who: Json) -> Json:
    return {
        "type": standard(f"{THO}/provenance-participant-type", code),
        "who": reference(who),
    }


def _sources(output: Output, graded: Graded) -> Iterator[Json]:
    """Yield every input that was used, by SOP Instance UID or digest."""
    for one in graded.case.inputs:
        if one.status == "used":
            yield {"role": "source", "what": _input(output, one)}


def _input(output: Output, one: Input) -> Json:
    shown = f"{one.name} (SHA-256 {one.digest})" if one.digest else one.name
    if one.format == "dicom-sr" and one.id:
        return {
            "identifier": {"system": DICOM_UID, "value": f"urn:oid:{one.id}"},
            "display": shown,
        }
    by_digest = {"system": f"{output.canonical}/NamingSystem/sha-256", "value": one.digest}
    return filled(identifier=by_digest if one.digest else {}, display=shown)


def _derivations(output: Output, graded: Graded, told: Words) -> Iterator[Json]:
    """Yield what the inputs were graded by, and each condition's trail."""
    criteria = output.concept("criteria-2011")["coding"][0]
    yield _derived(criteria["display"], {"system": criteria["system"], "value": criteria["code"]})
    yield _derived(f"policy {_encoded(graded.policy)}")
    yield _derived(f"versions {_encoded(graded.versions)}")
    for index, _ in given(graded):
        yield _derived(f"{told.headlines[index]}\n{told.trails[index]}")


def _encoded(values: Mapping[str, Any]) -> str:
    return _sorted(tuple(values.items()))


@lru_cache(maxsize=16)
def _sorted(values: tuple[tuple[str, Any], ...]) -> str:
    return json.dumps(dict(values), sort_keys=True)


def _derived(display: str, identifier: Json | None = None) -> Json:
    return {"role": "derivation", "what": filled(identifier=identifier, display=display)}
