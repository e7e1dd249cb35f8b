"""Reports of ours that are withdrawn: by status, by what is no longer there, by the command."""

import json
from pathlib import Path

import pytest

from adapter.cli import main
from tests.writers.fhir.replacing import (
    SAMPLE,
    SIGNED,
    inputs,
    made,
    of,
    options,
    report,
    resources,
    with_status,
)


class TestWithdrawal:
    def test_of_everything_is_told_and_gives_no_grade(self) -> None:
        old = made(inputs())
        gone = [with_status("entered-in-error", source=s) for s in inputs()]
        for chosen in (options(), options([old])):
            new = made(gone, chosen)
            made_report = report(new)
            assert made_report["identifier"][0] == report(old)["identifier"][0]
            assert made_report["status"] == "entered-in-error"
            assert "取り消す" in made_report["conclusion"]
            assert "withdrawn" in made_report["conclusion"]
            assert [c["coding"][0]["code"] for c in made_report["conclusionCode"]] == [
                "leak-not-assess"
            ]
            assert made_report["effectivePeriod"] == report(old)["effectivePeriod"]
            concluded = of(new, "csf-leak-concl", "hypotens-concl")
            assert {o["status"] for o in resources(new, "Observation")} == {"entered-in-error"}
            assert {o["valueCodeableConcept"]["coding"][0]["code"] for o in concluded} == {
                "not-assessable"
            }
            assert not any("component" in o for o in concluded)

    def test_of_everything_takes_every_statement_back(self) -> None:
        old = made(inputs())
        new = made([with_status("entered-in-error", source=s) for s in inputs()], options([old]))
        urls = [{e["request"]["url"] for e in json.loads(one[1])["entry"]
                 if e["request"]["method"] == "PUT"} for one in (old, new)]  # fmt: skip
        assert urls[0] == urls[1]

    def test_of_everything_withdraws_a_final_report_whoever_asks(self) -> None:
        old = made(inputs(), options(**SIGNED))
        gone = [with_status("cancelled", source=s) for s in inputs()]
        assert report(made(gone, options([old])))["status"] == "entered-in-error"

    def test_of_one_source_amends_what_is_left(self) -> None:
        old = made(inputs(), options(**SIGNED))
        mri, ri = inputs()
        given = [mri, with_status("entered-in-error", source=ri)]
        new = made(given, options([old], **SIGNED))
        assert report(new)["status"] == "amended"
        assert report(new)["identifier"][0] == report(old)["identifier"][0]
        assert "除いて判定" in report(new)["conclusion"]
        assert {o["status"] for o in of(new, "ri-epidural")} == {"entered-in-error"}
        assert {o["status"] for o in of(new, "epi-fluid")} == {"final"}

    def test_of_the_earliest_exam_keeps_the_reports_name(self) -> None:
        mri, ri = inputs()
        given = [with_status("entered-in-error", source=mri), ri]
        assert report(made(given))["identifier"][0] == report(made(inputs()))["identifier"][0]

    def test_is_undone_by_sources_that_hold_again(self) -> None:
        gone = made([with_status("entered-in-error", source=s) for s in inputs()])
        new = made(inputs(), options([gone]))
        assert report(new)["status"] == "preliminary"
        assert report(new)["identifier"][0] == report(gone)["identifier"][0]


class TestCommand:
    def test_withdraws_with_exit_code_0(self, tmp_path: Path) -> None:
        for name, data in (with_status("entered-in-error", source=s) for s in inputs()):
            (tmp_path / name).write_bytes(data)
        assert self.run(*sorted(tmp_path.iterdir()), "-o", tmp_path / "out") == 0
        [file] = (tmp_path / "out").glob("*.fhir.json")
        assert report(("", file.read_bytes()))["status"] == "entered-in-error"

    def run(self, *arguments: object) -> int:
        return main(["convert", *map(str, arguments)])

    def test_writes_the_next_version_and_nothing_where_nothing_is_new(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert self.run(SAMPLE / "sr/1-mri.dcm", "-o", tmp_path / "1") == 0
        old = [a for f in sorted((tmp_path / "1").iterdir()) for a in ("--replaces", f)]
        assert self.run(SAMPLE / "sr", "-o", tmp_path / "2", *old) == 0
        assert "revision" in next((tmp_path / "2").glob("*.fhir.json")).read_text("utf-8")
        capsys.readouterr()
        same = [a for f in sorted((tmp_path / "2").iterdir()) for a in ("--replaces", f)]
        assert self.run(SAMPLE / "sr", "-o", tmp_path / "3", *same) == 0
        assert not (tmp_path / "3").exists()
        assert "unchanged" in capsys.readouterr().err

    def test_leaves_an_old_report_among_the_inputs_aside(self, tmp_path: Path) -> None:
        folder = tmp_path / "in"
        assert self.run(SAMPLE / "sr/1-mri.dcm", "-o", folder, "--to", "sr") == 0
        [old] = folder.iterdir()
        (folder / "2.dcm").write_bytes((SAMPLE / "sr/2-ri.dcm").read_bytes())
        assert self.run(folder, "-o", tmp_path / "out", "--to", "findings", "--replaces", old) == 0
        findings = json.loads(next((tmp_path / "out").iterdir()).read_text("utf-8"))
        assert [e["kind"] for e in findings["exams"]] == ["ri-cisternogram"]

    def test_tells_what_is_taken_back(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert self.run(SAMPLE / "sr", "-o", tmp_path / "1", "--to", "fhir") == 0
        [old] = (tmp_path / "1").iterdir()
        given = (SAMPLE / "sr/1-mri.dcm", "-o", tmp_path / "2", "--replaces", old)
        assert self.run(*given) == 0
        told = capsys.readouterr().err
        assert "6 resources of the earlier version are taken back" in told
        assert "the SR names no predecessor" in told

    def test_refuses_to_make_a_final_report_preliminary(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        settings = tmp_path / "s.toml"
        settings.write_text('organization = "見本大学病院"', "utf-8")
        signed = ("--verified-by", "佐藤", "--settings", settings)
        assert self.run(SAMPLE / "sr/1-mri.dcm", "-o", tmp_path / "1", *signed) == 0
        for old in (tmp_path / "1").iterdir():
            arguments = (SAMPLE / "sr", "-o", tmp_path / "2", "--replaces", old)
            assert self.run(*arguments) == 2
            assert not (tmp_path / "2").exists()
        assert "佐藤" not in capsys.readouterr().err
