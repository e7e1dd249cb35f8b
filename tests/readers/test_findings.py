"""Findings JSON as a clinician writes it."""

import json
from pathlib import Path
from typing import Any

import pytest

from adapter import terms
from adapter.errors import LimitExceeded, RefusedInput
from adapter.merge import merge
from adapter.model import Document, Quantity, State, Statement
from adapter.readers import findings
from adapter.readers.options import ReadOptions

TERMS = terms.load()
HEAD: dict[str, Any] = {"format": "csfleak-findings", "version": "1"}


OPTIONS = ReadOptions()


def read(options: ReadOptions = OPTIONS, **table: Any) -> Document:
    return findings.read(json.dumps(HEAD | table).encode(), "f.json", TERMS, options)


def lesion(**row: Any) -> Statement:
    said = {"concept": "epi-fluid", "state": "present"} | row
    (statement,) = read(exams=[{"kind": "spinal-mri", "lesions": [said]}]).statements
    return statement


def codes(document: Document) -> list[str]:
    return [issue.code for issue in document.issues]


def test_the_short_form_gives_the_statements_it_looks_like() -> None:
    document = read(
        exams=[
            {
                "kind": "spinal-mri",
                "date": "2026-03-02",
                "lesions": [
                    {"concept": "epi-fluid", "state": "present", "site": "T2",
                     "enhancement": "absent"}
                ],
                "facts": {"subdural-fluid": "absent"},
            }
        ],
        facts={"ortho-headache": "present"},
        pressures=[{"value": "55", "unit": "mm[H2O]", "posture": "supine"}],
    )  # fmt: skip
    fluid, subdural, headache, pressure = document.statements
    assert document.issues == ()
    assert fluid.exam.kind == "spinal-mri"
    assert fluid.exam.date == "2026-03-02"
    assert fluid.exam.group is None
    assert fluid.site is not None
    assert fluid.site.levels == (8,)
    assert [(p.concept, p.state) for p in fluid.parts] == [("enhancement", State.ABSENT)]
    assert subdural.state is State.ABSENT
    assert headache.state is State.PRESENT
    assert pressure.quantity == Quantity(value="55", unit="mm[H2O]")
    assert pressure.parts[0].value == "supine"


def test_every_statement_tells_the_element_it_stands_in() -> None:
    fluid = lesion(enhancement="absent")
    assert fluid.source.path == "exams[0].lesions[0]"
    assert fluid.parts[0].source.path == "exams[0].lesions[0].enhancement"
    assert fluid.parts[0].source.document == "f.json"


@pytest.mark.parametrize(
    ("said", "state"),
    [
        ("present", State.PRESENT),
        ("なし", State.ABSENT),
        (False, State.ABSENT),
        ("疑い", State.INDETERMINATE),
        ("not-assessed", State.NOT_ASSESSED),
    ],
)
def test_a_state_is_a_word_or_a_boolean(said: object, state: State) -> None:
    assert lesion(enhancement=said).parts[0].state is state


def test_not_evaluated_keeps_its_reason() -> None:
    assert lesion(enhancement="未評価").parts[0].reason == "not-performed"


def test_numbers_keep_the_digits_they_are_written_with() -> None:
    data = (
        b'{"format": "csfleak-findings", "version": "1",'
        b' "pressures": [{"value": 60.00, "unit": "mm[H2O]"}]}'
    )
    document = findings.read(data, "f.json", TERMS, ReadOptions())
    assert document.statements[0].quantity == Quantity(value="60.00", unit="mm[H2O]")


def test_two_exams_of_one_kind_in_one_file_stay_two_exams() -> None:
    exam = {"kind": "spinal-mri", "facts": {"subdural-fluid": "absent"}}
    case = merge([read(exams=[exam, exam])], TERMS)
    assert len(case.exams) == 2


def test_one_exam_in_two_files_is_one_exam() -> None:
    exam = {"kind": "spinal-mri", "date": "2026-03-02"}
    patient = {"identifiers": [{"value": "1"}]}
    one = read(patient=patient, exams=[exam | {"facts": {"subdural-fluid": "absent"}}])
    other = read(patient=patient, exams=[exam | {"facts": {"contrast-given": "present"}}])
    assert len(merge([one, other], TERMS).exams) == 1


def test_a_lesion_without_a_state_is_not_assessed_and_that_is_told() -> None:
    document = read(exams=[{"kind": "spinal-mri", "lesions": [{"concept": "epi-fluid"}]}])
    assert [s.state for s in document.statements] == [State.NOT_ASSESSED]
    assert codes(document) == ["not-used"]


@pytest.mark.parametrize(
    ("table", "code"),
    [
        ({"exams": [{"kind": "pelvic-mri"}]}, "not-mapped"),
        ({"facts": {"epi-fluid": "present"}}, "not-mapped"),
        ({"facts": {"ortho-headache": "perhaps"}}, "not-used"),
        ({"pressures": [{"value": "55", "unit": "mm[H2O]", "posture": "?"}]}, "posture-unmapped"),
        ({"pressure": []}, "not-used"),
        ({"patches": [{"date": "May"}]}, "not-used"),
        ({"preliminary": True}, "preliminary"),
        ({"exams": [{"kind": "brain-mri", "finding": 1}]}, "not-used"),
    ],
)
def test_what_cannot_be_read_is_told(table: dict[str, Any], code: str) -> None:
    assert codes(read(**table)) == [code]


def test_issues_name_no_value_of_the_input() -> None:
    document = read(facts={"ortho-headache": "Yamada says so"})
    assert "Yamada" not in repr(document.issues)


def test_an_unreadable_site_leaves_the_lesion_without_a_site() -> None:
    fluid = lesion(site="Th13")
    assert fluid.site is not None
    assert not fluid.site.stated
    assert fluid.site.text == "Th13"


def test_a_side_in_the_words_of_a_site_is_the_lesion_s() -> None:
    assert lesion(site="右L2").laterality == "right"


def test_a_key_written_twice_is_used_neither_way() -> None:
    data = (
        b'{"format": "csfleak-findings", "version": "1",'
        b' "facts": {"ortho-headache": "present", "ortho-headache": "absent"}}'
    )
    document = findings.read(data, "f.json", TERMS, ReadOptions())
    assert document.statements == ()
    assert codes(document) == ["duplicate-key"]


@pytest.mark.parametrize(
    "data",
    [b"{", b"[]", b'{"format": "other"}', b"\xff\xfe{}",
     b'{"format": "csfleak-findings", "version": "2"}',
     b'{"format": "csfleak-findings", "id": "\\ud800"}'],
)  # fmt: skip
def test_what_is_no_findings_json_is_refused(data: bytes) -> None:
    with pytest.raises(RefusedInput):
        findings.read(data, "f.json", TERMS, ReadOptions())


def test_limits_hold() -> None:
    with pytest.raises(LimitExceeded):
        read(ReadOptions(max_bytes=10))
    deep = b'{"format": "csfleak-findings", "x": ' + b"[" * 100_000 + b"]" * 100_000 + b"}"
    with pytest.raises(LimitExceeded):
        findings.read(deep, "f.json", TERMS, ReadOptions())


def test_findings_are_told_from_other_json() -> None:
    assert findings.sniff(json.dumps(HEAD).encode())
    assert findings.sniff(b"\xef\xbb\xbf" + json.dumps(HEAD, indent=1).encode())
    assert not findings.sniff(b'{"resourceType": "Bundle"}')


def test_a_refused_input_of_the_written_case_keeps_it_incomplete() -> None:
    document = read(inputs=[{"name": "b.dcm", "status": "refused", "reason": "cut short"}])
    assert merge([document], TERMS).incomplete


def test_findings_that_say_they_are_incomplete_are() -> None:
    document = read(incomplete=True)
    assert [i.code for i in document.issues] == ["incomplete-source"]
    assert merge([document], TERMS).incomplete
    row = {"severity": "error", "code": "not-used", "diagnostics": "lost"}
    assert [i.code for i in read(incomplete=True, issues=[row]).issues] == ["not-used"]


def test_the_schema_names_the_concepts_of_the_mappings(repo: Path) -> None:
    schema = json.loads((repo / "adapter/schemas/findings-1.json").read_text())["$defs"]
    kinds = {name: term.kind for name, term in TERMS.terms.items()}
    assert set(schema["lesion"]["properties"]["concept"]["enum"]) == {
        n for n, k in kinds.items() if k == "lesion"
    }
    assert set(schema["exam"]["properties"]["facts"]["propertyNames"]["enum"]) == {
        n for n, k in kinds.items() if k == "exam"
    }
    of_sr = {"exam-ref", "institution"}
    attributes = {n for n, k in kinds.items() if k == "attribute"} - of_sr
    assert attributes <= set(schema["lesion"]["properties"])
