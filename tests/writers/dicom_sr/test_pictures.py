"""What of an image a source's findings rest on is in the written report, or told to be left out."""

import io
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from subprocess import run
from typing import Any

import pytest

from adapter.cli import main
from adapter.merge import merge
from adapter.model import Case
from adapter.readers import dicom_sr as reader
from adapter.readers.options import ReadOptions
from adapter.sr.content import Code, Graphic, Item, Reference
from adapter.sr.decode import decode
from adapter.sr.encode import encode
from adapter.sr.rules import check
from adapter.writers.dicom_sr import told, write
from adapter.writers.options import WriteOptions
from tests.writers.graded_examples import TERMS, grade

MR = "1.2.840.10008.5.1.4.1.1.4.1"  # multi-frame
IMAGE = Reference(MR, "1.2.3.4", (3, 4))
SECOND = Reference(MR, "1.2.3.5")
UNLISTED = Reference(MR, "1.2.3.6")
REGION = Graphic("POLYLINE", (1.5, 2.25, 10.0, 20.5, 1.5, 2.25))
SPACE = Graphic("POINT", (1.0, -2.0, 3.5), "1.2.3.99")


def _code(text: str) -> Code:
    scheme, value = text.split(":")
    return Code(value, scheme, value)


def _item(kind: str, relationship: str, name: str, value: Any = None, *children: Item) -> Item:
    return Item("", kind, relationship, _code(name) if name else None, value, children)


def _in_image(name: str = "") -> Item:
    """Return a region; TID 1410 has a name for it, TID 1501 has not."""
    image = _item("IMAGE", "SELECTED FROM", "", IMAGE)
    return _item("SCOORD", "CONTAINS", name, REGION, image)


def _group(uid: str, finding: str, *children: Item) -> Item:
    return Item(
        "", "CONTAINER", "CONTAINS", _code("DCM:125007"), None,
        (
            _item("TEXT", "HAS OBS CONTEXT", "DCM:112039", uid),
            _item("UIDREF", "HAS OBS CONTEXT", "DCM:112040", uid),
            _item("CODE", "CONTAINS", "DCM:121071", _code(f"99CSFL:{finding}")),
            *children,
        ),
        template="1501", continuity="SEPARATE",
    )  # fmt: skip


def _container(name: str, *children: Item) -> Item:
    return Item("", "CONTAINER", "CONTAINS", _code(name), None, children, continuity="SEPARATE")


def _case(*items: Item, schemes: tuple[str, str] = ("99X", "1.2.1")) -> Case:
    data = _source(*items, schemes=schemes)
    return merge([reader.read(data, "source.dcm", TERMS, ReadOptions())], TERMS)


def _source(*items: Item, schemes: tuple[str, str] = ("99X", "1.2.1")) -> bytes:
    root = Item(
        "1", "CONTAINER", "", _code("DCM:126000"), None, items,
        template="1500", continuity="SEPARATE",
    )  # fmt: skip
    listed = ({"ReferencedSOPClassUID": MR, "ReferencedSOPInstanceUID": i.sop_instance}
              for i in (IMAGE, SECOND))  # fmt: skip
    series = {"SeriesInstanceUID": "1.2.3.1", "ReferencedSOPSequence": tuple(listed)}
    study = {"StudyInstanceUID": "1.2.3.0", "ReferencedSeriesSequence": (series,)}
    header = {
        "SOPClassUID": "1.2.840.10008.5.1.4.1.1.88.34", "SOPInstanceUID": "1.2.3.100",
        "StudyInstanceUID": "1.2.3.0", "SeriesInstanceUID": "1.2.3.10", "Modality": "SR",
        "PatientID": "7", "ContentDate": "20260302", "ContentTime": "101500",
        "StudyDate": "20260302", "CompletionFlag": "COMPLETE", "VerificationFlag": "UNVERIFIED",
        "CurrentRequestedProcedureEvidenceSequence": (study,),
        "CodingSchemeIdentificationSequence": (
            {"CodingSchemeDesignator": schemes[0], "CodingSchemeUID": schemes[1]},
        ),
    }  # fmt: skip
    return encode(header, root)


def _measurements(*groups: Item) -> Item:
    return _container("DCM:126010", *groups)


def _all(item: Item) -> Iterator[Item]:
    yield item
    for child in item.children:
        yield from _all(child)


def _written(case: Case, kind: str = "comprehensive") -> Item:
    data = write(grade(case), TERMS, WriteOptions(sr=kind))
    root = decode(data, "x.dcm").root
    assert root is not None
    assert [b for b in check(decode(data, "x.dcm")) if b.severity == "error"] == []
    return root


def _pictures(root: Item, finding: str) -> list[Item]:
    """Return the pictures of the group with a finding, without their places."""
    (group,) = (
        g for g in _all(root)
        if any(isinstance(c.value, Code) and c.value.value == finding and c.name is not None
               and c.name.value == "121071" for c in g.children)
    )  # fmt: skip
    return [_bare(c) for c in group.children if isinstance(c.value, Reference | Graphic)]


def _bare(item: Item) -> Item:
    return replace(item, path="", offset=-1, children=tuple(map(_bare, item.children)))


LESION = _group(
    "2.25.7", "epi-fluid", _item("IMAGE", "CONTAINS", "DCM:121112", SECOND), _in_image("DCM:111030")
)
OTHER = _group("2.25.8", "ri-epidural", _item("IMAGE", "CONTAINS", "DCM:121112", IMAGE))


def with_pictures() -> Case:
    """Return a case whose lesions rest on an image, regions in images, and a region in space."""
    region = _item("SCOORD3D", "CONTAINS", "DCM:111030", SPACE)
    return _case(_measurements(LESION, OTHER, _group("2.25.9", "ctm-epidural", region)))


@pytest.mark.parametrize("kind", ["comprehensive", "comprehensive3d", "enhanced"])
def test_images_and_regions_stay_with_the_lesion_they_came_with(kind: str) -> None:
    root = _written(_case(_measurements(LESION, OTHER)), kind)
    assert _pictures(root, "epi-fluid") == [
        _item("IMAGE", "CONTAINS", "DCM:121112", SECOND), _in_image()
    ]  # fmt: skip
    assert _pictures(root, "ri-epidural") == [_item("IMAGE", "CONTAINS", "DCM:121112", IMAGE)]


def test_they_are_evidence_and_survive_the_next_round() -> None:
    case = _case(_measurements(LESION, OTHER))
    data = write(grade(case), TERMS, WriteOptions())
    document = decode(data, "x.dcm")
    listed = {reference.sop_instance for _, _, reference in document.evidence}
    assert {IMAGE.sop_instance, SECOND.sop_instance, "1.2.3.100"} <= listed
    again = merge([reader.read(data, "again.dcm", TERMS, ReadOptions())], TERMS)
    assert _pictures(_written(again), "epi-fluid") == _pictures(_written(case), "epi-fluid")


def test_an_image_given_by_reference_is_the_image_itself() -> None:
    library = _container(
        "DCM:111028", _container("DCM:126200", _item("IMAGE", "CONTAINS", "", IMAGE))
    )
    by_reference = Item("", "", "SELECTED FROM", by_reference=(1, 1, 1, 1))
    region = _item("SCOORD", "CONTAINS", "DCM:111030", REGION, by_reference)
    case = _case(library, _measurements(_group("2.25.7", "epi-fluid", region)))
    assert _pictures(_written(case), "epi-fluid") == [_in_image()]
    assert told(grade(case), WriteOptions()) == ()


def test_what_stands_below_a_measurement_belongs_to_its_group() -> None:
    inferred = replace(_in_image(), relationship="INFERRED FROM")
    state = _item("CODE", "CONTAINS", "99CSFL:enhancement", _code("SCT:272519000"), inferred)
    case = _case(_measurements(_group("2.25.7", "epi-fluid", state)))
    assert _pictures(_written(case), "epi-fluid") == [_in_image()]


def test_a_finding_without_a_group_keeps_its_image() -> None:
    finding = _item("CODE", "CONTAINS", "99CSFL:circ-failure", _code("SCT:52101004"),
                    _item("IMAGE", "INFERRED FROM", "DCM:121112", IMAGE))  # fmt: skip
    case = _case(_container("UMLS:C0034375", finding))
    assert _pictures(_written(case), "ri-cisternogram") == [
        _item("IMAGE", "CONTAINS", "DCM:121112", IMAGE)
    ]


def test_a_region_in_space_is_kept_where_the_class_allows_it_and_told_elsewhere() -> None:
    region = _item("SCOORD3D", "CONTAINS", "DCM:111030", SPACE)
    case = _case(_measurements(_group("2.25.7", "epi-fluid", region)))
    unnamed = replace(region, name=None)
    assert _pictures(_written(case, "comprehensive3d"), "epi-fluid") == [unnamed]
    assert told(grade(case), WriteOptions(sr="comprehensive3d")) == ()
    for kind in ("comprehensive", "enhanced"):
        assert _pictures(_written(case, kind), "epi-fluid") == []
        (issue,) = told(grade(case), WriteOptions(sr=kind))
        assert (issue.code, issue.document) == ("picture-left-out", "source.dcm")
        assert "comprehensive3d" in issue.diagnostics


def test_the_command_tells_what_it_leaves_out(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    region = _item("SCOORD3D", "CONTAINS", "DCM:111030", SPACE)
    source = tmp_path / "source.dcm"
    source.write_bytes(_source(_measurements(_group("2.25.7", "epi-fluid", region))))
    command = ["convert", str(source), "--to", "sr", "-o", str(tmp_path / "out"), "--sr"]
    assert main([*command, "comprehensive"]) == 0
    assert "picture-left-out" in capsys.readouterr().err
    assert main([*command, "comprehensive3d"]) == 0
    assert "picture-left-out" not in capsys.readouterr().err


def test_an_image_that_nobody_lists_as_evidence_is_left_out_and_told() -> None:
    image = _item("IMAGE", "CONTAINS", "DCM:121112", UNLISTED)
    case = _case(_measurements(_group("2.25.7", "epi-fluid", image)))
    assert _pictures(_written(case), "epi-fluid") == []
    (issue,) = told(grade(case), WriteOptions())
    assert "evidence" in issue.diagnostics


def test_a_name_of_a_scheme_of_its_own_is_written_with_what_identifies_it() -> None:
    named = _item("IMAGE", "CONTAINS", "99HOSPITAL:key", SECOND)
    case = _case(
        _measurements(_group("2.25.7", "epi-fluid", named)), schemes=("99HOSPITAL", "1.2.77")
    )
    document = decode(write(grade(case), TERMS, WriteOptions()), "x.dcm")
    assert document.root is not None
    (picture,) = _pictures(document.root, "epi-fluid")
    assert picture.name is not None
    assert (picture.name.scheme, "1.2.77") in document.schemes


def test_the_grade_does_not_depend_on_pictures() -> None:
    bare = _case(_measurements(_group("2.25.7", "epi-fluid"), _group("2.25.8", "ri-epidural")))
    shown = _case(_measurements(LESION, OTHER))
    assert [(c.established, c.possible) for c in grade(bare).conclusions] == [
        (c.established, c.possible) for c in grade(shown).conclusions
    ]


@pytest.mark.parametrize("implicit", [False, True])
def test_pydicom_reads_the_shape(implicit: bool) -> None:
    from pydicom import dcmread

    case = _case(_measurements(LESION))
    data = write(grade(case), TERMS, WriteOptions(implicit_vr=implicit))
    measured = next(c for c in dcmread(io.BytesIO(data)).ContentSequence
                    if c.ConceptNameCodeSequence[0].CodeValue == "126010")  # fmt: skip
    (shape,) = (i for g in measured.ContentSequence for i in g.get("ContentSequence", ())
                if i.ValueType == "SCOORD")  # fmt: skip
    assert (shape.GraphicType, list(shape.GraphicData)) == ("POLYLINE", list(REGION.points))
    assert shape.ContentSequence[0].ReferencedSOPSequence[0].ReferencedFrameNumber == [3, 4]


@pytest.mark.parametrize("kind", ["comprehensive", "comprehensive3d", "enhanced"])
def test_validators_and_highdicom_accept_them(
    kind: str, tmp_path: Path, validator: Callable[[str], str]
) -> None:
    path = tmp_path / "own.dcm"
    path.write_bytes(write(grade(with_pictures()), TERMS, WriteOptions(sr=kind)))
    done = run([validator("dciodvfy"), str(path)], capture_output=True, text=True, timeout=60)
    lines = (done.stdout + done.stderr).splitlines()
    assert [s for s in lines if "Error" in s] == []
    assert run([validator("dsrdump"), str(path)], capture_output=True, timeout=60).returncode == 0
    srread = pytest.importorskip("highdicom.sr").srread
    assert len(srread(str(path)).content.get_image_measurement_groups()) >= 3
