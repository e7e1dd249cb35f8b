"""Statements to exams and lesions: groups, studies, dates, 72 h, identifiers.

Source: criteria section 4 "Exams and time"; contract section 2 "What groups facts".
"""

from dataclasses import replace
from itertools import permutations

import pytest

from adapter import sites
from adapter.errors import RefusedInput
from adapter.merge import MergeOptions, merge
from adapter.model import Input, State, Study
from tests.building import TERMS, case, document, fact, lesion

VOUCHED = MergeOptions(same_patient=True)
DAY, NEXT, LATER = "2026-03-02", "2026-03-03", "2026-06-02"


def shape(merged):
    """Return (kind, dates, facts, number of lesions) of every exam."""
    return [(e.kind, e.dates, sorted(e.facts), len(e.lesions)) for e in merged.exams]


def codes(merged):
    return sorted(i.code for i in merged.issues)


def mri(**fields):
    return lesion("epi-fluid", **fields)


def ri(**fields):
    return lesion("ri-epidural", **fields)


# Groups and studies


def test_one_group_over_several_documents_is_one_exam():
    one = document(mri(group="g"), name="one")
    other = document(fact("subdural-fluid", "absent", group="g", date=LATER), name="two")
    merged = merge([one, other], TERMS, VOUCHED)
    assert shape(merged) == [("spinal-mri", (DAY, LATER), ["subdural-fluid"], 1)]


def test_groups_of_one_study_are_exams_of_their_own():
    merged = case(mri(group="a", study="1.2"), mri(group="b", study="1.2"))
    assert sorted(e.groups for e in merged.exams) == [("a",), ("b",)]


def test_one_study_and_kind_is_one_exam_whatever_the_dates():
    merged = case(mri(study="1.2"), fact("subdural-fluid", "absent", study="1.2", date=LATER))
    assert shape(merged) == [("spinal-mri", (DAY, LATER), ["subdural-fluid"], 1)]
    assert merged.exams[0].studies == ("1.2",)


def test_one_study_of_two_kinds_is_two_exams():
    merged = case(mri(study="1.2"), fact("dural-enhance", "absent", study="1.2"))
    assert [e.kind for e in merged.exams] == ["spinal-mri", "brain-mri"]


def test_two_studies_of_one_kind_and_date_are_two_exams():
    assert len(case(mri(study="1.2"), mri(study="1.3")).exams) == 2


def test_a_fact_of_a_study_joins_the_group_of_that_study():
    merged = case(mri(group="a", study="1.2"), fact("subdural-fluid", "absent", study="1.2"))
    assert shape(merged) == [("spinal-mri", (DAY,), ["subdural-fluid"], 1)]
    assert codes(merged) == []


def test_a_fact_of_a_study_with_two_groups_stands_alone_and_that_is_told():
    merged = case(
        mri(group="a", study="1.2"),
        mri(group="b", study="1.2"),
        fact("subdural-fluid", "absent", study="1.2"),
    )
    assert len(merged.exams) == 3
    assert codes(merged) == ["own-exam"]


def test_a_concept_of_another_kind_than_its_group_keeps_its_kind_and_that_is_told():
    merged = case(mri(group="a", kind="ri-cisternogram"))
    assert [e.kind for e in merged.exams] == ["spinal-mri"]
    assert codes(merged) == ["group-kind"]


def test_mr_myelography_is_a_spinal_mri_by_another_method():
    merged = case(mri(group="a", kind="mr-myelography"))
    assert [(e.kind, e.method) for e in merged.exams] == [("spinal-mri", "mr-myelography")]
    assert [(e.kind, e.method) for e in case(mri()).exams] == [("spinal-mri", "spinal-mri")]
    assert codes(merged) == []


# Dates


@pytest.mark.parametrize("date", [DAY, "2026-03-02T10:15:00+09:00"])
def test_a_fact_without_a_study_joins_the_exam_of_its_kind_on_its_date(date):
    merged = case(mri(study="1.2"), fact("subdural-fluid", "absent", date=date))
    assert [(len(e.facts), len(e.lesions)) for e in merged.exams] == [(1, 1)]
    assert codes(merged) == []


def test_a_fact_of_another_date_is_an_exam_of_its_own():
    merged = case(mri(study="1.2"), fact("subdural-fluid", "absent", date=NEXT))
    assert [e.dates for e in merged.exams] == [(DAY,), (NEXT,)]


def test_facts_without_a_study_on_one_date_are_one_exam():
    assert len(case(mri(), fact("subdural-fluid", "absent")).exams) == 1


def test_a_fact_that_two_exams_of_its_date_could_have_stands_alone_and_that_is_told():
    merged = case(mri(study="1.2"), mri(study="1.3"), fact("subdural-fluid", "absent"))
    assert len(merged.exams) == 3
    assert codes(merged) == ["own-exam"]


def test_an_undated_fact_joins_the_only_exam_of_its_kind():
    merged = case(mri(study="1.2"), fact("subdural-fluid", "absent", date=None))
    assert shape(merged) == [("spinal-mri", (DAY,), ["subdural-fluid"], 1)]
    assert codes(merged) == []


def test_an_undated_fact_joins_no_exam_of_another_kind():
    merged = case(ri(study="1.2"), fact("subdural-fluid", "absent", date=None))
    assert [e.kind for e in merged.exams] == ["spinal-mri", "ri-cisternogram"]


def test_an_undated_fact_beside_two_exams_stands_alone_and_that_is_told():
    merged = case(mri(study="1.2"), mri(date=LATER), fact("subdural-fluid", "absent", date=None))
    assert len(merged.exams) == 3
    assert codes(merged) == ["own-exam"]


def test_undated_facts_of_one_kind_are_one_exam():
    merged = case(mri(date=None), fact("subdural-fluid", "absent", date=None))
    assert shape(merged) == [("spinal-mri", (), ["subdural-fluid"], 1)]


# 72 h


RI_DAYS = [
    (("2026-03-02", "2026-03-05"), 1),
    (("2026-03-02", "2026-03-06"), 2),
    (("2026-03-02", "2026-03-04", "2026-03-06"), 2),
    (("2026-03-02", "2026-03-05", "2026-03-06", "2026-03-09", "2026-03-10"), 3),
    (("2026-02-27", "2026-03-02"), 1),
    (("2026-03-02T10:00:00", "2026-03-05T10:00:00"), 1),
    (("2026-03-02T10:00:00", "2026-03-05T10:00:01"), 2),
    (("2026-03-02T10:00:00", "2026-03-05"), 1),
    (("2026-03-02T23:00:00+09:00", "2026-03-05T14:30:00+00:00"), 2),
    (("2026-03-02T23:00:00+09:00", "2026-03-05T13:30:00+00:00"), 1),
    (("2026-03", "2026-03-02"), 2),
    (("2026-12-31", "2027-01-02"), 1),
]


@pytest.mark.parametrize(("dates", "exams"), RI_DAYS)
@pytest.mark.parametrize("studies", [False, True])
def test_radionuclide_images_within_72_hours_of_the_first_are_one_exam(dates, exams, studies):
    said = [
        ri(date=date, **({"study": f"1.{i}"} if studies else {})) for i, date in enumerate(dates)
    ]
    for order in permutations(said) if len(said) < 4 else (said,):
        assert len(case(*order).exams) == exams


def test_spinal_mri_of_two_days_is_two_exams():
    assert len(case(mri(date=DAY), mri(date=NEXT)).exams) == 2


def test_exam_groups_of_radionuclide_exams_stay_apart_within_72_hours():
    assert len(case(ri(group="a"), ri(group="b", date=NEXT)).exams) == 2


def test_a_radionuclide_image_in_no_group_joins_the_only_group_within_72_hours():
    merged = case(ri(group="a"), fact("circ-failure", "present", date=NEXT))
    assert shape(merged) == [("ri-cisternogram", (DAY, NEXT), ["circ-failure"], 1)]
    apart = case(ri(group="a"), fact("circ-failure", "present", date="2026-03-06"))
    assert len(apart.exams) == 2


def test_a_radionuclide_image_between_two_groups_stands_alone():
    merged = case(ri(group="a"), ri(group="b", date="2026-03-04"), ri(study="1.9", date=NEXT))
    assert len(merged.exams) == 3


# Facts that fit several kinds


def test_contrast_joins_the_only_mri_and_no_other_exam():
    merged = case(mri(), ri(), fact("contrast-given", "absent"))
    assert [sorted(e.facts) for e in merged.exams] == [["contrast-given"], []]


def test_contrast_beside_a_spinal_and_a_brain_mri_is_not_used_and_that_is_told():
    merged = case(mri(), fact("dural-enhance", "absent"), fact("contrast-given", "absent"))
    assert all("contrast-given" not in e.facts for e in merged.exams)
    assert codes(merged) == ["not-used"]


def test_contrast_whose_group_tells_the_kind_is_used():
    merged = case(
        mri(group="s"),
        fact("dural-enhance", "absent", group="b"),
        fact("contrast-given", "absent", group="b", kind="brain-mri"),
    )
    assert [("contrast-given" in e.facts) for e in merged.exams] == [False, True]


def test_contrast_of_a_study_with_one_mri_is_used_and_with_two_is_not():
    alone = case(mri(study="1.2"), fact("dural-enhance", "absent", study="1.3"),
                 fact("contrast-given", "absent", study="1.3"))  # fmt: skip
    assert [("contrast-given" in e.facts) for e in alone.exams] == [False, True]
    both = case(mri(study="1.2"), fact("dural-enhance", "absent", study="1.2"),
                fact("contrast-given", "absent", study="1.2"))  # fmt: skip
    assert codes(both) == ["not-used"]


def test_a_study_that_is_an_exam_of_its_own_could_be_the_one_meant():
    other = Study(id="1.9", kinds=("ct-myelography",), date=DAY)
    said = (ri(study="1.2"), fact("tech-failure", "present"))
    assert codes(case(*said)) == []
    assert codes(case(*said, studies=(other,))) == ["not-used"]


def test_technical_failure_of_a_study_that_tells_its_kind_is_used():
    other = Study(id="1.9", kinds=("ct-myelography",), date=DAY)
    merged = case(ri(study="1.2"), fact("tech-failure", "present", study="1.9"), studies=(other,))
    assert [(e.kind, sorted(e.facts)) for e in merged.exams] == [
        ("ri-cisternogram", []), ("ct-myelography", ["tech-failure"]),
    ]  # fmt: skip


def test_a_fact_that_fits_several_kinds_joins_no_exam_of_another_date():
    merged = case(mri(), fact("contrast-given", "absent", date=LATER))
    assert all("contrast-given" not in e.facts for e in merged.exams)
    assert codes(merged) == ["not-used"]


# Lesions


def test_one_identifier_in_one_exam_is_one_lesion():
    merged = case(mri(uid="1"), mri(uid="1", attributes={"enhancement": "absent"}))
    (only,) = merged.exams[0].lesions
    assert only.facts["enhancement"].state is State.ABSENT
    assert len(only.statements) == 2


def test_statements_without_an_identifier_are_never_merged_by_site():
    assert len(case(mri(), mri()).exams[0].lesions) == 2


def test_one_identifier_in_two_exams_is_two_lesions():
    merged = case(mri(uid="1", study="1.2"), mri(uid="1", study="1.3"))
    assert [len(e.lesions) for e in merged.exams] == [1, 1]


def test_one_identifier_with_two_sites_has_no_site_and_that_is_told():
    merged = case(mri(uid="1", site="T3"), mri(uid="1", site="Th9"))
    (only,) = merged.exams[0].lesions
    assert not only.site.stated
    assert "T3" in only.site.text
    assert "Th9" in only.site.text
    assert codes(merged) == ["contradiction"]


def test_one_identifier_with_one_site_in_two_notations_is_no_contradiction():
    merged = case(mri(uid="1", site="T3"), mri(uid="1", site="第三胸椎"), mri(uid="1", site=None))
    assert sites.label(merged.exams[0].lesions[0].site) == "T3"
    assert codes(merged) == []


def test_a_refused_site_leaves_the_lesion_with_its_text():
    (only,) = case(mri(site="全脊椎")).exams[0].lesions
    assert not only.site.stated
    assert only.site.text == "全脊椎"


def test_one_identifier_with_two_sides_has_no_side_and_that_is_told():
    merged = case(mri(uid="1", side="left"), mri(uid="1", side="right"))
    assert merged.exams[0].lesions[0].laterality is None
    assert codes(merged) == ["contradiction"]


def test_a_side_said_once_is_the_lesions():
    merged = case(mri(uid="1", side="left"), mri(uid="1"))
    assert merged.exams[0].lesions[0].laterality == "left"


def test_a_floating_dural_sac_with_the_identifier_of_a_fluid_signal_is_one_lesion():
    merged = case(mri(uid="1"), lesion("float-dural-sac", uid="1"))
    assert [x.concepts for x in merged.exams[0].lesions] == [("epi-fluid", "float-dural-sac")]


def test_a_same_site_identifier_that_no_input_holds_is_told():
    assert codes(case(mri(uid="1", same_site=("9",)))) == ["same-site-unknown"]
    assert codes(case(mri(uid="1", same_site=("2",)), ri(uid="2"))) == []


# Order of exams, institutions


def test_exams_are_listed_by_kind_and_date_in_whatever_order_they_came():
    said = [ri(date=LATER), ri(date=DAY), mri(date=LATER), fact("tonsil-descent", "present")]
    for order in permutations(said):
        kinds = [(e.kind, e.dates) for e in case(*order).exams]
        assert kinds == [
            ("spinal-mri", (LATER,)), ("ri-cisternogram", (DAY,)), ("ri-cisternogram", (LATER,)),
            ("brain-mri", (DAY,)),
        ]  # fmt: skip


def test_an_exam_lists_its_institutions():
    merged = case(mri(institution="B"), fact("subdural-fluid", "absent", institution="A"))
    assert merged.exams[0].institutions == ("A", "B")


# Documents


def sr(name, uid, *statements, digest=None, **fields):
    made = document(*statements, name=name)
    known = {"format": "dicom-sr", "id": uid, "digest": digest or name}
    return replace(made, input=replace(made.input, **known, **fields))


def statuses(merged):
    return {i.name: i.status for i in merged.inputs}


def test_the_same_document_twice_is_used_once():
    one, again = (sr(n, "1.1", mri(), digest="same") for n in ("a", "b"))
    merged = merge([one, again], TERMS)
    assert sorted(statuses(merged).values()) == ["duplicate", "used"]
    assert len(merged.exams[0].lesions) == 1


def test_a_superseded_document_is_not_used_in_either_order():
    old = sr("old", "1.1", mri())
    new = sr("new", "1.2", lesion("epi-fluid", "absent"), replaces=("1.1",))
    for documents in ([old, new], [new, old]):
        merged = merge(documents, TERMS)
        assert statuses(merged) == {"old": "superseded", "new": "used"}
        (only,) = merged.exams[0].lesions
        assert only.facts["epi-fluid"].state is State.ABSENT


def test_one_instance_uid_with_two_contents_is_refused():
    with pytest.raises(RefusedInput):
        merge([sr("a", "1.1", mri()), sr("b", "1.1", mri(site="T9"))], TERMS)


def test_a_refused_input_makes_the_case_incomplete():
    refused = Input(name="broken", status="refused", reason="cut short")
    merged = merge([document(mri())], TERMS, others=[refused])
    assert merged.incomplete
    assert statuses(merged)["broken"] == "refused"
    assert not merge([document(mri())], TERMS).incomplete


def test_a_case_keeps_every_measurement_and_event():
    merged = case(
        fact("lumbar-puncture", "present", date=LATER), fact("lumbar-puncture", "present"),
        fact("blood-patch", "present"),
    )  # fmt: skip
    assert [s.date for s in merged.punctures] == [DAY, LATER]
    assert len(merged.patches) == 1
    assert merged.exams == ()
