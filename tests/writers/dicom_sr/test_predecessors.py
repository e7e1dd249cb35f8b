"""An SR that replaces another: what it refers to, its own UIDs, and one that withdraws."""

import io
import json
from pathlib import Path
from typing import Any

import pydicom
import pytest

from adapter import gates, pipeline
from adapter.pipeline import Options, Source
from adapter.writers.options import WriteOptions

SAMPLE = Path(__file__).parents[3] / "sample_data/04-definite-same-site"
SIGNED = {"verified_by": "佐藤", "settings": {"organization": "見本大学病院"}}


def inputs(kind: str = "sr") -> list[Source]:
    return pipeline.sources(sorted((SAMPLE / kind).iterdir()))


def withdrawn() -> list[Source]:
    """Return the sample's inputs with every Observation entered in error."""
    found = []
    for name, data in inputs("fhir"):
        bundle = json.loads(data)
        for entry in bundle["entry"]:
            if entry["resource"]["resourceType"] == "Observation":
                entry["resource"]["status"] = "entered-in-error"
        found.append((name, json.dumps(bundle).encode()))
    return found


def options(old: list[Source] | None = None, **write: Any) -> Options:
    return pipeline.replacing(Options(write=WriteOptions(**write)), old or [])


def written(given: list[Source], chosen: Options | None = None) -> tuple[Source, pydicom.Dataset]:
    chosen = chosen or options()
    data = pipeline.write(pipeline.grade(given, chosen), "sr", chosen)
    return ("old.dcm", data), pydicom.dcmread(io.BytesIO(data))


def references(dataset: pydicom.Dataset) -> list[tuple[str, str, str, str]]:
    return [
        (study.StudyInstanceUID, series.SeriesInstanceUID,
         one.ReferencedSOPClassUID, one.ReferencedSOPInstanceUID)
        for study in dataset.get("PredecessorDocumentsSequence", [])
        for series in study.ReferencedSeriesSequence
        for one in series.ReferencedSOPSequence
    ]  # fmt: skip


def codes(dataset: pydicom.Dataset) -> list[tuple[str, str]]:
    """Return name and value of every CODE item."""
    found = []
    for item in dataset.get("ContentSequence", []):
        if item.get("ValueType") == "CODE":
            name, value = item.ConceptNameCodeSequence[0], item.ConceptCodeSequence[0]
            found.append((name.CodeValue, value.CodeValue))
        found += codes(item)
    return found


def test_a_new_version_refers_to_the_old_document_as_a_whole() -> None:
    old, before = written(inputs()[:1])
    _, after = written(inputs(), options([old]))
    assert references(after) == [
        (before.StudyInstanceUID, before.SeriesInstanceUID,
         before.SOPClassUID, before.SOPInstanceUID)
    ]  # fmt: skip
    assert after.SOPInstanceUID not in (before.SOPInstanceUID, written(inputs())[1].SOPInstanceUID)


def test_several_versions_may_be_replaced() -> None:
    first, one = written(inputs()[:1])
    second, other = written(inputs(), options([first]))
    _, third = written(inputs(), options([first, second], lang="en"))
    assert {r[3] for r in references(third)} == {one.SOPInstanceUID, other.SOPInstanceUID}


def test_without_an_old_one_there_is_no_predecessor() -> None:
    assert references(written(inputs())[1]) == []


@pytest.mark.parametrize("kind", ["comprehensive", "comprehensive3d", "enhanced"])
def test_a_replacing_document_keeps_the_rules_of_its_kind(kind: str) -> None:
    old, _ = written(inputs()[:1], options(sr=kind))
    (_, data), _ = written(inputs(), options([old], sr=kind))
    assert [b for b in gates.check(data, "new.dcm") if b.severity == gates.ERROR] == []


def test_a_signed_version_of_a_final_one_is_final() -> None:
    old, before = written(inputs()[:1], options(**SIGNED))
    _, after = written(inputs(), options([old], **SIGNED))
    flags = ("COMPLETE", "FINAL", "VERIFIED")
    for one in (before, after):
        assert (one.CompletionFlag, one.PreliminaryFlag, one.VerificationFlag) == flags


class TestWithdrawal:
    @pytest.mark.parametrize("before", [{}, SIGNED], ids=["preliminary", "final"])
    def test_says_so_and_grades_nothing(self, before: dict[str, Any]) -> None:
        old, replaced = written(inputs(), options(**before))
        (_, data), new = written(withdrawn(), options([old]))
        assert [r[3] for r in references(new)] == [replaced.SOPInstanceUID]
        assert (new.CompletionFlag, new.PreliminaryFlag, new.VerificationFlag) == (
            *("COMPLETE", "PRELIMINARY", "UNVERIFIED"),
        )
        concluded = [c for c in codes(new) if c[0] in ("csf-leak-concl", "hypotens-concl")]
        assert concluded == [
            ("csf-leak-concl", "not-assessable"),
            ("hypotens-concl", "not-assessable"),
        ]
        assert "possible-grade" not in {name for name, _ in codes(new)}
        assert "取り消す" in data.decode("utf-8", "ignore")
        assert [b for b in gates.check(data, "new.dcm") if b.severity == gates.ERROR] == []

    def test_stays_in_the_study_of_what_it_withdraws(self) -> None:
        old, replaced = written(inputs("fhir"))
        no_study = [
            (name, json.dumps({**bundle, "entry": [
                entry for entry in bundle["entry"]
                if entry["resource"]["resourceType"] != "ImagingStudy"
            ]}).encode())
            for name, data in withdrawn()
            for bundle in [json.loads(data)]
        ]  # fmt: skip
        _, new = written(no_study, options([old]))
        assert new.StudyInstanceUID == replaced.StudyInstanceUID
