"""A sender's own codes, words and structure: taught in one TOML file, for that sender alone."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from adapter import pipeline, readers, terms
from adapter.cli import main
from adapter.errors import Usage
from adapter.model import State
from adapter.readers.options import ReadOptions
from sample_data import make_dialects as samples
from tests.readers.dicom_sr.building import GROUP, MEASUREMENTS, code, container, file, text, uidref

NAMES = list(samples.DIALECTS)
BASE = terms.load()
OPTIONS = ReadOptions()


def inputs(name):
    return [(n, d) for n, d in samples.made(name).items() if n != "expected.json"]


def read(data, known=BASE, name="input"):
    return readers.read(data, name, known, OPTIONS)


@pytest.mark.parametrize("name", NAMES)
def test_a_sample_stands_as_it_is_made(name, golden):
    made = samples.made(name)
    for file_name, data in made.items():
        golden(samples.HERE / name / file_name, data)
    assert {p.name for p in (samples.HERE / name).iterdir()} == set(made)


def test_every_shipped_dialect_has_a_sample():
    assert sorted(path.stem for path, _ in BASE.dialects) == sorted(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_a_sample_is_read_in_its_dialect_and_that_is_told(name):
    for file_name, data in inputs(name):
        document = read(data, name=file_name)
        told = [i for i in document.issues if i.code == "dialect"]
        assert [(i.severity, name in i.diagnostics) for i in told] == [("information", True)]
        assert [i for i in document.issues if i.severity != "information"] == []


@pytest.mark.parametrize("name", NAMES)
def test_no_sample_can_be_read_without_its_dialect(name):
    bare = replace(BASE, dialects=())
    for file_name, data in inputs(name):
        states = [s.state for s in read(data, bare, file_name).statements]
        assert set(states) <= {State.NOT_ASSESSED}


def lesion(name):
    (statement,) = [s for s in read(inputs(name)[0][1]).statements if s.concept == "epi-fluid"]
    said = {p.concept: p.state.value for p in statement.parts}
    levels = statement.site.levels if statement.site else ()
    return statement.state.value, [f"T{level - 6}" for level in levels], statement.laterality, said


MIMICS = ("mimic-venous", "mimic-lymph", "mimic-perineural", "mimic-sleeve")


def test_attributes_listed_in_a_text_are_read_one_by_one():
    state, levels, _, said = lesion("example-listed")
    assert (state, levels) == ("present", ["T3"])
    wanted = {"enhancement": "absent", "sas-continuity": "present"}
    assert said == wanted | dict.fromkeys(MIMICS, "absent")


def test_sites_and_sides_are_read_in_the_senders_words():
    state, levels, side, said = lesion("example-sites")
    assert (state, levels, side) == ("present", ["T3", "T4", "T5"], "left")
    wanted = {"enhancement": "indeterminate", "sas-continuity": "present"}
    assert said == wanted | dict.fromkeys(MIMICS, "absent")


def test_titles_name_concepts_where_all_codes_are_the_same():
    state, levels, side, said = lesion("example-titles")
    assert (state, levels, side) == ("present", ["T3", "T4", "T5"], "left")
    wanted = {"enhancement": "absent", "sas-continuity": "absent"}
    mimics = dict.fromkeys(MIMICS, "absent") | {"mimic-sleeve": "indeterminate"}
    assert said == wanted | mimics


def test_values_name_findings_in_both_formats():
    (_, sr), (_, fhir) = inputs("example-values")
    assert {s.concept: s.state.value for s in read(sr).statements} == {
        "subdural-effus": "present",
        "tonsil-descent": "absent",
    }
    assert {s.concept: s.state.value for s in read(fhir).statements} == {"epi-fluid": "present"}


def test_units_and_words_of_a_fhir_sender_are_read():
    found = {s.concept: s for s in read(inputs("example-fhir")[0][1]).statements}
    pressure = found["csf-pressure"]
    assert (pressure.quantity.value, pressure.quantity.unit) == ("5.0", "cm[H2O]")
    assert [(p.concept, p.value) for p in pressure.parts] == [("posture", "lateral")]
    assert {p.state for p in found["dural-enhance"].parts} == {State.PRESENT}
    assert len(found["dural-enhance"].parts) == 5


# What is not read


def listing(text_value):
    sender = {"Manufacturer": "Example Listing Works", "ManufacturerModelName": "ListReport 2"}
    group = samples.container(
        samples.GROUP,
        samples.uid("2.25.1"),
        samples.code(samples.FINDING, samples.Code("L100", "99EXLIST", "x")),
        samples.text(samples.Code("L900", "99EXLIST", "x"), text_value),
    )
    return samples.sr(1, sender, samples.container(samples.MEASUREMENTS, group))


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ("enhancement = perhaps a little", "not-used"),
        ("enhancement", "not-used"),
    ],
)
def test_a_listed_attribute_that_cannot_be_read_is_not_assessed_and_told(words, code):
    document = read(listing(words))
    (statement,) = document.statements
    assert [(p.concept, p.state) for p in statement.parts] == [("enhancement", State.NOT_ASSESSED)]
    assert [i.code for i in document.issues if i.severity == "warning"] == [code]


def test_a_label_nobody_knows_is_told_and_not_searched_for_a_finding():
    document = read(listing("no enhancement of the cyst = is there; cyst = is not there"))
    (statement,) = document.statements
    assert [(p.concept, p.state) for p in statement.parts] == [("mimic-perineural", State.ABSENT)]
    assert [i.code for i in document.issues if i.severity == "warning"] == ["not-mapped"]


def test_another_sender_is_not_read_in_the_dialect():
    group = container(GROUP, uidref("2.25.1"), text("99LOCAL:TODO|硬膜外の水", "あり"))
    document = read(file(container(MEASUREMENTS, group)))
    assert document.statements == ()
    assert "not-mapped" in {i.code for i in document.issues}


def observation(number, source):
    return {
        "resourceType": "Observation", "id": f"o{number}", "meta": {"source": source},
        "status": "final", "subject": {"identifier": {"value": "P"}},
        "code": {"coding": [{"system": "http://ris.example/codes", "code": "S1"}]},
        "valueString": "そうだ",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("sources", "count"),
    [
        (["http://ris.example/a", "http://ris.example/b#1"], 2),
        (["http://ris.example/a", "http://other.example/b"], 0),
        (["http://other.example/ris.example/"], 0),
    ],
)
def test_an_input_of_several_senders_is_read_in_the_dialect_of_none(sources, count):
    found = [observation(n, source) for n, source in enumerate(sources)]
    assert len(read(json.dumps(found).encode()).statements) == count


# An overlay


VENDOR = """
source = "Interface description, 2026"
checked = 2026-11-25

[schemes.99NEWCO]
systems = ["http://newco.example/findings"]

[epi-fluid]
codes = [{ in = "99NEWCO", code = "F001", display = "Fluid" }]

[enhancement]
codes = [{ in = "99NEWCO", code = "F002", display = "Enhances" }]

[sas-continuity]
codes = [{ in = "99NEWCO", code = "F003", display = "Continuous" }]

[present]
codes = [{ in = "99NEWCO", code = "YES", display = "yes" }]

[absent]
codes = [{ in = "99NEWCO", code = "NO", display = "no" }]
"""


def newco_sr():
    group = container(
        GROUP,
        uidref("2.25.1"),
        code("DCM:121071|Finding", "99NEWCO:F001"),
        code("99NEWCO:F002", "99NEWCO:NO"),
        code("99NEWCO:F003", "99NEWCO:YES"),
    )
    return file(container(MEASUREMENTS, group))


def newco_fhir():
    def coded(code):
        return {"coding": [{"system": "http://newco.example/findings", "code": code}]}

    return json.dumps(
        {
            "resourceType": "Observation", "id": "o1", "status": "final",
            "subject": {"identifier": {"value": "P"}}, "effectiveDateTime": "2026-04-01",
            "code": coded("F001"), "valueCodeableConcept": coded("YES"),
            "component": [{"code": coded(c), "valueCodeableConcept": coded(v)}
                          for c, v in (("F002", "NO"), ("F003", "YES"))],
        }
    ).encode()  # fmt: skip


@pytest.mark.parametrize("way", ["option", "environment"])
@pytest.mark.parametrize(("name", "data"), [("a.dcm", newco_sr()), ("a.json", newco_fhir())])
def test_a_new_vendor_is_graded_right_after_one_file(
    tmp_path, monkeypatch, capsys, way, name, data
):
    overlay, given = tmp_path / "newco.toml", tmp_path / name
    overlay.write_text(VENDOR, "utf-8")
    given.write_bytes(data)
    arguments = ["grade", str(given), "--format", "json", "--same-patient"]
    main(arguments)
    before = json.loads(capsys.readouterr().out)["conclusions"][0]["established"]
    if way == "option":
        arguments += ["--mappings", str(overlay)]
    else:
        monkeypatch.setenv("CSFLEAK_MAPPINGS", str(overlay))
    assert main(arguments) == 0
    after = json.loads(capsys.readouterr().out)["conclusions"][0]["established"]
    assert (before, after) == ("not-assessable", "definite")


WRONG = {
    "no table": ("[epi-fluid\n", 0, "TOML"),
    "no term": ('\n[epi-fluit]\ncodes = [{ in = "99A", code = "1" }]\n', 2, "no term"),
    "a key": ('[epi-fluid]\ncode = [{ in = "99A", code = "1" }]\n', 2, "`codes` and `words`"),
    "no list": ('[epi-fluid]\ncodes = "99A:1"\n', 2, "no list"),
    "no scheme": ('[epi-fluid]\n\ncodes = [{ code = "1" }]\n', 3, "`in` and `code`"),
    "a typo": ('[epi-fluid]\ncodes = [\n { in = "99A", code = "X1", fit = "equal" },\n]\n', 3,
               "no key of a code"),
    "fits": ('[epi-fluid]\ncodes = [{ in = "99A", code = "X1", fits = "same" }]\n', 2, "fits is"),
    "state": ('[epi-fluid]\ncodes = [{ in = "99A", code = "X1", state = "no" }]\n', 2, "state is"),
    "two meanings": ('[epi-fluid]\ncodes = [{ in = "DCM", code = "121071" }]\n', 2, "means both"),
    "two states": ('[epi-fluid]\ncodes = [\n{ in = "99A", code = "X1" },\n'
                   '{ in = "99A", code = "X1", state = "absent" },\n]\n', 3, "means both"),
    "a word": ('[absent]\nwords = ["あり"]\n', 2, "means both"),
    "an empty word": ('[absent]\nwords = [" "]\n', 2, "a word is a text"),
    "a trait": ('[[sender]]\nvendor = "X"\n', 2, "is none of"),
    "any sender": ('[[sender]]\nmodel = "*"\n', 2, "every input"),
    "no trait": ("\n[[sender]]\n", 2, "names no trait"),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_overlay_is_refused_with_file_line_and_reason(tmp_path, name):
    content, line, reason = WRONG[name]
    path = tmp_path / "wrong.toml"
    path.write_text(content, "utf-8")
    with pytest.raises(Usage) as refused:
        terms.load((path,))
    assert str(path) in str(refused.value)
    assert reason in str(refused.value)
    if line:
        assert f"{path}, line {line}" in str(refused.value)


SPOKEN = {
    "a switch": ('[[sender]]\nmodel = "M"\n[structure]\nsites = "text"\n', 4, "is none of"),
    "its value": ('[[sender]]\nmodel = "M"\n[structure]\nfindings = "yes"\n', 4, "is none of"),
    "a title": ('[[sender]]\nmodel = "M"\n[titles]\n"水" = "water"\n', 4, "no term"),
}


@pytest.mark.parametrize("name", SPOKEN)
def test_a_wrong_dialect_is_refused_with_file_line_and_reason(tmp_path, name):
    content, line, reason = SPOKEN[name]
    path = tmp_path / "wrong.toml"
    path.write_text(content, "utf-8")
    with pytest.raises(Usage, match=reason) as refused:
        terms.load((path,))
    assert f"{path}, line {line}" in str(refused.value)


def test_of_two_dialects_the_narrower_is_used_and_of_equal_ones_none(tmp_path):
    wide, narrow, rival = (tmp_path / f"{n}.toml" for n in ("wide", "narrow", "rival"))
    wide.write_text('[[sender]]\nmanufacturer = "M*"\n', "utf-8")
    narrow.write_text('[[sender]]\nmanufacturer = "M*"\nmodel = "X"\n', "utf-8")
    traits = {"manufacturer": ("Maker",), "model": ("X",)}
    assert terms.of_sender(terms.load((wide, narrow)), traits)[1] == "narrow"
    rival.write_text('[[sender]]\nmanufacturer = "Maker"\nmodel = "X"\n', "utf-8")
    known = terms.load((wide, narrow, rival))
    chosen, told = terms.of_sender(known, traits)
    assert chosen is known
    assert told == "narrow | rival"
    (what, severity) = terms.dialect_told(told)[0]
    assert (severity, "several dialects" in what) == ("warning", True)


def test_a_dialect_is_in_the_digest_of_the_terms(tmp_path):
    path = tmp_path / "own.toml"
    path.write_text('[[sender]]\nmodel = "M"\n', "utf-8")
    without, with_it, spoken = BASE, terms.load((path,)), terms.load((path,), path)
    assert len({without.digest, with_it.digest, spoken.digest}) == 3


def test_the_case_says_which_mappings_it_was_graded_with(tmp_path):
    outcome = pipeline.grade(inputs("example-listed"))
    assert outcome.graded.versions["mappings"] == BASE.digest
    assert Path(BASE.dialects[0][0]).parent.name == "dialects"
