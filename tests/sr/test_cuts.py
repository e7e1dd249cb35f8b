"""A good SR cut at every length is refused, or gives the same tree, or says it has no content."""

import pytest

from adapter.errors import Damaged, RefusedInput
from adapter.sr.decode import decode
from benchmarks.japanese_report import dataset, written
from tests.sr.comparison import items
from tests.sr.samples import TESTS
from tests.sr.test_decode import bare, deflated

SMALL = dataset(lesions=1)
CASES = {
    "explicit": written(SMALL),
    "explicit, undefined lengths": written(SMALL, undefined=True),
    "implicit": written(SMALL, explicit=False),
    "implicit, undefined lengths": written(SMALL, explicit=False, undefined=True),
    "deflated": deflated(written(SMALL)),
    "big endian": bare(implicit_vr=False, little_endian=False),
    "bare": written(SMALL)[132:],
    "a bug's file": (TESTS / "bugs" / "06-long-code-value.dcm").read_bytes(),
}


@pytest.mark.parametrize("name", CASES)
def test_no_cut_passes_silently(name):
    whole = CASES[name]
    tree = items(decode(whole, name).root)
    kinds = {"refused": 0, "same": 0, "no content": 0}
    for length in range(len(whole)):
        try:
            cut = decode(whole[:length], name)
        except RefusedInput:
            kinds["refused"] += 1
            continue
        if items(cut.root) == tree:
            kinds["same"] += 1
            continue
        assert cut.root.children == (), length
        assert "no-content" in {d[0] for d in cut.deviations}, length
        kinds["no content"] += 1
    assert kinds["refused"] >= len(whole) - 8
    assert kinds["same"] <= 1  # a cut pad byte of a deflated data set


@pytest.mark.parametrize("name", ["explicit", "implicit, undefined lengths", "bare"])
def test_a_cut_inside_the_tree_is_damage_with_an_offset(name):
    whole = CASES[name]
    with pytest.raises(Damaged, match=r"item 1\.6\.1.*, offset \d+: .*cut short"):
        decode(whole[: len(whole) * 2 // 3], "cut.dcm")


@pytest.mark.parametrize("name", ["explicit", "implicit, undefined lengths", "bare"])
def test_what_is_salvaged_is_whole(name):
    whole = CASES[name]
    good = {one.path: one for one in items(decode(whole, name).root)}
    tree = decode(whole, name).root.offset
    salvaged = 0
    for length in range(tree + 8, len(whole), 7):
        try:
            document = decode(whole[:length], name, salvage=True)
        except RefusedInput:
            continue
        torn = {path for id, path, _, _ in document.deviations if id == "cut"}
        if not torn:
            assert "no-content" in {d[0] for d in document.deviations}
            continue
        for one in items(document.root):
            assert one.path in torn or one == good[one.path]
            salvaged += 1
    assert salvaged > 1000


def test_a_cut_deflated_file_can_be_salvaged():
    whole = CASES["deflated"]
    good = {one.path: one for one in items(decode(whole, "deflated").root)}
    found = decode(whole[:-60], "deflated", salvage=True)
    torn = {path for id, path, _, _ in found.deviations if id == "cut"}
    assert "1" in torn
    assert 15 < len(items(found.root)) < len(good)
    for one in items(found.root):
        assert one.path in torn or one == good[one.path]


def test_salvage_changes_nothing_about_a_good_file():
    for data in CASES.values():
        assert decode(data, "good", salvage=True) == decode(data, "good")


@pytest.mark.parametrize("extra", [b"\0", b"\0\0", b"garbage!", b"\x08\x00", bytes(512)])
@pytest.mark.parametrize("name", ["explicit", "implicit", "bare", "big endian"])
def test_trailing_garbage_is_damage(name, extra):
    with pytest.raises(Damaged):
        decode(CASES[name] + extra, "garbage")
