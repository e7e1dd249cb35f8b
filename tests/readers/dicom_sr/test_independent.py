"""SRs made without this project say what their FHIR twins say, and what is expected of the bugs."""

import json
from pathlib import Path

import pytest

from adapter import sites, terms
from adapter.errors import RefusedInput
from adapter.model import Statement
from adapter.readers.dicom_sr import read
from adapter.readers.options import ReadOptions
from tests.readers.dicom_sr.reading import OPTIONS, TERMS

GOLDEN = Path(__file__).parents[2] / "golden" / "independent"
BUGS = Path(__file__).parents[2] / "bugs"
STATES = {"52101004": "present", "2667000": "absent", "373068000": "indeterminate"}
OVERLAY = """
[schemes."99CSFTEST"]
[epi-fluid]
codes = [{ in = "99CSFTEST", code = "F001" }]
[ri-epidural]
codes = [{ in = "99CSFTEST", code = "F002" }]
[ctm-epidural]
codes = [{ in = "99CSFTEST", code = "F003" }]
[float-dural-sac]
codes = [{ in = "99CSFTEST", code = "99CSFTEST-EPIDURAL-FLUID-FLOATING-DURAL-SAC" }]
[present]
codes = [{ in = "99CSFTEST", code = "P001" }]
"""


def value(element):
    if "valueQuantity" in element:
        quantity = element["valueQuantity"]
        return f"{quantity['value']} {quantity['code']}"
    code = element["valueCodeableConcept"]["coding"][0]["code"]
    return STATES.get(code, code)


def twin(observation):
    """Return an Observation as (concept, value, levels, attributes)."""
    levels, attributes = [], {}
    for component in observation.get("component", ()):
        code = component["code"]["coding"][0]["code"]
        if code == "363698007":
            site = component["valueCodeableConcept"]["coding"][0]["code"]
            levels += TERMS.match("SCT", site).term.site.levels
        else:
            attributes[code] = value(component)
    code = observation["code"]["coding"][0]["code"]
    return code, value(observation), tuple(sorted(levels)), sorted(attributes.items())


def ours(statement: Statement):
    quantity = statement.quantity
    said = f"{quantity.value} {quantity.unit}" if quantity else statement.state.value
    attributes = {p.concept: p.value or p.state.value for p in statement.parts}
    levels = tuple(sorted(sites.covered(statement.site)))
    return statement.concept, said, levels, sorted(attributes.items())


@pytest.mark.parametrize("number", range(12))
def test_an_independent_sr_says_what_its_twin_says(number):
    document = read((GOLDEN / f"{number:03}.dcm").read_bytes(), "sr", TERMS, OPTIONS)
    bundle = json.loads((GOLDEN / f"{number:03}.json").read_text(encoding="utf-8"))
    resources = [entry["resource"] for entry in bundle["entry"]]
    expected = [twin(r) for r in resources if r["resourceType"] == "Observation"]
    assert sorted(ours(s) for s in document.statements) == sorted(expected)
    assert [i for i in document.issues if i.severity != "information"] == []
    (patient,) = (r for r in resources if r["resourceType"] == "Patient")
    assert document.patient.identifiers[0][0] == patient["identifier"][0]["value"]
    assert [n.representation for n in document.patient.names] == ["ABC", "IDE", "SYL"]


@pytest.fixture(scope="module")
def taught(tmp_path_factory):
    """Return the terms with the codes of the invented vendor of the known bugs."""
    path = tmp_path_factory.mktemp("mappings") / "csftest.toml"
    path.write_text(OVERLAY, encoding="utf-8")
    return terms.load((path,))


@pytest.mark.parametrize(
    ("name", "concepts"),
    [
        ("01-charset-ir13-first", ["epi-fluid"]),
        ("05-multivalue-ir13-backslash", ["epi-fluid"]),
        ("06-long-code-value", ["float-dural-sac"]),
        ("07-num-without-children", []),
        ("08-num-empty-measured-value", []),
        ("09-ds-longer-than-16", []),
        ("11-by-reference-cycle", []),
        ("12-undefined-length-empty-sequence", ["epi-fluid"]),
        ("13-no-content-sequence", []),
        ("19-time-without-zone", ["epi-fluid"]),
    ],
)
def test_a_known_bug_hides_no_finding_and_makes_none(taught, name, concepts):
    data = (BUGS / f"{name}.dcm").read_bytes()
    document = read(data, name, taught, OPTIONS)
    assert [(s.concept, s.state.value) for s in document.statements] == [
        (concept, "present") for concept in concepts
    ]


def test_a_number_that_was_not_obtained_is_told_as_not_mapped(taught):
    data = (BUGS / "08-num-empty-measured-value.dcm").read_bytes()
    document = read(data, "08", taught, OPTIONS)
    assert [(i.code, i.expression) for i in document.issues] == [("not-mapped", "1.1.1")]
    assert "(99CSFTEST, N2)" in document.issues[0].diagnostics


def test_a_time_without_zone_gets_one_from_the_settings_alone(taught):
    data = (BUGS / "19-time-without-zone.dcm").read_bytes()
    document = read(data, "19", taught, OPTIONS)
    assert document.input.date == "2025-01-15T10"
    document = read(data, "19", taught, ReadOptions(timezone="+09:00"))
    assert document.input.date == "2025-01-15T10+09:00"
    assert "zone-supplied" in {i.code for i in document.issues}


def test_real_documents_of_other_fields_hold_no_finding_of_ours(shared):
    read_files = 0
    for path in sorted((shared / "corpus" / "real" / "sr").glob("*.dcm")):
        data = path.read_bytes()
        try:
            document = read(data, path.name, TERMS, OPTIONS)
        except RefusedInput:  # by name: CAD reports and key objects
            continue
        read_files += 1
        assert document.statements == (), path.name
        assert document.narrative or document.issues, path.name
    assert read_files == 10
