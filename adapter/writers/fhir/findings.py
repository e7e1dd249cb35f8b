"""A case's findings to Observations: one group per exam, one per lesion, one per fact.

Statements that contradict each other stay apart, so that a reader finds the contradiction again.
Source: contract section 2, "Findings in"; FHIR R4 Observation.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from adapter.model import Exam, Fact, Lesion, Site, State, Statement, Subject
from adapter.writers import ids, kept
from adapter.writers.fhir import unmapped
from adapter.writers.fhir.context import Output
from adapter.writers.fhir.values import (
    THO,
    Json,
    absent_reason,
    dicom_identifier,
    effective,
    filled,
    own_identifier,
    quantity,
    reference,
    site_text,
    standard,
)

Key = tuple[Subject, str]
"""What an Observation says: whose, and which concept."""

_CATEGORY = {"ortho-headache": "exam"}
_IMAGING = "imaging"
_PROCEDURE = "procedure"
CATEGORIES = {
    code: [standard(f"{THO}/observation-category", code)]
    for code in ("imaging", "exam", "procedure")
}


@dataclass(frozen=True, slots=True)
class Observations:
    """The Observations of a case in order, which of them say what, which are no members."""

    resources: tuple[Json, ...]
    of: Mapping[Key, tuple[Json, ...]] = field(default_factory=dict)
    top: tuple[Json, ...] = ()

    def references(self, subject: Subject, concepts: Iterable[str]) -> list[Json]:
        """Return references to the Observations of concepts of a subject."""
        return [reference(o) for c in concepts for o in self.of.get((subject, c), ())]

    def whole(self) -> list[Json]:
        """Return references from which all that was said is reached."""
        return [reference(o) for o in self.top]


def observations(output: Output) -> Observations:
    """Return the Observations of everything that was said."""
    resources: list[Json] = []
    of: dict[Key, tuple[Json, ...]] = {}
    top: list[Json] = []
    apart = unmapped.evidence(output) if output.case.unmapped else {}
    for index, exam in enumerate(output.case.exams):
        members = [*_exam(output, index, exam, of), *apart.get(index, ())]
        top.append(_group(output, index, exam, members))
        resources += [top[-1], *members]
    of_patient = _patient(output, of)
    # A grade leads to what it could rest on, which evidence of no exam is not.
    return Observations((*resources, *of_patient, *apart.get(-1, ())), of, (*top, *of_patient))


def _exam(output: Output, index: int, exam: Exam, of: dict[Key, tuple[Json, ...]]) -> list[Json]:
    members: list[Json] = []
    for number, lesion in enumerate(exam.lesions):
        key = Subject(index, number)
        for concept, made in _lesion(output, index, number, exam, lesion):
            of[key, concept] = (*of.get((key, concept), ()), made)
            members.append(made)
    for concept, fact in exam.facts.items():
        if output.terms[concept].kind == "exam":
            of[Subject(index), concept] = found = tuple(_fact(output, index, exam, fact))
            members += found
    return members


def _group(output: Output, index: int, exam: Exam, members: Sequence[Json]) -> Json:
    """Return the Observation that says which facts are of one exam."""
    uuid = output.part("exam", output.subjects[Subject(index)])
    group = exam.groups[0] if exam.groups else ids.uid(output.inputs, "exam", str(index))
    return filled(
        resourceType="Observation",
        id=uuid,
        identifier=[dicom_identifier(group), own_identifier(uuid)],
        partOf=output.parts_of(exam.studies),
        status=_status(output, (s for f in exam.facts.values() for s in f.statements)),
        category=CATEGORIES[_IMAGING],
        code=output.concept(exam.method, text=True),
        subject=output.subject,
        # Of several dates the members keep their own: one of the group would stand for them all.
        **effective(exam.dates if len(exam.dates) == 1 else (), output.options.timezone),
        performer=output.performers(exam.institutions),
        hasMember=[reference(m) for m in members],
    )


def lesion_uid(output: Output, exam: int, number: int, lesion: Lesion) -> str:
    """Return a lesion's tracking UID; one of the inputs' identity where it has none."""
    return lesion.uid or ids.uid(output.inputs, "lesion", str(exam), str(number))


def _lesion(
    output: Output, index: int, number: int, exam: Exam, lesion: Lesion
) -> Iterator[tuple[str, Json]]:
    """Yield a lesion's Observations: one, or one per concept and contradicting state."""
    uid = lesion_uid(output, index, number, lesion)
    name = output.subjects[Subject(index, number)]
    first = True
    for concept in lesion.concepts:
        answers = distinct(of_concept(lesion, concept))
        for count, said in enumerate(answers):
            uuid = output.part("lesion", name, concept, str(count))
            made = _observation(
                output,
                uuid,
                said,
                exam=exam,
                identifier=[dicom_identifier(uid), own_identifier(uuid)],
                bodySite=_body_site(output, lesion.site),
                component=_lesion_components(output, lesion) if first else [],
            )
            first = False
            yield concept, made


def of_concept(lesion: Lesion, concept: str) -> list[Statement]:
    """Return what is said of a lesion's own concept, within its statements as well."""
    found: list[Statement] = []
    for said in lesion.statements:
        if said.concept == concept:
            found.append(said)
        found += [
            replace(said, state=part.state, reason=part.reason, source=part.source)
            for part in said.parts
            if part.concept == concept
        ]
    return found


def _lesion_components(output: Output, lesion: Lesion) -> list[Json]:
    found = [
        _component(output, said)
        for concept, fact in lesion.facts.items()
        if concept not in lesion.concepts
        for said in distinct(fact.statements)
    ]
    sites = output.terms.site_terms(lesion.site) if lesion.site else ()
    found += [output.component("finding-site", term.name) for term in sites]
    if lesion.laterality:
        found.append(output.component("laterality", lesion.laterality))
    same_site = output.concept("same-site")
    return found + [{"code": same_site, "valueString": uid} for uid in lesion.same_site]


def _body_site(output: Output, site: Site | None) -> Json:
    """Return the site when it is one code, else in words."""
    if site is None:
        return {}
    terms = output.terms.site_terms(site)
    if len(terms) == 1 and not site.unreadable:
        return output.concept(terms[0].name) | filled(text=site.text)
    return filled(text=site_text(site))


def _fact(output: Output, index: int, exam: Exam, fact: Fact) -> Iterator[Json]:
    """Yield the Observations of an exam's fact; its details stand in the first."""
    details = _details(fact.concept, exam.facts, output)
    name = output.subjects[Subject(index)]
    for number, said in enumerate(distinct(fact.statements, dated=True)):
        uuid = output.part("fact", name, fact.concept, str(number))
        yield _observation(
            output,
            uuid,
            said,
            exam=exam,
            identifier=[own_identifier(uuid)],
            component=details if number == 0 else [],
        )


def _details(concept: str, facts: Mapping[str, Fact], output: Output) -> list[Json]:
    """Return what is said of a dural enhancement."""
    if concept != "dural-enhance":
        return []
    return [
        _component(output, said)
        for name, fact in facts.items()
        if output.terms[name].kind == "attribute"
        for said in distinct(fact.statements)
    ]


def _patient(output: Output, of: dict[Key, tuple[Json, ...]]) -> list[Json]:
    """Return the Observations of the patient's facts: headache, pressures, punctures, patches."""
    case = output.case
    said = [s for f in case.facts.values() for s in f.statements]
    said += [*case.pressures, *case.punctures, *case.patches]
    resources = []
    counted: Counter[str] = Counter()
    for statement in distinct(said, dated=True):
        counted[statement.concept] += 1
        count = str(counted[statement.concept])
        uuid = output.part("patient", statement.concept, count)
        made = _observation(
            output,
            uuid,
            statement,
            exam=None,
            identifier=[own_identifier(uuid)],
            component=[_component(output, part) for part in statement.parts],
        )
        key = (Subject(), statement.concept)
        of[key] = (*of.get(key, ()), made)
        resources.append(made)
    return resources


def _observation(
    output: Output,
    uuid: str,
    said: Statement,
    *,
    exam: Exam | None,
    identifier: list[Json],
    component: list[Json],
    bodySite: Json | None = None,  # noqa: N803
) -> Json:
    of = said.exam
    studies = (of.study,) if of.study else exam.studies if exam else ()
    category = _IMAGING if exam else _CATEGORY.get(said.concept, _PROCEDURE)
    made: Json = {"resourceType": "Observation", "id": uuid, "identifier": identifier}
    if studies:
        made["partOf"] = output.parts_of(studies)
    made["status"] = _status(output, (said,)) if output.preliminary else "final"
    made["category"] = CATEGORIES[category]
    made["code"] = output.concept(said.concept, text=True)
    made["subject"] = output.subject
    made |= effective((said.date or of.date,), output.options.timezone)
    if of.institution:
        made["performer"] = output.performers((of.institution,))
    made |= value_of(output, said)
    if said.text and said.concept != "other-brain":
        made["note"] = [{"text": said.text}]
    if bodySite:
        made["bodySite"] = bodySite
    if component:
        made["component"] = component
    return made


def _component(output: Output, said: Statement) -> Json:
    if said.state is State.NOT_ASSESSED or said.quantity is not None or said.text:
        return {"code": output.concept(said.concept), **value_of(output, said)}
    return output.component(said.concept, said.value or said.state.code)


def value_of(output: Output, said: Statement) -> Json:
    """Return value[x] or dataAbsentReason of a statement."""
    raw = kept.value_of(said, output.unread)
    if raw is not None:
        return unmapped.value(output, raw)
    if said.state is State.NOT_ASSESSED:
        return {"dataAbsentReason": absent_reason(said.reason)}
    if said.quantity is not None and said.state is State.PRESENT:
        measured = quantity(said.quantity)
        if measured is None:
            return {"dataAbsentReason": absent_reason("error")}
        return {"valueQuantity": measured}
    value = output.concept(said.value or said.state.code)
    words = said.text if said.concept == "other-brain" else ""
    return {"valueCodeableConcept": value | filled(text=words)}


def distinct(statements: Sequence[Statement], *, dated: bool = False) -> Sequence[Statement]:
    """Return the first statement of every answer; with `dated`, of every answer and date."""
    if len(statements) < 2:
        return statements
    found: dict[tuple[str, str], Statement] = {}
    for said in statements:
        found.setdefault((said.concept, answer(said, dated)), said)
    return list(found.values())


def answer(said: Statement, dated: bool = False) -> str:
    """Return what a statement says, spelled for comparison."""
    day = (said.date or said.exam.date or "") if dated else ""
    parts = [answer(p) for p in said.parts] if said.concept == "csf-pressure" else []
    told = (said.state.code, said.value, said.reason, said.quantity, said.text, day, parts)
    return repr((*told, said.source.path) if kept.is_unread(said) else told)


def _status(output: Output, statements: Iterable[Statement]) -> str:
    """Return ``preliminary`` where an input that says it is makes one of the statements."""
    if not output.preliminary:
        return "final"
    is_one = any(s.source.document in output.preliminary for s in statements)
    return "preliminary" if is_one else "final"
