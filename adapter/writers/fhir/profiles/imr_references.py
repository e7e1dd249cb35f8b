"""How an IMR report refers to what it does not send: patient, organizations, physicians.

They are expected to exist at the receiver. Source: IHE RAD IMR, [RAD-141] 2:4.141.4.1.2; FHIR R4
references.html (logical and contained references), bundle.html ("Conditional References").
"""

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote

from adapter.writers.fhir.context import Output
from adapter.writers.fhir.profiles import common
from adapter.writers.fhir.report import Report
from adapter.writers.fhir.values import Json, filled, reference

NAME = "imr"
IMR = "https://profiles.ihe.net/RAD/IMR/StructureDefinition"

References = Mapping[str, Json]
"""How a resource of base R4 is referred to here, by its own URL."""


def url(resource: Json) -> str:
    """Return a resource's own URL in the output."""
    return str(reference(resource)["reference"])


def to(row: Json) -> str:
    """Return what a literal reference names."""
    return str(row["reference"])


def elsewhere(report: Report) -> dict[str, Json]:
    """Return how all is referred to that is no entry: by what names it, or where it is contained.

    Patient, organizations and physicians are expected to exist at the receiver ([RAD-141]).
    """
    output = report.output
    within = (report.device, *report.observations.resources, *report.grades.resources)
    known = {url(one): {"reference": f"#{one['id']}"} for one in within}
    known[url(report.report)] = {"reference": "#"}
    known[url(output.patient)] = patient(output)
    for one in organizations(output):
        known[url(one)] = _named(output, one, "organization", common.organization(output))
    for one in common.interpreters(report):
        known[url(one)] = _named(output, one, "interpreter", common.interpreter(output))
    return known


def organizations(output: Output) -> list[Json]:
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


def patient(output: Output, by: str = "") -> Json:
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


def replaced(value: Any, known: References) -> Any:
    """Return a value with its references as they are here."""
    if isinstance(value, dict):
        if value.get("reference") in known:
            return known[value["reference"]]
        return {name: replaced(one, known) for name, one in value.items()}
    if isinstance(value, list):
        return [replaced(one, known) for one in value]
    return value


def urls(value: Any) -> Iterator[str]:
    """Yield every literal reference in a value."""
    if isinstance(value, dict):
        yield from (one for one in [value.get("reference")] if isinstance(one, str))
        for one in value.values():
            yield from urls(one)
    elif isinstance(value, list):
        for one in value:
            yield from urls(one)
