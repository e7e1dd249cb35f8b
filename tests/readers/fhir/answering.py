"""A case to the answered form that says it, as a form filler would write it."""

import json
from collections.abc import Iterable
from typing import Any

from adapter.model import Case, Exam, Lesion, Quantity, State, Statement
from adapter.sites import AXIS
from tests.readers.fhir.building import TERMS, Json

URL = "http://csfleak.invalid/fhir/Questionnaire/csfleak-findings"
STATES = {
    State.PRESENT: "present",
    State.ABSENT: "absent",
    State.INDETERMINATE: "indeterminate",
    State.NOT_ASSESSED: "unknown",
}


def coding(name: str) -> Json:
    """Return the answer that a code of ours is."""
    first = TERMS.codings(name)[0]
    return {"valueCoding": {"system": first.system, "code": first.code}}


def state(of: Statement) -> Json:
    if of.value:
        return coding(of.value)
    return coding("not-evaluated" if of.reason == "not-performed" else STATES[of.state])


def number(of: Quantity) -> Json:
    sign = {"comparator": of.comparator} if of.comparator else {}
    return {"valueQuantity": {"value": json.loads(of.value), "unit": of.unit, **sign}}


def words(text: str | None) -> list[Json]:
    return [{"valueString": text}] if text else []


def on(date: str | None) -> list[Json]:
    if not date:
        return []
    return [{"valueDateTime": date}] if "T" in date else [{"valueDate": date}]


def item(link: str, *answers: Json) -> Json:
    return {"linkId": link, "answer": list(answers)}


def group(link: str, *items: Json) -> Json:
    """Return a row; what has neither answers nor rows is left out."""
    return {"linkId": link, "item": [i for i in items if i.get("answer") or i.get("item")]}


def response(*items: Json, **more: Any) -> Json:
    """Return an answered form; ``None`` in `more` takes an element away."""
    body = {
        "resourceType": "QuestionnaireResponse",
        "id": "q1",
        "questionnaire": f"{URL}|0.1.0",
        "status": "completed",
        "subject": {"reference": "Patient/p1"},
        "item": list(items),
        **more,
    }
    return {key: value for key, value in body.items() if value is not None}


def answered(case: Case, **more: Any) -> Json:
    """Return the form that says what a case says."""
    return response(_patient(case), *map(_exam, case.exams), **more)


def _patient(case: Case) -> Json:
    said = [s for fact in case.facts.values() for s in fact.statements]
    return group(
        "patient",
        *(group(f"patient.{s.concept}", item(f"patient.{s.concept}.state", state(s)),
                item(f"patient.{s.concept}.date", *on(s.date))) for s in said),
        *map(_pressure, case.pressures),
        *(group(f"patient.{s.concept}", item(f"patient.{s.concept}.date", *on(s.date)))
          for s in (*case.punctures, *case.patches)),
    )  # fmt: skip


def _pressure(of: Statement) -> Json:
    link = "patient.csf-pressure"
    postures = [coding(p.value) for p in of.parts if p.value]
    return group(
        link,
        item(f"{link}.value", *([number(of.quantity)] if of.quantity else [])),
        item(f"{link}.posture", *postures),
        item(f"{link}.date", *on(of.date)),
    )


def _exam(exam: Exam) -> Json:
    kind = exam.kind
    said = [s for f in exam.facts.values() for s in f.statements if s.concept in exam.facts]
    facts = [s for s in said if TERMS[s.concept].kind == "exam"]
    method = [coding(exam.method)] if exam.method != kind else []
    return group(
        kind,
        item(f"{kind}.date", *on(exam.dates[0] if exam.dates else None)),
        item(f"{kind}.institution", *words(next(iter(exam.institutions), None))),
        item(f"{kind}.study", *words(next(iter(exam.studies), None))),
        item(f"{kind}.method", *method),
        *(_lesion(f"{kind}.lesion", lesion) for lesion in exam.lesions),
        *(_fact(f"{kind}.{s.concept}", s) for s in facts),
    )


def _lesion(link: str, lesion: Lesion) -> Json:
    said = lesion.statements
    parts = [p for s in said for p in s.parts]
    levels = lesion.site.levels if lesion.site else ()
    named = lesion.site.named if lesion.site else ()
    names = [*(AXIS[level] for level in levels), *(n.name for n in named)]
    return group(
        link,
        *(item(f"{link}.{s.concept}", state(s)) for s in said),
        item(f"{link}.site", *map(coding, names)),
        item(f"{link}.side", *([coding(lesion.laterality)] if lesion.laterality else [])),
        *(item(f"{link}.{p.concept}", state(p)) for p in parts),
        item(f"{link}.label", *words(lesion.uid)),
        item(f"{link}.same-site", *_all(lesion.same_site)),
    )


def _all(texts: Iterable[str]) -> list[Json]:
    return [answer for text in texts for answer in words(text)]


def _fact(link: str, of: Statement) -> Json:
    if of.concept == "dural-enhance":
        return group(link, item(f"{link}.state", state(of)), *(_detail(link, p) for p in of.parts))
    if of.concept == "other-brain":
        return group(link, item(f"{link}.state", state(of)), item(f"{link}.text", *words(of.text)))
    return item(link, number(of.quantity) if of.quantity else state(of))


def _detail(link: str, of: Statement) -> Json:
    if of.quantity:
        return item(f"{link}.{of.concept}.size", number(of.quantity))
    return item(f"{link}.{of.concept}", state(of))
