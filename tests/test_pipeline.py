"""One SR, one Bundle, several of one patient: the whole way, and what bad input costs."""

import json
from pathlib import Path

import pytest

from adapter import pipeline
from adapter.criteria import policy
from adapter.errors import DifferentPatients, RefusedInput, Usage
from adapter.pipeline import Options

GOLDEN = Path(__file__).parent / "golden"
INDEPENDENT = json.loads((GOLDEN / "independent" / "expected.json").read_text("utf-8"))
POINTS = json.loads((GOLDEN / "points.json").read_text("utf-8"))
GOLD = json.loads((GOLDEN / "gold.json").read_text("utf-8"))


def grades(outcome):
    return {c.condition: [c.established, c.possible] for c in outcome.graded.conclusions}


def grade(*inputs, **options):
    return pipeline.grade(list(inputs), Options(**options))


def expected(row):
    return {key: row[key] for key in ("csf-leak", "intracranial-hypotension")}


@pytest.mark.parametrize("ending", ["dcm", "json"])
@pytest.mark.parametrize("row", INDEPENDENT, ids=lambda row: row["file"])
def test_independent_inputs_give_their_grades(row, ending):
    inputs = pipeline.sources([GOLDEN / "independent" / f"{row['file']}.{ending}"])
    assert grades(grade(*inputs)) == expected(row)


def observations(case):
    return json.dumps(case["observations"], ensure_ascii=False).encode()


@pytest.mark.parametrize("case", POINTS, ids=lambda case: case["id"])
def test_points_under_their_policies(case):
    got = grade((case["id"], observations(case)), policy=policy(case["policy"]))
    assert grades(got) == expected(case["expected"])


@pytest.mark.parametrize("case", GOLD, ids=lambda case: case["id"])
def test_published_cases(case):
    got = grades(grade((case["id"], observations(case))))
    assert got == {key: list(value) for key, value in case["expected"].items()}


def independent(name):
    return pipeline.sources([GOLDEN / "independent" / name])[0]


def test_another_patients_document_is_an_error_that_names_both_without_ids():
    one, other = independent("000.dcm"), independent("001.dcm")
    with pytest.raises(DifferentPatients) as caught:
        grade(one, other)
    message = str(caught.value)
    assert "000.dcm" in message
    assert "001.dcm" in message
    assert "IND000" not in message
    assert "IND001" not in message


def test_the_same_bytes_twice_count_once():
    one = independent("002.dcm")
    twice = grade(one, ("copy.dcm", one[1]))
    assert grades(twice) == grades(grade(one))
    assert sorted(i.status for i in twice.graded.case.inputs) == ["duplicate", "used"]


def test_sr_and_fhir_of_one_patient_grade_together():
    both = grade(independent("002.dcm"), independent("002.json"))
    assert grades(both) == grades(grade(independent("002.dcm")))


def test_a_refused_input_leaves_the_rest_incomplete():
    outcome = grade(independent("002.dcm"), ("letter.pdf", b"%PDF-1.7"))
    assert [i.name for i in outcome.refused] == ["letter.pdf"]
    assert "PDF" in outcome.refused[0].reason
    assert all(c.incomplete for c in outcome.graded.conclusions)
    assert grades(outcome) == grades(grade(independent("002.dcm")))


@pytest.mark.parametrize(
    ("data", "seems"),
    [
        (b"", "empty"),
        (b"%PDF-1.7", "PDF"),
        (b"PK\x03\x04", "zip"),
        (b"MSH|^~\\&|", "HL7 v2"),
        (b"hello there", "plain text"),
        (b"\x89PNG\r\n\x1a\n", "PNG"),
        ("SR ではない".encode("cp932"), "binary"),
    ],
)
def test_what_is_no_input_is_refused_by_what_it_seems_to_be(data, seems):
    with pytest.raises(RefusedInput, match=seems):
        grade(("x", data))


def test_no_input_at_all_is_said():
    with pytest.raises(RefusedInput, match="no input"):
        grade()


def test_a_missing_file_is_wrong_usage(tmp_path):
    with pytest.raises(Usage, match="no such file"):
        pipeline.sources([tmp_path / "none.dcm"])


def test_names_do_not_depend_on_where_the_inputs_lie(tmp_path):
    for place in ("a", "b"):
        (tmp_path / place / "deep").mkdir(parents=True)
        (tmp_path / place / "deep" / "x.json").write_text("{}")
        (tmp_path / place / ".hidden").write_text("{}")
    one = pipeline.sources([tmp_path / "a"])
    assert one == pipeline.sources([tmp_path / "b"]) == [("deep/x.json", b"{}")]


def test_two_files_of_one_name_keep_apart(tmp_path):
    for place in ("a", "b"):
        (tmp_path / place).mkdir()
        (tmp_path / place / "x.json").write_text("{}")
    names = [n for n, _ in pipeline.sources([tmp_path / "a" / "x.json", tmp_path / "b" / "x.json"])]
    assert len(set(names)) == 2


def test_a_policy_that_is_none_is_wrong_usage():
    with pytest.raises(Usage, match="same_site"):
        policy({"same_site": "near"})
    with pytest.raises(Usage, match="no_policy"):
        policy({"no_policy": "x"})


def lesion(*components):
    """Return a 確実 lesion as FHIR, with more said of it."""
    ours = "urn:oid:2.25.69185780400888605725525229835613365432"
    sct = "http://snomed.info/sct"

    def code(code, system=ours):
        return {"coding": [{"system": system, "code": code}]}

    stated = [("enhancement", "272519000"), ("sas-continuity", "52101004")]
    observation = {
        "resourceType": "Observation",
        "id": "o",
        "status": "final",
        "code": code("epi-fluid"),
        "subject": {"reference": "Patient/p"},
        "effectiveDateTime": "2026-03-02",
        "valueCodeableConcept": code("52101004", sct),
        "component": [
            {"code": code("363698007", sct), "valueCodeableConcept": code("53733008", sct)},
            *({"code": code(c), "valueCodeableConcept": code(v, sct)} for c, v in stated),
            *({"code": code("mimic-venous"), **value} for value in components),
        ],
    }
    return json.dumps(observation).encode()


@pytest.mark.parametrize(
    "value",
    [
        {"valueCodeableConcept": {"coding": [{"system": "http://vendor.example", "code": "X9"}]}},
        {"valueString": "よくわからない"},
        {"valueInteger": 1},
        {},
    ],
    ids=["unmapped code", "words", "number", "nothing"],
)
def test_a_mimic_stated_in_a_way_that_cannot_be_read_never_counts_as_excluded(value):
    assert grades(grade(("x", lesion())))["csf-leak"] == ["definite", "definite"]
    outcome = grade(("x", lesion(value)))
    assert grades(outcome)["csf-leak"] == ["withheld", "definite"]
    assert outcome.graded.case.issues


def test_an_image_among_the_inputs_is_told_and_leaves_nothing_incomplete():
    from pydicom.data import get_testdata_file

    image = Path(get_testdata_file("CT_small.dcm")).read_bytes()
    outcome = grade(independent("002.dcm"), ("ct.dcm", image))
    assert outcome.refused == ()
    assert not any(c.incomplete for c in outcome.graded.conclusions)
    (told,) = [i for i in outcome.graded.case.inputs if i.status == "not-used"]
    assert "image" in told.reason
    with pytest.raises(RefusedInput, match="image"):
        grade(("ct.dcm", image))


OURS = "urn:oid:2.25.69185780400888605725525229835613365432"


def said(concept, state, **more):
    """Return an Observation on one of our concepts."""
    return {
        "resourceType": "Observation",
        "id": concept,
        "status": "final",
        "code": {"coding": [{"system": OURS, "code": concept}]},
        "subject": {"reference": "Patient/p"},
        "effectiveDateTime": "2026-03-02",
        "valueCodeableConcept": {"coding": [{"system": "http://snomed.info/sct", "code": state}]},
        **more,
    }


LOST = {
    "an unknown modifier": [said("mimic-lymph", "52101004", modifierExtension=[{"url": "x:y"}])],
    "no code of status": [said("subdural-fluid", "272519000", status="確定")],
    "an attribute of no lesion": [said("mimic-venous", "52101004")],
    "a member that is missing": [
        said("float-dural-sac", "52101004", hasMember=[{"reference": "Observation/none"}])
    ],
}


@pytest.mark.parametrize("others", LOST.values(), ids=LOST)
def test_a_stated_fact_that_is_lost_leaves_the_case_incomplete(others):
    outcome = grade(("x", json.dumps([json.loads(lesion()), *others]).encode()))
    assert all(c.incomplete for c in outcome.graded.conclusions)
    assert "error" in {i.severity for i in outcome.graded.case.issues}


@pytest.mark.parametrize("status", ["entered-in-error", "cancelled"])
def test_a_withdrawn_fact_is_not_used_and_leaves_nothing_incomplete(status):
    withdrawn = said("subdural-fluid", "52101004", status=status)
    outcome = grade(("x", json.dumps([json.loads(lesion()), withdrawn]).encode()))
    assert not any(c.incomplete for c in outcome.graded.conclusions)
    assert [i.code for i in outcome.graded.case.issues] == ["not-used"]
