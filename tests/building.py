"""Small makers of statements and cases, for tests that start from findings."""

from adapter import terms
from adapter.criteria import Policy, grade
from adapter.merge import merge
from adapter.model import (
    Case,
    Document,
    ExamRef,
    Graded,
    Input,
    Quantity,
    Source,
    State,
    Statement,
)

TERMS = terms.load()
DATE = "2026-03-02"


def state(word: str) -> State:
    return State(word)


def fact(concept: str, said: str, *, date: str | None = DATE, **exam: str) -> Statement:
    """Return a statement on an exam or the patient: `said` is a state, then ``:`` and a reason."""
    word, _, reason = said.partition(":")
    return Statement(
        concept=concept,
        state=state(word),
        reason=reason or None,
        source=Source(document="test", path=concept),
        date=date,
        exam=ExamRef(date=date, **exam),
    )


def attribute(concept: str, said: str) -> Statement:
    """Return an attribute's statement; for ``ri-pattern`` and ``posture`` `said` is the value."""
    source = Source(document="test", path=concept)
    if concept in ("ri-pattern", "posture"):
        return Statement(concept=concept, state=State.PRESENT, value=said, source=source)
    word, _, reason = said.partition(":")
    return Statement(concept=concept, state=state(word), reason=reason or None, source=source)


def lesion(
    concept: str,
    said: str = "present",
    *,
    site: str | None = "T2",
    uid: str | None = None,
    side: str | None = None,
    same_site: tuple[str, ...] = (),
    date: str | None = DATE,
    attributes: dict[str, str] | None = None,
    **exam: str,
) -> Statement:
    """Return a lesion's statement; attributes stated as ``not stated`` are left out."""
    parts = tuple(attribute(name, value) for name, value in (attributes or {}).items() if value)
    return Statement(
        concept=concept,
        state=state(said),
        source=Source(document="test", path=concept),
        site=TERMS.read_site(site) if site else None,
        uid=uid,
        laterality=side,
        same_site=same_site,
        date=date,
        exam=ExamRef(date=date, **exam),
        parts=parts,
    )


def pressure(value: str, posture: str | None = "supine", unit: str = "mm[H2O]",
             comparator: str = "", date: str | None = DATE) -> Statement:  # fmt: skip
    return Statement(
        concept="csf-pressure",
        state=State.PRESENT,
        source=Source(document="test", path="csf-pressure"),
        quantity=Quantity(value=value, unit=unit, comparator=comparator),
        date=date,
        parts=(attribute("posture", posture),) if posture else (),
    )


def document(*statements: Statement, name: str = "test", **fields: object) -> Document:
    return Document(
        input=Input(name=name, digest=name, format="findings"),
        statements=statements,
        **fields,  # type: ignore[arg-type]
    )


def case(*statements: Statement, **fields: object) -> Case:
    return merge([document(*statements, **fields)], TERMS)


def graded(*statements: Statement, policy: Policy = Policy()) -> Graded:
    return grade(case(*statements), policy)


def conclusion(result: Graded, condition: str = "csf-leak") -> tuple[str, str]:
    """Return (established, possible) of a condition."""
    found = next(c for c in result.conclusions if c.condition == condition)
    return found.established, found.possible
