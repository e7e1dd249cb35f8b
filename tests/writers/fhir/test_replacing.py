"""A report that replaces its earlier versions: status, links, what is taken back, withdrawal."""

import json
from dataclasses import replace
from typing import Any

import pytest

from adapter import pipeline
from adapter.errors import DifferentPatients, RefusedInput, Usage
from adapter.pipeline import Options, Outcome, Source
from adapter.readers.options import ReadOptions
from adapter.writers.options import WriteOptions
from tests.writers.fhir.replacing import (
    SAMPLES,
    SIGNED,
    Json,
    code,
    inputs,
    made,
    of,
    options,
    report,
    resources,
)

REPLACES = "http://hl7.org/fhir/StructureDefinition/diagnosticReport-replaces"
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
            here = f"{entry['resource']['resourceType']}/{number}"
            for key in ("fullUrl", "reference"):
                start = f'"{key}": "http://x.example/' if key == "fullUrl" else f'"{key}": "'
                text = text.replace(f'{start}{entry["fullUrl"]}"', f'{start}{here}"')
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
    assert chosen.read.replaced == {p.name for p in chosen.write.previous if p.name} != set()
    assert replace(chosen, read=ReadOptions(), write=WriteOptions()) == Options()
