"""Observations to findings with what belongs to each, each Observation read once.

A finding is an Observation or a component named by a lesion, exam or patient concept, or whose
value names one. What stands beside it (components, ``hasMember`` children) belongs to it; where
several findings could own an attribute, nothing is guessed.
Source: contract sections 2 and 4; fhir.md sections 1 and 4 (V1, V2, V6, V7).
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from adapter.model import Statement
from adapter.readers.fhir import dates
from adapter.readers.fhir.codes import Concept, code_of, concept
from adapter.readers.fhir.components import add_components, add_part
from adapter.readers.fhir.drafts import draft_of, is_generic
from adapter.readers.fhir.exams import Exams, within
from adapter.readers.fhir.leftovers import keep_leftovers, tell_nothing
from adapter.readers.fhir.narrative import in_words
from adapter.readers.fhir.nodes import Beside, Context, Draft, Node, Own, beside_of, given
from adapter.readers.fhir.places import own, tracking
from adapter.readers.fhir.plain import plain
from adapter.readers.fhir.reading import Reading, Resource
from adapter.readers.fhir.references import Index, named
from adapter.readers.fhir.shapes import Json, objects, single, text
from adapter.readers.fhir.usable import may_hold, unusable, withdrawn
from adapter.terms.concepts import FINDINGS

_DEPTH = 16
_PARTS = frozenset({"attribute", "site", "side", "same-site", "uid"})


@dataclass(slots=True, eq=False)
class Walk:
    """One walk over the Observations of an input; each is read once."""

    index: Index
    exams: Exams
    reading: Reading
    seen: set[int] = field(default_factory=set)
    used: list[Resource] = field(default_factory=list)
    withdrawn: list[Resource] = field(default_factory=list)

    def results(self, report: Resource) -> list[Resource]:
        """Return the results of a report that the input holds."""
        references = objects(report.body.get("result"))
        found = (self.index.resolve(reference, report) for reference in references)
        return [result for result in found if result is not None]

    def drafts(self, resource: Resource, context: Context) -> list[Draft | Statement]:
        """Return the findings of an Observation and of its members; statements need no more."""
        me = id(resource)
        if me in self.seen:
            return []
        self.seen.add(me)
        if context.alone and me not in self.exams.reports:
            ready = plain(resource, context, self.index, self.reading)
            if ready is not None:
                self.used.append(resource)
                return [ready]
        if code_of(resource, self.reading).role == "conclusion" or self._concludes(resource):
            self.reading.conclusions += 1
            return []
        why = unusable(resource, self.index, self.reading)
        if why:
            self._not_used(resource, why, context)
            return self._orphans(resource, context.depth)
        return self._read(resource, context)

    def _concludes(self, resource: Resource) -> bool:
        """Return whether an Observation is a section in words over conclusions alone."""
        if "valueString" not in resource.body or not in_words(resource, self.reading):
            return False
        resolved = (self.index.resolve(r, resource) for r in member_references(resource.body))
        roles = {code_of(child, self.reading).role for child in resolved if child is not None}
        return roles == {"conclusion"}

    def _not_used(self, resource: Resource, why: str, context: Context) -> None:
        """Tell why an Observation is not used; a finding that could hold all the same is lost."""
        what = f"the Observation is not used: {why}"
        if withdrawn(resource) and self._finds(resource):
            date = dates.effective(resource.body, "effective", resource.path, self.reading)
            exam = within(resource, context, date, self.exams, self.reading).exam
            self.reading.withdrawn.append(replace(exam, date=exam.date or date))
            self.withdrawn.append(resource)
        if code_of(resource, self.reading).all and may_hold(resource):
            self.reading.lose(what, resource.path)
        else:
            self.reading.tell("not-used", what, resource.path)

    def _finds(self, resource: Resource) -> bool:
        """Return whether an Observation states something of ours."""
        code = code_of(resource, self.reading)
        if code.role in ("finding", "attribute"):
            return True
        body = resource.body
        rows = [body.get("valueCodeableConcept")] if is_generic(code, body, self.reading) else []
        rows += [row.get("code") for row in objects(body.get("component"))]
        found = (concept(single(row), self.reading) for row in rows if row)
        return any(m.term.kind in FINDINGS for one in found for m in one.all)

    def _orphans(self, resource: Resource, depth: int) -> list[Draft | Statement]:
        """Return the findings of the members of an Observation that is not used itself."""
        found: list[Draft | Statement] = []
        for child in self._members(resource) if depth < _DEPTH else ():
            found += self.drafts(child, Context(depth=depth + 1))
        return found

    def _read(self, resource: Resource, context: Context) -> list[Draft | Statement]:
        body, reading = resource.body, self.reading
        code = code_of(resource, reading)
        date = dates.effective(body, "effective", resource.path, reading)
        context = within(resource, context, date, self.exams, reading)
        owner = draft_of(resource, context, reading)
        beside = beside_of(owner)
        if "component" in body:
            add_components(resource, context, owner, beside, reading)
        if "hasMember" in body or "related" in body:
            self._children(resource, context, owner, beside)
        unnamed = owner is None and (not code.all or code.role == "generic")
        if unnamed or beside.unknown or "note" in body:
            keep_leftovers(resource, context, owner, beside, reading)
        if owner is None and not (beside.attributes or beside.findings):
            tell_nothing(resource, reading)
            return []
        self.used.append(resource)
        mine = Own() if code.role == "group" else self._own(resource)
        given(owner, beside, mine, resource, reading)
        return [*([owner] if owner is not None else []), *beside.findings]

    def _own(self, resource: Resource) -> Own:
        """Return what an Observation as a whole says: it holds for no member of it."""
        uids: list[str] = []
        places = own(resource, self.index, uids, self.reading)
        if "identifier" not in resource.body:
            return Own(places, uids)
        stated = tracking(resource.body, observed=False) or uids
        return Own(places, stated or tracking(resource.body))

    def _children(
        self, resource: Resource, context: Context, owner: Draft | None, beside: Beside
    ) -> None:
        if context.depth >= _DEPTH:
            self.reading.lose("members nested too deep are not used", resource.path)
            return
        children = list(self._members(resource))
        roles = {code_of(child, self.reading).role for child in children}
        is_alone = "component" not in resource.body and roles <= {"finding", "group"}
        below = replace(context, depth=context.depth + 1, alone=is_alone)
        for child in children:
            code = code_of(child, self.reading)
            own_state = owner is not None and owner.named and _states(child, code, owner.term.name)
            if code.role not in _PARTS and not own_state:
                beside.findings += self.drafts(child, below)
            elif id(child) not in self.seen:
                self.seen.add(id(child))
                why = unusable(child, self.index, self.reading)
                if why:
                    self._not_used(child, why, below)
                    continue
                node = Node(code.all[0], child.body, child.path, child)
                if own_state and owner is not None:
                    owner.own.append(node)
                    self.used.append(child)
                    continue
                add_part(node, code.role, beside, self.reading)
                beside.places.take(own(child, self.index, [], self.reading))
                self.used.append(child)

    def _members(self, resource: Resource) -> Iterator[Resource]:
        """Yield the members of an Observation that the input holds; the missing ones are told."""
        for reference in member_references(resource.body):
            child = self.index.resolve(reference, resource)
            if child is not None and child.kind == "Observation":
                yield child
            elif child is None and not self.reading.sieved:
                what = f"the member {named(reference)[:80] or '?'} is not in the input"
                if code_of(resource, self.reading).role in ("finding", "group"):
                    self.reading.lose(what, resource.path, "reference-missing")
                else:
                    self.reading.tell("reference-missing", what, resource.path)


def _states(child: Resource, code: Concept, name: str) -> bool:
    """Return whether a member states nothing but the concept of the finding it is a member of.

    As the evaluation of a group's own Finding does (contract section 3, dicom-sr guide); one with
    a site, an identity or details of its own is another finding.
    """
    more = ("hasMember", "component", "bodySite", "bodyStructure", "extension")
    return (
        code.role == "finding"
        and code.name == name
        and not any(key in child.body for key in more)
        and not tracking(child.body, observed=False)
    )


def member_references(body: Json) -> Iterator[Json]:
    """Yield the references to members; ``related`` of type has-member is STU3's way."""
    yield from objects(body.get("hasMember"))
    for row in objects(body.get("related")):
        if text(row.get("type")) == "has-member":
            yield single(row.get("target"))
