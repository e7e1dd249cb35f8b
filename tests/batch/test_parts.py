"""Archives, NDJSON and lists to inputs, whole and damaged."""

import csv
import gzip
import io
import json
import tarfile
import tracemalloc
import zipfile
from pathlib import Path

import pytest

from adapter import batch
from adapter.batch import BatchOptions, parts, scan, tables
from adapter.batch.parts import Parts
from adapter.errors import Damaged, LimitExceeded, Usage
from tests.batch import generator
from tests.batch.test_run import run, tree

MOST = 1 << 20


def found(path: Path, tmp_path: Path) -> dict[str, bytes]:
    """Return the inputs of a file by name."""
    listed = Parts(path, path.name, tmp_path / "spool" / "1", MOST)
    every = listed.of(scan.kind_of(path.name.encode()))
    return {p.name: batch.places.fetch(batch.places.Place(*p.place), p.name, MOST) for p in every}


def tar(path: Path, files: dict[str, bytes], mode: str) -> Path:
    with tarfile.open(path, mode) as target:
        for name, data in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            target.addfile(info, io.BytesIO(data))
    return path


FILES = {"a/1.dcm": b"one" * 500, "a/2.dcm": b"", "b.json": b"{}" * 9}


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_the_members_of_a_zip_are_read_where_they_lie(method, tmp_path):
    path = tmp_path / "x.zip"
    with zipfile.ZipFile(path, "w", method) as target:
        for name, data in {**FILES, ".hidden": b"x"}.items():
            target.writestr(name, data)
    assert found(path, tmp_path) == {f"x.zip/{n}": d for n, d in FILES.items()}
    assert not (tmp_path / "spool").exists()


@pytest.mark.parametrize(("ending", "mode"), [("tar", "w"), ("tgz", "w:gz"), ("tar.xz", "w:xz"),
                                              ("tar.bz2", "w:bz2")])  # fmt: skip
def test_the_members_of_a_tar_are_read_packed_or_not(ending, mode, tmp_path):
    path = tar(tmp_path / f"x.{ending}", FILES, mode)
    assert found(path, tmp_path) == {f"x.{ending}/{n}": d for n, d in FILES.items()}


def test_an_archive_in_an_archive_is_opened(tmp_path):
    inner = tar(tmp_path / "in.tar", FILES, "w").read_bytes()
    path = tmp_path / "x.zip"
    with zipfile.ZipFile(path, "w") as target:
        target.writestr("in.tar", inner)
    assert set(found(path, tmp_path)) == {f"x.zip/in.tar/{name}" for name in FILES}


def test_a_damaged_member_costs_itself(tmp_path):
    path = tmp_path / "x.zip"
    with zipfile.ZipFile(path, "w") as target:
        target.writestr("a", b"0123456789")
    path.write_bytes(path.read_bytes().replace(b"0123456789", b"0123456780"))
    with pytest.raises(Damaged, match="checksum"):
        found(path, tmp_path)


def test_every_cut_of_a_tar_is_told(tmp_path):
    whole = tar(tmp_path / "x.tar", {"a": b"1" * 700, "b": b"2" * 600}, "w").read_bytes()
    end = 2 * 512 + 1024 + 1024
    assert set(found(tmp_path / "x.tar", tmp_path)) == {"x.tar/a", "x.tar/b"}
    for length in [*range(1, end, 97), 1536, end]:
        (tmp_path / "x.tar").write_bytes(whole[:length])
        with pytest.raises((Damaged, tarfile.TarError)):
            found(tmp_path / "x.tar", tmp_path)


@pytest.mark.parametrize("cut", [5, 30, 60])
def test_a_cut_gzip_is_told(cut, tmp_path):
    path = tmp_path / "x.ndjson.gz"
    path.write_bytes(gzip.compress(b'{"a": "%s"}\n' % bytes(range(65, 120)))[:cut])
    with pytest.raises(Damaged):
        found(path, tmp_path)


def test_what_inflates_beyond_reason_is_not_unpacked(tmp_path, monkeypatch):
    monkeypatch.setattr(parts, "_FREE", 1 << 16)
    path = tmp_path / "x.ndjson.gz"
    path.write_bytes(gzip.compress(b"0" * (1 << 24)))
    with pytest.raises(LimitExceeded, match="200 times"):
        found(path, tmp_path)


def test_lines_are_named_by_their_number_and_blank_ones_are_none(tmp_path):
    path = tmp_path / "x.ndjson"
    path.write_bytes(b'{"a":1}\n\n  \n{"b":2}\r\n' + b'{"c":3}')
    assert found(path, tmp_path) == {
        "x.ndjson, line 1": b'{"a":1}\n',
        "x.ndjson, line 4": b'{"b":2}\r\n',
        "x.ndjson, line 5": b'{"c":3}',
    }


def test_a_line_without_end_is_held_in_no_memory_and_costs_itself(tmp_path):
    path = tmp_path / "x.ndjson"
    path.write_bytes(b'{"a":1}\n' + b"9" * (4 * MOST) + b'\n{"b":2}\n')
    listed = list(Parts(path, path.name, tmp_path / "s", MOST).of("ndjson"))
    assert [p.name for p in listed] == [f"x.ndjson, line {n}" for n in (1, 2, 3)]
    assert len(batch.places.fetch(batch.places.Place(*listed[1].place), "2", MOST)) == MOST + 1


@pytest.mark.parametrize("form", ["path\n{}\n{}\n", "{}\n{}\n", "id,path\n1,{}\n2,{}\n",
                                  '{{"path": "{}"}}\n"{}"\n'])  # fmt: skip
def test_a_list_of_paths_is_a_source(form, tmp_path):
    made = generator.archive(5, 6)
    source = made.write(tmp_path / "source")
    one, other = sorted(p.relative_to(tmp_path).as_posix() for p in source.glob("*/*-mri.*"))[:2]
    listed = tmp_path / ("list.ndjson" if form.startswith("{{") else "list.csv")
    listed.write_text(form.format(one, other), "utf-8")
    summary = batch.run([], tmp_path / "out", batch=BatchOptions(workers=0), lists=[listed])
    assert summary.inputs["graded"] == 2


def test_a_list_that_names_no_file_is_wrong_usage(tmp_path):
    (tmp_path / "list.csv").write_text("path\nnowhere.dcm\n")
    with pytest.raises(Usage, match="no file"):
        batch.run([], tmp_path / "out", batch=BatchOptions(workers=0),
                  lists=[tmp_path / "list.csv"])  # fmt: skip


def test_the_output_folder_in_a_source_is_no_input(tmp_path):
    source = generator.archive(5, 6).write(tmp_path / "source")
    first = run(source, source / "out")
    assert run(source, source / "out").inputs == first.inputs


def test_where_the_source_lies_does_not_enter_the_outputs(tmp_path):
    made = generator.archive(5, 6)
    for name in ("one", "two"):
        run(made.write(tmp_path / name / "source"), tmp_path / name / "out")
    assert tree(tmp_path / "one" / "out") == tree(tmp_path / "two" / "out")


@pytest.mark.parametrize("by", ["study", "accession", "file", "folder"])
def test_every_grouping_accounts_for_every_input(by, tmp_path):
    made = generator.archive(5, 12)
    summary = run(made.write(tmp_path / "source"), tmp_path / "out", group=by)
    assert sum(summary.inputs.values()) == sum(made.outcomes.values())
    assert summary.inputs["pending"] == summary.inputs["unread"] == 0


def test_a_refused_file_leaves_the_case_of_its_folder_incomplete(tmp_path):
    sr = generator._of("mri", "sr", 1)
    for name, data in (("a/1.dcm", sr), ("a/2.dcm", sr[:900]), ("b/1.dcm", sr)):
        path = tmp_path / "source" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    summary = run(tmp_path / "source", tmp_path / "out", group="folder")
    assert summary.cases["graded"] == 2
    assert summary.inputs["refused"] == 1
    with (tmp_path / "out" / "cases.csv").open(encoding="utf-8", newline="") as file:
        assert sorted(row["incomplete"] for row in csv.DictReader(file)) == ["false", "true"]


def test_inputs_of_one_number_that_contradict_each_other_are_refused_together(tmp_path):
    source = tmp_path / "source"
    source.mkdir()
    bundle = json.loads(generator._of("mri", "fhir", 1))
    for number, born in enumerate(("1970-01-01", "1980-01-01")):
        for entry in bundle["entry"]:
            if entry["resource"]["resourceType"] == "Patient":
                entry["resource"]["birthDate"] = born
        (source / f"{number}.json").write_text(json.dumps(bundle), "utf-8")
    summary = run(source, tmp_path / "out")
    assert summary.inputs["refused"] == 2
    assert summary.exit_code == 4
    refused = (tmp_path / "out" / "refused.ndjson").read_text("utf-8")
    assert "birth dates differ" in refused
    assert "PAT-" not in refused


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@x", "\tx", "\rx"])
def test_no_cell_is_a_formula(text):
    assert tables.cell(text) == f"'{text}"
    assert tables.cell([text, "b"]).startswith("'")


def test_memory_does_not_grow_with_the_number_of_files(tmp_path, monkeypatch):
    for module, name in ((scan, "_STEP"), (parts, "_STEP")):
        monkeypatch.setattr(module, name, 20)

    def peak(count: int) -> int:
        source = tmp_path / str(count)
        source.mkdir()
        for number in range(count):
            (source / f"{number:05}-{'x' * 80}").write_bytes(b"no report %d" % number)
        tracemalloc.start()
        batch.run([source], tmp_path / f"out{count}", batch=BatchOptions(workers=0, chunk=20))
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return most

    peak(20)  # what is loaded once
    few, many = peak(200), peak(2000)
    assert many < few + 50_000  # 2,000 paths alone are 250,000 bytes
