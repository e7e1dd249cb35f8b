"""The mappings checked, and the unknown codes of inputs listed for a person to decide."""

import tomllib

import pytest

from adapter import readers, terms
from adapter.cli import main
from adapter.readers.options import ReadOptions
from adapter.terminology import check, suggest
from tests.readers.dicom_sr.building import (
    GROUP,
    MEASUREMENTS,
    code,
    container,
    file,
    uidref,
)  # fmt: skip

BASE = terms.load()
LONG = "あ" * 22  # 66 bytes


def test_the_mappings_have_no_fault():
    assert check.check(BASE) == ()


FAULTS = {
    "display": '[epi-fluid]\ncodes = [{ in = "SCT", code = "77343006", display = "x" }]\n',
    "not-dicom": '[epi-fluid]\ncodes = [{ in = "DCM", code = "999999", dicom = true }]\n',
    "meaning-length": f'[epi-fluid]\ncodes = [{{ in = "LN", code = "1-1", display = "{LONG}" }}]\n',
    "scheme": '[epi-fluid]\ncodes = [{ in = "99NOWHERE", code = "1" }]\n',
    "srt": '[epi-fluid]\ncodes = [{ in = "SRT", code = "F-00001", display = "x" }]\n',
    "unit": '[[sender]]\nmodel = "M"\n[units]\n"blobs" = "blob"\n',
}


@pytest.mark.parametrize("rule", FAULTS)
def test_each_fault_is_found_and_named(tmp_path, rule, capsys):
    path = tmp_path / "overlay.toml"
    path.write_text(FAULTS[rule], "utf-8")
    found = check.check(terms.load((path,)))
    assert [fault.rule for fault in found] == [rule]
    assert main(["mappings", "check", "--mappings", str(path)]) == 1
    assert f": {rule}: " in capsys.readouterr().out


def test_a_concept_that_a_rule_names_and_no_mapping_has_is_found():
    from dataclasses import replace

    fewer = {n: t for n, t in BASE.terms.items() if n != "circ-failure"}
    found = check.check(replace(BASE, terms=fewer, dialects=()))
    assert [(f.rule, f.term) for f in found] == [("concept-missing", "circ-failure")]


def unknown(*codes):
    group = container(
        GROUP,
        uidref("2.25.1"),
        code("DCM:121071|Finding", "99CSFL:epi-fluid"),
        *(code(name, value) for name, value in codes),
    )
    return file(container(MEASUREMENTS, group))


def read(data, name="a.dcm"):
    return readers.read(data, name, BASE, ReadOptions())


def test_unknown_codes_are_listed_by_frequency_with_the_nearest_concepts():
    twice = "99NEWCO:E1|Lesion enhancement after contrast"
    documents = [
        read(unknown((twice, "SCT:52101004"), ("99NEWCO:Z9|Zymurgy", "SCT:52101004"))),
        read(unknown((twice, "SCT:272519000")), "b.dcm"),
    ]
    first, second = suggest.suggest(documents, BASE)
    assert (first.code.code, first.count, first.inputs) == ("E1", 2, 2)
    assert first.nearest[0][0] == "enhancement"
    assert (second.code.code, second.count) == ("Z9", 1)


def test_japanese_meanings_find_japanese_labels():
    (one,) = suggest.suggest([read(unknown(("99NEWCO:E1|病変の造影効果", "SCT:52101004")))], BASE)
    assert one.nearest[0][0] == "enhancement"


def test_an_unknown_value_of_a_known_concept_is_listed():
    (one,) = suggest.suggest([read(unknown(("99CSFL:enhancement", "99NEWCO:P7|Seen")))], BASE)
    assert one.code.code == "P7"


def test_the_stub_applies_nothing_until_a_person_decides(tmp_path, capsys):
    given = tmp_path / "a.dcm"
    given.write_bytes(unknown(("99NEWCO:E1|Enhancement of the lesion", "SCT:272519000")))
    assert main(["mappings", "suggest", str(given)]) == 0
    said = capsys.readouterr()
    assert "1 unmapped codes in 1 inputs" in said.err
    assert tomllib.loads(said.out) == {"source": ""}
    stub = tmp_path / "stub.toml"
    stub.write_text(said.out, "utf-8")
    assert terms.load((stub,)).match("99NEWCO", "E1") is None
    lines = said.out.splitlines()
    at = next(n for n, line in enumerate(lines) if line.startswith("# [enhancement]"))
    decided = tmp_path / "decided.toml"
    decided.write_text("\n".join(line.removeprefix("# ") for line in lines[at : at + 2]), "utf-8")
    match = terms.load((decided,)).match("99NEWCO", "E1")
    assert match is not None
    assert match.term.name == "enhancement"


@pytest.mark.parametrize("meaning", ['a "quoted"\nnew line = [x]', "\\u0041", "# ]"])
def test_whatever_a_meaning_holds_the_stub_is_toml_that_says_nothing(meaning):
    found = suggest.suggest([read(unknown((f"99NEWCO:E1|{meaning}", "SCT:52101004")))], BASE)
    assert tomllib.loads(suggest.stub(found, BASE)) == {"source": ""}


def test_a_refused_input_is_told_and_the_rest_is_listed(tmp_path, capsys):
    (tmp_path / "a.dcm").write_bytes(unknown(("99NEWCO:E1|Enhancement", "SCT:52101004")))
    (tmp_path / "b.txt").write_text("no report", "utf-8")
    assert main(["mappings", "suggest", str(tmp_path)]) == 1
    said = capsys.readouterr()
    assert "b.txt" in said.err
    assert "99NEWCO" in said.out
