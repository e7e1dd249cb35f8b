"""Mappings: one truth, no code with two meanings, both worlds, overlays."""

import pytest

from adapter import terms
from adapter.errors import Usage
from adapter.model import State

TERMS = terms.load()
FHIR = "urn:oid:2.25.69185780400888605725525229835613365432"


def test_the_index_is_of_the_files(golden):
    golden(terms.root() / "index.json", terms.index(terms.root()))


def test_without_an_index_the_files_give_the_same(monkeypatch):
    monkeypatch.setattr(terms.files, "INDEX", "no-such-file")
    again = terms.load.__wrapped__()
    assert again == TERMS


@pytest.mark.parametrize("scheme", ["99CSFL", FHIR, FHIR.removeprefix("urn:oid:")])
def test_a_concept_resolves_from_its_private_code_in_both_worlds(scheme):
    match = TERMS.match(scheme, "epi-fluid")
    assert match is not None
    assert match.term.name == "epi-fluid"


@pytest.mark.parametrize(
    ("scheme", "code"),
    [
        ("SCT", "53733008"),
        ("http://snomed.info/sct", "53733008"),
        ("SRT", "T-11720"),
        ("SNM3", "T-11720"),
        ("99SDM", "T-11720"),
    ],
)
def test_a_level_resolves_from_sct_and_its_predecessors(scheme, code):
    assert TERMS.term(scheme, code) is TERMS["T2"]


def test_a_code_of_another_scheme_is_never_taken():
    assert TERMS.match("99OTHER", "epi-fluid") is None
    assert TERMS.match("SCT", "epi-fluid") is None


def test_a_wider_code_has_no_place():
    assert TERMS.match("SCT", "66459002") is None  # Unilateral says less than 片側限局性


def test_every_private_code_fits_dicom():
    for term in TERMS.terms.values():
        if term.private:
            assert len(term.name) <= 16, term.name
            assert term.name.isascii()
            assert len(term.ja.encode()) <= 64
            assert len(term.en.encode()) <= 64


def test_dicom_displays_are_those_of_the_dictionary():
    from pydicom.sr._concepts_dict import concepts

    known = {code: meaning for by in concepts["DCM"].values() for code, (meaning, _) in by.items()}
    rows = [r for t in TERMS.terms.values() for r in t.codes if r.scheme == "DCM"]
    assert rows
    for row in rows:
        assert known.get(row.code, row.display) == row.display


def test_every_dicom_snomed_code_is_in_the_dictionary():
    from pydicom.sr._concepts_dict import concepts

    known = {code for by in concepts["SCT"].values() for code in by}
    rows = [r for t in TERMS.terms.values() for r in t.codes if r.scheme == "SCT" and r.dicom]
    assert {r.code for r in rows} <= known


def test_absent_is_written_as_dicom_lists_it():
    assert TERMS.coding("absent").code == "272519000"
    assert TERMS.coding("absent", full=True).code == "272519000"


def test_a_standard_code_stands_beside_ours_in_fhir_and_instead_of_it_in_sr():
    assert [c.scheme for c in TERMS.codings("supine")] == ["99CSFL", "SCT"]
    assert TERMS.coding("supine").scheme == "SCT"
    # Not in DICOM's dictionaries: a licence decides.
    assert TERMS.coding("spinal-mri").scheme == "99CSFL"
    assert TERMS.coding("spinal-mri", full=True).scheme == "SCT"


@pytest.mark.parametrize(
    ("word", "state"),
    [
        ("あり", State.PRESENT), ("(+)", State.PRESENT), ("なし", State.ABSENT),
        ("(−)", State.ABSENT), ("−", State.ABSENT), ("疑い", State.INDETERMINATE),
        ("不明", State.NOT_ASSESSED), ("Not evaluated", State.NOT_ASSESSED),
    ],
)  # fmt: skip
def test_words_say_states(word, state):
    term = TERMS.state_word(word)
    assert term is not None
    assert term.state is state


def test_a_state_is_never_found_inside_a_sentence():
    assert TERMS.state_word("硬膜外水信号病変なし") is None


def test_a_precoordinated_code_says_its_state(tmp_path):
    overlay = tmp_path / "v.toml"
    overlay.write_text(
        '[epi-fluid]\ncodes = [{ in = "99V", code = "NOEF", state = "absent" }]\n', "utf-8"
    )
    match = terms.load((overlay,)).match("99V", "NOEF")
    assert match is not None
    assert match.state is State.ABSENT
    assert terms.load((overlay,)).digest != TERMS.digest


def test_an_overlay_that_is_not_there_is_told(tmp_path):
    with pytest.raises(Usage, match="cannot be read"):
        terms.load((tmp_path / "none.toml",))
