"""Every rule of FHIR: one change that breaks it, and a neighbour that does not."""

import json
import re

import pytest

from adapter.gates import fhir
from tests.gates.good import (
    DCM,
    DIV,
    EU,
    GONE,
    GOOD,
    IMAGING,
    LOINC,
    RAD,
    SHA1,
    THO,
    changed,
    concept,
    identifier,
)

ABSENT = "http://hl7.org/fhir/StructureDefinition/data-absent-reason"
NULL_REASON = {"extension": [{"url": ABSENT, "valueCode": "unknown"}]}
CONTAINED = {"resourceType": "Patient", "id": "in"}
VALUE = {"value": 1, "unit": "mm", "system": "http://unitsofmeasure.org", "code": "mm"}
TWO = "http://a.example/Observation/o"
E2, E3, E4, E5, E6 = (f"entry.{i}.resource" for i in (2, 3, 4, 5, 6))
E0, E1 = "entry.0.resource", "entry.1.resource"
RADIOLOGY = concept(LOINC, "LP29684-5")
ORG = {"reference": "Organization/1"}
DOCUMENTS = "http://jpfhir.jp/fhir/core/CodeSystem/JP_DocumentCodes_CS"
SIMPLE = "http://jpfhir.jp/fhir/core/CodeSystem/JP_SimpleObservationCategory_CS"
REPRESENTATION = "http://hl7.org/fhir/StructureDefinition/iso21090-EN-representation"
NUMBER = "urn:oid:1.2.392.100495.20.3.51."


def name(*representations):
    rows = [{"url": REPRESENTATION, "valueCode": code} for code in representations]
    return {"family": "x", "extension": rows}


# rule: what it starts from, what breaks it, what does not
CASES = {
    "base.empty": ("report", {"conclusion": ""}, {"conclusion": "0"}),
    "base.null": (
        "patient", {"name.0.given": ["x", None]},
        {"name.0.given": ["x", None], "name.0._given": [None, NULL_REASON]}),
    "base.resource-type": ("patient", {"resourceType": "Patent"}, {"resourceType": "Account"}),
    "base.unknown-element": (
        "report", {"grade": "x"},
        {"extension": [{"url": "http://a.example/grade", "valueString": "x"}]}),
    "base.required": ("report", {"status": GONE}, {"status": GONE, "_status": NULL_REASON}),
    "base.list": ("report", {"imagingStudy": ORG}, {"imagingStudy": [{"display": "x"}]}),
    "base.choice": (
        "report", {"effectiveDateTime": "2026"},
        {"effectivePeriod": GONE, "effectiveDateTime": "2026"}),
    "base.type": ("patient", {"active": "true"}, {"active": True}),
    "base.format": ("patient", {"id": "a_b"}, {"id": "a-b.1"}),
    "base.date-time": (
        "observation", {"effectiveDateTime": "2026/11/20"}, {"effectiveDateTime": "2026-11"}),
    "base.instant": (
        "report", {"issued": "2026-11-20T11:30:00"}, {"issued": "2026-11-20T11:30:00.5Z"}),
    "base.base64": (
        "report", {"presentedForm.0.data": "###"},
        {"presentedForm.0.data": "PGh0bWw+\nPC9odG1sPg=="}),
    "base.status": ("report", {"status": "確定"}, {"status": "preliminary"}),
    "base.code": ("patient", {"gender": "F"}, {"gender": "other"}),
    "base.target": (
        "report", {"imagingStudy.0.reference": "Patient/1"},
        {"imagingStudy.0.reference": "http://a.example/ImagingStudy/1/_history/2"}),
    "base.narrative": (
        "report", {"text.div": "<p>x</p>"},
        {"text.div": DIV.replace("text", "a&nbsp;b<br/>")}),
    "base.hash": (
        "report", {"presentedForm.0.hash": "4ED94777DD88C61F3A4D2C50DE6D92E8E53EE5CA"},
        {"presentedForm.0.hash": GONE}),
    "base.attachment": (
        "report", {"presentedForm.0.size": 12},
        {"presentedForm.0.data": "", "presentedForm.0.size": 0, "presentedForm.0.hash": SHA1}),
    "base.dom-2": (
        "report", {"contained.0.contained": [CONTAINED]}, {"contained.0.alias": ["x"]}),
    "base.dom-3": (
        "report", {"performer": GONE}, {"performer": GONE, "resultsInterpreter": [
            {"reference": "#org"}]}),
    "base.dom-4": (
        "report", {"contained.0.meta": {"versionId": "1"}},
        {"contained.0.meta": {"source": "http://a.example"}}),
    "base.dom-5": (
        "report", {"contained.0.meta": {"security": [{"code": "R"}]}},
        {"contained.0.meta": {"tag": [{"code": "R"}]}}),
    "base.ref-1": (
        "report", {"performer.0.reference": "#other"},
        {"contained.0.partOf": {"reference": "#org"}}),
    "base.reference": (
        "urns",
        {f"{E1}.subject.reference": "urn:uuid:00000000-0000-4000-8000-000000000009"},
        {f"{E1}.subject.reference": "Patient/p"}),
    "base.reference-alone": (
        "observation", {"subject.reference": "urn:uuid:00000000-0000-4000-8000-000000000009"},
        {"subject.reference": "Patient/other"}),
    "base.reference-outside": (
        "collection", {f"{E1}.subject.reference": "Patient/other"},
        {f"{E1}.subject.reference": "http://other.example/Patient/other"}),
    "base.att-1": (
        "report", {"presentedForm.0.contentType": GONE},
        {"presentedForm.0": {"url": "http://a.example/1"}}),
    "base.qty-3": (
        "observation", {"valueQuantity.system": GONE},
        {"valueQuantity.system": GONE, "valueQuantity.code": GONE}),
    "base.per-1": (
        "report", {"effectivePeriod.end": "2026-11-19"},
        {"effectivePeriod": {"start": "2026-11-20T00:30:00+09:00",
                             "end": "2026-11-19T20:00:00Z"}}),
    "base.cpt-2": (
        "patient", {"telecom.0.system": GONE}, {"telecom.0": {"system": "phone"}}),
    "base.obs-3": (
        "observation", {"referenceRange.0": {"type": {"text": "x"}}},
        {"referenceRange.0": {"low": VALUE}}),
    "base.obs-6": (
        "observation", {"dataAbsentReason": {"text": "x"}},
        {"valueQuantity": GONE, "dataAbsentReason": {"text": "x"}}),
    "base.obs-6.component": (
        "observation", {"component.0.dataAbsentReason": {"text": "x"}},
        {"component.0.valueString": GONE, "component.0.dataAbsentReason": {"text": "x"}}),
    "base.obs-7": (
        "observation", {"component.0.code": concept(LOINC, "18782-3")},
        {"component.0.code": concept(LOINC, "18782-3"), "valueQuantity": GONE}),
    "base.cmp-1": (
        "composition", {"section.0.entry": GONE},
        {"section.0.entry": GONE, "section.0.text": {"status": "generated", "div": DIV}}),
    "base.cmp-2": (
        "composition", {"section.0.emptyReason": {"text": "x"}},
        {"section.0.emptyReason": {"text": "x"}, "section.0.entry": GONE}),
    "base.org-1": ("report", {"contained.0.name": GONE}, {"contained.0": {
        "resourceType": "Organization", "id": "org", "identifier": [identifier("1")]}}),
    "base.pat-1": (
        "patient", {"contact.0": {"gender": "female"}}, {"contact.0": {"organization": ORG}}),
    "base.identifier": (
        "patient", {"identifier.0.value": GONE},
        {"identifier.0.value": GONE, "identifier.0._value": NULL_REASON}),
    "base.bdl-1": ("collection", {"total": 3}, {"type": "searchset", "total": 3}),
    "base.bdl-2": (
        "collection", {"entry.0.search": {"mode": "match"}},
        {"type": "searchset", "entry.0.search": {"mode": "match"}}),
    "base.bdl-3": (
        "transaction", {"entry.0.request": GONE},
        {"entry.0.request": GONE, "type": "collection"}),
    "base.bdl-4": (
        "response", {"entry.0.response": GONE}, {"entry.0.response": {"status": "200"}}),
    "base.bdl-5": (
        "collection", {"entry.0": {"fullUrl": "http://a.example/Patient/p"}},
        {"entry.0.fullUrl": GONE}),
    "base.bdl-7": (
        "collection", {"entry.2.fullUrl": TWO, f"{E2}.id": "o"},
        {"entry.2.fullUrl": TWO, f"{E2}.id": "o", f"{E2}.meta": {"versionId": "2"}}),
    "base.bdl-8": (
        "collection", {"entry.0.fullUrl": "http://a.example/Patient/p/_history/1"},
        {"entry.0.fullUrl": "http://b.example/Patient/p"}),
    "base.bdl-9": (
        "document", {"identifier.system": GONE}, {"type": "collection", "identifier": GONE}),
    "base.bdl-10": (
        "document", {"timestamp": GONE}, {"type": "collection", "timestamp": GONE}),
    "base.bdl-11": (
        "document", {E0: GOOD["patient"]}, {E0: GOOD["patient"], "type": "collection"}),
    "base.bdl-12": (
        "message", {E0: GOOD["patient"]}, {E0: GOOD["patient"], "type": "collection"}),
    "base.full-url": (
        "collection", {"entry.0.fullUrl": "http://a.example/Patient/q"},
        {"entry.0.fullUrl": "urn:uuid:00000000-0000-4000-8000-000000000001"}),
    "base.request": (
        "transaction", {"entry.0.resource": GONE},
        {"entry.0.resource": GONE, "entry.0.request": {"method": "GET", "url": "Patient"}}),
    "jp-core.1": ("jp", {f"{E2}.category": GONE}, {f"{E2}.category.2": concept("urn:x", "x")}),
    "jp-core.2": (
        "jp", {f"{E2}.category.3": RADIOLOGY}, {f"{E2}.category": [RADIOLOGY]}),
    "jp-core.3": (
        "jp", {f"{E2}.category.1": concept(DCM, "DOC")},
        {f"{E2}.category.3": concept(DCM, "CT")}),
    "jp-core.4": (
        "jp", {f"{E2}.code": concept(DOCUMENTS, "11502-2")},
        {f"{E2}.code.coding.1": {"system": LOINC, "code": "11502-2"}}),
    "jp-core.4.notes": (
        "jp", {f"{E2}.code": concept(LOINC, "18748-4")},
        {f"{E2}.code.coding.0.display": "画像検査報告書"}),
    "jp-core.5": (
        "jp", {f"{E2}.identifier": [identifier("1", "MR")]},
        {f"{E2}.identifier": [identifier("1", "PLAC")]}),
    "jp-core.6": (
        "jp", {f"{E5}.status": "preliminary"},
        {f"{E5}.status": "preliminary", f"{E2}.status": "preliminary"}),
    "jp-core.7": (
        "jp", {f"{E2}.effectiveDateTime": GONE, f"{E2}.effectivePeriod": {"start": "2026"}},
        {f"{E2}.effectiveDateTime": "2026"}),
    "jp-core.8": (
        "jp", {f"{E2}.performer": [ORG]}, {f"{E2}.performer": [{"display": "x"}]}),
    "jp-core.9": ("jp", {f"{E5}.meta": GONE}, {f"{E2}.result": GONE}),
    "jp-core.9.notes": (
        "jp", {f"{E2}.imagingStudy": GONE}, {f"{E2}.imagingStudy": [{"display": "x"}]}),
    "jp-core.10": (
        "jp", {f"{E2}.basedOn": [ORG]}, {f"{E2}.basedOn": [{"reference": "ServiceRequest/1"}]}),
    "jp-core.11": ("jp", {f"{E2}.issued": GONE}, {f"{E2}.presentedForm": GONE}),
    "jp-core.11.notes": (
        "jp", {f"{E2}.conclusion": "y"}, {f"{E2}.conclusion": "y", f"{E5}.valueString": "y"}),
    "jp-core.12": ("jp", {f"{E6}.category": [IMAGING]}, {f"{E6}.category.2": RAD}),
    "jp-core.13": (
        "jp", {f"{E6}.performer": [{"reference": "Device/1"}]}, {f"{E6}.performer": [ORG]}),
    "jp-core.14": (
        "jp", {f"{E6}.derivedFrom": [{"reference": "Patient/p"}]},
        {f"{E6}.derivedFrom": [{"reference": "ImagingStudy/s"}]}),
    "jp-core.15": (
        "jp", {f"{E4}.category.0": concept(SIMPLE, "exam")}, {f"{E4}.category.1": IMAGING}),
    "jp-core.16.findings": (
        "jp", {f"{E4}.code.coding.1": {"system": "urn:x", "code": "x"}},
        {f"{E4}.code.text": "x"}),
    "jp-core.16.impression": (
        "jp", {f"{E5}.code": concept(LOINC, "18782-3")}, {f"{E5}.code.text": "x"}),
    "jp-core.17": (
        "jp", {f"{E4}.valueString": GONE, f"{E4}.valueBoolean": True},
        {f"{E4}.effectiveDateTime": "2026"}),
    "jp-core.18": (
        "jp", {f"{E4}.subject.reference": "Group/1"}, {f"{E4}.performer": [ORG]}),
    "jp-core.18.supported": ("jp", {f"{E4}.identifier": GONE}, {f"{E4}.hasMember": GONE}),
    "jp-core.19": (
        "jp", {f"{E4}.hasMember.0.reference": "QuestionnaireResponse/1"},
        {f"{E5}.hasMember.0.reference": "QuestionnaireResponse/1"}),
    "jp-core.20": (
        "jp", {f"{E4}.dataAbsentReason": {"text": "x"}},
        {f"{E6}.component.0": {"code": {"text": "x"}, "dataAbsentReason": {"text": "x"}}}),
    "jp-core.21": ("jp", {f"{E3}.subject": GONE}, {f"{E3}.description": "x"}),
    "jp-core.21.supported": ("jp", {f"{E3}.series": GONE}, {f"{E3}.started": GONE}),
    "jp-core.22": (
        "jp", {f"{E3}.modality.0.code": "PLAN"}, {f"{E3}.series.0.modality.code": "NM"}),
    "jp-core.23": (
        "jp", {f"{E3}.procedureCode": [{"text": "x"}]}, {f"{E3}.reasonCode": [{"text": "x"}]}),
    "jp-core.24": (
        "jp", {f"{E3}.identifier.0.value": "1.2.3.4"},
        {f"{E3}.identifier.1": identifier("1.2.3.4")}),
    "jp-core.25": ("jp", {f"{E0}.identifier": GONE}, {f"{E0}.identifier.0.system": GONE}),
    "jp-core.25.number": (
        "jp", {f"{E0}.identifier.0.system": f"{NUMBER}11312"},
        {f"{E0}.identifier.0.system": f"{NUMBER}11312345670"}),
    "jp-core.26": (
        "jp", {f"{E0}.name": [name("IDE", "SYL")]}, {f"{E0}.name": [name("IDE"), name("SYL")]}),
    "jp-core.27": (
        "jp", {f"{E3}.subject.reference": "Location/1"}, {f"{E3}.subject.reference": "Device/1"}),
    "imr.1.subject": (
        "imr-report", {"subject.reference": "Group/1"}, {"subject": {"display": "x"}}),
    "imr.1.issued": ("imr-report", {"issued": GONE}, {"effectivePeriod": GONE}),
    "imr.1.performer": (
        "imr-report", {"performer": [{"reference": "Practitioner/1"}], "contained": GONE},
        {"performer.1": {"reference": "Practitioner/1"}}),
    "imr.1.interpreter": (
        "imr-report", {"resultsInterpreter": GONE},
        {"resultsInterpreter": [{"reference": "PractitionerRole/1"}]}),
    "imr.1.study": ("imr-report", {"imagingStudy": GONE}, {"imagingStudy": [{"display": "x"}]}),
    "imr.2": (
        "imr-report", {"presentedForm.0.contentType": "application/pdf"},
        {"presentedForm.1": {"contentType": "application/pdf", "size": 1, "hash": SHA1,
                             "url": "http://a.example/1"}}),
    "imr.3.uid": (
        "imr-study", {"identifier": [identifier("1")]}, {"identifier.1": identifier("1")}),
    "imr.3.modality": ("imr-study", {"modality": GONE}, {"series": GONE}),
    "imr.3.started": ("imr-study", {"started": GONE}, {"started": "2026"}),
    "imr.3.subject": (
        "imr-study", {"subject.reference": "Device/1"}, {"subject": {"display": "x"}}),
    "imr.3.endpoint": (
        "imr-study", {"contained.0.connectionType.code": "hl7-fhir-rest"},
        {"contained.0.connectionType.code": "ihe-iid"}),
    "imr.4.accession": (
        "imr-order", {"identifier": [identifier("1")]}, {"identifier.1": identifier("1")}),
    "imr.4.intent": ("imr-order", {"intent": "plan"}, {"intent": "filler-order"}),
    "imr.4.subject": (
        "imr-order", {"subject.reference": "Group/1"}, {"subject": {"display": "x"}}),
    "imr.5": ("imr-bundle", {E1: GOOD["patient"]}, {"entry.1": GOOD["imr-bundle"]["entry"][2]}),
    "imr.6.order": (
        "imr-observation", {"basedOn": GONE}, {"basedOn": [{"identifier": identifier("1")}]}),
    "imr.6.category": ("imr-observation", {"category.1": IMAGING}, {"category.1": RAD}),
    "imr.6.subject": ("imr-observation", {"subject": GONE}, {"subject": {"display": "x"}}),
    "imr.6.performer": (
        "imr-observation", {"performer": [{"reference": "CareTeam/1"}]}, {"performer": [ORG]}),
    "imr.6.study": (
        "imr-observation", {"derivedFrom.1": {"reference": "ImagingStudy/t"}},
        {"derivedFrom.1": {"reference": "Observation/t"}}),
    "eu.1.identifier": ("eu", {f"{E1}.identifier": GONE}, {f"{E1}.identifier.1": identifier("2")}),
    "eu.1.category": ("eu", {f"{E1}.category.1": RAD}, {f"{E1}.category.1": RADIOLOGY}),
    "eu.1.composition": ("eu", {f"{E1}.extension": GONE}, {
        f"{E1}.extension.1": {"url": "http://a.example/x", "valueString": "x"}}),
    "eu.1.order": (
        "eu", {f"{E1}.basedOn": [{"reference": "ServiceRequest/1"}]}, {f"{E1}.basedOn": GONE}),
    "eu.1.claims": ("eu", {f"{E3}.meta": GONE}, {f"{E3}.meta.profile.1": f"{EU}/x"}),
    "eu.2.uid": (
        "eu", {f"{E3}.identifier": [identifier("1")]}, {f"{E3}.identifier.1": identifier("1")}),
    "eu.2.oid": (
        "eu", {f"{E3}.identifier.0.value": "1.2.3"}, {f"{E3}.identifier.1": identifier("1.2.3")}),
    "eu.2.subject": ("eu", {f"{E3}.subject": GONE}, {f"{E3}.subject": {"display": "x"}}),
    "eu.2.function": (
        "eu", {f"{E3}.series.0.performer": [{"actor": ORG}]},
        {f"{E3}.series.0.performer": [
            {"actor": ORG, "function": concept(f"{THO}/v3-ParticipationType", "LOC")}]}),
    "eu.3.identifier": (
        "eu", {f"{E0}.identifier.value": "2"},
        {f"{E0}.identifier.value": "2", f"{E1}.identifier.0.value": "2"}),
    "eu.3.author": ("eu", {f"{E0}.author": GONE}, {f"{E0}.author": [ORG]}),
    "eu.3.category": ("eu", {f"{E0}.category": [RADIOLOGY]}, {f"{E0}.category.1": RADIOLOGY}),
    "eu.3.sections": (
        "eu", {f"{E0}.section.1": GOOD["composition"]["section"][0]}, {f"{E0}.section.4": GONE}),
    "eu.3.study": (
        "eu", {f"{E0}.section.0.entry": GONE,
               f"{E0}.section.0.text": {"status": "generated", "div": DIV}},
        {f"{E0}.section.0.text": {"status": "generated", "div": DIV}}),
    "eu.3.empty": (
        "eu", {f"{E0}.section.1.entry": GONE,
               f"{E0}.section.1.text": {"status": "generated", "div": DIV}},
        {f"{E0}.section.1.entry": GONE, f"{E0}.section.1.emptyReason": {"text": "x"},
         f"{E0}.section.1.text": {"status": "generated", "div": DIV}}),
    "eu.4": ("eu", {"entry.2": GONE}, {"entry.3": GONE}),
    "us-core.1.category": ("us-report", {"category": GONE}, {"category.1": RAD}),
    "us-core.1.slice": ("us-report", {"category": [RAD]}, {
        "category": [concept(LOINC, "LP7839-6")]}),
    "us-core.1.code": (
        "us-report", {"code": {"text": "x"}}, {"code.coding.1": {"system": "urn:x", "code": "x"}}),
    "us-core.1.subject": ("us-report", {"subject": GONE}, {"subject": {"display": "x"}}),
    "us-core.1.us-core-10": (
        "us-report", {"effectivePeriod": GONE},
        {"effectivePeriod": GONE, "_effectiveDateTime": NULL_REASON}),
    "us-core.2.category": (
        "us-result", {"category": [RAD]}, {"category": [RAD, IMAGING]}),
    "us-core.2.subject": ("us-result", {"subject": GONE}, {"subject": {"display": "x"}}),
    "us-core.2.us-core-1": (
        "us-result", {"effectiveDateTime": "2026-11"}, {"effectiveDateTime": "2026-11-20"}),
    "us-core.2.us-core-2": (
        "us-result", {"valueQuantity": GONE, "component": GONE}, {"valueQuantity": GONE}),
    "us-core.2.us-core-3": (
        "us-result", {"valueQuantity.system": "urn:x"},
        {"valueQuantity": {"value": 1, "unit": "x"}}),
    "us-core.3.identifier": (
        "us-patient", {"identifier.0.system": GONE},
        {"identifier.0.system": GONE, "identifier.0._system": NULL_REASON}),
    "us-core.3.name": ("us-patient", {"name": GONE}, {"name": [{"family": "x"}]}),
    "us-core.3.us-core-6": (
        "us-patient", {"name": [{"text": "x"}]}, {"name": [{"text": "x", **NULL_REASON}]}),
    "us-core.3.gender": ("us-patient", {"gender": GONE}, {"gender": "unknown"}),
    "ips.category": ("ips", {"category": [RAD]}, {"category.1": RAD}),
    "ips.study": ("ips", {"partOf": GONE}, {"partOf": [{"display": "x"}]}),
    "ips.members": (
        "ips", {"hasMember": [ORG], "component": [{"code": {"text": "x"}}]},
        {"component": [{"code": {"text": "x"}}]}),
}  # fmt: skip


ELSEWHERE = {"base.dom-3", "imr.3.endpoint", "jp-core.6", "jp-core.9", "eu.1.claims"}
"""Rules that two resources break: told where the one is, changed in the other."""


def on_one_way(path, change):
    """Return whether a path is that of a change, lies within it, or leads to it."""
    wanted = re.sub(r"\.(\d+)", r"[\1]", change).replace("_", "")
    told = path.partition(".")[2].replace("[x]", "").replace("_", "")
    return told.startswith(wanted) or wanted.startswith(told)


def rules(resource):
    found = fhir.check(json.dumps(resource).encode(), "x")
    return {b.rule for b in found if b.gate == "fhir"}


@pytest.mark.parametrize("name", GOOD)
def test_a_right_resource_breaks_nothing(name):
    found = fhir.check(json.dumps(GOOD[name]).encode(), name)
    assert [b for b in found if b.severity != "information"] == []


@pytest.mark.parametrize("rule", CASES)
def test_what_breaks_it_is_found_where_it_stands(rule):
    start, breaking, _ = CASES[rule]
    found = fhir.check(json.dumps(changed(start, breaking)).encode(), "x")
    paths = [b.path for b in found if b.rule == rule]
    assert paths
    if rule not in ELSEWHERE:
        assert any(on_one_way(path, change) for path in paths for change in breaking)


@pytest.mark.parametrize("rule", CASES)
def test_its_neighbour_does_not_break_it(rule):
    start, _, neighbour = CASES[rule]
    assert rule not in rules(changed(start, neighbour))


@pytest.mark.parametrize("rule", CASES)
def test_what_it_starts_from_does_not_break_it(rule):
    assert rule not in rules(GOOD[CASES[rule][0]])


def test_every_rule_has_a_case():
    apart = {"base.duplicate-key"}  # no Python object has a key twice: test_fhir_inputs.py
    assert {r.id for r in fhir.RULES} - apart == set(CASES)


def test_no_rule_stands_twice():
    ids = [r.id for r in fhir.RULES]
    assert len(ids) == len(set(ids))
