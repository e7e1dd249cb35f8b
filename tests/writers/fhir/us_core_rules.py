"""US Core as checks of an output: written from its definitions alone, releases 3.1.1 to 9.0.0.

Source: us-core-diagnosticreport-note, us-core-observation-clinical-result, us-core-patient,
us-core-organization, us-core-practitioner and their invariants.
"""

from collections.abc import Iterator
from typing import Any

from tests.writers.fhir.profile_cases import Json, codes, named

US = "http://hl7.org/fhir/us/core/StructureDefinition"
LOINC = "http://loinc.org"
CATEGORY = "http://terminology.hl7.org/CodeSystem/observation-category"
UCUM = "http://unitsofmeasure.org"
ABSENT = "http://hl7.org/fhir/StructureDefinition/data-absent-reason"
CLAIMS = {
    "Patient": "us-core-patient",
    "Organization": "us-core-organization",
    "Practitioner": "us-core-practitioner",
    "DiagnosticReport": "us-core-diagnosticreport-note",
    "Observation": "us-core-observation-clinical-result",
}
NOTES = {"LP29684-5", "LP29708-2", "LP7839-6"}
RESULTS = {"laboratory", "exam", "therapy", "imaging", "procedure", "vital-signs", "activity"}
STATED = {"partial", "preliminary", "final", "amended", "corrected", "appended"}
EFFECTIVE = {"effectiveDateTime", "effectivePeriod"}


def claimed(resource: Json) -> list[str]:
    found = resource.get("meta", {}).get("profile", [])
    return [p.removeprefix(f"{US}/") for p in found]


def exists(of: Json, name: str) -> bool:
    """Return whether an element is there, by its value or by why it has none."""
    return bool(of.get(name)) or bool(of.get(f"_{name}", {}).get("extension"))


class Rules:
    """The rules over one output; ``breaches`` are the names of those that are broken."""

    def __init__(self, output: Any) -> None:
        is_named = isinstance(output, dict) and "entry" not in output
        self.by_name: dict[str, Json] = output if is_named else named(output)

    def breaches(self) -> list[str]:
        return [rule for r in self.by_name.values() for rule in self._of(r)]

    def _of(self, resource: Json) -> Iterator[str]:
        kind = resource["resourceType"]
        quantity = resource.get("valueQuantity", {})
        is_foreign = quantity.get("system", UCUM) != UCUM  # us-core-3: it may not claim
        if claimed(resource) != ([CLAIMS[kind]] if kind in CLAIMS and not is_foreign else []):
            yield "claims"
        checks = {
            "DiagnosticReport": self._report,
            "Observation": self._observation,
            "Patient": self._patient,
            "Organization": self._organization,
            "Practitioner": self._practitioner,
        }
        yield from checks.get(kind, lambda _: iter(()))(resource)

    def _kinds(self, rows: list[Json]) -> set[str]:
        return {self.by_name[row["reference"]]["resourceType"] for row in rows}

    def _report(self, report: Json) -> Iterator[str]:
        if not any(NOTES & set(codes(c, LOINC)) for c in report.get("category", [])):
            yield "note category"
        if not codes(report["code"], LOINC):
            yield "note code"
        if self._kinds([report["subject"]]) != {"Patient"}:
            yield "note subject"
        given = {n.removeprefix("_") for n in report if n.lstrip("_").startswith("effective")}
        if len(given) > 1 or not given <= EFFECTIVE:
            yield "note effective"
        if report["status"] in STATED and not any(exists(report, name) for name in EFFECTIVE):
            yield "us-core-10"
        people = [*report.get("performer", []), *report.get("resultsInterpreter", [])]
        if self._kinds(people) - {"Practitioner", "Organization"}:
            yield "note performer"
        if not report.get("result") or self._kinds(report["result"]) != {"Observation"}:
            yield "note result"

    def _observation(self, one: Json) -> Iterator[str]:
        if not any(RESULTS & set(codes(c, CATEGORY)) for c in one.get("category", [])):
            yield "result category"
        if self._kinds([one["subject"]]) != {"Patient"}:
            yield "result subject"
        if not {n for n in one if n.startswith("effective")} <= EFFECTIVE:
            yield "result effective"
        if len(one.get("effectiveDateTime", "2026-01-01")) < 10:
            yield "us-core-1"
        answered = any(n.startswith("value") for n in one) or "dataAbsentReason" in one
        if "component" not in one and "hasMember" not in one and not answered:
            yield "us-core-2"
        measured = [one, *one.get("component", [])]
        for quantity in (m["valueQuantity"] for m in measured if "valueQuantity" in m):
            if quantity.get("system", UCUM) != UCUM and claimed(one):
                yield "us-core-3"
            if "code" in quantity and "system" not in quantity:
                yield "us-core-3"
        if self._kinds(one.get("performer", [])) - {"Practitioner", "Organization"}:
            yield "result performer"

    def _patient(self, patient: Json) -> Iterator[str]:
        known = patient.get("identifier", [])
        if not known or not all(exists(i, "system") and exists(i, "value") for i in known):
            yield "patient identifier"
        if not patient.get("name"):
            yield "patient name"
        for name in patient.get("name", []):
            parts = bool(name.get("family") or name.get("given"))
            if parts == any(e["url"] == ABSENT for e in name.get("extension", [])):
                yield "us-core-6"
        if patient.get("gender") not in ("male", "female", "other", "unknown"):
            yield "patient gender"

    def _organization(self, organization: Json) -> Iterator[str]:
        if organization.get("active") is not True or not organization.get("name"):
            yield "organization"

    def _practitioner(self, one: Json) -> Iterator[str]:
        known = one.get("identifier", [])
        if not known or not all(i.get("system") and i.get("value") for i in known):
            yield "practitioner identifier"
        if not one.get("name") or not all(exists(n, "family") for n in one["name"]):
            yield "practitioner name"
