"""IHE IMR 1.1.0: one transaction that creates a report, its orders and its studies, nothing else.

The Bundle is closed: Observations ride contained in the report, and patient, people and places are
referred to where the receiver has them. Source: IHE RAD IMR, [RAD-141] Store Multimedia Report
Bundle; imr-diagnosticreport.
"""

import json
from collections.abc import Mapping, Sequence

from adapter.writers import ids
from adapter.writers.fhir import bundle
from adapter.writers.fhir.context import Output
from adapter.writers.fhir.presented import attachment
from adapter.writers.fhir.profiles import common
from adapter.writers.fhir.profiles.imr_contained import contained
from adapter.writers.fhir.profiles.imr_references import (
    IMR,
    NAME,
    References,
    elsewhere,
    organizations,
    patient,
    replaced,
    url,
    urls,
)
from adapter.writers.fhir.profiles.imr_studies import orders_of, study_of
from adapter.writers.fhir.report import Report
from adapter.writers.fhir.values import Json, filled, reference, version_identifier

__all__ = ["BUNDLE", "NAME", "SETTINGS", "request", "resources"]

SETTINGS: dict[str, tuple[str, ...]] = {
    "observations": ("contained", "none"),
    "patient": ("identifier", "search"),
    "identifier_system": (),
}
BUNDLE = f"{IMR}/imr-store-multimedia-report-bundle"


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
    orders = orders_of(output)
    known = elsewhere(report)
    studies = [study_of(output, study, orders, known) for study in output.studies]
    made = _diagnostic_report(report, orders, known)
    subject = patient(output, common.setting(output, NAME, "patient"))
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
    if common.setting(output, NAME, "observations") != "none":
        within, results = contained(report, orders)
        made |= {"contained": within, "result": results}
        made, known = _with_places(output, made, known)
    return common.claim(replaced(made, known), f"{IMR}/imr-diagnosticreport")


def _with_places(output: Output, made: Json, known: References) -> tuple[Json, References]:
    """Return the report with the organizations that it refers to, unless the receiver has them.

    IMR tells an Organization among the performers by what the reference resolves to.
    """
    used = set(urls(made))
    places = [
        one
        for one in organizations(output)
        if url(one) in used and "reference" not in known[url(one)]
    ]
    within = {url(one): {"reference": f"#{one['id']}", **known[url(one)]} for one in places}
    return made | {"contained": [*made["contained"], *places]}, {**known, **within}


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
