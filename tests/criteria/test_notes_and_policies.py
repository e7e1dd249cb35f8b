"""The notes of the report and the policies in force. Source: criteria sections 5 and 8."""

import pytest

from adapter.criteria import CHOICES, Policy, grade, policy
from adapter.errors import Usage
from adapter.merge import merge
from tests import case_files
from tests.building import TERMS, document, fact, graded, lesion, pressure

FLUID = {"exam": "spinal-mri", "site": "T3", "epi-fluid": "present"}
RI = {"exam": "ri-cisternogram", "site": "T3", "ri-epidural": "present"}
HEADACHE = {"ortho-headache": "present"}
DURAL = {**HEADACHE, "dural-enhance": "present"}


# Notes of the report


NOTES = [
    ({}, []),
    ({"lesions": [FLUID]}, ["mri-sequences"]),
    ({"lesions": [RI]}, ["ri-screening"]),
    ({"lesions": [{"exam": "ct-myelography", "ctm-epidural": "absent"}]}, ["ctm-reliable"]),
    ({"facts": {"dural-enhance": "present"}}, []),
    ({"facts": {"dural-enhance": "absent"}}, ["dural-may-be-missing"]),
    ({"facts": {"tonsil-descent": "absent"}}, ["dural-may-be-missing"]),
    ({"facts": {"dural-enhance": "present", "subdural-effus": "present"}}, ["effusion-weak"]),
    ({"facts": {"dural-enhance": "present", "subdural-effus": "absent"}}, []),
    ({"facts": {"dural-enhance": "present", "venous-plexus": "absent"}}, ["venous-plexus"]),
    ({"lesions": [FLUID, {**RI, "ri-epidural": "absent"}]},
     ["mri-sequences", "ri-screening", "discordant"]),
    ({"lesions": [{**FLUID, "epi-fluid": "absent"}, {**RI, "ri-epidural": "absent"}]},
     ["mri-sequences", "ri-screening"]),
    ({"lesions": [FLUID, {**FLUID, "site": "T9", "epi-fluid": "absent"}]}, ["mri-sequences"]),
    ({"lesions": [{**RI, "ri-epidural": "absent"}, {"exam": "spinal-mri", "site": "T3",
                                                    "float-dural-sac": "present"}]},
     ["mri-sequences", "ri-screening", "discordant"]),
    ({"lesions": [FLUID], "facts": {"tonsil-descent": "absent"}},
     ["mri-sequences", "dural-may-be-missing"]),
    ({"lesions": [FLUID], "exams": [{"kind": "ct-myelography", "tech-failure": "present"}]},
     ["mri-sequences", "ctm-reliable"]),
    ({"lesions": [FLUID, {**FLUID, "site": "T9", "epi-fluid": "absent"},
                  {**RI, "ri-epidural": "absent"}]},
     ["mri-sequences", "ri-screening", "discordant"]),
    ({"lesions": [{**FLUID, "epi-fluid": "absent"},
                  {**RI, "site": "L3", "ri-pattern": "symmetric"}]},
     ["mri-sequences", "ri-screening"]),
    ({"lesions": [FLUID, {**RI, "ri-epidural": "indeterminate"}]},
     ["mri-sequences", "ri-screening"]),
    ({"lesions": [FLUID], "facts": {"circ-failure": "absent"}}, ["mri-sequences", "ri-screening"]),
    ({"lesions": [{**FLUID, "mimic-lymph": "present"}, {**RI, "ri-pattern": "asymmetric"}]},
     ["mri-sequences", "ri-screening", "discordant"]),
]  # fmt: skip


@pytest.mark.parametrize(("said", "codes"), NOTES)
def test_the_report_gives_the_notes_that_apply(said, codes):
    run = case_files.run(said)
    assert sorted(n.code for n in run.notes) == sorted([*codes, "not-volume", "scope"])


def test_notes_name_the_open_point_they_rest_on():
    said = {"lesions": [FLUID, {**RI, "ri-epidural": "absent"}]}
    numbers = {n.code: n.text_open for n in case_files.run(said).notes}
    assert numbers == {"mri-sequences": None, "ri-screening": None, "discordant": 2,
                       "not-volume": None, "scope": 2}  # fmt: skip


def test_narrative_only_is_noted_where_nothing_coded_is_there():
    def codes(*statements):
        result = grade(merge([document(*statements, narrative=True)], TERMS))
        return [n.code for n in result.notes]

    assert "narrative-only" in codes()
    assert "narrative-only" in codes(fact("ortho-headache", "present"))
    assert "narrative-only" not in codes(lesion("epi-fluid"))
    assert "narrative-only" not in codes(pressure("50"))
    assert "narrative-only" not in [n.code for n in graded().notes]


# Policies


def test_the_defaults_are_the_first_named():
    default = Policy()
    assert {name: getattr(default, name) for name in CHOICES} == {
        name: values[0] for name, values in CHOICES.items()
    }


ALLOWED = {
    "same_site": ["level", "region", 0, 1, 28], "ctm_confirmed": ["union", "c1", "c3", "list"],
    "exclusions": ["as-read", "strict"], "ri_border": ["any-ct-level", "wholly-ct"],
    "other_signs": ["recorded", "counted"], "herniation_chiari": ["suspected", "all"],
}  # fmt: skip


@pytest.mark.parametrize(("name", "value"), [(n, v) for n, vs in ALLOWED.items() for v in vs])
def test_every_named_value_of_a_policy_is_taken(name, value):
    assert policy({name: value}).printed()[name] == value


@pytest.mark.parametrize(
    ("name", "value"),
    [("same_site", "near"), ("same_site", -1), ("same_site", 29), ("ctm_confirmed", "c2"),
     ("ctm_confirmed", 1), ("exclusions", "lenient"), ("ri_border", "none"),
     ("other_signs", "all"), ("herniation_chiari", "never"), ("no_such_policy", "x")],
)  # fmt: skip
def test_another_value_or_name_is_a_usage_error_that_names_the_choices(name, value):
    with pytest.raises(Usage) as refused:
        policy({name: value})
    assert name in str(refused.value)
    assert CHOICES.get(name, ("same_site",))[0] in str(refused.value)


def test_a_tolerance_may_be_given_as_a_word():
    assert policy({"same_site": "2"}).same_site == 2
    assert policy().same_site == "level"


def test_a_tolerance_is_named_among_the_choices_of_same_site_only():
    for name, named in (("same_site", True), ("exclusions", False)):
        with pytest.raises(Usage) as refused:
            policy({name: "wrong"})
        assert ("number of levels" in str(refused.value)) == named
