"""The encoding of contract section 3, as the reader takes it."""

from adapter import sites
from adapter.model import Quantity, State
from tests.readers.dicom_sr.building import (
    ABSENT,
    CONTEXT,
    FINDING,
    GROUP,
    MEASUREMENTS,
    MOD,
    PRESENT,
    QUALITATIVE,
    SIDE,
    SITE,
    STUDY,
    UNDETERMINED,
    code,
    container,
    evidence,
    image,
    num,
    ours,
    text,
    uidref,
)
from tests.readers.dicom_sr.reading import bare, codes, details, facts, written

T3, T4 = "SCT:1626008|T3", "SCT:73071006|T4"
UPPER = "99CSFL:upper-thoracic|Upper thoracic"


def group(finding, *children, uid="2.25.1", date="", template="1501"):
    return container(
        GROUP, text("DCM:112039", "L1", rel=CONTEXT), uidref(uid), code(FINDING, ours(finding)),
        *children, date=date, template=template,
    )  # fmt: skip


def measured(*groups, **options):
    return written(container(MEASUREMENTS, *groups), **options)


def test_a_lesion_group_gives_one_lesion_with_all_that_belongs_to_it():
    document = measured(
        group(
            "epi-fluid",
            code(SITE, T3, code(SIDE, "SCT:7771000", rel=MOD), rel=MOD),
            code(SITE, T4, code(SIDE, "SCT:7771000", rel=MOD), rel=MOD),
            code(ours("epi-fluid"), PRESENT),
            code(ours("enhancement"), ABSENT),
            code(ours("sas-continuity"), UNDETERMINED),
            text(ours("same-site"), "2.25.77"),
            date="20260228",
        )
    )
    (lesion,) = document.statements
    assert (lesion.concept, lesion.state, lesion.uid) == ("epi-fluid", State.PRESENT, "2.25.1")
    assert (sites.label(lesion.site), lesion.laterality) == ("T3–T4", "left")
    assert lesion.same_site == ("2.25.77",)
    assert details(lesion) == {"enhancement": "absent", "sas-continuity": "indeterminate"}
    assert (lesion.date, lesion.exam.date, lesion.exam.study) == ("2026-02-28",) * 2 + (STUDY,)
    assert (lesion.source.path, lesion.source.id) == ("1.1.1.6", "2.25.1003")
    assert not codes(document)


def test_a_finding_without_a_state_of_its_own_stands_as_present():
    (lesion,) = measured(group("ri-epidural")).statements
    assert lesion.state is State.PRESENT
    assert lesion.site is None


def test_a_findings_own_state_overrides_its_standing():
    document = measured(group("ri-epidural", code(ours("ri-epidural"), ABSENT)))
    assert [s.state for s in document.statements] == [State.ABSENT]


def test_a_finding_whose_own_state_cannot_be_read_is_neither_present_nor_silence():
    document = measured(group("ri-epidural", code(ours("ri-epidural"), "99X:maybe")))
    (lesion,) = document.statements
    assert (lesion.state, lesion.reason) == (State.NOT_ASSESSED, "not-mapped")
    assert codes(document) == ["not-mapped"]


def test_two_states_of_one_lesion_are_both_given():
    own = ours("epi-fluid")
    (lesion,) = measured(group("epi-fluid", code(own, PRESENT), code(own, ABSENT))).statements
    assert {lesion.state, *(p.state for p in lesion.parts)} == {State.PRESENT, State.ABSENT}
    assert lesion.parts[0].concept == "epi-fluid"


def test_a_pattern_is_a_value_and_never_a_bare_state():
    (lesion,) = measured(
        group("ri-epidural", code(ours("ri-pattern"), ours("unilateral")))
    ).statements
    assert details(lesion) == {"ri-pattern": "unilateral"}
    document = measured(group("ri-epidural", code(ours("ri-pattern"), PRESENT)))
    assert details(document.statements[0]) == {"ri-pattern": "not-assessed"}
    assert codes(document) == ["not-used"]


def test_a_named_region_is_never_split_into_levels():
    (lesion,) = measured(group("epi-fluid", code(SITE, UPPER, rel=MOD))).statements
    assert lesion.site.levels == ()
    assert [n.name for n in lesion.site.named] == ["upper thoracic"]


def test_facts_of_the_root_container_are_facts_of_the_only_exam():
    document = written(
        container(
            QUALITATIVE,
            code(ours("circ-failure"), PRESENT),
            code(ours("cistern-seen"), "SCT:373121007|Not Evaluated"),
            code(ours("ortho-headache"), PRESENT, date="20260227"),
            code(ours("lumbar-puncture"), PRESENT, date="20260220143000+0900"),
            code(ours("blood-patch"), PRESENT),
        )
    )
    circulation, cistern, headache, puncture, patch = document.statements
    assert (circulation.exam.study, circulation.date) == (STUDY, "2026-03-02")
    assert circulation.exam.institution == "Synthetic Hospital"
    assert (cistern.state, cistern.reason) == (State.NOT_ASSESSED, "not-performed")
    assert (headache.date, headache.exam.study) == ("2026-02-27", None)
    assert puncture.date == "2026-02-20T14:30:00+09:00"
    assert patch.date is None  # the day of the report is not the day of the patch


def exam(kind, uid, *children, date="20260301", method=""):
    named = (code("SCT:370129005", ours(method or kind), rel=MOD),)
    return group(kind, *named, text(ours("institution"), "Other Hospital"), *children,
                 uid=uid, date=date)  # fmt: skip


def test_an_exam_group_gives_its_facts_kind_group_date_and_institution():
    document = measured(exam("spinal-mri", "2.25.9", code(ours("subdural-fluid"), ABSENT)))
    (fact,) = document.statements
    assert (fact.exam.kind, fact.exam.group) == ("spinal-mri", "2.25.9")
    assert (fact.exam.date, fact.exam.institution) == ("2026-03-01", "Other Hospital")


def test_the_method_tells_mr_myelography_within_spinal_mri():
    document = measured(
        exam("spinal-mri", "2.25.9", code(ours("nothing-else"), PRESENT), method="mr-myelography")
    )
    assert document.statements[0].exam.kind == "mr-myelography"


def test_a_lesion_refers_to_its_exam_group():
    document = measured(
        exam("spinal-mri", "2.25.8", date="20260101"),
        exam("spinal-mri", "2.25.9", date="20260201"),
        group("epi-fluid", text(ours("exam-ref"), "2.25.9")),
    )
    (lesion,) = document.statements
    assert (lesion.exam.group, lesion.exam.date) == ("2.25.9", "2026-02-01")
    assert lesion.exam.institution == "Other Hospital"


def test_a_lesion_without_exam_ref_beside_several_groups_stands_alone_and_it_is_told():
    document = measured(
        exam("spinal-mri", "2.25.8"), exam("spinal-mri", "2.25.9"), group("epi-fluid")
    )
    (lesion,) = document.statements
    assert (lesion.exam.group, lesion.exam.date, lesion.exam.study) == (None, None, STUDY)
    assert codes(document) == ["reference-missing"]


def test_exam_groups_of_another_kind_do_not_hold_a_lesion():
    document = measured(exam("brain-mri", "2.25.8"), group("epi-fluid"))
    assert document.statements[0].exam.date == "2026-03-02"
    assert not codes(document)


def test_a_reference_to_an_exam_of_another_kind_is_told_and_not_used():
    document = measured(
        exam("brain-mri", "2.25.8"), group("epi-fluid", text(ours("exam-ref"), "2.25.8"))
    )
    assert document.statements[0].exam.group is None
    assert codes(document) == ["group-study-disagree"]


def test_group_and_method_disagreeing_the_group_holds():
    document = measured(
        exam("spinal-mri", "2.25.8", code(ours("contrast-given"), ABSENT), method="brain-mri")
    )
    assert document.statements[0].exam.kind == "spinal-mri"
    assert codes(document) == ["group-study-disagree"]


def test_dural_enhancement_has_its_details_as_parts():
    (fact,) = measured(
        group(
            "dural-enhance",
            code(ours("falx-tentorium"), PRESENT),
            num(ours("extent-3cm"), "35", "UCUM:mm"),
            code(ours("dde-thickening"), ABSENT),
        )
    ).statements
    assert fact.state is State.PRESENT
    assert fact.uid is None
    assert [p.concept for p in fact.parts] == ["falx-tentorium", "extent-3cm", "dde-thickening"]
    assert fact.parts[1].quantity == Quantity(value="35", unit="mm")


def pressure(*children):
    return measured(group("csf-pressure", *children))


def test_a_pressure_has_value_unit_posture_and_comparator():
    (said,) = pressure(
        num(ours("csf-pressure"), "60.0", "UCUM:mm[H2O]"),
        text(ours("csf-pressure"), "<="),
        code(ours("posture"), "SCT:102535000|Right lateral decubitus"),
    ).statements
    assert said.quantity == Quantity(value="60.0", unit="mm[H2O]", comparator="<=")
    assert details(said) == {"posture": "lateral"}


def test_a_pressure_without_a_number_is_never_zero():
    empty = num(ours("csf-pressure"), None, "", qualifier="DCM:114006")
    (said,) = pressure(empty).statements
    assert (said.state, said.reason, said.quantity) == (State.NOT_ASSESSED, "error", None)
    (said,) = pressure(num(ours("csf-pressure"), None, "")).statements
    assert (said.state, said.quantity) == (State.PRESENT, None)
    (said,) = pressure(code(ours("posture"), ours("supine"))).statements
    assert (said.state, said.quantity) == (State.PRESENT, None)


def test_units_are_recognised_or_told():
    (said,) = pressure(num(ours("csf-pressure"), "6", "99X:cmH2O")).statements
    assert said.quantity.unit == "cm[H2O]"
    document = pressure(num(ours("csf-pressure"), "6", "99X:foo"))
    assert document.statements[0].quantity.unit == "foo"
    assert codes(document) == ["unit-unknown"]


def test_a_unit_that_says_two_things_bars_its_number():
    document = pressure(num(ours("csf-pressure"), "6", "UCUM:mm[Hg]|mmH2O"))
    assert document.statements[0].quantity is None
    assert document.statements[0].state is State.NOT_ASSESSED
    assert codes(document) == ["contradiction"]


def test_an_unknown_posture_is_told_and_is_no_posture():
    document = pressure(
        num(ours("csf-pressure"), "50", "UCUM:mm[H2O]"), code(ours("posture"), "99X:tilted")
    )
    assert details(document.statements[0]) == {"posture": "not-assessed"}
    assert codes(document) == ["posture-unmapped"]


def test_two_pressures_in_one_group_are_two_and_share_the_posture():
    document = pressure(
        num(ours("csf-pressure"), "50", "UCUM:mm[H2O]"),
        num(ours("csf-pressure"), "70", "UCUM:mm[H2O]"),
        code(ours("posture"), ours("supine")),
    )
    assert [s.quantity.value for s in document.statements] == ["50", "70"]
    assert all(details(s) == {"posture": "supine"} for s in document.statements)


def test_words_of_another_brain_sign_stay_with_it():
    sign = ours("other-brain")
    (said,) = written(
        container(QUALITATIVE, code(sign, PRESENT), text(sign, "脳梁の下垂"))
    ).statements
    assert (said.state, said.text) == (State.PRESENT, "脳梁の下垂")
    document = written(container(QUALITATIVE, text(sign, "脳梁の下垂")))
    assert not document.statements


def test_our_own_conclusions_are_not_findings():
    document = written(
        container(
            QUALITATIVE,
            code(ours("csf-leak-concl"), ours("definite")),
            code(ours("possible-grade"), ours("confirmed")),
            text(ours("csf-leak-concl"), "…"),
            code("DCM:121077", ours("leak-definite")),
        ),
        container(MEASUREMENTS, group("epi-fluid", code(ours("finding-grade"), ours("suspected")))),
    )
    assert facts(document) == {"epi-fluid": "present"}
    assert [i.code for i in document.issues] == ["own-conclusion-skipped"]


def test_the_study_is_that_of_the_evidence():
    document = measured(
        group("epi-fluid", image("2.25.31")),
        CurrentRequestedProcedureEvidenceSequence=evidence(("2.25.30", "2.25.31")),
    )
    assert document.statements[0].exam.study == "2.25.30"
    own, other = document.studies
    assert (own.id, own.date) == (STUDY, "2026-03-02")
    assert (other.id, other.date) == ("2.25.30", None)
    assert other.instances == (("1.2.840.10008.5.1.4.1.1.4", "2.25.31", "2.25.30.1"),)


def test_the_images_of_a_group_tell_which_of_several_studies_it_is_of():
    document = measured(
        group("epi-fluid", image("2.25.31")),
        group("ri-epidural", image("2.25.41"), uid="2.25.2"),
        group("ctm-epidural", uid="2.25.3"),
        CurrentRequestedProcedureEvidenceSequence=evidence(
            ("2.25.30", "2.25.31"), ("2.25.40", "2.25.41")
        ),
    )
    assert [s.exam.study for s in document.statements] == ["2.25.30", "2.25.40", None]
    assert {s.exam.date for s in document.statements} == {None}  # no study's own date is stated


def test_a_modality_report_code_tells_no_exam_kind():
    fact = container(QUALITATIVE, code(ours("nothing-else"), PRESENT))
    reported = code("DCM:121058", "LN:25056-3", rel=MOD)
    assert written(reported, fact).statements[0].exam.kind is None
    reported = code("DCM:121058", "SCT:241645008", rel=MOD)
    document = written(reported, fact)
    assert document.statements[0].exam.kind == "spinal-mri"
    assert document.studies[0].kinds == ("spinal-mri",)


def test_every_statement_keeps_where_it_stands():
    document = measured(group("epi-fluid", code(ours("enhancement"), ABSENT)))
    (lesion,) = document.statements
    assert lesion.parts[0].source.path == "1.1.1.4"
    assert bare(lesion).source.path == ""
