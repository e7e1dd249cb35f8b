"""A graded case to the JSON that ``csfleak grade --format json`` prints.

The shape is design.md's: conclusions with their missing facts and trail, findings, issues, inputs,
policy. Apart from ``sources`` the conclusions depend on the findings alone, not on the format they
came in.
"""

from collections.abc import Iterable
from typing import Any

from adapter import sites
from adapter.model import (
    Conclusion,
    Finding,
    Graded,
    Missing,
    Note,
    Statement,
    Step,
    Subject,
    Used,
)
from adapter.terms import Terms
from adapter.writers import text

Json = dict[str, Any]


def result(graded: Graded, terms: Terms) -> Json:
    """Return the graded case as plain JSON values, keys in a fixed order."""
    case = graded.case
    return {
        "conclusions": [_conclusion(graded, c, terms) for c in graded.conclusions],
        "findings": [_finding(graded, f, terms) for f in graded.findings],
        "exams": [
            {
                "kind": exam.kind,
                "method": exam.method,
                "dates": list(exam.dates),
                "institutions": list(exam.institutions),
            }
            for exam in case.exams
        ],
        "given": list(graded.given),
        "not_given": list(graded.not_given),
        "interval_days": graded.interval,
        "notes": [_note(n) for n in graded.notes],
        "issues": [
            {
                "severity": i.severity,
                "code": i.code,
                "diagnostics": i.diagnostics,
                "document": i.document,
                "expression": i.expression,
            }
            for i in case.issues
        ],
        "inputs": [
            {
                "name": i.name,
                "format": i.format,
                "id": i.id,
                "digest": i.digest,
                "status": i.status,
                "reason": i.reason,
            }
            for i in case.inputs
        ],
        "policy": dict(graded.policy),
        "versions": dict(graded.versions),
        "status": "unverified",
    }


def _conclusion(graded: Graded, conclusion: Conclusion, terms: Terms) -> Json:
    return {
        "condition": conclusion.condition,
        "established": conclusion.established,
        "possible": conclusion.possible,
        "incomplete": conclusion.incomplete,
        "provisional": conclusion.provisional,
        "missing": [_missing(graded, m, terms) for m in conclusion.missing],
        "cautions": [_note(c) for c in conclusion.cautions],
        "trail": [_step(graded, s, terms) for s in conclusion.trail],
    }


def _missing(graded: Graded, missing: Missing, terms: Terms) -> Json:
    return {
        "grade": missing.grade,
        "facts": [
            {"concept": n.concept, "of": text.subject(graded, n.subject, terms, "en"),
             "wanted": n.wanted}
            for n in missing.needs
        ],
        "ja": text.missing(graded, missing, terms, "ja"),
        "en": text.missing(graded, missing, terms, "en"),
    }  # fmt: skip


def _note(note: Note) -> Json:
    return {"code": note.code, "ja": note.ja, "en": note.en, "text_open": note.text_open}


def _finding(graded: Graded, finding: Finding, terms: Terms) -> Json:
    return {
        "concept": finding.concept,
        **_place(graded, finding.subject),
        "established": finding.established.value,
        "possible": finding.possible.value,
        "provisional": finding.provisional,
        "missing": [_missing(graded, m, terms) for m in finding.missing],
        "cautions": [_note(c) for c in finding.cautions],
        "not_documented": list(finding.not_documented),
        "trail": [_step(graded, s, terms) for s in finding.trail],
    }


def _place(graded: Graded, subject: Subject) -> Json:
    """Return exam index, kind, and the lesion's site and side, of what a finding is of."""
    if subject.exam is None:
        return {"exam": None}
    exam = graded.case.exams[subject.exam]
    place: Json = {"exam": subject.exam, "kind": exam.kind, "dates": list(exam.dates)}
    if subject.lesion is not None and subject.lesion >= 0:
        lesion = exam.lesions[subject.lesion]
        site = lesion.site
        place |= {
            "site": sites.label(site) or None,
            "site_text": site.text if site is not None else None,
            "laterality": lesion.laterality,
            "uid": lesion.uid,
        }
    return place


def _step(graded: Graded, step: Step, terms: Terms) -> Json:
    return {
        "rule": step.rule,
        "section": step.section,
        "grade": step.grade,
        "truth": step.truth.value,
        "ja": step.ja,
        "en": step.en,
        "text_open": list(step.text_open),
        "of": text.subject(graded, step.subject, terms, "en"),
        "facts": [_used(graded, u, terms) for u in step.used],
        "steps": [_step(graded, s, terms) for s in step.steps],
    }


def _used(graded: Graded, used: Used, terms: Terms) -> Json:
    fact = used.fact
    return {
        "concept": fact.concept,
        "of": text.subject(graded, used.subject, terms, "en"),
        "state": fact.state.value if fact.state is not None else None,
        "value": fact.value,
        "why": "as-read" if used.as_read else fact.why,
        "sources": _sources(fact.statements),
    }


def _sources(statements: Iterable[Statement]) -> list[Json]:
    return [
        {"document": s.source.document, "id": s.source.id, "path": s.source.path,
         "text": s.source.text, "date": s.date or s.exam.date,
         "institution": s.exam.institution}
        for s in statements
    ]  # fmt: skip
