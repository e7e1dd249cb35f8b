"""IHE IMR 1.1.0: one transaction that creates a report, its orders and its studies, nothing else.

The Bundle is closed: Observations ride contained in the report, and patient, people and places are
referred to where the receiver has them. Source: IHE RAD IMR, [RAD-141] Store Multimedia Report
Bundle; profiles imr-diagnosticreport, imr-imagingstudy, imr-servicerequest, imr-observation,
imaging-study-endpoint; FHIR R4 references.html, "Contained Resources".
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import quote

from adapter.writers import ids
from adapter.writers.fhir import bundle
from adapter.writers.fhir.context import Output
from adapter.writers.fhir.presented import attachment
from adapter.writers.fhir.profiles import common, said
from adapter.writers.fhir.report import Report
from adapter.writers.fhir.values import (
    DICOM_UID,
    LOINC,
    THO,
    Json,
    accession_type,
    date_time,
    filled,
    reference,
    standard,
    version_identifier,
)

NAME = "imr"
IMR = "https://profiles.ihe.net/RAD/IMR/StructureDefinition"
BUNDLE = f"{IMR}/imr-store-multimedia-report-bundle"

_FINDINGS = (
    ("59776-5", "Procedure findings Narrative"),
    ("18782-3", "Radiology Study observation (narrative)"),
)
_IMPRESSION = (("19005-8", "Radiology Imaging study [Impression] (narrative)"),)
"""LOINC codes of what is told in words: IMR's, and the radiology report's own."""
_CONNECTIONS = ("ihe-iid", "dicom-wado-rs")

References = Mapping[str, Json]
"""How a resource of base R4 is referred to here, by its own URL."""


def resources(report: Report) -> Sequence[Json]:
    """Return the report, its orders and its imaging studies.

    Raises
    ------
    Usage
        What IMR demands stands neither in the inputs nor in the settings: an instant of issue, a
        patient's identifier with its system, an organization, an interpreter, a study with its
        UID, modality, start and endpoint.
    """
    output = report.output
    orders = _orders(output)
    known = _elsewhere(report)
    studies = [_study(output, study, orders, known) for study in output.studies]
    made = _diagnostic_report(report, orders, known)
    subject = _patient(output, common.setting(output, NAME, "patient", ("identifier", "search")))
    return [one | {"subject": subject} for one in (made, *orders.values(), *studies)]


def request(resource: Json) -> Json:
    """Return how a server is asked to create a resource, unless it has it already.

    A report is found by the identifier of its version: another version is another report.
    """
    if resource["resourceType"] != "DiagnosticReport":
        return bundle.request(resource)
    versions = [i for i in resource["identifier"] if i.get("use") == "secondary"]
    search = [f"identifier={one['system']}%7C{one['value']}" for one in versions]
    return filled(method="POST", url="DiagnosticReport", ifNoneExist=next(iter(search), None))


def _url(resource: Json) -> str:
    return str(reference(resource)["reference"])


def _to(to: Json) -> str:
    return str(to["reference"])


def _elsewhere(report: Report) -> dict[str, Json]:
    """Return how all is referred to that is no entry: by what names it, or where it is contained.

    Patient, organizations and physicians are expected to exist at the receiver ([RAD-141]).
    """
    output = report.output
    within = (report.device, *report.observations.resources, *report.grades.resources)
    known = {_url(one): {"reference": f"#{one['id']}"} for one in within}
    known[_url(report.report)] = {"reference": "#"}
    known[_url(output.patient)] = _patient(output)
    for one in _organizations(output):
        known[_url(one)] = _named(output, one, "organization", common.organization(output))
    for one in common.interpreters(report):
        known[_url(one)] = _named(output, one, "interpreter", common.interpreter(output))
    return known


def _organizations(output: Output) -> list[Json]:
    """Return the institutions of the inputs and the settings' organization, each once."""
    own = common.organization(output)
    every = (*common.organizations(output), *([own] if own else []))
    return list({one["id"]: one for one in every}.values())


def _named(output: Output, one: Json, table: str, of_site: Json | None) -> Json:
    """Return a reference to somebody by identifier, and literally where the settings know it."""
    is_of_site = of_site is not None and of_site["id"] == one["id"]
    name = one["name"] if isinstance(one["name"], str) else one["name"][0].get("text")
    return filled(
        reference=str(common.settings(output, table).get("reference", "")) if is_of_site else "",
        type=one["resourceType"],
        identifier=one["identifier"][-1],
        display=name,
    )


def _patient(output: Output, by: str = "") -> Json:
    """Return a reference to the patient by identifier; with `search` a server finds the Patient
    when it takes the transaction, and refuses it where there is none.
    """
    default = common.setting(output, NAME, "identifier_system")
    for one in common.identifiers(output):
        system, value = one.get("system", default), one["value"]
        if system:
            token = quote(f"{system}|{value}", safe=":/")
            return filled(
                reference=f"Patient?identifier={token}" if by == "search" else "",
                type="Patient",
                identifier={"system": system, "value": value},
            )
    why = (
        "give the Patient with its identifier among the inputs; its system also from `issuers`, or "
        "identifier_system in [profile.imr]"
    )
    raise common.refusal(NAME, "DiagnosticReport.subject", why)


def _replaced(value: Any, known: References) -> Any:
    """Return a value with its references as they are here."""
    if isinstance(value, dict):
        if value.get("reference") in known:
            return known[value["reference"]]
        return {name: _replaced(one, known) for name, one in value.items()}
    if isinstance(value, list):
        return [_replaced(one, known) for one in value]
    return value


def _orders(output: Output) -> dict[str, Json]:
    """Return the orders by accession number: what is known of one is that it was given.

    One whose number has no system is named by us, too: a number alone may be another hospital's.
    """
    system = str(common.settings(output, "order").get("system", ""))
    found = {}
    for number in sorted({s.accession for s in output.case.studies if s.accession}):
        uuid = ids.uuid5(output.inputs, "ServiceRequest", number)
        accession = filled(type=accession_type(), system=system, value=number)
        own = [] if system else [output.lasting(uuid, "ServiceRequest", number)]
        order = {
            "resourceType": "ServiceRequest",
            "id": uuid,
            "identifier": [accession, *own],
            "status": "unknown",
            "intent": "order",
        }
        found[number] = common.claim(order, f"{IMR}/imr-servicerequest")
    return found


def _study(output: Output, study: str, orders: Mapping[str, Json], known: References) -> Json:
    made = output.studies[study]
    exams = [e for e in output.case.exams if study in e.studies]
    if not any(i.get("system") == DICOM_UID for i in made["identifier"]):
        why = "give the study's Study Instance UID among the inputs"
        raise common.refusal(NAME, "ImagingStudy.identifier", why)
    modality = made.get("modality") or _modalities(output, {e.method for e in exams})
    if not modality:
        why = "give the ImagingStudy with its modality among the inputs, or an exam of the study"
        raise common.refusal(NAME, "ImagingStudy.modality", why)
    dates = sorted(d for e in exams for d in e.dates)
    started = made.get("started") or date_time(next(iter(dates), None), output.options.timezone)
    if not started:
        why = "give the ImagingStudy with its date among the inputs, or an exam of the study"
        raise common.refusal(NAME, "ImagingStudy.started", why)
    number = next((s.accession for s in output.case.studies if s.id == study), None)
    uid = study.removeprefix("urn:oid:")
    rest = _replaced(common.without(made, "subject"), known)
    more = filled(
        modality=modality,
        started=started,
        basedOn=[reference(orders[number])] if number else [],
        **_endpoint(output, uid),
    )
    return common.claim(rest | more, f"{IMR}/imr-imagingstudy")


def _modalities(output: Output, methods: set[str]) -> list[Json]:
    system = output.terms.written["DCM"]
    known = sorted({common.BY_METHOD[method] for method in methods})
    return [{"system": system, "code": code} for code in known]


def _endpoint(output: Output, uid: str) -> Json:
    """Return where the images of a study are: the settings' endpoint, the same for every study.

    One that the receiver has is referred to; an address is an Endpoint contained in the study.
    """
    table = common.settings(output, "endpoint")
    identifier = table.get("identifier")
    if table.get("reference") or identifier:
        to = filled(reference=table.get("reference"), type="Endpoint", identifier=identifier)
        return {"endpoint": [to]}
    address, connection = str(table.get("address", "")), table.get("connection_type")
    if not address or connection not in _CONNECTIONS:
        why = (
            "give [endpoint] in the settings: address, with connection_type "
            f"{' or '.join(_CONNECTIONS)}; or the reference or identifier of one that the receiver "
            "has"
        )
        raise common.refusal(NAME, "ImagingStudy.endpoint", why)
    made = {
        "resourceType": "Endpoint",
        "id": "endpoint",
        "status": "active",
        "connectionType": {"system": f"{THO}/endpoint-connection-type", "code": connection},
        "payloadType": [standard(output.terms.written["DCM"], "113014", "Study")],
        "address": address.replace("{study}", uid),
    }
    within = common.claim(made, f"{IMR}/imaging-study-endpoint")
    return {"contained": [within], "endpoint": [{"reference": "#endpoint"}]}


def _diagnostic_report(report: Report, orders: Mapping[str, Json], known: References) -> Json:
    base, output = report.report, report.output
    if "issued" not in base:
        why = "give --now, or inputs that state an instant with its zone"
        raise common.refusal(NAME, "DiagnosticReport.issued", why)
    if not output.studies:
        why = "give the ImagingStudy among the inputs"
        raise common.refusal(NAME, "DiagnosticReport.imagingStudy", why)
    uuid = _version(output)
    lasting, _, *others = base["identifier"]
    made = common.without(base, "id", "basedOn", "result", "presentedForm") | filled(
        id=uuid,
        identifier=[lasting, version_identifier(uuid), *others],
        basedOn=[reference(order) for order in orders.values()],
        performer=_performers(output, base),
        resultsInterpreter=[reference(p) for p in common.interpreters(report)],
        presentedForm=[attachment(base)],
    )
    for element, why in (
        ("performer", "an Organization: give `organization` in the settings"),
        ("resultsInterpreter", "give --verified-by, or `interpreter` in the settings"),
    ):
        if element not in made:
            raise common.refusal(NAME, f"DiagnosticReport.{element}", why)
    if common.setting(output, NAME, "observations", ("contained", "none")) != "none":
        within, results = _contained(report, orders)
        made |= {"contained": within, "result": results}
        made, known = _with_places(output, made, known)
    return common.claim(_replaced(made, known), f"{IMR}/imr-diagnosticreport")


def _with_places(output: Output, made: Json, known: References) -> tuple[Json, References]:
    """Return the report with the organizations that it refers to, unless the receiver has them.

    IMR tells an Organization among the performers by what the reference resolves to.
    """
    used = set(_urls(made))
    places = [
        one
        for one in _organizations(output)
        if _url(one) in used and "reference" not in known[_url(one)]
    ]
    within = {_url(one): {"reference": f"#{one['id']}", **known[_url(one)]} for one in places}
    return made | {"contained": [*made["contained"], *places]}, {**known, **within}


def _urls(value: Any) -> Iterator[str]:
    """Yield every literal reference in a value."""
    if isinstance(value, dict):
        yield from (to for to in [value.get("reference")] if isinstance(to, str))
        for one in value.values():
            yield from _urls(one)
    elif isinstance(value, list):
        for one in value:
            yield from _urls(one)


def _version(output: Output) -> str:
    """Return the name of this version: another grade, or another setting, is another report."""
    names = ("organization", "interpreter", "endpoint", "order", "issuers", "canonical_base")
    said = {name: output.options.settings.get(name) for name in names}
    said[NAME] = common.settings(output, "profile").get(NAME)
    of = json.dumps(said, sort_keys=True, ensure_ascii=False, default=str)
    return ids.uuid5(output.outputs, "DiagnosticReport", of)


def _performers(output: Output, base: Json) -> list[Json]:
    """Return who answers for the report: the settings' organization, else the institutions."""
    own = common.organization(output)
    return [reference(own)] if own is not None else list(base.get("performer", ()))


def _contained(report: Report, orders: Mapping[str, Json]) -> tuple[list[Json], list[Json]]:
    """Return what the report contains, and its results: findings and impression in words, and the
    grades. The coded findings are reached from their words, so nothing stands apart (dom-3).
    """
    every = [reference(order) for order in orders.values()]
    of_study = _orders_of_studies(report.output, orders)
    words = [*_findings(report), _impression(report)]
    grades = report.grades.resources
    seen = [
        _ordered(o, [of_study[url] for url in map(_to, o.get("partOf", ())) if url in of_study])
        for o in report.observations.resources
    ]
    told = [_ordered(o, every) for o in (*words, *grades)]
    return (
        [*told, *seen, report.device, common.without(report.provenance, "meta")],
        [{"reference": f"#{o['id']}"} for o in (*words, *grades)],
    )


def _orders_of_studies(output: Output, orders: Mapping[str, Json]) -> dict[str, Json]:
    numbers = {s.id: s.accession for s in output.case.studies if s.accession}
    return {
        _url(output.studies[study]): reference(orders[number]) for study, number in numbers.items()
    }


def _ordered(observation: Json, orders: Sequence[Json]) -> Json:
    """Return an Observation with its orders; IMR profiles what is imaging and has one."""
    if not orders:
        return observation
    made = observation | {"basedOn": list(orders)}
    codes = [c["code"] for row in made["category"] for c in row["coding"]]
    return common.claim(made, f"{IMR}/imr-observation") if "imaging" in codes else made


def _findings(report: Report) -> Iterator[Json]:
    """Yield the findings in words, derived from the coded ones.

    No members: what a report lists is of its organization and its only study, and so would be they.
    """
    output, coded = report.output, report.observations.resources
    words = said.findings(report.graded, output.terms, output.options.lang)
    inner = {_to(m) for o in coded for m in o.get("hasMember", ())}
    status = {o["status"] for o in coded}
    if coded:
        yield _words(report, _FINDINGS, words) | {
            "status": "preliminary" if "preliminary" in status else "final",
            "derivedFrom": [reference(o) for o in coded if _url(o) not in inner],
        }


def _impression(report: Report) -> Json:
    """Return the impression in words, with the grades as members."""
    base = report.report
    return _words(report, _IMPRESSION, base["conclusion"]) | filled(
        status=base["status"], issued=base["issued"], hasMember=base["result"]
    )


def _words(report: Report, codes: Sequence[tuple[str, str]], words: str) -> Json:
    output = report.output
    name = codes[0][0]
    uuid = ids.uuid5(output.outputs, "Observation", name)
    return filled(
        resourceType="Observation",
        id=uuid,
        language=report.report["language"],
        identifier=[output.lasting(uuid, "Observation", name)],
        category=[standard(f"{THO}/observation-category", "imaging")],
        code={"coding": [c for code in codes for c in standard(LOINC, *code)["coding"]]},
        subject=output.subject,
        valueString=words,
    )
