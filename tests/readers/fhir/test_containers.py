"""Whatever resources are delivered in, the same findings come out."""

import gzip
import json
from typing import Any

import pytest

from adapter.errors import Damaged, LimitExceeded, RefusedInput
from adapter.model import Document
from adapter.readers import fhir
from adapter.readers.options import ReadOptions
from tests.readers.fhir.building import (
    OPTIONS,
    TERMS,
    Json,
    bundle,
    codes,
    comp,
    obs,
    read,
)

TWO = [obs(component=[comp("enhancement", "absent")]), obs("subdural-fluid", "absent", id="o2")]


def text(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode()


def facts(document: Document) -> list[tuple[str, str, list[tuple[str, str]]]]:
    return [
        (s.concept, s.state.value, [(p.concept, p.state.value) for p in s.parts])
        for s in document.statements
    ]


EXPECTED = [("epi-fluid", "present", [("enhancement", "absent")]), ("subdural-fluid", "absent", [])]
KINDS = ("collection", "document", "message", "searchset", "transaction", "batch", "history",
         "transaction-response", "batch-response", "subscription-notification")  # fmt: skip
FORMS: dict[str, bytes] = {
    "array": text(TWO),
    **{kind: text(bundle(*TWO, kind=kind)) for kind in KINDS},
    "bundle in a bundle": text(bundle(bundle(*TWO))),
    "parameters": text(
        {"resourceType": "Parameters", "parameter": [
            {"name": "a", "resource": TWO[0]},
            {"name": "b", "part": [{"name": "c", "resource": TWO[1]}]}]}
    ),
    "contained": text(
        {"resourceType": "DiagnosticReport", "status": "final", "code": {"text": "MRI"},
         "contained": TWO, "result": [{"reference": "#o1"}, {"reference": "#o2"}]}
    ),
    "ndjson": b"\n".join(map(text, TWO)),
    "ndjson with blank lines": b"\n \r\n" + b"\r\n\t\r\n".join(map(text, TWO)) + b"\n\n",
    "ndjson of bundles": b"\n".join(text(bundle(row)) for row in TWO),
    "gzip": gzip.compress(text(TWO)),
    "gzip of two members": gzip.compress(text(TWO[0]) + b"\n") + gzip.compress(text(TWO[1])),
    "gzip of ndjson": gzip.compress(b"\n".join(map(text, TWO))),
    "byte order mark": b"\xef\xbb\xbf" + text(TWO),
    "pretty": json.dumps(bundle(*TWO), indent=2).encode(),
}  # fmt: skip


@pytest.mark.parametrize("form", FORMS)
def test_a_container_changes_nothing(form: str) -> None:
    document = read(FORMS[form])
    assert facts(document) == EXPECTED
    assert document.issues == ()
    assert document.input.format == "fhir"


def test_utf_16_is_read_and_told() -> None:
    document = read(text(TWO).decode().encode("utf-16"))
    assert facts(document) == EXPECTED
    assert codes(document) == ["deviation"]


def test_comments_are_taken_out_and_told() -> None:
    data = b'/* {"a": 1} */ [ // first\n' + text(TWO[0]) + b", // http://x\n" + text(TWO[1]) + b"]"
    document = read(data)
    assert facts(document) == EXPECTED
    assert codes(document) == ["deviation"]


XML = """<?xml version="1.0" encoding="UTF-8"?>
<Bundle xmlns="http://hl7.org/fhir"><type value="collection"/><entry><resource>
<Observation><id value="o1"/><status value="final"/>
<text><status value="generated"/><div xmlns="http://www.w3.org/1999/xhtml"><p>x</p></div></text>
<code><coding><system value="urn:oid:2.25.69185780400888605725525229835613365432"/>
<code value="epi-fluid"/></coding></code>
<subject><reference value="Patient/p1"/></subject><effectiveDateTime value="2026-03-02"/>
<valueBoolean value="true"/>
<component><code><text value="病変の造影"/></code><valueBoolean value="false"/></component>
</Observation></resource></entry>
<entry><resource><Observation><id value="o2"/><status value="final"/>
<code><text value="髄液圧"/></code><subject><reference value="Patient/p1"/></subject>
<valueQuantity><value value="60.00"/><unit value="mmH2O"/></valueQuantity></Observation></resource>
</entry>
<entry><resource><Observation><id value="o3"/><status value="final"/>
<code><text value="起立性頭痛"/></code><subject><reference value="Patient/p1"/></subject>
<valueBoolean><extension url="http://hl7.org/fhir/StructureDefinition/data-absent-reason">
<valueCode value="masked"/></extension></valueBoolean></Observation></resource></entry></Bundle>
"""


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_xml_says_the_same(encoding: str) -> None:
    data = XML.replace("UTF-8", encoding).encode(encoding)
    document = fhir.read(data, "in.xml", TERMS, OPTIONS)
    fluid, pressure, headache = document.statements
    assert facts(document)[0] == EXPECTED[0]
    assert pressure.quantity is not None
    assert pressure.quantity.value == "60.00"
    assert headache.reason == "masked"
    assert fluid.source.path == "Bundle.entry[0].resource"
    assert document.issues == ()


def test_xml_is_recognised() -> None:
    assert fhir.sniff(XML.encode())
    assert not fhir.sniff(b"<html></html>")


def test_one_bad_line_costs_only_itself() -> None:
    lines = [text(TWO[0]), b'{"resourceType": ', b"7", text(TWO[1]), b'{"a": 1}']
    document = read(b"\n".join(lines))
    assert facts(document) == EXPECTED
    assert [(i.code, i.expression) for i in document.issues] == [
        ("not-json", "line 2"),
        ("deviation", "line 3"),
        ("deviation", "line 5"),
    ]


def test_one_bad_entry_costs_only_itself() -> None:
    form = bundle(*TWO)
    form["entry"] += [7, {"resource": {"id": "x"}}, {"resource": None}, None, {}]
    form["entry"].insert(0, {"resource": ["x"]})
    document = read(form)
    assert facts(document) == EXPECTED
    assert set(codes(document)) == {"deviation"}


def test_a_search_outcome_is_no_resource_of_the_patient() -> None:
    form = bundle(*TWO, kind="searchset")
    form["entry"].append({"search": {"mode": "outcome"}, "resource": obs(id="o9")})
    assert facts(read(form)) == EXPECTED


def history(*versions: tuple[str | None, str]) -> Json:
    """Return a history Bundle: (version, state) each; the state ``DELETE`` deletes."""
    form: Json = {"resourceType": "Bundle", "type": "history", "entry": []}
    for version, state in versions:
        entry: Json = {"fullUrl": "http://x.example/Observation/o1"}
        if state == "DELETE":
            entry["request"] = {"method": "DELETE", "url": "Observation/o1"}
        else:
            entry["request"] = {"method": "PUT", "url": "Observation/o1"}
            entry["resource"] = obs(state=state, meta={"versionId": version} if version else None)
        form["entry"].append(entry)
    return form


@pytest.mark.parametrize(
    ("versions", "state"),
    [
        ([("2", "absent"), ("1", "present")], "absent"),
        ([("1", "present"), ("2", "absent")], "absent"),
        ([("9", "present"), ("10", "absent")], "absent"),
        ([(None, "absent"), (None, "present")], "absent"),
    ],
)
def test_the_newest_version_wins(versions: list[tuple[str | None, str]], state: str) -> None:
    document = read(history(*versions))
    assert [s.state.value for s in document.statements] == [state]
    assert codes(document) == ["superseded"]


def test_a_deleted_resource_is_not_used() -> None:
    assert read(history((None, "DELETE"), (None, "present"))).statements == ()
    assert len(read(history((None, "present"), (None, "DELETE"))).statements) == 1


def test_times_of_update_order_versions_outside_a_history() -> None:
    old = obs(state="present", meta={"lastUpdated": "2026-01-01T00:00:00Z"})
    new = obs(state="absent", meta={"lastUpdated": "2026-02-01T00:00:00Z"})
    assert [s.state.value for s in read([new, old]).statements] == ["absent"]


def test_the_same_resource_twice_is_one() -> None:
    document = read(bundle(obs(), obs()))
    assert len(document.statements) == 1
    assert codes(document) == ["duplicate"]


def test_two_forms_of_one_resource_are_both_left_out() -> None:
    document = read(bundle(obs(), obs(state="absent")))
    assert document.statements == ()
    assert codes(document) == ["contradiction"]


def test_the_same_id_on_two_servers_is_two_resources() -> None:
    form = bundle(obs(), obs(state="absent"))
    form["entry"][0]["fullUrl"] = "http://a.example/Observation/o1"
    form["entry"][1]["fullUrl"] = "http://b.example/Observation/o1"
    assert len(read(form).statements) == 2


@pytest.mark.parametrize("cut", [30, 200, -2])
def test_json_that_ends_early_is_damaged(cut: int) -> None:
    with pytest.raises(Damaged, match=r"in\.json: ends early"):
        fhir.read(text(bundle(*TWO))[:cut], "in.json", TERMS, OPTIONS)


def test_gzip_that_ends_early_is_damaged() -> None:
    with pytest.raises(Damaged):
        fhir.read(gzip.compress(text(TWO))[:-12], "in.gz", TERMS, OPTIONS)


def test_xml_that_ends_early_is_damaged() -> None:
    with pytest.raises(Damaged):
        fhir.read(XML.encode()[:900], "in.xml", TERMS, OPTIONS)


def test_a_key_that_stands_twice_costs_its_resource_and_is_told() -> None:
    twice = text(obs()).replace(b'"status"', b'"status": "cancelled", "status"')
    document = read(b"[" + twice + b"," + text(TWO[1]) + b"]")
    assert facts(document) == EXPECTED[1:]
    assert codes(document) == ["duplicate-key", "not-used"]
    assert "status" in document.issues[0].diagnostics
    assert document.issues[0].expression == "[0]"


def test_a_comma_written_as_an_escape_hides_no_second_key() -> None:
    escaped = b'"language": "\\u002c", "status": "cancelled", "status"'
    document = read(text(obs()).replace(b'"status"', escaped))
    assert codes(document) == ["duplicate-key", "not-used"]
    assert not document.statements


def test_a_key_that_stands_twice_deep_down_is_found() -> None:
    data = text(obs()).replace(b'"code": "52101004"', b'"code": "1", "code": "52101004"')
    document = read(data)
    assert document.statements == ()
    assert document.issues[0].expression == "Observation.valueCodeableConcept.coding[0]"


@pytest.mark.parametrize("number", [b"NaN", b"Infinity", b"-Infinity"])
def test_nan_is_told_and_no_number(number: bytes) -> None:
    body = obs("csf-pressure", None, valueQuantity={"value": 1, "unit": "mmH2O"})
    document = read(text(body).replace(b'"value": 1', b'"value": ' + number))
    assert document.statements[0].quantity is None
    assert codes(document) == ["deviation", "not-used"]


def test_strict_refuses_what_deviates() -> None:
    strict = ReadOptions(strict=True)
    assert len(read(TWO, strict).statements) == 2
    with pytest.raises(RefusedInput, match="--strict"):
        read(obs(effectiveDateTime="yesterday"), strict)


def test_a_zone_is_supplied_by_the_setting_alone_and_told() -> None:
    body = obs(effectiveDateTime="2026-03-02T10:00:00")
    assert read(body).statements[0].date == "2026-03-02T10:00:00"
    document = read(body, ReadOptions(timezone="+09:00"))
    assert document.statements[0].date == "2026-03-02T10:00:00+09:00"
    assert codes(document) == ["zone-supplied"]


def test_more_resources_than_the_limit_are_refused() -> None:
    with pytest.raises(LimitExceeded):
        read(TWO, ReadOptions(max_items=1))


@pytest.mark.parametrize(
    "data", [b"", b"null", b"[]", b'"x"', b'{"format": "x"}', b"resourceType", b"\x00" * 9]
)
def test_what_is_no_fhir_is_not_recognised(data: bytes) -> None:
    assert not fhir.sniff(data)


def test_lines_of_a_large_input_give_what_the_whole_gives() -> None:
    members = [{"reference": "Observation/o1"}, {"reference": "Observation/lab"}]
    panel = obs({"text": "p"}, None, id="p", hasMember=members)
    lab = obs({"coding": [{"system": "http://loinc.org", "code": "1"}]}, None, id="lab")
    patient = {"resourceType": "Patient", "id": "p1", "birthDate": "1970-01-01"}
    lines = [text(one) + b"\n" for one in (lab, *TWO, panel, patient)]
    document = fhir.read_lines(iter(lines), "in.ndjson", TERMS, OPTIONS)
    whole = fhir.read(b"".join(lines), "in.ndjson", TERMS, OPTIONS)
    assert document.statements == whole.statements
    assert document.patient.birth_date == "1970-01-01"
    assert document.input.digest == whole.input.digest
    assert codes(document) == codes(whole) == ["not-mapped"]
