"""Real resources, and inputs made of public bug reports."""

from collections import Counter
from pathlib import Path

import pytest

from adapter import terms
from adapter.errors import AdapterError
from adapter.model import State
from adapter.readers import fhir, read
from adapter.readers.options import ReadOptions
from tests.readers.fhir.building import OPTIONS, TERMS

BUGS = Path(__file__).parents[2] / "bugs"
REFUSED = {  # no FHIR, or no JSON
    "dicom-sr__Example-MeasurementReport.json",
    "fhir-test-cases__validator_observation-with-trailing-dot.json",
    "fhir-test-cases__validator_xver-parameters-r4.json",
}
OVERLAY = """
[schemes.99CSFTEST]
systems = ["http://example.org/csf-test"]
[epi-fluid]
codes = [{ in = "99CSFTEST", code = "F001" }]
[ri-epidural]
codes = [{ in = "99CSFTEST", code = "F002" }]
[ctm-epidural]
codes = [{ in = "99CSFTEST", code = "F003" }]
[present]
codes = [{ in = "99CSFTEST", code = "P001" }, { in = "99CSFTEST", code = "present" }]
"""


@pytest.fixture(scope="module")
def vendor(tmp_path_factory: pytest.TempPathFactory) -> terms.Terms:
    path = tmp_path_factory.mktemp("vendor") / "vendor.toml"
    path.write_text(OVERLAY, encoding="utf-8")
    return terms.load((path,))


def bug(name: str, known: terms.Terms) -> fhir.Document:
    return read((BUGS / name).read_bytes(), name, known, OPTIONS)


def test_blank_lines_of_ndjson_are_nothing(vendor: terms.Terms) -> None:
    document = bug("15-ndjson-blank-lines.ndjson", vendor)
    assert [s.state for s in document.statements] == [State.PRESENT, State.ABSENT]
    assert [s.source.id for s in document.statements] == ["Observation/o1", "Observation/o2"]
    assert document.issues == ()


def test_an_r4_report_is_read_as_r4(vendor: terms.Terms) -> None:
    document = bug("16-r4-diagnosticreport.json", vendor)
    assert document.statements == ()
    assert document.narrative
    assert [i.code for i in document.issues] == ["narrative-only"]


def test_an_absent_date_is_no_date(vendor: terms.Terms) -> None:
    (found,) = bug("17-effective-data-absent.json", vendor).statements
    assert (found.state, found.date) == (State.PRESENT, None)


def test_urn_references_lead_to_the_patient(vendor: terms.Terms) -> None:
    document = bug("18-bundle-urn-uuid.json", vendor)
    assert [s.state for s in document.statements] == [State.PRESENT]
    assert [n.text for n in document.patient.names] == ["試験 花子"]
    assert document.issues == ()


def test_false_is_absent_and_zero_is_nothing(vendor: terms.Terms) -> None:
    document = bug("20-value-boolean-false.json", vendor)
    assert [(s.concept, s.state) for s in document.statements] == [
        ("epi-fluid", State.ABSENT),
        ("ri-epidural", State.ABSENT),
        ("ctm-epidural", State.NOT_ASSESSED),
    ]
    assert [i.code for i in document.issues] == ["not-used"]


def test_without_its_overlay_a_vendors_code_is_not_mapped() -> None:
    document = bug("20-value-boolean-false.json", TERMS)
    assert document.statements == ()
    assert {i.code for i in document.issues} == {"not-mapped"}
    assert len(document.issues) == 3


def test_of_real_resources_none_escapes_and_none_is_a_finding(shared: Path) -> None:
    counts: Counter[str] = Counter()
    for path in sorted((shared / "corpus" / "real" / "fhir").iterdir()):
        try:
            document = read(path.read_bytes(), path.name, TERMS, ReadOptions())
        except AdapterError:
            counts["refused"] += 1
            assert path.suffix == ".ndjson" or "bad" in path.name or path.name in REFUSED
            continue
        assert document.statements == (), path.name
        counts["narrative" if document.narrative else "nothing"] += 1
    assert counts.total() == 328
    assert counts["refused"] <= len(REFUSED) + 12 + 2
