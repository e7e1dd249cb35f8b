"""Inputs of every form are asked, each resource with its own path."""

import json

import pytest

from adapter import gates
from adapter.cli import main
from adapter.errors import Damaged, RefusedInput
from adapter.gates import fhir
from tests.gates.good import GOOD, changed

WRONG = changed("observation", {"status": "x"})


def told(data, rule):
    return [b.path for b in fhir.check(data, "x") if b.rule == rule]


def test_each_resource_of_an_array_has_its_index():
    data = json.dumps([GOOD["patient"], WRONG, [WRONG]]).encode()
    assert told(data, "base.status") == ["[1].status", "[2][0].status"]


def test_each_line_of_ndjson_has_its_number_and_a_bad_line_costs_only_itself():
    lines = [json.dumps(GOOD["patient"]), "", '{"resourceType": "Patient"', json.dumps(WRONG)]
    data = "\n".join(lines).encode()
    assert told(data, "base.status") == ["line 4 Observation.status"]
    assert told(data, "base.json") == ["line 3"]


def test_an_array_resolves_references_among_its_resources():
    report = changed("report", {"imagingStudy.0.reference": "http://a.example/x"})
    wrong = changed("report", {"imagingStudy.0": {"reference": "Patient/p"}})
    assert told(json.dumps([GOOD["patient"], report]).encode(), "base.target") == []
    assert told(json.dumps([GOOD["patient"], wrong]).encode(), "base.target") == [
        "[1].imagingStudy[0]"
    ]


def test_what_is_no_resource_is_told_where_it_is():
    data = json.dumps([GOOD["patient"], {"id": "x"}, 1]).encode()
    assert told(data, "base.resource-type") == ["[1]", "[2]"]


def test_a_key_that_stands_twice_is_told_in_its_object():
    data = b'{"resourceType":"Patient","name":[{"family":"a","family":"b"}],"gender":"male"}'
    assert told(data, "base.duplicate-key") == ["Patient.name[0]"]
    once = data.replace(b'"family":"b"', b'"text":"b"')
    assert told(once, "base.duplicate-key") == []


def test_comments_in_json_are_told():
    assert told(b'{"resourceType":"Patient" /* x */}', "base.json") == ["input"]


def test_json_that_is_cut_short_is_refused():
    with pytest.raises(Damaged):
        fhir.check(b'{"resourceType":"Patient","name":[', "x")
    with pytest.raises(RefusedInput):
        fhir.check(b"<Patient xmlns='http://hl7.org/fhir'><!ENTITY a 'b'></Patient>", "x")


OBSERVATION = b"""<Observation xmlns="http://hl7.org/fhir">
 <id value="o"/>
 <text><status value="generated"/><div xmlns="http://www.w3.org/1999/xhtml"><p>x</p></div></text>
 <contained><Patient><id value="p"/><active value="true"/></Patient></contained>
 <status value="final"/>
 <category><coding><system value="http://a.example"/><code value="x"/></coding></category>
 <code><text value="x"/></code>
 <subject><reference value="#p"/></subject>
 <effectiveDateTime><extension url="http://hl7.org/fhir/StructureDefinition/data-absent-reason">
  <valueCode value="unknown"/></extension></effectiveDateTime>
 <valueQuantity><value value="1.0"/></valueQuantity>
</Observation>"""


def test_right_xml_breaks_nothing():
    assert fhir.check(OBSERVATION, "x") == ()


@pytest.mark.parametrize(
    ("old", "new", "rule", "path"),
    [
        (b'value="final"', b'value="done"', "base.status", "Observation.status"),
        (b"<status value=\"final\"/>", b"", "base.required", "Observation.status"),
        (b'value="true"', b'value="yes"', "base.type", "Observation.contained[0].active"),
        (b'value="#p"', b'value="#q"', "base.ref-1", "Observation.subject.reference"),
        (b"<p>x</p>", b"<script>x</script>", "base.narrative", "Observation.text.div"),
        (b'value="1.0"', b'value="1,0"', "base.type", "Observation.valueQuantity.value"),
        (b"<subject>", b"<patient/><subject>", "base.unknown-element", "Observation.patient"),
        (b"<category>", b"<category/><category>", "base.empty", "Observation.category[0]"),
    ],
)  # fmt: skip
def test_wrong_xml_is_told_as_wrong_json_is(old, new, rule, path):
    assert old in OBSERVATION
    assert path in told(OBSERVATION.replace(old, new), rule)


def test_xml_of_a_kind_without_a_table_says_what_is_not_checked():
    data = b'<Account xmlns="http://hl7.org/fhir"><status value="open"/></Account>'
    assert told(data, "base.xml") == ["Account"]
    assert told(data, "base.status") == ["Account.status"]


def test_value_sets_of_r4_are_never_asked_of_r5():
    study = {"resourceType": "ImagingSelection", "status": "available"}
    report = {"resourceType": "DiagnosticReport", "status": "modified", "code": {"text": "x"},
              "study": [{"reference": "ImagingStudy/1"}]}  # fmt: skip
    for one in (study, report):
        rules = {b.rule for b in fhir.check(json.dumps(one).encode(), "x") if b.gate == "fhir"}
        assert rules == set()
    wrong = {**report, "conclusion": ""}
    assert told(json.dumps(wrong).encode(), "base.empty") == ["DiagnosticReport.conclusion"]


@pytest.mark.parametrize("version", ["", "|1.2.0"])
def test_a_claim_counts_with_and_without_its_version(version):
    claim = "http://hl7.org/fhir/us/core/StructureDefinition/us-core-patient" + version
    patient = changed("patient", {"name": [{"text": "x"}], "meta": {"profile": [claim]}})
    assert "us-core.3.us-core-6" in {b.rule for b in fhir.check(json.dumps(patient).encode(), "x")}
    del patient["meta"]
    assert fhir.check(json.dumps(patient).encode(), "x") == ()


def test_no_value_of_a_patient_stands_in_a_message():
    patient = changed("patient", {"birthDate": "SECRET", "gender": "SECRET", "id": "SEC_RET"})
    found = fhir.check(json.dumps(patient).encode(), "x")
    assert len([b for b in found if b.gate == "fhir"]) == 3
    assert not [b for b in found if "SEC" in b.text and b.gate == "fhir"]


class TestCommand:
    def test_json_lists_every_breach_of_every_file(self, tmp_path, capsys):
        good, bad, none = (tmp_path / name for name in ("a.json", "b.json", "c.txt"))
        good.write_text(json.dumps(GOOD["patient"]), "utf-8")
        bad.write_text(json.dumps(WRONG), "utf-8")
        none.write_text("words", "utf-8")
        paths = [str(p) for p in (good, bad, none)]
        assert main(["validate", "--format", "json", *paths]) == 1
        rows = json.loads(capsys.readouterr().out)
        assert rows[0] == {
            "file": "b.json", "gate": "fhir", "rule": "base.status", "severity": "error",
            "path": "Observation.status", "text": rows[0]["text"],
        }  # fmt: skip
        assert [(r["file"], r["severity"]) for r in rows[1:]] == [("c.txt", "fatal")]

    def test_right_files_give_an_empty_list_and_0(self, tmp_path, capsys):
        path = tmp_path / "a.json"
        path.write_text(json.dumps(GOOD["patient"]), "utf-8")
        assert main(["validate", "--format", "json", str(path)]) == 0
        assert json.loads(capsys.readouterr().out) == []
        assert main(["validate", str(path)]) == 0
        assert capsys.readouterr().out == "a.json: 0 errors, 0 warnings\n"


def test_errors_come_first():
    patient = changed("patient", {"identifier.0.value": GOOD["patient"], "gender": "x"})
    patient["identifier"].append({"system": "urn:x"})
    severities = [b.severity for b in gates.check(json.dumps(patient).encode(), "x")]
    assert severities == sorted(severities)
    assert set(severities) == {"error", "warning"}


def test_a_kind_of_r4_that_r4b_dropped_is_no_error():
    found = fhir.check(b'{"resourceType":"EffectEvidenceSynthesis","status":"active"}', "x")
    assert {b.severity for b in found} == {"information"}
    wrong = fhir.check(b'{"resourceType":"EffectEvidence"}', "x")
    assert "base.resource-type" in {b.rule for b in wrong if b.severity == "error"}
