"""Cells of a table: dates, quantities, procedure codes."""

import json

import pytest

from adapter import readers, terms
from adapter.readers.table.cells import day, quantity
from tests.readers.table.tables import MRI, OPTIONS, changed, made, only, read


def test_a_formula_is_text():
    found, _ = only(changed(MRI, 検査実施機関='=HYPERLINK("x")'))
    assert found.exam.institution == '=HYPERLINK("x")'


@pytest.mark.parametrize(
    ("written", "wanted"),
    [
        ("2026-3-2", "2026-03-02"), ("２０２６年３月２日", "2026-03-02"), ("2026.03", "2026-03"),
        ("2026", "2026"), ("R8.3.2", "2026-03-02"), ("令和元年5月1日", "2019-05-01"),
        ("H31/4/30", "2019-04-30"), ("20260302", "2026-03-02"),
        ("2026-03-02T10:15:00+09:00", "2026-03-02T10:15:00+09:00"),
        ("2026-13-01", None), ("3/2", None), ("R8.2.30", None), ("", None), ("yesterday", None),
    ],
)  # fmt: skip
def test_dates(written, wanted):
    assert day(written) == wanted


@pytest.mark.parametrize(
    ("value", "unit", "wanted"),
    [
        ("55", "mmH2O", ("55", "mm[H2O]", "")), ("５５．０", "mmH2O", ("55.0", "mm[H2O]", "")),
        ("<60 mmH2O", "", ("60", "mm[H2O]", "<")), ("60未満", "mmH2O", ("60", "mm[H2O]", "<")),
        ("≦6", "cmH2O", ("6", "cm[H2O]", "<=")), ("55", "", ("55", "", "")),
        ("55", "blobs", ("55", "blobs", "")),
        ("55 mmH2O", "cmH2O", None), ("<60以下", "", None), ("low", "", None),
    ],
)  # fmt: skip
def test_quantities(value, unit, wanted):
    found = quantity(value, unit)
    assert (found and (found.value, found.unit, found.comparator)) == wanted


JJ = """
[spinal-mri]
codes = [{ in = "JJ1017", code = "9??????7*", like = true }]

[brain-mri]
codes = [{ in = "JJ1017", code = "9??????5*", like = true }]

[ct-myelography]
codes = [{ in = "JJ1017", code = "80000007000000000000000000000000" }]
"""
SPINE = "9" + "0" * 6 + "7" + "0" * 24


@pytest.fixture
def overlay(tmp_path):
    path = tmp_path / "jj1017.toml"
    path.write_text(JJ, "utf-8")
    return path


def test_a_procedure_code_names_the_examination(overlay):
    known = terms.load((overlay,))
    data = made(changed(MRI, 検査=SPINE)).encode()
    (found,) = readers.read(data, "t.csv", known, OPTIONS).statements
    assert found.exam.kind == "spinal-mri"
    (found,) = read(data).statements
    assert found.exam.kind is None


def test_the_system_of_procedure_codes_is_a_setting(overlay):
    study = {
        "resourceType": "ImagingStudy", "id": "s", "status": "available",
        "subject": {"identifier": {"value": "P"}},
        "procedureCode": [{"coding": [{"system": "urn:oid:1.2.392.9999", "code": SPINE}]}],
    }  # fmt: skip
    for systems, kinds in (((), ()), ((("JJ1017", "urn:oid:1.2.392.9999"),), ("spinal-mri",))):
        known = terms.load((overlay,), None, systems)
        document = readers.read(json.dumps(study).encode(), "s.json", known, OPTIONS)
        assert document.studies[0].kinds == kinds


def test_a_code_that_fits_patterns_of_two_terms_is_none(tmp_path):
    path = tmp_path / "two.toml"
    path.write_text(
        JJ + '\n[mr-myelography]\ncodes = [{ in = "JJ1017", code = "9*", like = true }]\n'
    )
    assert terms.load((path,)).match("JJ1017", SPINE) is None


def test_a_pattern_is_never_written(overlay):
    known = terms.load((overlay,))
    assert [c.scheme for c in known.codings("brain-mri", full=True)] == ["99CSFL"]
