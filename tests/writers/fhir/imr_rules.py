"""IHE IMR 1.1.0 as checks of an output: written from the guide and FHIR R4 alone.

Source: IHE RAD IMR, [RAD-141] 2:4.141.4.1.2 and its profiles; FHIR R4 dom-2 to dom-5, Attachment.
"""

import hashlib
import re
from base64 import b64decode
from collections import Counter
from collections.abc import Iterator
from typing import Any

from tests.writers.fhir.profile_cases import Json, codes, references

IMR = "https://profiles.ihe.net/RAD/IMR/StructureDefinition"
CLAIMS = {
    "DiagnosticReport": "imr-diagnosticreport",
    "ServiceRequest": "imr-servicerequest",
    "ImagingStudy": "imr-imagingstudy",
    "Endpoint": "imaging-study-endpoint",
}
INTENTS = {"order", "original-order", "reflex-order", "filler-order", "instance-order"}
CONNECTIONS = {"ihe-iid", "dicom-wado-rs"}
STATUSES = {"partial", "preliminary", "final", "amended", "corrected", "appended", "cancelled"}
PEOPLE = {"Practitioner", "PractitionerRole"}
CATEGORY = "http://terminology.hl7.org/CodeSystem/observation-category"
INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")


def claimed(resource: Json) -> list[str]:
    found = resource.get("meta", {}).get("profile", [])
    return [p.removeprefix(f"{IMR}/") for p in found]


class Rules:
    """The rules over one Bundle; ``breaches`` are the names of those that are broken."""

    def __init__(self, output: Any) -> None:
        self.output: Json = output
        self.by_url = {e["fullUrl"]: e["resource"] for e in output["entry"]}

    def breaches(self) -> list[str]:
        return [*self._bundle(), *(rule for r in self.by_url.values() for rule in self._of(r))]

    def kind(self, reference: Json, base: Json) -> str:
        """Return the type that a reference leads to; empty where nothing tells it."""
        literal = reference.get("reference", "")
        if literal.startswith("#"):
            inner = [c for c in base.get("contained", []) if f"#{c['id']}" == literal]
            return base["resourceType"] if literal == "#" else self._one(inner)
        if literal in self.by_url:
            return str(self.by_url[literal]["resourceType"])
        if literal and ":" not in literal.partition("?")[0]:
            return re.split(r"[/?]", literal)[0]
        identifier = reference.get("identifier", {})
        known = identifier.get("system") and identifier.get("value")
        return str(reference.get("type", "")) if known and not literal else ""

    def _one(self, found: list[Json]) -> str:
        return str(found[0]["resourceType"]) if len(found) == 1 else ""

    def _kinds(self, rows: list[Json], base: Json) -> set[str]:
        return {self.kind(row, base) for row in rows}

    def _bundle(self) -> Iterator[str]:
        output = self.output
        if output["type"] != "transaction":
            yield "transaction"
        if "imr-store-multimedia-report-bundle" not in claimed(output):
            yield "bundle profile"
        counted = Counter(e["resource"]["resourceType"] for e in output["entry"])
        if counted["DiagnosticReport"] != 1:
            yield "one report"
        if set(counted) - {"DiagnosticReport", "ServiceRequest", "ImagingStudy"}:
            yield "closed"
        for entry in output["entry"]:
            kind = entry["resource"]["resourceType"]
            if entry["request"]["method"] != "POST" or entry["request"]["url"] != kind:
                yield "creates"
        if len(self.by_url) != len(output["entry"]):
            yield "fullUrl"

    def _of(self, resource: Json) -> Iterator[str]:
        kind = resource["resourceType"]
        if claimed(resource) != [CLAIMS[kind]] if kind in CLAIMS else False:
            yield "claims"
        if self._kinds([resource.get("subject", {})], resource) != {"Patient"}:
            yield "subject"
        yield from self._within(resource)
        if "" in {self.kind(r, resource) for r in _rows(resource)}:
            yield "references"
        checks = {
            "DiagnosticReport": self._report,
            "ImagingStudy": self._study,
            "ServiceRequest": self._order,
        }
        yield from checks.get(kind, lambda _: iter(()))(resource)

    def _within(self, resource: Json) -> Iterator[str]:
        """Yield what contained resources break (dom-2 to dom-5), and ``#id`` of none of them."""
        inner = resource.get("contained", [])
        known = {f"#{c['id']}" for c in inner}
        named = set(references(resource))
        if len(known) != len(inner) or any("contained" in c for c in inner):
            yield "dom-2"
        for one in inner:
            if f"#{one['id']}" not in named and "#" not in set(references(one)):
                yield "dom-3"
            if {"versionId", "lastUpdated"} & set(one.get("meta", {})):
                yield "dom-4"
            if "security" in one.get("meta", {}):
                yield "dom-5"
            if one["resourceType"] == "Observation":
                yield from self._observation(one, resource)
        if {r for r in named if r.startswith("#")} - known - {"#"}:
            yield "references"

    def _report(self, report: Json) -> Iterator[str]:
        if not INSTANT.fullmatch(report.get("issued", "")):
            yield "issued"
        if report["status"] not in STATUSES:
            yield "status"
        if "Organization" not in self._kinds(report.get("performer", []), report):
            yield "performer"
        readers = self._kinds(report.get("resultsInterpreter", []), report)
        if not readers or not readers <= PEOPLE:
            yield "interpreter"
        if self._kinds(report.get("imagingStudy", []), report) != {"ImagingStudy"}:
            yield "imagingStudy"
        if self._kinds(report.get("basedOn", []), report) - {"ServiceRequest"}:
            yield "basedOn"
        for one in report.get("extension", []):
            if one["url"] == f"{IMR}/associatedStudy" and self._kinds(
                [one["valueReference"]], report
            ) - {"ImagingStudy", "DiagnosticReport"}:
                yield "associatedStudy"
        if len([i for i in report["identifier"] if i.get("use") == "secondary"]) != 1:
            yield "version"
        if self._kinds(report.get("result", []), report) - {"Observation"}:
            yield "result"
        forms = report.get("presentedForm", [])
        if "text/html" not in {f.get("contentType") for f in forms}:
            yield "html"
        if not all(_is_attachment(f) for f in forms):
            yield "attachment"

    def _study(self, study: Json) -> Iterator[str]:
        uids = [i for i in study["identifier"] if i.get("system") == "urn:dicom:uid"]
        if len(uids) != 1 or not uids[0].get("value"):
            yield "study uid"
        if not study.get("modality"):
            yield "modality"
        if not study.get("started"):
            yield "started"
        if self._kinds(study.get("endpoint", []), study) != {"Endpoint"}:
            yield "endpoint"
        for one in study.get("contained", []):
            if one["connectionType"]["code"] not in CONNECTIONS or len(one["payloadType"]) != 1:
                yield "connection"
            if claimed(one) != [CLAIMS["Endpoint"]]:
                yield "claims"

    def _order(self, order: Json) -> Iterator[str]:
        numbers = [
            i for i in order["identifier"]
            if "ACSN" in codes(i.get("type", {}), "http://terminology.hl7.org/CodeSystem/v2-0203")
        ]  # fmt: skip
        if len(numbers) != 1 or not numbers[0].get("value"):
            yield "accession"
        if order["intent"] not in INTENTS:
            yield "intent"

    def _observation(self, one: Json, base: Json) -> Iterator[str]:
        if not claimed(one):
            return
        if claimed(one) != ["imr-observation"]:
            yield "claims"
        if "ServiceRequest" not in self._kinds(one.get("basedOn", []), base):
            yield "observation basedOn"
        if [codes(c, CATEGORY) for c in one["category"]].count(["imaging"]) != 1:
            yield "observation category"
        if self._kinds([one.get("subject", {})], base) != {"Patient"}:
            yield "observation subject"
        if self._kinds(one.get("performer", []), base) - {*PEOPLE, "Organization"}:
            yield "observation performer"
        rests_on = [self.kind(r, base) for r in one.get("derivedFrom", [])]
        if rests_on.count("ImagingStudy") > 1:
            yield "observation derivedFrom"


def _rows(value: Any) -> Iterator[Json]:
    """Yield every Reference in a value, literal or not."""
    if isinstance(value, dict):
        is_reference = "reference" in value and isinstance(value["reference"], str)
        if is_reference or ("identifier" in value and "type" in value and len(value) <= 3
                            and isinstance(value["type"], str)):  # fmt: skip
            yield value
        for one in value.values():
            yield from _rows(one)
    elif isinstance(value, list):
        for one in value:
            yield from _rows(one)


def _is_attachment(form: Json) -> bool:
    if not form.get("contentType") or "size" not in form or not form.get("hash"):
        return False
    if "data" not in form:
        return bool(form.get("url"))
    data = b64decode(form["data"], validate=True)
    digest = hashlib.sha1(data, usedforsecurity=False).digest()
    return form["size"] == len(data) and b64decode(form["hash"], validate=True) == digest
