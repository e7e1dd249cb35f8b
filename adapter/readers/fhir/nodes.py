"""A finding with what belongs to it: what stands beside a finding is given to the one that owns it.

Source: contract sections 2 and 4; fhir.md section 4 (V6, V7).
"""

from dataclasses import dataclass, field, replace
from functools import lru_cache

from adapter.model import ExamRef, Statement
from adapter.readers.fhir.parts import part
from adapter.readers.fhir.places import Places
from adapter.readers.fhir.reading import Reading, Resource
from adapter.readers.fhir.shapes import Json
from adapter.terms import Match, Term, concepts

NO_EXAM = ExamRef()


def dated(exam: ExamRef, date: str) -> ExamRef:
    """Return an exam with its date."""
    return _only_dated(date) if exam is NO_EXAM else replace(exam, date=date)


@lru_cache(maxsize=256)
def _only_dated(date: str) -> ExamRef:
    return ExamRef(date=date)


@dataclass(slots=True, eq=False)
class Context:
    """What an Observation inherits from those it is a member of."""

    exam: ExamRef = NO_EXAM
    date: str | None = None
    own: str | None = None  # the date that the Observation itself states
    depth: int = 0
    alone: bool = True  # nothing beside it can belong to it


ALONE = Context()


@dataclass(slots=True, eq=False)
class Node:
    """A component, or an Observation, by what its code means."""

    match: Match
    body: Json
    path: str
    resource: Resource


@dataclass(slots=True, eq=False)
class Draft:
    """A finding on its way to a statement. ``named`` says that a value named it, so it stands as
    present; ``own`` holds components that state the finding's own concept; ``parts`` are its
    attributes.
    """

    node: Node
    context: Context
    term: Term
    named: bool = False
    parts: list[Statement] = field(default_factory=list)
    own: list[Node] = field(default_factory=list)
    places: Places = field(default_factory=Places)
    uids: list[str] = field(default_factory=list)
    same_sites: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Own:
    """What an Observation as a whole says of its lesion: places and tracking UIDs."""

    places: Places = field(default_factory=Places)
    uids: list[str] = field(default_factory=list)


@dataclass(slots=True, eq=False)
class Beside:
    """What stands in an Observation beside its own finding; a lesion takes places and UIDs."""

    attributes: list[Node] = field(default_factory=list)
    findings: list[Draft | Statement] = field(default_factory=list)  # a statement is complete
    places: Places = field(default_factory=Places)
    uids: list[str] = field(default_factory=list)
    same_sites: list[str] = field(default_factory=list)
    unknown: list[tuple[Json, str]] = field(default_factory=list)


def beside_of(owner: Draft | None) -> Beside:
    """Return an empty one, in which what is a lesion's goes to the lesion that owns it."""
    if owner is None or owner.term.kind != "lesion":
        return Beside()
    return Beside(places=owner.places, uids=owner.uids, same_sites=owner.same_sites)


def belongs(attribute: Term, finding: Term, reading: Reading) -> bool:
    """Return whether an attribute can be said of a finding's concept."""
    key = (attribute.name, finding.name)
    known = reading.owners.get(key)
    if known is None:
        known = reading.owners[key] = concepts.belongs(attribute, finding)
    return known


def given(
    owner: Draft | None, beside: Beside, mine: Own, resource: Resource, reading: Reading
) -> None:
    """Give the attributes and places that stand beside findings to the findings."""
    found = [*([owner] if owner else []), *(d for d in beside.findings if isinstance(d, Draft))]
    for node in beside.attributes:
        term = node.match.term
        if owner is not None and belongs(term, owner.term, reading):
            fitting = [owner]
        else:
            fitting = [d for d in found if belongs(term, d.term, reading)]
        if len(fitting) == 1:
            said = part(node.match, node.body, node.path, node.resource, reading)
            fitting[0].parts.append(said)
        else:
            _tell_loose(node, len(fitting), reading)
    if owner is not None and len(found) == 1 and owner.term.kind == "lesion":
        owner.places.take(mine.places)
        owner.uids += mine.uids
        return
    lesions = [d for d in found if d.term.kind == "lesion"]
    target = owner if owner in lesions else lesions[0] if len(lesions) == 1 else None
    if target is None:
        if lesions and (beside.places or beside.same_sites):
            what = f"a site beside {len(lesions)} lesions: whose it is is not said"
            reading.tell("not-used", what, resource.path)
        return
    if target is not owner and not target.places:
        target.places.take(beside.places)
    if target.node.resource is resource:
        target.places.take(mine.places)
        target.uids += [*(beside.uids if target is not owner else []), *mine.uids]
    if target is not owner:
        target.same_sites += beside.same_sites


def _tell_loose(node: Node, owners: int, reading: Reading) -> None:
    name = node.match.term.name
    what = f"{name} belongs to none of the findings beside it"
    if owners:
        what = f"{name} stands beside {owners} findings: whose it is is not said"
    reading.lose(what, node.path)
