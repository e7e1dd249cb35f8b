"""Cases that between them hold everything an SR has a place for, and what a test compares of one.

Made of statements by `merge`, so that they are what readers would give.
"""

from collections.abc import Mapping
from typing import Any

from adapter import criteria, terms
from adapter.criteria import Policy
from adapter.merge import merge
from adapter.model import (
    Case,
    Document,
    Exam,
    ExamRef,
    Fact,
    Graded,
    Input,
    Lesion,
    Name,
    Patient,
    Quantity,
    Site,
    Source,
    State,
    Statement,
    Study,
)

TERMS = terms.load()
VERSIONS = {"software": "0.1.0", "mappings": TERMS.digest}
P, A, I, N = State.PRESENT, State.ABSENT, State.INDETERMINATE, State.NOT_ASSESSED  # noqa: E741
PATIENT = Patient(
    identifiers=(("12345", "HOSPITAL"), ("0099", "urn:oid:1.2.392.100495.20.3.51")),
    names=(
        Name(family="Yamada", given="Hanako", representation="ABC"),
        Name(family="山田", given="花子", representation="IDE"),
        Name(family="やまだ", given="はなこ", representation="SYL"),
    ),
    birth_date="1980-02-29",
    sex="female",
)
STUDY = "1.2.392.200036.9999.1"
_SOURCE = Source(document="input.json", id="Observation/o1")


def say(concept: str, state: State = P, *parts: Statement, **more: Any) -> Statement:
    """Return a statement; ``site`` may be words, ``day`` is the exam's date."""
    if isinstance(more.get("site"), str):
        more["site"] = TERMS.read_site(more["site"])
    day = more.pop("day", None)
    exam = more.pop("exam", ExamRef(date=day))
    return Statement(concept=concept, state=state, source=_SOURCE, parts=parts, exam=exam, **more)


def case(*statements: Statement, patient: Patient = PATIENT, **more: Any) -> Case:
    """Return the case that one document with these statements makes."""
    document = Document(
        input=Input(name="input.json", digest="d" * 64, format="fhir", date="2026-03-09"),
        patient=patient,
        statements=statements,
        **more,
    )
    return merge([document], TERMS)


def grade(of: Case, **policy: Any) -> Graded:
    """Return the case graded."""
    return criteria.grade(of, Policy(**policy), VERSIONS)


def _exam(kind: str, group: str, day: str, place: str | None = None) -> ExamRef:
    return ExamRef(kind=kind, group=group, date=day, institution=place)


_FIRST = _exam("spinal-mri", "2.25.1001", "2026-01-05", "甲病院")
_SECOND = _exam("mr-myelography", "2.25.1002", "2026-02-05T10:15:00+09:00")

CASES: Mapping[str, Case] = {
    "one exam of each kind": case(
        say("epi-fluid", P, say("enhancement", A), say("sas-continuity", P), say("mimic-venous", A),
            site="Th1-3", laterality="left", uid="2.25.11", same_site=("2.25.12",),
            day="2026-03-02"),
        say("ri-epidural", P, say("ri-pattern", P, value="unilateral"),
            say("ri-lateral-view", N, reason="not-performed"), site="Th2", laterality="left",
            uid="2.25.12", day="2026-03-03"),
        say("circ-failure", P, day="2026-03-04"),
        say("cistern-seen", P, day="2026-03-03"),
        say("ctm-epidural", I, say("puncture-cont", N, reason="unknown"), site="L5/S1",
            day="2026-03-05"),
        say("subdural-effus", P, day="2026-03-06T09:00:00+09:00"),
        say("tonsil-descent", I, day="2026-03-06T09:00:00+09:00"),
        say("herniation", A, day="2026-03-06T09:00:00+09:00"),
        studies=(Study(id=STUDY, date="2026-03-02", accession="A-1",
                       instances=(("1.2.840.10008.5.1.4.1.1.4", "1.2.3.4", "1.2.3"),)),
                 Study(id="1.2.9",
                       instances=(("1.2.840.10008.5.1.4.1.1.2", "1.2.9.4", "1.2.9.3"),)),
                 ),
    ),
    "two exams of one kind": case(
        say("epi-fluid", P, say("enhancement", A), site="T3", exam=_FIRST),
        say("epi-fluid", P, site="T5", exam=_SECOND),
        say("subdural-fluid", P, exam=_FIRST),
        say("contrast-given", P, exam=_FIRST),
        say("nothing-else", P, exam=_SECOND),
        say("ri-epidural", P, say("ri-pattern", P, value="christmas-tree"), site="腰椎",
            exam=_exam("ri-cisternogram", "2.25.1003", "2026-02-10", "乙病院")),
        say("tech-failure", A, exam=_exam("ri-cisternogram", "2.25.1003", "2026-02-10", "乙病院")),
    ),
    "brain with details and measures": case(
        say("dural-enhance", P, say("falx-tentorium", P), say("above-cortex", A),
            say("dde-symmetric", I),
            say("extent-3cm", P, quantity=Quantity(value="32.50", unit="mm")),
            day="2026-03-02"),
        say("other-brain", P, text="硬膜の石灰化\n(前頭部)", day="2026-03-02"),
        say("suprasellar", P, quantity=Quantity(value="3.9", unit="mm"), day="2026-03-02"),
        say("prepontine", P, quantity=Quantity(value="5", unit="mm", comparator="<"),
            day="2026-03-02"),
        say("chiari", A, day="2026-03-02"),
    ),
    "dural enhancement in one of two exams": case(
        say("dural-enhance", P, say("dde-thickening", P),
            say("extent-3cm", P, quantity=Quantity(value="3", unit="cm", comparator=">=")),
            exam=_exam("brain-mri", "2.25.2001", "2026-01-02")),
        say("dural-enhance", A, exam=_exam("brain-mri", "2.25.2002", "2026-04-02")),
    ),
    "facts of the patient": case(
        say("ortho-headache", P, date="2026-02-01"),
        say("ortho-headache", A, date="2026-03-01"),
        say("csf-pressure", P, say("posture", P, value="lateral"), date="2026-03-03",
            quantity=Quantity(value="60", unit="mm[H2O]")),
        say("csf-pressure", P, say("posture", P, value="sitting"), date="2026-03-04",
            quantity=Quantity(value="5.0", unit="cm[H2O]", comparator="<=")),
        say("csf-pressure", P, date="2026-03-05", quantity=Quantity(value="55", unit="mm CSF")),
        say("csf-pressure", P, date="2026-03-06"),
        say("csf-pressure", N, reason="not-performed", date="2026-03-07"),
        say("lumbar-puncture", P, date="2026-03-01T08:30:00+09:00"),
        say("lumbar-puncture", P, date="2026-03-03"),
        say("blood-patch", P, date="2026-03-08"),
        say("subdural-effus", P, day="2026-03-02"),
    ),
    "sites of every kind": case(
        *(say("epi-fluid", P, site=site, laterality=side, day="2026-03-02")
          for site, side in (
              ("C7/T1", "right"), ("胸椎", "bilateral"), ("頸胸移行部", None), ("S2", None),
              ("上位胸椎、L2、Th13", "left"), ("全脊椎", None), ("Th13", "right"),
              (None, "left"), (None, None),
          )),
    ),
    "contradictions": case(
        say("epi-fluid", P, say("enhancement", A), say("enhancement", P), site="T3", uid="2.25.31",
            day="2026-03-02"),
        say("epi-fluid", P, site="T7", uid="2.25.32", day="2026-03-02"),
        say("epi-fluid", P, site="T9", uid="2.25.32", day="2026-03-02"),
        say("epi-fluid", P, say("sas-continuity", P), site="L1", uid="2.25.33", day="2026-03-02"),
        say("float-dural-sac", P, site="L1", uid="2.25.33", day="2026-03-02"),
        say("ri-epidural", P, say("ri-pattern", P, value="symmetric"),
            say("ri-pattern", P, value="asymmetric"), site="T3", day="2026-03-02"),
        say("circ-failure", P, day="2026-03-02"),
        say("circ-failure", A, day="2026-03-02"),
        say("ortho-headache", P, date="2026-03-02"),
        say("ortho-headache", A, date="2026-03-02"),
    ),
    "nothing but a name": case(),
    "narrative only": case(),
}  # fmt: skip


def view(of: Case) -> dict[str, Any]:
    """Return what a case says, without where it was said and in which order."""
    return {
        "exams": [_exam_view(exam) for exam in of.exams],
        "facts": {c: _fact(f) for c, f in of.facts.items()},
        "pressures": sorted(map(repr, map(_pressure, of.pressures))),
        "punctures": sorted((s.state.value, s.date or "") for s in of.punctures),
        "patches": sorted((s.state.value, s.date or "") for s in of.patches),
    }


def _exam_view(exam: Exam) -> dict[str, Any]:
    return {
        "kind": exam.kind,
        "method": exam.method,
        "dates": exam.dates,
        "institutions": exam.institutions,
        "facts": {c: _fact(f) for c, f in exam.facts.items()},
        "lesions": sorted((_lesion(lesion) for lesion in exam.lesions), key=repr),
    }


def _lesion(lesion: Lesion) -> dict[str, Any]:
    site = lesion.site
    return {
        "concepts": lesion.concepts,
        "site": None if site is None else _place(site),
        "laterality": lesion.laterality,
        "same_site": lesion.same_site,
        "facts": {c: _fact(f) for c, f in lesion.facts.items()},
    }


def _place(site: Site) -> tuple[Any, ...]:
    return site.levels, tuple(sorted(n.name for n in site.named)), site.unreadable


def _fact(fact: Fact) -> tuple[Any, ...]:
    said = {(s.state, s.value, s.quantity, "\n".join(s.text.splitlines())) for s in fact.statements}
    return fact.state, fact.value, fact.why, sorted(said, key=repr)


def _pressure(statement: Statement) -> tuple[Any, ...]:
    posture = [(p.state.value, p.value) for p in statement.parts]
    return statement.state.value, statement.quantity, statement.date, posture
