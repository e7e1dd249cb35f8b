"""Every sample patient as every kind of SR in both character sets: nobody objects."""

from functools import cache
from pathlib import Path

import pytest

from adapter import gates, pipeline
from adapter.errors import Usage
from adapter.gates import sr_tools
from adapter.sr.decode import decode
from adapter.sr.rules.base import walk
from adapter.writers.options import WriteOptions
from tests.conftest import REPO, _missing

SAMPLES = sorted(p.name for p in (REPO / "sample_data").glob("[0-9]*"))
KINDS = ("comprehensive", "comprehensive3d", "enhanced", "basic-text")
CHARSETS = ("utf8", "iso-2022-jp")
NOT_IN_JIS = {"05-suspected-one-exam", "10-mimic", "15-four-exams"}  # a name's 髙 has no place

WITHOUT_GROUPS = {"08-not-assessable"}
RICH = "15-four-exams"


@cache
def _graded(sample: str) -> pipeline.Outcome:
    return pipeline.grade(pipeline.sources([REPO / "sample_data" / sample / "sr"]))


def _written(sample: str, kind: str, charset: str) -> bytes:
    options = pipeline.Options(write=WriteOptions(sr=kind, charset=charset))
    return pipeline.write(_graded(sample), "sr", options)


@pytest.mark.parametrize("sample", sorted(NOT_IN_JIS))
def test_a_name_beyond_jis_is_refused_for_old_receivers(sample: str) -> None:
    for kind in KINDS:
        with pytest.raises(Usage, match="no place in ISO 2022 IR 87"):
            _written(sample, kind, "iso-2022-jp")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("sample", SAMPLES)
def test_no_gate_and_no_validator_objects(sample: str, kind: str) -> None:
    # How text is coded is no matter of the kind: the old character set is asked of one of them.
    both = kind == KINDS[0] and sample not in NOT_IN_JIS
    for charset in CHARSETS if both else CHARSETS[:1]:
        data = _written(sample, kind, charset)
        tools = ("dciodvfy", "dsrdump")
        found = gates.check(data, f"{sample} {charset}", tools)
        assert [b for b in found if b.severity == gates.ERROR] == []
        assert [b for b in found if b.rule == "not-run"] == []
    gone = sr_tools.absent(tools)
    if gone:
        _missing(f"the program {gone[0]}", "CSFLEAK_REQUIRE_VALIDATORS")


# The kinds that have groups share their tree: all samples in one, one sample in each.
@pytest.mark.parametrize("kind", KINDS[:3])
def test_highdicom_finds_the_groups_of_every_sample(kind: str, tmp_path: Path) -> None:
    sr = pytest.importorskip("highdicom.sr")
    for sample in SAMPLES if kind == KINDS[0] else (RICH,):
        path = tmp_path / "own.dcm"
        path.write_bytes(_written(sample, kind, "utf8"))
        groups = sr.srread(path).content.get_image_measurement_groups()
        root = decode(path.read_bytes(), "own").root
        ours = [i for i in walk(root) if i.name is not None and i.name.value == "125007"]
        assert [g.tracking_uid for g in groups] == [
            i.value for g in ours for i in g.children if i.value_type == "UIDREF"
        ]
        assert ours or sample in WITHOUT_GROUPS
