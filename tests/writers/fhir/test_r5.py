"""FHIR R5: what R5 and the DICOM SR guide ask holds, and what is read back is what was given."""

import itertools
import json
from typing import Any

import pytest

from adapter import gates, pipeline
from adapter.errors import Usage
from adapter.model import Case, Site
from adapter.writers import fhir
from adapter.writers.options import WriteOptions
from tests.writers import graded_examples
from tests.writers.fhir import r5_rules
from tests.writers.fhir.profile_cases import (
    BUNDLES,
    NAMES,
    NOW,
    SAMPLES,
    TERMS,
    case,
    codes,
    named,
    of_type,
    read_back,
    references,
    resources,
    sample,
    told,
    with_unknown,
)
from tests.writers.fhir.r5_written import ROOT, _is_group, bytes_of, grades, written

RICH = ("15-four-exams/sr", "15-four-exams/fhir", *graded_examples.CASES)
R4_ONLY = ("imagingStudy", "procedureCode", "deviceName", "context", "recorder", "notDone")


def accepted(output: Any) -> None:
    from fhir.resources import get_fhir_model_class

    for resource in output if isinstance(output, list) else [output]:
        get_fhir_model_class(resource["resourceType"]).model_validate(resource)


def content(of: Case) -> Any:
    """Return what a case says: exams with studies and dates, lesions with sites, sides, links."""
    return (
        [
            (e.kind, e.method, e.studies, e.dates, e.institutions, _facts(e.facts), _lesions(e))
            for e in of.exams
        ],
        _facts(of.facts),
        [(s.concept, s.state, s.quantity, s.date, [p.value for p in s.parts])
         for s in (*of.pressures, *of.punctures, *of.patches)],
        of.patient,
    )  # fmt: skip


def _lesions(exam: Any) -> Any:
    return [
        (n.concepts, n.uid, _site(n.site), n.laterality, n.same_site, _facts(n.facts))
        for n in exam.lesions
    ]


def _site(site: Site | None) -> Any:
    return site and (site.levels, site.named)


def _facts(facts: Any) -> Any:
    return [
        (name, f.state, f.value, f.why, [(s.state, s.value, s.reason, s.quantity, s.date, s.text)
                                         for s in f.statements])
        for name, f in sorted(facts.items())
    ]  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_the_r5_models_accept_every_resource(name: str) -> None:
    made = written(case(name), presented_form=True, snomed="full")
    accepted(made)
    assert not {key for r in resources(made) for key in r} & set(R4_ONLY)


@pytest.mark.parametrize("bundle", BUNDLES)
@pytest.mark.parametrize("name", RICH)
def test_every_packing_is_accepted_and_every_reference_resolves(name: str, bundle: str) -> None:
    made = written(case(name), bundle=bundle, verified_by="Yamada^Taro=山田^太郎")
    accepted(made)
    known = (
        [f"{r['resourceType']}/{r['id']}" for r in made]
        if isinstance(made, list)
        else [e["fullUrl"] for e in made["entry"]]
    )
    assert len(known) == len(set(known))
    assert set(references(resources(made))) <= set(known)


@pytest.mark.parametrize("name", NAMES)
def test_the_rules_of_r5_and_of_the_guide_hold(name: str) -> None:
    options = {"presented_form": True, "verified_by": "山田 太郎"}
    assert r5_rules.broken(named(written(case(name), bundle="document", **options))) == []


def test_the_rules_hold_where_no_instant_and_no_device_is_known() -> None:
    made = written(sample("15-four-exams/fhir"), now=None)
    assert r5_rules.broken(named(made)) == []
    groups = [o for o in of_type(made, "Observation") if _is_group(o)]
    assert groups
    assert all("reference" not in g["device"] for g in groups)


@pytest.mark.parametrize("name", NAMES)
def test_what_is_read_back_says_the_same(name: str) -> None:
    graded = case(name)
    again = read_back(bytes_of(graded))
    as_r4 = read_back(fhir.write(graded, TERMS, WriteOptions(bundle="collection", now=NOW)))
    assert told(again) == told(as_r4)
    assert content(again.case) == content(as_r4.case)


@pytest.mark.parametrize("name", SAMPLES)
def test_a_sample_read_back_has_its_own_grades(name: str) -> None:
    given = sample(name)
    again = read_back(bytes_of(given))
    assert content(again.case) == content(given.case)
    assert grades(again) == grades(given)


@pytest.mark.parametrize("name", SAMPLES)
def test_findings_without_a_report_are_r5_too(name: str) -> None:
    options = WriteOptions(fhir="r5", now=NOW)
    data = fhir.write_findings(sample(name).case, TERMS, options)
    accepted(json.loads(data))
    assert r5_rules.broken(named(json.loads(data))) == []
    assert content(read_back(data).case) == content(sample(name).case)


@pytest.mark.parametrize("bundle", BUNDLES)
def test_the_same_case_gives_the_same_bytes(bundle: str) -> None:
    def once() -> bytes:
        folder = ROOT / "sample_data" / "15-four-exams/sr"
        return bytes_of(pipeline.grade(pipeline.sources([folder])).graded, bundle=bundle)

    assert once() == once()


def test_evidence_that_is_not_mapped_travels_too() -> None:
    made = written(with_unknown())
    accepted(made)
    assert r5_rules.broken(named(made)) == []
    assert {"c0", "c1", "c2", "c3"} <= {c for o in of_type(made, "Observation")
                                        for c in codes(o["code"])}  # fmt: skip


def test_a_collection_tells_what_was_not_used() -> None:
    made = written(with_unknown())
    told = made["issues"]["issue"]
    assert len(told) == len(with_unknown().case.issues)
    assert {i["severity"] for i in told} <= {"warning", "information"}
    assert any(i["details"]["text"] == "not-mapped" and "c1" in i["diagnostics"] for i in told)
    for bundle in ("transaction", "document"):
        assert "issues" not in written(with_unknown(), bundle=bundle)


def test_the_conclusion_keeps_its_lines_as_markdown() -> None:
    given = sample("15-four-exams/sr")
    r4 = json.loads(fhir.write(given, TERMS, WriteOptions(bundle="collection", now=NOW)))
    (plain,) = of_type(r4, "DiagnosticReport")
    (report,) = of_type(written(given), "DiagnosticReport")
    lines = report["conclusion"].split("\n")
    assert [line.removesuffix("  ") for line in lines] == plain["conclusion"].split("\n")
    pairs = itertools.pairwise(lines)
    assert all(one.endswith("  ") for one, after in pairs if one and after)


def test_a_transaction_updates_what_is_ours() -> None:
    made = written(sample("15-four-exams/sr"), bundle="transaction")
    methods = {(e["resource"]["resourceType"], e["request"]["method"]) for e in made["entry"]}
    ours = {"Observation", "DiagnosticReport", "BodyStructure"}
    assert {kind for kind, method in methods if method == "PUT"} == ours
    puts = [e["request"]["url"] for e in made["entry"] if e["request"]["method"] == "PUT"]
    posts = [e["request"]["ifNoneExist"] for e in made["entry"] if e["request"]["method"] == "POST"]
    assert len(set(puts)) == len(puts)
    assert len(set(posts)) == len(posts)


@pytest.mark.parametrize("profile", ["jp-core", "us-core"])
def test_another_profile_is_r4(profile: str) -> None:
    with pytest.raises(Usage, match="R4"):
        written(sample("04-definite-same-site/fhir"), profile=profile)


def test_an_unknown_release_is_refused() -> None:
    with pytest.raises(Usage, match="r6"):
        fhir.write(sample(SAMPLES[0]), TERMS, WriteOptions(fhir="r6"))


@pytest.mark.parametrize("bundle", BUNDLES)
@pytest.mark.parametrize("name", RICH)
def test_the_gate_finds_nothing_wrong(name: str, bundle: str) -> None:
    """In an array each resource is alone, and tells its release by itself or not at all."""
    data = bytes_of(case(name), bundle=bundle, verified_by="A^B", presented_form=True)
    assert gates.check(data, "r5.json") == ()


@pytest.mark.parametrize("bundle", ["transaction", "collection", "document"])
def test_the_gate_asks_the_models_of_the_release_that_a_file_tells(bundle: str) -> None:
    graded = sample("15-four-exams/sr")
    r5 = bytes_of(graded, bundle=bundle)
    r4 = fhir.write(graded, TERMS, WriteOptions(bundle=bundle, now=NOW))
    assert gates.check(r5, "r5.json") == ()
    assert gates.check(r4, "r4.json") == ()
    for data, element in ((r5, "imagingStudy"), (r4, "hasNoSuchElement")):
        made = json.loads(data)
        (report,) = of_type(made, "DiagnosticReport")
        report[element] = []
        breaches = gates.check(json.dumps(made).encode(), "f.json")
        assert any(element in b.path for b in breaches)
