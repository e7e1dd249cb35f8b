"""JP Core 1.2.0 as checks of an output: written from its definitions and notes alone.

Source: JP_DiagnosticReport_Radiology, JP_Observation_Common, _Radiology_Findings, _Impression,
JP_ImagingStudy_Radiology, JP_Patient; the numbers are those of the reference on FHIR, section 2.
"""

import re
from collections.abc import Iterator
from typing import Any

from tests.writers.fhir.profile_cases import Json, codes, named

JP = "http://jpfhir.jp/fhir/core"
LOINC = "http://loinc.org"
DCM = "http://dicom.nema.org/resources/ontology/DCM"
SIMPLE = f"{JP}/CodeSystem/JP_SimpleObservationCategory_CS"
DOCUMENTS = f"{JP}/CodeSystem/JP_DocumentCodes_CS"
THO = "http://terminology.hl7.org/CodeSystem"
REPRESENTATION = "http://hl7.org/fhir/StructureDefinition/iso21090-EN-representation"
MODALITIES = frozenset({
    "AR", "AU", "BDUS", "BI", "BMD", "CR", "CT", "DG", "DX", "ECG", "EPS", "ES", "GM", "HC",
    "HD", "IO", "IVOCT", "IVUS", "KER", "KO", "LEN", "LS", "MG", "MR", "NM", "OAM", "OCT", "OP",
    "OPM", "OPT", "OPV", "OSS", "OT", "PR", "PT", "PX", "REG", "RF", "RG", "RTDOSE", "RTIMAGE",
    "RTPLAN", "RTRECORD", "RTSTRUCT", "SEG", "SM", "SMR", "SR", "SRF", "TG", "US", "VA", "XA",
    "XC",
})  # fmt: skip
CATEGORIES = frozenset({
    "sdoh", "functional-status", "disability-status", "cognitive-status", "social-history",
    "vital-signs", "body-measurement", "imaging", "laboratory", "procedure", "survey", "exam",
    "therapy", "activity",
})  # fmt: skip
REPORT_CATEGORIES = frozenset({
    "LP29684-5", "LP7839-6", "LP7796-8", "LP29693-6", "LP29708-2", "LP31759-1", "LP7819-8",
})  # fmt: skip
CLAIMS = {
    "Patient": {"JP_Patient"},
    "Organization": {"JP_Organization"},
    "Practitioner": {"JP_Practitioner"},
    "ImagingStudy": {"JP_ImagingStudy_Radiology"},
    "DiagnosticReport": {"JP_DiagnosticReport_Radiology"},
    "Observation": {
        "JP_Observation_Common",
        "JP_Observation_Radiology_Findings",
        "JP_Observation_Radiology_Impression",
    },
}
ORDERS = {"CarePlan", "ImmunizationRecommendation", "MedicationRequest", "NutritionOrder",
          "ServiceRequest"}  # fmt: skip
SOURCES = {"DocumentReference", "ImagingStudy", "Media", "QuestionnaireResponse", "Observation",
           "MolecularSequence"}  # fmt: skip
PARTS = {"ImagingStudy", "Procedure", "Immunization", "MedicationAdministration",
         "MedicationDispense", "MedicationStatement"}  # fmt: skip
PERFORMERS = {"Practitioner", "PractitionerRole", "Organization", "CareTeam", "Patient",
              "RelatedPerson"}  # fmt: skip


def claimed(resource: Json) -> set[str]:
    """Return the names of the JP Core profiles that a resource claims."""
    found = resource.get("meta", {}).get("profile", [])
    return {p.removeprefix(f"{JP}/StructureDefinition/") for p in found}


class Rules:
    """The rules over one output; ``breaches`` are the numbers of those that are broken."""

    def __init__(self, output: Any) -> None:
        is_named = isinstance(output, dict) and "entry" not in output
        self.by_name: dict[str, Json] = output if is_named else named(output)
        self.all = list(self.by_name.values())

    def breaches(self) -> list[str]:
        return [rule for r in self.all for rule in self._of(r)]

    def _of(self, resource: Json) -> Iterator[str]:
        known = CLAIMS.get(resource["resourceType"], set())
        if known and (len(claimed(resource)) != 1 or not claimed(resource) <= known):
            yield "claims"
        if not known and claimed(resource):
            yield "claims"
        checks = {
            "DiagnosticReport": self._report,
            "Observation": self._observation,
            "ImagingStudy": self._study,
            "Patient": self._patient,
        }
        yield from checks.get(resource["resourceType"], lambda _: iter(()))(resource)

    def _targets(self, references: Any) -> list[Json]:
        rows = references if isinstance(references, list) else [references] if references else []
        return [self._target(row) for row in rows]

    def _target(self, reference: Json) -> Json:
        if "reference" in reference:
            return self.by_name[reference["reference"]]
        return {"resourceType": reference.get("type", "")}

    def _kinds(self, references: Any) -> set[str]:
        return {t["resourceType"] for t in self._targets(references)}

    def _report(self, report: Json) -> Iterator[str]:
        rows = [(r, codes(r)) for r in report.get("category", [])]
        if not rows:
            yield "1"
        first = [r for r, _ in rows if REPORT_CATEGORIES & set(codes(r, LOINC))]
        if len(first) != 1 or codes(first[0]) != ["LP29684-5"]:
            yield "2"
        if [c for r, c in rows if "RAD" in c] != [["RAD"]]:
            yield "2"
        modal = [r for r, _ in rows if codes(r, DCM)]
        shown = [code for r in modal for code in codes(r)]
        if any(len(codes(r)) != 1 for r in modal) or not set(shown) <= MODALITIES:
            yield "3"
        if len(shown) != len(set(shown)):
            yield "3"
        if self._known_modalities() - set(shown):
            yield "3"
        documents = [c for c in report["code"]["coding"] if c["system"] == DOCUMENTS]
        if [c["code"] for c in documents] != ["18748-4"]:
            yield "4"
        if any(c.get("display", "画像検査報告書") != "画像検査報告書" for c in documents):
            yield "4"
        if codes(report["code"])[1:] != ["18748-4"] or not codes(report["code"], LOINC):
            yield "4"
        types = [codes(i["type"]) for i in report.get("identifier", []) if "type" in i]
        if not types or not all(t in (["FILL"], ["PLAC"]) for t in types):
            yield "5"
        if not all(i.get("value") for i in report.get("identifier", [])):
            yield "5"
        items = self._targets(report.get("result"))
        if report["status"] == "final" and any(o["status"] != "final" for o in self._all(items)):
            yield "6"
        if any(name.startswith("effective") and name != "effectiveDateTime" for name in report):
            yield "7"
        people = self._targets([*report.get("performer", []),
                                *report.get("resultsInterpreter", [])])  # fmt: skip
        if not all(claimed(p) == {"JP_Practitioner"} for p in people):
            yield "8"
        if not items or not all(claimed(o) and claimed(o) <= CLAIMS["Observation"] for o in items):
            yield "9"
        studies = self._targets(report.get("imagingStudy"))
        if not all(claimed(s) == {"JP_ImagingStudy_Radiology"} for s in studies):
            yield "9"
        if not self._kinds(report.get("basedOn")) <= ORDERS:
            yield "10"
        if not all(claimed(s) == {"JP_Patient"} for s in self._targets(report["subject"])):
            yield "10"
        impressions = [o for o in items if "JP_Observation_Radiology_Impression" in claimed(o)]
        if [o.get("valueString") for o in impressions] != [report.get("conclusion")]:
            yield "11"
        if "text" not in report or not report.get("conclusionCode"):
            yield "11"

    def _known_modalities(self) -> set[str]:
        studies = (r for r in self.all if r["resourceType"] == "ImagingStudy")
        return {m["code"] for s in studies for m in s.get("modality", [])}

    def _all(self, items: list[Json]) -> Iterator[Json]:
        """Yield Observations and their members, to any depth."""
        for item in items:
            yield item
            yield from self._all(self._targets(item.get("hasMember")))

    def _observation(self, one: Json) -> Iterator[str]:
        rows = one.get("category", [])
        simple = [r for r in rows if codes(r, SIMPLE)]
        if not simple or any(len(codes(r)) != len(codes(r, SIMPLE)) for r in simple):
            yield "12"
        if not all(code in CATEGORIES for r in simple for code in codes(r)):
            yield "12"
        tho = [r for r in rows if codes(r, f"{THO}/observation-category")]
        if [codes(r) for r in simple] != [codes(r) for r in tho]:
            yield "12"
        if not all(claimed(s) == {"JP_Patient"} for s in self._targets(one.get("subject"))):
            yield "13"
        if not self._kinds(one.get("performer")) <= PERFORMERS:
            yield "13"
        if not self._kinds(one.get("basedOn")) <= ORDERS | {"DeviceRequest"}:
            yield "13"
        if self._kinds(one.get("hasMember")) - {"Observation"}:
            yield "14"
        if self._kinds(one.get("derivedFrom")) - SOURCES or self._kinds(one.get("partOf")) - PARTS:
            yield "14"
        in_words = claimed(one) != {"JP_Observation_Common"}
        if in_words:
            yield from self._in_words(one)
        if in_words != bool({"18782-3", "19005-8"} & set(codes(one["code"], LOINC))):
            yield "20"

    def _in_words(self, one: Json) -> Iterator[str]:
        is_findings = claimed(one) == {"JP_Observation_Radiology_Findings"}
        if any(codes(r) != ["imaging"] for r in one["category"] if codes(r, SIMPLE)):
            yield "15"
        wanted = "18782-3" if is_findings else "19005-8"
        if [(c["system"], c["code"]) for c in one["code"]["coding"]] != [(LOINC, wanted)]:
            yield "16"
        if [n for n in one if n.startswith("value")] != ["valueString"] or not one["valueString"]:
            yield "17"
        if any(n.startswith("effective") and n != "effectiveDateTime" for n in one):
            yield "17"
        if self._kinds(one.get("subject")) != {"Patient"} or not one.get("identifier"):
            yield "18"
        if self._kinds(one.get("performer")) - {"Practitioner", "PractitionerRole", "Organization"}:
            yield "18"
        if self._kinds(one.get("basedOn")) - {"ServiceRequest"}:
            yield "18"
        if self._kinds([*one.get("partOf", []), *one.get("derivedFrom", [])]) - {"ImagingStudy"}:
            yield "18"
        members = self._targets(one.get("hasMember"))
        if not members or any(claimed(m) != {"JP_Observation_Common"} for m in members):
            yield "19"
        if is_findings:
            yield from self._findings(one)
        else:
            yield from self._impression(members)

    def _findings(self, one: Json) -> Iterator[str]:
        below = [id(m) for m in self._all(self._targets(one["hasMember"])) if not _is_apart(m)]
        said = [o for o in self.all if o["resourceType"] == "Observation" and not _is_grade(o)]
        mapped = [o for o in said if not _is_apart(o)]
        coded = [id(o) for o in mapped if claimed(o) == {"JP_Observation_Common"}]
        if sorted(below) != sorted(coded):
            yield "20"

    def _impression(self, members: list[Json]) -> Iterator[str]:
        graded = [o for o in self.all if o["resourceType"] == "Observation" and _is_grade(o)]
        if sorted(map(id, members)) != sorted(map(id, graded)):
            yield "20"
        for member in members:
            rests_on = self._targets(member.get("derivedFrom"))
            if any(claimed(o) != {"JP_Observation_Common"} for o in rests_on):
                yield "20"

    def _study(self, study: Json) -> Iterator[str]:
        if not study.get("status") or self._kinds(study.get("subject")) != {"Patient"}:
            yield "21"
        series = study.get("series", [])
        shown = [*study.get("modality", []), *(s.get("modality", {}) for s in series)]
        if any(m.get("system") != DCM or m.get("code") not in MODALITIES for m in shown):
            yield "22"
        if "procedureCode" in study:
            yield "23"
        uids = [i["value"] for i in study["identifier"] if i.get("system") == "urn:dicom:uid"]
        if not all(re.fullmatch(r"urn:oid:[0-2](\.(0|[1-9][0-9]*))+", uid) for uid in uids):
            yield "24"
        for instance in (i for s in series for i in s.get("instance", [])):
            kind = instance["sopClass"]
            if kind["system"] != "urn:ietf:rfc:3986" or not kind["code"].startswith("urn:oid:"):
                yield "24"

    def _patient(self, patient: Json) -> Iterator[str]:
        known = patient.get("identifier", [])
        if not known or not all(i.get("value") for i in known):
            yield "25"
        shown = []
        for name in patient.get("name", []):
            said = [e for e in name.get("extension", []) if e["url"] == REPRESENTATION]
            shown += [e["valueCode"] for e in said]
            if len(said) > 1 or not {e["valueCode"] for e in said} <= {"IDE", "SYL", "ABC"}:
                yield "26"
            parts = [p for p in (name.get("family"), *name.get("given", [])) if p]
            is_cut = len(parts) == 1 and name.get("text", parts[0]) == parts[0]
            if is_cut or not (name.keys() - {"extension"}):
                yield "26"
        if len(shown) != len(set(shown)):
            yield "26"


def _is_apart(observation: Json) -> bool:
    """Return whether an Observation is what no term stands for: it belongs to no section."""
    return any(t["code"] == "not-mapped" for t in observation.get("meta", {}).get("tag", []))


def _is_grade(observation: Json) -> bool:
    kinds = {"csf-leak-concl", "hypotens-concl", "finding-grade"}
    return bool(set(codes(observation["code"])) & kinds)
