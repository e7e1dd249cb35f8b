"""A batch run: every input accounted for, only what is missing or changed done again."""

import csv
import errno
import hashlib
import json
import os
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from adapter import batch, pipeline
from adapter.batch import BatchOptions, indexing, quarantine
from adapter.criteria import Policy
from adapter.errors import Environment, Usage
from adapter.pipeline import Options
from adapter.store import locked
from tests.batch import generator
from tests.batch.generator import BAD, Archive, archive

PATIENTS = 40
OUTPUTS = ("fhir.json", "sr.dcm")
SAMPLES = Path(__file__).parents[2] / "sample_data"


def run(source: Path, destination: Path, options: Options | None = None, **how) -> batch.Summary:
    return batch.run([source], destination, options, BatchOptions(workers=0, chunk=7, **how))


def tree(destination: Path) -> dict[str, bytes]:
    """Return all that a run leaves for others, by path."""
    found = [p for p in destination.rglob("*") if p.is_file() and ".csfleak" not in p.parts]
    return {p.relative_to(destination).as_posix(): p.read_bytes() for p in found}


@pytest.fixture(scope="module")
def made() -> Archive:
    return archive(3, PATIENTS)


@pytest.fixture(scope="module")
def source(made: Archive, tmp_path_factory) -> Path:
    return made.write(tmp_path_factory.mktemp("source"))


@pytest.fixture(scope="module")
def first(source: Path, tmp_path_factory) -> Path:
    destination = tmp_path_factory.mktemp("first")
    run(source, destination)
    return destination


@pytest.fixture
def again(first: Path, tmp_path: Path) -> Path:
    """Return a copy of a finished run."""
    return Path(shutil.copytree(first, tmp_path / "again"))


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """Return a source of one's own."""
    return archive(5, 6).write(tmp_path / "small")


def test_every_input_has_the_outcome_that_it_was_made_for(made, source, first):
    summary = run(source, first)
    wanted = {**dict.fromkeys(summary.inputs, 0), **made.outcomes}
    assert summary.inputs == wanted
    assert summary.cases == {"graded": made.cases, "refused": 0, "nothing-for-us": 0}
    assert set(made.bad) == set(BAD)
    assert summary.made == 0
    assert summary.exit_code == 1


def test_every_case_has_its_outputs_and_a_row(made, first):
    with (first / "cases.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == made.cases
    files = {name for row in rows for name in row["outputs"].split("; ")}
    assert files == {
        p.relative_to(first / "cases").as_posix() for p in (first / "cases").glob("*/*")
    }
    assert len(files) == len(OUTPUTS) * made.cases
    assert {row["csf_leak_established"] for row in rows} >= {"definite"}


def test_a_case_is_what_convert_makes_of_its_inputs(source, first, tmp_path):
    summary = run(source / "00", tmp_path / "one")
    outputs = sorted((tmp_path / "one" / "cases").glob("*/*.fhir.json"))
    assert summary.cases["graded"] == len(outputs) > 0
    by_number: dict[str, list[Path]] = {}
    for path in sorted((source / "00").iterdir()):
        by_number.setdefault(path.name[:7], []).append(path)
    wanted = {
        pipeline.convert(pipeline.sources(paths), ["fhir"])[1]["fhir"]
        for paths in by_number.values()
    }
    assert {path.read_bytes() for path in outputs} == wanted


def test_refusals_are_listed_with_their_reasons(made, first):
    lines = (first / "refused.ndjson").read_text(encoding="utf-8").splitlines()
    rows = [json.loads(line) for line in lines]
    assert len(rows) == made.outcomes["refused"]
    assert all(row["reason"] for row in rows)
    assert [r["input"] for r in rows] == sorted(r["input"] for r in rows)


def test_the_journal_and_the_tables_name_no_patient(first):
    journal = b"".join(p.read_bytes() for p in (first / ".csfleak").glob("journal*"))
    for data in (journal, (first / "cases.csv").read_bytes()):
        assert b"PAT-0000" not in data
        assert b"2.25.424242" not in data


def test_processes_give_the_bytes_of_this_process(source, first, tmp_path):
    batch.run([source], tmp_path / "out", batch=BatchOptions(workers=2, chunk=20))
    assert tree(tmp_path / "out") == tree(first)


def test_another_chunk_size_changes_nothing(source, first, tmp_path):
    batch.run([source], tmp_path / "out", batch=BatchOptions(workers=0, chunk=1000))
    assert tree(tmp_path / "out") == tree(first)


# What is done again


def test_another_policy_makes_every_graded_case_again_and_reads_no_input_anew(
    made, source, again, monkeypatch
):
    read = []
    real = indexing._one
    monkeypatch.setattr(indexing, "_one", lambda *a: read.append(a) or real(*a))
    summary = run(source, again, Options(policy=Policy(same_site="region")))
    assert summary.made == made.cases
    assert read == []
    assert run(source, again, Options(policy=Policy(same_site="region"))).made == 0


def test_a_policy_that_changes_grades_says_how_many(source, again):
    summary = run(source, again, Options(policy=Policy(exclusions="strict")))
    assert 0 < summary.changed <= summary.made


def test_one_more_mapping_makes_every_case_again(made, source, again, tmp_path):
    overlay = tmp_path / "own.toml"
    overlay.write_text('[epi-fluid]\ncodes = [{ in = "99OWN", code = "E1" }]\n', "utf-8")
    options = Options(mappings=(overlay,))
    assert run(source, again, options).made == made.cases
    assert run(source, again, options).made == 0


def test_a_changed_input_makes_its_case_again_and_no_other(small, tmp_path):
    out = tmp_path / "out"
    before = run(small, out)
    path = next(small.glob("*/*-mri.*"))
    path.write_bytes(path.read_bytes().replace(b"20260302", b"20260303").replace(
        b"2026-03-02", b"2026-03-03"))  # fmt: skip
    os.utime(path, (1, 1))
    after = run(small, out)
    assert after.made == 1
    assert after.cases == before.cases
    assert len(list((out / "cases").glob("*/*"))) == 2 * after.cases["graded"]


def test_files_that_were_touched_and_say_the_same_change_nothing(made, source, first, tmp_path):
    own, out = shutil.copytree(source, tmp_path / source.name), tmp_path / "out"
    before = run(own, out)
    for path in own.rglob("*"):
        os.utime(path, (1, 1))
    after = run(own, out)
    assert (after.made, after.inputs) == (0, before.inputs)
    assert tree(out) == tree(first)


def test_an_archive_that_shrinks_lets_go_of_its_members(tmp_path):
    own, out = tmp_path / "source", tmp_path / "out"
    own.mkdir()
    files = [(f"{n}.dcm", generator._of("mri", "sr", n)) for n in range(4)]
    (own / "x.zip").write_bytes(generator._zip(files))
    assert run(own, out).cases["graded"] == 4
    (own / "x.zip").write_bytes(generator._zip(files[1:3]))
    summary = run(own, out)
    assert (summary.inputs["graded"], summary.cases["graded"]) == (2, 2)
    (own / "x.zip").write_bytes(b"PK")
    summary = run(own, out)
    assert (summary.inputs["graded"], summary.inputs["refused"]) == (0, 1)


def test_a_changed_input_of_the_same_size_and_time_is_found_by_rehash(small, tmp_path):
    out = tmp_path / "out"
    run(small, out)
    path = next(small.glob("*/*-mri.*"))
    stat = path.stat()
    path.write_bytes(path.read_bytes().replace(b"20260302", b"20260303").replace(
        b"2026-03-02", b"2026-03-03"))  # fmt: skip
    os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    assert run(small, out).made == 0
    assert run(small, out, rehash=True).made == 1


def test_one_more_input_of_a_patient_replaces_the_patients_report(small, tmp_path):
    out = tmp_path / "out"
    ri = next(small.glob("*/*-ri.dcm"))
    kept = ri.rename(tmp_path / "later.dcm")
    before = run(small, out)
    shutil.copy(kept, ri)
    after = run(small, out)
    assert after.made == 1
    assert after.cases["graded"] == before.cases["graded"]
    assert after.inputs["graded"] == before.inputs["graded"] + 1
    assert len(list((out / "cases").glob("*/*"))) == 2 * after.cases["graded"]


def test_an_output_that_was_taken_away_is_made_again(source, again, first):
    next((again / "cases").glob("*/*.sr.dcm")).unlink()
    assert run(source, again).made == 1
    assert tree(again) == tree(first)


def test_other_outputs_replace_the_old_ones(made, source, again):
    assert run(source, again, to=("findings",)).made == made.cases
    assert {p.name.partition(".")[2] for p in (again / "cases").glob("*/*")} == {"findings.json"}


def test_inputs_that_are_gone_keep_their_report_until_they_are_forgotten(small, tmp_path):
    out = tmp_path / "out"
    before = run(small, out)
    number = next(small.glob("*/*-mri.*")).name[:7]
    for path in small.glob(f"*/{number}-*"):
        path.unlink()
    after = run(small, out)
    assert after.gone > 0
    assert (after.made, after.cases) == (0, before.cases)
    # With another policy the case would have to be made without them: it waits.
    strict = Options(policy=Policy(exclusions="strict"))
    for _ in range(2):
        waiting = run(small, out, strict)
        assert waiting.exit_code == 3
        assert waiting.pending == 1
    assert len(list((out / "cases").glob("*/*"))) == 2 * before.cases["graded"]
    assert run(small, out, forget=True).gone == 0
    assert len(list((out / "cases").glob("*/*"))) < 2 * before.cases["graded"]


@pytest.mark.parametrize("by", ["file", "folder", "study"])
def test_another_grouping_replaces_the_cases_of_the_first(by, source, again, first, tmp_path):
    run(source, again, group=by)
    run(source, tmp_path / "fresh", group=by)
    assert tree(again) == tree(tmp_path / "fresh") != tree(first)
    run(source, again)
    assert tree(again) == tree(first)


def test_lines_that_change_make_their_patients_case_again(made, source, first, tmp_path):
    own, out = tmp_path / source.name, tmp_path / "out"
    shutil.copytree(source / "export", own / "export")
    assert run(own, out).cases["graded"] == 3
    path = own / "export" / "Observation.ndjson"
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join([lines[-1], *lines[:-1]]))
    moved = run(own, out)  # a line is known by its number, what is made of it by what it says
    assert moved.inputs["pending"] == 0
    path.write_bytes(path.read_bytes().replace(b"2026-03-02", b"2026-03-05", 1))
    summary = run(own, out)
    assert (summary.made, summary.cases["graded"]) == (1, 3)


def test_a_limit_leaves_the_rest_to_the_next_run(made, source, first, tmp_path):
    out = tmp_path / "out"
    summary = run(source, out, limit=10)
    assert (summary.made, summary.pending) == (10, made.cases - 10)
    assert summary.inputs["pending"] > 0
    assert run(source, out).made == made.cases - 10
    assert tree(out) == tree(first)


# The environment


def failing(real: Callable, after: int, error: int) -> Callable:
    calls = []

    def fails(*args):
        calls.append(args)
        if len(calls) > after:
            raise OSError(error, os.strerror(error))
        return real(*args)

    return fails


@pytest.mark.parametrize("after", [0, 5, 30, 60])
def test_a_full_disk_stops_the_run_and_the_next_one_goes_on(
    after, source, first, tmp_path, monkeypatch
):
    out = tmp_path / "out"
    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", failing(os.fsync, after, errno.ENOSPC))
        with pytest.raises(Environment, match="No space left") as caught:
            run(source, out)
    assert caught.value.exit_code == 3
    found = batch.status(out)
    assert found["cases"]["refused"] == 0
    run(source, out)
    assert tree(out) == tree(first)


def test_an_input_that_cannot_be_read_is_left_to_the_next_run(
    made, source, first, tmp_path, monkeypatch
):
    real = indexing.fetch

    def fetch(place, name, most):
        if name.startswith("00/"):
            raise PermissionError(errno.EACCES, "Permission denied")
        return real(place, name, most)

    out = tmp_path / "out"
    with monkeypatch.context() as patch:
        patch.setattr(indexing, "fetch", fetch)
        summary = run(source, out)
    assert summary.inputs["unread"] > 0
    assert summary.inputs["refused"] == made.outcomes["refused"]
    assert summary.exit_code == 3
    assert run(source, out).inputs["unread"] == 0
    assert tree(out) == tree(first)


def test_where_nothing_can_be_read_the_run_stops(source, tmp_path, monkeypatch):
    monkeypatch.setattr(indexing, "fetch", failing(indexing.fetch, 10, errno.EIO))
    with pytest.raises(Environment, match="in a row cannot be read"):
        run(source, tmp_path / "out")


def test_an_input_that_changes_while_the_run_is_at_work_is_left_to_the_next(small, tmp_path):
    path = next(small.glob("*/*-mri.*"))

    def told(line: str) -> None:
        if line.startswith("grade"):
            path.write_bytes(path.read_bytes() + b"\n\n")

    out = tmp_path / "out"
    how = BatchOptions(workers=0)
    summary = batch.run([small], out, batch=how, told=told)
    assert summary.inputs["unread"] == 1
    assert summary.exit_code == 3
    assert run(small, out).inputs["unread"] == 0


def test_a_second_run_into_one_folder_is_refused(small, tmp_path):
    out = tmp_path / "out"
    with locked(out / ".csfleak"), pytest.raises(Environment, match="another run") as caught:
        run(small, out)
    assert str(os.getpid()) in caught.value.message
    assert caught.value.exit_code == 3


def test_what_a_dead_run_left_behind_is_swept(source, again, first):
    left = again / ".csfleak" / "unfinished" / "1" / "123-case-x.sr.dcm"
    left.parent.mkdir(parents=True)
    left.write_bytes(b"half")
    run(source, again)
    assert not left.exists()
    assert tree(again) == tree(first)


def test_a_source_that_is_not_there_is_wrong_usage(tmp_path):
    with pytest.raises(Usage, match="no such"):
        run(tmp_path / "nowhere", tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_defect_costs_its_case_and_no_other(small, tmp_path, monkeypatch):
    from adapter.batch import grading

    real, calls = grading.pipeline.write, []

    def write(outcome, kind, options):
        calls.append(kind)
        if len(calls) == 1:
            raise KeyError("Yamada^Taro")
        return real(outcome, kind, options)

    with monkeypatch.context() as patch:
        patch.setattr(grading.pipeline, "write", write)
        summary = run(small, tmp_path / "out")
    assert summary.cases["refused"] == 1
    assert summary.cases["graded"] > 1
    assert b"Yamada" not in b"".join(tree(tmp_path / "out").values())
    after = run(small, tmp_path / "out")  # with the defect mended
    assert (after.made, after.cases["refused"]) == (1, 0)


def test_an_input_that_meets_a_defect_is_tried_again_by_the_next_run(small, tmp_path, monkeypatch):
    def read(data, name, *options):
        raise KeyError("Yamada^Taro")

    with monkeypatch.context() as patch:
        patch.setattr(indexing.readers, "read", read)
        assert run(small, tmp_path / "out").exit_code == 4
    assert b"Yamada" not in b"".join(tree(tmp_path / "out").values())
    run(small, tmp_path / "out")
    run(small, tmp_path / "fresh")
    assert tree(tmp_path / "out") == tree(tmp_path / "fresh")


@pytest.mark.parametrize("way", ["copy", "link"])
def test_what_was_refused_is_put_together_and_stays_where_it_was(way, tmp_path):
    folder = tmp_path / "in"
    made = archive(3, PATIENTS)
    made.write(folder)
    (folder / "one").mkdir()
    (folder / "two").mkdir()
    for name in ("one", "two"):
        (folder / name / "same name.dcm").write_bytes(f"no DICOM: {name}".encode())
    with zipfile.ZipFile(folder / "members.zip", "w") as members:
        members.writestr("bad.json", b"{no JSON")
    before = tree(folder)
    run(folder, tmp_path / "out", quarantine=way)
    refused = [
        json.loads(line)
        for line in (tmp_path / "out" / "refused.ndjson").read_text("utf-8").splitlines()
    ]
    kept = {path.name: path for path in (tmp_path / "out" / "quarantine").iterdir()}
    wanted = {quarantine.name_of(row["source"], row["input"]): row for row in refused}
    assert set(kept) == set(wanted)
    assert tree(folder) == before
    for name, row in wanted.items():
        if "sha256" in row:
            assert hashlib.sha256(kept[name].read_bytes()).hexdigest() == row["sha256"]
    names = {name for name in kept if name.endswith("same_name.dcm")}
    assert {kept[name].read_bytes() for name in names} == {b"no DICOM: one", b"no DICOM: two"}
    assert {kept[name].is_symlink() for name in names} == {way == "link"}
    (folder / "one" / "same name.dcm").unlink()
    run(folder, tmp_path / "out", quarantine=way, forget=True)
    left = {path.name for path in (tmp_path / "out" / "quarantine").iterdir()}
    assert len(left) == len(kept) - 1


@pytest.mark.parametrize("group", ["patient", "study", "folder"])
def test_a_refused_sr_leaves_the_case_of_its_patient_incomplete(group, tmp_path):
    whole = (SAMPLES / "04-definite-same-site" / "sr" / "1-mri.dcm").read_bytes()
    other = (SAMPLES / "02-definite-spinal-mri" / "sr" / "report.dcm").read_bytes()
    (tmp_path / "in" / "b").mkdir(parents=True)
    (tmp_path / "in" / "whole.dcm").write_bytes(whole)
    (tmp_path / "in" / "cut.dcm").write_bytes(whole[: len(whole) * 7 // 10])
    (tmp_path / "in" / "b" / "other.dcm").write_bytes(other)
    (tmp_path / "in" / "b" / "text.txt").write_bytes(b"whose is this?")
    summary = run(tmp_path / "in", tmp_path / "out", group=group)
    assert (summary.inputs["graded"], summary.inputs["refused"]) == (2, 2)
    with (tmp_path / "out" / "cases.csv").open(encoding="utf-8", newline="") as rows:
        found = {row["inputs"]: row["incomplete"] for row in csv.DictReader(rows)}
    assert found["2"] == "true"
    if group != "folder":
        assert found == {"2": "true", "1": "false"}
    again = run(tmp_path / "in", tmp_path / "out", group=group)
    assert (again.made, again.pending) == (0, 0)


def test_a_refused_sr_alone_makes_no_case(tmp_path):
    whole = (SAMPLES / "04-definite-same-site" / "sr" / "1-mri.dcm").read_bytes()
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "cut.dcm").write_bytes(whole[: len(whole) * 7 // 10])
    summary = run(tmp_path / "in", tmp_path / "out")
    assert summary.cases == {"graded": 0, "refused": 0, "nothing-for-us": 0}
    assert summary.exit_code == 4
