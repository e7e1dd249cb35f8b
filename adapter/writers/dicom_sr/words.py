"""Exams, their lesions and facts, and facts of the patient in words: a report that people read.

Everything that was said stands here once, as the criteria took it; nothing of it is read back.
Source: contract section 3; criteria section 5 (the report).
"""

from collections.abc import Iterable, Iterator

from adapter.model import (
    Coded,
    Exam,
    Fact,
    Graded,
    Lesion,
    Quantity,
    Statement,
    Subject,
    Unmapped,
)
from adapter.terms import Terms
from adapter.writers import text

_WORDS = {
    "possible": ("取り得る最高", "could be up to"),
    "not-given": ("記載のない検査", "Exams not given"),
    "interval": ("検査の最長間隔", "Longest interval"),
    "policy": ("方針", "Policy"),
    "criteria": ("基準", "Criteria"),
    "told": ("使用しなかった記載など", "Not used, and other messages"),
    "missing": ("不足している情報", "What is missing"),
    "unmapped": ("判定に用いない記載", "Said, and used for no grade"),
    "patient": ("検査以外の情報", "Of the patient"),
    "cautions": ("注意", "Cautions"),
}
_JOINED = {"ja": "、", "en": ", "}


class Words:
    """Says a graded case in one language."""

    def __init__(self, graded: Graded, terms: Terms, lang: str) -> None:
        self.graded = graded
        self.terms = terms
        self.lang = lang
        self.comma = _JOINED.get(lang, ", ")
        self._grades: dict[Subject, dict[str, str]] = {}
        for finding in graded.findings:
            own = self._grades.setdefault(finding.subject, {})
            own[finding.concept] = self._grade(finding.established.value, finding.possible.value)

    def pick(self, name: str) -> str:
        """Return one of the report's own words."""
        return text.pick(_WORDS[name], self.lang)

    def label(self, name: str) -> str:
        """Return a term's label."""
        return text.label(name, self.terms, self.lang)

    def exam(self, exam: Exam) -> str:
        """Return an exam in one line: method, dates, institutions."""
        return self.comma.join((self.label(exam.method), *exam.dates, *exam.institutions))

    def findings(self, at: int, exam: Exam) -> Iterator[str]:
        """Yield the findings of an exam: each lesion with its attributes, then its other facts."""
        for index, lesion in enumerate(exam.lesions):
            yield "\n".join(self._lesion(Subject(at, index), lesion))
        grades = self._grades.get(Subject(at), {})
        yield "\n".join(
            line
            for fact in exam.facts.values()
            if fact.state is not None and not _told_within(fact, exam)
            for line in (*self._fact(fact), *_indented(_known(grades, fact.concept)))
        )

    def patient(self) -> str:
        """Return what is said of the patient and of no exam, with its dates; empty for nothing."""
        case = self.graded.case
        facts = (fact for fact in case.facts.values() if fact.state is not None)
        lines = [line for fact in facts for line in self._fact(fact)]
        for statement in (*case.pressures, *case.punctures, *case.patches):
            said = [self._said(statement), *(self._part(p) for p in statement.parts)]
            when = statement.date or statement.exam.date
            dated = f" ({when})" if when else ""
            words = self.comma.join(filter(None, said))
            lines.append(f"{self.label(statement.concept)}: {words}{dated}")
        return "\n".join((self.pick("patient"), *lines)) if lines else ""

    def headline(self, index: int) -> str:
        """Return a conclusion and its strongest reason."""
        return "\n".join(
            text.summary(
                self.graded, self.graded.conclusions[index], self.terms, self.lang
            ).split("\n")[:2]
        )  # fmt: skip

    def trail(self, index: int) -> str:
        """Return why a conclusion is what it is, step by step."""
        conclusion = self.graded.conclusions[index]
        lines = text.trail(self.graded, conclusion, self.terms, self.lang)
        return "\n".join((text.condition(conclusion, self.lang), *lines))

    def missing(self, index: int) -> str:
        """Return every way to a higher grade of a conclusion; empty where there is none."""
        conclusion = self.graded.conclusions[index]
        found = (text.missing(self.graded, m, self.terms, self.lang) for m in conclusion.missing)
        return self._list("missing", found, text.condition(conclusion, self.lang))

    def cautions(self) -> str:
        """Return the cautions of conclusions and findings, each once."""
        found = [c for conclusion in self.graded.conclusions for c in conclusion.cautions]
        found += [c for finding in self.graded.findings for c in finding.cautions]
        return self._list("cautions", (text.note(c, self.lang) for c in found))

    def frame(self) -> Iterator[str]:
        """Yield the notes, what was not used, and what the grades depend on."""
        graded = self.graded
        if graded.not_given:
            kinds = self.comma.join(map(self.label, graded.not_given))
            yield f"{self.pick('not-given')}: {kinds}"
        if graded.interval is not None:
            days = text.pick((f"{graded.interval}日", f"{graded.interval} days"), self.lang)
            yield f"{self.pick('interval')}: {days}"
        yield from text.notes(graded, self.terms, self.lang)
        kept = self._list("unmapped", map(_evidence, graded.case.unmapped))
        if kept:
            yield kept
        # An information is of no use to who reads the report: it changes nothing in it.
        told = (i for i in graded.case.issues if i.severity != "information")
        found = self._list("told", (f"{i.code}: {i.diagnostics}" for i in told))
        if found:
            yield found
        policy = " ".join(f"{name}={value}" for name, value in graded.policy.items())
        yield f"{self.pick('policy')}: {policy}"
        versions = graded.versions
        yield (
            f"{self.pick('criteria')} {versions.get('criteria', '')}, "
            f"csfleak-adapter {versions.get('software', '')}, "
            f"mappings {versions.get('mappings', '')[:12]}"
        )

    def _lesion(self, of: Subject, lesion: Lesion) -> Iterator[str]:
        """Yield what a lesion is and where, its attributes, and its grade."""
        own = [lesion.facts.get(c) or Fact(concept=c) for c in lesion.concepts]
        place = [text.site(lesion.site, self.terms, self.lang)]
        if lesion.laterality:
            place.append(self.label(lesion.laterality))
        said = self.comma.join(line for fact in own for line in self._fact(fact))
        yield f"{said} [{self.comma.join(place)}]"
        for fact in lesion.facts.values():
            if fact.state is not None and fact.concept not in lesion.concepts:
                yield from _indented(self._fact(fact))
        yield from _indented(dict.fromkeys(self._grades.get(of, {}).values()))

    def _fact(self, fact: Fact) -> Iterator[str]:
        """Yield a fact, its measures and words, and what is said of it in detail."""
        own = [s for s in fact.statements if s.concept == fact.concept]
        measured = [_quantity(s.quantity) for s in own if s.quantity is not None]
        dates = dict.fromkeys(s.date for s in own if s.date and s.date != s.exam.date)
        words = [
            text.state(fact, self.terms, self.lang),
            *dict.fromkeys(measured),
            *dict.fromkeys(" / ".join(s.text.splitlines()) for s in own if s.text),
        ]
        dated = f" ({self.comma.join(dates)})" if dates else ""
        yield f"{self.label(fact.concept)}: {self.comma.join(words)}{dated}"
        parts = dict.fromkeys(
            f"{self.label(part.concept)}: {said}"
            for statement in own
            if self.terms[fact.concept].kind == "exam"
            for part in statement.parts
            if (said := self._said(part))
        )
        yield from _indented(parts)

    def _part(self, statement: Statement) -> str:
        return f"{self.label(statement.concept)} {self._said(statement)}".strip()

    def _said(self, statement: Statement) -> str:
        """Return what a statement says: its number, its coded value, else its state."""
        if statement.quantity is not None:
            return _quantity(statement.quantity)
        fact = Fact(
            concept=statement.concept,
            state=statement.state,
            value=statement.value,
            statements=(statement,),
        )
        return text.state(fact, self.terms, self.lang)

    def _grade(self, established: str, possible: str) -> str:
        words = text.grade(established, self.terms, self.lang)
        if possible != established:
            most = text.grade(possible, self.terms, self.lang)
            words += f" ({self.pick('possible')}: {most})"
        return f"{self.label('finding-grade')}: {words}"

    def _list(self, name: str, lines: Iterable[str], of: str = "") -> str:
        unique = dict.fromkeys(lines)
        title = self.pick(name) + (f" ({of})" if of else "")
        return "\n".join((title, *(f"- {line}" for line in unique))) if unique else ""


def _evidence(one: Unmapped) -> str:
    """Return what no term stands for, as it came."""
    names = (_code(name) for name in one.names)
    name = one.label or next(filter(None, names), "")
    number = " ".join(filter(None, (one.comparator, one.number, _code(one.unit))))
    said = (
        *map(_code, one.codes), " / ".join(one.text.splitlines()), number if one.number else "",
        one.date, one.time, one.uid, one.reason,
    )  # fmt: skip
    return ": ".join(filter(None, (name, ", ".join(filter(None, said)))))


def _code(code: Coded | None) -> str:
    return (code.meaning or code.code) if code is not None else ""


def _told_within(fact: Fact, exam: Exam) -> bool:
    """Return whether a fact is but a detail of another of the exam, and told there."""
    parts = [p for f in exam.facts.values() for s in f.statements for p in s.parts]
    return bool(fact.statements) and all(s in parts for s in fact.statements)


def _known(grades: dict[str, str], concept: str) -> Iterable[str]:
    return (grades[concept],) if concept in grades else ()


def _indented(lines: Iterable[str]) -> Iterator[str]:
    return ("  " + line for line in lines)


def _quantity(quantity: Quantity) -> str:
    return " ".join(filter(None, (quantity.comparator, quantity.value, quantity.unit)))
