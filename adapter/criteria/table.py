"""The criteria as implemented, one row a rule: what a page or a check lists.

Each row says what its rule is asked of, and which concepts it asks for; the rules themselves stand
in `csf_leak_2011`, `same_site`, `csf_leak` and `intracranial_hypotension_2011`.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from adapter.criteria import csf_leak, findings, same_site
from adapter.criteria import intracranial_hypotension_2011 as hypotension
from adapter.criteria.csf_leak_2011 import EXAM_FINDINGS, RULES
from adapter.criteria.logic import Condition, ExamFinding, Rule, View
from adapter.criteria.policy import Policy
from adapter.model import Fact, Grade, Subject

_ASKED = {
    "headache": ("ortho-headache",),
    "dural": ("dural-enhance", *hypotension.DURAL_DETAILS),
    "pressure": ("csf-pressure", "posture"),
    "signs": tuple(hypotension.REFERENCE_SIGNS),
    "exclusion": hypotension.EXCLUSIONS,
}
"""The concepts behind what the conclusion on hypotension asks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One rule. ``of`` is an exam kind for a finding's rule, else the condition it concludes;
    ``text_open`` are numbers of criteria section 8, ``policies`` the values of ``ctm_confirmed``
    it belongs to, ``concepts`` what it asks for.
    """

    id: str
    section: str
    of: str
    grade: str
    ja: str
    en: str
    text_open: tuple[int, ...] = ()
    policies: tuple[str, ...] = ()
    concepts: tuple[str, ...] = ()


def rows() -> tuple[Row, ...]:
    """Return every rule that can stand in a trail, in the order of the criteria."""
    return (*_leak_findings(), *_leak(), *_brain_findings(), *_hypotension())


def concepts() -> tuple[str, ...]:
    """Return every concept that a rule asks for, each once."""
    return tuple(dict.fromkeys(c for row in rows() for c in row.concepts))


def _leak_findings() -> Iterator[Row]:
    for kind, rules in RULES.items():
        for rule in rules:
            yield _of_rule(rule, kind)
        yield from _without_grade(rules[0], kind)
        for concept, finding in EXAM_FINDINGS[kind].items():
            yield _of_exam(concept, finding, kind, csf_leak.CONDITION)


def _brain_findings() -> Iterator[Row]:
    for rule in hypotension.DURAL:
        yield _of_rule(rule, "brain-mri")
    yield from _without_grade(hypotension.DURAL[0], "brain-mri")
    every = {**hypotension.REFERENCE_SIGNS, **hypotension.NEVER_COUNTED}
    for concept, finding in every.items():
        yield _of_exam(concept, finding, "brain-mri", "hypotension")


def _of_rule(rule: Rule, kind: str) -> Row:
    return Row(
        id=rule.id,
        section=rule.section,
        of=kind,
        grade=rule.grade.value,
        ja=rule.ja,
        en=rule.en,
        text_open=rule.text_open,
        policies=rule.policies,
        concepts=_asked(rule.when),
    )


def _without_grade(rule: Rule, kind: str) -> Iterator[Row]:
    """Yield the two steps that say why a finding has no grade."""
    family = rule.id.rsplit(".", 1)[0]
    for end, (ja, en) in (("open", findings.OPEN), ("none", findings.NOTHING)):
        yield Row(id=f"{family}.{end}", section=rule.section, of=kind,
                  grade=Grade.NONE.value, ja=ja, en=en)  # fmt: skip


def _of_exam(concept: str, finding: ExamFinding, kind: str, condition: str) -> Row:
    return Row(
        id=findings.exam_rule(condition, finding, concept),
        section=finding.section,
        of=kind,
        grade=finding.grade.value,
        ja=finding.ja,
        en=finding.en,
        concepts=(concept,),
    )


def _leak() -> Iterator[Row]:
    condition = csf_leak.CONDITION
    alone = {
        grade: Row(id=rule, section=same_site.SECTION, of=condition, grade=grade.value, ja=ja,
                   en=en, text_open=(11,) if grade is Grade.SUSPECTED else ())
        for grade, (rule, ja, en) in csf_leak.ALONE.items()
    }  # fmt: skip
    yield alone[Grade.CONFIRMED]
    yield alone[Grade.DEFINITE]
    yield Row(
        id=same_site.RULE,
        section=same_site.SECTION,
        of=condition,
        grade=Grade.DEFINITE.value,
        ja=same_site.WORDS[0],
        en=same_site.WORDS[1],
        text_open=(13,),
        concepts=("same-site",),
    )
    yield alone[Grade.SUSPECTED]
    yield from _no_grade("csf-leak.5", csf_leak.NO_GRADE, condition, same_site.SECTION)


def _hypotension() -> Iterator[Row]:
    for rule in hypotension.CONCLUSIONS:
        yield Row(
            id=rule.id,
            section=hypotension.SECTION,
            of=hypotension.CONDITION,
            grade=rule.grade.value,
            ja=rule.ja,
            en=rule.en,
            text_open=rule.text_open,
            concepts=tuple(c for name in rule.asks for c in _ASKED[name]),
        )
    yield from _no_grade("hypotension.4", hypotension.NO_GRADE, hypotension.CONDITION,
                         hypotension.SECTION)  # fmt: skip


def _no_grade(
    family: str, words: Mapping[str, tuple[str, str]], condition: str, section: str
) -> Iterator[Row]:
    for code, (ja, en) in words.items():
        yield Row(id=f"{family}.{code}", section=section, of=condition, grade=code, ja=ja, en=en)


class _Recorder(dict[str, Fact]):
    """Facts that nobody stated, which remembers what it was asked for."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: dict[str, None] = {}

    def get(self, key: str, default: object = None) -> None:  # type: ignore[override]
        self.asked[key] = None


def _asked(condition: Condition) -> tuple[str, ...]:
    """Return the concepts that a condition looks at, in order; a site is none."""
    facts = _Recorder()
    condition(View(Policy(), Subject(0), facts))
    return tuple(facts.asked)
