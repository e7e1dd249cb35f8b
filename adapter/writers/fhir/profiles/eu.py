"""HL7 Europe imaging report R4 (0.1.1, ballot 1.0.0): a report and its Composition, as a document.

The Composition holds the report's sections; the report names the Composition. Source: HL7 Europe
imaging-r4, profiles DiagnosticReport-, Composition-, ImagingStudy-, ObservationFinding- and
BundleReportEuImaging; HL7 Europe base, patient-, organization-, practitioner- and
practitionerRole-eu-core.
"""

from collections.abc import Iterator, Sequence

from adapter.writers import ids, text
from adapter.writers.fhir import bundle
from adapter.writers.fhir.context import Output
from adapter.writers.fhir.narrative import xhtml
from adapter.writers.fhir.profiles import common, said
from adapter.writers.fhir.report import Report
from adapter.writers.fhir.unmapped import TAG
from adapter.writers.fhir.values import (
    ABSENT_REASON,
    DICOM_UID,
    LOINC,
    THO,
    Json,
    accession_type,
    filled,
    own_identifier,
    reference,
    standard,
)

NAME = "eu"
SETTINGS = {"missing": ("refuse", "unknown")}
EU = "http://hl7.eu/fhir/imaging-r4/StructureDefinition"
BUNDLE = f"{EU}/BundleReportEuImaging"

_BASE = "http://hl7.eu/fhir/base/StructureDefinition"
_COMPOSITION = "http://hl7.org/fhir/5.0/StructureDefinition/extension-DiagnosticReport.composition"
_REPORT = f"{EU}/DiagnosticReportEuImagingReferenceExtensionEuImaging"
_NOTE = "http://hl7.org/fhir/StructureDefinition/note"
_PARTICIPATION = f"{THO}/v3-ParticipationType"
_STATUS = {
    "registered": "preliminary", "partial": "preliminary", "corrected": "amended",
    "appended": "amended", "cancelled": "entered-in-error", "unknown": "preliminary",
}  # fmt: skip
"""A report's status as a Composition has it, where it is another."""

_NOT_STATED = ("入力に記載がありません。", "Not stated in the inputs.")
_SECTIONS = {
    "study": ("18726-0", "画像検査", "Imaging study"),
    "order": ("55115-0", "検査依頼", "Order"),
    "history": ("11329-0", "病歴", "History"),
    "procedure": ("55111-9", "検査方法", "Procedure"),
    "findings": ("59776-5", "所見", "Findings"),
    "impression": ("19005-8", "診断", "Impression"),
}
"""The sections written, in order: LOINC code and title. Those the guide demands, and ours."""


def resources(report: Report) -> Sequence[Json]:
    """Return the resources of a report as HL7 Europe has them, its Composition first.

    Raises
    ------
    Usage
        What the guide demands stands neither in the inputs nor in the settings: an imaging study
        with its UID, the patient's name and birth date, a date, the system of an accession number.
    """
    output = report.output
    places = _places(output)
    roles = {p["id"]: _role(output, p) for p in common.interpreters(report)}
    made = _diagnostic_report(report, roles)
    organizations = {o["id"]: o for o in (*common.organizations(output), *places)}
    observed = [*report.observations.resources, *report.grades.resources]
    return (
        _composition(report, made, roles),
        _patient(output),
        *(common.claim(o, f"{_BASE}/organization-eu-core") for o in organizations.values()),
        *(common.claim(p, f"{_BASE}/practitioner-eu-core") for p in common.interpreters(report)),
        *roles.values(),
        report.device,
        *(_study(output, study) for study in output.studies),
        *(common.claim(o, f"{EU}/ObservationFindingEuImaging") for o in observed),
        made,
        report.provenance,
    )


def request(resource: Json) -> Json:
    """Return how a server is asked to take a resource: ours, the Composition too, are updated."""
    if resource["resourceType"] != "Composition":
        return bundle.request(resource)
    one = resource["identifier"]
    return {"method": "PUT", "url": f"Composition?identifier={one['system']}%7C{one['value']}"}


def _places(output: Output) -> tuple[Json, ...]:
    """Return who answers for the report: the settings' organization, else the institutions."""
    own = common.organization(output)
    return (own,) if own is not None else ()


def _role(output: Output, practitioner: Json) -> Json:
    """Return the role a physician has here; where, only as the settings say it."""
    own = common.organization(output)
    uuid = ids.uuid5("", "PractitionerRole", practitioner["id"], own["id"] if own else "")
    made = filled(
        resourceType="PractitionerRole",
        id=uuid,
        identifier=[own_identifier(uuid)],
        practitioner=reference(practitioner),
        organization=reference(own) if own else None,
    )
    return common.claim(made, f"{_BASE}/practitionerRole-eu-core")


def _patient(output: Output) -> Json:
    """Return the patient; what EU core demands and nobody knows is refused, or told as unknown."""
    made = output.patient | filled(identifier=common.identifiers(output))
    unknown = {"extension": [{"url": ABSENT_REASON, "valueCode": "unknown"}]}
    for element, absent in (("name", {"name": [unknown]}), ("birthDate", {"_birthDate": unknown})):
        if element not in made:
            if common.setting(output, NAME, "missing") != "unknown":
                why = (
                    "give the Patient with it among the inputs, or set "
                    'missing = "unknown" in [profile.eu]'
                )
                raise common.refusal(NAME, f"Patient.{element}", why)
            made |= absent
    return common.claim(made, f"{_BASE}/patient-eu-core")


def _order(output: Output, number: str) -> Json:
    """Return the order by its accession number: unique across hospitals by its system alone."""
    system = str(common.settings(output, "order").get("system", ""))
    if not system:
        why = "give the system of the accession numbers, `system` of [order] in the settings"
        raise common.refusal(NAME, "DiagnosticReport.basedOn.identifier.system", why)
    identifier = {"type": accession_type(), "system": system, "value": number}
    return {"type": "ServiceRequest", "identifier": identifier}


def _orders(output: Output) -> list[Json]:
    numbers = sorted({s.accession for s in output.case.studies if s.accession})
    return [_order(output, number) for number in numbers]


def _study(output: Output, study: str) -> Json:
    """Return a study: its accession number with its system, an institution as the place (LOC)."""
    made = output.studies[study]
    if not any(i.get("system") == DICOM_UID for i in made["identifier"]):
        why = "give the study's Study Instance UID among the inputs"
        raise common.refusal(NAME, "ImagingStudy.identifier", why)
    number = next((s.accession for s in output.case.studies if s.id == study), None)
    order = [_order(output, number)] if number else []
    uids = [i for i in made["identifier"] if i.get("system") == DICOM_UID]
    series = [
        one | filled(performer=[_place(p) for p in one.get("performer", ())])
        for one in made.get("series", ())
    ]
    changed = filled(
        identifier=[*uids, *(o["identifier"] for o in order)], basedOn=order, series=series
    )
    return common.claim(made | changed, f"{EU}/ImagingStudyEuImaging")


def _place(performer: Json) -> Json:
    return {"function": standard(_PARTICIPATION, "LOC"), **performer}


def _diagnostic_report(report: Report, roles: dict[str, Json]) -> Json:
    base, output = report.report, report.output
    if not output.studies:
        why = "give the ImagingStudy among the inputs"
        raise common.refusal(NAME, "DiagnosticReport.imagingStudy", why)
    of_site = [reference(o) for o in _places(output)]
    composition = {"reference": f"urn:uuid:{_composition_id(output)}"}
    made = common.without(base, "basedOn") | filled(
        extension=[{"url": _COMPOSITION, "valueReference": composition}],
        basedOn=_orders(output),
        performer=of_site or base.get("performer"),
        resultsInterpreter=[reference(role) for role in roles.values()],
    )
    return common.claim(made, f"{EU}/DiagnosticReportEuImaging")


def _composition_id(output: Output) -> str:
    return ids.uuid5(output.outputs, "Composition")


def _composition(report: Report, made: Json, roles: dict[str, Json]) -> Json:
    output, signing = report.output, report.practitioner
    date = common.created(output)
    if date is None:
        why = "give --now, or inputs that state a date"
        raise common.refusal(NAME, "Composition.date", why)
    signed = [reference(roles[signing["id"]])] if signing is not None else []
    composition = filled(
        resourceType="Composition",
        id=_composition_id(output),
        language=made["language"],
        text=_narrative(output, [made["code"]["text"], f"{date} ({made['status']})"]),
        extension=[{"url": _REPORT, "valueReference": reference(made)}],
        identifier=made["identifier"][0],
        status=_STATUS.get(made["status"], made["status"]),
        type=made["code"],
        category=[c for c in made["category"] if c["coding"][0]["system"] == f"{THO}/v2-0074"],
        subject=made["subject"],
        date=date,
        author=[*signed, reference(report.device), *made.get("performer", ())],
        title=made["code"]["text"],
        section=list(_sections(report, made)),
    )
    return common.claim(composition, f"{EU}/CompositionEuImaging")


def _sections(report: Report, made: Json) -> Iterator[Json]:
    """Yield the sections; one that nothing is known for says so, in words and by code.

    The procedures are notes: their section takes Procedure resources alone, and no input has one.
    So is the impression, as in the guide's example: each of its entries fits two of its slices
    (discriminated by ``$this``), which a validator refuses. The grades stand after the findings.
    """
    output, coded = report.output, report.observations.resources
    terms, lang = output.terms, output.options.lang
    groups = [o for o in coded if "hasMember" in o]
    members = {m["reference"] for o in groups for m in o["hasMember"]}
    apart = [o for o in coded if _is_unmapped(o)]
    of_exams = [o for o in coded if reference(o)["reference"] in members or o in apart]
    of_patient = [o for o in coded if o not in groups and o not in of_exams]
    found = [*said.exams(report.graded, terms, lang), *map(_as_it_came, apart)]
    shown = {
        "study": (_studies(output), made["imagingStudy"]),
        "order": ([o["identifier"]["value"] for o in made.get("basedOn", ())],
                  made.get("basedOn", [])),
        "history": (said.patient(report.graded, terms, lang), [reference(o) for o in of_patient]),
        "procedure": (list(_procedures(output)), []),
        "findings": (found, [*(reference(o) for o in (*groups, *of_exams)), *made["result"]]),
        "impression": (made["conclusion"].split("\n\n"), []),
    }  # fmt: skip
    for name, (lines, entries) in shown.items():
        yield _section(output, name, lines, entries)


def _is_unmapped(observation: Json) -> bool:
    return any(t["code"] == TAG for t in observation.get("meta", {}).get("tag", ()))


def _as_it_came(observation: Json) -> str:
    """Return what is not mapped in words: by its name alone, its value is in its entry."""
    code = observation["code"]
    first: Json = next(iter(code.get("coding", ())), {})
    return str(code.get("text") or first.get("display") or first.get("code", ""))


def _section(output: Output, name: str, lines: Sequence[str], entries: list[Json]) -> Json:
    """Return a section; words without an entry are its notes."""
    lang = output.options.lang
    code, *title = _SECTIONS[name]
    words = [line for line in lines if line]
    notes = [] if entries else [{"url": _NOTE, "valueAnnotation": {"text": w}} for w in words]
    reason = standard(f"{THO}/list-empty-reason", "unavailable", "Unavailable")
    return filled(
        extension=notes,
        title=text.pick((title[0], title[1]), lang),
        code=standard(LOINC, code),
        text=_narrative(output, words or [text.pick(_NOT_STATED, lang)]),
        entry=entries,
        emptyReason=None if entries or notes else reason,
    )


def _narrative(output: Output, lines: Sequence[str]) -> Json:
    lang = output.options.lang
    words = "".join(f"<p>{xhtml(line.strip())}</p>" for line in lines).replace("\n", "<br/>")
    div = f'<div xmlns="http://www.w3.org/1999/xhtml" xml:lang="{lang}" lang="{lang}">{words}</div>'
    return {"status": "generated", "div": div}


def _studies(output: Output) -> Iterator[str]:
    """Yield a line a study: its UID, date and modalities."""
    for study in output.studies.values():
        codes = [m["code"] for m in study.get("modality", ())]
        uid = study["identifier"][0]["value"]
        yield " / ".join(filter(None, (uid, study.get("started"), ", ".join(codes))))


def _procedures(output: Output) -> Iterator[str]:
    """Yield a line an exam: method, dates, institutions."""
    for exam in output.case.exams:
        method = text.label(exam.method, output.terms, output.options.lang)
        yield " / ".join(
            filter(None, (method, ", ".join(exam.dates), ", ".join(exam.institutions)))
        )
