"""Damaged, replaced, doubled and unfinished SRs: no grade changes without its being told."""

import io

import pydicom
import pytest
from pydicom.uid import DeflatedExplicitVRLittleEndian, ImplicitVRLittleEndian

from adapter import pipeline
from adapter.cli import main
from adapter.cli.demo import grades
from adapter.errors import RefusedInput
from adapter.pipeline import Options
from adapter.readers.options import ReadOptions
from adapter.writers.result import result
from tests.conftest import REPO
from tests.readers.dicom_sr.building import INSTANCE, coded, file
from tests.readers.dicom_sr.test_dialects import contract

INDEPENDENT = REPO / "tests" / "golden" / "independent"
SAMPLES = REPO / "sample_data"
STRICT = Options(read=ReadOptions(strict=True))
SALVAGE = Options(read=ReadOptions(salvage=True))
WITHHELD = {"withheld", "not-assessable"}


def resaved(data: bytes, syntax: str) -> bytes:
    """Return an SR in another transfer syntax, written by pydicom."""
    ds = pydicom.dcmread(io.BytesIO(data))
    for _ in ds.iterall():  # pydicom decodes a sequence when it is asked for
        pass
    ds.file_meta.TransferSyntaxUID = syntax
    out = io.BytesIO()
    ds.save_as(out, implicit_vr=syntax == ImplicitVRLittleEndian, little_endian=True)
    return out.getvalue()


def changed(data: bytes, **header: object) -> bytes:
    """Return an SR with header elements set, or removed by None."""
    ds = pydicom.dcmread(io.BytesIO(data))
    for keyword, value in header.items():
        if value is None:
            delattr(ds, keyword)
        else:
            setattr(ds, keyword, value)
    ds.file_meta.MediaStorageSOPInstanceUID = ds.SOPInstanceUID
    out = io.BytesIO()
    ds.save_as(out)
    return out.getvalue()


def graded(*files: bytes, options: Options | None = None):
    return pipeline.grade([(f"{n}.dcm", data) for n, data in enumerate(files)], options)


def said(outcome):
    """Return what a grading says of the findings: grades, trail and findings, without sources."""
    return grades(outcome), [
        {**f, "trail": None} for f in result(outcome.graded, outcome.terms)["findings"]
    ]


def codes(outcome) -> set[str]:
    return {i.code for i in outcome.graded.case.issues}


INDEPENDENT_SR = (INDEPENDENT / "000.dcm").read_bytes()
SAMPLE_SR = (SAMPLES / "01-confirmed-ct-myelography" / "sr" / "report.dcm").read_bytes()
# The whole file, and every how many bytes it is cut.
CUT = {
    "an independent SR, explicit": (INDEPENDENT_SR, 1),
    "an independent SR, implicit": (resaved(INDEPENDENT_SR, ImplicitVRLittleEndian), 1),
    "an independent SR, deflated": (resaved(INDEPENDENT_SR, DeflatedExplicitVRLittleEndian), 1),
    "a sample SR, explicit": (SAMPLE_SR, 1),
    "a sample SR, deflated": (resaved(SAMPLE_SR, DeflatedExplicitVRLittleEndian), 1),
}


@pytest.mark.parametrize("name", CUT)
def test_a_cut_is_refused_or_gives_the_whole_grade_or_says_that_nothing_is_recorded(name):
    whole, step = CUT[name]
    expected = said(graded(whole))
    assert expected == said(graded(resaved(whole, ImplicitVRLittleEndian)))
    kinds = {"refused": 0, "same": 0, "nothing": 0}
    for length in range(0, len(whole), step):
        try:
            cut = graded(whole[:length])
        except RefusedInput:
            kinds["refused"] += 1
            continue
        if said(cut) == expected:
            kinds["same"] += 1
            continue
        # Cut just before the content: it cannot be told from a document without content.
        assert {c.established for c in cut.graded.conclusions} == {"not-assessable"}, length
        assert any("no-content" in i.diagnostics for i in cut.graded.case.issues), length
        kinds["nothing"] += 1
    assert kinds["refused"] >= len(whole) // step - 10
    assert kinds["same"] <= 1  # a cut pad byte of a deflated data set


@pytest.mark.parametrize("cut", [0.5, 0.7, 0.9])
def test_one_cut_file_among_good_ones_makes_the_case_incomplete(cut):
    mri, ri = [
        (SAMPLES / "04-definite-same-site" / "sr" / f"{name}.dcm").read_bytes()
        for name in ("1-mri", "2-ri")
    ]
    assert graded(mri, ri).graded.conclusions[0].established == "definite"
    torn = graded(mri[: int(len(mri) * cut)], ri)
    assert [one.reason for one in torn.refused]
    assert all(c.incomplete for c in torn.graded.conclusions)
    assert torn.graded.conclusions[0].established == graded(ri).graded.conclusions[0].established


def test_salvage_of_a_cut_file_establishes_nothing_and_ends_with_1(tmp_path, capsys):
    whole = (SAMPLES / "02-definite-spinal-mri" / "sr").glob("*.dcm").__next__().read_bytes()
    assert graded(whole).graded.conclusions[0].established == "definite"
    salvaged = 0
    for length in range(1200, len(whole), 61):
        try:
            found = graded(whole[:length], options=SALVAGE)
        except RefusedInput:
            continue
        told = codes(found)
        assert {c.established for c in found.graded.conclusions} <= WITHHELD, length
        assert "salvaged" in told or "deviation" in told, length
        salvaged += "salvaged" in told
    assert salvaged > 50
    path = tmp_path / "cut.dcm"
    path.write_bytes(whole[: len(whole) * 9 // 10])
    assert main(["grade", str(path)]) == 4
    assert main(["grade", str(path), "--salvage", "--lang", "en"]) == 1
    out, err = capsys.readouterr()
    assert "cut.dcm: error: salvaged" in err
    assert "damaged" in out


def test_salvage_changes_nothing_about_whole_files():
    for whole, _ in CUT.values():
        assert grades(graded(whole, options=SALVAGE)) == grades(graded(whole))


NEW, OLD = "2.25.2002", INSTANCE
CURRENT = {"SOPInstanceUID": NEW}


def replacing(uid: str):
    """Return Predecessor Documents Sequence items that name one SR."""
    from pydicom.dataset import Dataset
    from pydicom.sequence import Sequence

    reference, series, study = Dataset(), Dataset(), Dataset()
    reference.ReferencedSOPClassUID = "1.2.840.10008.5.1.4.1.1.88.33"
    reference.ReferencedSOPInstanceUID = uid
    series.SeriesInstanceUID = "2.25.1002"
    series.ReferencedSOPSequence = Sequence([reference])
    study.StudyInstanceUID = "2.25.1001"
    study.ReferencedSeriesSequence = Sequence([series])
    return Sequence([study])


def test_a_replaced_document_is_not_used_and_said_to_be_replaced():
    old = file(*contract())
    other = {"SCT:373068000|U": "SCT:272519000|Absent"}
    new = file(*contract(other), **CURRENT, PredecessorDocumentsSequence=replacing(OLD))
    alone = graded(new)
    assert said(alone) != said(graded(old))
    for files in ((old, new), (new, old)):
        both = graded(*files)
        assert said(both) == said(alone)
        status = {i.id: i.status for i in both.graded.case.inputs}
        assert status == {OLD: "superseded", NEW: "used"}


def test_documents_that_replace_each_other_establish_nothing_and_are_told():
    one = file(*contract(), PredecessorDocumentsSequence=replacing(NEW))
    two = file(*contract(), **CURRENT, PredecessorDocumentsSequence=replacing(OLD))
    try:
        found = graded(one, two)
    except RefusedInput:
        return
    assert [i.status for i in found.graded.case.inputs] == ["superseded"] * 2
    assert {c.established for c in found.graded.conclusions} == {"not-assessable"}


def test_a_document_that_names_itself_as_replaced_is_used():
    whole = file(*contract(), PredecessorDocumentsSequence=replacing(OLD))
    assert said(graded(whole)) == said(graded(file(*contract())))


def test_the_same_file_twice_counts_once_and_is_told(tmp_path, capsys):
    whole = file(*contract())
    both = graded(whole, whole)
    assert said(both) == said(graded(whole))
    assert sorted(i.status for i in both.graded.case.inputs) == ["duplicate", "used"]
    for name in ("a.dcm", "b.dcm"):
        (tmp_path / name).write_bytes(whole)
    assert main(["grade", str(tmp_path)]) == 0
    assert "duplicate" in capsys.readouterr().err


def test_one_instance_uid_with_two_contents_gives_no_grade(tmp_path, capsys):
    one = file(*contract())
    two = file(*contract({"SCT:272519000|Absent": "SCT:52101004|Present"}))
    with pytest.raises(RefusedInput, match="SOP Instance UID"):
        graded(one, two)
    for name, data in (("a.dcm", one), ("b.dcm", two)):
        (tmp_path / name).write_bytes(data)
    assert main(["grade", str(tmp_path)]) == 4
    out, err = capsys.readouterr()
    assert out == ""
    assert "a new UID" in err


@pytest.mark.parametrize(
    "header", [{"CompletionFlag": "PARTIAL"}, {"PreliminaryFlag": "PRELIMINARY"}]
)
def test_an_unfinished_document_is_used_and_every_conclusion_cautions(header):
    found = graded(file(*contract(), **header))
    finished = graded(file(*contract()))
    assert [c.established for c in found.graded.conclusions] == [
        c.established for c in finished.graded.conclusions
    ]
    assert "preliminary" in codes(found)
    for conclusion in found.graded.conclusions:
        assert "preliminary-input" in {note.code for note in conclusion.cautions}
    cautions = {note.code for c in finished.graded.conclusions for note in c.cautions}
    assert "preliminary-input" not in cautions


DEVIATING = {
    "no completion flag": lambda: changed(file(*contract()), CompletionFlag=None),
    "another modality": lambda: changed(file(*contract()), Modality="OT"),
    "no preamble": lambda: file(*contract())[132:],
    "a code without scheme": lambda: file(*contract(), ConceptNameCodeSequence=[coded(":1|x")]),
}


@pytest.mark.parametrize("name", DEVIATING)
def test_strict_refuses_what_is_otherwise_read_and_told(name, tmp_path, capsys):
    data = DEVIATING[name]()
    assert "deviation" in codes(graded(data))
    with pytest.raises(RefusedInput, match="strict"):
        graded(data, options=STRICT)
    path = tmp_path / "deviating.dcm"
    path.write_bytes(data)
    assert main(["grade", str(path)]) == 0
    assert "deviation" in capsys.readouterr().err
    assert main(["grade", str(path), "--strict"]) == 4
    out, err = capsys.readouterr()
    assert out == ""
    assert err.count("\n") == 1


def test_strict_accepts_what_does_not_deviate():
    assert said(graded(file(*contract()), options=STRICT)) == said(graded(file(*contract())))
    assert graded(SAMPLE_SR, options=STRICT).graded.conclusions[0].established == "confirmed"


def test_a_document_that_records_nothing_leaves_the_others_incomplete() -> None:
    folder = REPO / "sample_data" / "04-definite-same-site" / "sr"
    emptied = pydicom.dcmread(folder / "1-mri.dcm")
    del emptied.ContentSequence
    buffer = io.BytesIO()
    emptied.save_as(buffer)
    whole = (folder / "2-ri.dcm").read_bytes()
    outcome = pipeline.grade([("1-mri.dcm", buffer.getvalue()), ("2-ri.dcm", whole)])
    assert all(c.incomplete for c in outcome.graded.conclusions)
    assert "no-content" in {i.code for i in outcome.graded.case.issues}
    alone = pipeline.grade([("1-mri.dcm", buffer.getvalue())])
    assert {c.established for c in alone.graded.conclusions} == {"not-assessable"}
