"""A case's findings to the words of a findings section: what is documented, never a grade.

For people and full-text search: every fact also stands in a coded Observation. Source: JP Core
1.2.0, JP_Observation_Radiology_Findings (``valueString`` holds the text of 所見).
"""

from collections.abc import Iterator

from adapter.model import Exam, Fact, Graded, Lesion, Statement, Subject
from adapter.terms import Terms
from adapter.writers import text
from adapter.writers.fhir.context import Output
from adapter.writers.fhir.values import Json

TAG = "csfleak-in-words"
"""Code of the tag of what says in words what is coded, too; its system is ``<canonical>/tags``."""

_PATIENT = ("患者の所見", "Facts of the patient")
_MARK = "  "


def findings(graded: Graded, terms: Terms, lang: str) -> str:
    """Return what is documented of each exam and of the patient; empty where nothing is."""
    of_patient = patient(graded, terms, lang)
    head = [text.pick(_PATIENT, lang)] if of_patient else []
    return "\n".join([*exams(graded, terms, lang), *head, *of_patient])


def tagged(output: Output) -> Json:
    """Return the meta of our own words: read back, they are no evidence beside the coded facts."""
    return {"tag": [{"system": f"{output.canonical}/tags", "code": TAG}]}


def exams(graded: Graded, terms: Terms, lang: str) -> list[str]:
    """Return what is documented of each exam, a line a lesion or fact."""
    numbers = range(len(graded.case.exams))
    return [line for index in numbers for line in _exam(graded, index, terms, lang)]


def patient(graded: Graded, terms: Terms, lang: str) -> list[str]:
    """Return what is documented of the patient, a line each statement."""
    case = graded.case
    said = [s for fact in case.facts.values() for s in fact.statements]
    said += [*case.pressures, *case.punctures, *case.patches]
    return list(dict.fromkeys(_MARK + _statement(s, terms, lang) for s in said))


def _exam(graded: Graded, index: int, terms: Terms, lang: str) -> Iterator[str]:
    exam = graded.case.exams[index]
    head = [text.label(exam.method, terms, lang), ", ".join(exam.dates)]
    yield " / ".join(w for w in (*head, ", ".join(exam.institutions)) if w)
    for number, lesion in enumerate(exam.lesions):
        yield _MARK + _lesion(graded, Subject(index, number), lesion, terms, lang)
    yield from (_MARK + line for line in _facts(exam, terms, lang))


def _lesion(graded: Graded, of: Subject, lesion: Lesion, terms: Terms, lang: str) -> str:
    # The exam is named above: what is left of the subject is the site and the side.
    _, _, place = text.subject(graded, of, terms, lang).partition(", ")
    own = [lesion.facts[c] for c in lesion.concepts if c in lesion.facts]
    others = [f for c, f in lesion.facts.items() if c not in lesion.concepts]
    return f"{place}: {'; '.join(_words(f, terms, lang) for f in (*own, *others) if f.statements)}"


def _facts(exam: Exam, terms: Terms, lang: str) -> Iterator[str]:
    """Yield a line a fact; the details of a dural enhancement stand in its own."""
    said = [f for f in exam.facts.values() if f.statements]
    details = [f for f in said if terms[f.concept].kind == "attribute"]
    for fact in said:
        more = details if fact.concept == "dural-enhance" else []
        if fact not in details:
            yield "; ".join(_words(f, terms, lang) for f in (fact, *more))


def _words(fact: Fact, terms: Terms, lang: str) -> str:
    return f"{text.label(fact.concept, terms, lang)}: {_fact(fact, terms, lang)}"


def _fact(fact: Fact, terms: Terms, lang: str) -> str:
    """Return a fact's state, with each value that was measured and what was said in words."""
    measured = [w for s in fact.statements if (w := _measured(s))]
    words = [s.text for s in fact.statements if s.text and fact.concept == "other-brain"]
    state = text.state(fact, terms, lang)
    return " ".join(dict.fromkeys([*(measured or [state]), *words]))


def _statement(said: Statement, terms: Terms, lang: str) -> str:
    """Return one statement of the patient: state or measured value, details, date."""
    fact = Fact(concept=said.concept, state=said.state, statements=(said,))
    words = [_words(fact, terms, lang)]
    words += [text.label(p.value or p.state.value, terms, lang) for p in said.parts]
    return " / ".join([*words, *([said.date] if said.date else [])])


def _measured(said: Statement) -> str:
    of = said.quantity
    return "" if of is None else " ".join(w for w in (of.comparator, of.value, of.unit) if w)
