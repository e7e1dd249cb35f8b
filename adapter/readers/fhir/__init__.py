"""FHIR to Document: any resource, Bundle or NDJSON that holds findings, of R4, R4B, R5 or STU3.

Source: contract sections 2 and 4; fhir.md section 4.
"""

import hashlib
import io
from collections.abc import Iterable

from adapter.errors import RefusedInput
from adapter.model import Document, Input, Patient, Statement
from adapter.readers.fhir import dates, patients
from adapter.readers.fhir.codes import code_of, known, labels
from adapter.readers.fhir.containers import from_json, from_lines, from_value, is_ndjson
from adapter.readers.fhir.drafts import Walk, member_references
from adapter.readers.fhir.exams import exams
from adapter.readers.fhir.narrative import has_narrative
from adapter.readers.fhir.nodes import Context, Draft
from adapter.readers.fhir.packing import is_gzip, is_xml, peeked, unpacked
from adapter.readers.fhir.procedures import procedure
from adapter.readers.fhir.reading import Reading, Resource
from adapter.readers.fhir.references import index
from adapter.readers.fhir.shapes import objects, text
from adapter.readers.fhir.sieve import matters
from adapter.readers.fhir.statements import statements
from adapter.readers.fhir.usable import status
from adapter.readers.fhir.versions import tell_release
from adapter.readers.options import ReadOptions
from adapter.terms import Terms

_STRICT = frozenset({"deviation", "duplicate-key", "not-json", "unknown-status"})


def sniff(data: bytes) -> bool:
    """Return whether `data` looks like FHIR: JSON, NDJSON or XML, also within gzip."""
    if is_gzip(data):
        data = peeked(data)
    if is_xml(data):
        return b"http://hl7.org/fhir" in data
    start = data[:64].lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n\0")[:1]
    if start not in (b"{", b"[", b"/"):
        return False
    return b'"resourceType"' in data or '"resourceType"'.encode("utf-16-le") in data


def read(data: bytes, name: str, terms: Terms, options: ReadOptions) -> Document:
    """Return what FHIR resources say.

    Parameters
    ----------
    data : bytes
        JSON, NDJSON or XML, UTF-8, with or without gzip.
    name : str
        The input's name, for sources and messages.
    terms : Terms
        From `adapter.terms.load`.
    options : ReadOptions
        Limits, time zone, strictness.

    Raises
    ------
    RefusedInput
        The input is no FHIR, or deviates under ``strict``.
    Damaged, LimitExceeded
        It ends early, or passes a limit.
    DifferentPatients
        It holds findings of several patients.
    """
    reading = new_reading(name, terms, options)
    plain = unpacked(data, name, options.max_bytes)
    if is_xml(plain):
        from adapter.readers.fhir.xml import parse

        resources = from_value(parse(plain, name), reading)
    elif is_ndjson(plain):
        resources = from_lines(io.BytesIO(plain), reading)
    else:
        resources = from_json(plain, reading)
    return document(resources, reading, hashlib.sha256(data).hexdigest())


def read_lines(lines: Iterable[bytes], name: str, terms: Terms, options: ReadOptions) -> Document:
    """Return what NDJSON says that may be larger than the memory: one line is held at a time.

    Parameters
    ----------
    lines : iterable of bytes
        An open binary file, or what `gzip.open` gives. Of resources that hold nothing of ours
        only their unknown codes are kept.
    """
    reading = new_reading(name, terms, options)
    reading.sieved = True
    digest = hashlib.sha256()

    def hashed() -> Iterable[bytes]:
        for line in lines:
            digest.update(line)
            yield line

    resources = from_lines(hashed(), reading, lambda resource: matters(resource, reading))
    return document(resources, reading, digest.hexdigest())


def new_reading(name: str, terms: Terms, options: ReadOptions) -> Reading:
    """Return an empty reading."""
    return Reading(name, terms, options, labels(terms), known(terms))


def document(resources: list[Resource], reading: Reading, digest: str) -> Document:
    """Return what the resources of one input say."""
    if any(r.kind == "QuestionnaireResponse" for r in resources):
        resources = list(_with_answers(resources, reading))
    places = index(resources)
    tell_release(resources, reading)
    told = exams(resources, places, reading)
    walk = Walk(places, told, reading)
    withdrawn = _reports(resources, walk)
    found = [s for draft in _drafts(resources, walk, withdrawn)
             for s in statements(draft, told, reading)]  # fmt: skip
    found += _procedures(resources, walk)
    patient = _patient(resources, walk, reading)
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
            id=_id(resources),
            date=_issued(resources, reading),
            preliminary=reading.preliminary,
        ),
        patient=patient,
        statements=tuple(found),
        studies=tuple(told.studies.values()),
        issues=issues,
        narrative=narrative,
    )


def _with_answers(resources: list[Resource], reading: Reading) -> Iterable[Resource]:
    """Yield the resources, and after each answered form the Observations its answers say."""
    from adapter.readers.fhir.questionnaire import observations

    for resource in resources:
        yield resource
        if resource.kind == "QuestionnaireResponse":
            yield from observations(resource, reading)


def _id(resources: list[Resource]) -> str:
    """Return what names the input: its only resource, or its only report."""
    reports = [r for r in resources if r.kind == "DiagnosticReport"]
    named = resources if len(resources) == 1 else reports
    return named[0].key if len(named) == 1 else ""


def _issued(resources: list[Resource], reading: Reading) -> str | None:
    """Return when the input was issued: its reports, else the last of its Observations."""
    for kind in ("DiagnosticReport", "Observation"):
        rows = (r for r in resources if r.kind == kind and "issued" in r.body)
        times = [dates.date(text(r.body["issued"]), f"{r.path}.issued", reading) for r in rows]
        if any(times):
            return max(time for time in times if time)
    return None


def _reports(resources: list[Resource], walk: Walk) -> dict[int, str]:
    """Return the results that stand in withdrawn reports only, by ``id()``, with the reason.

    The status of a report of conclusions alone says nothing of the findings they rest on.
    """
    reading = walk.reading
    withdrawn: dict[int, str] = {}
    kept: set[int] = set()
    for report in resources:
        if report.kind != "DiagnosticReport":
            continue
        reading.conclusions += bool(report.body.get("conclusionCode"))
        references = objects(report.body.get("result"))
        results = [r for ref in references if (r := walk.index.resolve(ref, report)) is not None]
        if results and all(code_of(r, reading).role == "conclusion" for r in results):
            continue
        why = report.unusable or status(report, reading)
        if why:
            reading.tell("not-used", f"the DiagnosticReport is not used: {why}", report.path)
            withdrawn |= {id(r): f"its report is not used: {why}" for r in results}
        else:
            kept |= set(map(id, results))
    return {key: why for key, why in withdrawn.items() if key not in kept}


def _drafts(resources: list[Resource], walk: Walk, withdrawn: dict[int, str]) -> Iterable[Draft]:
    """Yield the findings of all Observations: members after those that they are members of."""
    observations = [r for r in resources if r.kind == "Observation"]
    for resource in observations:
        if id(resource) in withdrawn:
            resource.unusable = resource.unusable or withdrawn[id(resource)]
    members: set[int] = set()
    for resource in observations:
        if "hasMember" in resource.body or "related" in resource.body:
            for reference in member_references(resource.body):
                child = walk.index.resolve(reference, resource)
                if child is not None and child is not resource:
                    members.add(id(child))
    roots = [r for r in observations if id(r) not in members]
    # An exam group tells more than a panel: it goes first where both name a member.
    roots.sort(key=lambda r: code_of(r, walk.reading).role != "group")
    for resource in (*roots, *observations):  # what is left are members of each other
        yield from walk.drafts(resource, Context())


def _procedures(resources: list[Resource], walk: Walk) -> list[Statement]:
    found = []
    for resource in resources:
        if resource.kind == "Procedure":
            statement = procedure(resource, walk.reading)
            if statement is not None:
                walk.used.append(resource)
                found.append(statement)
    return found


def _patient(resources: list[Resource], walk: Walk, reading: Reading) -> Patient:
    subjects: list[patients.Subject] = []
    anonymous = False
    used = set(map(id, walk.used))
    reports = [r for r in resources if used and r.kind == "DiagnosticReport" and not r.unusable]
    about_used = (r for r in reports if used & _results(r, walk))
    for resource in (*walk.used, *walk.exams.subjects, *about_used):
        about = resource.about or patients.subject(resource, walk.index, reading)
        if isinstance(about, patients.Subject):
            subjects.append(about)
        elif resource.kind in ("Observation", "Procedure") and resource.parent is None:
            anonymous = True
    return patients.one_patient(subjects, anonymous, resources, reading)


def _results(report: Resource, walk: Walk) -> set[int]:
    """Return the results of a report, by ``id()``."""
    references = objects(report.body.get("result"))
    return {id(walk.index.resolve(reference, report)) for reference in references}


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
