"""A report that replaces its earlier versions: status, links, what is taken back, withdrawal."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from adapter import pipeline
from adapter.cli import main
from adapter.errors import DifferentPatients, RefusedInput, Usage
from adapter.pipeline import Options, Outcome, Source
from adapter.writers.options import WriteOptions

SAMPLES = Path(__file__).parents[3] / "sample_data"
SAMPLE = SAMPLES / "04-definite-same-site"
SIGNED = {"verified_by": "佐藤", "settings": {"organization": "見本大学病院"}}
REPLACES = "http://hl7.org/fhir/StructureDefinition/diagnosticReport-replaces"

Json = dict[str, Any]


def inputs(kind: str = "fhir", sample: Path = SAMPLE) -> list[Source]:
    return pipeline.sources(sorted((sample / kind).iterdir()))


def with_status(status: str, *codes: str, source: Source) -> Source:
    """Return an input whose Observations of codes, or all, have another status."""
    name, data = source
    bundle = json.loads(data)
    for entry in bundle["entry"]:
        resource = entry["resource"]
        if resource["resourceType"] == "Observation" and (not codes or code(resource) in codes):
            resource["status"] = status
    return f"{status}-{name}", json.dumps(bundle).encode()


def code(resource: Json) -> str:
    return str(resource["code"]["coding"][0]["code"])


def options(old: list[Source] | None = None, **write: Any) -> Options:
    return pipeline.replacing(Options(write=WriteOptions(**write)), old or [])


def made(given: list[Source], chosen: Options | None = None, kind: str = "fhir") -> Source:
    chosen = chosen or options()
    outcome = pipeline.grade(given, chosen)
    return f"old.{kind}", pipeline.write(outcome, kind, chosen)


def resources(source: Source, kind: str) -> list[Json]:
    every = [entry["resource"] for entry in json.loads(source[1])["entry"]]
    return [r for r in every if r["resourceType"] == kind]


def report(source: Source) -> Json:
    [found] = resources(source, "DiagnosticReport")
    return found


def of(source: Source, *codes: str) -> list[Json]:
    return [r for r in resources(source, "Observation") if code(r) in codes]


GRADES = ("csf-leak-concl", "hypotens-concl", "finding-grade")


class TestStatus:
    @pytest.mark.parametrize(
        ("before", "now", "status"),
        [
            ({}, {}, "preliminary"),
            ({}, SIGNED, "final"),
            (SIGNED, SIGNED, "amended"),
        ],
        ids=["of a preliminary one", "signed now", "of a final one"],
    )
    @pytest.mark.parametrize("kind", ["fhir", "sr"])
    def test_follows_from_the_one_that_is_replaced(
        self, before: Json, now: Json, status: str, kind: str
    ) -> None:
        old = made(inputs()[:1], options(**before), kind)
        new = made(inputs(), options([old], **now))
        assert report(new)["status"] == status
        assert {o["status"] for o in of(new, *GRADES)} == {status}

    @pytest.mark.parametrize("kind", ["fhir", "sr"])
    @pytest.mark.parametrize("to", ["fhir", "sr"])
    def test_of_a_final_one_is_never_preliminary(self, kind: str, to: str) -> None:
        old = made(inputs()[:1], options(**SIGNED), kind)
        with pytest.raises(Usage, match="--verified-by"):
            made(inputs(), options([old]), to)
        unread = [*inputs(), ("cut.dcm", inputs("sr")[0][1][:-40])]
        with pytest.raises(RefusedInput, match="missing or preliminary"):
            made(unread, options([old], **SIGNED), to)

    def test_of_an_amended_one_is_amended(self) -> None:
        old = made(inputs()[:1], options(**SIGNED))
        second = made(inputs(), options([old], **SIGNED))
        third = made(inputs()[:1], options([second], lang="en", **SIGNED))
        assert report(third)["status"] == "amended"


class TestLinks:
    def test_a_new_version_is_found_by_the_old_ones_name(self) -> None:
        # The RI alone is another case than both: only what is replaced tells that they are one.
        old = made(inputs()[1:])
        apart, new = made(inputs()), made(inputs(), options([old]))
        assert report(apart)["identifier"][0] != report(old)["identifier"][0]
        assert report(new)["identifier"][0] == report(old)["identifier"][0]
        assert report(new)["identifier"][1] != report(old)["identifier"][1]
        again = made(inputs()[:1], options([new]))
        assert report(again)["identifier"][0] == report(old)["identifier"][0]

    def test_provenance_names_each_version_that_is_replaced(self) -> None:
        old = [made(inputs()[:1]), made(inputs()[:1], kind="sr")]
        new = made(inputs(), options(old))
        [provenance] = resources(new, "Provenance")
        named = [e["what"]["identifier"] for e in provenance["entity"] if e["role"] == "revision"]
        own, document = report(old[0])["identifier"][1:]
        assert [(n["system"], n["value"]) for n in named] == [
            (own["system"], own["value"]),
            (document["system"], document["value"]),
        ]

    def test_the_bundle_is_another_one(self) -> None:
        old = made(inputs()[:1])
        bundles = [json.loads(made(inputs(), options(*given))[1]) for given in ([], [[old]])]
        assert bundles[0]["identifier"] != bundles[1]["identifier"]

    def test_another_patients_report_is_never_replaced(self) -> None:
        other = made(inputs(sample=SAMPLES / "02-definite-spinal-mri"))
        for kind in ("fhir", "sr"):
            with pytest.raises(DifferentPatients):
                made(inputs(), options([other]), kind)

    @pytest.mark.parametrize(
        ("old", "why"),
        [
            (inputs()[0], "no report of ours"),
            (
                ("f.json", (SAMPLES / "01-confirmed-ct-myelography/findings.json").read_bytes()),
                "is no report",
            ),
            (("x", b"nothing"), "neither"),
        ],
        ids=["findings in FHIR", "findings JSON", "anything else"],
    )
    def test_what_is_no_report_is_refused(self, old: Source, why: str) -> None:
        with pytest.raises(RefusedInput, match=why):
            options([old])

    def test_two_reports_are_not_replaced_by_one(self) -> None:
        old = [made(inputs()[:1]), made(inputs()[1:])]
        with pytest.raises(Usage, match="two reports"):
            made(inputs(), options(old))

    def test_a_key_of_another_report_is_refused(self) -> None:
        old = made(inputs()[:1], options(report_id="R-1"))
        assert report(made(inputs(), options([old], report_id="R-1")))
        with pytest.raises(Usage, match="--report-id"):
            made(inputs(), options([old], report_id="R-2"))

    def test_the_old_report_is_never_read_as_findings(self) -> None:
        old = made(inputs())
        outcome = pipeline.grade(inputs()[:1], options([old]))
        assert [e.kind for e in outcome.graded.case.exams] == ["spinal-mri"]


class TestWhatIsNoLongerThere:
    def test_is_taken_back(self) -> None:
        old = made(inputs())
        new = made(inputs()[:1], options([old]))
        before = {o["identifier"][-1]["value"]: code(o) for o in resources(old, "Observation")}
        after = {o["identifier"][-1]["value"]: o for o in resources(new, "Observation")}
        assert before.keys() <= after.keys()
        gone = [o for o in after.values() if o["status"] == "entered-in-error"]
        assert {code(o) for o in gone} == {
            *("ri-cisternogram", "ri-epidural", "circ-failure", "cistern-seen", "finding-grade")
        }
        assert not any(name.startswith("value") for o in gone for name in o)
        results = {r["reference"] for r in report(new)["result"]}
        entries = {e["fullUrl"]: e["resource"] for e in json.loads(new[1])["entry"]}
        assert all(entries[r]["status"] != "entered-in-error" for r in results)

    def test_is_only_what_the_report_says_where_a_server_gives_the_sources_too(self) -> None:
        bundle = json.loads(made(inputs())[1])
        source = json.loads(inputs()[1][1])
        served = [*bundle["entry"], *source["entry"]]
        text = json.dumps([
            {"fullUrl": f"http://x.example/{entry['fullUrl']}",
             "resource": entry["resource"] | {"id": str(number)}}
            for number, entry in enumerate(served)
        ])  # fmt: skip
        for number, entry in enumerate(served):
            text = text.replace(entry["fullUrl"], f"{entry['resource']['resourceType']}/{number}")
        data = f'{{"resourceType": "Bundle", "type": "collection", "entry": {text}}}'
        new = made(inputs()[:1], options([("server", data.encode())]))
        kept = {o["identifier"][-1]["value"] for e in source["entry"]
                if (o := e["resource"])["resourceType"] == "Observation"}  # fmt: skip
        gone = [o for o in resources(new, "Observation") if o["status"] == "entered-in-error"]
        assert {"ri-epidural", "ri-cisternogram"} <= set(map(code, gone))
        assert not kept & {i["value"] for o in gone for i in o["identifier"]
                           if i["system"] != "urn:dicom:uid"}  # fmt: skip

    def test_is_not_in_a_document(self) -> None:
        old = made(inputs())
        chosen = options([old], bundle="document", now="2026-11-25T12:00:00+09:00")
        new = made(inputs()[:1], chosen)
        assert {o["status"] for o in resources(new, "Observation")} <= {"final", "preliminary"}


class TestUnchanged:
    def outcome(self, old: list[Source], **write: Any) -> tuple[Outcome, Options]:
        chosen = options(old, **write)
        return pipeline.grade(inputs(), chosen), chosen

    @pytest.mark.parametrize("kind", ["fhir", "sr"])
    def test_where_it_is_the_same_version(self, kind: str) -> None:
        old = made(inputs(), kind=kind)
        assert pipeline.unchanged(*self.outcome([old]))
        assert not pipeline.unchanged(*self.outcome([old], lang="en"))
        assert not pipeline.unchanged(*self.outcome([made(inputs()[:1], kind=kind)]))
        assert not pipeline.unchanged(*self.outcome([]))

    @pytest.mark.parametrize("kind", ["fhir", "sr"])
    def test_where_the_old_one_has_replaced_another(self, kind: str) -> None:
        first = [made(inputs()[:1]), made(inputs()[:1], kind="sr")]
        second = made(inputs(), options(first), kind)
        assert pipeline.unchanged(*self.outcome([second]))

    def test_a_fhir_report_is_the_same_at_another_instant_of_writing(self) -> None:
        old = made(inputs(), options(now="2026-11-25T12:00:00+09:00"))
        assert pipeline.unchanged(*self.outcome([old], now="2026-11-26T12:00:00+09:00"))


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


class TestOneThatOnlyCreates:
    """What `amends` and `following` give a profile whose Bundle may only create reports."""

    @staticmethod
    def create(resource: Json) -> Json:
        return {"method": "POST", "url": resource["resourceType"]}

    def test_has_the_old_report_marked_apart(self) -> None:
        from adapter.writers.fhir import versions

        for before, status in (({}, "cancelled"), (SIGNED, "amended")):
            old = made(inputs()[:1], options(**before))
            chosen = options([old], **SIGNED)
            outcome = pipeline.grade(inputs(), chosen)
            data = versions.amends(outcome.graded, chosen.write, self.create)
            assert data is not None
            [entry] = json.loads(data)["entry"]
            assert entry["resource"]["status"] == status
            assert entry["resource"]["conclusion"] == report(old)["conclusion"]
            assert "urn:uuid:" not in json.dumps(
                [row for row in entry["resource"]["imagingStudy"] if "reference" in row]
            )
            assert [r["identifier"] for r in entry["resource"]["imagingStudy"]] == [
                s["identifier"][0] for s in resources(old, "ImagingStudy")
            ]
            version = report(old)["identifier"][1]["value"]
            assert entry["request"] == {
                "method": "PUT",
                "url": f"DiagnosticReport?identifier=urn:ietf:rfc:3986%7C{version}",
            }
            assert pipeline.amends(outcome, chosen) is None  # base updates the report itself

    def test_names_the_report_that_it_replaces(self) -> None:
        from adapter.writers.fhir import versions
        from adapter.writers.fhir.report import report as build

        old = made(inputs()[:1])
        chosen = options([old])
        outcome = pipeline.grade(inputs(), chosen)
        output = build(outcome.graded, outcome.terms, chosen.write).output
        [new] = versions.following(output, [report(made(inputs()))], self.create)
        [link] = new["extension"]
        assert link["url"] == REPLACES
        version = report(old)["identifier"][1]["value"]
        assert link["valueReference"]["identifier"]["value"] == version


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


@pytest.mark.parametrize("sample", sorted(p.name for p in SAMPLES.iterdir() if (p / "sr").is_dir()))
def test_a_source_and_our_report_of_it_count_each_lesion_once(sample: str) -> None:
    given = inputs(sample=SAMPLES / sample)
    alone = pipeline.grade(given).graded
    for kind in ("fhir", "sr"):
        both = pipeline.grade([*given, made(given, kind=kind)]).graded
        assert [len(e.lesions) for e in both.case.exams] == [
            len(e.lesions) for e in alone.case.exams
        ]
        assert [(c.established, c.possible) for c in both.conclusions] == [
            (c.established, c.possible) for c in alone.conclusions
        ]


def test_predecessors_are_the_srs_among_what_is_replaced() -> None:
    old = [made(inputs()[:1]), made(inputs()[:1], kind="sr")]
    chosen = options(old)
    assert len(chosen.write.previous) == 2
    assert [p.sr for p in chosen.write.previous if p.sr] == list(chosen.write.predecessors)
    assert replace(chosen, write=WriteOptions()) == Options()
