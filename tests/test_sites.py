"""Sites: notations to levels, levels to text and back, and when two sites are the same.

Expected values are from criteria section 3 and the clinical reference's table of notations.
"""

import csv
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapter import sites
from adapter.model import Truth
from tests.building import TERMS

GOLDEN = Path(__file__).parent / "golden" / "site_notations.csv"
HOLDS, OPEN, FAILS = Truth.HOLDS, Truth.OPEN, Truth.FAILS
READS = settings(derandomize=True, deadline=None, max_examples=150)


def read(text):
    return TERMS.read_site(text)


def span(text):
    """Return the indices of ``T3-T5`` or ``T3``; of a list ``T3, L1-L2`` all of them."""
    found = set()
    for part in text.split(", "):
        first, _, last = part.partition("-")
        found |= set(range(sites.AXIS.index(first), sites.AXIS.index(last or first) + 1))
    return found


def rows():
    with GOLDEN.open(encoding="utf-8", newline="") as file:
        return [(r["input"], r["expected"]) for r in csv.DictReader(file)]


@pytest.mark.parametrize(("text", "expected"), rows())
def test_every_golden_notation_is_read(text, expected):
    site = read(text)
    assert site.text == text
    if expected == "None":
        assert not site.stated
        assert site.unreadable
    else:
        assert sites.covered(site) == span(expected)
        assert not site.unreadable


def test_the_axis_has_29_levels_in_order():
    assert len(sites.AXIS) == 29
    assert sites.AXIS[0] == "C1"
    assert sites.AXIS[6:8] == ("C7", "T1")
    assert sites.AXIS[18:20] == ("T12", "L1")
    assert sites.AXIS[23:25] == ("L5", "S1")
    assert sites.AXIS[-1] == "S5"


AS_LEVELS = [
    ("C7", "C7"), ("Ｃ７", "C7"), ("Th2", "T2"), ("TH2", "T2"), ("th 2", "T2"), ("Th.2", "T2"),
    ("T2", "T2"), ("D2", "T2"), ("t2", "T2"), ("C1", "C1"), ("S5", "S5"), ("L5", "L5"),
    ("第2胸椎", "T2"), ("第二胸椎", "T2"), ("胸椎2", "T2"), ("Th2左側", "T2"), ("第十胸椎", "T10"),
    ("第十一胸椎", "T11"), ("第十二胸椎", "T12"), ("第１２胸椎", "T12"), ("第７頚椎", "C7"),
    ("第7頸椎", "C7"), ("第５腰椎", "L5"), ("第1仙椎", "S1"), ("右L2", "L2"), ("L2神経根", "L2"),
    ("右L2神経根", "L2"), ("T9", "T9"), ("T10", "T10"), ("L1レベル", "L1"), ("L1 level", "L1"),
    ("左 Th5", "T5"), ("left T5", "T5"), ("T5 vertebra", "T5"),
    ("Th3-5", "T3-T5"), ("Th3〜5", "T3-T5"), ("Th3～Th5", "T3-T5"), ("Th3~5", "T3-T5"),
    ("Th3－5", "T3-T5"), ("Th3ー5", "T3-T5"), ("T3–T5", "T3-T5"), ("T3—T5", "T3-T5"),
    ("T3−T5", "T3-T5"), ("Th3からTh5椎体レベル", "T3-T5"), ("第3-5胸椎", "T3-T5"),
    ("T3 to T5", "T3-T5"), ("T3 - T5", "T3-T5"), ("T3-T3", "T3"),
    ("C7-Th2", "C7-T2"), ("C7～Th2レベル", "C7-T2"), ("C1-2", "C1-C2"), ("C1～C2", "C1-C2"),
    ("第3・4腰椎", "L3-L4"), ("T12–S1", "T12-S1"), ("C1-S5", "C1-S5"), ("T9-T10", "T9-T10"),
    ("C8", "C7-T1"), ("C8神経根", "C7-T1"), ("右C8", "C7-T1"), ("C8-C8", "C7-T1"),
    ("C8-T2", "C7-T2"), ("C6-8", "C6-T1"), ("C7-8", "C7-T1"),
    ("Th3、Th5", "T3, T5"), ("Th3, L2", "T3, L2"), ("T3 and T7", "T3, T7"),
    ("Th3-5、L1", "T3-T5, L1"), ("第3胸椎、第7胸椎", "T3, T7"), ("Th3・5", "T3, T5"),
    ("Th3及びTh5", "T3, T5"), ("T3;T7", "T3, T7"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "levels"), AS_LEVELS)
def test_levels_and_ranges_are_read_as_levels(text, levels):
    site = read(text)
    assert set(site.levels) == span(levels)
    assert (site.named, site.unreadable) == ((), ())


DISCS = [
    ("C7/T1", "C7-T1"), ("C7/Th1", "C7-T1"), ("C7/1", "C7-T1"), ("Th5/6", "T5-T6"),
    ("Th11/12", "T11-T12"), ("Th6/7椎間", "T6-T7"), ("Th12/L1", "T12-L1"), ("L5/S1", "L5-S1"),
    ("T12/1", "T12-L1"), ("L5/1", "L5-S1"), ("L4/5椎間板", "L4-L5"), ("C2/3", "C2-C3"),
    ("C7/8", "C7-T1"), ("C8/T1", "C7-T1"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "levels"), DISCS)
def test_a_disc_space_is_both_neighbours_and_stays_a_disc(text, levels):
    site = read(text)
    assert sites.precise(site) == span(levels)
    assert [n.kind for n in site.named] == ["disc"]


def test_c1_c2_has_no_disc_and_is_both_levels():
    assert set(read("C1/2").levels) == span("C1-C2")


SUB_REGIONS = [
    ("上位胸椎", "T1-T4"), ("上部胸椎レベル", "T1-T4"), ("upper thoracic", "T1-T4"),
    ("Upper Thoracic", "T1-T4"), ("中位胸椎", "T5-T8"), ("mid-thoracic", "T5-T8"),
    ("下部胸椎", "T9-T12"), ("下位胸椎", "T9-T12"), ("lower thoracic", "T9-T12"),
    ("頸胸移行部", "C7-T1"), ("頚胸移行部", "C7-T1"), ("頸胸椎移行部", "C7-T1"),
    ("cervicothoracic junction", "C7-T1"), ("胸腰移行部", "T11-L2"), ("胸腰椎移行部", "T11-L2"),
    ("腰仙部", "L5-S1"), ("上部胸椎左側", "T1-T4"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "levels"), SUB_REGIONS)
def test_a_sub_region_counts_as_its_levels(text, levels):
    site = read(text)
    assert sites.precise(site) == span(levels)
    assert not sites.regional(site)
    assert [n.kind for n in site.named] == ["sub-region"]


REGIONS = [
    ("頸部", "C1-C7"), ("頚椎", "C1-C7"), ("頸椎", "C1-C7"), ("cervical", "C1-C7"),
    ("胸部", "T1-T12"), ("胸椎", "T1-T12"), ("Thoracic", "T1-T12"), ("thoracic spine", "T1-T12"),
    ("腰部", "L1-L5"), ("腰椎", "L1-L5"), ("仙骨部", "S1-S5"), ("仙骨", "S1-S5"),
    ("頸~胸部", "C1-T12"), ("頸〜胸部", "C1-T12"), ("頚椎～胸椎", "C1-T12"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "levels"), REGIONS)
def test_a_region_keeps_its_kind(text, levels):
    site = read(text)
    assert sites.regional(site) == span(levels)
    assert not sites.precise(site)
    assert sites.covered(site) == span(levels)
    assert all(n.kind == "region" for n in site.named)


REFUSED = [
    "Th13", "L6", "C0", "C9", "S6", "T0", "Th5-3", "L1-T12", "L5/S", "全脊椎", "不明", "Th3/5",
    "Th2/2", "第13胸椎", "第六腰椎", "T", "3", "x", "foramen magnum", "Th3-13", "Th13-L1",
    "T3-T5-T7", "C7-1", "C7/2", "C3/1", "S5/1", "T1-C8", "upper thoracic (T2–T5)", "椎体",
]  # fmt: skip


@pytest.mark.parametrize("text", REFUSED)
def test_what_names_no_level_is_refused_and_kept_as_text(text):
    site = read(text)
    assert not site.stated
    assert sites.covered(site) == frozenset()
    assert (site.text, sites.label(site)) == (text, "")
    assert site.unreadable


def test_an_empty_text_is_no_site():
    assert not read("").stated
    assert not read("  ").stated


@pytest.mark.parametrize(
    ("text", "levels", "unreadable"),
    [("T3、Th13", "T3", 1), ("Th13, T3", "T3", 1), ("T3、不明", "T3", 1), ("T3, x, y", "T3", 2),
     ("上位胸椎、L6", "T1-T4", 1)],
)  # fmt: skip
def test_an_unreadable_part_is_left_aside_and_kept(text, levels, unreadable):
    site = read(text)
    assert sites.covered(site) == span(levels)
    assert len(site.unreadable) == unreadable


def test_a_site_may_mix_levels_and_a_region():
    site = read("T3、腰椎")
    assert sites.precise(site) == span("T3")
    assert sites.regional(site) == span("L1-L5")


def test_a_letter_lasts_to_the_next_number_of_a_list():
    assert set(read("L1、2、4").levels) == span("L1, L2, L4")
    assert set(read("Th11、12、L1").levels) == span("T11, T12, L1")


@pytest.mark.parametrize(
    ("text", "side"),
    [("右L2", "right"), ("Th2左側", "left"), ("両側Th5", "bilateral"), ("左右Th5", "bilateral"),
     ("left T5", "left"), ("Right L2", "right"), ("rt. L2", "right"), ("lt T5", "left"),
     ("bilateral T5", "bilateral"), ("left and right T5", "bilateral"), ("T5", None),
     ("上部胸椎左側", "left"), ("cleft", None), ("bright", None)],
)  # fmt: skip
def test_sides_are_read_from_words(text, side):
    assert sites.side(text) == side


# Labels


@pytest.mark.parametrize(
    ("text", "label"),
    [("Th3-5、L2", "T3–T5, L2"), ("T3", "T3"), ("T3,T4,T6", "T3–T4, T6"), ("C7/T1", "C7-T1 disc"),
     ("上位胸椎", "upper thoracic (T1–T4)"), ("胸椎", "thoracic (T1–T12)"), ("C8", "C7–T1")],
)  # fmt: skip
def test_a_label_says_what_was_read_and_a_name_with_its_levels(text, label):
    assert sites.label(read(text)) == label


def test_no_site_has_no_label():
    assert sites.label(None) == ""


def test_a_label_may_be_in_other_words():
    words = {"thoracic": "胸椎", "C7-T1 disc": "C7/T1椎間"}
    assert sites.label(read("胸椎、T3"), words) == "T3, 胸椎 (T1–T12)"
    assert sites.label(read("C7/T1"), words) == "C7/T1椎間"


def test_an_unreadable_part_is_kept_as_it_was_folded():
    assert read("椎体").unreadable == ("椎体",)
    assert read("T3, 不明").unreadable == ("不明",)


def test_runs_are_the_closed_ranges_of_consecutive_levels():
    assert sites.runs([5, 3, 4, 9, 11, 10, 20]) == [(3, 5), (9, 11), (20, 20)]
    assert sites.runs([]) == []


LEVEL = st.integers(0, len(sites.AXIS) - 1)
DASHES = st.sampled_from(["-", "〜", "～", "~", "ー", "－", "–", "—", "−", "から", " to "])


def spelled(index, style):
    """Return a level in one of its notations."""
    letter, number = sites.AXIS[index][0], sites.AXIS[index][1:]
    kanji = "〇一二三四五六七八九"
    word = {"C": "頸", "T": "胸", "L": "腰", "S": "仙"}[letter]
    digits = ("十" if len(number) == 2 else "") + (kanji[int(number[-1])] if number != "10" else "")
    wide = number.translate(str.maketrans("0123456789", "０１２３４５６７８９"))
    return {
        "plain": f"{letter}{number}",
        "th": f"Th{number}" if letter == "T" else f"{letter}{number}",
        "d": f"D{number}" if letter == "T" else f"{letter}{number}",
        "wide": unicodedata.normalize("NFKC", letter).translate({ord("C"): "Ｃ", ord("T"): "Ｔ",
                ord("L"): "Ｌ", ord("S"): "Ｓ"}) + wide,
        "lower": f"{letter}{number}".lower(),
        "ordinal": f"第{number}{word}椎",
        "kanji": f"第{digits}{word}椎",
        "variant": f"第{number}{word}椎".replace("頸", "頚"),
    }[style]  # fmt: skip


STYLES = st.sampled_from(["plain", "th", "d", "wide", "lower", "ordinal", "kanji", "variant"])
RANGE_STYLES = st.sampled_from(["plain", "th", "d", "wide", "lower"])


@READS
@given(LEVEL, STYLES)
def test_every_level_is_read_in_every_notation(index, style):
    assert set(read(spelled(index, style)).levels) == {index}


@READS
@given(LEVEL, LEVEL, RANGE_STYLES, RANGE_STYLES, DASHES)
def test_every_range_is_read_in_every_notation_and_never_backwards(a, b, one, other, dash):
    site = read(f"{spelled(a, one)}{dash}{spelled(b, other)}")
    assert set(site.levels) == (set(range(a, b + 1)) if a <= b else set())
    assert bool(site.unreadable) == (a > b)


@READS
@given(st.sets(LEVEL, min_size=1, max_size=12))
def test_a_label_of_levels_reads_back_as_the_same_levels(levels):
    text = ", ".join(sites.AXIS[i] for i in sorted(levels))
    label = sites.label(read(text))
    assert set(read(label).levels) == levels
    assert sites.label(read(label)) == label


@pytest.mark.parametrize("name", sorted({n.name for n in TERMS.names.values()}))
def test_a_label_of_a_name_reads_back_as_the_same_name(name):
    site = read(name)
    assert [n.name for n in site.named] == [name]
    again = read(sites.label(site))
    assert (again.named, again.levels, again.unreadable) == (site.named, (), ())


# Same site


SAME = [  # one, other, level, region, tolerance 1, tolerance 2
    ("T3", "T3", HOLDS, HOLDS, HOLDS, HOLDS),
    ("T3", "T4", FAILS, FAILS, HOLDS, HOLDS),
    ("T3", "T5", FAILS, FAILS, FAILS, HOLDS),
    ("T3", "T6", FAILS, FAILS, FAILS, FAILS),
    ("T1-T4", "T4-T9", HOLDS, HOLDS, HOLDS, HOLDS),
    ("T1-T4", "T5-T9", FAILS, FAILS, HOLDS, HOLDS),
    ("C7", "T1", FAILS, FAILS, HOLDS, HOLDS),
    ("T12", "L1", FAILS, FAILS, HOLDS, HOLDS),
    ("L5", "S1", FAILS, FAILS, HOLDS, HOLDS),
    ("C7/T1", "T1", HOLDS, HOLDS, HOLDS, HOLDS),
    ("C7/T1", "T2", FAILS, FAILS, HOLDS, HOLDS),
    ("C8", "C7", HOLDS, HOLDS, HOLDS, HOLDS),
    ("C8", "T1", HOLDS, HOLDS, HOLDS, HOLDS),
    ("C8", "C6", FAILS, FAILS, HOLDS, HOLDS),
    ("上位胸椎", "T4", HOLDS, HOLDS, HOLDS, HOLDS),
    ("上位胸椎", "中位胸椎", FAILS, FAILS, HOLDS, HOLDS),
    ("上位胸椎", "下位胸椎", FAILS, FAILS, FAILS, FAILS),
    ("胸腰移行部", "腰仙部", FAILS, FAILS, FAILS, FAILS),
    ("胸椎", "T3", OPEN, HOLDS, OPEN, OPEN),
    ("胸椎", "L1", FAILS, FAILS, OPEN, OPEN),
    ("胸椎", "L2", FAILS, FAILS, FAILS, OPEN),
    ("胸椎", "L3", FAILS, FAILS, FAILS, FAILS),
    ("胸椎", "胸部", OPEN, HOLDS, OPEN, OPEN),
    ("胸椎", "頸~胸部", OPEN, HOLDS, OPEN, OPEN),
    ("胸椎", "腰椎", FAILS, FAILS, OPEN, OPEN),
    ("頸椎", "腰椎", FAILS, FAILS, FAILS, FAILS),
    ("胸椎", "上位胸椎", OPEN, HOLDS, OPEN, OPEN),
    ("T1-T12", "T3", HOLDS, HOLDS, HOLDS, HOLDS),
    ("T3、腰椎", "T3", HOLDS, HOLDS, HOLDS, HOLDS),
    ("T3、腰椎", "L2", OPEN, HOLDS, OPEN, OPEN),
    ("T3、腰椎", "T9", FAILS, FAILS, FAILS, FAILS),
    ("T3、腰椎", "T4", FAILS, FAILS, HOLDS, HOLDS),
    ("T3、腰椎", "S1", FAILS, FAILS, OPEN, OPEN),
    ("T3、腰椎", "T9、腰部", OPEN, HOLDS, OPEN, OPEN),
    ("T3、Th13", "T3", HOLDS, HOLDS, HOLDS, HOLDS),
    ("T3、Th13", "T12", FAILS, FAILS, FAILS, FAILS),
    ("Th13", "T12", OPEN, OPEN, OPEN, OPEN),
    ("不明", "胸椎", OPEN, OPEN, OPEN, OPEN),
    ("全脊椎", "T3", OPEN, OPEN, OPEN, OPEN),
    (None, "T3", OPEN, OPEN, OPEN, OPEN),
    (None, None, OPEN, OPEN, OPEN, OPEN),
]  # fmt: skip


@pytest.mark.parametrize(("one", "other", "level", "region", "near", "far"), SAME)
def test_same_site_under_every_policy_both_ways_round(one, other, level, region, near, far):
    a, b = (read(text) if text else None for text in (one, other))
    for policy, expected in (("level", level), ("region", region), (1, near), (2, far)):
        assert sites.same_site(a, b, policy) is expected, policy
        assert sites.same_site(b, a, policy) is expected, policy
    assert sites.same_site(a, b, 0) is level


@READS
@given(LEVEL, LEVEL, st.integers(0, 5))
def test_levels_are_one_site_within_the_tolerance_and_not_beyond(a, b, tolerance):
    one, other = read(sites.AXIS[a]), read(sites.AXIS[b])
    expected = HOLDS if abs(a - b) <= tolerance else FAILS
    assert sites.same_site(one, other, tolerance) is expected


def test_shared_levels_include_those_of_regions():
    assert set(sites.shared(read("T11-L2"), read("腰椎"))) == span("L1-L2")
    assert set(sites.shared(read("腰椎"), read("T11-L2"))) == span("L1-L2")
    assert sites.shared(read("T3"), read("T4")) == ()


def test_the_zones_of_the_spine():
    assert span("C1-T12") == sites.CERVICAL_THORACIC
    assert span("L1-S5") == sites.LUMBAR_SACRAL
    assert span("C1-C2") == sites.C1_C2
