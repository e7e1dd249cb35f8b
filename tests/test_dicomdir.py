"""A PDI medium: the SRs its DICOMDIR lists are the inputs, and no image is."""

from pathlib import Path

import pytest

from adapter import pipeline
from adapter.errors import RefusedInput

SR = Path(__file__).parent / "golden" / "independent" / "002.dcm"


@pytest.fixture
def medium(tmp_path):
    """Return the folder of a medium with one SR, one image and a page for people."""
    from pydicom import dcmread
    from pydicom.data import get_testdata_file
    from pydicom.fileset import FileSet

    report = dcmread(SR)
    report.StudyID = "1"
    files = FileSet()
    files.add(report)
    files.add(dcmread(get_testdata_file("CT_small.dcm")))
    files.write(tmp_path / "medium")
    (tmp_path / "medium" / "INDEX.HTM").write_text("<html>")
    return tmp_path / "medium"


def test_a_folder_with_a_dicomdir_is_followed_to_its_srs(medium):
    inputs = pipeline.sources([medium])
    read = [pipeline.read(data, name).input.id for name, data in inputs]
    assert read == [pipeline.read(SR.read_bytes()).input.id]
    assert pipeline.sources([medium / "DICOMDIR"]) == inputs
    assert not Path(inputs[0][0]).is_absolute()


def test_a_listed_sr_that_is_missing_makes_the_case_incomplete(medium):
    listed = Path(pipeline.sources([medium])[0][0])
    (medium / listed).unlink()
    outcome = pipeline.grade([("002.dcm", SR.read_bytes()), *pipeline.sources([medium])])
    assert [i.name for i in outcome.refused] == [listed.as_posix()]
    assert all(c.incomplete for c in outcome.graded.conclusions)


def test_a_damaged_dicomdir_is_refused(medium):
    path = medium / "DICOMDIR"
    path.write_bytes(path.read_bytes()[:400])
    with pytest.raises(RefusedInput, match="DICOMDIR"):
        pipeline.sources([medium])
