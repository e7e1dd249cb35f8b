"""The contract's own encoding, read in one pass: one code, one state, coded components.

What an Observation has beyond that makes `plain` give it back to the general way, which reads the
same statement of it and tells what is odd. Source: contract section 2.
"""

from dataclasses import dataclass

from adapter.model import SIDES, ExamRef, Site, Source, State, Statement
from adapter.model.value import maker
from adapter.readers.fhir import dates
from adapter.readers.fhir.codes import Concept
from adapter.readers.fhir.nodes import NO_EXAM, Context, belongs, dated
from adapter.readers.fhir.patients import subject
from adapter.readers.fhir.places import Places, own, placed, tracking, united
from adapter.readers.fhir.reading import Reading, Resource
from adapter.readers.fhir.references import Index
from adapter.terms import Term
from adapter.terms.concepts import DATED, VALUES, fits

_KEYS = frozenset(
    {
        *("resourceType", "id", "meta", "language", "text", "identifier", "status", "category"),
        *("code", "subject", "encounter", "effectiveDateTime", "issued"),
        *("valueCodeableConcept", "bodySite", "component"),
    }
)
_STATUS = frozenset({"final", "amended", "corrected"})
_SPECIAL = frozenset({*DATED, "csf-pressure", "other-brain"})

_REMEMBERED = 5_000  # pairs of codes, of each finding
_statement, _source = maker(Statement), maker(Source)


_Codes = tuple[str, str, str, str]
"""System and code of an element's code, and of its value."""


@dataclass(frozen=True, slots=True)
class _Pair:
    """What a component says by its two codes: an attribute's state, a site, else a side."""

    name: str
    state: State | None = None
    value: str | None = None
    site: Site | None = None


@dataclass(frozen=True, slots=True)
class _Finding:
    """What an Observation says by its two codes; ``pairs`` what components said of its term."""

    term: Term
    state: State
    pairs: dict[_Codes, _Pair]


_Read = tuple[list[Statement], list[Site], str | None]
"""What components say: attributes, sites and a side."""
_NOTHING: _Read = ([], [], None)


def plain(resource: Resource, context: Context, index: Index, reading: Reading) -> Statement | None:
    """Return the statement of an Observation; None where the general way has to look at it."""
    body = resource.body
    found = _finding(resource, reading)
    if found is None or type(subject(resource, index, reading)) is str:
        return None
    term = found.term
    read = _components(resource, found, reading) if "component" in body else _NOTHING
    if read is None:
        return None
    parts, sites, side = read
    date = reading.dates.get(body.get("effectiveDateTime", ""))
    if date is None:  # a new one, or none
        date = dates.effective(body, "effective", resource.path, reading) or context.date
    has_place = sites or side
    exam = _exam(term, context.exam, "category" in body, date)
    uids = tracking(body) if "identifier" in body and term.kind == "lesion" else []
    if exam is None or len(uids) > 1 or (has_place and term.kind != "lesion"):
        return None
    site = united(sites) if sites else None
    if "bodySite" in body and term.kind == "lesion":
        places = _places(resource, reading)
        places.take(own(resource, index, uids, reading))
        site, side = placed(places, reading)
    words = site.text if site is not None else ""
    return _statement(
        term.name,
        found.state,
        _source(reading.document, resource.key, resource.path, words),
        date=date,
        exam=exam,
        uid=uids[0] if uids else None,
        site=site,
        laterality=side,
        parts=tuple(parts),
    )


def _finding(resource: Resource, reading: Reading) -> _Finding | None:
    """Return what an Observation with nothing unusual says by its code and its value."""
    body = resource.body
    status = body.get("status")
    if type(status) is not str or status not in _STATUS or resource.unusable:
        return None
    try:
        (code,) = body["code"]["coding"]
        answer = body["valueCodeableConcept"]
        (value,) = answer["coding"]
        pair = code["system"], code["code"], value["system"], value["code"]
        try:
            found: _Finding | None = reading.findings[pair]
        except KeyError:
            found = _new_finding(pair, reading)
    except (KeyError, TypeError, ValueError):
        return None
    return found if "text" not in answer and body.keys() <= _KEYS else None


def _new_finding(pair: _Codes, reading: Reading) -> _Finding | None:
    """Return what the codes of an Observation and its value say, and remember it."""
    # A code that is new takes the general way, which remembers it.
    what, value = reading.concepts[pair[:2]], reading.concepts[pair[2:]]
    if not (what.single and value.single) or what.role != "finding" or value.state is None:
        return None
    if what.name in _SPECIAL:
        return None
    pairs = reading.pairs.setdefault(what.name, {})
    found = _Finding(what.all[0].term, value.state, pairs)
    if len(reading.findings) < _REMEMBERED:
        reading.findings[pair] = found
    return found


def _components(resource: Resource, finding: _Finding, reading: Reading) -> _Read | None:
    """Return attributes, sites and a side; None where anything else is said."""
    components = resource.body["component"]
    if type(components) is not list:
        return None
    pairs = finding.pairs
    document, key, path = reading.document, resource.key, f"{resource.path}.component["
    parts: list[Statement] = []
    sites: list[Site] = []
    side: str | None = None
    number = -1
    try:
        for component in components:
            number += 1
            (code,) = component["code"]["coding"]
            answer = component["valueCodeableConcept"]
            (value,) = answer["coding"]
            pair = code["system"], code["code"], value["system"], value["code"]
            found = pairs.get(pair) or _new_pair(pair, finding, reading)
            if found is None or len(component) != 2 or "text" in answer:
                return None
            if found.state is not None:
                source = _source(document, key, f"{path}{number}]")
                parts.append(_statement(found.name, found.state, source, found.value))
            elif found.site is not None:
                sites.append(found.site)
            elif side is None:
                side = found.name
            else:
                return None
    except (KeyError, TypeError, ValueError):
        return None
    return parts, sites, side


def _places(resource: Resource, reading: Reading) -> Places:
    """Return the elements that name sites and a side, of components that `_components` took."""
    found = Places()
    for number, component in enumerate(resource.body.get("component", ())):
        (code,) = component["code"]["coding"]
        role = reading.concepts[code["system"], code["code"]].role
        to = {"site": found.parts, "side": found.sides}.get(role)
        if to is not None:
            to.append((component, f"{resource.path}.component[{number}]"))
    return found


def _new_pair(pair: _Codes, finding: _Finding, reading: Reading) -> _Pair | None:
    """Return what the codes of a component and its value say of a finding, and remember it."""
    what, value = reading.concepts[pair[:2]], reading.concepts[pair[2:]]
    found = _pair(what, value, finding.term, reading)
    if found is not None and len(finding.pairs) < _REMEMBERED:
        finding.pairs[pair] = found
    return found


def _pair(what: Concept, value: Concept, term: Term, reading: Reading) -> _Pair | None:
    """Return what a component says; None for anything but an attribute, a site or a side."""
    if not (what.single and value.single):
        return None
    name = what.name
    if what.role == "attribute" and belongs(what.all[0].term, term, reading):
        if name in VALUES:
            return _Pair(name, State.PRESENT, value.name) if value.name in VALUES[name] else None
        return _Pair(name, value.state) if value.state is not None else None
    if what.role == "site" and value.site is not None:
        return _Pair(name, site=value.site)
    return _Pair(value.name) if what.role == "side" and value.name in SIDES else None


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
    return dated(exam, date)
