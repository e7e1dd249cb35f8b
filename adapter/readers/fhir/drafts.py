"""Observations to findings with what belongs to each.

A finding is an Observation or a component named by a lesion, exam or patient concept, or whose
value names one. What stands beside it (components, ``hasMember`` children) belongs to it; where
several findings could own an attribute, nothing is guessed.
Source: contract sections 2 and 4; fhir.md sections 1 and 4 (V1, V2, V6, V7).
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from adapter.model import SAME_KIND, ExamRef, Statement
from adapter.readers.fhir import dates
from adapter.readers.fhir.codes import (
    Concept,
    code_of,
    concept,
    described,
    tell_unmapped,
)
from adapter.readers.fhir.dialects import components
from adapter.readers.fhir.exams import Exams
from adapter.readers.fhir.narrative import in_words
from adapter.readers.fhir.nodes import (
    Beside,
    Context,
    Draft,
    Node,
    Own,
    belongs,
    beside_of,
    given,
)
from adapter.readers.fhir.parts import part
from adapter.readers.fhir.places import own, tracking
from adapter.readers.fhir.plain import plain
from adapter.readers.fhir.reading import Reading, Resource
from adapter.readers.fhir.references import Index, named
from adapter.readers.fhir.shapes import Json, bare, objects, single, text
from adapter.readers.fhir.unmapped import COMMENT, keep, keep_words
from adapter.readers.fhir.usable import may_hold, unusable, withdrawn
from adapter.terms.concepts import CONCLUSIONS, FINDINGS

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
            exam = self._within(resource, code_of(resource, self.reading), context, date).exam
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
        rows = [body.get("valueCodeableConcept")] if _is_generic(code, body, self.reading) else []
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
        context = self._within(resource, code, context, date)
        owner = self._owner(resource, context)
        beside = beside_of(owner)
        if "component" in body:
            self._components(resource, context, beside, owner)
        if "hasMember" in body or "related" in body:
            self._children(resource, context, beside, owner)
        unnamed = owner is None and (not code.all or code.role == "generic")
        if unnamed or beside.unknown or "note" in body:
            self._evidence(resource, code, context, owner, beside)
        if owner is None and not (beside.attributes or beside.findings):
            self._nothing(resource)
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

    def _within(
        self, resource: Resource, code: Concept, context: Context, date: str | None
    ) -> Context:
        inherited = context.exam
        report = self.exams.reports.get(id(resource))
        if report is not None and inherited.group is None and inherited.study is None:
            inherited = replace(report, institution=inherited.institution or report.institution)
        exam = self.exams.of(resource, self.reading)
        if exam is not None:
            inherited = _narrowed(inherited, exam)
        if code.role == "group":
            inherited = self._group(resource, code.name, inherited, exam, date)
        return Context(inherited, date or context.date, date, context.depth, context.alone)

    def _group(
        self, resource: Resource, code: str, exam: ExamRef, own: ExamRef | None, date: str | None
    ) -> ExamRef:
        """Return the exam that an Observation named by an exam kind groups."""
        if exam.group is not None:  # a group within a group is an exam of its own
            exam = own or ExamRef(institution=exam.institution)
        kind = code
        if exam.kind and SAME_KIND.get(exam.kind) == code:
            kind = exam.kind
        elif exam.kind and SAME_KIND.get(exam.kind, exam.kind) != SAME_KIND.get(code, code):
            what = f"the group is of {code}, its study of {exam.kind}: the group holds"
            self.reading.tell("group-study-disagree", what, resource.path)
        group = next(iter(tracking(resource.body)), resource.key)
        return replace(exam, kind=kind, group=group, date=date or exam.date)

    def _owner(self, resource: Resource, context: Context) -> Draft | None:
        """Return the finding that an Observation itself is."""
        body, reading = resource.body, self.reading
        code = code_of(resource, reading)
        if code.role == "finding":
            names = {m.term.name for m in code.all if m.term.kind in FINDINGS}
            if len(names) > 1:
                what = f"its codes are different findings ({', '.join(sorted(names))})"
                reading.lose(f"{what}: it is not used", resource.path, "contradiction")
                return None
            node = Node(code.all[0], body, resource.path, resource)
            return Draft(node, context, code.all[0].term)
        value = single(body.get("valueCodeableConcept"))
        if code.role == "group" and "valueBoolean" in body:
            what = f"a value of {code.name} itself is no finding: it is not used"
            reading.tell("not-used", what, resource.path)
        if not value or not _is_generic(code, body, reading):
            return None
        found = concept(value, reading)
        matches = [m for m in found.all if m.term.kind in FINDINGS]
        if len({m.term.name for m in matches}) == 1:
            node = Node(matches[0], body, resource.path, resource)
            return Draft(node, context, node.match.term, named=True)
        if any(m.term.kind in CONCLUSIONS for m in found.all):
            reading.conclusions += 1
        elif found.all:
            what = f"the value of {code.name} names no finding"
            reading.tell("not-used", what, resource.path)
        elif value.get("coding"):
            tell_unmapped(value, f"{resource.path}.valueCodeableConcept", reading)
        return None

    def _components(
        self, resource: Resource, context: Context, beside: Beside, owner: Draft | None
    ) -> None:
        for body, path in components(resource.body, resource.path, self.reading):
            value = body.get("code")
            code = concept(value if type(value) is dict else single(value), self.reading)
            if not code.all:
                by_value = self.reading.terms.dialect.values
                draft = self._by_value(body, path, resource, context) if by_value else None
                if draft is not None:
                    beside.findings.append(draft)
                else:
                    beside.unknown.append((body, path))
                continue
            match, role = code.all[0], code.role
            if role == "attribute" and owner and belongs(match.term, owner.term, self.reading):
                owner.parts.append(part(match, body, path, resource, self.reading))
                continue
            if role == "site":
                beside.places.parts.append((body, path))
                continue
            node = Node(match, body, path, resource)
            if role == "finding":
                if owner is not None and owner.term.name == code.name:
                    owner.own.append(node)
                else:
                    beside.findings.append(Draft(node, context, node.match.term))
            elif not self._sorted(node, role, beside):
                self._named(node, role, context, beside)

    def _sorted(self, node: Node, role: str, beside: Beside) -> bool:
        """Add a part that is no finding to what stands beside; False where it is something else."""
        if role == "attribute":
            beside.attributes.append(node)
        elif role == "site":
            beside.places.parts.append((node.body, node.path))
        elif role == "side":
            beside.places.sides.append((node.body, node.path))
        elif role == "same-site":
            words = bare(text(node.body.get("valueString")))
            words = words or bare(text(single(node.body.get("valueIdentifier")).get("value")))
            if words:
                beside.same_sites.append(words)
            else:
                self.reading.tell("not-used", "same-site names no lesion", node.path)
        elif role == "uid":
            beside.uids += filter(None, [bare(text(node.body.get("valueString")))])
        elif role == "conclusion":
            self.reading.conclusions += 1
        else:
            return False
        return True

    def _named(self, node: Node, role: str, context: Context, beside: Beside) -> None:
        """Add the finding that the value of a generic component names; others are not findings."""
        value = single(node.body.get("valueCodeableConcept"))
        if role != "generic" or not value:
            return
        draft = self._by_value(node.body, node.path, node.resource, context)
        if draft is not None:
            beside.findings.append(draft)
        else:
            tell_unmapped(value, node.path, self.reading)
            keep(node.body, node.path, node.resource, context, None, self.reading)

    def _by_value(
        self, body: Json, path: str, resource: Resource, context: Context
    ) -> Draft | None:
        """Return the one finding that the value of a component names."""
        value = single(body.get("valueCodeableConcept"))
        matches = [m for m in concept(value, self.reading).all if m.term.kind in FINDINGS]
        if len({m.term.name for m in matches}) != 1:
            return None
        return Draft(Node(matches[0], body, path, resource), context, matches[0].term, named=True)

    def _children(
        self, resource: Resource, context: Context, beside: Beside, owner: Draft | None
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
                self._sorted(node, code.role, beside)
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

    def _evidence(
        self,
        resource: Resource,
        code: Concept,
        context: Context,
        owner: Draft | None,
        beside: Beside,
    ) -> None:
        """Keep what of an Observation is not mapped, and its notes; tell the codes of its parts."""
        body, reading = resource.body, self.reading
        group = next(iter([*beside.uids, *tracking(body)]), None)
        kept = len(reading.unmapped)
        if owner is None and _is_unknown(code, body, reading):
            keep(body, resource.path, resource, context, group, reading)
        for part_body, path in beside.unknown:
            tell_unmapped(single(part_body.get("code")), path, reading)
            keep(part_body, path, resource, context, group, reading)
        is_ours = owner is not None and owner.term.name != "other-brain"
        if "note" in body and (is_ours or len(reading.unmapped) > kept):
            notes = (text(note.get("text")) for note in objects(body["note"]))
            path = f"{resource.path}.note"
            keep_words(notes, COMMENT, path, resource, context, group, reading)

    def _nothing(self, resource: Resource) -> None:
        """Tell that an Observation holds no finding of ours."""
        body, reading = resource.body, self.reading
        code = code_of(resource, reading)
        if not code.all:
            tell_unmapped(single(body.get("code")), f"{resource.path}.code", reading)
        elif code.role not in ("generic", "group", "finding"):
            what = f"{described(single(body.get('code')))} alone is no finding"
            if code.role == "attribute":
                reading.lose(what, resource.path)
            else:
                reading.tell("not-used", what, resource.path)


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


def _is_unknown(code: Concept, body: Json, reading: Reading) -> bool:
    """Return whether an Observation says something that is not mapped, by its code or its value."""
    if not code.all:
        return True
    values = any(key[:5] == "value" for key in body)
    value = single(body.get("valueCodeableConcept"))
    return code.role == "generic" and values and not concept(value, reading).all


def _is_generic(code: Concept, body: Json, reading: Reading) -> bool:
    """Return whether the value of an Observation names its finding."""
    if code.role in ("generic", "group") or (reading.terms.dialect.values and not code.all):
        return True
    if code.all or "category" not in body:
        return False
    categories = (concept(row, reading) for row in objects(body["category"]))
    return any(m.term.name == "measurement-group" for one in categories for m in one.all)


def _narrowed(outer: ExamRef, inner: ExamRef) -> ExamRef:
    """Return the inherited exam with what an Observation itself says; an exam group holds."""
    if outer.group is not None:
        return replace(outer, study=outer.study or inner.study, date=outer.date or inner.date,
                       institution=inner.institution or outer.institution)  # fmt: skip
    if inner.study and inner.study != outer.study:
        return replace(inner, institution=inner.institution or outer.institution)
    return ExamRef(
        kind=inner.kind or outer.kind,
        study=outer.study,
        date=outer.date or inner.date,
        institution=inner.institution or outer.institution,
    )
