"""Patient, dates and state of an SR document."""

import pytest

from adapter.errors import RefusedInput
from adapter.model import Name
from adapter.readers.dicom_sr import dates, sniff
from adapter.readers.dicom_sr.numbers import comparator
from adapter.readers.dicom_sr.patient import names, patient
from adapter.readers.options import ReadOptions
from adapter.readers.units import written
from tests.readers.dicom_sr.building import (
    ABSENT,
    FINDING,
    GROUP,
    INSTANCE,
    PRESENT,
    SERIES,
    STUDY,
    code,
    container,
    evidence,
    file,
    ours,
)
from tests.readers.dicom_sr.reading import codes, opened
from tests.readers.dicom_sr.reading import written as read_from

TREE = container(
    GROUP, code(FINDING, ours("epi-fluid")), code(ours("epi-fluid"), ABSENT)
)  # fmt: skip


def test_an_input_is_known_by_its_uids_and_digest():
    source = read_from(TREE).input
    assert (source.format, source.id) == ("dicom-sr", INSTANCE)
    assert (source.study, source.series) == (STUDY, SERIES)
    assert source.sop_class.endswith(".88.33")
    assert source.date == "2026-03-03T10:15:00"
    assert len(source.digest) == 64
    assert not source.preliminary


@pytest.mark.parametrize(
    "flag", [{"CompletionFlag": "PARTIAL"}, {"PreliminaryFlag": "PRELIMINARY"}]
)
def test_a_partial_or_preliminary_document_is_used_and_told(flag):
    document = read_from(TREE, **flag)
    assert document.input.preliminary
    assert codes(document) == ["preliminary"]
    assert len(document.statements) == 1


def test_predecessors_are_what_a_document_replaces():
    document = read_from(TREE, PredecessorDocumentsSequence=evidence(("2.25.70", "2.25.71")))
    assert document.input.replaces == ("2.25.71",)


def test_an_unknown_flag_is_told():
    assert "unknown-status" in codes(read_from(TREE, CompletionFlag="DONE"))


def test_strict_turns_a_deviation_into_refusal():
    data = file(TREE, CompletionFlag="COMPLETE")
    assert opened(data, ReadOptions(strict=True)).statements
    del_flag = file(code(ours("epi-fluid"), ""), TREE)
    assert "deviation" in codes(opened(del_flag))
    with pytest.raises(RefusedInput, match="without --strict"):
        opened(del_flag, ReadOptions(strict=True))


def test_no_cut_of_a_file_gives_a_finding():
    data = file(TREE)
    for end in range(len(data) - 1, 200, -1):
        try:
            document = opened(data[:end])
        except RefusedInput:
            continue
        # Whole up to an element before the content: no finding, and it is told.
        assert (document.statements, codes(document)[0]) == ((), "deviation"), end


def test_salvage_never_turns_absent_into_present():
    data = file(TREE)
    found = 0
    for end in range(len(data) - 1, 200, -1):
        try:
            document = opened(data[:end], ReadOptions(salvage=True))
        except RefusedInput:
            continue
        found += len(document.statements)
        assert all(s.state.value == "absent" for s in document.statements), end
    assert not found  # the group is not whole in any of them


def test_salvage_is_told():
    data = file(code(ours("circ-failure"), PRESENT), TREE)
    document = opened(data[: len(data) - 30], ReadOptions(salvage=True))
    assert [s.concept for s in document.statements] == ["circ-failure"]
    assert "salvaged" in codes(document)


def test_what_is_no_sr_is_refused_by_name():
    with pytest.raises(RefusedInput):
        opened(b"not dicom at all" * 20)


def test_sniffing():
    assert sniff(file(TREE))
    assert sniff(file(TREE)[132:])
    assert not sniff(b'{"resourceType": "Bundle"}' * 20)
    assert not sniff(b"")


def test_the_patient_is_the_headers():
    who = patient(
        {
            "PatientID": " 00123 ",
            "IssuerOfPatientID": "HOSPITAL",
            "PatientBirthDate": "19700102",
            "PatientSex": "M",
        }
    )
    assert who.identifiers == (("00123", "HOSPITAL"),)
    assert (who.birth_date, who.sex) == ("1970-01-02", "male")
    assert patient({}).identifiers == ()
    assert patient({"PatientSex": "X"}).sex == ""


def test_a_name_has_three_representations():
    assert names("Yamada^Tarou=山田^太郎=やまだ^たろう") == (
        Name(family="Yamada", given="Tarou", text="Yamada Tarou", representation="ABC"),
        Name(family="山田", given="太郎", text="山田 太郎", representation="IDE"),
        Name(family="やまだ", given="たろう", text="やまだ たろう", representation="SYL"),
    )
    assert [n.representation for n in names("=山田^太郎")] == ["IDE"]
    assert names("山田 太郎") == (Name(text="山田 太郎", representation="ABC"),)
    assert names("^^^^") == ()


@pytest.mark.parametrize(
    ("text", "iso"),
    [
        ("20260302", "2026-03-02"),
        ("2026", "2026"),
        ("202603", "2026-03"),
        ("2026030210", "2026-03-02T10"),
        ("20260302101500+0900", "2026-03-02T10:15:00+09:00"),
        ("20260302101500.250000", "2026-03-02T10:15:00.250000"),
        ("2026.03.02", "2026-03-02"),
        ("20260230", None),
        ("20261301", None),
        ("2026030225", None),
        ("yesterday", None),
        ("", None),
    ],
)
def test_dates_keep_their_precision_and_invent_nothing(text, iso):
    assert dates.instant(text) == iso


def test_a_zone_stands_in_only_where_a_time_states_none():
    assert dates.instant("20260302101500", "+09:00") == "2026-03-02T10:15:00+09:00"
    assert dates.instant("20260302101500-0500", "+09:00") == "2026-03-02T10:15:00-05:00"
    assert dates.instant("20260302", "+09:00") == "2026-03-02"


def test_the_documents_own_offset_holds_for_its_times():
    dated = code(ours("lumbar-puncture"), PRESENT, date="20260301120000")
    document = read_from(dated, TimezoneOffsetFromUTC="+0900")
    assert document.statements[0].date == "2026-03-01T12:00:00+09:00"
    assert "zone-supplied" not in {i.code for i in document.issues}


@pytest.mark.parametrize(
    ("text", "value", "unit", "sign"),
    [
        ("55 mmH2O", "55", "mm[H2O]", ""),
        ("< 60mmH₂O", "60", "mm[H2O]", "<"),
        ("≦6.0 cmH2O", "6.0", "cm[H2O]", "<="),
        ("60 mm CSF", "60", "mm CSF", ""),
    ],
)
def test_a_written_quantity_is_read_whole(text, value, unit, sign):
    read = written(text)
    assert (read.value, read.unit, read.comparator) == (value, unit, sign)


@pytest.mark.parametrize("text", ["60", "about 60 mmH2O", "60-70 mmH2O", "60 foo", ""])
def test_anything_else_is_no_quantity(text):
    assert written(text) is None


def test_comparators():
    assert [comparator(t) for t in ("<", "＜", "≧", "=<", "60")] == ["<", "<", ">=", "", ""]
