"""Reports of others: what our own rules find in wrong ones, and do not find in right ones."""

import json

import pytest

from adapter import pipeline
from adapter.errors import RefusedInput
from adapter.gates import ERROR, fhir
from adapter.pipeline import Options
from adapter.writers.options import WriteOptions
from sample_data import make_samples
from tests.conftest import REPO

WRONG = REPO / "tests" / "wrong_fhir"
FOUND = {
    "01_no_status": ("base.required", "DiagnosticReport.status"),
    "02_bad_status_code": ("base.status", "DiagnosticReport.status"),
    "03_no_code": ("base.required", "DiagnosticReport.code"),
    "04_unknown_field": ("base.unknown-element", "DiagnosticReport.grade"),
    "05_result_not_list": ("base.list", "DiagnosticReport.result"),
    "06_bad_datetime": ("base.date-time", "DiagnosticReport.effectiveDateTime"),
    "07_issued_no_tz": ("base.instant", "DiagnosticReport.issued"),
    "08_two_effective": ("base.choice", "DiagnosticReport.effective[x]"),
    "09_wrong_ref_type": ("base.target", "DiagnosticReport.imagingStudy[0]"),
    "10_bad_base64": ("base.base64", "DiagnosticReport.presentedForm[0].data"),
    "11_empty_array": ("base.empty", "DiagnosticReport.conclusionCode"),
    "12_div_no_ns": ("base.narrative", "DiagnosticReport.text.div"),
    "21_jp_no_category": ("jp-core.1", "DiagnosticReport.category"),
    "22_jp_no_LP29684": ("jp-core.2", "DiagnosticReport.category"),
    "23_jp_wrong_loinc_in_jp_cs": ("jp-core.4", "DiagnosticReport.code"),
    "24_jp_effectivePeriod": ("jp-core.7", "DiagnosticReport.effectivePeriod"),
    "25_jp_performer_org": ("jp-core.8", "DiagnosticReport.performer[0]"),
    "26_jp_two_first": ("jp-core.2", "DiagnosticReport.category[3]"),
}
BESIDE = {"08_two_effective": {"jp-core.7"}}
"""A second error of the same fault: JP Core has no effectivePeriod at all."""

TRUE = {
    # guide's example: what is wrong in it, and why that is so
    # IMR gives the SHA-1 in hex, which is base64 of 30 other bytes.
    "RAD.IMR__DiagnosticReport-ex-DiagnosticReport-Using-Observation": {"base.hash"},
    "RAD.IMR__DiagnosticReport-ex-DiagnosticReport": {"base.hash"},
    # A placeholder of 11 bytes stands for the hash.
    "US-Core__examples_DiagnosticReport-cardiology-report": {"base.hash"},
    # A source example whose narrative is made later: a status without its div.
    "US-Core__examples_diagnosticreport-cbc": {"base.required"},
    # Sections with an emptyReason or nothing at all, where cmp-1 wants text, entry or section.
    "imaging-r4__Composition-CompositionStructured": {"base.cmp-1", "eu.3.empty"},
    # The extension that the guide's own profile demands once is not there.
    "imaging-r4__DiagnosticReport-DiagnosticReportStructured": {"eu.1.composition"},
}
GUIDES = ("RAD.IMR__", "US-Core__", "imaging-r4__")


def errors(data, name="x"):
    found = fhir.check(data, name)
    return [(b.rule, b.path) for b in found if b.gate == "fhir" and b.severity == ERROR]


def test_every_wrong_report_has_a_row():
    assert {p.stem for p in WRONG.iterdir()} == set(FOUND)


@pytest.mark.parametrize("name", FOUND)
def test_a_wrong_report_is_found_by_our_own_rule(name):
    found = errors((WRONG / f"{name}.json").read_bytes())
    assert FOUND[name] in found
    assert {rule for rule, _ in found} - {FOUND[name][0]} == BESIDE.get(name, set())


def test_a_right_report_in_jp_cores_shape_has_no_error():
    data = (REPO / "tests" / "golden" / "jp_core_bundle.json").read_bytes()
    assert errors(data) == []


def test_the_guides_own_examples_have_no_error_but_the_true_ones(shared):
    paths = [p for p in (shared / "corpus/real/fhir").iterdir() if p.name.startswith(GUIDES)]
    found = {p.stem: {rule for rule, _ in errors(p.read_bytes())} for p in paths}
    assert len(found) == 38
    assert {name: rules for name, rules in found.items() if rules} == TRUE


def test_whatever_real_fhir_it_is_given_it_answers_or_refuses(shared):
    asked = refused = 0
    for path in sorted((shared / "corpus/real/fhir").iterdir()):
        try:
            fhir.check(path.read_bytes(), path.name)
            asked += 1
        except RefusedInput:
            refused += 1
    assert (asked, refused) == (312, 16)


CASES = make_samples.cases(REPO / "sample_data")


@pytest.mark.parametrize("bundle", ["transaction", "collection", "document", "none"])
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_what_we_write_has_no_error(case, bundle):
    outcome = pipeline.grade(pipeline.sources([case / "sr"]))
    options = Options(write=WriteOptions(bundle=bundle, now="2026-04-01T09:00:00+09:00"))
    data = pipeline.write(outcome, "fhir", options)
    assert json.loads(data)
    found = fhir.check(data, "x")
    assert [b for b in found if b.severity != "information"] == []
