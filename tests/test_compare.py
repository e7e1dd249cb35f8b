"""``csfleak compare`` and ``csfleak roundtrip``: what they print, and their exit codes."""

import json
import re
from pathlib import Path

import pytest

from adapter import pipeline
from adapter.cli import main
from adapter.merge.differences import differences, graded_differences
from tests.writers.graded_examples import CASES, case, grade, say

SAMPLES = Path(__file__).parents[1] / "sample_data"
ONE = SAMPLES / "04-definite-same-site"
OTHER = SAMPLES / "02-definite-spinal-mri"
NAMES = sorted(p.name for p in SAMPLES.glob("[0-9]*"))


@pytest.mark.parametrize("name", NAMES)
def test_a_samples_two_formats_say_the_same(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    folder = SAMPLES / name
    assert main(["compare", str(folder / "sr"), str(folder / "fhir")]) == 0
    assert capsys.readouterr().out == "0 differences\n"


def test_two_patients_differ_and_the_exit_code_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["compare", str(ONE / "sr"), str(OTHER / "fhir")]) == 1
    told = capsys.readouterr().out
    assert "csf-leak: rules" in told
    assert int(re.search(r"(\d+) differences\n$", told)[1]) == told.count("\n  A: ")


def test_json_has_a_row_for_each_difference(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["compare", str(ONE / "sr"), str(OTHER / "sr"), "--format", "json"]) == 1
    rows = json.loads(capsys.readouterr().out)["differences"]
    found = {row["path"]: (row["A"], row["B"]) for row in rows}
    assert found["exam 2 ri-cisternogram"] == ("stated", "")


def test_a_round_trip_without_loss_is_0(capsys: pytest.CaptureFixture[str]) -> None:
    folder = SAMPLES / "01-confirmed-ct-myelography" / "sr"
    assert main(["roundtrip", str(folder)]) == 0
    assert capsys.readouterr().out == "0 differences\n"


def test_a_round_trip_shows_what_an_sr_has_no_place_for(
    capsys: pytest.CaptureFixture[str],
) -> None:
    folder = SAMPLES / "11-hypotension-confirmed" / "fhir"
    assert main(["roundtrip", str(folder), "--format", "json"]) == 1
    rows = json.loads(capsys.readouterr().out)["differences"]
    assert {row["path"].rpartition(": ")[2] for row in rows} == {"kinds", "modalities"}
    assert {row["after"] for row in rows} == {""}


def test_findings_json_goes_through_both_formats(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["roundtrip", str(OTHER / "findings.json")]) in (0, 1)
    assert "csf-leak" not in capsys.readouterr().out


def test_an_input_that_is_none_is_no_result(tmp_path: Path) -> None:
    (tmp_path / "text.txt").write_text("no report", encoding="utf-8")
    assert main(["roundtrip", str(tmp_path / "text.txt")]) == 4
    assert main(["compare", str(ONE / "sr"), str(tmp_path / "text.txt")]) == 4


def test_a_refused_input_among_others_is_1(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = SAMPLES / "01-confirmed-ct-myelography" / "sr"
    for path in source.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    (tmp_path / "broken.dcm").write_bytes(b"\0" * 128 + b"DICM")
    assert main(["roundtrip", str(tmp_path)]) == 1
    assert "broken.dcm: refused" in capsys.readouterr().err


# The comparison itself


def test_every_part_of_a_finding_counts() -> None:
    said = say("epi-fluid", site="T3", laterality="left", uid="2.25.1", day="2026-03-02")
    first = case(said)
    for other in (
        say("epi-fluid", site="T4", laterality="left", uid="2.25.1", day="2026-03-02"),
        say("epi-fluid", site="T3", laterality="right", uid="2.25.1", day="2026-03-02"),
        say("epi-fluid", site="T3", laterality="left", uid="2.25.1", day="2026-03-03"),
        say("float-dural-sac", site="T3", laterality="left", uid="2.25.1", day="2026-03-02"),
    ):
        assert differences(first, case(other))
    assert differences(first, case(said)) == ()


def test_names_count_between_a_document_and_what_was_made_of_it_alone() -> None:
    one = case(say("epi-fluid", site="T3", uid="2.25.1", day="2026-03-02"))
    other = case(say("epi-fluid", site="T3", uid="2.25.2", day="2026-03-02"))
    assert differences(one, other) == ()
    assert [d.path for d in differences(one, other, made_of=True)] == [
        "exam 1 spinal-mri, lesion 1: uid"
    ]


def test_a_link_is_followed_to_the_lesion_it_means() -> None:
    def linked(first: str, second: str) -> tuple[object, ...]:
        return (
            say("epi-fluid", site="T3", uid=first, same_site=(second,), day="2026-03-02"),
            say("ri-epidural", site="T3", uid=second, day="2026-03-03"),
        )

    one, other = case(*linked("2.25.1", "2.25.2")), case(*linked("2.25.8", "2.25.9"))
    assert differences(one, other) == ()
    broken = case(
        say("epi-fluid", site="T3", uid="2.25.1", same_site=("2.25.7",), day="2026-03-02"),
        say("ri-epidural", site="T3", uid="2.25.2", day="2026-03-03"),
    )
    assert [d.path for d in differences(one, broken)] == ["exam 1 spinal-mri, lesion 1: same site"]


@pytest.mark.parametrize("name", CASES)
def test_a_case_does_not_differ_from_itself(name: str) -> None:
    assert graded_differences(grade(CASES[name]), grade(CASES[name])) == ()
    assert graded_differences(grade(CASES[name]), grade(CASES[name]), made_of=True) == ()


def test_every_two_examples_differ() -> None:
    graded = {name: grade(of) for name, of in CASES.items() if of.exams}
    for one in graded:
        for other in graded:
            assert bool(graded_differences(graded[one], graded[other])) == (one != other)


def test_grades_differ_by_policy_alone() -> None:
    inputs = pipeline.sources([ONE / "sr"])
    strict = pipeline.Options(policy=pipeline.Policy(exclusions="strict"))
    one, other = pipeline.grade(inputs), pipeline.grade(inputs, strict)
    found = graded_differences(one.graded, other.graded)
    assert found
    assert all(d.path.startswith(("csf-leak", "finding")) for d in found)
