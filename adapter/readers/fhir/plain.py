"""The contract's own encoding, read in one pass: one code, one state, coded components.

What an Observation has beyond that makes `plain` give it back to the general way, which reads the
same statement of it and tells what is odd. Source: contract section 2.
"""

from dataclasses import replace
from functools import lru_cache

from adapter.model import ExamRef, Site, Statement
from adapter.readers.fhir import dates
from adapter.readers.fhir.codes import code_of, concept, fits
from adapter.readers.fhir.nodes import NO_EXAM, Context, belongs
from adapter.readers.fhir.parts import stated
from adapter.readers.fhir.patients import subject
from adapter.readers.fhir.places import SIDES, Places, own, placed, tracking, united
from adapter.readers.fhir.reading import Reading, Resource
from adapter.readers.fhir.references import Index
from adapter.readers.fhir.values import DATED, plainly
from adapter.terms import Term

_KEYS = frozenset(
    {
        *("resourceType", "id", "meta", "language", "text", "identifier", "status", "category"),
        *("code", "subject", "encounter", "effectiveDateTime", "issued"),
        *("valueCodeableConcept", "bodySite", "component"),
    }
)
_STATUS = frozenset({"final", "amended", "corrected"})
_SPECIAL = frozenset({*DATED, "csf-pressure", "other-brain"})


def plain(resource: Resource, context: Context, index: Index, reading: Reading) -> Statement | None:
    """Return the statement of an Observation; None where the general way has to look at it."""
    body = resource.body
    code = code_of(resource, reading)
    if not body.keys() <= _KEYS or code.role != "finding" or len(code.all) > 1:
        return None
    match, status = code.all[0], body.get("status")
    term = match.term
    if type(status) is not str or status not in _STATUS or resource.unusable:
        return None
    if match.state is not None or term.name in _SPECIAL:
        return None
    value = plainly(term, body.get("valueCodeableConcept"), reading)
    if value is None or isinstance(subject(resource, index, reading), str):
        return None
    components = body.get("component", ())
    if type(components) not in (list, tuple):
        return None
    parts: list[Statement] = []
    places = Places()
    sites: list[Site] = []
    side = None
    for number, component in enumerate(components):
        if type(component) is not dict or len(component) != 2:
            return None
        name, answer = component.get("code"), component.get("valueCodeableConcept")
        if type(name) is not dict or type(answer) is not dict or "text" in answer:
            return None
        what = concept(name, reading)
        path = f"{resource.path}.component[{number}]"
        if what.role == "attribute":
            said = plainly(what.all[0].term, answer, reading)
            if said is None or len(what.all) > 1 or what.all[0].state is not None:
                return None
            if not belongs(what.all[0].term, term, reading):
                return None
            parts.append(stated(what.name, said, path, resource, reading))
            continue
        found = concept(answer, reading).all
        if len(found) != 1:
            return None
        if what.role == "site" and found[0].term.site is not None:
            sites.append(found[0].term.site)
            places.parts.append((component, path))
        elif what.role == "side" and side is None and found[0].term.name in SIDES:
            side = found[0].term.name
            places.sides.append((component, path))
        else:
            return None
    date = context.date
    if "effectiveDateTime" in body:
        date = dates.effective(body, "effective", resource.path, reading) or date
    exam = _exam(term, context.exam, "category" in body, date)
    if exam is None:
        return None
    uids: list[str] = []
    site = None
    if term.kind == "lesion":
        if "bodySite" in body:
            whole = own(resource, index, uids, reading)
            places.take(whole)
            site, side = placed(places, reading)
        else:
            site = united(sites)
        if "identifier" in body:
            uids = tracking(body)
            if len(uids) > 1:
                return None
    elif places:
        return None
    return Statement(
        concept=term.name,
        state=value.state,
        source=reading.source(resource, resource.path, site.text if site is not None else ""),
        value=value.value,
        reason=value.reason,
        date=date,
        exam=exam,
        uid=uids[0] if uids else None,
        site=site,
        laterality=side,
        parts=tuple(parts),
    )


def _exam(term: Term, exam: ExamRef, has_category: bool, date: str | None) -> ExamRef | None:
    """Return the exam of a finding; None where a modality or another kind has a say in it."""
    if term.kind == "patient":
        return NO_EXAM
    if exam.kind is None:
        if (exam.study or has_category) and len(term.exams) > 1:
            return None
    elif not fits(term, exam.kind):
        return None
    if exam.date is not None or date is None:
        return exam
    return _dated(date) if exam is NO_EXAM else replace(exam, date=date)


@lru_cache(maxsize=256)
def _dated(date: str) -> ExamRef:
    """Return an exam of which only the date is known."""
    return ExamRef(date=date)
