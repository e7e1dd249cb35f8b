"""Documents of one patient to one case.

`merge` refuses documents of different patients, drops duplicates and superseded documents, forms
exams (`adapter.merge.exams`) and makes contradictions indeterminate (`adapter.merge.facts`).
Source: criteria sections 4 and 6.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from adapter.errors import RefusedInput
from adapter.merge.exams import form_exams
from adapter.merge.facts import patient_fact
from adapter.merge.patients import Issuers, same_patient
from adapter.model import (
    Case,
    Document,
    Exam,
    Fact,
    Input,
    Issue,
    Source,
    Statement,
    Study,
    Unmapped,
)
from adapter.terms import Terms


@dataclass(frozen=True, slots=True, kw_only=True)
class MergeOptions:
    """What a caller may say about the documents.

    ``same_patient`` vouches for documents without an identifier; ``issuers`` pairs a DICOM issuer
    of patient ID with the FHIR system that means the same.
    """

    same_patient: bool = False
    issuers: Issuers = ()


DEFAULT = MergeOptions()


def merge(
    documents: Sequence[Document],
    terms: Terms,
    options: MergeOptions = DEFAULT,
    others: Sequence[Input] = (),
) -> Case:
    """Return the case that documents of one patient make.

    Parameters
    ----------
    documents : sequence of Document
        In any order: the case does not depend on it.
    terms : Terms
        For the exam kinds that concepts fit.
    options : MergeOptions
    others : sequence of Input
        Inputs of the same case that gave no document; a refused one makes it ``incomplete``.

    Raises
    ------
    DifferentPatients
        Two documents are not of one patient; both are named, ids hashed.
    RefusedInput
        Two documents share a SOP Instance UID and differ in content.
    """
    ordered = sorted(documents, key=lambda d: (d.input.digest, d.input.name))
    inputs = _states([d.input for d in ordered])
    used = [d for d, i in zip(ordered, inputs, strict=True) if i.status == "used"]
    earlier = tuple(i for d in used for i in d.made_from)
    patient = same_patient(used, options.same_patient, options.issuers)
    statements = [s for d in used for s in d.statements]
    kinds = {name: term.kind for name, term in terms.terms.items()}
    studies = _studies(used)
    of_exams = [s for s in statements if kinds[s.concept] in ("lesion", "exam")]
    exams, told = form_exams(of_exams, studies, terms)
    told = (*told, *_unknown_same_site(exams))
    facts, contradictions = _patient_facts(s for s in statements if s.concept == "ortho-headache")
    return Case(
        patient=patient,
        exams=exams,
        facts=facts,
        pressures=_all(statements, "csf-pressure"),
        punctures=_all(statements, "lumbar-puncture"),
        patches=_all(statements, "blood-patch"),
        studies=studies,
        inputs=(*inputs, *earlier, *others),
        issues=(*(i for d in used for i in d.issues), *told, *contradictions),
        narrative=tuple(d.input.name for d in used if d.narrative),
        incomplete=any(i.status == "refused" for i in (*others, *earlier))
        or any(map(_lacks, (i for d in used for i in d.issues))),
        unmapped=_unmapped(used),
        pictures=tuple(p for d in used for p in d.pictures),
        withdrawn=tuple(w for d in used for w in d.withdrawn),
    )


def _lacks(issue: Issue) -> bool:
    """Return whether an issue says that part of an input, or all it had to say, was not read."""
    return issue.severity == "error" or issue.code == "no-content"


def _states(inputs: Sequence[Input]) -> list[Input]:
    """Return the inputs with ``duplicate`` and ``superseded`` ones marked."""
    replaced = {uid for i in inputs for uid in i.replaces if uid != i.id}
    seen: dict[str, Input] = {}
    marked = []
    for one in inputs:
        other = seen.get(one.id) if one.format == "dicom-sr" and one.id else seen.get(one.digest)
        if one.id and one.id in replaced:
            one = replace(one, status="superseded", reason="another input replaces it")
        elif other is not None and other.digest != one.digest:
            raise RefusedInput(
                f"has the SOP Instance UID of {other.name} and other content; "
                "one of the two was changed without a new UID",
                one.name,
            )
        elif other is not None:
            one = replace(one, status="duplicate", reason=f"the same bytes as {other.name}")
        seen.setdefault(one.digest, one)
        if one.format == "dicom-sr" and one.id:
            seen.setdefault(one.id, one)
        marked.append(one)
    return marked


def _studies(documents: Iterable[Document]) -> tuple[Study, ...]:
    """Return every study once, with what the documents say of it united; the first date holds."""
    found: dict[str, Study] = {}
    for study in (s for d in documents for s in d.studies):
        known = found.get(study.id, study)
        found[study.id] = replace(
            known,
            date=known.date or study.date,
            kinds=tuple(sorted({*known.kinds, *study.kinds})),
            modalities=tuple(sorted({*known.modalities, *study.modalities})),
            institution=known.institution or study.institution,
            accession=known.accession or study.accession,
            instances=tuple(sorted({*known.instances, *study.instances})),
        )
    return tuple(found[key] for key in sorted(found))


def _patient_facts(
    statements: Iterable[Statement],
) -> tuple[Mapping[str, Fact], tuple[Issue, ...]]:
    by_concept: dict[str, list[Statement]] = {}
    for statement in statements:
        by_concept.setdefault(statement.concept, []).append(statement)
    facts, issues = {}, []
    for concept, said in sorted(by_concept.items()):
        facts[concept], told = patient_fact(concept, said)
        issues += told
    return facts, tuple(issues)


def _unknown_same_site(exams: Iterable[Exam]) -> Iterator[Issue]:
    """Yield what to tell of same-site statements that name a lesion the inputs do not hold."""
    lesions = [lesion for exam in exams for lesion in exam.lesions]
    known = {lesion.uid for lesion in lesions if lesion.uid}
    for lesion in lesions:
        for uid in lesion.same_site:
            if uid not in known:
                source = lesion.statements[0].source
                yield Issue(
                    severity="warning",
                    code="same-site-unknown",
                    diagnostics=f"same-site names {uid}, a lesion that no input holds; ignored",
                    document=source.document,
                    expression=source.path,
                )


_NOWHERE = Source(document="")


def _unmapped(documents: Sequence[Document]) -> tuple[Unmapped, ...]:
    """Return the evidence of all documents; what two of them carry alike is there once."""
    kept: list[Unmapped] = []
    known: Counter[Unmapped] = Counter()
    for document in documents:
        own: Counter[Unmapped] = Counter()
        for one in document.unmapped:
            bare = replace(one, source=_NOWHERE)
            own[bare] += 1
            if own[bare] > known[bare]:
                kept.append(one)
        known |= own
    return tuple(kept)


def _all(statements: Iterable[Statement], concept: str) -> tuple[Statement, ...]:
    """Return every statement of a concept, in an order that does not depend on the inputs'."""
    said = [s for s in statements if s.concept == concept]
    return tuple(sorted(said, key=lambda s: (s.date or "", repr(s.quantity), s.state.value)))
