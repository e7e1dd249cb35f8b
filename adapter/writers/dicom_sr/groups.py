"""Exams, lesions, dural enhancements and pressures to Measurement Groups.

Source: contract section 3; DICOM PS3.16 TID 1501.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from adapter.model import Case, Exam, Lesion, Site, Statement, Unmapped
from adapter.sr.content import Item, Number
from adapter.writers import ids, kept
from adapter.writers.dicom_sr import evaluations, items, unmapped
from adapter.writers.dicom_sr.items import CONTEXT, MODIFIER, Codes
from adapter.writers.dicom_sr.pictures import Pictures

Grades = Callable[[int, int | None, str], tuple[Item, ...]]
"""Exam, lesion and concept to the grade items of their group."""

_COMPARATORS = ("", "<", "<=", ">", ">=")


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """What a case comes to: ``groups`` of 126010, and ``facts`` of the root container."""

    groups: tuple[Item, ...]
    facts: tuple[Item, ...]


class Builder:
    """Makes the groups of one case; ``base`` is the text that new tracking UIDs come from."""

    def __init__(
        self, case: Case, codes: Codes, base: str, grades: Grades, pictures: Pictures
    ) -> None:
        self.case = case
        self.codes = codes
        codes.unread = kept.unread(case)
        self.base = base
        self.grades = grades
        self.pictures = pictures
        self.uids = {uid: self._written(uid) for uid in _mentioned(case)}
        self.counts: dict[str, int] = {}
        self.evidence: dict[str, list[Unmapped]] = {}

    def content(self) -> Content:
        """Return the groups and root facts of the case."""
        groups: list[Item] = []
        facts: list[Item] = []
        exams = {
            at: self._exam_uid(at, exam)
            for at, exam in enumerate(self.case.exams)
            if needs_group(exam, self.case, self.codes) or any(self._shown(exam))
        }
        places = unmapped.places(self.case, exams, self.codes, self._uid("numbers"))
        self.evidence = places.lesions
        for at, exam in enumerate(self.case.exams):
            own = exams.get(at, "")
            children = list(self._facts(exam, own))
            children += unmapped.evidence(places.exams.get(at, ()), self.codes)
            children += self._shown(exam)
            if own:
                groups.append(self._exam(exam, own, children))
            else:
                facts += children
            groups += self._dural(at, exam, own)
            groups += (g for i, n in enumerate(exam.lesions) for g in self._lesion(at, i, n, own))
        groups += (self._pressure(at, one) for at, one in enumerate(self.case.pressures))
        groups += (
            self._group("", uid, unmapped.evidence(found, self.codes), "")
            for uid, found in places.groups.items()
        )
        facts += self._patient()
        facts += unmapped.evidence(places.root, self.codes, numbers=False)
        return Content(groups=tuple(groups), facts=tuple(facts))

    def _patient(self) -> Iterator[Item]:
        stated = [s for fact in self.case.facts.values() for s in evaluations.said(fact)]
        yield from evaluations.evaluations(
            [*stated, *self.case.punctures, *self.case.patches], self.codes, evaluations.observed
        )

    def _facts(self, exam: Exam, own: str) -> Iterator[Item]:
        """Yield an exam's facts: those of a dural enhancement that has details apart."""
        stated = [
            s
            for fact in exam.facts.values()
            for s in evaluations.said(fact)
            if not _is_detail(s, exam) and not (s.concept == "dural-enhance" and _detailed(exam))
        ]
        around = evaluations.date_of(exam)

        def apart(statement: Statement) -> str:
            when = evaluations.observed(statement)
            return "" if when == around else when

        yield from evaluations.evaluations(
            stated, self.codes, apart if own else evaluations.of_exam
        )

    def _shown(self, exam: Exam) -> Iterator[Item]:
        """Yield the images that an exam's facts rest on, those of a dural enhancement apart."""
        return self.pictures.of(
            s
            for fact in exam.facts.values()
            if not (fact.concept == "dural-enhance" and _detailed(exam))
            for s in fact.statements
            if not _is_detail(s, exam)
        )

    def _exam(self, exam: Exam, uid: str, children: Iterable[Item]) -> Item:
        codes = self.codes
        method = items.coded(codes("measurement-method"), codes(exam.method), MODIFIER)
        places = (items.text(codes("institution"), place) for place in exam.institutions)
        when = evaluations.date_of(exam)
        return self._group(exam.kind, uid, (method, *places, *children), when)

    def _dural(self, at: int, exam: Exam, own: str) -> Iterator[Item]:
        """Yield a group for the dural enhancement of an exam, where its details are said."""
        fact = exam.facts.get("dural-enhance")
        if fact is None or not _detailed(exam):
            return
        by_date: dict[str, list[Statement]] = {}
        for statement in evaluations.said(fact):
            when = (evaluations.observed if own else evaluations.of_exam)(statement)
            by_date.setdefault(when, []).append(statement)
        for when, statements in by_date.items():
            uid = self._uid("dural-enhance", str(at), when)
            details = [part for statement in statements for part in statement.parts]
            children = (
                *self._exam_ref(own),
                *evaluations.evaluations(statements, self.codes, evaluations.undated),
                *evaluations.evaluations(details, self.codes, evaluations.undated),
                *self.pictures.of(statements),
                *self.grades(at, None, "dural-enhance"),
            )
            yield self._group("dural-enhance", uid, children, when)

    def _lesion(self, at: int, index: int, lesion: Lesion, own: str) -> Iterator[Item]:
        """Yield a group for each concept, site and side that is said of one lesion.

        Several share the lesion's tracking UID: differing sites are found again as such.
        """
        uid = self.uids[lesion.uid] if lesion.uid else self._uid("lesion", str(at), str(index))
        said: dict[tuple[object, ...], list[Statement]] = {}
        for statement in evaluations.of_lesion(lesion):
            key = (statement.concept, _place(statement.site), statement.laterality)
            said.setdefault(key, []).append(statement)
        for statements in said.values():
            first = statements[0]
            observed = map(evaluations.observed if own else evaluations.of_exam, statements)
            when = min(filter(None, observed), default="")
            parts = [part for statement in statements for part in statement.parts]
            children = (
                *self._site(first),
                *self._exam_ref(own),
                *evaluations.evaluations(statements, self.codes, evaluations.undated),
                *evaluations.evaluations(parts, self.codes, evaluations.undated),
                *self._same_site(statements),
                *unmapped.evidence(self.evidence.pop(lesion.uid or "", ()), self.codes),
                *self.pictures.of(statements),
                *self.grades(at, index, first.concept),
            )
            yield self._group(first.concept, uid, children, when)

    def _site(self, statement: Statement) -> Iterator[Item]:
        """Yield Finding Sites, each with the side; words where no code could be read from them."""
        codes, site, side = self.codes, statement.site, statement.laterality
        name = codes("finding-site")
        sides = (items.coded(codes("laterality"), codes(side), MODIFIER),) if side else ()
        stated = codes.terms.site_terms(site) if site is not None else ()
        for term in stated:
            yield items.coded(name, codes(term.name), MODIFIER, children=sides)
        words = _unread(site)
        if words:
            yield items.text(name, words, MODIFIER)
        if side and not stated:
            yield items.coded(codes("laterality"), codes(side))

    def _same_site(self, statements: Iterable[Statement]) -> Iterator[Item]:
        for uid in sorted({uid for s in statements for uid in s.same_site}):
            yield items.text(self.codes("same-site"), self.uids[uid])

    def _exam_ref(self, own: str) -> tuple[Item, ...]:
        return (items.text(self.codes("exam-ref"), own),) if own else ()

    def _pressure(self, at: int, statement: Statement) -> Item:
        """Return a pressure's group: NUM, its comparator, and the posture."""
        codes, quantity = self.codes, statement.quantity
        name = codes("csf-pressure")
        if quantity is None or quantity.comparator not in _COMPARATORS:
            children = [items.coded(name, codes(evaluations.value(statement)))]
        else:
            children = [items.number(name, Number(quantity.value, codes.unit(quantity.unit)))]
            if quantity.comparator:
                children.append(items.text(name, quantity.comparator))
        children += evaluations.evaluations(statement.parts, codes, evaluations.undated)
        uid = self._uid("csf-pressure", str(at))
        return self._group("csf-pressure", uid, children, evaluations.observed(statement))

    def _group(self, concept: str, uid: str, children: Iterable[Item], when: str) -> Item:
        """Return a group; one of evidence alone has no concept, and no Finding."""
        codes = self.codes
        count = self.counts[concept] = self.counts.get(concept, 0) + 1
        name = f"{concept or 'not-mapped'}-{count}"
        return items.container(
            codes("measurement-group"),
            (
                items.text(codes("tracking-identifier"), name, CONTEXT),
                items.uidref(codes("tracking-uid"), uid),
                *([items.coded(codes("finding"), codes(concept))] if concept else []),
                *children,
            ),
            template="1501",
            observed=when,
        )

    def _exam_uid(self, at: int, exam: Exam) -> str:
        """Return an exam group's tracking UID: the one it came with, where it is one."""
        known = next((group for group in exam.groups if items.is_uid(group)), None)
        return known or self._uid("exam", str(at))

    def _uid(self, *kind: str) -> str:
        return ids.uid(self.base, *kind)

    def _written(self, uid: str) -> str:
        return uid if items.is_uid(uid) else self._uid("tracking", uid)


def needs_group(exam: Exam, case: Case, codes: Codes) -> bool:
    """Return whether an exam is written as a group of its own, and not by its facts alone."""
    return (
        sum(other.kind == exam.kind for other in case.exams) > 1
        or bool(exam.institutions)
        or exam.method != exam.kind
        or any(len(codes.terms[c].exams) != 1 or "any" in codes.terms[c].exams
               for c in exam.facts if codes.terms[c].kind == "exam")
        or any(s.quantity is not None and not _is_detail(s, exam)
               for fact in exam.facts.values() for s in fact.statements)
    )  # fmt: skip


def _is_detail(statement: Statement, exam: Exam) -> bool:
    """Return whether a statement is a part of the exam's dural enhancement."""
    fact: Mapping[str, object] = exam.facts
    return "dural-enhance" in fact and any(
        statement == part for s in exam.facts["dural-enhance"].statements for part in s.parts
    )


def _detailed(exam: Exam) -> bool:
    fact = exam.facts.get("dural-enhance")
    return fact is not None and any(s.parts for s in fact.statements)


def _mentioned(case: Case) -> Iterator[str]:
    """Yield every tracking UID that lesions have or refer to."""
    for exam in case.exams:
        for lesion in exam.lesions:
            yield from (*((lesion.uid,) if lesion.uid else ()), *lesion.same_site)
            yield from (uid for s in lesion.statements for uid in s.same_site)


def _place(site: Site | None) -> tuple[object, ...]:
    return () if site is None else (site.levels, site.named, site.text * (not site.stated))


def _unread(site: Site | None) -> str:
    """Return the words of a site that no code stands for."""
    if site is None:
        return ""
    words = "; ".join(part for part in site.unreadable if part)
    return words if site.stated else site.text or words
