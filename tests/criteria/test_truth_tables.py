"""Every row of the golden truth tables, established and possible, finding and conclusion."""

import csv
from pathlib import Path

import pytest

from adapter.criteria import Policy
from tests.building import conclusion, fact, graded, lesion, pressure

GOLDEN = Path(__file__).parents[1] / "golden"
SIGNS = ("subdural-effus", "venous-plexus", "tonsil-descent", "brainstem-flat", "pituitary-large")


def rows(name):
    with (GOLDEN / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def stated(row, *names):
    return {n: row[n] for n in names if row[n] not in ("not-assessed", "not-stated")}


def finding(result):
    return result.findings[0].established.value, result.findings[0].possible.value


def expect(results):
    """Fail with every differing row at once: a table is read as a whole."""
    wrong = [f"{row}: got {got}" for row, got, wanted in results if got != wanted]
    assert not wrong, f"{len(wrong)} rows differ, first: {wrong[:3]}"


COLUMNS = ("finding_established", "finding_possible", "leak_established", "leak_possible")


def compared(row, got):
    """Return a row, what its one lesion comes to, and what it should."""
    return row, (*finding(got), *conclusion(got)), tuple(row[name] for name in COLUMNS)


def test_spinal_mri_192_rows():
    results = []
    for row in rows("spinal_mri.csv"):
        attributes = stated(row, "enhancement", "sas-continuity", "mimic-venous")
        got = graded(lesion("epi-fluid", row["epi-fluid"], attributes=attributes))
        results.append(compared(row, got))
    assert len(results) == 192
    expect(results)


def test_radionuclide_320_rows():
    results = []
    for row in rows("ri_cisternography.csv"):
        site = None if row["site"] == "not-stated" else row["site"]
        exam = stated(row, "circ-failure", "cistern-seen")
        got = graded(
            lesion("ri-epidural", site=site, attributes=stated(row, "ri-pattern")),
            *(fact(name, said) for name, said in exam.items()),
        )
        results.append(compared(row, got))
    assert len(results) == 320
    expect(results)


def test_ct_myelography_768_rows():
    results = []
    names = ("puncture-cont", "dural-defect", "sas-continuity", "leak-site")
    for row in rows("ct_myelography.csv"):
        got = graded(lesion("ctm-epidural", row["ctm-epidural"], attributes=stated(row, *names)))
        results.append(compared(row, got))
    assert len(results) == 768
    expect(results)


@pytest.mark.parametrize("wording", ["union", "c1", "c3", "list"])
def test_ct_myelography_256_rows_under_each_wording_of_confirmed(wording):
    results = []
    names = ("puncture-cont", "dural-defect", "sas-continuity", "leak-site")
    for row in rows("ct_myelography_policies.csv"):
        got = graded(
            lesion("ctm-epidural", attributes=stated(row, *names)),
            policy=Policy(ctm_confirmed=wording),
        )
        wanted = row[f"{wording}_established"], row[f"{wording}_possible"]
        results.append((row, finding(got), wanted))
    assert len(results) == 256
    expect(results)


MRI = {
    "none": {"said": "absent"},
    "suspected": {"enhancement": "present", "sas-continuity": "absent"},
    "highly-suspected": {"enhancement": "absent", "sas-continuity": "absent"},
    "definite": {"enhancement": "absent", "sas-continuity": "present"},
}
MIMICS = {f"mimic-{m}": "absent" for m in ("venous", "lymph", "perineural", "sleeve")}
RI = {
    "none": (None, "absent"),
    "reference": ("symmetric", "absent"),
    "suspected": ("asymmetric", "absent"),
    "highly-suspected": ("unilateral", "absent"),
    "highly-suspected (asymmetric + circulation failure)": ("asymmetric", "present"),
    "definite": ("unilateral", "present"),
}


def mri_statement(row, reference):
    kind = row["mri_finding"]
    if kind == "not given":
        return []
    site = None if row["site"] == "not-stated" else "L2-L3" if reference else "T2-T4"
    attributes = dict(MRI[kind]) if kind == "none" else MRI[kind] | MIMICS
    said = attributes.pop("said", "present")
    return [lesion("epi-fluid", said, site=site, attributes=attributes)]


def ri_statements(row, reference):
    kind = row["ri_finding"]
    if kind == "not given":
        return []
    pattern, failure = RI[kind]
    sites = ("L2-L4", "L5") if reference else ("T4-T5", "T8-T9")
    site = sites[row["site"] == "different"]
    said = "present" if pattern else "absent"
    return [
        lesion("ri-epidural", said, site=site, attributes={"ri-pattern": pattern}),
        fact("circ-failure", failure),
        fact("cistern-seen", "present"),
    ]


def test_mri_and_radionuclide_105_rows():
    results = []
    for row in rows("mri_and_ri.csv"):
        reference = row["ri_finding"] == "reference"
        got = graded(*mri_statement(row, reference), *ri_statements(row, reference))
        results.append((row, conclusion(got), (row["leak_established"], row["leak_possible"])))
    assert len(results) == 105
    expect(results)


PRESSURES = {
    "55 supine": ("55", "supine"),
    "60 lateral": ("60", "lateral"),
    "60.1 supine": ("60.1", "supine"),
    "180 lateral": ("180", "lateral"),
    "40 sitting": ("40", "sitting"),
    "40 posture not stated": ("40", None),
}


def brain_statements(row):
    excluded = row["herniation_and_chiari"]
    count = int(row["reference_findings"])
    said = {name: "present" if i < count else "absent" for i, name in enumerate(SIGNS)}
    if excluded != "not-assessed":
        said |= {
            "herniation": "absent",
            "chiari": "present" if excluded == "chiari present" else "absent",
        }
    return [fact(name, value) for name, value in said.items()]


def test_intracranial_hypotension_1008_rows():
    results = []
    for row in rows("intracranial_hypotension.csv"):
        said = stated(row, "ortho-headache", "dural-enhance")
        measured = PRESSURES.get(row["pressure_mmH2O"])
        got = graded(
            *(fact(name, value) for name, value in said.items()),
            *brain_statements(row),
            *([pressure(*measured)] if measured else []),
        )
        wanted = row["established"], row["possible"]
        results.append((row, conclusion(got, "intracranial-hypotension"), wanted))
    assert len(results) == 1008
    expect(results)
