"""Public and made files: what is read, what is refused, what is told; and pydicom agrees."""

import pytest

from adapter.errors import Damaged, LimitExceeded, RefusedInput
from adapter.sr.content import Code, Number
from adapter.sr.decode import decode
from tests.sr import comparison, samples
from tests.sr.comparison import items
from tests.sr.mutation import mutants

BROKEN = {
    "b01_no_root_continuity": {"continuity-missing"},
    "b02_no_nested_continuity": {"continuity-missing"},
    "b03_no_completionflag": {"completion-missing"},
    "b04_no_verificationflag": {"verification-missing"},
    "b05_verified_without_observer": {"verifier-missing"},
    "b06_no_evidence": set(),
    "b07_no_perfproccode": set(),
    "b08_no_relationshiptype": {"relationship-missing"},
    "b09_code_without_value": {"value-missing"},
    "b10_no_conceptname": {"name-missing"},
    "b11_no_procedure_reported": set(),
    "b12_no_scheme": {"code-without-scheme"},
    "b13_bad_valuetype": {"value-type-unknown"},
    "b14_no_measurements": set(),
    "b15_modality": {"modality"},
    "b16_no_template": set(),
    "b17_basictext": set(),
    "b18_findingsite_contains": set(),
    "b19_meaning70": {"meaning-too-long"},
    "b20_codevalue19": {"code-too-long"},
    "b22_nopreamble": {"no-preamble"},
    "b23_empty_contentseq": {"content-empty"},
    "b24_empty_contentdate": {"date-missing"},
}
REFUSED = {
    "14-not-dicom-in-batch.dcm": (RefusedInput, "text"),
    "10-deeply-nested-content.dcm": (LimitExceeded, "nested"),
    "b21_truncated.dcm": (Damaged, r"item 1\.14.*cut short"),
    "DICOMSR-HL7-FHIR-Generator__brayz_sr.dcm": (RefusedInput, "mammography CAD"),
    "imaging__GK17285-KOS.dcm": (RefusedInput, "key object"),
    "imaging__1.2.826.0.1.3680043.2.1043.693076.0.66982.83.3.1.dcm": (RefusedInput, "key object"),
}
LOCAL = {**samples.local(), **samples.pydicoms()}


def told(data: bytes) -> set[str]:
    return {id for id, *_ in decode(data, "x").deviations}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_variant_is_read_and_says_what_is_wrong(name):
    assert told(LOCAL[f"{name}.dcm"]) == BROKEN[name]


@pytest.mark.parametrize("name", [name for name in LOCAL if name not in REFUSED])
def test_a_readable_file_is_what_pydicom_sees(name):
    decode(LOCAL[name], name)
    assert comparison.difference(LOCAL[name], name) == ""


@pytest.mark.parametrize("name", [name for name in LOCAL if name in REFUSED])
def test_an_unreadable_file_is_refused_with_its_reason(name):
    error, why = REFUSED[name]
    with pytest.raises(error, match=why):
        decode(LOCAL[name], name)


def test_the_public_files_are_read_as_pydicom_sees_them_or_refused_by_name(shared):
    files = samples.real()
    assert len(files) == 13
    for name, data in files.items():
        if name in REFUSED:
            error, why = REFUSED[name]
            with pytest.raises(error, match=why):
                decode(data, name)
            continue
        assert comparison.difference(data, name) == ""
        assert decode(data, name).root.children


@pytest.mark.parametrize("name", LOCAL)
def test_damaged_bytes_never_read_otherwise_than_pydicom_reads_them(name):
    for mutant in mutants(LOCAL[name], 1, 12):  # many more: make fuzz
        assert comparison.difference(mutant, name) == ""


def first(name: str, path: str):
    return {one.path: one for one in items(decode(LOCAL[name], name).root)}[path]


def test_known_bugs_are_read_right():
    names = decode(LOCAL["01-charset-ir13-first.dcm"], "01").header["PatientName"].split("=")
    assert names[1:] == ["試験^花子", "しけん^はなこ"]
    assert told(LOCAL["01-charset-ir13-first.dcm"]) == set()
    values = {
        "02-charset-ir6-explicit.dcm": "no escape used",
        "03-jis-pad-without-reset.dcm": "硬膜外",
        "04-utf8-nested-item.dcm": "造影されない水信号病変 – L2レベル",
        "08-num-empty-measured-value.dcm": "",
        "07-num-without-children.dcm": "48.5",
        "09-ds-longer-than-16.dcm": "31.400000000000002",
    }
    for name, value in values.items():
        found = first(name, "1.1.1").value
        assert (found.text if isinstance(found, Number) else found) == value, name
    qualified = first("08-num-empty-measured-value.dcm", "1.1.1").value
    assert isinstance(qualified.qualifier, Code)
    two_names = decode(LOCAL["05-multivalue-ir13-backslash.dcm"], "05").header
    assert len(two_names["OtherPatientNames"].split("\\")) == 2
    long = "99CSFTEST-EPIDURAL-FLUID-FLOATING-DURAL-SAC"
    assert first("06-long-code-value.dcm", "1.1.1").name.value == long


def test_a_reference_cycle_is_two_items_that_point_and_no_walk():
    document = decode(LOCAL["11-by-reference-cycle.dcm"], "11")
    pointers = [one.by_reference for one in items(document.root) if one.by_reference]
    assert pointers == [(1, 2), (1, 1)]
    assert not document.deviations


def test_an_empty_open_sequence_loses_nothing_after_it():
    document = decode(LOCAL["12-undefined-length-empty-sequence.dcm"], "12")
    assert len(items(document.root)) == 3
    assert [id for id, *_ in document.deviations] == ["verifier-missing"]


def test_no_content_is_told():
    document = decode(LOCAL["13-no-content-sequence.dcm"], "13")
    assert document.root.children == ()
    assert [(id, path) for id, path, *_ in document.deviations] == [("no-content", "1")]
