"""FHIR R5: what R5 and the DICOM SR guide ask holds, and what is read back is what was given."""

import copy
import itertools
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from adapter import criteria, gates, pipeline, readers
from adapter.criteria import Policy
from adapter.errors import Usage
from adapter.merge import MergeOptions, merge
from adapter.model import Case, Graded, Site
from adapter.readers.options import ReadOptions
from adapter.sr.content import Code, Item
from adapter.sr.decode import decode
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

Json = dict[str, Any]
ROOT = Path(__file__).parents[3]
RICH = ("15-four-exams/sr", "15-four-exams/fhir", *graded_examples.CASES)
R4_ONLY = ("imagingStudy", "procedureCode", "deviceName", "context", "recorder", "notDone")


def bytes_of(graded: Graded, **options: Any) -> bytes:
    given = {"bundle": "collection", "now": NOW, **options}
    return fhir.write(graded, TERMS, WriteOptions(fhir="r5", **given))


def written(graded: Graded, **options: Any) -> Any:
    return json.loads(bytes_of(graded, **options))


def accepted(output: Any) -> None:
    from fhir.resources import get_fhir_model_class

    for resource in output if isinstance(output, list) else [output]:
        get_fhir_model_class(resource["resourceType"]).model_validate(resource)


def grades(of: Graded) -> Any:
    return (
        [(c.condition, c.established, c.possible) for c in of.conclusions],
        [(f.concept, f.established, f.possible) for f in of.findings],
    )


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


def _is_group(observation: Json) -> bool:
    return any(c.endswith("/imaging-measurement-group") for c in r5_rules.claims(observation))


def _lesion(state: str, **more: Any) -> Graded:
    lesion = {"concept": "epi-fluid", "uid": "1.2.840.9", "state": state, **more}
    exam = {"kind": "spinal-mri", "date": "2026-03-02", "study": "1.2.840.1", "lesions": [lesion]}
    table = {"format": "csfleak-findings", "version": "1", "exams": [exam]}
    return pipeline.grade([("f.json", json.dumps(table).encode())]).graded


def test_a_lesion_that_is_there_is_a_group_named_by_its_value() -> None:
    made = written(_lesion("present", site="T3-T4", laterality="left", enhancement="absent"))
    (group,) = [o for o in of_type(made, "Observation") if _is_group(o)]
    assert codes(group["code"]) == ["121071"]
    assert codes(group["valueCodeableConcept"]) == ["epi-fluid"]
    own, member = (named(made)[r["reference"]] for r in group["hasMember"])
    assert codes(own["code"]) == ["epi-fluid"]
    assert codes(own["valueCodeableConcept"]) == ["52101004"]
    assert codes(member["code"]) == ["enhancement"]
    assert codes(member["valueCodeableConcept"]) == ["272519000"]
    place = named(made)[group["bodyStructure"]["reference"]]
    tracked = [i["value"] for i in place["identifier"] if "type" in i]
    assert tracked == ["urn:oid:1.2.840.9"]
    said = [
        (codes(s["structure"]), codes(s["laterality"])) for s in place["includedStructure"]
    ]  # fmt: skip
    assert said == [(["1626008"], ["7771000"]), (["73071006"], ["7771000"])]
    assert "bodySite" not in group


def test_a_lesion_of_which_nothing_more_is_said_is_a_group_too() -> None:
    made = written(_lesion("present"))
    (group,) = [o for o in of_type(made, "Observation") if _is_group(o)]
    assert [codes(named(made)[r["reference"]]["code"]) for r in group["hasMember"]] == [
        ["epi-fluid"]
    ]
    assert not of_type(made, "BodyStructure")


@pytest.mark.parametrize("code", ["272519000", "373068000", "52101004"])
def test_the_evaluation_of_a_group_s_own_finding_is_its_state(code: str) -> None:
    """What a converter of SR makes of a lesion that the SR says is absent."""
    made = written(_lesion("present", site="T3", enhancement="absent"))
    (own,) = [o for o in of_type(made, "Observation") if codes(o["code"]) == ["epi-fluid"]]
    own["valueCodeableConcept"]["coding"][0]["code"] = code
    ((lesion,),) = [e.lesions for e in read_back(json.dumps(made).encode()).case.exams]
    states = {"272519000": "absent", "373068000": "indeterminate", "52101004": "present"}
    state = lesion.facts["epi-fluid"].state
    assert state is not None
    assert state.value == states[code]
    assert lesion.site is not None
    assert "enhancement" in lesion.facts


def test_words_of_a_site_that_no_code_stands_for_are_kept() -> None:
    given = _lesion("present", site="Th5, Th13")
    ((again,),) = [e.lesions for e in read_back(bytes_of(given)).case.exams]
    ((lesion,),) = [e.lesions for e in given.case.exams]
    assert lesion.site is not None
    assert again.site is not None
    assert again.site.levels == lesion.site.levels
    assert [w.lower() for w in again.site.unreadable] == [w.lower() for w in lesion.site.unreadable]


@pytest.mark.parametrize(
    ("state", "code"), [("absent", "272519000"), ("indeterminate", "373068000")]
)
def test_no_group_names_a_lesion_that_is_not_there(state: str, code: str) -> None:
    """A receiver that knows the guide alone takes the value of a group for what is there."""
    made = written(_lesion(state, site="T3", enhancement="absent"))
    assert not [o for o in of_type(made, "Observation") if _is_group(o)]
    (lesion,) = [o for o in of_type(made, "Observation") if codes(o["code"]) == ["epi-fluid"]]
    assert codes(lesion["valueCodeableConcept"]) == [code]
    assert r5_rules.claims(lesion)[0].endswith("/imaging-qualitative-evaluation")
    assert "bodyStructure" in lesion


def test_a_lesion_that_nobody_assessed_claims_nothing() -> None:
    made = written(_lesion("not-assessed"))
    (lesion,) = [o for o in of_type(made, "Observation") if codes(o["code"]) == ["epi-fluid"]]
    assert "dataAbsentReason" in lesion
    assert r5_rules.claims(lesion) == []


def test_an_observation_of_no_single_study_claims_nothing() -> None:
    made = written(sample("15-four-exams/sr"))
    grades = [o for o in of_type(made, "Observation") if "csf-leak-concl" in codes(o["code"])]
    assert len(of_type(made, "ImagingStudy")) > 1
    assert [r5_rules.claims(g) for g in grades] == [[]]


@pytest.mark.parametrize("name", [n for n in SAMPLES if n.endswith("/sr")])
def test_a_finding_of_an_sr_points_at_the_content_item_that_says_it(name: str) -> None:
    items = _items(name)
    made = written(sample(name))
    seen = 0
    for observation in of_type(made, "Observation"):
        concept = _concept(observation)
        for reference in observation.get("derivedFrom", []):
            selection = named(made)[reference["reference"]]
            if selection["resourceType"] != "ImagingSelection":
                continue
            seen += 1
            (instance,) = selection["instance"]
            (identifier,) = selection["identifier"]
            document, _, path = identifier["value"].partition("#")
            assert instance["uid"] == document
            assert instance["sopClass"]["code"].startswith("urn:oid:1.2.840.10008.5.1.4.1.1.88.")
            assert "subset" not in instance
            assert concept in items[document, path]
    assert seen or not of_type(made, "ImagingSelection")
    selections = {r["id"] for r in of_type(made, "ImagingSelection")}
    pointed = {r["reference"].removeprefix("urn:uuid:") for o in of_type(made, "Observation")
               for r in o.get("derivedFrom", [])}  # fmt: skip
    assert selections <= pointed


def _concept(observation: Json) -> str:
    """Return what an Observation of a finding is about."""
    where = "valueCodeableConcept" if "121071" in codes(observation["code"]) else "code"
    return codes(observation[where])[0]


def _items(name: str) -> dict[tuple[str, str], set[str]]:
    """Return the codes of each content item of a sample's SRs, by document and path."""
    found: dict[tuple[str, str], set[str]] = {}

    def walk(item: Item, document: str) -> None:
        coded = [c for c in (item.name, item.value) if isinstance(c, Code)]
        found[document, item.path] = {c.value for c in coded}
        for child in item.children:
            walk(child, document)

    for path in sorted((ROOT / "sample_data" / name).iterdir()):
        decoded = decode(path.read_bytes(), path.name)
        assert decoded.root is not None
        walk(decoded.root, decoded.header["SOPInstanceUID"])
    return found


def test_what_comes_from_no_sr_has_no_selection() -> None:
    assert not of_type(written(sample("15-four-exams/fhir")), "ImagingSelection")


def test_a_report_stored_in_a_study_of_its_own_moves_no_exam() -> None:
    (path,) = (ROOT / "sample_data" / "02-definite-spinal-mri/sr").iterdir()
    document = readers.read(path.read_bytes(), path.name, TERMS, ReadOptions())
    document = replace(document, input=replace(document.input, study="1.2.3.4.5"))
    given = criteria.grade(merge([document], TERMS, MergeOptions()), Policy(), {})
    made = written(given)
    assert {s["studyUid"] for s in of_type(made, "ImagingSelection")} == {"1.2.3.4.5"}
    for group in [o for o in of_type(made, "Observation") if "hasMember" in o]:
        group.pop("partOf", None) if not _is_group(group) else None
    again = read_back(json.dumps(made).encode())
    assert [e.studies for e in again.case.exams] == [e.studies for e in given.case.exams]
    assert "1.2.3.4.5" not in {s for e in again.case.exams for s in e.studies}


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


def _put(kind: str, element: str, value: Any) -> Callable[[dict[str, Json]], None]:
    def change(known: dict[str, Json]) -> None:
        for one in known.values():
            if one["resourceType"] == kind:
                one[element] = value

    return change


def _of(claim: str, change: Callable[[Json], Any]) -> Callable[[dict[str, Json]], None]:
    def all_of(known: dict[str, Json]) -> None:
        for one in known.values():
            if any(c.endswith(f"/{claim}") for c in r5_rules.claims(one)):
                change(one)

    return all_of


GROUP, EVALUATION = "imaging-measurement-group", "imaging-qualitative-evaluation"
MEASUREMENT, SITE = "imaging-measurement", "dicom-sr-finding-site"
MUTANTS: tuple[tuple[str, Callable[[dict[str, Json]], None]], ...] = (
    ("obs-6", _put("Observation", "dataAbsentReason", {"text": "x"})),
    ("obs-7", _of(GROUP, lambda o: o.update(component=[{"code": o["code"]}]))),
    ("obs-8", _of(GROUP, lambda o: o.update(bodySite={"text": "T3"}))),
    ("modality is a CodeableConcept", _put("ImagingStudy", "modality", [{"code": "MR"}])),
    ("device-nametype", _put("Device", "name", [{"value": "x", "type": "model-name"}])),
    ("provenance-entity-role", _put("Provenance", "entity", [{"role": "derivation"}])),
    ("identifier and subject repeat", _put("Composition", "identifier", {"value": "x"})),
    ("integer64 is a string in JSON", _put("DiagnosticReport", "presentedForm", [{"size": 3}])),
    ("issued 1..1", _of(EVALUATION, lambda o: o.pop("issued"))),
    ("device 1..1", _of(GROUP, lambda o: o.pop("device"))),
    ("partOf ImagingStudy 1..1", _of(MEASUREMENT, lambda o: o.pop("partOf"))),
    ("partOf.identifier is a Study Instance UID",
     _of(GROUP, lambda o: o["partOf"][0]["identifier"].pop("type"))),
    ("category is Measurement Group", _of(GROUP, lambda o: o["category"].append({"coding": []}))),
    ("measurement-group-category",
     _of(GROUP, lambda o: o["code"]["coding"][0].update(code="125007"))),
    ("category is Qualitative Evaluations", _of(EVALUATION, lambda o: o.pop("category"))),
    ("its name is none of an evaluation",
     _of(EVALUATION, lambda o: o["code"]["coding"][0].update(code="121071"))),
    ("valueQuantity 1..1", _of(MEASUREMENT, lambda o: o.pop("valueQuantity"))),
    ("patient 1..1", _of(SITE, lambda s: s.pop("patient"))),
    ("identifier.system is urn:dicom:uid",
     _of(SITE, lambda s: [i.update(system="urn:x") for i in s["identifier"]])),
    ("bodyStructure is a finding site", _of(SITE, lambda s: s["meta"].pop("profile"))),
    ("an algorithm has a name and a version", _put("Device", "displayName", "")),
)  # fmt: skip


@pytest.mark.parametrize(("rule", "change"), MUTANTS, ids=[rule for rule, _ in MUTANTS])
def test_the_rules_find_what_breaks_them(
    rule: str, change: Callable[[dict[str, Json]], None]
) -> None:
    known = {}
    for name in ("15-four-exams/sr", "11-hypotension-confirmed/sr"):
        known |= copy.deepcopy(named(written(sample(name), bundle="document")))
    assert r5_rules.broken(known) == []
    change(known)
    assert any(found.endswith(f": {rule}") for found in r5_rules.broken(known))
