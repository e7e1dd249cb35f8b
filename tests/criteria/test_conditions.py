"""The small parts of grading: conditions and their reasons, exams given, pairs, measurements.

Source: criteria sections 1, 3 and 4.
"""

from dataclasses import replace

import pytest

from adapter.criteria import Policy, csf_leak, csf_leak_2011, pressure
from adapter.criteria.evidence import given
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
from adapter.criteria.same_site import SECTION, together
from adapter.model import (
    Fact,
    Grade,
    Missing,
    Need,
    Quantity,
    Source,
    State,
    Subject,
    Truth,
    Used,
)
from tests import building, case_files
from tests.building import case, fact, graded, lesion

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


# Exams given


def test_nothing_else_makes_the_exams_abnormal_findings_absent():
    expected = {
        "spinal-mri": {"subdural-fluid"},
        "ri-cisternogram": {"circ-failure", "early-bladder"},
        "ct-myelography": {"ctm-subdural"},
        "brain-mri": {"dural-enhance", "subdural-effus", "venous-plexus", "tonsil-descent",
                      "brainstem-flat", "pituitary-large", "other-brain"},
    }  # fmt: skip
    for kind, concepts in expected.items():
        (exam,) = given(case(fact("nothing-else", "present", kind=kind, group="g")))
        implied = {c for c, f in exam.facts.items() if f.state is State.ABSENT}
        assert implied == concepts
        assert all(exam.facts[c].why == "nothing-else" for c in concepts)
        assert exam.facts[min(concepts)].statements == exam.facts["nothing-else"].statements


@pytest.mark.parametrize("said", ["absent", "indeterminate", "not-assessed"])
def test_nothing_else_makes_nothing_absent_unless_present(said):
    exams = given(
        case(
            fact("nothing-else", said, kind="brain-mri", group="g"),
            fact("tonsil-descent", "present", group="g"),
        )
    )
    assert sorted(exams[0].facts) == ["nothing-else", "tonsil-descent"]


def test_a_lesion_an_exam_does_not_state_is_minus_one_of_the_three_exams_only():
    result = graded(fact("circ-failure", "absent"), fact("tonsil-descent", "absent"))
    assert [f.subject for f in result.findings if f.subject.lesion is not None] == [Subject(0, -1)]
    brain = given(case(fact("tonsil-descent", "absent")))
    assert brain[0].lesions == ()


def test_what_a_statement_without_contrast_was_and_the_contrast_are_both_told():
    enhancement = replace(
        building.attribute("enhancement", "absent"), source=Source(document="report.dcm")
    )
    fluid = replace(lesion("epi-fluid"), parts=(enhancement,))
    contrast = replace(
        fact("contrast-given", "absent", kind="spinal-mri"), source=Source(document="order.json")
    )
    (exam,) = given(case(fluid, contrast))
    ((_, only),) = exam.lesions
    seen = only.facts["enhancement"]
    assert (seen.state, seen.why) == (State.INDETERMINATE, "without-contrast")
    assert [s.source.document for s in seen.statements] == ["report.dcm", "order.json"]


# Pairs at one site


@pytest.mark.parametrize("one", list(Grade))
@pytest.mark.parametrize("other", list(Grade))
def test_two_findings_combine_from_suspected_up_with_one_highly_suspected(one, other):
    expected = min(one.rank, other.rank) >= 2 and max(one.rank, other.rank) >= 3
    assert together(one, other) == expected


MRI = {"exam": "spinal-mri", "epi-fluid": "present", "enhancement": "absent",
       "sas-continuity": "absent"}  # fmt: skip
RI = {"exam": "ri-cisternogram", "ri-epidural": "present", "ri-pattern": "asymmetric"}
HOW = [
    ("T1-T4", "T3-T9", {}, "T3–T4"),
    ("上位胸椎", "Th4", {}, "T4"),
    ("T3、T9", "T3、T9", {}, "T3, T9"),
    ("T3、胸椎", "T3、T5", {}, "T3"),
    ("T3、T5", "T3、胸椎", {}, "T3"),
    ("T3", "T4", {"same_site": 1}, "same_site=1: T3 / T4"),
    ("胸椎", "T4", {"same_site": "region"}, "same_site=region: thoracic (T1–T12) / T4"),
    ("T4", "T4", {"same_site": "region"}, "T4"),
]


@pytest.mark.parametrize(("mri", "ri", "settings", "how"), HOW)
def test_the_trail_says_what_made_two_sites_the_same(mri, ri, settings, how):
    said = {"lesions": [{**MRI, "site": mri}, {**RI, "site": ri}], "policy": settings}
    (step,) = case_files.of_condition(case_files.run(said), "csf-leak").trail
    assert step.rule == "csf-leak.3.same-site"
    assert step.section == SECTION
    assert f"({how})" in step.ja
    assert f"({how})" in step.en
    assert [u.fact.concept for u in step.used] == ["site", "site"]
    assert [u.subject.exam for u in step.used] == [0, 1]


def test_the_trail_says_where_the_reader_decided():
    said = {"lesions": [{**MRI, "uid": "1", "same-site": ["2"]}, {**RI, "uid": "2"}]}
    (step,) = case_files.of_condition(case_files.run(said), "csf-leak").trail
    assert "the reader says so" in step.en
    assert "読影者" in step.ja


def test_every_pair_at_one_site_is_in_the_trail():
    said = {
        "lesions": [{**MRI, "site": "T3"}, {**MRI, "site": "T9"}, {**RI, "site": "T3"},
                    {**RI, "site": "T9"}, {**RI, "site": "L5"}],
    }  # fmt: skip
    trail = case_files.of_condition(case_files.run(said), "csf-leak").trail
    assert len(trail) == 2


SITE_NEEDS = [
    (None, "T3", ["epi-fluid"]),
    ("T3", None, ["ri-epidural"]),
    (None, None, ["epi-fluid", "ri-epidural"]),
    ("胸椎", "T3", ["epi-fluid"]),
    ("T3", "胸椎", ["ri-epidural"]),
    ("胸椎", "胸部", ["epi-fluid", "ri-epidural"]),
    ("T3、腰椎", "L2", ["epi-fluid"]),
    ("L2", "T3、腰椎", ["ri-epidural"]),
    ("不明", "T3", ["epi-fluid"]),
]


@pytest.mark.parametrize(("mri", "ri", "of"), SITE_NEEDS)
def test_the_site_that_is_missing_is_the_one_not_stated_in_levels(mri, ri, of):
    said = {
        "lesions": [{**MRI, "site": mri or ""}, {**RI, "site": ri or ""}],
        "facts": {"circ-failure": "absent"},
    }
    leak = case_files.of_condition(case_files.run(said), "csf-leak")
    ((grade, needs),) = [(m.grade, m.needs) for m in leak.missing]
    assert grade == "definite"
    kinds = {0: "epi-fluid", 1: "ri-epidural"}
    assert [kinds[n.subject.exam] for n in needs] == of
    assert {n.wanted for n in needs} == {"same-level"}


def test_only_fields_that_need_no_site_are_missing_at_one_site():
    said = {
        "lesions": [{**MRI, "site": "T3", "enhancement": "present"}, {**RI, "site": "T3"}],
        "facts": {"cistern-seen": "present"},
    }
    leak = case_files.of_condition(case_files.run(said), "csf-leak")
    assert case_files.missing_lines(leak.missing) == ["definite: circ-failure present"]


# Measurements


@pytest.mark.parametrize(
    ("value", "unit", "straddles"),
    [
        ("60", "mm[H2O]", True), ("60.0", "mm[H2O]", True), ("59.96", "mm[H2O]", False),
        ("59.5", "mm[H2O]", False), ("59", "mm[H2O]", False), ("61", "mm[H2O]", False),
        ("60.5", "mm[H2O]", False), ("6", "cm[H2O]", True), ("6.1", "cm[H2O]", False),
        ("5.95", "cm[H2O]", False), ("4.4", "mm[Hg]", True), ("4.5", "mm[Hg]", False),
        ("4", "mm[Hg]", True), ("5", "mm[Hg]", False), ("0.6", "kPa", True), ("0.7", "kPa", False),
        ("6E+1", "mm[H2O]", True), ("0.1", "m[H2O]", True), ("0.10", "m[H2O]", False),
        ("0.06", "m[H2O]", True),
        ("60", "furlong", False), ("?", "mm[H2O]", False), ("NaN", "mm[H2O]", False),
        ("Infinity", "mm[H2O]", False), (" 60 ", "mm[H2O]", True),
    ],
)  # fmt: skip
def test_the_stated_precision_may_reach_both_sides_of_60(value, unit, straddles):
    assert pressure.straddles(Quantity(value=value, unit=unit)) == straddles


def test_the_edge_of_the_stated_precision():
    # half a unit of the last digit: 59.5 to 60.5 for "60"; 60 itself is the limit and counts
    assert pressure.straddles(Quantity(value="6.0E+1", unit="mm[H2O]"))
    assert pressure.straddles(Quantity(value="7E+1", unit="mm[H2O]")) is False
    assert pressure.straddles(None) is False


WATER = [
    ("1", "mm[H2O]", "1"), ("1", "cm[H2O]", "10"), ("1", "m[H2O]", "1000"),
    ("1", "mm[Hg]", "13.5951"), ("1", "kPa", "101.9716"), ("1", "hPa", "10.19716"),
    ("1", "Pa", "0.1019716"), ("7", "mm CSF", "7"), ("-5", "mm[H2O]", "-5"),
]  # fmt: skip


@pytest.mark.parametrize(("value", "unit", "water"), WATER)
def test_a_pressure_is_converted_without_rounding(value, unit, water):
    assert str(pressure.in_water(Quantity(value=value, unit=unit))) == water


@pytest.mark.parametrize(
    "quantity",
    [None, Quantity(value="1", unit="bar"), Quantity(value="x", unit="kPa"),
     Quantity(value="", unit="kPa"), Quantity(value="NaN", unit="kPa"),
     Quantity(value="Infinity", unit="kPa")],
)  # fmt: skip
def test_a_pressure_that_cannot_be_read_has_no_value(quantity):
    assert pressure.in_water(quantity) is None


def test_a_posture_stated_twice_is_none():
    said = building.pressure("50", "supine")
    both = replace(said, parts=(*said.parts, building.attribute("posture", "sitting")))
    assert pressure.posture_of(said) == "supine"
    assert pressure.posture_of(both) is None
    assert pressure.posture_of(replace(said, parts=(*said.parts, *said.parts))) == "supine"
    assert pressure.posture_of(replace(said, parts=())) is None


def test_only_a_posture_is_a_posture():
    said = building.pressure("50", None)
    other = replace(building.attribute("posture", "supine"), concept="ortho-headache")
    assert pressure.posture_of(replace(said, parts=(other,))) is None
    unread = replace(building.attribute("posture", "supine"), value=None)
    both = (unread, building.attribute("posture", "lateral"))
    assert pressure.posture_of(replace(said, parts=both)) == "lateral"


@pytest.mark.parametrize(
    ("state", "reason", "measured"),
    [("present", None, True), ("indeterminate", None, True), ("absent", None, False),
     ("not-assessed", "not-performed", False), ("not-assessed", "not-asked", False)],
)  # fmt: skip
def test_a_pressure_nobody_measured_is_none(state, reason, measured):
    said = replace(building.pressure("50"), state=State(state), reason=reason)
    assert pressure.measured(said) == measured


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


# Exclusions of several brain MRIs


def test_a_missing_exclusion_is_of_the_only_brain_mri_or_of_none_in_particular():
    signs = [fact("tonsil-descent", "present", group="a"), fact("chiari", "absent", group="a"),
             fact("pituitary-large", "present", group="a")]  # fmt: skip
    other = fact("dural-enhance", "absent", group="b", date="2026-04-01")

    def subjects(*statements):
        hypotension = graded(lesion("epi-fluid"), *statements).conclusions[1]
        entries = [m for m in hypotension.missing if m.grade == "suspected"]
        return {n.subject for m in entries for n in m.needs if n.concept == "herniation"}

    assert subjects(*signs) == {Subject(1)}
    assert subjects(*signs, other) == {Subject()}


def test_facts_of_every_brain_mri_are_in_the_trail():
    said = [fact("dural-enhance", "absent"), fact("dural-enhance", "absent", date="2026-04-01"),
            fact("ortho-headache", "absent")]  # fmt: skip
    (step,) = graded(*said).conclusions[1].trail
    of_dura = [u.subject for u in step.used if u.fact.concept == "dural-enhance"]
    assert of_dura == [Subject(0), Subject(1)]
