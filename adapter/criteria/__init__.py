"""A case to its grades: pure, and the same for the same case and policy.

``CRITERIA`` lists the editions; `grade` applies the one of 2011-10-14.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from adapter.criteria import csf_leak, intracranial_hypotension_2011
from adapter.criteria.cautions import (
    hypotension_cautions,
    interval,
    preliminary_caution,
    salvaged_caution,
    time_cautions,
)
from adapter.criteria.evidence import Given, given
from adapter.criteria.notes import report_notes
from adapter.criteria.policy import CHOICES, Policy, policy
from adapter.model import KINDS, NO_GRADE, Case, Conclusion, Finding, Graded, Note, Subject

__all__ = ["CHOICES", "CRITERIA", "Policy", "grade", "policy"]

CRITERIA = {"2011-10-14": "criteria-2011"}
"""Editions by date, with the code that names each."""

DEFAULT = Policy()
SALVAGED = "salvaged"
"""Code of the issue that says a document was read in part (``--salvage``)."""

LEAK_EXAMS = ("spinal-mri", "ri-cisternogram", "ct-myelography")


def grade(
    case: Case, policy: Policy = DEFAULT, versions: Mapping[str, str] | None = None
) -> Graded:
    """Return the graded case: every finding, both conclusions, the trail of each.

    Parameters
    ----------
    case : Case
    policy : Policy
        Printed in the result.
    versions : mapping, optional
        Software version and mappings digest to report beside the criteria's edition.

    Returns
    -------
    Graded
        For any case: without a usable fact both conclusions are 判定不能.
    """
    exams = given(case)
    of_leak = [e for e in exams if e.exam.kind in LEAK_EXAMS]
    of_brain = [e for e in exams if e.exam.kind == "brain-mri"]
    lesions, others = csf_leak.grade_findings(of_leak, policy)
    brain = intracranial_hypotension_2011.grade_findings(of_brain, policy)
    findings = _in_order([*(g.finding for g in lesions), *others, *brain])
    leak = csf_leak.conclude(lesions, bool(of_leak), policy)
    hypotension = intracranial_hypotension_2011.conclude(case, of_brain, policy)
    return Graded(
        case=case,
        findings=tuple(findings),
        conclusions=(
            _completed(leak, case, findings, [*leak.cautions, *time_cautions(of_leak, (), case)]),
            _completed(hypotension, case, findings, _hypotension_cautions(
                case, of_brain, hypotension)),
        ),
        policy=policy.printed(),
        notes=tuple(report_notes(case, exams, findings)),
        given=tuple(k for k in KINDS if any(e.exam.kind == k for e in exams)),
        not_given=tuple(k for k in KINDS if not any(e.exam.kind == k for e in exams)),
        interval=interval(exams),
        versions={"criteria": next(iter(CRITERIA)), **(versions or {})},
    )  # fmt: skip


def _hypotension_cautions(case: Case, exams: Sequence[Given], conclusion: Conclusion) -> list[Note]:
    return [
        *hypotension_cautions(case, exams, conclusion.established),
        *time_cautions(exams, case.pressures, case),
    ]


def _in_order(findings: Sequence[Finding]) -> list[Finding]:
    """Return the findings by exam, lesions before exam facts, as the case lists them."""

    def key(finding: Finding) -> tuple[int, bool, int]:
        subject = finding.subject
        lesion = subject.lesion
        return (
            -1 if subject.exam is None else subject.exam,
            lesion is None,
            lesion if lesion is not None else 0,
        )

    return sorted(findings, key=key)


def _completed(
    conclusion: Conclusion, case: Case, findings: Sequence[Finding], cautions: Sequence[Note]
) -> Conclusion:
    """Return the conclusion with its cautions, what it rests on, and whether inputs are missing."""
    subjects = _subjects(conclusion)
    rests = tuple(i for i, f in enumerate(findings) if (f.subject, f.concept) in subjects)
    of_findings = [c for i in rests for c in findings[i].cautions]
    completed = replace(
        conclusion,
        cautions=tuple(dict.fromkeys([*of_findings, *cautions, *preliminary_caution(case)])),
        rests_on=rests,
        incomplete=case.incomplete,
    )
    return _salvaged(completed) if any(i.code == SALVAGED for i in case.issues) else completed


def _salvaged(conclusion: Conclusion) -> Conclusion:
    """Return what a conclusion from half a document comes to: always 判定保留.

    ``possible`` is what the whole findings could give; where that is nothing, the lost part still
    could be anything.
    """
    could = conclusion.possible
    return replace(
        conclusion,
        established="withheld",
        possible="confirmed" if could in NO_GRADE else could,
        cautions=(*conclusion.cautions, salvaged_caution()),
    )


def _subjects(conclusion: Conclusion) -> set[tuple[Subject, str]]:
    """Return the (subject, concept) pairs of the findings a conclusion's trail uses."""
    steps = [s for top in conclusion.trail for s in (top, *top.steps)]
    if conclusion.condition == csf_leak.CONDITION:
        concepts = ("epi-fluid", "float-dural-sac", "ri-epidural", "ctm-epidural")
        return {(s.subject, c) for s in steps if s.subject.lesion is not None for c in concepts}
    return {(u.subject, u.fact.concept) for s in steps for u in s.used}
