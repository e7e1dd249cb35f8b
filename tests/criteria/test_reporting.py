"""What a graded case tells beside its grades: order, cautions with their open points, dates, notes.

Source: criteria sections 1, 5, 6 and 8.
"""

from dataclasses import replace

import pytest

from adapter.criteria import CRITERIA, Policy, grade
from adapter.merge import merge
from adapter.model import Input, Issue
from tests import case_files
from tests.building import TERMS, case, document, fact, graded, lesion

FLUID = {"exam": "spinal-mri", "site": "T3", "epi-fluid": "present"}
RI = {"exam": "ri-cisternogram", "site": "T3", "ri-epidural": "present"}
HEADACHE = {"ortho-headache": "present"}
DURAL = {**HEADACHE, "dural-enhance": "present"}


def notes(said):
    """Return {code: number of the open point} of every caution."""
    run = case_files.run(said)
    return {n.code: n.text_open for x in (*run.findings, *run.conclusions) for n in x.cautions}


OPEN_POINTS = [
    ({"lesions": [{**FLUID, "enhancement": "present"}]}, "enhancing-lesion", 1),
    ({"lesions": [{"exam": "spinal-mri", "float-dural-sac": "present"}]}, "floating-dural-sac", 2),
    ({"lesions": [{**FLUID, "site": "C2"}]}, "c1-c2", 2),
    ({"lesions": [{**RI, "site": "T12-L1", "ri-pattern": "symmetric"}]}, "thoracolumbar-border", 4),
    ({"lesions": [RI], "facts": {"bad-position": "present"}}, "bad-position", 6),
    ({"lesions": [RI], "facts": {"scoliosis": "present"}}, "scoliosis", 6),
    ({"lesions": [RI], "facts": {"single-display": "present"}}, "single-display", 6),
    (
        {"lesions": [RI], "exams": [{"kind": "ri-cisternogram", "tech-failure": "present"}]},
        "ri-technical-failure",
        7,
    ),
    (
        {
            "lesions": [
                {**FLUID, "side": "left", "enhancement": "absent"},
                {**RI, "side": "right", "ri-pattern": "unilateral"},
            ]
        },
        "opposite-sides",
        13,
    ),
    ({"facts": DURAL}, "herniation-chiari-not-excluded", 10),
    ({"lesions": [FLUID, {**RI, "date": "2027-01-01"}]}, "interval", 14),
    ({"lesions": [{**RI, "ri-pattern": "christmas-tree"}]}, "christmas-tree-level", None),
    ({"facts": HEADACHE, "pressures": [{"value": "4.4", "unit": "mm[Hg]"}]},
     "pressure-precision", None),
    ({"facts": HEADACHE, "pressures": [{"value": "60", "unit": "mm CSF", "posture": "supine"}]},
     "pressure-in-csf", None),
]  # fmt: skip


@pytest.mark.parametrize(("said", "code", "number"), OPEN_POINTS)
def test_a_caution_names_the_open_point_it_rests_on(said, code, number):
    found = notes(said)
    assert found[code] == number


def test_a_lesion_without_a_site_is_no_c1_c2_lesion():
    assert notes({"lesions": [{**FLUID, "site": ""}]}) == {}


def test_a_lesion_that_reaches_below_c2_is_no_c1_c2_lesion():
    assert notes({"lesions": [{**FLUID, "site": "C1-C3"}]}) == {}
    assert notes({"lesions": [{**FLUID, "site": "頸椎"}]}) == {}


def test_the_border_caution_is_of_symmetric_accumulations_across_it():
    for pattern in ("asymmetric", "unilateral"):
        assert notes({"lesions": [{**RI, "site": "T12-L1", "ri-pattern": pattern}]}) == {}
    for site in ("T11-T12", "L1-L2", "胸椎", "腰椎"):
        assert notes({"lesions": [{**RI, "site": site, "ri-pattern": "symmetric"}]}) == {}


def test_the_border_caution_is_of_regions_too():
    said = {"lesions": [{**RI, "site": "胸椎、腰椎", "ri-pattern": "symmetric"}]}
    assert "thoracolumbar-border" in notes(said)
    tree = {"lesions": [{**RI, "site": "胸椎", "ri-pattern": "christmas-tree"}]}
    assert "christmas-tree-level" in notes(tree)


def test_a_finding_that_is_none_has_no_cautions_and_is_not_provisional():
    said = {
        "lesions": [{**RI, "ri-pattern": "unilateral", "mimic-kidney": "present"}],
        "facts": {"scoliosis": "present"},
    }
    (found, *_) = case_files.run(said).findings
    assert (found.cautions, found.provisional) == ((), False)


def test_reading_conditions_concern_their_own_exam_only():
    said = {
        "lesions": [FLUID, {**RI, "ri-pattern": "asymmetric"}],
        "facts": {"scoliosis": "present"},
    }
    fluid, accumulation = case_files.run(said).findings
    assert (fluid.provisional, accumulation.provisional) == (False, True)


# The hypotension's cautions


@pytest.mark.parametrize(
    ("states", "cautioned"),
    [
        (("absent", "absent"), False),
        (("absent", None), True),
        ((None, "absent"), True),
        (("present", "absent"), True),
        (("absent", "indeterminate"), True),
        (("not-assessed", "absent"), True),
    ],
)
def test_the_exclusion_of_both_is_wanted_beside_a_definite_grade(states, cautioned):
    said = {n: s for n, s in zip(("herniation", "chiari"), states, strict=True) if s}
    found = notes({"facts": {**DURAL, **said}})
    assert ("herniation-chiari-not-excluded" in found) == cautioned


@pytest.mark.parametrize("other", ["present", "indeterminate"])
def test_an_exclusion_in_one_brain_mri_does_not_outweigh_the_other(other):
    both = [{"state": "absent", "date": "2026-01-05"}, {"state": other, "date": "2026-02-05"}]
    said = {"facts": {**DURAL, "herniation": both, "chiari": "absent"}}
    assert "herniation-chiari-not-excluded" in notes(said)
    one = [
        {"state": "absent", "date": "2026-01-05"},
        {"state": "not-assessed", "date": "2026-02-05"},
    ]
    said = {"facts": {**DURAL, "herniation": one, "chiari": "absent"}}
    assert "herniation-chiari-not-excluded" not in notes(said)


def test_the_exclusion_is_no_matter_beside_a_suspected_grade():
    said = {
        "ortho-headache": "absent", "tonsil-descent": "present", "pituitary-large": "present",
        "herniation": "absent", "chiari": "absent",
    }  # fmt: skip
    assert notes({"facts": said}) == {}


def test_contrast_that_differs_between_brain_mris_is_no_difference():
    said = [
        fact("contrast-given", "present", group="a", kind="brain-mri"),
        fact("contrast-given", "absent", group="b", kind="brain-mri", date="2026-04-01"),
        fact("tonsil-descent", "absent", group="a"),
        fact("tonsil-descent", "indeterminate", group="b", date="2026-04-01"),
    ]
    result = graded(*said)
    assert [n.code for n in result.conclusions[1].cautions] == []


# Time


DATES = [
    (("2026-01-31", "2026-07-31"), False), (("2026-01-31", "2026-08-01"), True),
    (("2025-08-31", "2026-02-28"), False), (("2025-08-31", "2026-03-01"), True),
    (("2025-12-15", "2026-06-15"), False), (("2025-12-15", "2026-06-16"), True),
    (("2025-06-30", "2025-12-30"), False), (("2025-06-30", "2025-12-31"), True),
    (("2025-07-01", "2026-01-01"), False), (("2025-07-01", "2026-01-02"), True),
    (("2025-11-25", "2026-05-25"), False), (("2025-11-25", "2026-05-26"), True),
    (("2025-01-01", "2026-01-01"), True), (("2026-03-02", "2026-03-02"), False),
    (("2026-03-02T10:00:00", "2026-09-03"), True), (("2026-03", "2027-03-02"), False),
    (("", "2027-03-02"), False),
]  # fmt: skip


@pytest.mark.parametrize(("dates", "cautioned"), DATES)
def test_more_than_six_months_between_exams_is_a_caution(dates, cautioned):
    first, last = dates
    said = {"lesions": [{**FLUID, "date": first}, {**RI, "date": last}]}
    assert ("interval" in notes(said)) == cautioned


def test_a_single_date_is_no_interval():
    assert "interval" not in notes({"lesions": [{**FLUID, "date": "2026-03-02"}]})
    assert case_files.run({"lesions": [FLUID]}).interval is None
    assert case_files.run({}).interval is None


def test_the_interval_is_in_days_over_all_exams():
    said = {
        "lesions": [{**FLUID, "date": "2026-03-02"}, {**RI, "date": "2026-03-12"}],
        "facts": {"tonsil-descent": {"state": "absent", "date": "2026-04-01"}},
    }
    assert case_files.run(said).interval == 30


def test_the_interval_of_the_hypotension_counts_measurements():
    said = {
        "facts": {"dural-enhance": {"state": "present", "date": "2026-01-01"}},
        "pressures": [{"value": "50", "posture": "supine", "date": "2026-07-02"}],
    }
    assert "interval" in notes(said)


def test_the_interval_of_the_leak_is_of_its_own_exams():
    said = {
        "lesions": [{**FLUID, "date": "2026-01-01"}],
        "facts": {"tonsil-descent": {"state": "absent", "date": "2027-01-01"}},
    }
    leak, hypotension = case_files.run(said).conclusions
    assert (leak.cautions, hypotension.cautions) == ((), ())


PUNCTURES = [
    ("2026-01-14", ["mri-after-lumbar-puncture"]),
    ("2026-01-15", ["mri-after-lumbar-puncture"]),
    ("2026-02-01", ["lumbar-puncture-between"]),
    ("2026-03-15", []),
    ("2026-03-16", []),
    ("2026-02", []),
]


@pytest.mark.parametrize(("day", "codes"), PUNCTURES)
def test_a_puncture_before_an_mri_or_between_exams_is_a_caution(day, codes):
    said = {
        "lesions": [{**FLUID, "date": "2026-01-15"}, {**RI, "date": "2026-03-15"}],
        "punctures": [day],
    }
    assert sorted(notes(said)) == codes


def test_a_puncture_before_a_radionuclide_exam_alone_is_no_caution():
    assert notes({"lesions": [{**RI, "date": "2026-03-15"}], "punctures": ["2026-03-15"]}) == {}
    said = {"lesions": [{**RI, "date": "2026-03-15"}], "punctures": ["2026-03-01"]}
    assert notes(said) == {}


def test_the_last_of_several_mris_is_after_a_puncture():
    said = {
        "lesions": [{**RI, "date": "2026-02-20"}, {**FLUID, "date": "2026-03-01"}],
        "punctures": ["2026-02-10"],
    }
    assert sorted(notes(said)) == ["mri-after-lumbar-puncture"]


def test_a_puncture_said_not_to_have_been_made_is_no_caution():
    said = [
        lesion("epi-fluid", date="2026-03-15"), fact("lumbar-puncture", "absent", date="2026-03-01")
    ]  # fmt: skip
    assert graded(*said).conclusions[0].cautions == ()


def test_the_same_puncture_told_twice_is_one_caution():
    said = {"lesions": [{**FLUID, "date": "2026-03-15"}], "punctures": ["2026-03-01"] * 2}
    leak = case_files.run(said).conclusions[0]
    assert [n.code for n in leak.cautions] == ["mri-after-lumbar-puncture"]


def test_a_patch_and_a_puncture_are_told_each():
    said = {
        "lesions": [{**FLUID, "date": "2026-03-15"}],
        "punctures": ["2026-03-01"],
        "patches": ["2026-03-02"],
    }
    assert sorted(notes(said)) == ["mri-after-blood-patch", "mri-after-lumbar-puncture"]


# Inputs


def with_input(*statements, issues=(), **fields):
    made = document(*statements, issues=issues)
    return replace(made, input=replace(made.input, **fields))


def test_a_preliminary_input_is_said_in_both_conclusions():
    result = grade(merge([with_input(lesion("epi-fluid"), preliminary=True)], TERMS))
    for conclusion in result.conclusions:
        assert [n.code for n in conclusion.cautions] == ["preliminary-input"]
    assert all(c.cautions == () for c in graded(lesion("epi-fluid")).conclusions)


def test_a_preliminary_input_that_is_not_used_is_not_said():
    old = with_input(
        lesion("epi-fluid"), preliminary=True, format="dicom-sr", id="1.1", digest="old"
    )
    new = with_input(lesion("epi-fluid"), format="dicom-sr", id="1.2", replaces=("1.1",))
    result = grade(merge([old, new], TERMS))
    assert all(c.cautions == () for c in result.conclusions)


def test_a_refused_input_makes_every_conclusion_incomplete():
    refused = Input(name="b", status="refused")
    result = grade(merge([document(lesion("epi-fluid"))], TERMS, others=[refused]))
    assert [c.incomplete for c in result.conclusions] == [True, True]
    assert [c.incomplete for c in graded(lesion("epi-fluid")).conclusions] == [False, False]


def test_a_salvaged_document_gives_no_conclusion_and_what_it_could_be():
    told = Issue(severity="warning", code="salvaged", diagnostics="cut short")
    said = (lesion("epi-fluid", attributes={"enhancement": "present"}), fact("scoliosis", "absent"))
    leak, hypotension = grade(merge([with_input(*said, issues=(told,))], TERMS)).conclusions
    assert (leak.established, leak.possible) == ("withheld", "definite")
    assert (hypotension.established, hypotension.possible) == ("withheld", "confirmed")
    assert [n.code for n in leak.cautions] == ["enhancing-lesion", "salvaged"]
    assert [n.code for n in hypotension.cautions] == ["salvaged"]


# The graded case


def test_findings_are_in_the_order_of_exams_lesions_before_facts():
    said = {
        "lesions": [
            {**RI, "site": "T9", "ri-pattern": "asymmetric"},
            {**RI, "site": "T3", "ri-pattern": "asymmetric"},
            {**FLUID, "site": "T9"}, FLUID,
            {"exam": "ct-myelography", "site": "L1", "ctm-epidural": "present"},
        ],
        "facts": {"early-bladder": "present", "circ-failure": "absent", "subdural-fluid": "absent",
                  "tonsil-descent": "present", "dural-enhance": "absent", "ctm-subdural": "absent"},
    }  # fmt: skip
    run = case_files.run(said)
    assert [case_files.finding_line(run, f).split(":")[0] for f in run.findings] == [
        "epi-fluid T3", "epi-fluid T9", "subdural-fluid", "ri-epidural T3", "ri-epidural T9",
        "circ-failure", "early-bladder", "ctm-epidural L1", "ctm-subdural", "dural-enhance",
        "tonsil-descent",
    ]  # fmt: skip


def test_two_exams_of_one_kind_keep_their_findings_apart():
    said = {
        "lesions": [{**FLUID, "site": "T9", "date": "2026-03-01"}, {**FLUID, "date": "2026-04-01"}],
        "facts": {"subdural-fluid": [{"state": "absent", "date": "2026-03-01"},
                                     {"state": "present", "date": "2026-04-01"}]},
    }  # fmt: skip
    run = case_files.run(said)
    assert [case_files.finding_line(run, f).split(":")[0] for f in run.findings] == [
        "epi-fluid T9", "subdural-fluid", "epi-fluid T3", "subdural-fluid",
    ]  # fmt: skip


def test_a_graded_case_lists_the_exams_given_and_not_given():
    run = case_files.run({"lesions": [RI], "facts": {"dural-enhance": "absent"}})
    assert run.given == ("ri-cisternogram", "brain-mri")
    assert run.not_given == ("spinal-mri", "ct-myelography")
    both = case_files.run({"lesions": [RI, {**RI, "date": "2026-05-02"}]})
    assert both.given == ("ri-cisternogram",)
    assert both.not_given == ("spinal-mri", "ct-myelography", "brain-mri")


def test_a_graded_case_names_criteria_versions_and_policy():
    assert graded().versions == {"criteria": "2011-10-14"}
    assert list(CRITERIA) == ["2011-10-14"]
    named = grade(case(), Policy(), {"software": "1.2.3"})
    assert named.versions == {"criteria": "2011-10-14", "software": "1.2.3"}
    assert named.policy == {
        "same_site": "level", "ctm_confirmed": "union", "exclusions": "as-read",
        "ri_border": "any-ct-level", "other_signs": "recorded", "herniation_chiari": "suspected",
    }  # fmt: skip


def test_the_conclusions_are_the_leak_then_the_hypotension():
    assert [c.condition for c in graded().conclusions] == ["csf-leak", "intracranial-hypotension"]


def test_a_region_beside_c1_is_no_c1_c2_lesion():
    assert notes({"lesions": [{**FLUID, "site": "C1、胸椎"}]}) == {}


def test_an_mri_on_the_day_of_a_puncture_is_after_it():
    said = {
        "lesions": [{**FLUID, "date": "2026-01-01"}, {**FLUID, "date": "2026-03-15"}],
        "punctures": ["2026-03-15"],
    }
    assert sorted(notes(said)) == ["mri-after-lumbar-puncture"]


def test_a_measurement_without_a_date_has_no_interval():
    said = {
        "facts": {"dural-enhance": {"state": "present", "date": "2026-01-01"}},
        "pressures": [{"value": "50", "posture": "supine", "date": ""}],
    }
    assert notes(said) == {}
