"""SR → FHIR → SR and FHIR → SR → FHIR: what comes back is what went in, but for a list of losses.

``docs/round-trips.md`` has a row for each field; the test that holds a row is named there.
"""

import json
import re
import tomllib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adapter import gates, pipeline
from adapter.cli.compare import through
from adapter.criteria import policy
from adapter.errors import AdapterError
from adapter.merge import MergeOptions
from adapter.merge.differences import Difference, differences, graded_differences
from adapter.model import (
    Case,
    Coded,
    ExamRef,
    Graded,
    Name,
    Patient,
    Quantity,
    Source,
    State,
    Study,
    Unmapped,
)
from adapter.pipeline import Options, Outcome
from adapter.readers.options import ReadOptions
from adapter.writers.options import WriteOptions
from tests import case_files
from tests.criteria import made_cases
from tests.writers.graded_examples import CASES, PATIENT, TERMS, case, grade, say

REPO = Path(__file__).parents[1]
GOLDEN = REPO / "tests" / "golden"
OPTIONS = Options(
    merge=MergeOptions(same_patient=True),
    write=WriteOptions(now="2026-11-25T10:00:00+09:00"),
)
WAYS = {"SR → FHIR → SR": ("fhir", "sr"), "FHIR → SR → FHIR": ("sr", "fhir")}
P, A, N = State.PRESENT, State.ABSENT, State.NOT_ASSESSED

# By the nature of a format; each is a row of docs/round-trips.md.
LOST = (
    r"study .*: (given|date|institution|kinds|modalities|instances|accession)",
    r"exam \d+ \S+: studies",
    r"case: (narrative|incomplete|preliminary)",
    r"patient: name( \w*)?",  # a name in words alone, of no stated representation
)
SEVERAL_DAYS = r"exam \d+ ri-cisternogram: dates"  # its group has the first, its facts their own
NO_GROUP = r"exam \d+ \S+: groups"  # an SR groups the facts of several exams of a kind only
BRAIN_WORDS = r"exam \d+ brain-mri, other-brain: statements"  # an SR has them in one text
NO_ZONE = r"exam \d+ \S+(, .*)?: (dates|statements)"


def back(graded: Graded, way: tuple[str, ...], options: Options = OPTIONS) -> Graded:
    return through(Outcome(graded=graded, terms=TERMS), way, options)


def returned(of: Case, *way: str) -> Case:
    return back(grade(of), way).case


def unexpected(found: tuple[Difference, ...], *more: str) -> list[Difference]:
    known = re.compile("|".join(f"(?:{pattern})" for pattern in (*LOST, *more)))
    return [d for d in found if not known.fullmatch(d.path)]


def way_of(format: str) -> tuple[str, ...]:
    return ("fhir", "sr") if format == "sr" else ("sr", "fhir")


def check(inputs: list[tuple[str, bytes]], kind: str, options: Options = OPTIONS) -> Graded:
    first = pipeline.grade(inputs, options).graded
    again = back(first, way_of(kind), options)
    assert unexpected(graded_differences(first, again, made_of=True)) == []
    return again


SAMPLES = [
    pytest.param(folder, id=f"{folder.parent.name}/{folder.name}")
    for folder in sorted((REPO / "sample_data").glob("*/*"))
    if folder.name in ("sr", "fhir") and folder.is_dir()
]


@pytest.mark.parametrize("folder", SAMPLES)
def test_a_sample_comes_back(folder: Path) -> None:
    check(pipeline.sources([folder]), folder.name)


def test_independent_inputs_come_back() -> None:
    paths = sorted((GOLDEN / "independent").glob("0*"))
    assert len(paths) == 24
    for path in paths:
        kind = "sr" if path.suffix == ".dcm" else "fhir"
        check([(path.name, path.read_bytes())], kind)


def published() -> Iterator[tuple[bytes, Options]]:
    for name in ("points.json", "gold.json"):
        for one in json.loads((GOLDEN / name).read_text(encoding="utf-8")):
            entry = [{"resource": o} for o in one["observations"]]
            bundle = {"resourceType": "Bundle", "type": "collection", "entry": entry}
            yield json.dumps(bundle).encode(), replace(OPTIONS, policy=policy(one.get("policy")))


def test_published_cases_come_back() -> None:
    for data, options in published():
        check([("input", data)], "fhir", options)


ODD = (
    "an unmapped posture is undocumented",  # a value that no reader gives
    "a comparator that is none of the four settles nothing",
    "a same-site identifier that no input holds is told and ignored",  # 9.9.9 is no UID
)


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
def test_the_cases_of_clinicians_come_back(way: tuple[str, ...]) -> None:
    for file, one in case_files.all_cases():
        if one["name"] in ODD:
            continue
        first = case_files.run(one)
        options = replace(OPTIONS, policy=policy(one.get("policy")))
        found = graded_differences(first, back(first, way, options), made_of=True)
        zoneless = re.search(r"T\d\d:\d\d", json.dumps(one, default=str))
        several = any(len(exam.dates) > 1 for exam in first.case.exams)
        known = [
            BRAIN_WORDS,
            *([NO_ZONE] if zoneless else []),
            *([SEVERAL_DAYS] if several else []),
        ]
        assert unexpected(found, *known) == [], (file, one["name"])


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
@pytest.mark.parametrize("name", CASES)
def test_an_example_with_everything_comes_back(name: str, way: tuple[str, ...]) -> None:
    first = grade(CASES[name])
    assert unexpected(graded_differences(first, back(first, way), made_of=True)) == []


def _with_uids(one: dict[str, Any]) -> dict[str, Any]:
    """Return a made case whose exams and lesions are named by UIDs, as an SR has to name them."""
    names = {row[key] for row in (*one["exams"], *one["lesions"])
             for key in ("group", "uid") if key in row}  # fmt: skip
    uids = {name: f"2.25.{at}" for at, name in enumerate(sorted(names), 100)}
    rename = {key: (lambda value: uids.get(value, value)) for key in ("group", "uid")}
    rows = {
        part: [{k: rename[k](v) if k in rename else v for k, v in row.items()} for row in one[part]]
        for part in ("exams", "lesions")
    }
    return {**one, **rows}


@settings(deadline=None, max_examples=25, suppress_health_check=[HealthCheck.too_slow])
@given(seed=st.integers(0, 1_000_000), way=st.sampled_from(list(WAYS.values())))
def test_any_findings_come_back_with_their_grades(seed: int, way: tuple[str, ...]) -> None:
    one = _with_uids(made_cases.make(seed))
    first = case_files.run(one)
    options = replace(OPTIONS, policy=policy(one["policy"]))
    found = graded_differences(first, back(first, way, options), made_of=True)
    assert unexpected(found, NO_GROUP) == []


REAL = {
    # Values that an SR has no other place for; what they become is a row of the table.
    "not mapped": "several codes of one name, words beside codes, comparators, long decimals",
}


@pytest.mark.parametrize("kind", ["sr", "fhir"])
def test_real_documents_lose_no_evidence(kind: str, shared: Path) -> None:
    counted = 0
    for path in sorted(p for p in (shared / "corpus" / "real" / kind).rglob("*") if p.is_file()):
        try:
            first = pipeline.grade([(path.name, path.read_bytes())], OPTIONS).graded
        except AdapterError:
            continue
        again = back(first, way_of(kind))
        found = graded_differences(first, again, made_of=True)
        assert unexpected(found, *REAL) == [], path.name
        assert len(again.case.unmapped) == len(first.case.unmapped), path.name
        counted += len(first.case.unmapped)
    assert counted > 50


# Field by field


@pytest.fixture(params=WAYS.values(), ids=WAYS)
def way(request: pytest.FixtureRequest) -> tuple[str, ...]:
    found: tuple[str, ...] = request.param
    return found


def test_the_patient_comes_back(way: tuple[str, ...]) -> None:
    again = returned(CASES["one exam of each kind"], *way).patient
    assert set(again.identifiers) == set(PATIENT.identifiers)
    assert [(n.family, n.given, n.representation) for n in again.names] == [
        (n.family, n.given, n.representation) for n in PATIENT.names
    ]
    assert (again.birth_date, again.sex) == (PATIENT.birth_date, PATIENT.sex)


def test_a_name_in_words_gets_the_representation_of_its_letters(way: tuple[str, ...]) -> None:
    patient = Patient(identifiers=(("1", "H"),), names=(Name(text="山田 花子"),))
    of = case(say("circ-failure", day="2026-03-02"), patient=patient)
    (name,) = returned(of, *way).patient.names
    assert (name.text, name.representation) == ("山田 花子", "IDE")


@pytest.mark.parametrize("site", ["胸椎", "C7/T1", "頸胸移行部", "T3、L2", "上位胸椎", "全脊椎"])
def test_a_site_stays_what_it_is(site: str, way: tuple[str, ...]) -> None:
    of = case(say("epi-fluid", site=site, laterality="left", day="2026-03-02"))
    (lesion,) = returned(of, *way).exams[0].lesions
    stated = TERMS.read_site(site)
    assert lesion.site is not None
    assert (lesion.site.levels, {n.name for n in lesion.site.named}, lesion.laterality) == (
        stated.levels, {n.name for n in stated.named}, "left",
    )  # fmt: skip


def test_a_site_in_words_stays_words(way: tuple[str, ...]) -> None:
    of = case(say("epi-fluid", site="どこか不明な場所", day="2026-03-02"))
    (lesion,) = returned(of, *way).exams[0].lesions
    assert lesion.site is not None
    assert (lesion.site.text, lesion.site.stated) == ("どこか不明な場所", False)


def test_links_and_identities_come_back(way: tuple[str, ...]) -> None:
    again = returned(CASES["one exam of each kind"], *way)
    (lesion,) = next(e for e in again.exams if e.kind == "spinal-mri").lesions
    assert (lesion.uid, lesion.same_site) == ("2.25.11", ("2.25.12",))


def test_exams_keep_kind_group_date_and_institution(way: tuple[str, ...]) -> None:
    first = CASES["two exams of one kind"]
    again = returned(first, *way)
    for one, other in zip(first.exams, again.exams, strict=True):
        assert (other.kind, other.method, other.groups, other.dates, other.institutions) == (
            one.kind, one.method, one.groups, one.dates, one.institutions,
        )  # fmt: skip


def test_a_time_without_a_zone_is_a_day_in_fhir(way: tuple[str, ...]) -> None:
    of = case(say("circ-failure", day="2026-03-02T10:15:00"))
    assert returned(of, *way).exams[0].dates == ("2026-03-02",)
    zoned = case(say("circ-failure", day="2026-03-02T10:15:00+09:00"))
    assert returned(zoned, *way).exams[0].dates == ("2026-03-02T10:15:00+09:00",)


@pytest.mark.parametrize("value", ["60", "60.0", "5.50", "0.010"])
@pytest.mark.parametrize("comparator", ["", "<", ">="])
def test_a_pressure_keeps_digits_unit_and_comparator(
    value: str, comparator: str, way: tuple[str, ...]
) -> None:
    quantity = Quantity(value=value, unit="mm CSF", comparator=comparator)
    posture = say("posture", P, value="sitting")
    of = case(say("csf-pressure", P, posture, date="2026-03-05", quantity=quantity))
    (again,) = returned(of, *way).pressures
    assert (again.quantity, again.date) == (quantity, "2026-03-05")
    assert [p.value for p in again.parts] == ["sitting"]


@pytest.mark.parametrize("reason", ["unknown", "not-performed"])
def test_why_a_fact_is_not_assessed_comes_back(reason: str, way: tuple[str, ...]) -> None:
    of = case(say("circ-failure", N, reason=reason, day="2026-03-02"))
    (said,) = returned(of, *way).exams[0].facts["circ-failure"].statements
    assert (said.state, said.reason) == (N, reason)


def test_other_reasons_are_unknown_in_an_sr() -> None:
    of = case(say("circ-failure", N, reason="asked-declined", day="2026-03-02"))
    (said,) = returned(of, "fhir").exams[0].facts["circ-failure"].statements
    assert said.reason == "asked-declined"
    (said,) = returned(of, "sr").exams[0].facts["circ-failure"].statements
    assert said.reason == "unknown"


def test_a_contradiction_stays_one(way: tuple[str, ...]) -> None:
    first = case(
        say("epi-fluid", P, site="T3", uid="2.25.1", day="2026-03-02"),
        say("epi-fluid", A, site="T3", uid="2.25.1", day="2026-03-02"),
        say("circ-failure", P, day="2026-03-02"),
        say("circ-failure", A, day="2026-03-02"),
    )
    again = returned(first, *way)
    facts = [exam.facts | exam.lesions[0].facts if exam.lesions else exam.facts
             for exam in again.exams]  # fmt: skip
    assert {f.why for found in facts for f in found.values()} == {"contradiction"}
    assert differences(first, again, made_of=True) == ()


def test_the_words_of_brain_signs_come_back(way: tuple[str, ...]) -> None:
    again = returned(CASES["brain with details and measures"], *way)
    (said,) = again.exams[0].facts["other-brain"].statements
    assert said.text.splitlines() == ["硬膜の石灰化", "(前頭部)"]


def test_the_accession_number_and_the_images_come_back(way: tuple[str, ...]) -> None:
    study = Study(id="1.2.9", date="2026-03-02", accession="A-1",
                  instances=(("1.2.840.10008.5.1.4.1.1.4", "1.2.9.4", "1.2.9.3"),))  # fmt: skip
    again = returned(case(say("circ-failure", day="2026-03-02"), studies=(study,)), *way)
    (found,) = [s for s in again.studies if s.id == study.id]
    assert (found.date, found.accession, found.instances) == (
        study.date, study.accession, study.instances,
    )  # fmt: skip


def test_a_study_tells_its_kind_and_modality_in_fhir_alone() -> None:
    study = Study(id="1.2.9", date="2026-03-02", kinds=("brain-mri",), modalities=("MR",))
    of = case(say("circ-failure", day="2026-03-02"), studies=(study,))
    (found,) = [s for s in returned(of, "fhir").studies if s.id == study.id]
    assert (found.kinds, found.modalities) == (study.kinds, study.modalities)
    (found,) = [s for s in returned(of, "sr").studies if s.id == study.id]
    assert (found.kinds, found.modalities) == ((), ())


def test_a_second_study_without_images_has_no_place_in_an_sr() -> None:
    studies = (Study(id="1.2.8"), Study(id="1.2.9"))
    of = case(say("circ-failure", day="2026-03-02"), studies=studies)
    assert {s.id for s in returned(of, "fhir").studies} >= {"1.2.8", "1.2.9"}
    assert {s.id for s in returned(of, "sr").studies} & {"1.2.8", "1.2.9"} == {"1.2.8"}


def test_an_unsigned_report_is_preliminary_as_an_sr() -> None:
    of = case(say("circ-failure", day="2026-03-02"))
    assert [i.preliminary for i in returned(of, "sr").inputs] == [True]
    assert [i.preliminary for i in returned(of, "fhir").inputs] == [False]


def test_grades_rules_and_what_is_possible_come_back(way: tuple[str, ...]) -> None:
    first = grade(CASES["one exam of each kind"])
    again = back(first, way)
    assert [(c.established, c.possible) for c in again.conclusions] == [
        (c.established, c.possible) for c in first.conclusions
    ]
    assert case_files.rule_ids(again) == case_files.rule_ids(first)
    assert case_files.rule_ids(first)


# Evidence that is not mapped

VENDOR = Coded(code="1234", system="99VENDOR", meaning="Vendor's own")
OID = Coded(code="7", system="urn:oid:2.25.77", meaning="Of an identified scheme")
URL = Coded(code="long-code-of-a-system", system="http://his.example/codes", meaning="By URL")
MILLIMETRE = Coded(code="mm", system="http://unitsofmeasure.org", meaning="mm")


def kept(**said: Any) -> Unmapped:
    names = said.pop("names", (VENDOR,))
    return Unmapped(source=Source(document="input.json"), names=names, **said)


EVIDENCE = {
    "a code": kept(codes=(OID,)),
    "a code by URL": kept(names=(URL,), codes=(URL,)),
    "a known code under an unknown name": kept(
        codes=(Coded(code="52101004", system="http://snomed.info/sct", meaning="Present"),)
    ),
    "words": kept(text="右に強い\r\n左はなし"),
    "words under a name in words": kept(names=(), label="所見その他", text="自由記載"),
    "words without a name": kept(names=(), text="自由記載"),
    "a number": kept(number="12.50", unit=MILLIMETRE),
    "a number without a unit": kept(number="12.5"),
    "a count": kept(number="3"),
    "no value": kept(reason="not-performed"),
}


@pytest.mark.parametrize("of", EVIDENCE.values(), ids=EVIDENCE)
def test_evidence_comes_back_as_it_came(of: Unmapped, way: tuple[str, ...]) -> None:
    first = replace(case(say("circ-failure", day="2026-03-02")), unmapped=(of,))
    (again,) = returned(first, *way).unmapped
    blank = {"source": of.source, "exam": ExamRef(), "group": None, "observed": None}
    assert normal(replace(again, **blank)) == normal(replace(of, **blank))


def normal(of: Unmapped) -> Unmapped:
    """Line ends, and the words for a name in words, are the format's."""
    return replace(of, text="\n".join(of.text.splitlines()))


WRITTEN_AS_WORDS = {
    "a day": (kept(date="2026-03-02"), "2026-03-02"),
    "a time of day": (kept(time="10:15:00"), "10:15:00"),
    "a UID": (kept(uid="2.25.99"), "2.25.99"),
    "a number with a comparator": (kept(number="5", comparator="<", unit=MILLIMETRE), "< 5 mm"),
}


@pytest.mark.parametrize(("of", "words"), WRITTEN_AS_WORDS.values(), ids=WRITTEN_AS_WORDS)
def test_an_sr_writes_dates_uids_and_comparators_as_words(of: Unmapped, words: str) -> None:
    first = replace(case(say("circ-failure", day="2026-03-02")), unmapped=(of,))
    (again,) = returned(first, "fhir").unmapped
    assert replace(again, source=of.source, exam=ExamRef(), observed=None) == of
    (again,) = returned(first, "sr").unmapped
    assert again.text == words


def test_an_sr_holds_one_code_of_several() -> None:
    known = Coded(code="85600001", system="http://snomed.info/sct", meaning="Known scheme")
    first = replace(
        case(say("circ-failure", day="2026-03-02")),
        unmapped=(kept(names=(URL, known), codes=(OID,), text="words beside"),),
    )
    (again,) = returned(first, "fhir").unmapped
    assert (again.names, again.text) == ((URL, known), "words beside")
    (again,) = returned(first, "sr").unmapped
    assert (again.names, again.codes, again.text) == ((known,), (OID,), "")


def test_evidence_stays_with_its_lesion_and_its_exam(way: tuple[str, ...]) -> None:
    exam = ExamRef(kind="spinal-mri", group="2.25.500", date="2026-03-02")
    first = replace(
        case(
            say("epi-fluid", site="T3", uid="2.25.501", exam=exam),
            say("contrast-given", exam=exam),
        ),
        unmapped=(
            kept(codes=(OID,), exam=exam, group="2.25.501"),
            kept(number="3.0", unit=MILLIMETRE, exam=exam),
            kept(number="4.0", unit=MILLIMETRE, exam=exam, group="2.25.502"),
        ),
    )
    found = {one.number: one for one in returned(first, *way).unmapped}
    assert found[""].group == "2.25.501"
    assert found["3.0"].exam.group == "2.25.500"
    assert found["4.0"].group == "2.25.502"


def test_evidence_twice_the_same_is_there_twice(way: tuple[str, ...]) -> None:
    one = kept(number="3.0", unit=MILLIMETRE)
    first = replace(case(say("circ-failure", day="2026-03-02")), unmapped=(one, one))
    assert len(returned(first, *way).unmapped) == 2


def test_evidence_is_in_no_grade(way: tuple[str, ...]) -> None:
    first = CASES["one exam of each kind"]
    more = replace(first, unmapped=tuple(EVIDENCE.values()))
    assert [c.established for c in back(grade(more), way).conclusions] == [
        c.established for c in grade(first).conclusions
    ]


def test_an_sr_shortens_long_numbers() -> None:
    first = replace(
        case(say("circ-failure", day="2026-03-02")),
        unmapped=(kept(number="33.90150727729478123", unit=MILLIMETRE),),
    )
    (again,) = returned(first, "fhir").unmapped
    assert again.number == "33.90150727729478123"
    (again,) = returned(first, "sr").unmapped
    assert again.number == "33.9015072772948"


CASE_04 = REPO / "sample_data" / "04-definite-same-site" / "sr"
BROKEN = ("broken.dcm", bytes(128) + b"DICM")


def settled(**more: Any) -> Options:
    settings = tomllib.loads((REPO / "sample_data" / "settings.toml").read_text("utf-8"))
    return replace(OPTIONS, write=replace(OPTIONS.write, settings=settings, **more))


@pytest.mark.parametrize(
    ("kind", "chosen"),
    [
        *(("fhir", {"profile": name}) for name in ("base", "jp-core", "imr", "eu", "us-core")),
        ("fhir", {"fhir": "r5"}),
        ("findings", {}),
        *(("sr", {"sr": name}) for name in ("comprehensive", "comprehensive3d", "enhanced")),
        ("sr", {"charset": "iso-2022-jp"}),
    ],
)
def test_a_report_on_refused_inputs_says_so_when_it_is_graded_itself(
    kind: str, chosen: dict[str, Any]
) -> None:
    options = settled(**chosen)
    outcome = pipeline.grade([*pipeline.sources([CASE_04]), BROKEN], options)
    whole = pipeline.grade(pipeline.sources([CASE_04]), options)
    for one, lacks in ((outcome, True), (whole, False)):
        data = pipeline.write(one, kind, options)
        again = pipeline.grade([("again", data)], options).graded
        assert [c.incomplete for c in again.conclusions] == [lacks, lacks]
        breaches = gates.check(data, kind) if kind != "findings" else ()  # it has no gate
        assert [b for b in breaches if b.severity == "error"] == []
        twice = pipeline.write(Outcome(graded=again, terms=TERMS), kind, options)
        assert pipeline.grade([("twice", twice)], options).graded.case.incomplete is lacks


@pytest.mark.parametrize("kind", ["fhir", "sr"])
def test_a_report_on_a_damaged_input_is_withheld_when_it_is_graded_itself(kind: str) -> None:
    options = replace(settled(), read=ReadOptions(salvage=True))
    name, data = pipeline.sources([CASE_04])[0]
    outcome = pipeline.grade([(name, data[: len(data) * 3 // 4])], options)
    written = pipeline.write(outcome, kind, options)
    again = pipeline.grade([("again", written)], OPTIONS).graded
    assert [c.established for c in again.conclusions] == ["withheld", "withheld"]


def test_what_a_replaced_report_lacked_is_no_lack_of_the_next() -> None:
    outcome = pipeline.grade([*pipeline.sources([CASE_04]), BROKEN], OPTIONS)
    old = ("old", pipeline.write(outcome, "fhir", OPTIONS))
    server = [*pipeline.sources([CASE_04]), old]  # a patient's all, our report among it
    assert pipeline.grade(server, OPTIONS).graded.case.incomplete
    replacing = pipeline.replacing(OPTIONS, [old])
    assert not pipeline.grade(server, replacing).graded.case.incomplete


@pytest.mark.parametrize("profile", ["base", "jp-core", "imr", "eu", "us-core"])
def test_what_a_report_says_in_words_is_no_evidence_when_it_is_read(profile: str) -> None:
    options = settled(profile=profile)
    outcome = pipeline.grade(pipeline.sources([CASE_04]), options)
    stranger = {  # somebody else's findings in words: evidence, and no more on every way
        "resourceType": "Observation",
        "status": "final",
        "code": {"coding": [{"system": "http://loinc.org", "code": "18782-3"}]},
        "valueString": "別の施設の所見",
    }
    bundle = json.loads(pipeline.write(outcome, "fhir", in_base(options)))
    patient = next(
        e["fullUrl"] for e in bundle["entry"] if e["resource"]["resourceType"] == "Patient"
    )
    bundle["entry"].append({"resource": stranger | {"subject": {"reference": patient}}})
    outcome = pipeline.grade([("both", json.dumps(bundle).encode())], options)
    for _ in range(2):
        assert [one.text for one in outcome.graded.case.unmapped] == ["別の施設の所見"]
        outcome = pipeline.grade([("again", pipeline.write(outcome, "fhir", options))], options)
    assert len(outcome.graded.case.unmapped) == 1


def in_base(options: Options) -> Options:
    return replace(options, write=replace(options.write, profile="base", bundle="collection"))


def test_every_row_of_the_page_is_held_by_a_test_that_there_is() -> None:
    page = (REPO / "docs" / "round-trips.md").read_text(encoding="utf-8")
    rows = [line for line in page.splitlines() if line.startswith("| ") and " --- " not in line]
    held = [row for row in rows if not row.endswith("| Held by |")]
    assert len(held) > 25
    for row in held:
        named = re.findall(r"`(test_\w+)`", row.split("|")[-2])
        assert named, row
        assert all(name in globals() for name in named), row
