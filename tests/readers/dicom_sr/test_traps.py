"""What an SR may hold that looks like a finding and is none, or could be misread."""

import pytest

from adapter import sites
from adapter.model import State
from tests.readers.dicom_sr.building import (
    ABSENT,
    CONTEXT,
    FINDING,
    GROUP,
    MOD,
    PRESENT,
    QUALITATIVE,
    SIDE,
    SITE,
    code,
    container,
    image,
    num,
    ours,
    reference,
    text,
    uidref,
)
from tests.readers.dicom_sr.reading import codes, details, facts, written

LESION = code(FINDING, ours("epi-fluid"))
T3, L2 = "SCT:1626008|T3", "SCT:14293000|L2"


def group(*children, name=GROUP):
    return container(name, *children)


def test_narrative_is_never_searched():
    document = written(
        container("DCM:121070", text(FINDING, "硬膜外水信号病変あり")), title="LN:18748-4"
    )
    assert document.narrative
    assert document.statements == ()
    assert codes(document) == ["narrative-only"]


def test_labels_alone_are_no_narrative():
    document = written(group(text("DCM:112039", "Lesion 1", rel=CONTEXT)))
    assert not document.narrative


@pytest.mark.parametrize("words", ["造影されない", "なしとは言えない", "present?", "", "正常"])
def test_words_that_are_no_state_are_told_and_are_no_silence(words):
    document = written(group(LESION, text(ours("enhancement"), words)))
    assert details(document.statements[0]) == {"enhancement": "not-assessed"}
    assert codes(document)[-1] == "not-used"


def test_a_code_without_a_scheme_is_not_mapped_even_if_its_meaning_is_right():
    document = written(container(QUALITATIVE, code(":circ-failure|circ-failure", PRESENT)))
    assert document.statements == ()
    assert "not-mapped" in codes(document)


def test_our_designator_with_another_scheme_uid_is_somebody_elses():
    document = written(group(LESION), schemes=(("99CSFL", "1.2.3.4"),))
    assert document.statements == ()
    assert codes(document) == ["not-mapped"]
    assert "another one than ours" in document.issues[0].diagnostics


def test_a_meaning_never_makes_a_finding():
    document = written(group(code(FINDING, "99X:1|Epidural fluid-signal lesion")))
    assert document.statements == ()
    (issue,) = document.issues
    assert (issue.code, issue.expression) == ("not-mapped", "1.1.1")
    assert '(99X, 1) "Epidural fluid-signal lesion"' in issue.diagnostics


def test_a_finding_under_an_unknown_name_is_not_used():
    document = written(container("DCM:121070", code("99X:ruled-out", ours("epi-fluid"))))
    assert document.statements == ()
    assert codes(document) == ["not-mapped"]


@pytest.mark.parametrize("heading", ["DCM:121060", "LN:11329-0", "DCM:121068", "LN:18783-1"])
def test_history_and_recommendations_are_no_findings_of_today(heading):
    document = written(
        container(
            heading,
            group(LESION),
            code(ours("circ-failure"), PRESENT),
            code(ours("ortho-headache"), PRESENT),
        )
    )
    assert facts(document) == {"ortho-headache": "present"}
    assert codes(document) == ["not-used", "not-used"]


def test_an_unknown_modifier_may_change_the_meaning_and_bars_the_finding():
    changed = code(ours("circ-failure"), PRESENT, code("99X:context", "99X:suspected", rel=MOD))
    document = written(container(QUALITATIVE, changed, code(ours("scoliosis"), ABSENT)))
    assert facts(document) == {"circ-failure": "not-assessed", "scoliosis": "absent"}
    assert codes(document) == ["not-mapped", "not-used"]


def test_an_unknown_modifier_of_an_attribute_bars_the_attribute_alone():
    changed = code(ours("enhancement"), ABSENT, code("99X:phase", "99X:early", rel=MOD))
    (lesion,) = written(group(LESION, changed, code(ours("sas-continuity"), ABSENT))).statements
    assert details(lesion) == {"enhancement": "not-assessed", "sas-continuity": "absent"}


@pytest.mark.parametrize("name", ["99X:p|Presence", "99X:u|有無", "99X:e|硬膜外水信号病変"])
def test_an_unknown_presence_that_says_absent_bars_an_implied_presence(name):
    document = written(group(LESION, code(name, ABSENT)))
    assert [s.state for s in document.statements] == [State.NOT_ASSESSED]
    assert codes(document) == ["not-mapped", "not-used"]
    document = written(group(LESION, code(name, PRESENT)))
    assert facts(document) == {"epi-fluid": "present"}
    document = written(group(LESION, code(name, ABSENT), code(ours("epi-fluid"), PRESENT)))
    assert facts(document) == {"epi-fluid": "present"}


def test_an_unknown_sign_that_is_absent_leaves_the_lesion():
    document = written(group(LESION, code("99X:dwi|Restricted diffusion", ABSENT)))
    assert facts(document) == {"epi-fluid": "present"}
    assert codes(document) == ["not-mapped"]


def test_findings_of_a_fetus_or_of_another_patient_are_not_used():
    fetus = code("DCM:121024", "DCM:121026", rel=CONTEXT)
    assert written(fetus, group(LESION)).statements == ()
    patient = code("DCM:121024", "DCM:121025", rel=CONTEXT)
    assert len(written(patient, group(LESION)).statements) == 1
    other = text("DCM:121030", "SYN002", rel=CONTEXT)
    document = written(group(other, LESION), group(LESION))
    assert len(document.statements) == 1
    assert codes(document) == ["not-used"]


def test_by_reference_items_and_cycles_are_no_findings():
    document = written(
        group(LESION, reference(1, 1)),
        text("DCM:121073", "A", reference(1, 3)),
        text("DCM:121073", "B", reference(1, 2)),
    )
    assert facts(document) == {"epi-fluid": "present"}
    assert codes(document) == []


def test_two_lesions_beside_each_other_never_share_a_sign_or_a_site():
    document = written(
        container(
            "DCM:121070",
            code(ours("epi-fluid"), PRESENT),
            code(ours("epi-fluid"), PRESENT),
            code(SITE, T3),
            code(ours("enhancement"), ABSENT),
        )
    )
    assert [(s.site, s.parts) for s in document.statements] == [(None, ()), (None, ())]
    assert codes(document) == ["not-used", "not-used"]


def test_the_exam_tells_which_of_two_findings_a_sign_belongs_to():
    document = written(
        container(
            "DCM:121070",
            code(ours("epi-fluid"), PRESENT),
            code(ours("ri-epidural"), PRESENT),
            code(ours("enhancement"), ABSENT),
            code(ours("ri-pattern"), ours("asymmetric")),
        )
    )
    assert [details(s) for s in document.statements] == [
        {"enhancement": "absent"},
        {"ri-pattern": "asymmetric"},
    ]


def test_two_findings_of_one_tracked_group_share_its_site_and_uid():
    document = written(
        group(
            uidref("2.25.5"),
            LESION,
            code(FINDING, ours("float-dural-sac")),
            code(SITE, T3, rel=MOD),
            code(ours("enhancement"), ABSENT),
        )
    )
    assert [(s.uid, sites.label(s.site)) for s in document.statements] == [("2.25.5", "T3")] * 2
    assert [len(s.parts) for s in document.statements] == [1, 0]


def test_a_sign_without_a_finding_is_told():
    document = written(container(QUALITATIVE, code(ours("enhancement"), ABSENT)))
    assert document.statements == ()
    assert codes(document) == ["not-used"]


def test_signs_of_an_unknown_finding_never_reach_its_neighbour():
    document = written(
        group(code(FINDING, "99X:other"), code(ours("enhancement"), ABSENT)), group(LESION)
    )
    assert document.statements[0].parts == ()


def test_image_library_descriptors_are_no_findings():
    library = container(
        "DCM:111028", container("DCM:126200", image("2.25.7"), code("DCM:121139", "DCM:MR"))
    )
    document = written(library, group(LESION))
    assert len(document.statements) == 1
    assert codes(document) == []


def test_a_number_is_no_state():
    document = written(container(QUALITATIVE, num(ours("circ-failure"), "0", "UCUM:1")))
    assert facts(document) == {"circ-failure": "not-assessed"}
    assert codes(document) == ["not-used"]


def test_a_brain_distance_is_a_quantity_and_a_missing_one_is_not_zero():
    (said,) = written(
        container("DCM:121070", num(ours("prepontine"), "4.10", "UCUM:mm"))
    ).statements
    assert (said.state, said.quantity.value) == (State.PRESENT, "4.10")
    missing = num(ours("prepontine"), None, "", qualifier="DCM:114007")
    (said,) = written(container("DCM:121070", missing)).statements
    assert (said.state, said.reason, said.quantity) == (
        State.NOT_ASSESSED, "not-performed", None,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("site", "label", "issues"),
    [
        (code(SITE, "SCT:421060004|Spine"), "", ["site-unreadable"]),
        (text(SITE, "Th13"), "", ["site-unreadable"]),
        (text(SITE, "Th3、全脊椎"), "T3", ["site-unreadable"]),
        (text(SITE, "右第2胸椎"), "T2", []),
        (code(SITE, "SRT:T-11720|T2"), "T2", []),
        (code(SITE, "SCT:243909003|T2-T3 disc"), "T2-T3 disc", []),
    ],
)
def test_a_site_is_read_or_told_and_the_lesion_stays(site, label, issues):
    document = written(group(LESION, site))
    (lesion,) = document.statements
    assert sites.label(lesion.site) == label
    assert codes(document) == issues


def test_sites_unite_and_keep_what_could_not_be_read():
    (lesion,) = written(
        group(LESION, code(SITE, T3), text(SITE, "L2"), text(SITE, "不明"))
    ).statements
    assert sites.label(lesion.site) == "T3, L2"
    assert lesion.site.unreadable == ("不明",)


def test_a_side_is_read_from_modifiers_and_words_and_never_from_two():
    def side(*children):
        return written(group(LESION, *children)).statements[0].laterality

    assert side(code(SIDE, "SRT:G-A100")) == "right"
    assert side(code(SITE, T3, code("SCT:106233006", "SCT:7771000", rel=MOD))) == "left"
    assert side(text(SITE, "左T3")) == "left"
    assert side(code(SITE, T3, code(SIDE, "SCT:66459002|Unilateral", rel=MOD))) is None
    both = written(group(LESION, text(SITE, "左T3"), text(SITE, "右L2")))
    assert both.statements[0].laterality is None
    assert codes(both) == ["contradiction"]


def test_a_name_that_already_holds_a_state_keeps_it(tmp_path):
    from adapter import terms
    from tests.readers.dicom_sr.building import file
    from tests.readers.dicom_sr.reading import opened

    overlay = tmp_path / "no.toml"
    overlay.write_text(
        '[schemes."99N"]\n[circ-failure]\n'
        'codes = [{ in = "99N", code = "no", fits = "equal", state = "absent" }]\n'
        "[epi-fluid]\n"
        'codes = [{ in = "99N", code = "nofluid", fits = "equal", state = "absent" }]\n',
        encoding="utf-8",
    )
    known = terms.load((overlay,))
    tree = (
        container(QUALITATIVE, code("99N:no", PRESENT), code("99N:no", ABSENT)),
        group(code(FINDING, "99N:nofluid")),
    )
    document = opened(file(*tree), known=known)
    assert facts(document) == {"circ-failure": "not-assessed", "epi-fluid": "absent"}
    assert codes(document) == ["not-used"]  # "no X: absent" says nothing that is sure


def test_a_date_is_inherited_down_the_tree():
    document = written(
        container("DCM:121070", group(LESION), code(ours("circ-failure"), PRESENT), date="20260110")
    )
    assert [s.date for s in document.statements] == ["2026-01-10"] * 2


def test_deep_nesting_keeps_its_findings():
    tree = group(LESION, code(ours("enhancement"), ABSENT))
    for _ in range(20):
        tree = container("DCM:121070", tree)
    (lesion,) = written(tree).statements
    assert details(lesion) == {"enhancement": "absent"}


def test_sites_of_a_finding_do_not_leak_from_a_group_below_it():
    inner = group(uidref("2.25.2"), LESION, code(SITE, L2))
    document = written(group(uidref("2.25.1"), LESION, code(SITE, T3), inner))
    assert [sites.label(s.site) for s in document.statements] == ["T3", "L2"]
