"""Hostile SR files through the command: a true exit code and one clear line, in bounded memory."""

import pytest

from benchmarks.japanese_report import dataset, written
from benchmarks.sr_attacks import SECONDS, Run, attacks, grade, run

ATTACKS = attacks()
PEAK = 200  # MiB


def refused_clearly(found: Run) -> bool:
    """Return whether a run ended with 4 and one line, which names the file and is no traceback."""
    return (
        found.code == 4
        and len(found.lines) == 1
        and found.lines[0].startswith("csfleak: attack.dcm")
        and len(found.lines[0]) < 300
        and "Traceback" not in found.lines[0]
    )


@pytest.mark.parametrize("name", ATTACKS)
def test_a_hostile_file_ends_with_4_and_one_clear_line(name):
    found = grade(ATTACKS[name])
    assert refused_clearly(found), found
    assert found.cpu < SECONDS
    assert found.peak < PEAK


def test_a_harmless_report_is_graded_within_the_same_bounds():
    found = grade(written(dataset()))
    assert found.code == 0
    assert not refused_clearly(found)
    assert found.peak < PEAK


def test_a_hostile_file_costs_only_itself(tmp_path):
    good, bad = tmp_path / "good.dcm", tmp_path / "attack.dcm"
    good.write_bytes(written(dataset()))
    bad.write_bytes(ATTACKS["nesting 60,000"])
    found = run("grade", str(good), str(bad))
    assert found.code == 1
    assert [line for line in found.lines if line.startswith("attack.dcm: refused")]
