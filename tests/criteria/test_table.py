"""The table of rules names every rule that a trail can hold, and nothing more."""

from pathlib import Path

from adapter import pipeline
from adapter.criteria import CHOICES, table
from adapter.criteria import policy as made
from adapter.terms import load
from adapter.writers.result import result

ROWS = {row.id: row for row in table.rows()}
EXCLUSIONS = ("herniation", "chiari")  # of every conclusion, by policy herniation_chiari
SAMPLES = Path(__file__).parents[2] / "sample_data"


def steps(trail):
    for step in trail:
        yield step
        yield from steps(step["steps"])


def reached():
    """Yield the steps of every sample under every value of every policy."""
    policies = [{name: value} for name, values in CHOICES.items() for value in values]
    for folder in sorted(SAMPLES.glob("[0-9]*")):
        inputs = pipeline.sources([folder / "sr"])
        for policy in policies:
            outcome = pipeline.grade(inputs, pipeline.Options(policy=made(policy)))
            found = result(outcome.graded, outcome.terms)
            for one in (*found["conclusions"], *found["findings"]):
                yield from steps(one["trail"])


def test_every_step_of_a_trail_is_a_row():
    seen = set()
    for step in reached():
        row = ROWS[step["rule"]]
        seen.add(row.id)
        assert step["section"] == row.section
        assert step["ja"].startswith(row.ja)
        if step["truth"] == "holds":
            assert step["grade"] == row.grade
        if row.concepts:
            by_policy = EXCLUSIONS if row.of == "intracranial-hypotension" else ()
            assert {f["concept"] for f in step["facts"]} - {"site"} <= {*row.concepts, *by_policy}
        assert set(step["text_open"]) <= set(row.text_open)
    assert len(seen) > 25


def test_ids_are_unique():
    assert len(ROWS) == len(table.rows())


def test_every_concept_of_a_rule_is_a_term():
    terms = load().terms
    assert {terms[name].kind for name in table.concepts()} <= {
        "lesion", "attribute", "exam", "patient",
    }  # fmt: skip
    assert len(table.concepts()) > 30


def test_a_row_says_what_its_rule_asks():
    assert ROWS["csf-leak.A1.unenhanced"].concepts == (
        "epi-fluid", "float-dural-sac", "mimic-venous", "mimic-lymph", "mimic-perineural",
        "mimic-sleeve", "enhancement",
    )  # fmt: skip
    assert ROWS["csf-leak.B2.unilateral"].concepts[-2:] == ("circ-failure", "cistern-seen")
    assert ROWS["hypotension.confirmed"].concepts[0] == "ortho-headache"


def test_the_rows_stand_in_the_order_of_the_criteria():
    sections = list(dict.fromkeys(row.section for row in table.rows()))
    assert sections[:9] == ["A-1", "A-2", "B-1", "B-2", "B-3", "C-1", "C-3", "C-2", "画像診断基準"]


def test_open_points_of_the_text_are_numbers_of_section_8():
    numbers = {n for row in table.rows() for n in row.text_open}
    assert numbers <= set(range(1, 14))
    assert {1, 3, 4, 8, 11, 12, 13} <= numbers
