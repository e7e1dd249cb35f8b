"""US Core: the report as a note, its Observations as clinical results.

Written so that every release from 3.1.1 to 9.0.0 holds: ``gender`` is there, too. Source: US Core,
us-core-diagnosticreport-note, us-core-observation-clinical-result, us-core-patient,
us-core-organization, us-core-practitioner, and its general guidance on missing data.
"""

from collections.abc import Sequence

from adapter.writers.fhir.context import Output
from adapter.writers.fhir.profiles import common
from adapter.writers.fhir.report import Report
from adapter.writers.fhir.values import ABSENT_REASON, Json, effective, filled, reference

NAME = "us-core"
SETTINGS: dict[str, tuple[str, ...]] = {
    "missing": ("refuse", "unknown"),
    "identifier_system": (),
}

_PROFILES = "http://hl7.org/fhir/us/core/StructureDefinition"
_UCUM = "http://unitsofmeasure.org"
_TO_THE_DAY = len("2026-03-02")
_ANSWERS = ("value", "dataAbsentReason", "component", "hasMember")


def resources(report: Report) -> Sequence[Json]:
    """Return the resources of a report as US Core has them.

    Raises
    ------
    Usage
        The inputs hold no patient's identifier with its system, no name or no gender; or no date
        of an exam or of anything else that was observed.
    """
    output = report.output
    people = common.interpreters(report)
    observed = [*report.observations.resources, *report.grades.resources]
    return (
        _patient(output),
        *map(_organization, common.organizations(output)),
        *map(_practitioner, people),
        report.device,
        *output.studies.values(),
        *map(_observation, observed),
        _diagnostic_report(report, people),
        report.provenance,
    )


def _unknown(reason: str = "unknown") -> Json:
    return {"extension": [{"url": ABSENT_REASON, "valueCode": reason}]}


def _missing(output: Output, element: str, why: str) -> None:
    """Refuse an element that no input holds, unless it may be said that it is unknown.

    US Core's guidance: what is demanded and not known is told as such, never left out.
    """
    if common.setting(output, NAME, "missing") != "unknown":
        hint = f'{why}, or set missing = "unknown" in [profile.us-core]'
        raise common.refusal(NAME, element, hint)


def _patient(output: Output) -> Json:
    known = output.patient
    parts = {
        "identifier": _identifiers(output),
        "name": [_name(n) for n in known.get("name", [])],
        "gender": known.get("gender"),
    }
    if not parts["name"]:
        _missing(output, "Patient.name", "give the Patient with a name among the inputs")
        parts["name"] = [_unknown()]
    if parts["gender"] is None:
        _missing(output, "Patient.gender", "give the Patient with a gender among the inputs")
        parts["gender"] = "unknown"
    return common.claim(known | parts, f"{_PROFILES}/us-core-patient")


def _identifiers(output: Output) -> list[Json]:
    """Return the identifiers, each with a system: its own, its issuer's, or the settings'."""
    default = common.setting(output, NAME, "identifier_system")
    found = []
    for one in common.identifiers(output):
        if "system" not in one and not default:
            why = (
                "pair the issuer with a system in `issuers`, set identifier_system in "
                "[profile.us-core]"
            )
            _missing(output, "Patient.identifier.system", why)
            found.append({"_system": _unknown(), **one})
        else:
            found.append({"system": default, **one})
    if not found:
        why = "give the Patient with its identifier among the inputs"
        _missing(output, "Patient.identifier", why)
        found.append({"_system": _unknown(), "_value": _unknown()})
    return found


def _name(name: Json) -> Json:
    """Return a name; one without family and given name says that it is text (us-core-6)."""
    if "family" in name or "given" in name:
        return name
    more = _unknown("as-text")["extension"]
    return name | {"extension": [*name.get("extension", []), *more]}


def _organization(organization: Json) -> Json:
    return common.claim({**organization, "active": True}, f"{_PROFILES}/us-core-organization")


def _practitioner(practitioner: Json) -> Json:
    """Return a physician; a family name that cannot be told from the name is told as text."""
    names = [
        n if "family" in n else n | {"_family": _unknown("as-text")} for n in practitioner["name"]
    ]
    return common.claim(practitioner | {"name": names}, f"{_PROFILES}/us-core-practitioner")


def _observation(observation: Json) -> Json:
    """Return an Observation as a clinical result, where it is one.

    One that says nothing itself (us-core-2), or has a unit that is not UCUM's (us-core-3), claims
    nothing. A date without its day is the period that it names (us-core-1).
    """
    date = observation.get("effectiveDateTime", "")
    made = observation
    if date and len(date) < _TO_THE_DAY:
        made = common.without(observation, "effectiveDateTime")
        made |= {"effectivePeriod": {"start": date, "end": date}}
    coded = made.get("valueQuantity", {}).get("system", _UCUM)
    if coded != _UCUM or not any(name.startswith(_ANSWERS) for name in made):
        return made
    return common.claim(made, f"{_PROFILES}/us-core-observation-clinical-result")


def _diagnostic_report(report: Report, people: Sequence[Json]) -> Json:
    made = report.report | filled(resultsInterpreter=[reference(p) for p in people])
    if not any(name.startswith("effective") for name in made):
        made |= _observed(report.output)
    return common.claim(made, f"{_PROFILES}/us-core-diagnosticreport-note")


def _observed(output: Output) -> Json:
    """Return when what the patient's facts say was observed, where no exam has a date."""
    case = output.case
    said = [s for fact in case.facts.values() for s in fact.statements]
    said += [*case.pressures, *case.punctures, *case.patches]
    dates = effective((s.date for s in said), output.options.timezone)
    if not dates:
        why = "give inputs that state when the exam was made"
        _missing(output, "DiagnosticReport.effective[x]", why)
        return {"_effectiveDateTime": _unknown()}
    return dates
