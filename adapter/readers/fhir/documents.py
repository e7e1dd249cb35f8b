"""The resources of one input to its Document.

Source: contract sections 2 and 4; criteria section 6.
"""

from collections.abc import Iterable

from adapter.errors import RefusedInput
from adapter.model import Document, Input, Patient, Statement, Unmapped
from adapter.readers.fhir import dates, patients
from adapter.readers.fhir.codes import code_of, concept
from adapter.readers.fhir.exams import exams
from adapter.readers.fhir.narrative import concludes, has_narrative, in_words
from adapter.readers.fhir.nodes import ALONE, NO_EXAM, Context
from adapter.readers.fhir.procedures import procedure
from adapter.readers.fhir.reading import Reading, Resource
from adapter.readers.fhir.references import Index, index
from adapter.readers.fhir.shapes import objects, text
from adapter.readers.fhir.statements import statements
from adapter.readers.fhir.unmapped import CONCLUSION, keep_words
from adapter.readers.fhir.usable import status, withdrawn
from adapter.readers.fhir.versions import tell_release
from adapter.readers.fhir.walk import Walk, member_references
from adapter.terms.concepts import LACKING, NOT_WHOLE

_STRICT = frozenset({"deviation", "duplicate-key", "not-json", "unknown-status"})


def document(resources: list[Resource], reading: Reading, digest: str) -> Document:
    """Return what the resources of one input say."""
    known = index(resources)
    if known.of_kind("QuestionnaireResponse"):
        resources = list(_with_answers(resources, reading))
        known = index(resources)
    tell_release(known, reading)
    told = exams(known, reading)
    walk = Walk(known, told, reading)
    _withdraw(walk)
    found = _statements(walk)
    found += _procedures(walk)
    patient = _patient(walk)
    unmapped = _unmapped(walk)
    narrative = not found and has_narrative(resources, reading)
    _remarks(reading, narrative)
    issues = tuple(reading.issues.values())
    if reading.options.strict and any(i.code in _STRICT for i in issues):
        first = next(i for i in issues if i.code in _STRICT)
        what = f"{first.diagnostics}: read it without --strict, or have it corrected"
        raise RefusedInput(what, f"{reading.document}, {first.expression}")
    return Document(
        input=Input(
            name=reading.document,
            digest=digest,
            format="fhir",
            id=_id(known),
            date=_issued(known, reading),
            preliminary=reading.preliminary,
        ),
        patient=patient,
        statements=tuple(found),
        studies=tuple(told.studies.values()),
        issues=issues,
        narrative=narrative,
        withdrawn=tuple(reading.withdrawn),
        unmapped=unmapped,
    )


def _with_answers(resources: list[Resource], reading: Reading) -> Iterable[Resource]:
    """Yield the resources, and after each answered form the Observations its answers say."""
    from adapter.readers.fhir.answers import observations

    for resource in resources:
        yield resource
        if resource.kind == "QuestionnaireResponse":
            yield from observations(resource, resources, reading)


def _id(known: Index) -> str:
    """Return what names the input: its only resource, or its only report."""
    named = known.all if len(known.all) == 1 else known.of_kind("DiagnosticReport")
    return named[0].key if len(named) == 1 else ""


def _issued(known: Index, reading: Reading) -> str | None:
    """Return when the input was issued: its reports, else the last of its Observations."""
    for kind in ("DiagnosticReport", "Observation"):
        rows = [r for r in known.of_kind(kind) if "issued" in r.body]
        times = [dates.date(text(r.body["issued"]), f"{r.path}.issued", reading) for r in rows]
        if any(times):
            return max(time for time in times if time)
    return None


def _withdraw(walk: Walk) -> None:
    """Mark the results that stand in withdrawn reports only as unusable.

    The status of a report of conclusions alone, in codes and in words, says nothing of the findings
    they rest on.
    """
    reading = walk.reading
    withdrawn_results: list[tuple[Resource, str, bool]] = []
    kept: set[int] = set()
    for report in walk.index.of_kind("DiagnosticReport"):
        if "conclusionCode" in report.body:
            reading.conclusions += bool(report.body["conclusionCode"])
            _lacking(report, reading)
        results = walk.results(report)
        roles = {code_of(r, reading).role for r in results if not in_words(r, reading)}
        if roles == {"conclusion"}:
            continue
        why = report.unusable or status(report, reading)
        if why:
            reading.tell("not-used", f"the DiagnosticReport is not used: {why}", report.path)
            reason, by_status = f"its report is not used: {why}", withdrawn(report)
            withdrawn_results += ((r, reason, by_status) for r in results)
        else:
            kept |= set(map(id, results))
            if "conclusion" not in roles and not concludes(report, reading):
                _keep_conclusion(report, walk)
    for result, why, by_status in withdrawn_results:
        if id(result) not in kept:
            result.withdrawn = result.withdrawn or by_status
            result.unusable = result.unusable or why


def _lacking(report: Resource, reading: Reading) -> None:
    """Tell again what a report of ours said of its own inputs: it is no better than they were."""
    named = (text(i.get("value")) for i in objects(report.body.get("identifier")))
    if withdrawn(report) or not reading.options.replaced.isdisjoint(
        value.removeprefix("urn:uuid:") for value in named
    ):
        return
    path = f"{report.path}.conclusionCode"
    for row in objects(report.body["conclusionCode"]):
        for name in (m.term.name for m in concept(row, reading).all if m.term.name in LACKING):
            reading.lose(NOT_WHOLE, path, LACKING[name])


def _keep_conclusion(report: Resource, walk: Walk) -> None:
    """Keep the conclusion of somebody else's report, which is in words."""
    date = dates.effective(report.body, "effective", report.path, walk.reading)
    context = Context(exam=walk.exams.told.get(id(report), NO_EXAM), date=date)
    words, where = (text(report.body.get("conclusion")),), f"{report.path}.conclusion"
    keep_words(words, CONCLUSION, where, report, context, None, walk.reading)


def _statements(walk: Walk) -> list[Statement]:
    """Return what all Observations say: members after those that they are members of."""
    observations = walk.index.of_kind("Observation")
    members: set[int] = set()
    for resource in observations:
        if "hasMember" in resource.body or "related" in resource.body:
            for reference in member_references(resource.body):
                child = walk.index.resolve(reference, resource)
                if child is not None and child is not resource:
                    members.add(id(child))
    roots = [r for r in observations if id(r) not in members] if members else observations
    # An exam group tells more than a panel: it goes first where both name a member.
    groups = [r for r in roots if code_of(r, walk.reading).role == "group"] if members else []
    found: list[Statement] = []
    left = observations if members else ()  # members of each other
    for resource in (*groups, *roots, *left):
        for one in walk.drafts(resource, ALONE):
            if isinstance(one, Statement):
                found.append(one)
            else:
                found += statements(one, walk.exams, walk.reading)
    return found


def _procedures(walk: Walk) -> list[Statement]:
    found = []
    for resource in walk.index.of_kind("Procedure"):
        statement = procedure(resource, walk.reading)
        if statement is not None:
            walk.used.append(resource)
            found.append(statement)
    return found


def _patient(walk: Walk) -> Patient:
    subjects: dict[int, patients.Subject] = {}
    anonymous = False
    reports = walk.index.of_kind("DiagnosticReport") if walk.used else []
    used = set(map(id, walk.used)) if reports else set()
    about_used = (r for r in reports if not used.isdisjoint(map(id, walk.results(r))))
    said = walk.used or walk.withdrawn
    for resource in (*said, *walk.exams.subjects, *about_used):
        about = resource.about or patients.subject(resource, walk.index, walk.reading)
        if type(about) is patients.Subject:
            subjects[id(about)] = about
        elif resource.kind in ("Observation", "Procedure") and resource.parent is None:
            anonymous = True
    if not subjects and not anonymous and walk.reading.unmapped:
        subjects = {id(one): one for one in _only_person(walk)}
    known = walk.index.of_kind("Patient")
    return patients.one_patient(subjects.values(), anonymous, known, walk.reading)


def _unmapped(walk: Walk) -> tuple[Unmapped, ...]:
    """Return the evidence of the one patient that the input is of."""
    reading = walk.reading
    if not (reading.unmapped or reading.unread):
        return ()
    people = [s for r in (*walk.used, *walk.exams.subjects) if (s := _subject(r, walk))]
    known = people or _only_person(walk)
    found = []
    for resource, one in reading.unmapped:
        about = _subject(resource, walk)
        if about is None or any(patients.same_person(about, person) for person in known):
            found.append(one)
        else:
            what = "what is not mapped is of another patient than the findings: it is not carried"
            reading.tell("not-carried", what, one.source.path, "information")
    return (*found, *reading.unread.values())


def _only_person(walk: Walk) -> list[patients.Subject]:
    """Return the one person that all evidence is of; none where it is of several."""
    every: list[patients.Subject] = []
    for resource, _ in walk.reading.unmapped:
        about = _subject(resource, walk)
        if about is not None:
            patients.add(every, about)
    return every if len(every) == 1 else []


def _subject(resource: Resource, walk: Walk) -> patients.Subject | None:
    about = resource.about or patients.subject(resource, walk.index, walk.reading)
    return about if isinstance(about, patients.Subject) else None


def _remarks(reading: Reading, narrative: bool) -> None:
    """Tell what is told of the input as a whole."""
    if reading.conclusions:
        what = "conclusions and grades in the input are not read as findings"
        reading.tell("own-conclusion-skipped", what, "", "information")
    if narrative:
        what = "the input holds text and no coded finding: text is never searched for findings"
        reading.tell("narrative-only", what)
    if reading.zoned:
        what = f"times without a zone are read as {reading.options.timezone}, as the settings say"
        reading.tell("zone-supplied", what, "", "information")
