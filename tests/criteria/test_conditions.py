"""The small parts of grading: conditions and their reasons, exams given, pairs, measurements.

Source: criteria sections 1, 3 and 4.
"""

from dataclasses import replace

import pytest

from adapter.criteria import Policy, csf_leak, csf_leak_2011
from adapter.criteria.logic import (
    Answer,
    View,
    absent,
    all_of,
    any_of,
    coded,
    conjunction,
    disjunction,
    excluded,
    fewest,
    missing,
    need_order,
    noted,
    present,
    read,
    without_value,
)
from adapter.model import (
    Fact,
    Grade,
    Missing,
    Need,
    State,
    Subject,
    Truth,
    Used,
)

HOLDS, OPEN, FAILS = Truth.HOLDS, Truth.OPEN, Truth.FAILS
EXAM, LESION = Subject(0), Subject(0, 1)
A, B, C = (Need(EXAM, name, "present") for name in "abc")


def view(of_exam=None, of_lesion=None, exclusions="as-read"):
    facts = [
        {c: Fact(concept=c, state=s and State(s)) for c, s in (said or {}).items()}
        for said in (of_exam, of_lesion)
    ]
    return View(
        policy=Policy(exclusions=exclusions),
        exam=EXAM,
        exam_facts=facts[0],
        lesion=LESION,
        lesion_facts=facts[1],
        of_lesion=frozenset(("mine", "pattern")),
    )


STATES = ("present", "absent", "indeterminate", "not-assessed", None)
TRUTHS = [  # present, absent, indeterminate, not assessed, silence
    ("present", "as-read", (HOLDS, FAILS, OPEN, OPEN, OPEN)),
    ("present", "strict", (HOLDS, FAILS, OPEN, OPEN, OPEN)),
    ("absent", "as-read", (FAILS, HOLDS, OPEN, OPEN, OPEN)),
    ("absent", "strict", (FAILS, HOLDS, OPEN, OPEN, OPEN)),
    ("excluded", "as-read", (FAILS, HOLDS, OPEN, OPEN, HOLDS)),
    ("excluded", "strict", (FAILS, HOLDS, OPEN, OPEN, OPEN)),
    ("read", "as-read", (HOLDS, FAILS, OPEN, OPEN, HOLDS)),
    ("read", "strict", (HOLDS, FAILS, OPEN, OPEN, OPEN)),
]


@pytest.mark.parametrize(("name", "exclusions", "truths"), TRUTHS)
def test_what_each_state_makes_of_a_condition(name, exclusions, truths):
    condition = {"present": present, "absent": absent, "excluded": excluded, "read": read}[name]
    wanted = "absent" if name in ("absent", "excluded") else "present"
    for state, truth in zip(STATES, truths, strict=True):
        answer = condition("x")(view({"x": state} if state else {}, exclusions=exclusions))
        assert answer.truth is truth, state
        needs = (frozenset((Need(EXAM, "x", wanted),)),) if truth is OPEN else ()
        assert answer.missing == needs
        (used,) = answer.used
        assert (used.subject, used.fact.concept) == (EXAM, "x")
        assert used.fact.state is (State(state) if state else None)
        as_read = state is None and exclusions == "as-read" and name in ("read", "excluded")
        assert used.as_read == as_read


def test_a_fact_of_the_lesion_is_never_the_exams():
    of_exam, of_lesion = {"mine": "present", "x": "absent"}, {"mine": "absent", "x": "present"}
    seen = view(of_exam, of_lesion)
    assert present("mine")(seen).truth is FAILS
    assert present("x")(seen).truth is FAILS
    assert present("mine")(seen).used[0].subject == LESION
    assert present("x")(seen).used[0].subject == EXAM
    alone = replace(seen, lesion=None)
    assert present("mine")(alone).used[0].subject == EXAM


@pytest.mark.parametrize(
    ("state", "value", "truths"),
    [
        ("present", "unilateral", (HOLDS, FAILS)),
        ("present", "symmetric", (FAILS, FAILS)),
        ("present", None, (OPEN, HOLDS)),
        ("indeterminate", None, (OPEN, HOLDS)),
        ("indeterminate", "unilateral", (OPEN, HOLDS)),
        ("not-assessed", None, (OPEN, HOLDS)),
        (None, None, (OPEN, HOLDS)),
    ],
)
def test_what_a_coded_value_makes_of_a_condition(state, value, truths):
    pattern = Fact(concept="pattern", state=state and State(state), value=value)
    seen = replace(view(), lesion_facts={"pattern": pattern} if state else {})
    answers = [c(seen) for c in (coded("pattern", "unilateral"), without_value("pattern"))]
    assert tuple(a.truth for a in answers) == truths
    assert all(a.used[0].subject == LESION for a in answers)
    if truths[0] is OPEN:
        assert answers[0].missing == (frozenset((Need(LESION, "pattern", "unilateral"),)),)


def test_a_noted_fact_never_decides_and_is_named_where_it_was_said():
    said = Fact(concept="pattern", state=State.ABSENT)
    condition = noted("pattern")
    stated = condition(replace(view(), lesion_facts={"pattern": said}))
    assert (stated.truth, stated.used) == (HOLDS, (Used(LESION, said),))
    silent = condition(replace(view(), lesion_facts={}))
    assert (silent.truth, silent.used) == (HOLDS, ())


def answer(truth, name="a", *needs):
    used = (Used(EXAM, Fact(concept=name)),)
    return Answer(truth, used, tuple(frozenset(n) for n in needs) if truth is OPEN else ())


JOINED = [
    ((), HOLDS, FAILS),
    ((HOLDS,), HOLDS, HOLDS),
    ((OPEN,), OPEN, OPEN),
    ((FAILS,), FAILS, FAILS),
    ((HOLDS, HOLDS), HOLDS, HOLDS),
    ((HOLDS, OPEN), OPEN, HOLDS),
    ((HOLDS, FAILS), FAILS, HOLDS),
    ((OPEN, OPEN), OPEN, OPEN),
    ((OPEN, FAILS), FAILS, OPEN),
    ((FAILS, FAILS), FAILS, FAILS),
    ((HOLDS, OPEN, FAILS), FAILS, HOLDS),
]


@pytest.mark.parametrize(("truths", "every", "one"), JOINED)
def test_how_conditions_join(truths, every, one):
    answers = [answer(t, n, (A,)) for t, n in zip(truths, "xyz", strict=False)]
    for order in (answers, answers[::-1]):
        assert conjunction(order).truth is every
        assert disjunction(order).truth is one
        conditions = [lambda _, a=a: a for a in order]
        assert all_of(*conditions)(view()).truth is every
        assert any_of(*conditions)(view()).truth is one


def names(joined):
    return [u.fact.concept for u in joined.used]


def test_a_joined_answer_names_the_facts_that_made_it():
    held, opened, failed = answer(HOLDS, "h"), answer(OPEN, "o", (A,)), answer(FAILS, "f")
    assert names(conjunction([held, opened, failed])) == ["f"]
    assert names(conjunction([held, opened])) == ["h", "o"]
    assert names(conjunction([held, held])) == ["h"]
    assert names(disjunction([held, opened, failed])) == ["h"]
    assert names(disjunction([opened, failed])) == ["o"]
    assert names(disjunction([failed, failed])) == ["f"]


def test_a_fact_is_named_once_for_each_subject_and_way_of_reading():
    same = Used(EXAM, Fact(concept="a"))
    other = [Used(LESION, Fact(concept="a")), Used(EXAM, Fact(concept="a"), as_read=True)]
    joined = conjunction([Answer(HOLDS, (same,)), Answer(HOLDS, (same, *other))])
    assert joined.used == (same, *other)


def test_what_all_need_is_every_combination():
    joined = conjunction([answer(OPEN, "x", (A,), (B,)), answer(OPEN, "y", (C,))])
    assert joined.missing == (frozenset((A, C)), frozenset((B, C)))
    shared = conjunction([answer(OPEN, "x", (A,), (B,)), answer(OPEN, "y", (A,))])
    assert shared.missing == (frozenset((A,)),)


def test_what_one_needs_is_every_alternative():
    joined = disjunction([answer(OPEN, "x", (B,)), answer(OPEN, "y", (A,), (B, C))])
    assert joined.missing == (frozenset((A,)), frozenset((B,)))


def test_the_fewest_sets_contain_no_other():
    sets = [frozenset(s) for s in ((A, B), (C,), (B, C), (A, B, C), (A, B))]
    assert fewest(sets) == (frozenset((C,)), frozenset((A, B)))
    assert fewest([]) == ()


def test_needs_are_listed_by_exam_then_exam_facts_then_lesions_the_patient_last():
    patient = Need(Subject(), "a", "present")
    unstated = Need(Subject(0, -1), "a", "present")
    first, second = Need(Subject(0, 0), "a", "present"), Need(Subject(0, 1), "a", "present")
    later, exam = Need(Subject(1), "a", "present"), Need(Subject(0), "b", "present")
    value = Need(Subject(0), "b", "z")
    expected = [exam, value, unstated, first, second, later, patient]
    turned = [*expected[4:], *expected[:4]]
    assert sorted(turned, key=need_order) == expected


def test_missing_is_what_brings_more_with_the_fewest_facts_first():
    options = [
        ("definite", 4, frozenset((A, B))), ("suspected", 2, frozenset((A,))),
        ("definite", 4, frozenset((A, B, C))), ("suspected", 2, frozenset((A, C))),
        ("reference", 1, frozenset((B,))), ("confirmed", 5, frozenset((A, B))),
        ("definite", 4, frozenset((C,))),
    ]  # fmt: skip
    assert missing(options, 1) == (
        Missing("suspected", (A,)), Missing("definite", (C,)), Missing("confirmed", (A, B)),
    )  # fmt: skip
    assert missing(options, 4) == (Missing("confirmed", (A, B)),)
    assert missing(options, 5) == ()


def test_of_two_grades_for_the_same_facts_the_higher_is_missing():
    many = [frozenset((Need(EXAM, name, "present"),)) for name in "abcdefghijkl"]
    options = [(g.value, g.rank, n) for n in many for g in (Grade.SUSPECTED, Grade.DEFINITE)]
    assert [m.grade for m in missing(options, 0)] == ["definite"] * 12


# The rule table


def test_every_rule_has_an_id_of_its_own_and_both_languages():
    rules = [r for table in csf_leak_2011.RULES.values() for r in table]
    assert len({r.id for r in rules}) == len(rules)
    assert all(r.id.startswith(f"csf-leak.{r.section.replace('-', '')}.") for r in rules)
    assert all(r.ja and r.en and r.ja != r.en for r in rules)


def test_no_conclusion_is_highly_suspected_or_reference():
    concluded = {g: csf_leak.CONCLUDES.get(g) for g in Grade}
    assert concluded == {
        Grade.NONE: None, Grade.REFERENCE: None, Grade.SUSPECTED: Grade.SUSPECTED,
        Grade.HIGHLY_SUSPECTED: Grade.SUSPECTED, Grade.DEFINITE: Grade.DEFINITE,
        Grade.CONFIRMED: Grade.CONFIRMED,
    }  # fmt: skip
