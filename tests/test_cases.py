"""The case files: what a clinician can read is what grading gives, and every rule is reached."""

import pytest

from adapter.criteria import csf_leak_2011, intracranial_hypotension_2011
from adapter.model import Grade, State, Truth
from tests import case_files

CASES = list(case_files.all_cases())
CONDITIONS = ("csf-leak", "intracranial-hypotension")
INPUT = {"name", "lesions", "facts", "exams", "pressures", "punctures", "patches", "studies"}
EXPECTED = {
    "findings",
    "cautions",
    "notes",
    "no-notes",
    "issues",
    "given",
    "interval",
    "provisional",
    "uses",
    "not-documented",
    "finding-missing",
    "finding-trail",
}
KEYS = INPUT | EXPECTED | {"policy", *CONDITIONS}
OF_CONCLUSION = {
    "established",
    "possible",
    "missing",
    "text-open",
    "rules",
    "provisional",
    "rests-on",
    "cautions",
    "uses",
    "trail",
}


OF_STATE = {
    State.PRESENT: Truth.HOLDS,
    State.ABSENT: Truth.FAILS,
    State.INDETERMINATE: Truth.OPEN,
    State.NOT_ASSESSED: Truth.OPEN,
}


def named(case):
    return f"{case[0]}: {case[1]['name']}"


@pytest.mark.parametrize("case", CASES, ids=named)
def test_case_comes_out_as_written(case):
    _, said = case
    graded = case_files.run(said)
    wrong = [*_conclusions(said, graded), *_others(said, graded)]
    assert not wrong, "\n".join(wrong)
    _check_trails(graded)


def _check_trails(graded):
    """Check that the truth of every trail agrees with what it comes to."""
    for conclusion in graded.conclusions:
        wanted = {"withheld": Truth.OPEN, "not-met": Truth.FAILS, "not-assessable": Truth.FAILS}
        truth = wanted.get(conclusion.established, Truth.HOLDS)
        assert {s.truth for s in conclusion.trail} == {truth}
        assert {s.grade for s in conclusion.trail} == {conclusion.established}
    of_all = [s for x in (*graded.findings, *graded.conclusions) for s in case_files.steps(x.trail)]
    for used in (u for step in of_all for u in step.used):
        assert used.fact.statements or used.fact.state is None, used.fact.concept
    for finding in graded.findings:
        for step in finding.trail:
            assert step.grade == finding.established.value
            assert step.subject == finding.subject
            if finding.established is not Grade.NONE:
                assert step.truth is Truth.HOLDS
            elif finding.possible is not Grade.NONE:
                assert step.truth is Truth.OPEN
            elif finding.subject.lesion is not None or finding.concept == "dural-enhance":
                assert step.truth is Truth.FAILS
            else:
                assert step.truth is OF_STATE[step.used[0].fact.state]


def _conclusions(said, graded):
    for condition in CONDITIONS:
        wanted = said.get(condition)
        if wanted is None:
            continue
        got = case_files.of_condition(graded, condition)
        outcome = {
            "established": got.established,
            "possible": got.possible,
            "missing": case_files.missing_lines(got.missing),
            "text-open": sorted(case_files.text_open(got)),
            "provisional": got.provisional,
            "cautions": sorted({n.code for n in got.cautions}),
            "uses": case_files.uses_of(got),
            "trail": [s.rule for s in got.trail],
            "rests-on": case_files.rests_on(graded, got),
        }
        expected = {"possible": wanted["established"], **wanted}
        for key, value in expected.items():
            if key == "rules":
                absent = set(value) - {s.rule for s in case_files.steps(got.trail)}
                if absent:
                    yield f"{condition}: the trail lacks {sorted(absent)}"
            elif outcome[key] != (sorted(value) if key == "uses" else value):
                yield f"{condition} {key}: {outcome[key]!r}, not {value!r}"


def _others(said, graded):
    notes = {n.code for n in graded.notes}
    outcome = {
        "findings": sorted(case_files.finding_line(graded, f) for f in graded.findings),
        "cautions": sorted(case_files.cautions(graded)),
        "issues": sorted({i.code for i in graded.case.issues}),
        "not-documented": sorted({c for f in graded.findings for c in f.not_documented}),
        "uses": sorted(case_files.uses(graded)),
        "given": list(graded.given),
        "interval": graded.interval,
        "provisional": sorted({f.concept for f in graded.findings if f.provisional}),
    }
    missing = [line for f in graded.findings for line in case_files.missing_lines(f.missing)]
    if said.get("finding-missing", missing) != missing:
        yield f"finding-missing: {missing!r}, not {said['finding-missing']!r}"
    trail = [s.rule for f in graded.findings for s in f.trail]
    if said.get("finding-trail", trail) != trail:
        yield f"finding-trail: {trail!r}, not {said['finding-trail']!r}"
    for key, got in outcome.items():
        wanted = sorted(said[key]) if isinstance(said.get(key), list) else said.get(key)
        shown = sorted(got) if isinstance(got, list) else got
        if key in said and shown != wanted:
            yield f"{key}: {got!r}, not {said[key]!r}"
    if not set(said.get("notes", ())) <= notes:
        yield f"notes: {sorted(notes)} lack some of {said['notes']}"
    if set(said.get("no-notes", ())) & notes:
        yield f"notes: {sorted(notes)} have some of {said['no-notes']}"


@pytest.mark.parametrize("case", CASES, ids=named)
def test_case_uses_known_keys_and_expects_something(case):
    _, said = case
    assert set(said) <= KEYS
    assert any(key in said for key in (*CONDITIONS, *EXPECTED))
    for condition in CONDITIONS:
        assert set(said.get(condition, {})) <= OF_CONCLUSION


def test_names_of_cases_are_unique():
    names = [case["name"] for _, case in CASES]
    assert len(names) == len(set(names))


def all_rules():
    lesions = [r.id for rules in csf_leak_2011.RULES.values() for r in rules]
    facts = [
        f"csf-leak.{row.section.replace('-', '')}.{concept}"
        for rows in csf_leak_2011.EXAM_FINDINGS.values()
        for concept, row in rows.items()
    ]
    signs = {
        **intracranial_hypotension_2011.REFERENCE_SIGNS,
        **intracranial_hypotension_2011.NEVER_COUNTED,
    }
    brain = [f"hypotension.{row.section[-1]}.{concept}" for concept, row in signs.items()]
    hypotension = [
        r.id
        for r in (*intracranial_hypotension_2011.DURAL, *intracranial_hypotension_2011.CONCLUSIONS)
    ]
    leak = ["csf-leak.1.confirmed", "csf-leak.2.definite", "csf-leak.3.same-site",
            "csf-leak.4.suspected"]  # fmt: skip
    none = [
        f"{start}.{code}"
        for start in ("csf-leak.5", "hypotension.4")
        for code in ("not-met", "withheld", "not-assessable")
    ]
    return {*lesions, *facts, *brain, *hypotension, *leak, *none}


def test_every_rule_is_reached_by_a_case():
    reached = set().union(*(case_files.rule_ids(case_files.run(case)) for _, case in CASES))
    assert all_rules() <= reached, sorted(all_rules() - reached)
