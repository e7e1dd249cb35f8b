"""What profiles share: settings, people and places of the settings, claims, refusals.

The settings file's tables ``organization`` and ``interpreter`` hold for every profile, its table
``profile.<name>`` for one; `docs/profiles.md` lists them. Resources are shared by all outputs:
every function returns a new one.
"""

from collections.abc import Mapping
from typing import Any

from adapter.errors import Usage
from adapter.writers import ids
from adapter.writers.fhir import people
from adapter.writers.fhir.context import Output
from adapter.writers.fhir.report import Report
from adapter.writers.fhir.values import Json, date_time, filled

BY_METHOD = {
    "spinal-mri": "MR", "mr-myelography": "MR", "brain-mri": "MR",
    "ri-cisternogram": "NM", "ct-myelography": "CT",
}  # fmt: skip
"""The modality that an exam's method is: a study need not tell it again."""


def refusal(profile: str, element: str, why: str) -> Usage:
    """Return the error of a profile that cannot be written: the element, and what to do."""
    return Usage(f"--profile {profile} demands {element}: {why}")


def setting(output: Output, profile: str, name: str) -> str:
    """Return a text of the settings' table ``profile.<profile>``; empty where it is not set."""
    return str(_table(_table(output.options.settings, "profile"), profile).get(name, ""))


def _table(settings: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """Return a table of the settings, empty without one; a text is the name in a table."""
    known = settings.get(name, {})
    if isinstance(known, str):
        return {"name": known} if known else {}
    if not isinstance(known, Mapping):
        raise Usage(f"`{name}` is to be a table or a text", "settings")
    return known


def settings(output: Output, name: str) -> Mapping[str, Any]:
    """Return a table of the settings; empty where it is not set, a text is the name in it."""
    return _table(output.options.settings, name)


def claim(resource: Json, *profiles: str) -> Json:
    """Return a resource that claims profiles, beside those it claims already."""
    meta = resource.get("meta", {})
    claimed = dict.fromkeys([*meta.get("profile", []), *profiles])
    kind = {"resourceType": resource["resourceType"]}
    head = kind | filled(id=resource.get("id"), meta=meta | {"profile": list(claimed)})
    return head | {k: v for k, v in resource.items() if k not in head}


def without(resource: Json, *names: str) -> Json:
    """Return a resource without the elements named."""
    return {name: value for name, value in resource.items() if name not in names}


def interpreter(output: Output) -> Json | None:
    """Return the Practitioner of the settings' ``interpreter``: who reads the images of the site.

    A text is the name; a table has ``name``, or ``family`` and ``given``, and may have an
    ``identifier`` with ``system`` and ``value``. None where it is not set.
    """
    table = _table(output.options.settings, "interpreter")
    family, given = str(table.get("family", "")), str(table.get("given", ""))
    name = str(table.get("name", "")) or " ".join(filter(None, (family, given)))
    if not name:
        return None
    made = people.practitioner(name, ids.uuid5("", "Practitioner", name))
    parts = filled(text=name, family=family, given=[given] if given else [])
    names = [parts] if family else made["name"]
    return made | {"identifier": [*made["identifier"], *_identifier(table)], "name": names}


def interpreters(report: Report) -> tuple[Json, ...]:
    """Return who read the images: the physician who signs, then the settings' interpreter.

    One of the same name is one person. Empty where neither is known: nobody is made up.
    """
    of_site = interpreter(report.output)
    signing = report.practitioner
    if of_site is not None and signing is not None and of_site["id"] == signing["id"]:
        return (of_site,)
    return tuple(p for p in (signing, of_site) if p is not None)


def organization(output: Output) -> Json | None:
    """Return the Organization of the settings' ``organization``: who answers for the report.

    A text is the name; a table has ``name`` and may have an ``identifier`` with ``system`` and
    ``value``. An institution of that name in the inputs is the same resource. None where not set.
    """
    table = _table(output.options.settings, "organization")
    name = str(table.get("name", ""))
    if not name:
        return None
    made = people.organization(name, ids.uuid5("", "Organization", name))
    return made | {"identifier": [*made["identifier"], *_identifier(table)]}


def organizations(output: Output) -> tuple[Json, ...]:
    """Return the institutions of the inputs, one that the settings name with its identifier."""
    own = organization(output)
    return tuple(
        own if own is not None and own["id"] == one["id"] else one
        for one in output.organizations.values()
    )


def _identifier(table: Mapping[str, Any]) -> list[Json]:
    known = _table(table, "identifier")
    made = filled(system=str(known.get("system", "")), value=str(known.get("value", "")))
    return [made] if "value" in made else []


def identifiers(output: Output) -> list[Json]:
    """Return the patient's identifiers, values as they came.

    An issuer that the settings' ``issuers`` pair with a system gets that system.
    """
    systems = dict(output.options.settings.get("issuers", ()))
    return [
        {"system": systems[issuer], **one}
        if "system" not in one and (issuer := one.get("assigner", {}).get("display")) in systems
        else one
        for one in output.patient.get("identifier", [])
    ]


def created(output: Output) -> str | None:
    """Return when the report was made, as precisely as is known: the instant that is given, else
    the latest date that an input has; None without one.
    """
    zone = output.options.timezone
    if output.options.now is not None:
        return date_time(output.options.now, zone)
    dates = (date_time(i.date, zone) for i in output.case.inputs if i.status == "used")
    return output.issued or max((d for d in dates if d is not None), default=None)


def filler(resource: Json) -> list[Json]:
    """Return a report's identifiers, the one of all versions as the filler's (v2-0203 ``FILL``)."""
    kind = {
        "coding": [
            {"system": "http://terminology.hl7.org/CodeSystem/v2-0203", "code": "FILL",
             "display": "Filler Identifier"}
        ]
    }  # fmt: skip
    lasting, *others = resource["identifier"]
    return [{"type": kind, **lasting}, *others]
