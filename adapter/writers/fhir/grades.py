"""Findings' grades and conclusions to Observations that point at what they rest on.

Source: contract section 2, "The graded report out"; criteria section 5.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from adapter.model import Conclusion, Finding, Graded, Missing
from adapter.writers import text
from adapter.writers.fhir.context import Output
from adapter.writers.fhir.findings import CATEGORIES, Observations
from adapter.writers.fhir.values import Json, effective, own_identifier, reference
from adapter.writers.fhir.words import LANGUAGES, Words

CONCLUSION = {"csf-leak": "csf-leak-concl", "intracranial-hypotension": "hypotens-concl"}


@dataclass(frozen=True, slots=True)
class Grades:
    """The grade Observations: one per conclusion, one per finding, in the order of the case."""

    conclusions: tuple[Json, ...]
    findings: tuple[Json, ...]

    @property
    def resources(self) -> tuple[Json, ...]:
        """Return all of them, conclusions first."""
        return (*self.conclusions, *self.findings)


def grades(
    output: Output, graded: Graded, words: Words, said: Observations, device: Json
) -> Grades:
    """Return the grade Observations of a graded case."""
    of_findings = tuple(
        _finding(output, graded, words, finding, said, device) for finding in graded.findings
    )
    of_conclusions = tuple(
        _conclusion(output, graded, words, index, of_findings, said, device)
        for index in range(len(graded.conclusions))
    )
    return Grades(of_conclusions, of_findings)


def _finding(
    output: Output,
    graded: Graded,
    words: Words,
    finding: Finding,
    said: Observations,
    device: Json,
) -> Json:
    exam = finding.subject.exam
    notes = [*_missing(output, graded, finding.missing), *_cautions(finding)]
    if finding.not_documented:
        notes.append(_not_documented(output, finding))
    lang = output.options.lang
    for step in finding.trail:
        notes.append("\n".join(text.step_lines(graded, step, output.terms, lang, words.told)))
    return _grade(
        output,
        ("finding-grade", output.subjects[finding.subject], finding.concept),
        (finding.established.code, finding.possible.code),
        dates=() if exam is None else output.case.exams[exam].dates,
        device=device,
        notes=notes,
        rests_on=said.references(finding.subject, _concepts(output, finding)),
    )


def _concepts(output: Output, finding: Finding) -> tuple[str, ...]:
    """Return the concepts of a finding: all of a lesion's, or the exam fact's."""
    exam, lesion = finding.subject.exam, finding.subject.lesion
    if exam is None or lesion is None:
        return (finding.concept,)
    return output.case.exams[exam].lesions[lesion].concepts if lesion >= 0 else ()


def _conclusion(
    output: Output,
    graded: Graded,
    words: Words,
    index: int,
    findings: Sequence[Json],
    said: Observations,
    device: Json,
) -> Json:
    conclusion = graded.conclusions[index]
    notes = [*(words.summaries[lang][index] for lang in LANGUAGES), words.trails[index]]
    if conclusion.incomplete:
        notes += [f"{i.name}: {i.reason}" for i in graded.case.inputs if i.status == "refused"]
    return _grade(
        output,
        (CONCLUSION[conclusion.condition],),
        (conclusion.established, conclusion.possible),
        dates=_dates(output, conclusion),
        device=device,
        notes=notes,
        # With what is documented absent, too: read from the report alone, the grade is the same.
        rests_on=[*(reference(findings[i]) for i in conclusion.rests_on), *said.whole()],
    )


def _dates(output: Output, conclusion: Conclusion) -> list[str]:
    """Return the dates of the exams that a condition is judged on, and of its pressures."""
    case = output.case
    if conclusion.condition == "csf-leak":
        return [d for e in case.exams if e.kind != "brain-mri" for d in e.dates]
    pressures = [s.date for s in case.pressures if s.date]
    return [*(d for e in case.exams if e.kind == "brain-mri" for d in e.dates), *pressures]


def _grade(
    output: Output,
    name: tuple[str, ...],
    grade: tuple[str, str],
    *,
    dates: Sequence[str],
    device: Json,
    notes: Sequence[str],
    rests_on: list[Json],
) -> Json:
    """Return one grade Observation, called `name` in every version of the report: its concept comes
    first. `grade` is the established one and the highest possible.
    """
    established, possible = grade
    uuid = output.part(*name)
    made: Json = {
        "resourceType": "Observation",
        "id": uuid,
        "identifier": [own_identifier(uuid)],
        "status": output.status,
        "category": CATEGORIES["imaging"],
        "code": output.concept(name[0], text=True),
        "subject": output.subject,
        **effective(dates, output.options.timezone),
    }
    if output.issued:
        made["issued"] = output.issued
    made["valueCodeableConcept"] = output.concept(established, text=True)
    told = [{"text": note} for note in dict.fromkeys(notes) if note]
    if told:
        made["note"] = told
    made["device"] = reference(device)
    if rests_on:
        made["derivedFrom"] = rests_on
    if possible != established:
        code = output.concept("possible-grade", text=True)
        value = output.concept(possible, text=True)
        made["component"] = [{"code": code, "valueCodeableConcept": value}]
    return made


def _missing(output: Output, graded: Graded, missing: Sequence[Missing]) -> Iterator[str]:
    for one in missing:
        yield "\n".join(text.missing(graded, one, output.terms, lang) for lang in LANGUAGES)


def _cautions(of: Finding) -> Iterator[str]:
    for caution in of.cautions:
        yield "\n".join(text.note(caution, lang) for lang in LANGUAGES)


def _not_documented(output: Output, finding: Finding) -> str:
    """Return what counts as read although nothing was said of it."""
    words = {
        lang: ", ".join(text.label(c, output.terms, lang) for c in finding.not_documented)
        for lang in LANGUAGES
    }
    return f"記載なし(読影済みとみなす): {words['ja']}\nNot stated, counts as read: {words['en']}"
