"""Conditions with reasons: what a rule asks, whether it holds, why, and what is missing.

A condition looks at a `View` and returns an `Answer`. One evaluation serves both grades: what HOLDS
is established, what HOLDS or is OPEN is possible. Undocumented facts (silence, indeterminate, not
assessed) leave a condition OPEN, except where silence counts as read (criteria section 4).
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product

from adapter.criteria.policy import Policy
from adapter.model import Fact, Grade, Missing, Need, Site, State, Subject, Truth, Used

Needs = frozenset[Need]


@dataclass(frozen=True, slots=True)
class Answer:
    """``used`` are the facts that made the answer; ``missing`` the alternatives, each a set of
    facts that together would make an OPEN condition hold (empty for the other truths).
    """

    truth: Truth
    used: tuple[Used, ...] = ()
    missing: tuple[Needs, ...] = ()


@dataclass(frozen=True, slots=True)
class View:
    """What a condition sees: a lesion (or the place of one) within its exam, or an exam alone."""

    policy: Policy
    exam: Subject
    exam_facts: Mapping[str, Fact]
    lesion: Subject | None = None
    lesion_facts: Mapping[str, Fact] = field(default_factory=dict)
    site: Site | None = None
    of_lesion: frozenset[str] = frozenset()  # concepts that are facts of the lesion, not the exam

    def fact(self, concept: str) -> tuple[Subject, Fact]:
        """Return whose fact `concept` is, and the fact: without a state where nothing was said."""
        if self.lesion is not None and concept in self.of_lesion:
            return self.lesion, self.lesion_facts.get(concept) or Fact(concept=concept)
        return self.exam, self.exam_facts.get(concept) or Fact(concept=concept)


Condition = Callable[[View], Answer]


@dataclass(frozen=True, slots=True)
class Rule:
    """One sentence of the criteria. ``ja`` and ``en`` paraphrase it; ``text_open`` are numbers of
    criteria section 8; ``policies`` name the values of ``ctm_confirmed`` the rule belongs to.
    """

    id: str
    section: str
    grade: Grade
    when: Condition
    ja: str
    en: str
    text_open: tuple[int, ...] = ()
    policies: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ExamFinding:
    """What an exam fact is as a finding, where it is present: section, grade, and why in words."""

    section: str
    grade: Grade
    ja: str
    en: str


def present(concept: str) -> Condition:
    """Hold where `concept` is documented present, fail where absent."""
    return _stated(concept, State.PRESENT, State.ABSENT)


def absent(concept: str) -> Condition:
    """Hold where `concept` is documented absent: silence is not absence."""
    return _stated(concept, State.ABSENT, State.PRESENT)


def _stated(concept: str, wanted: State, contrary: State) -> Condition:
    def condition(view: View) -> Answer:
        subject, fact = view.fact(concept)
        return _answer(subject, fact, wanted, contrary)

    return condition


def _answer(subject: Subject, fact: Fact, wanted: State, contrary: State) -> Answer:
    used = (Used(subject, fact),)
    if fact.state is wanted:
        return Answer(Truth.HOLDS, used)
    if fact.state is contrary:
        return Answer(Truth.FAILS, used)
    return Answer(Truth.OPEN, used, (frozenset((Need(subject, fact.concept, wanted.value),)),))


def excluded(concept: str) -> Condition:
    """Hold where a mimic or confounder is absent, or as read where nothing is said of it."""
    return _as_read(concept, State.ABSENT, State.PRESENT)


def read(concept: str) -> Condition:
    """Hold where a sub-criterion is present, or as read where nothing is said of it."""
    return _as_read(concept, State.PRESENT, State.ABSENT)


def _as_read(concept: str, wanted: State, contrary: State) -> Condition:
    def condition(view: View) -> Answer:
        subject, fact = view.fact(concept)
        if fact.state is None and view.policy.exclusions == "as-read":
            return Answer(Truth.HOLDS, (Used(subject, fact, as_read=True),))
        return _answer(subject, fact, wanted, contrary)

    return condition


def coded(concept: str, value: str) -> Condition:
    """Hold where `concept` has the coded `value`, fail where it has another."""

    def condition(view: View) -> Answer:
        subject, fact = view.fact(concept)
        used = (Used(subject, fact),)
        if fact.state is State.PRESENT and fact.value is not None:
            return Answer(Truth.HOLDS if fact.value == value else Truth.FAILS, used)
        return Answer(Truth.OPEN, used, (frozenset((Need(subject, concept, value),)),))

    return condition


def noted(concept: str) -> Condition:
    """Hold always, and name what was said of `concept` in the trail."""

    def condition(view: View) -> Answer:
        subject, fact = view.fact(concept)
        return Answer(Truth.HOLDS, (Used(subject, fact),) if fact.state is not None else ())

    return condition


def without_value(concept: str) -> Condition:
    """Hold where no coded value of `concept` is documented."""

    def condition(view: View) -> Answer:
        subject, fact = view.fact(concept)
        stated = fact.state is State.PRESENT and fact.value is not None
        return Answer(Truth.FAILS if stated else Truth.HOLDS, (Used(subject, fact),))

    return condition


def all_of(*conditions: Condition) -> Condition:
    """Hold where all hold; fail, because of the failing ones, where one fails."""
    return lambda view: conjunction([condition(view) for condition in conditions])


def any_of(*conditions: Condition) -> Condition:
    """Hold where one holds, because of those that do; open where one could."""
    return lambda view: disjunction([condition(view) for condition in conditions])


def conjunction(answers: Sequence[Answer]) -> Answer:
    """Return the answer to "all of these"."""
    failing = [a for a in answers if a.truth is Truth.FAILS]
    if failing:
        return Answer(Truth.FAILS, _used(failing))
    opened = [a for a in answers if a.truth is Truth.OPEN]
    if not opened:
        return Answer(Truth.HOLDS, _used(answers))
    together = [frozenset[Need]().union(*sets) for sets in product(*(a.missing for a in opened))]
    return Answer(Truth.OPEN, _used(answers), fewest(together))


def disjunction(answers: Sequence[Answer]) -> Answer:
    """Return the answer to "one of these"; to none at all, FAILS."""
    holding = [a for a in answers if a.truth is Truth.HOLDS]
    if holding:
        return Answer(Truth.HOLDS, _used(holding))
    opened = [a for a in answers if a.truth is Truth.OPEN]
    if not opened:
        return Answer(Truth.FAILS, _used(answers))
    return Answer(Truth.OPEN, _used(opened), fewest(n for a in opened for n in a.missing))


def _used(answers: Iterable[Answer]) -> tuple[Used, ...]:
    found: dict[object, Used] = {}
    for used in (u for a in answers for u in a.used):
        found.setdefault(identity(used), used)
    return tuple(found.values())


def identity(used: Used) -> object:
    """Return what makes two used facts one: whose it is and of what; pressures are one by one."""
    several = used.fact.statements if used.fact.concept == "csf-pressure" else ()
    return used.subject, used.fact.concept, used.as_read, several


def fewest(sets: Iterable[Needs]) -> tuple[Needs, ...]:
    """Return the sets that contain no other one, smallest first, in a fixed order."""
    kept: list[Needs] = []
    for one in sorted(set(sets), key=order):
        if not any(other <= one for other in kept):
            kept.append(one)
    return tuple(kept)


def order(needs: Needs) -> tuple[object, ...]:
    """Return the key that lists sets of needs: fewest first, then by subject and concept."""
    return len(needs), sorted(map(need_order, needs))


def need_order(need: Need) -> tuple[int, int, str, str]:
    """Return the key that lists needs: by exam, lesion (the patient's last), concept."""
    exam = 99 if need.subject.exam is None else need.subject.exam
    lesion = -2 if need.subject.lesion is None else need.subject.lesion
    return exam, lesion, need.concept, need.wanted


def missing(options: Iterable[tuple[str, int, Needs]], above: int) -> tuple[Missing, ...]:
    """Return what would bring a grade ranked over `above`, fewest facts first.

    `options` are (grade, rank, needs). One that brings no more than a smaller set is left out.
    """
    kept: list[tuple[int, Needs]] = []
    result: list[Missing] = []
    ranked = sorted({o for o in options if o[1] > above}, key=lambda o: (order(o[2]), -o[1]))
    for grade, rank, needs in ranked:
        if not any(r >= rank and other <= needs for r, other in kept):
            kept.append((rank, needs))
            result.append(Missing(grade, tuple(sorted(needs, key=need_order))))
    return tuple(result)
