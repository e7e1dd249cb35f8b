"""A case to what the rules look at: the exams that were given, with what their facts imply.

Source: criteria section 4 (when an exam is given, ``nothing-else``), section 1 A (no contrast).
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from adapter.criteria.logic import View
from adapter.criteria.policy import Policy
from adapter.model import Case, Exam, Fact, Lesion, State, Subject

UNSTATED = -1
"""Index of the lesion that a given exam says nothing on."""

ABNORMAL: Mapping[str, tuple[str, ...]] = {
    "spinal-mri": ("subdural-fluid",),
    "ri-cisternogram": ("circ-failure", "early-bladder"),
    "ct-myelography": ("ctm-subdural",),
    "brain-mri": (
        "dural-enhance", "subdural-effus", "venous-plexus", "tonsil-descent", "brainstem-flat",
        "pituitary-large", "other-brain",
    ),
}  # fmt: skip
"""The exam facts that ``nothing-else`` makes absent where nothing is said of them."""

LESION_FACTS: Mapping[str, frozenset[str]] = {
    "spinal-mri": frozenset((
        "epi-fluid", "float-dural-sac", "enhancement", "sas-continuity",
        "mimic-venous", "mimic-lymph", "mimic-perineural", "mimic-sleeve",
    )),
    "ri-cisternogram": frozenset((
        "ri-epidural", "ri-pattern", "ri-lateral-view",
        "mimic-kidney", "mimic-venous", "mimic-perineural", "mimic-sleeve",
    )),
    "ct-myelography": frozenset((
        "ctm-epidural", "puncture-cont", "dural-defect", "leak-site", "sas-continuity",
    )),
}  # fmt: skip
"""The facts that belong to a lesion of each kind of exam, never to the exam or another lesion."""

DURAL_ENHANCEMENT = (
    "dural-enhance", "dde-symmetric", "falx-tentorium", "extent-3cm", "above-cortex",
)  # fmt: skip
"""Statements on enhancement of the dura; thickening is none (criteria section 1 A)."""


@dataclass(frozen=True, slots=True)
class Given:
    """An exam that was given: its index in the case, and its facts with what they imply."""

    index: int
    exam: Exam
    facts: Mapping[str, Fact]
    lesions: tuple[tuple[int, Lesion], ...]

    @property
    def subject(self) -> Subject:
        """The exam itself as the subject of facts."""
        return Subject(self.index)


def given(case: Case) -> tuple[Given, ...]:
    """Return the exams of a case that count as given, in the case's order."""
    return tuple(_implied(index, exam) for index, exam in enumerate(case.exams) if _is_given(exam))


def _is_given(exam: Exam) -> bool:
    """Return whether a fact of the exam is stated; "not evaluated" states none."""
    facts = [*exam.facts.values(), *(f for lesion in exam.lesions for f in lesion.facts.values())]
    return any(f.state not in (None, State.NOT_ASSESSED) for f in facts)


def _implied(index: int, exam: Exam) -> Given:
    facts = dict(exam.facts)
    nothing_else = facts.get("nothing-else")
    complete = nothing_else is not None and nothing_else.state is State.PRESENT
    if complete and nothing_else is not None:
        for concept in ABNORMAL[exam.kind]:
            facts.setdefault(concept, _absent(concept, nothing_else))
    lesions = [(i, x) for i, x in enumerate(exam.lesions) if _is_lesion(x)]
    if not lesions and not complete and exam.kind in LESION_FACTS:
        lesions = [(UNSTATED, Lesion(concepts=()))]
    contrast = facts.get("contrast-given")
    if contrast is not None and contrast.state is State.ABSENT:
        facts = _without_contrast(facts, DURAL_ENHANCEMENT, contrast)
        lesions = [
            (i, replace(x, facts=_without_contrast(x.facts, ("enhancement",), contrast)))
            for i, x in lesions
        ]
    return Given(index, exam, facts, tuple(lesions))


def _absent(concept: str, nothing_else: Fact) -> Fact:
    return Fact(
        concept=concept,
        state=State.ABSENT,
        statements=nothing_else.statements,
        why="nothing-else",
    )


def _is_lesion(lesion: Lesion) -> bool:
    """Return whether the lesion's statements say anything of a lesion.

    A floating dural sac sign that is absent says nothing of fluid (criteria section 1 A).
    """
    sac = lesion.facts.get("float-dural-sac")
    return not (
        lesion.concepts == ("float-dural-sac",) and sac is not None and sac.state is State.ABSENT
    )


def _without_contrast(
    facts: Mapping[str, Fact], concepts: Iterable[str], contrast: Fact
) -> dict[str, Fact]:
    """Return `facts` with statements on enhancement made indeterminate, both statements kept."""
    changed = dict(facts)
    for concept in concepts:
        fact = facts.get(concept)
        if fact is not None and fact.state in (State.PRESENT, State.ABSENT):
            changed[concept] = replace(
                fact,
                state=State.INDETERMINATE,
                value=None,
                statements=(*fact.statements, *contrast.statements),
                why="without-contrast",
            )
    return changed


def lesion_views(exam: Given, policy: Policy) -> Iterator[tuple[Subject, Lesion, View]]:
    """Yield each lesion of an exam with the view that rules get of it."""
    for index, lesion in exam.lesions:
        subject = Subject(exam.index, index)
        yield (
            subject,
            lesion,
            View(
                policy=policy,
                exam=exam.subject,
                exam_facts=exam.facts,
                lesion=subject,
                lesion_facts=lesion.facts,
                site=lesion.site,
                of_lesion=LESION_FACTS[exam.exam.kind],
            ),
        )


def exam_view(exam: Given, policy: Policy) -> View:
    """Return the view of an exam alone."""
    return View(policy=policy, exam=exam.subject, exam_facts=exam.facts)
