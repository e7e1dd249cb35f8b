"""Other validators on the same reports: each difference to our verdict has a row and a reason.

They are no dependencies: ``pip install fhirkit-rs pyrofile-validator``, else these tests skip.
"""

import json

import pytest

from adapter import pipeline
from adapter.errors import RefusedInput
from adapter.gates import ERROR, fhir
from adapter.pipeline import Options
from adapter.writers.options import WriteOptions
from sample_data import make_samples
from tests.conftest import REPO

WRONG = sorted((REPO / "tests" / "wrong_fhir").glob("*.json"))
DOCS = (REPO / "docs" / "validation.md").read_text(encoding="utf-8")
_GUIDE = {p.stem for p in WRONG if p.stem[:2] > "20"}  # JP Core: none of the two knows it
MISSED = {
    "fhirkit": _GUIDE | {"02_bad_status_code", "09_wrong_ref_type", "12_div_no_ns"},
    "pyrofile": _GUIDE | {"03_no_code", "05_result_not_list"},
}
"""What each does not find. We find all of them (test_fhir_real.py)."""

DIFFERENT = {
    # R5 resources: fhirkit knows R4 alone
    "fhir__imagingselection-example-dicom-sr-selection.json",
    "fhir__isl-7.f2.fail.json",
    # an array of resources, which fhirkit does not take
    "fhir-server__TestFiles_USCoreMissinData-JsonCompliantSamples.json",
    # a narrative without the namespace of XHTML, which fhirkit does not read
    "fhir__package_Observation-genetics-example3-mutationlist-1.json",
}
"""Real files of which fhirkit's verdict on R4's base is another than ours."""

STRUCTURE = {
    "base.required", "base.unknown-element", "base.list", "base.choice", "base.type",
    "base.format", "base.date-time", "base.instant", "base.base64", "base.empty", "base.null",
    "base.status", "base.code", "base.target", "base.duplicate-key", "base.narrative",
    "base.resource-type",
}  # fmt: skip


def fhirkit_errors(data):
    fhirkit = pytest.importorskip("fhirkit", reason="fhirkit-rs is not installed")
    return [i for i in fhirkit.validate(data) if i.severity == "error"]


@pytest.fixture(scope="module")
def pyrofile():
    module = pytest.importorskip("pyrofile_validator", reason="pyrofile-validator is not installed")
    return module.Validator()


def pyrofile_errors(validator, data):
    issues = validator.validate_resource(json.loads(data)).issues
    return [i for i in issues if "ERROR" in str(i.severity)]


@pytest.fixture(scope="module")
def written():
    made = []
    for case in make_samples.cases(REPO / "sample_data"):
        outcome = pipeline.grade(pipeline.sources([case / "sr"]))
        for bundle in ("transaction", "document"):
            options = WriteOptions(bundle=bundle, now="2026-04-01T09:00:00+09:00")
            made.append(pipeline.write(outcome, "fhir", Options(write=options)))
    return made


@pytest.mark.parametrize("path", WRONG, ids=lambda path: path.stem)
def test_fhirkit_finds_of_the_wrong_reports_what_the_table_says(path):
    assert bool(fhirkit_errors(path.read_bytes())) == (path.stem not in MISSED["fhirkit"])


@pytest.mark.parametrize("path", WRONG, ids=lambda path: path.stem)
def test_pyrofile_finds_of_the_wrong_reports_what_the_table_says(path, pyrofile):
    found = pyrofile_errors(pyrofile, path.read_bytes())
    assert bool(found) == (path.stem not in MISSED["pyrofile"])


def test_fhirkit_finds_no_error_in_what_we_write(written):
    assert [fhirkit_errors(data) for data in written if fhirkit_errors(data)] == []


def test_pyrofile_finds_no_error_in_what_we_write(written, pyrofile):
    found = [pyrofile_errors(pyrofile, data) for data in written]
    assert [one for one in found if one] == []


def test_fhirkit_and_our_rules_agree_on_real_files_but_those_listed(shared):
    """The structure of R4 by two hands: a file is right to both, or wrong to both."""
    pytest.importorskip("fhirkit", reason="fhirkit-rs is not installed")
    different = set()
    paths = sorted((shared / "corpus/real/fhir").glob("*.json"))
    for path in paths:
        data = path.read_bytes()
        try:
            ours = any(b.rule in STRUCTURE and b.severity == ERROR for b in _own(data))
            theirs = bool(fhirkit_errors(data))
        except ValueError:  # no JSON, to fhirkit
            continue
        except RefusedInput:
            continue
        if ours != theirs:
            different.add(path.name)
    assert len(paths) > 200
    assert different == DIFFERENT


def _own(data):
    units, found = fhir.inputs.units(data, "x")
    walked = [
        one
        for unit in units
        for one in fhir.resources.walk(
            unit.body, unit.path, "R5" if fhir.is_r5(unit.body) else "R4"
        )
    ]
    return [*found, *fhir.own(fhir.Held(tuple(walked)))]


@pytest.mark.parametrize("tool", MISSED)
def test_the_page_lists_what_each_misses(tool):
    row = next(line for line in DOCS.splitlines() if line.startswith(f"| {tool}"))
    missed = {name for name in row.split("|")[3].replace("`", "").split() if name[:1].isdigit()}
    assert missed == {name[:2] for name in MISSED[tool] - _GUIDE}
