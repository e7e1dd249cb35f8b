"""Statements of one concept to one fact; two different answers are a contradiction.

Source: criteria section 4 (contradiction; patient facts between dates), section 6.
"""

from dataclasses import replace
from itertools import permutations

import pytest

from adapter.merge import MergeOptions, merge
from adapter.merge.facts import fact as united
from adapter.model import Quantity, Source, State
from tests.building import DATE, TERMS, attribute, case, document, fact, lesion

PRESENT, ABSENT = State.PRESENT, State.ABSENT
INDETERMINATE, NOT_ASSESSED = State.INDETERMINATE, State.NOT_ASSESSED
LATER = "2026-04-06"


@pytest.mark.parametrize(
    ("said", "state", "contradiction"),
    [
        (("present",), PRESENT, False),
        (("absent",), ABSENT, False),
        (("indeterminate",), INDETERMINATE, False),
        (("not-assessed",), NOT_ASSESSED, False),
        (("present", "present"), PRESENT, False),
        (("present", "not-assessed"), PRESENT, False),
        (("absent", "not-assessed"), ABSENT, False),
        (("indeterminate", "not-assessed"), INDETERMINATE, False),
        (("not-assessed:unknown", "not-assessed:not-performed"), NOT_ASSESSED, False),
        (("present", "absent"), INDETERMINATE, True),
        (("present", "indeterminate"), INDETERMINATE, True),
        (("absent", "indeterminate"), INDETERMINATE, True),
        (("present", "absent", "not-assessed"), INDETERMINATE, True),
        (("present", "present", "absent"), INDETERMINATE, True),
    ],
)
def test_what_statements_of_one_fact_come_to(said, state, contradiction):
    for order in permutations(said):
        merged = case(*(fact("circ-failure", s) for s in order))
        found = merged.exams[0].facts["circ-failure"]
        assert found.state is state
        assert (found.why == "contradiction") == contradiction
        assert len(found.statements) == len(said)
        assert [i.code for i in merged.issues] == ["contradiction"] * contradiction


def test_a_contradiction_names_both_sources():
    one = replace(fact("circ-failure", "present"), source=Source(document="a.dcm", path="1.4.2"))
    other = replace(fact("circ-failure", "absent"), source=Source(document="b.json", path="entry"))
    (told,) = case(one, other).issues
    for word in ("circ-failure", "a.dcm", "1.4.2", "b.json", "entry"):
        assert word in told.diagnostics
    assert told.severity == "warning"


def test_two_patterns_of_one_accumulation_contradict():
    patterns = [attribute("ri-pattern", "unilateral"), attribute("ri-pattern", "symmetric")]
    found, told = united("ri-pattern", patterns)
    assert (found.state, found.value) == (INDETERMINATE, None)
    assert [i.code for i in told] == ["contradiction"]


def test_one_pattern_said_twice_is_that_pattern():
    found, told = united("ri-pattern", [attribute("ri-pattern", "unilateral")] * 2)
    assert (found.state, found.value, told) == (PRESENT, "unilateral", ())


def test_facts_of_two_exams_never_contradict():
    merged = case(
        fact("circ-failure", "present", group="a"), fact("circ-failure", "absent", group="b")
    )
    assert merged.issues == ()
    assert {e.facts["circ-failure"].state for e in merged.exams} == {PRESENT, ABSENT}


def test_attributes_of_two_lesions_never_contradict():
    merged = case(
        lesion("epi-fluid", attributes={"enhancement": "present"}),
        lesion("epi-fluid", attributes={"enhancement": "absent"}),
    )
    assert merged.issues == ()


@pytest.mark.parametrize(
    ("said", "state", "codes"),
    [
        ({DATE: "present"}, PRESENT, []),
        ({DATE: "present", LATER: "absent"}, PRESENT, ["differs-between-dates"]),
        ({DATE: "absent", LATER: "present"}, PRESENT, ["differs-between-dates"]),
        ({DATE: "absent", LATER: "absent"}, ABSENT, []),
        ({DATE: "absent", LATER: "not-assessed"}, ABSENT, []),
        ({DATE: "present", LATER: "indeterminate"}, PRESENT, []),
        ({DATE: "present", None: "absent"}, PRESENT, ["differs-between-dates"]),
        ({DATE: "not-assessed"}, NOT_ASSESSED, []),
    ],
)
def test_a_patients_fact_over_several_dates(said, state, codes):
    merged = case(*(fact("ortho-headache", s, date=d) for d, s in said.items()))
    assert merged.facts["ortho-headache"].state is state
    assert [i.code for i in merged.issues] == codes


def test_a_patients_fact_on_one_date_contradicts_whatever_the_hour():
    merged = case(
        fact("ortho-headache", "present", date="2026-03-02T09:00:00"),
        fact("ortho-headache", "absent", date="2026-03-02T18:00:00"),
    )
    assert merged.facts["ortho-headache"].state is INDETERMINATE
    assert [i.code for i in merged.issues] == ["contradiction"]


def test_the_first_statement_of_a_patients_fact_stays_first():
    merged = case(
        fact("ortho-headache", "absent", date=LATER), fact("ortho-headache", "present", date=DATE)
    )
    assert [s.date for s in merged.facts["ortho-headache"].statements] == [DATE, LATER]


EXTENTS = [
    ("30", "mm", "", PRESENT), ("29.9", "mm", "", ABSENT), ("31", "mm", "", PRESENT),
    ("3", "cm", "", PRESENT), ("2.9", "cm", "", ABSENT), ("0.03", "m", "", PRESENT),
    ("30", "mm", ">", PRESENT), ("30", "mm", ">=", PRESENT), ("20", "mm", ">", NOT_ASSESSED),
    ("20", "mm", ">=", NOT_ASSESSED), ("30", "mm", "<", ABSENT), ("20", "mm", "<", ABSENT),
    ("40", "mm", "<", NOT_ASSESSED), ("20", "mm", "<=", ABSENT), ("30", "mm", "<=", NOT_ASSESSED),
    ("40", "mm", "<=", NOT_ASSESSED), ("40", "inch", "", NOT_ASSESSED),
    ("?", "mm", "", NOT_ASSESSED),
    ("NaN", "mm", "", NOT_ASSESSED), ("40", "mm", "~", NOT_ASSESSED),
]  # fmt: skip


@pytest.mark.parametrize(("value", "unit", "comparator", "state"), EXTENTS)
def test_a_length_settles_the_3_cm_or_leaves_them_open(value, unit, comparator, state):
    length = Quantity(value=value, unit=unit, comparator=comparator)
    said = replace(attribute("extent-3cm", "present"), quantity=length)
    found, told = united("extent-3cm", [said])
    assert found.state is state
    assert told == ()


def test_a_length_and_a_state_that_disagree_contradict():
    length = replace(attribute("extent-3cm", "present"), quantity=Quantity(value="29", unit="mm"))
    found, told = united("extent-3cm", [length, attribute("extent-3cm", "present")])
    assert found.state is INDETERMINATE
    assert [i.code for i in told] == ["contradiction"]


def test_the_same_fact_from_two_documents_contradicts_as_from_one():
    documents = [
        document(fact("circ-failure", s), name=n) for s, n in (("present", "a"), ("absent", "b"))
    ]
    merged = merge(documents, TERMS, MergeOptions(same_patient=True))
    assert merged.exams[0].facts["circ-failure"].state is INDETERMINATE
