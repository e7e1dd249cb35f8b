"""The sample patients: made from their findings, the same from both formats, accepted by others."""

import json
import subprocess
from pathlib import Path

import pytest

from adapter import pipeline
from adapter.cli.demo import grades
from sample_data import make_samples

ROOT = Path(__file__).parents[1] / "sample_data"
CASES = make_samples.cases(ROOT)
SHOWN = {
    "確定 by CT myelography": "csf-leak.1.confirmed",
    "確実 by one finding": "csf-leak.2.definite",
    "確実 by the same-site combination": "csf-leak.3.same-site",
    "疑": "csf-leak.4.suspected",
    "判定保留": "csf-leak.5.withheld",
    "判定不能": "csf-leak.5.not-assessable",
    "該当なし": "csf-leak.5.not-met",
    "低髄液圧症 確定": "hypotension.confirmed",
    "低髄液圧症 確実": "hypotension.definite.dural",
    "低髄液圧症 疑": "hypotension.suspected",
    "低髄液圧症 判定保留": "hypotension.4.withheld",
}


def graded(case, kind):
    return pipeline.grade(pipeline.sources([case / kind]))


def expected(case):
    return json.loads((case / "expected.json").read_text("utf-8"))


def test_the_samples_show_every_conclusion():
    assert len(CASES) >= 10
    rules = {r for case in CASES for c in expected(case)["conclusions"] for r in c["rules"]}
    assert set(SHOWN.values()) <= rules


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
class TestSample:
    def test_the_files_are_what_its_findings_make(self, case, golden):
        for name, data in make_samples.made(case).items():
            golden(case / name, data)

    def test_sr_and_fhir_give_one_grade_with_one_trail(self, case):
        assert grades(graded(case, "sr")) == grades(graded(case, "fhir"))

    @pytest.mark.parametrize("kind", ["sr", "fhir"])
    def test_the_grade_is_the_expected_one(self, case, kind):
        got = {
            c.condition: (c.established, c.possible) for c in graded(case, kind).graded.conclusions
        }
        wanted = {
            c["condition"]: (c["established"], c["possible"]) for c in expected(case)["conclusions"]
        }
        assert got == wanted

    @pytest.mark.parametrize("kind", ["sr", "fhir"])
    def test_reading_it_tells_nothing(self, case, kind):
        told = [i for i in graded(case, kind).graded.case.issues if i.severity != "information"]
        assert told == []

    @pytest.mark.parametrize("source", ["sr", "fhir"])
    def test_what_is_written_grades_as_what_was_read(self, case, source):
        outcome = graded(case, source)
        for kind in ("fhir", "sr", "findings"):
            again = pipeline.grade([("again", pipeline.write(outcome, kind))])
            assert _states(again) == _states(outcome), kind

    def test_our_gates_find_no_error(self, case):
        from adapter import gates

        outcome = graded(case, "sr")
        for kind in ("fhir", "sr"):
            breaches = gates.check(pipeline.write(outcome, kind), kind)
            assert [b for b in breaches if b.severity == gates.ERROR] == []

    def test_dciodvfy_and_dsrdump_accept_the_sr(self, case, tmp_path, validator):
        path = tmp_path / "report.dcm"
        path.write_bytes(pipeline.write(graded(case, "fhir"), "sr"))
        for file in (path, *sorted((case / "sr").iterdir())):
            told = subprocess.run(
                [validator("dciodvfy"), file], capture_output=True, check=False, text=True
            )
            assert [s for s in told.stderr.splitlines() if s.startswith("Error")] == []
            assert subprocess.run(
                [validator("dsrdump"), file], capture_output=True, check=False
            ).returncode == 0  # fmt: skip


def _states(outcome):
    """Return every finding of a case as it stands: kind, site, side, states, grades."""
    case = outcome.graded.case
    return (
        [(e.kind, e.method, e.dates, e.institutions, _facts(e.facts),
          [(x.concepts, x.uid, x.laterality, x.site and (x.site.levels, x.site.named),
            _facts(x.facts)) for x in e.lesions])
         for e in case.exams],
        _facts(case.facts),
        [(p.quantity, p.date, _parts(p)) for p in case.pressures],
        [p.date for p in (*case.punctures, *case.patches)],
        [(c.condition, c.established, c.possible) for c in outcome.graded.conclusions],
    )  # fmt: skip


def _facts(facts):
    return {c: (f.state, f.value) for c, f in facts.items()}


def _parts(statement):
    return sorted((p.concept, p.value or p.state.value) for p in statement.parts)
