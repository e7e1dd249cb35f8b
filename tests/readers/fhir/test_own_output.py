"""What our own writer writes is read back as the findings it was made from."""

from pathlib import Path
from typing import Any

import pytest

from adapter import pipeline
from adapter.model import Case

SAMPLES = sorted(
    p for p in (Path(__file__).parents[3] / "sample_data").iterdir() if list(p.glob("findings*"))
)


def facts(case: Case) -> list[Any]:
    def said(found: Any) -> dict[str, tuple[Any, Any]]:
        return {name: (fact.state, fact.value) for name, fact in found.items()}

    return [
        (
            exam.kind,
            exam.method,
            exam.dates,
            exam.institutions,
            said(exam.facts),
            [
                (x.concepts, x.uid, x.site and (x.site.levels, x.site.named), x.laterality,
                 x.same_site, said(x.facts))
                for x in exam.lesions
            ],
        )
        for exam in case.exams
    ]  # fmt: skip


@pytest.mark.parametrize("folder", SAMPLES, ids=[p.name for p in SAMPLES])
def test_a_sample_comes_back(folder: Path) -> None:
    inputs = [(p.name, p.read_bytes()) for p in sorted(folder.glob("findings*.json"))]
    outcome, files = pipeline.convert(inputs, ["fhir"])
    again = pipeline.grade([("back.json", files["fhir"])])
    first, second = outcome.graded, again.graded
    assert facts(second.case) == facts(first.case)
    assert [
        (s.quantity, s.date, s.parts[0].value if s.parts else None) for s in second.case.pressures
    ] == [(s.quantity, s.date, s.parts[0].value if s.parts else None) for s in first.case.pressures]
    assert [(c.condition, c.established, c.possible) for c in second.conclusions] == [
        (c.condition, c.established, c.possible) for c in first.conclusions
    ]
    assert second.case.patient.identifiers == first.case.patient.identifiers
    assert {i.code for i in second.case.issues if i.severity != "information"} <= {
        i.code for i in first.case.issues
    }  # fmt: skip
