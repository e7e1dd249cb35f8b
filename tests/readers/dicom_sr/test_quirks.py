"""What public trackers report of real SRs, around the same findings: they stay what they are."""

import random

import pytest
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence

from adapter import terms
from adapter.readers.dicom_sr.patient import names
from tests.readers.dicom_sr.building import (
    MEASUREMENTS,
    MOD,
    PRESENT,
    code,
    coded,
    container,
    file,
    image,
    num,
    ours,
    reference,
    text,
)
from tests.readers.dicom_sr.reading import codes, facts, opened, said
from tests.readers.dicom_sr.test_dialects import contract

IMAGE_OF_SERIES = image("2.25.5", "DCM:121112|Source")
del IMAGE_OF_SERIES.ReferencedSOPSequence
IMAGE_OF_SERIES.ReferencedSeriesSequence = Sequence([Dataset()])


def region(kind: str, graphic: str) -> Dataset:
    """Return coordinates; without graphic type where it is empty."""
    item = container("DCM:111030|Image Region")
    del item.ContinuityOfContent
    item.ValueType = kind
    if graphic:
        item.GraphicType = graphic
    item.GraphicData = [1.0, 2.0] if kind == "SCOORD" else [1.0, 2.0, 3.0]
    return item


# What stands in the group beside the finding, the storage class, and what is told of it.
BESIDE = {
    "coordinates without graphic type": (region("SCOORD", ""), "comprehensive", []),
    "3D coordinates in an Enhanced SR": (region("SCOORD3D", "POINT"), "enhanced", []),
    "by reference in an Enhanced SR": (reference(1, 1), "enhanced", []),
    "R-INFERRED FROM": (reference(1, 1, rel="R-INFERRED FROM"), "enhanced", []),
    "an image that names its series only": (IMAGE_OF_SERIES, "comprehensive", ["deviation"]),
    "a number in a private unit": (
        num("99X:1|Length", "12", "99dcmjsUnit:mm"), "comprehensive", ["not-mapped"]
    ),
    "a number without value": (
        num("99X:1|Length", None, ""), "comprehensive", ["deviation", "not-mapped"]
    ),
    "free text in a code value": (
        code("99X:1|Remark", "99X:a remark of far more than sixteen characters"),
        "comprehensive", ["not-mapped"],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", BESIDE)
def test_what_stands_beside_a_finding_never_changes_it(name):
    beside, sop_class, told = BESIDE[name]
    document = opened(file(*contract(extra=[beside]), sop_class=sop_class))
    assert said(document) == said(opened(file(*contract())))
    assert codes(document) == told


@pytest.mark.parametrize(
    "item",
    [
        code("DCM:121049|Language", "RFC3066:eng|English", rel=MOD),
        code("DCM:121058|Procedure reported", "SRT:P0-0099A|Magnetic resonance imaging", rel=MOD),
    ],
)
def test_old_codes_in_the_head_change_no_finding(item):
    document = opened(file(item, *contract()))
    assert said(document) == said(opened(file(*contract())))
    assert codes(document) == []


@pytest.mark.parametrize("seed", range(5))
def test_the_order_of_a_groups_items_means_nothing(seed):
    tree = contract()
    for group in tree[0].ContentSequence:
        shuffled = list(group.ContentSequence)
        random.Random(seed).shuffle(shuffled)
        group.ContentSequence = Sequence(shuffled)
    assert said(opened(file(*tree))) == said(opened(file(*contract())))


def test_words_in_meanings_mean_nothing():
    def named(name: str) -> str:
        return f"{ours(name)}|Absent {name} (attribute)"

    assert said(opened(file(*contract(name=named)))) == said(opened(file(*contract())))


def test_an_evaluation_of_an_image_is_read():
    picture = image("2.25.5", "DCM:121112|Source")
    picture.ContentSequence = Sequence([code(ours("tonsil-descent"), PRESENT)])
    for tree in (picture, container(MEASUREMENTS, picture)):
        assert [s.concept for s in opened(file(tree)).statements] == ["tonsil-descent"]


def test_radlex_is_known_however_it_is_spelt(tmp_path):
    overlay = tmp_path / "radlex.toml"
    overlay.write_text('[tonsil-descent]\ncodes = [{ in = "RADLEX", code = "RID1" }]\n')
    known = terms.load((overlay,))
    for designator in ("RADLEX", "RadLex"):
        document = opened(file(code(f"{designator}:RID1", PRESENT)), known=known)
        assert [s.concept for s in document.statements] == ["tonsil-descent"]


def test_a_code_of_a_meaning_alone_is_not_used_and_told():
    document = opened(file(code(ours("tonsil-descent"), ":|TODO")))
    assert facts(document) == {"tonsil-descent": "not-assessed"}
    assert set(codes(document)) == {"deviation", "not-used"}


def test_jis_that_lost_its_escapes_is_text_nobody_understands_and_told():
    lost = "$B$J$7(B"  # なし without the two escape bytes
    document = opened(file(text(ours("tonsil-descent"), lost), charset=["", "ISO 2022 IR 87"]))
    assert facts(document) == {"tonsil-descent": "not-assessed"}
    assert codes(document) == ["not-used"]


def test_lines_tabs_backslashes_and_long_text_survive():
    written = "a\r\n\tb\\c" + "漢" * 50_000
    from adapter.sr.decode import decode

    root = decode(file(text("DCM:121106|Comment", written + "  ")), "long").root
    assert root is not None
    assert root.children[0].value == written


def test_a_name_without_caret_or_with_a_full_width_space_is_kept_whole():
    assert [n.text for n in names("=山田　太郎")] == ["山田　太郎"]
    assert [(n.family, n.given) for n in names("=山田　太郎")] == [("", "")]


def test_a_private_scheme_needs_no_identification_to_be_told():
    document = opened(file(code("99ACME:1|Leak", PRESENT)))
    assert [i.diagnostics.split('"')[0].strip() for i in document.issues] == ["(99ACME, 1)"]
    assert coded("99ACME:1|Leak").CodingSchemeDesignator == "99ACME"
