"""JP Core 1.2.0: radiology reports, their Observations, the ImagingStudy and the Patient.

The numbers are those of the table in docs/validation.md. What the profile's definition asks is an
error; what stands in its notes only, a warning.
Source: JP_DiagnosticReport_Radiology, JP_Observation_Common, JP_Observation_Radiology_Findings,
JP_Observation_Radiology_Impression, JP_ImagingStudy_Radiology, JP_Patient (JP Core 1.2.0).
"""

from collections.abc import Iterator

from adapter.gates.fhir.base import ERROR, INFORMATION, WARNING, Broken, Check, Rule, both, only
from adapter.gates.fhir.resources import Held, Resource
from adapter.gates.fhir.shapes import (
    Json,
    choices,
    codes,
    codings,
    extensions,
    given,
    indexed,
    text,
)

JP = "http://jpfhir.jp/fhir/core"
LOINC = "http://loinc.org"
DCM = "http://dicom.nema.org/resources/ontology/DCM"
V2_0203 = "http://terminology.hl7.org/CodeSystem/v2-0203"
DOCUMENTS = f"{JP}/CodeSystem/JP_DocumentCodes_CS"
SIMPLE = f"{JP}/CodeSystem/JP_SimpleObservationCategory_CS"
REPRESENTATION = "http://hl7.org/fhir/StructureDefinition/iso21090-EN-representation"
PATIENT_NUMBER = "urn:oid:1.2.392.100495.20.3.51."

_SECTIONS = frozenset({
    "LP29684-5", "LP7839-6", "LP7796-8", "LP29693-6", "LP29708-2", "LP31759-1", "LP7819-8",
})  # fmt: skip
_CATEGORIES = frozenset({
    "sdoh", "functional-status", "disability-status", "cognitive-status", "social-history",
    "vital-signs", "body-measurement", "imaging", "laboratory", "procedure", "survey", "exam",
    "therapy", "activity",
})  # fmt: skip
_MODALITIES = frozenset({
    "AR", "AU", "BDUS", "BI", "BMD", "CR", "CT", "DG", "DX", "ECG", "EPS", "ES", "GM", "HC",
    "HD", "IO", "IVOCT", "IVUS", "KER", "KO", "LEN", "LS", "MG", "MR", "NM", "OAM", "OCT", "OP",
    "OPM", "OPT", "OPV", "OSS", "OT", "PR", "PT", "PX", "REG", "RF", "RG", "RTDOSE", "RTIMAGE",
    "RTPLAN", "RTRECORD", "RTSTRUCT", "SEG", "SM", "SMR", "SR", "SRF", "TG", "US", "VA", "XA",
    "XC",
})  # fmt: skip
_ORDERS = ("CarePlan", "ImmunizationRecommendation", "MedicationRequest", "NutritionOrder",
           "ServiceRequest")  # fmt: skip
_SUBJECTS = ("Patient", "Group", "Device", "Location")
_TITLE = "画像検査報告書"


def _profile(name: str) -> str:
    return f"{JP}/StructureDefinition/{name}"


_REPORT = frozenset({_profile("JP_DiagnosticReport_Radiology")})
_COMMON = frozenset({_profile("JP_Observation_Common")})
_FINDINGS = frozenset({_profile("JP_Observation_Radiology_Findings")})
_IMPRESSION = frozenset({_profile("JP_Observation_Radiology_Impression")})
_WORDS = _FINDINGS | _IMPRESSION
_OBSERVATIONS = _COMMON | _WORDS
_STUDY = frozenset({_profile("JP_ImagingStudy_Radiology")})
_PATIENT = frozenset({_profile("JP_Patient")})


def category(resource: Resource, held: Held) -> Broken:
    if not given(resource.body, "category"):
        yield f"{resource.path}.category", "is missing: give LOINC LP29684-5, and each modality"


def first_category(resource: Resource, held: Held) -> Broken:
    """Yield where not exactly one repetition is of radiology, and of nothing else."""
    rows = list(indexed(resource.body, "category"))
    first = [(at, c) for at, c in rows if _SECTIONS & set(codes(c))]
    if rows and not first:
        yield (
            f"{resource.path}.category",
            "no repetition is radiology: add one of http://loinc.org LP29684-5",
        )
    for at, _ in first[1:]:
        what = "a second repetition of the document's kind: one is allowed, take this one out"
        yield f"{resource.path}.{at}", what
    for at, concept in first[:1]:
        for index, coding in enumerate(codings(concept)):
            if (coding.get("system"), coding.get("code")) != (LOINC, "LP29684-5"):
                what = "stands beside LOINC LP29684-5: give it a repetition of its own"
                if coding.get("code") in _SECTIONS:
                    what = "is not radiology: write http://loinc.org LP29684-5"
                yield f"{resource.path}.{at}.coding[{index}]", what


def modality_category(resource: Resource, held: Held) -> Broken:
    for at, concept in indexed(resource.body, "category"):
        found = codings(concept, DCM)
        for coding in found:
            if coding.get("code") not in _MODALITIES:
                yield f"{resource.path}.{at}", "is no modality that JP Core has: use OT, or none"
        if found and len(codings(concept)) > 1:
            yield f"{resource.path}.{at}", "one modality a repetition: part its codings"


def document_code(resource: Resource, held: Held) -> Broken:
    found = codings(resource.body.get("code"), DOCUMENTS)
    path = f"{resource.path}.code"
    for _ in found[1:]:
        yield path, "has two codes of JP_DocumentCodes_CS: one is allowed"
    for coding in found[:1]:
        if coding.get("code") != "18748-4":
            yield path, f"the code of JP_DocumentCodes_CS is not 18748-4 ({_TITLE}): write that"
        if coding.get("display", _TITLE) != _TITLE:
            yield path, f"the display of 18748-4 is another: write {_TITLE}, or none"


def document_code_there(resource: Resource, held: Held) -> Broken:
    if given(resource.body, "code") and not codings(resource.body.get("code"), DOCUMENTS):
        yield f"{resource.path}.code", "has no code of JP_DocumentCodes_CS: add 18748-4"


def report_identifier(resource: Resource, held: Held) -> Broken:
    if not given(resource.body, "identifier"):
        yield f"{resource.path}.identifier", "is missing: give the report's number (type FILL)"
    for at, one in indexed(resource.body, "identifier"):
        kinds = codes(one.get("type"), V2_0203)
        if kinds and not {"FILL", "PLAC"} & set(kinds):
            yield f"{resource.path}.{at}.type", "is neither FILL nor PLAC (v2-0203)"


def final(resource: Resource, held: Held) -> Broken:
    """Yield what a final report holds that is not, and what a withdrawn one still asserts."""
    status = resource.body.get("status")
    for path, target in held.targets(resource, "result"):
        if target.resource is None:
            continue
        other = target.resource.body.get("status")
        if status == "final" and other in ("registered", "preliminary"):
            yield path, f"is {other} in a final report: finish it, or write preliminary"
        if status == "entered-in-error" and other != "entered-in-error":
            yield path, "stands in a withdrawn report and is not withdrawn itself"


def point_in_time(resource: Resource, held: Held) -> Broken:
    for name in choices(resource.body, "effective"):
        if name != "effectiveDateTime":
            yield f"{resource.path}.{name}", "only effectiveDateTime may stand here"


def result(resource: Resource, held: Held) -> Broken:
    yield from _claims(resource, held, "result", _OBSERVATIONS)
    yield from _claims(resource, held, "imagingStudy", _STUDY)


def _claims(resource: Resource, held: Held, name: str, profiles: frozenset[str]) -> Broken:
    for path, target in held.targets(resource, name):
        if target.resource is not None and not profiles & target.resource.profiles:
            names = " or ".join(sorted(p.rpartition("/")[2] for p in profiles))
            yield path, f"what it names does not claim {names}: claim it where it conforms"


def study_there(resource: Resource, held: Held) -> Broken:
    if not given(resource.body, "imagingStudy"):
        yield f"{resource.path}.imagingStudy", "is missing: after the exam it is mandatory"


def supported(*names: str) -> Check:
    """Return the check that elements marked must-support are there: one tells what may lack."""

    def broken(resource: Resource, held: Held) -> Broken:
        missing = [name for name in names if not given(resource.body, name)]
        if missing:
            what = "not given; a sender that knows them must send them"
            yield resource.path, f"{', '.join(missing)}: {what}"

    return broken


def conclusion(resource: Resource, held: Held) -> Broken:
    """Yield a conclusion in other words than the impression has."""
    said = [
        text(t.resource.body.get("valueString"))
        for _, t in held.targets(resource, "result")
        if t.resource is not None and _IMPRESSION & t.resource.profiles
    ]
    told = text(resource.body.get("conclusion"))
    if said and told and told not in said:
        yield f"{resource.path}.conclusion", "differs from the impression: it repeats its words"


def simple_category(resource: Resource, held: Held) -> Broken:
    path = f"{resource.path}.category"
    rows = [(at, c) for at, c in indexed(resource.body, "category") if codes(c, SIMPLE)]
    if not rows:
        yield path, "has no repetition of JP_SimpleObservationCategory_CS: add imaging"
    for at, concept in rows:
        if any(c.get("system") != SIMPLE for c in codings(concept)):
            yield f"{resource.path}.{at}", "mixes systems: one system a repetition"
        if not set(codes(concept, SIMPLE)) <= _CATEGORIES:
            yield f"{resource.path}.{at}", "has a code that JP_SimpleObservationCategory_CS lacks"


def imaging(resource: Resource, held: Held) -> Broken:
    for at, concept in indexed(resource.body, "category"):
        found = codes(concept, SIMPLE)
        if found and set(codes(concept)) != {"imaging"}:
            yield f"{resource.path}.{at}", "is not imaging: write imaging, and nothing beside it"


def words_code(profiles: frozenset[str], code: str) -> tuple[frozenset[str], Check]:
    """Return the check that every coding of ``code`` is the one that a profile fixes."""

    def broken(resource: Resource, held: Held) -> Broken:
        found = codings(resource.body.get("code"))
        if not found:
            yield f"{resource.path}.code", f"has no coding: write http://loinc.org {code}"
        for index, coding in enumerate(found):
            if (coding.get("system"), coding.get("code")) != (LOINC, code):
                what = f"only http://loinc.org {code} may stand here, and no second coding"
                yield f"{resource.path}.code.coding[{index}]", what

    return profiles, broken


def in_words(resource: Resource, held: Held) -> Broken:
    for name in choices(resource.body, "value"):
        if name != "valueString":
            what = "only valueString: a coded value goes into an Observation that this one lists"
            yield f"{resource.path}.{name}", what
    yield from point_in_time(resource, held)


def member_of_findings(resource: Resource, held: Held) -> Broken:
    yield from only("hasMember", "Observation")(resource, held)


def conclusion_rests(resource: Resource, held: Held) -> Broken:
    """Yield a value that is coded and stands in the words' profiles: it belongs to a member."""
    if any(given(resource.body, name) for name in ("component", "dataAbsentReason")):
        yield resource.path, "has component or dataAbsentReason: findings in words hold neither"


def study_subject(resource: Resource, held: Held) -> Broken:
    if not given(resource.body, "subject"):
        yield f"{resource.path}.subject", "is missing: refer to the Patient"


def modalities(resource: Resource, held: Held) -> Broken:
    for path, coding in _modalities(resource.body):
        if coding.get("system") != DCM or coding.get("code") not in _MODALITIES:
            yield f"{resource.path}.{path}", "is no modality of JP_DICOMModality_VS (DCM)"


def _modalities(study: Json) -> Iterator[tuple[str, Json]]:
    yield from indexed(study, "modality")
    for at, series in indexed(study, "series"):
        for name, coding in indexed(series, "modality"):
            yield f"{at}.{name}", coding


def procedure_code(resource: Resource, held: Held) -> Broken:
    if given(resource.body, "procedureCode"):
        what = "is bound to a page that lists no codes: leave it out where this profile is claimed"
        yield f"{resource.path}.procedureCode", what


def study_uid(resource: Resource, held: Held) -> Broken:
    for at, one in indexed(resource.body, "identifier"):
        if one.get("system") == "urn:dicom:uid":
            value = text(one.get("value"))
            if not value.startswith("urn:oid:"):
                yield f"{resource.path}.{at}.value", "write urn:oid: before the UID"


def patient_identifier(resource: Resource, held: Held) -> Broken:
    if not given(resource.body, "identifier"):
        yield f"{resource.path}.identifier", "is missing: give the patient number"
    for at, one in indexed(resource.body, "identifier"):
        if not given(one, "value"):
            yield f"{resource.path}.{at}.value", "is missing"


def patient_number(resource: Resource, held: Held) -> Broken:
    """Yield a patient number whose system does not end in a medical institution's ten digits."""
    for at, one in indexed(resource.body, "identifier"):
        system = text(one.get("system"))
        last = system.removeprefix(PATIENT_NUMBER).removeprefix("1")
        if system.startswith(PATIENT_NUMBER) and not (len(last) == 10 and last.isdigit()):
            what = "write 1 and the institution's 10 digits after 1.2.392.100495.20.3.51."
            yield f"{resource.path}.{at}.system", what


def representation(resource: Resource, held: Held) -> Broken:
    for at, name in indexed(resource.body, "name"):
        found = extensions(name, REPRESENTATION)
        if len(found) > 1:
            yield f"{resource.path}.{at}", "has two representations: part it into two names"
        for one in found:
            if one.get("valueCode") not in ("IDE", "SYL", "ABC"):
                yield f"{resource.path}.{at}", "the representation is not IDE, SYL or ABC"


def _row(
    number: int | str, says: str, broken: Check, profiles: frozenset[str], severity: str = ERROR
) -> Rule:
    page = min(profiles, key=lambda p: (len(p), p)).rpartition("/")[2]
    return Rule(f"jp-core.{number}", severity, f"JP Core 1.2.0 {page}", says, broken,
                profiles=profiles)  # fmt: skip


_SOURCES = ("DocumentReference", "ImagingStudy", "Media", "QuestionnaireResponse", "Observation",
            "MolecularSequence")  # fmt: skip
_PARTS = ("ImagingStudy", "Procedure", "Immunization", "MedicationAdministration",
          "MedicationDispense", "MedicationStatement")  # fmt: skip
_PEOPLE = ("Practitioner", "PractitionerRole", "Organization", "CareTeam", "Patient",
           "RelatedPerson")  # fmt: skip
_MEMBERS = ("Observation", "QuestionnaireResponse", "MolecularSequence")

RULES = (
    _row(1, "category is there", category, _REPORT),
    _row(2, "exactly one category is LOINC LP29684-5, and nothing else", first_category, _REPORT),
    _row(3, "each modality is a category of its own", modality_category, _REPORT),
    _row(4, f"the code of JP_DocumentCodes_CS is 18748-4 {_TITLE}", document_code, _REPORT),
    _row("4.notes", "code has one of JP_DocumentCodes_CS", document_code_there, _REPORT, WARNING),
    _row(5, "the report has an identifier, of type FILL or PLAC", report_identifier, _REPORT,
         WARNING),
    _row(6, "all of a final report is final, all of a withdrawn one withdrawn", final, _REPORT,
         WARNING),
    _row(7, "effective[x] is a dateTime", point_in_time, _REPORT),
    _row(8, "performer and resultsInterpreter are Practitioners",
         both(only("performer", "Practitioner"), only("resultsInterpreter", "Practitioner")),
         _REPORT),
    _row(9, "result and imagingStudy name what claims JP Core's profiles", result, _REPORT,
         WARNING),
    _row("9.notes", "imagingStudy is there", study_there, _REPORT, WARNING),
    _row(10, "basedOn and subject name what the profile lists",
         both(only("basedOn", *_ORDERS), only("subject", *_SUBJECTS)), _REPORT),
    _row(11, "what is must-support is there when it is known",
         supported("text", "subject", "effectiveDateTime", "issued", "performer", "result",
                   "conclusion"), _REPORT, INFORMATION),
    _row("11.notes", "conclusion repeats the impression", conclusion, _REPORT, WARNING),
    _row(12, "a category is of JP_SimpleObservationCategory_CS alone", simple_category,
         _OBSERVATIONS),
    _row(13, "subject, performer and basedOn name what the profile lists",
         both(only("subject", *_SUBJECTS), only("performer", *_PEOPLE),
               only("basedOn", *_ORDERS, "DeviceRequest")), _COMMON),
    _row(14, "hasMember, derivedFrom and partOf name what the profile lists",
         both(only("hasMember", *_MEMBERS), only("derivedFrom", *_SOURCES),
               only("partOf", *_PARTS)), _COMMON | _IMPRESSION),
    _row(15, "the category is imaging", imaging, _WORDS),
    *(_row(id, f"every coding of code is LOINC {code}", broken, profiles)
      for id, code, (profiles, broken) in (
          ("16.findings", "18782-3", words_code(_FINDINGS, "18782-3")),
          ("16.impression", "19005-8", words_code(_IMPRESSION, "19005-8")))),
    _row(17, "value[x] is a string, effective[x] a dateTime", in_words, _WORDS),
    _row(18, "subject, performer, basedOn, partOf, derivedFrom name what the profile lists",
         both(only("subject", "Patient"),
               only("performer", "Practitioner", "PractitionerRole", "Organization"),
               only("basedOn", "ServiceRequest"), only("partOf", "ImagingStudy"),
               only("derivedFrom", "ImagingStudy")), _WORDS),
    _row("18.supported", "identifier, subject and valueString are there when known",
         supported("identifier", "subject", "valueString"), _WORDS, INFORMATION),
    _row(19, "hasMember of the findings names Observations", member_of_findings, _FINDINGS),
    _row(20, "findings in words hold no coded ones", conclusion_rests, _WORDS, WARNING),
    _row(21, "subject is there", study_subject, _STUDY),
    _row("21.supported", "identifier, modality and series are there when known",
         supported("identifier", "modality", "series"), _STUDY, INFORMATION),
    _row(22, "modalities are of JP_DICOMModality_VS", modalities, _STUDY),
    _row(23, "procedureCode is left out", procedure_code, _STUDY, WARNING),
    _row(24, "the Study Instance UID has urn:oid: before it", study_uid, _STUDY, WARNING),
    _row(25, "a patient has an identifier, each with a value", patient_identifier, _PATIENT),
    _row("25.number", "the system of a patient number ends in the institution's code",
         patient_number, _PATIENT, WARNING),
    _row(26, "a name has one representation: IDE, SYL or ABC", representation, _PATIENT),
    _row(27, "the ImagingStudy's subject is a Patient, Device or Group",
         only("subject", "Patient", "Device", "Group"), _STUDY),
)  # fmt: skip
