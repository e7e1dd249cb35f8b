"""Case to findings JSON: the neutral model as a format of its own, version 1.

What `adapter.readers.findings` reads. Nothing of a statement is lost: what a short form (a state as
a word, a site as text) cannot hold is written as an object. Schema: ``adapter/schemas``.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields
from typing import Any

from adapter import sites
from adapter.model import (
    Case,
    Exam,
    ExamRef,
    Graded,
    Patient,
    Quantity,
    Site,
    Source,
    State,
    Statement,
    Unmapped,
)
from adapter.terms import Terms
from adapter.writers.options import WriteOptions

FORMAT = "csfleak-findings"
VERSION = "1"
VERSION_OF_EVIDENCE = "1.1"
"""The lowest version whose readers know ``unmapped``; where there is none the first one does."""

_REFERENCE = tuple(f.name for f in fields(ExamRef))
_HERE = Source(document="")


def write(graded: Graded | Case, terms: Terms, options: WriteOptions) -> bytes:
    """Return the findings of a case as JSON (UTF-8, indented, ending in a newline).

    The grades of a graded case are left out: a reader of findings must not take them for findings.
    """
    import orjson

    case = graded.case if isinstance(graded, Graded) else graded
    return orjson.dumps(table(case, terms), option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def table(case: Case, terms: Terms) -> dict[str, Any]:
    """Return the findings JSON of a case as plain values."""
    kinds = Counter(exam.kind for exam in case.exams)
    return _stated(
        format=FORMAT,
        version=VERSION_OF_EVIDENCE if case.unmapped else VERSION,
        patient=_patient(case.patient),
        inputs=[_record(i) for i in case.inputs],
        studies=[_record(s) for s in case.studies],
        exams=[_exam(exam, terms, alone=kinds[exam.kind] == 1) for exam in case.exams],
        facts=_facts({c: f.statements for c, f in case.facts.items()}, terms, ExamRef()),
        pressures=[_said(s, terms, ExamRef(), _HERE) for s in case.pressures],
        punctures=[_said(s, terms, ExamRef(), _HERE) for s in case.punctures],
        patches=[_said(s, terms, ExamRef(), _HERE) for s in case.patches],
        issues=[_record(i) for i in case.issues],
        narrative=list(case.narrative),
        incomplete=case.incomplete,
        unmapped=[_unmapped(one) for one in case.unmapped],
    )


def _stated(**values: Any) -> dict[str, Any]:
    """Return the values that say something, names spelled with hyphens."""
    return {name.replace("_", "-"): value for name, value in values.items() if value}


def _record(value: Any) -> dict[str, Any]:
    """Return a flat value of the model field by field."""
    return _stated(**{f.name: _plain(getattr(value, f.name)) for f in fields(value)})


def _plain(value: Any) -> Any:
    return [_plain(v) for v in value] if isinstance(value, tuple) else value


def _unmapped(of: Unmapped) -> dict[str, Any]:
    """Return evidence that is not mapped field by field, its source in full."""
    flat = ("label", "text", "number", "comparator", "date", "time", "uid", "reason", "group",
            "observed")  # fmt: skip
    return _stated(
        names=[_record(code) for code in of.names],
        codes=[_record(code) for code in of.codes],
        unit=_record(of.unit) if of.unit else None,
        **{name: getattr(of, name) for name in flat},
        exam=_reference(of.exam),
        source=_source(of.source, _HERE),
    )


def _patient(patient: Patient) -> dict[str, Any]:
    return _stated(
        identifiers=[_stated(value=value, issuer=issuer) for value, issuer in patient.identifiers],
        names=[_record(name) for name in patient.names],
        birth_date=patient.birth_date,
        sex=patient.sex,
    )


def _exam(exam: Exam, terms: Terms, *, alone: bool) -> dict[str, Any]:
    lesions = [s for lesion in exam.lesions for s in lesion.statements]
    facts = {
        concept: fact.statements
        for concept, fact in exam.facts.items()
        if terms[concept].kind == "exam"
    }
    plain = ExamRef(
        kind=exam.method,
        group=_only(exam.groups),
        study=_only(exam.studies),
        date=_only(exam.dates),
        institution=_only(exam.institutions),
    )
    usual = _usual(s.exam for s in (*lesions, *(s for said in facts.values() for s in said)))
    # A reader keeps exams of one kind apart by itself; a reference says that it need not.
    told = usual != plain or (plain.group is None and not alone)
    return _stated(
        kind=exam.kind,
        method=exam.method if exam.method != exam.kind else "",
        **_one_or_more("date", exam.dates),
        **_one_or_more("institution", exam.institutions),
        **_one_or_more("study", exam.studies, plural="studies"),
        **_one_or_more("group", exam.groups),
        reference=_reference(usual) if told else None,
        lesions=[_lesion(s, terms, usual) for s in lesions],
        facts=_facts(facts, terms, usual),
    ) | ({"reference": {}} if told and not _reference(usual) else {})


def _only(values: Sequence[str]) -> str | None:
    return values[0] if len(values) == 1 else None


def _one_or_more(name: str, values: Sequence[str], plural: str = "") -> dict[str, Any]:
    if len(values) == 1:
        return {name: values[0]}
    return {plural or f"{name}s": list(values)}


def _usual(references: Iterable[ExamRef]) -> ExamRef:
    """Return what most statements say of their exam; the first in spelling of several."""
    counted = Counter(references)
    return min(counted, key=lambda r: (-counted[r], repr(r)))


def _reference(reference: ExamRef) -> dict[str, Any]:
    return _stated(**{name: getattr(reference, name) for name in _REFERENCE})


def _facts(
    facts: Mapping[str, Sequence[Statement]], terms: Terms, usual: ExamRef
) -> dict[str, Any]:
    return {
        concept: _single([_said(s, terms, usual, _HERE) for s in said])
        for concept, said in sorted(facts.items())
    }


def _single(values: list[Any]) -> Any:
    return values[0] if len(values) == 1 else values


def _lesion(said: Statement, terms: Terms, usual: ExamRef) -> dict[str, Any]:
    row: dict[str, Any] = {"concept": said.concept, **_stated(uid=said.uid)}
    if said.site is not None:
        row["site"] = _site(said.site, terms)
    words = said.site.text if said.site else ""
    if said.laterality or sites.side(words):
        row["laterality"] = said.laterality
    row |= _stated(same_site=list(said.same_site))
    return row | _said(said, terms, usual, _HERE)


def _site(site: Site, terms: Terms) -> Any:
    if site.text and terms.read_site(site.text) == site:
        return site.text
    named = [term.name for term in terms.site_terms(site)]
    if not site.text and not site.unreadable:
        return named
    return {"named": named, "text": site.text, "unreadable": list(site.unreadable)}


def _said(said: Statement, terms: Terms, usual: ExamRef, above: Source) -> dict[str, Any]:
    """Return a statement; `usual` and `above` are the exam and the source it inherits."""
    row: dict[str, Any] = _answer(said) | _stated(
        reason=said.reason, text=said.text, date=said.date
    )
    if said.exam != usual:
        row["exam"] = {
            name: value
            for name in _REFERENCE
            if (value := getattr(said.exam, name)) != getattr(usual, name)
        }
    parts: dict[str, list[Any]] = {}
    for part in said.parts:
        shown = _said(part, terms, said.exam, said.source)
        parts.setdefault(part.concept, []).append(shown)
    row |= {concept: _single(shown) for concept, shown in parts.items()}
    return row | {"source": _source(said.source, above)}


def _answer(said: Statement) -> dict[str, Any]:
    """Return state, and coded value or quantity; PRESENT goes without saying beside these two."""
    row = _quantity(said.quantity) if said.quantity else _stated(value=said.value)
    if row and said.state is State.PRESENT:
        return row
    return {"state": said.state.value, **row}


def _quantity(quantity: Quantity) -> dict[str, Any]:
    return {"value": quantity.value, "unit": quantity.unit} | _stated(
        comparator=quantity.comparator
    )


def _source(source: Source, above: Source) -> dict[str, Any]:
    """Return where a statement stands; document and id are inherited, path and text are not."""
    row = _stated(path=source.path, text=source.text)
    if source.id != above.id:
        row = {"id": source.id, **row}
    if source.document != above.document:
        row = {"document": source.document, **row}
    return row
