"""JP Core 1.2.0: a radiology report with its findings and impression in words, over coded ones.

The words stand in one JP_Observation_Radiology_Findings and one _Impression, which hold the coded
Observations as members. Source: JP Core 1.2.0, JP_DiagnosticReport_Radiology and what it refers to,
their definitions and notes.
"""

from collections.abc import Iterator, Sequence

from adapter.writers import ids
from adapter.writers.fhir.context import Output
from adapter.writers.fhir.profiles import common, said
from adapter.writers.fhir.report import Report
from adapter.writers.fhir.unmapped import TAG
from adapter.writers.fhir.values import LOINC, Json, filled, reference, standard

NAME = "jp-core"
SETTINGS = {"imaging_study": ("required", "optional")}
JP = "http://jpfhir.jp/fhir/core"

_PROFILES = f"{JP}/StructureDefinition"
_CATEGORY = f"{JP}/CodeSystem/JP_SimpleObservationCategory_CS"
_DOCUMENT = {
    "system": f"{JP}/CodeSystem/JP_DocumentCodes_CS",
    "code": "18748-4",
    "display": "画像検査報告書",
}
_FINDINGS = ("18782-3", "Radiology Study observation (narrative)")
_IMPRESSION = ("19005-8", "Radiology Imaging study [Impression] (narrative)")
MODALITIES = frozenset(
    {
        *("AR", "AU", "BDUS", "BI", "BMD", "CR", "CT", "DG", "DX", "ECG", "EPS", "ES", "GM"),
        *("HC", "HD", "IO", "IVOCT", "IVUS", "KER", "KO", "LEN", "LS", "MG", "MR", "NM", "OAM"),
        *("OCT", "OP", "OPM", "OPT", "OPV", "OSS", "OT", "PR", "PT", "PX", "REG", "RF", "RG"),
        *("RTDOSE", "RTIMAGE", "RTPLAN", "RTRECORD", "RTSTRUCT", "SEG", "SM", "SMR", "SR"),
        *("SRF", "TG", "US", "VA", "XA", "XC"),
    }
)
"""JP_DICOMModality_VS, to which studies and report are bound."""


def resources(report: Report) -> Sequence[Json]:
    """Return the resources of a report as JP Core has them.

    Raises
    ------
    Usage
        The inputs hold no identifier of the patient; or an exam, but no imaging study.
    """
    output = report.output
    people = common.interpreters(report)
    patient = _patient(output)
    coded = [_coded(o) for o in report.observations.resources]
    grades = [_coded(o) for o in report.grades.resources]
    made = _diagnostic_report(report, people)
    findings = tuple(_findings(report, people))
    impression = _impression(report, people, made)
    words = [*findings, impression]
    made = made | {"result": [*map(reference, words), *made["result"]]}
    targets = [*report.provenance["target"], *map(reference, words)]
    return (
        patient,
        *(common.claim(o, f"{_PROFILES}/JP_Organization") for o in common.organizations(output)),
        *(common.claim(p, f"{_PROFILES}/JP_Practitioner") for p in people),
        report.device,
        *(_study(s) for s in output.studies.values()),
        *findings,
        *coded,
        impression,
        *grades,
        made,
        report.provenance | {"target": targets},
    )


def _patient(output: Output) -> Json:
    known = common.identifiers(output)
    if not known:
        why = "give the Patient with its identifier among the inputs"
        raise common.refusal(NAME, "Patient.identifier", why)
    names = [_name(n) for n in output.patient.get("name", [])]
    made = output.patient | filled(identifier=known, name=names)
    return common.claim(made, f"{_PROFILES}/JP_Patient")


def _name(name: Json) -> Json:
    """Return a name; one that cannot be split into family and given name is text alone."""
    parts = [name.get("family", ""), *name.get("given", [])]
    whole = [p for p in parts if p]
    if len(whole) != 1 or name.get("text", whole[0]) != whole[0]:
        return name
    return common.without(name, "family", "given") | {"text": whole[0]}


def _study(study: Json) -> Json:
    """Return a study with the modalities that the value set has.

    ``procedureCode`` is bound to a value set of RadLex, which has none of our kinds. A series asks
    for a modality: one without any is left out.
    """
    series = [s for s in study.get("series", []) if s["modality"].get("code") in MODALITIES]
    known = [m for m in study.get("modality", []) if m["code"] in MODALITIES]
    rest = common.without(study, "procedureCode", "modality", "series")
    return common.claim(
        rest | filled(modality=known, series=series), f"{_PROFILES}/JP_ImagingStudy_Radiology"
    )


def _coded(observation: Json) -> Json:
    """Return a coded Observation with its categories in JP Core's system, too."""
    codes = [c["code"] for row in observation["category"] for c in row["coding"]]
    category = [*(_category(code) for code in codes), *observation["category"]]
    return common.claim(observation | {"category": category}, f"{_PROFILES}/JP_Observation_Common")


def _category(code: str) -> Json:
    return standard(_CATEGORY, code, code.capitalize())


def _words(
    report: Report, code: tuple[str, str], people: Sequence[Json], profile: str, words: str
) -> Json:
    """Return what the findings and the impression in words have in common."""
    output = report.output
    uuid = ids.uuid5(output.outputs, "Observation", code[0])
    head = {"resourceType": "Observation", "id": uuid, "meta": said.tagged(output)}
    of = common.claim(head, f"{_PROFILES}/{profile}")
    return of | filled(
        language=report.report["language"],
        identifier=[output.lasting(uuid, "Observation", code[0])],
        partOf=_whole(output),
        category=[
            _category("imaging"),
            standard("http://terminology.hl7.org/CodeSystem/observation-category", "imaging"),
        ],
        code=standard(LOINC, *code),
        subject=output.subject,
        performer=[reference(p) for p in people],
        valueString=words,
    )


def _whole(output: Output) -> list[Json]:
    """Return the study that all exams are of; members would inherit one that is not theirs."""
    if len(output.studies) != 1 or not all(e.studies for e in output.case.exams):
        return []
    return [reference(s) for s in output.studies.values()]


def _findings(report: Report, people: Sequence[Json]) -> Iterator[Json]:
    """Yield the findings in words, with the exams and the patient's facts as members.

    They have no date of their own: a member without one would seem to be of it.
    """
    output, resources = report.output, report.observations.resources
    words = said.findings(report.graded, output.terms, output.options.lang)
    if not words:
        return
    inner = {m["reference"] for r in resources for m in r.get("hasMember", [])}
    # What is not mapped, and of no exam, stands by itself: it would seem to be of the only study.
    roots = (r for r in resources if not _is_unmapped(r))
    members = [ref for r in roots if (ref := reference(r))["reference"] not in inner]
    yield _words(report, _FINDINGS, people, "JP_Observation_Radiology_Findings", words) | {
        "status": _status(resources),
        "hasMember": members,
    }


def _is_unmapped(observation: Json) -> bool:
    return any(t["code"] == TAG for t in observation.get("meta", {}).get("tag", []))


def _impression(report: Report, people: Sequence[Json], made: Json) -> Json:
    """Return the impression in words, with the grades as members."""
    profile = "JP_Observation_Radiology_Impression"
    return _words(report, _IMPRESSION, people, profile, made["conclusion"]) | filled(
        status=made["status"],
        effectiveDateTime=made.get("effectiveDateTime"),
        issued=made.get("issued"),
        hasMember=made["result"],
    )


def _status(members: Sequence[Json]) -> str:
    return "preliminary" if any(m["status"] == "preliminary" for m in members) else "final"


def _diagnostic_report(report: Report, people: Sequence[Json]) -> Json:
    base, output = report.report, report.output
    if output.case.exams and not output.studies and not _is_study_optional(output):
        why = (
            "an exam is given, its study is not. Give the ImagingStudy among the inputs, or set "
            'imaging_study = "optional" in [profile.jp-core]'
        )
        raise common.refusal(NAME, "DiagnosticReport.imagingStudy", why)
    rest = common.without(base, "effectivePeriod", "effectiveDateTime", "performer")
    radiology, *others = base["category"]
    made = rest | filled(
        identifier=common.filler(base),
        category=[radiology, *map(_modality, _modalities(output)), *others],
        code=base["code"] | {"coding": [_DOCUMENT, *base["code"]["coding"]]},
        effectiveDateTime=common.created(output),
        performer=[reference(p) for p in people],
        resultsInterpreter=[reference(p) for p in people],
    )
    return common.claim(made, f"{_PROFILES}/JP_DiagnosticReport_Radiology")


def _is_study_optional(output: Output) -> bool:
    # The notes demand it "after the exam"; the cardinality is 0..*.
    return common.setting(output, NAME, "imaging_study") == "optional"


def _modalities(output: Output) -> list[str]:
    """Return the modalities of the studies and of the exams' methods, each once."""
    known = [m for s in output.case.studies for m in s.modalities]
    known += [common.BY_METHOD[e.method] for e in output.case.exams]
    return sorted({m for m in known if m in MODALITIES})


def _modality(code: str) -> Json:
    return standard("http://dicom.nema.org/resources/ontology/DCM", code)
