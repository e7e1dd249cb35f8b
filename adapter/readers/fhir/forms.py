"""A Questionnaire to what each of its questions asks: ``linkId`` to a name; and what a response is.

A name is a concept of the criteria, an exam kind, or what a row says of one: ``state``, ``date``,
``site`` … The shipped form is known by its canonical URL; another form by the codes and definitions
of its items, where the input holds it. Source: FHIR R4 questionnaire.html; SDC 3.0.
"""

import json
import uuid
from collections.abc import Iterable, Iterator

from adapter.model import KINDS, METHODS, SAME_KIND, ExamRef
from adapter.readers.fhir.reading import Reading, Resource
from adapter.readers.fhir.shapes import Json, objects, single, text
from adapter.terms import Term, Terms

FORM = "/Questionnaire/csfleak-findings"
"""How the canonical URL of the shipped form ends, whoever's base it stands under."""

DETAILS = ("dde-symmetric", "dde-thickening", "falx-tentorium", "extent-3cm", "above-cortex")
_ELSEWHERE = frozenset({"same-site", "exam-ref", "institution", *DETAILS})
_PATIENT = {
    "ortho-headache": ("state", "date"),
    "csf-pressure": ("state", "comparator", "posture", "date"),
    "lumbar-puncture": ("date",),
    "blood-patch": ("date",),
}
_EXAM = ("date", "institution", "study")
_LESION = ("site", "side", "label", "same-site")
_ROWS = {"dural-enhance": ("state", *DETAILS), "other-brain": ("state", "text")}
_SPELLED = {"patient.csf-pressure.state": "patient.csf-pressure.value"}
_LENGTH = "brain-mri.dural-enhance.extent-3cm.size"

_TERMS = {
    "finding-site": "site",
    "laterality": "side",
    "measurement-method": "method",
    "tracking-uid": "label",
    "measurement-group": "lesion",
}
_DEFINITIONS = {
    "Observation.effective[x]": "date",
    "Observation.effectiveDateTime": "date",
    "ImagingStudy.started": "date",
    "ImagingStudy.identifier": "study",
    "Quantity.comparator": "comparator",
    "Observation.note": "text",
}
_NAMESPACE = uuid.UUID("0d9a6c0b-35f4-5a7e-9a55-0c4a6b1f9e21")
_PRELIMINARY = ("in-progress", "stopped")
_NAMED = frozenset({"lesion", "attribute", "exam", "patient"})


def shipped(terms: Terms) -> dict[str, str]:
    """Return what each question of the shipped form asks."""
    found = {"patient": "patient", _LENGTH: "extent-3cm"}
    for name, row in _PATIENT.items():
        found |= _row(f"patient.{name}", name, row)
    for kind in KINDS:
        fitting = [t for t in terms.terms.values() if kind in t.exams or "any" in t.exams]
        found |= _row(kind, kind, (*_EXAM, *(["method"] if kind in SAME_KIND.values() else [])))
        if any(t.kind == "lesion" for t in fitting):
            found |= _row(f"{kind}.lesion", "lesion", _lesion(fitting))
        for term in fitting:
            if term.kind == "exam":
                found |= _row(f"{kind}.{term.name}", term.name, _ROWS.get(term.name, ()))
    return found


def _row(link: str, name: str, below: Iterable[str]) -> dict[str, str]:
    asked = {f"{link}.{part}": part for part in below}
    return {link: name} | {_SPELLED.get(at, at): part for at, part in asked.items()}


def _lesion(fitting: Iterable[Term]) -> list[str]:
    kinds = ("lesion", "attribute")
    asked = [t.name for t in fitting if t.kind in kinds and t.name not in _ELSEWHERE]
    return [*asked, *_LESION]


def asked(response: Resource, resources: Iterable[Resource], reading: Reading) -> dict[str, str]:
    """Return what the questions ask that a response answers; empty where nothing tells it."""
    stated = response.body.get("questionnaire")
    named = text(stated) or text(single(stated).get("reference"))  # STU3: a Reference
    url, _, version = named.partition("|")
    if url.endswith(FORM):
        return shipped(reading.terms)
    for form in resources:
        if form.kind == "Questionnaire" and _is(form, url, version, response):
            return dict(_coded(form.body, "", reading.terms))
    return {}


def _is(form: Resource, url: str, version: str, response: Resource) -> bool:
    """Return whether a Questionnaire is the one that a response names."""
    if form.parent is not None:
        return form.parent is response and url == f"#{form.id}"
    if not url or form.unusable or url not in (text(form.body.get("url")), form.url, form.key):
        return False
    return not version or text(form.body.get("version")) in ("", version)


def _coded(body: Json, within: str, terms: Terms) -> Iterator[tuple[str, str]]:
    """Yield linkId and name of the items that a code or a definition tells."""
    for item in objects(body.get("item")):
        name = _name(item, terms)
        link = text(item.get("linkId"))
        if name and link:
            yield link, "state" if name == within else name
        yield from _coded(item, name or within, terms)


def _name(item: Json, terms: Terms) -> str:
    for coding in objects(item.get("code")):
        term = terms.term(text(coding.get("system")), text(coding.get("code")))
        if term is not None and (name := _of(term)):
            return name
    return _DEFINITIONS.get(text(item.get("definition")).rpartition("#")[2], "")


def _of(term: Term) -> str:
    if term.kind in _NAMED:
        return term.name
    is_exam = term.name in METHODS
    return term.name if is_exam else _TERMS.get(term.name, "")


def unusable(response: Resource, resources: Iterable[Resource], reading: Reading) -> str:
    """Return why a response may not be used; that it is not complete yet is told."""
    body = response.body
    status = text(body.get("status"))
    people = sum(r.kind == "Patient" and r.parent is None for r in resources)
    if response.unusable:
        return response.unusable
    if body.get("modifierExtension") or "implicitRules" in body:
        return "a modifier may change its meaning"
    if people > 1 and not single(body.get("subject")):
        return f"it names no subject, and the input holds {people} patients"
    if status in _PRELIMINARY:
        reading.preliminary = True
        what = f"the answered form is {status}: it is used, and its result is preliminary"
        reading.tell("preliminary", what, response.path)
    elif status == "entered-in-error":
        reading.withdrawn.append(ExamRef())
        return f"its status is {status}"
    elif status not in ("completed", "amended"):
        what = "it has no status of an answered form"
        reading.tell("unknown-status", what, f"{response.path}.status")
        return "nothing tells whether it holds"
    return ""


def named(response: Resource) -> str:
    """Return what names a response: its identifier, its id or URL, else its content."""
    identifier = single(response.body.get("identifier"))
    value = text(identifier.get("value"))
    if value:
        return f"{text(identifier.get('system'))}|{value}"
    if response.id or response.url:
        return response.key
    body = json.dumps(response.body, sort_keys=True, default=str)
    return f"urn:uuid:{uuid.uuid5(_NAMESPACE, body)}"
