"""Exams given, pairs at one site, measurements: what grading looks at, and what it says of it.

Source: criteria sections 1, 3 and 4.
"""

from dataclasses import replace

import pytest

from adapter.criteria import pressure
from adapter.criteria.evidence import given
from adapter.criteria.same_site import SECTION, together
from adapter.model import (
    Grade,
    Quantity,
    Source,
    State,
    Subject,
)
from tests import building, case_files
from tests.building import case, fact, graded, lesion

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
