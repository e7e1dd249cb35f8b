"""Findings JSON as it is written: nothing of a case is lost on the way back."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapter import terms
from adapter.merge import merge
from adapter.model import (
    Case,
    Document,
    ExamRef,
    Input,
    Issue,
    Name,
    Patient,
    Quantity,
    Site,
    Source,
    State,
    Statement,
    Study,
)
from adapter.readers import findings as reader
from adapter.readers.options import ReadOptions
from adapter.writers import findings
from adapter.writers.options import WriteOptions

TERMS = terms.load()


def says(concept: str, state: State = State.PRESENT, **more: Any) -> Statement:
    source = Source(document="mri.dcm", id="1.2.3", path="1.4.1")
    return Statement(concept=concept, state=state, **({"source": source} | more))


def case(*statements: Statement, **more: Any) -> Case:
    patient = Patient(
        identifiers=(("00123", "HOSPITAL"),),
        names=(Name(family="山田", given="花子", representation="IDE"), Name(text="Hanako")),
        birth_date="1970-01",
        sex="female",
    )
    document = Document(
        input=Input(name="mri.dcm", digest="ab", format="dicom-sr", id="1.2.3"),
        patient=patient,
        statements=statements,
        **more,
    )
    return merge([document], TERMS)


def there_and_back(one: Case) -> Case:
    data = findings.write(one, TERMS, WriteOptions())
    document = reader.read(data, "again.json", TERMS, ReadOptions())
    return merge([document], TERMS)


MRI = ExamRef(kind="spinal-mri", group="9.1", study="8.1", date="2026-03-02", institution="病院")
REGION = TERMS.read_site("頸胸移行部")

CASES = {
    "nothing": case(),
    "a lesion with attributes": case(
        says(
            "epi-fluid",
            exam=MRI,
            uid="1.2.9",
            site=TERMS.read_site("Th3-5"),
            laterality="left",
            same_site=("1.2.8",),
            date="2026-03-02T10:00:00+09:00",
            parts=(
                says("enhancement", State.ABSENT, source=Source(document="x", text="なし")),
                says("mimic-venous", State.NOT_ASSESSED, reason="not-performed"),
            ),
        )
    ),
    "one lesion under two concepts": case(
        says("epi-fluid", exam=MRI, uid="1.2.9", site=TERMS.read_site("T2")),
        says("float-dural-sac", exam=MRI, uid="1.2.9", site=TERMS.read_site("T2")),
    ),
    "sites of every sort": case(
        says("epi-fluid", exam=MRI, site=Site(levels=(8, 9))),
        says("epi-fluid", exam=MRI, site=replace(REGION, text="")),
        says("epi-fluid", exam=MRI, site=TERMS.read_site("Th13")),
        says("epi-fluid", exam=MRI, site=Site(levels=(8,), text="unlike", unreadable=("x",))),
        says("epi-fluid", exam=MRI, site=TERMS.read_site("右L2")),
        says("epi-fluid", exam=MRI),
    ),
    "a contradiction": case(
        says("subdural-fluid", exam=MRI), says("subdural-fluid", State.ABSENT, exam=MRI)
    ),
    "two undated exams that only groups tell apart": case(
        says("subdural-fluid", exam=ExamRef(kind="spinal-mri", group="1")),
        says("subdural-fluid", State.ABSENT, exam=ExamRef(kind="mr-myelography", group="2")),
    ),
    "exams told apart by study and date alone": case(
        says("subdural-fluid", exam=ExamRef(study="1")),
        says("subdural-fluid", exam=ExamRef(study="2", date="2026-01")),
        says("subdural-fluid", date="2026-05-05"),
    ),
    "statements of one exam that say different things of it": case(
        says("circ-failure", exam=ExamRef(kind="ri-cisternogram", date="2026-03-02")),
        says("cistern-seen", exam=ExamRef(date="2026-03-03", institution="B")),
        says(
            "ri-epidural",
            exam=ExamRef(kind="ri-cisternogram", date="2026-03-02"),
            parts=(says("ri-pattern", value="unilateral"),),
        ),
    ),
    "brain and patient": case(
        says(
            "dural-enhance",
            exam=ExamRef(kind="brain-mri"),
            parts=(
                says("extent-3cm", quantity=Quantity(value="35.0", unit="mm", comparator=">")),
                says("above-cortex", State.INDETERMINATE),
            ),
        ),
        says("other-brain", exam=ExamRef(kind="brain-mri"), text="硬膜下血腫"),
        says("ortho-headache", State.ABSENT, date="2026-01-01"),
        says("ortho-headache", date="2026-02-01"),
        says("csf-pressure", quantity=Quantity(value="60.0", unit="mm[H2O]"), date="2026-02-01",
             parts=(says("posture", value="supine"),)),
        says("csf-pressure", State.NOT_ASSESSED, reason="unknown"),
        says("csf-pressure"),
        says("lumbar-puncture", date="2026-02-01"),
        says("blood-patch", date="2026-02-10"),
    ),
    "studies and issues": case(
        says("contrast-given"),
        studies=(
            Study(id="8.1", date="2026-03-02", kinds=("spinal-mri",), modalities=("MR",),
                  institution="病院", accession="A1", instances=(("1.1", "1.2", "1.3"),)),
        ),
        issues=(Issue(severity="warning", code="not-mapped", diagnostics="(99V, 1)"),),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_a_case_comes_back_as_it_was(name: str) -> None:
    again = there_and_back(CASES[name])
    first = CASES[name]
    assert [i.name for i in again.inputs] == ["again.json", "mri.dcm"]
    assert replace(again, inputs=()) == replace(first, inputs=())


@pytest.mark.parametrize("name", CASES)
def test_what_is_written_agrees_with_the_schema(name: str, repo: Path) -> None:
    import jsonschema  # a second to import, which each worker would take before its first test

    schema = json.loads((repo / "adapter/schemas/findings-1.json").read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    data = findings.write(CASES[name], TERMS, WriteOptions())
    jsonschema.Draft202012Validator(schema).validate(json.loads(data))


def test_writing_twice_gives_the_same_bytes() -> None:
    one = CASES["brain and patient"]
    assert findings.write(one, TERMS, WriteOptions()) == findings.write(one, TERMS, WriteOptions())


def test_a_second_round_changes_nothing_more() -> None:
    once = there_and_back(CASES["statements of one exam that say different things of it"])
    assert replace(there_and_back(once), inputs=()) == replace(once, inputs=())


CONCEPTS = {
    kind: sorted(n for n, t in TERMS.terms.items() if t.kind == kind)
    for kind in ("lesion", "exam", "attribute")
}
maybe = st.none() | st.sampled_from(["1", "2"])
exam_refs = st.builds(
    ExamRef,
    kind=st.none() | st.sampled_from(["spinal-mri", "mr-myelography", "brain-mri"]),
    group=maybe,
    study=maybe,
    date=st.none() | st.sampled_from(["2026", "2026-03-02", "2026-03-04T10:00:00+09:00"]),
    institution=maybe,
).map(lambda ref: replace(ref, study=f"8.{ref.group}") if ref.group else ref)
sources = st.builds(
    Source, document=st.sampled_from(["a", "b"]), id=st.sampled_from(["", "1.2"]), path=st.text()
)
sites_ = st.none() | st.sampled_from(["T2", "右L2", "胸椎", "Th13", "Th3-5, 胸椎, ?"]).map(
    TERMS.read_site
)
quantities = st.none() | st.builds(
    Quantity, value=st.sampled_from(["1.50", "x"]), unit=st.sampled_from(["", "mm"])
)


def statements(concepts: list[str], **more: Any) -> st.SearchStrategy[Statement]:
    return st.builds(
        Statement,
        concept=st.sampled_from(concepts),
        state=st.sampled_from(State),
        source=sources,
        reason=st.none() | st.just("masked"),
        text=st.sampled_from(["", "words"]),
        quantity=quantities,
        date=st.none() | st.just("2026-03"),
        exam=more.pop("exam", exam_refs),
        **more,
    )


def attributes(said: Statement) -> st.SearchStrategy[Statement]:
    """Return the lesion with attributes; those of one concept stand together."""
    part = statements(CONCEPTS["attribute"][:4], exam=st.just(said.exam))
    several = st.lists(part, max_size=3).map(lambda parts: sorted(parts, key=lambda p: p.concept))
    return several.map(lambda parts: replace(said, parts=tuple(parts)))


lesions = statements(
    CONCEPTS["lesion"],
    site=sites_,
    uid=maybe,
    laterality=st.sampled_from([None, "left"]),
    same_site=st.sampled_from([(), ("1",)]),
).flatmap(attributes)


@settings(max_examples=60, deadline=None)
@given(st.lists(lesions | statements(CONCEPTS["exam"]), max_size=8))
def test_any_case_comes_back_as_it_was(said: list[Statement]) -> None:
    one = case(*said)
    again = there_and_back(one)
    assert again.exams == one.exams
