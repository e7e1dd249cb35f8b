"""The contract's own encoding, read in one pass: one code, one state, coded components.

What an Observation has beyond that makes `plain` give it back to the general way, which reads the
same statement of it and tells what is odd. Source: contract section 2.
"""

from dataclasses import replace
from functools import lru_cache

from adapter.model import ExamRef, Site, Source, State, Statement
from adapter.readers.fhir import dates
from adapter.readers.fhir.codes import Concept, code_of, fits
from adapter.readers.fhir.nodes import NO_EXAM, Context, belongs
from adapter.readers.fhir.patients import subject
from adapter.readers.fhir.places import SIDES, Placed, Places, own, placed, tracking, united
from adapter.readers.fhir.reading import Reading, Resource
from adapter.readers.fhir.references import Index
from adapter.readers.fhir.values import DATED, VALUES, plainly
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


class _Read:
    """What the components of an Observation say, and where."""

    __slots__ = ("parts", "side", "sides", "sites", "where")

    def __init__(self) -> None:
        self.parts: list[Statement] = []
        self.sites: list[Site] = []
        self.where: list[Placed] = []
        self.side: str | None = None
        self.sides: list[Placed] = []


def plain(resource: Resource, context: Context, index: Index, reading: Reading) -> Statement | None:
    """Return the statement of an Observation; None where the general way has to look at it."""
    body = resource.body
    term = _finding(resource, reading)
    if term is None or isinstance(subject(resource, index, reading), str):
        return None
    value = plainly(term, body.get("valueCodeableConcept"), reading)
    read = _Read()
    if value is None or ("component" in body and not _components(resource, term, read, reading)):
        return None
    date = reading.dates.get(body.get("effectiveDateTime", ""))
    if date is None:  # a new one, or none
        date = dates.effective(body, "effective", resource.path, reading) or context.date
    exam = _exam(term, context.exam, "category" in body, date)
    uids = tracking(body) if "identifier" in body and term.kind == "lesion" else []
    if exam is None or len(uids) > 1 or (read.where and term.kind != "lesion"):
        return None
    site, side = united(read.sites), read.side
    if "bodySite" in body and term.kind == "lesion":
        places = Places(read.where, [], read.sides)
        places.take(own(resource, index, uids, reading))
        site, side = placed(places, reading)
    return Statement(
        concept=term.name,
        state=value.state,
        source=Source(
            document=reading.document,
            id=resource.key,
            path=resource.path,
            text=site.text if site is not None else "",
        ),
        value=value.value,
        reason=value.reason,
        date=date,
        exam=exam,
        uid=uids[0] if uids else None,
        site=site,
        laterality=side,
        parts=tuple(read.parts),
    )


def _finding(resource: Resource, reading: Reading) -> Term | None:
    """Return the finding that an Observation with nothing unusual is named by."""
    body = resource.body
    code = code_of(resource, reading)
    status = body.get("status")
    if not body.keys() <= _KEYS or code.role != "finding" or len(code.all) > 1:
        return None
    if type(status) is not str or status not in _STATUS or resource.unusable:
        return None
    match = code.all[0]
    return match.term if match.state is None and match.term.name not in _SPECIAL else None


def _components(resource: Resource, term: Term, read: _Read, reading: Reading) -> bool:
    """Read attributes, sites and a side; return False where anything else is said."""
    components = resource.body["component"]
    if type(components) is not list:
        return False
    concepts = reading.concepts  # a code that is new takes the general way, which remembers it
    document, key, path = reading.document, resource.key, f"{resource.path}.component["
    owned, name = reading.owners, term.name
    for number, component in enumerate(components):
        try:
            (only,) = component["code"]["coding"]
            what = concepts[only["system"], only["code"]]
            answer = component["valueCodeableConcept"]
            (only,) = answer["coding"]
            found = concepts[only["system"], only["code"]]
        except (KeyError, TypeError, ValueError):
            return False
        if len(component) != 2 or "text" in answer or not (what.single and found.single):
            return False
        here = f"{path}{number}]"
        if what.role == "attribute":
            if not owned.get((what.name, name)) and not belongs(what.all[0].term, term, reading):
                return False
            said = _answer(what.name, found, Source(document=document, id=key, path=here))
            if said is None:
                return False
            read.parts.append(said)
        elif what.role == "site" and found.site is not None:
            read.sites.append(found.site)
            read.where.append((component, here))
        elif what.role == "side" and read.side is None and found.name in SIDES:
            read.side = found.name
            read.sides.append((component, here))
        else:
            return False
    return True


def _answer(name: str, found: Concept, source: Source) -> Statement | None:
    """Return what one code says of an attribute; None for anything but a state or its value."""
    if name in VALUES:
        if found.name not in VALUES[name]:
            return None
        return Statement(concept=name, state=State.PRESENT, value=found.name, source=source)
    return Statement(concept=name, state=found.state, source=source) if found.state else None


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
