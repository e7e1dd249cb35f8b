"""Values of the model to FHIR data types: codes, identifiers, dates, quantities, references.

Source: FHIR R4 data types; contract section 2. Every function returns plain values; `filled` leaves
out what says nothing, since FHIR knows no empty element.
"""

import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Any

from adapter.model import Quantity, Site
from adapter.sites import AXIS, runs
from adapter.terms import Coding, Terms

Json = dict[str, Any]

CANONICAL = "http://csfleak.invalid/fhir"
"""Where our own names stand until the setting ``canonical_base`` gives the owner's."""

LOINC = "http://loinc.org"
THO = "http://terminology.hl7.org/CodeSystem"
DICOM_UID = "urn:dicom:uid"
URI = "urn:ietf:rfc:3986"
ABSENT_REASON = "http://hl7.org/fhir/StructureDefinition/data-absent-reason"

_OID = re.compile(r"[0-2](\.(0|[1-9]\d*))+")
_JSON_NUMBER = re.compile(r"-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?")
_TIME = re.compile(
    r"(?P<day>\d{4}(-\d{2}(-\d{2})?)?)"
    r"(T(?P<minute>\d{2}:\d{2})(?P<second>:\d{2}(\.\d+)?)?(?P<zone>Z|[+-]\d{2}:\d{2})?)?"
)
_UCUM = frozenset(
    {"mm[H2O]", "cm[H2O]", "m[H2O]", "mm[Hg]", "cm[Hg]", "Pa", "hPa", "kPa", "mm", "cm", "m"}
)
_REASONS = frozenset(
    {
        *("unknown", "asked-unknown", "temp-unknown", "not-asked", "asked-declined", "masked"),
        *("not-applicable", "unsupported", "as-text", "error", "not-a-number"),
        *("negative-infinity", "positive-infinity", "not-performed", "not-permitted"),
    }
)


COMPARATORS = ("<", "<=", ">=", ">")
"""Comparators of R4."""


def filled(**values: Any) -> Json:
    """Return the elements that have a value: ``False`` and a number are one."""
    return {name: value for name, value in values.items() if value or value is False or value == 0}


def coding(code: Coding) -> Json:
    """Return a Coding."""
    return filled(system=code.system, code=code.code, display=code.display)


def concept(name: str, terms: Terms, *, full: bool, lang: str = "") -> Json:
    """Return the CodeableConcept of a term; with `lang` also its label as text."""
    term = terms[name]
    codings = [coding(c) for c in terms.codings(name, full=full)]
    if name == "absent" and full:
        codings.append({"system": terms.written["SCT"], "code": "2667000", "display": "Absent"})
    return filled(coding=codings, text={"ja": term.ja, "en": term.en}.get(lang))


@lru_cache(maxsize=256)
def standard(system: str, code: str, display: str = "") -> Json:
    """Return a CodeableConcept of one code that is no term of the adapter."""
    return {"coding": [filled(system=system, code=code, display=display)]}


def absent_reason(reason: str | None) -> Json:
    """Return why a value is missing; a reason HL7 has no code for is ``unknown`` with its text."""
    known = reason in _REASONS
    code = reason if known and reason else "unknown"
    return standard(f"{THO}/data-absent-reason", code) | filled(text="" if known else reason)


@lru_cache(maxsize=1024)
def is_oid(text: str) -> bool:
    """Return whether `text` is a bare UID."""
    return len(text) <= 64 and bool(_OID.fullmatch(text))


def dicom_identifier(uid: str) -> Json:
    """Return the Identifier of a UID; a local name that is none stands without a system."""
    return {"system": DICOM_UID, "value": f"urn:oid:{uid}"} if is_oid(uid) else {"value": uid}


def own_identifier(uuid: str) -> Json:
    """Return the Identifier that a resource of ours is found by when it is sent again."""
    return {"system": URI, "value": f"urn:uuid:{uuid}"}


def version_identifier(uuid: str) -> Json:
    """Return the Identifier of one version of a resource, beside the one that all versions have."""
    return {"use": "secondary", **own_identifier(uuid)}


def accession_type() -> Json:
    """Return the identifier type of an accession number."""
    return standard(f"{THO}/v2-0203", "ACSN", "Accession ID")


def reference(resource: Mapping[str, Any]) -> Json:
    """Return a Reference to a resource of the same output: the same one each time."""
    return _reference(resource["id"])


@lru_cache(maxsize=4096)
def _reference(uuid: str) -> Json:
    return {"reference": f"urn:uuid:{uuid}"}


@lru_cache(maxsize=1024)
def date_time(text: str | None, timezone: str | None) -> str | None:
    """Return an R4 dateTime: a time only with its zone (its own, or the one supplied).

    Without a zone the date alone is left: a zone is never made up. Missing seconds are zero, as
    FHIR asks. None where nothing can be kept.
    """
    match = _TIME.match(text or "")
    if match is None:
        return None
    zone = match["zone"] or timezone
    if match["minute"] is None or zone is None:
        return match["day"]
    return f"{match['day']}T{match['minute']}{match['second'] or ':00'}{zone}"


def instant(text: str | None, timezone: str | None) -> str | None:
    """Return an R4 instant; None where the text has no time, or neither has a zone."""
    found = date_time(text, timezone)
    return found if found is not None and "T" in found else None


def latest(instants: Iterable[str | None]) -> str | None:
    """Return the latest of the instants that are known."""
    known = [i for i in instants if i is not None]
    return max(known, key=lambda i: (datetime.fromisoformat(i), i), default=None)


def effective(dates: Iterable[str | None], timezone: str | None) -> Json:
    """Return effective[x] of one date, or of the first and the last of several."""
    known = {d for text in dates if (d := date_time(text, timezone)) is not None}
    if not known:
        return {}
    if len(known) == 1:
        return {"effectiveDateTime": known.pop()}
    return {"effectivePeriod": {"start": min(known), "end": max(known)}}


def number(text: str) -> Any:
    """Return a JSON number with the digits of `text`; None where it is none."""
    from orjson import Fragment

    if _JSON_NUMBER.fullmatch(text):
        return Fragment(text.encode())
    try:
        value = Decimal(text.strip())
    except InvalidOperation:
        return None
    return Fragment(format(value, "f").encode()) if value.is_finite() else None


def quantity(of: Quantity) -> Json | None:
    """Return a Quantity, UCUM where the unit is; None where value or comparator is none."""
    value = number(of.value)
    if value is None or of.comparator not in ("", *COMPARATORS):
        return None
    ucum = of.unit in _UCUM
    return filled(
        value=value,
        comparator=of.comparator,
        unit=of.unit,
        system="http://unitsofmeasure.org" if ucum else "",
        code=of.unit if ucum else "",
    )


def site_text(site: Site) -> str:
    """Return a site in words that are read back: as written, else ``T3-T5, L2, thoracic``."""
    if site.text:
        return site.text
    parts = [_levels(site.levels), *(named.name for named in site.named)]
    return ", ".join([part for part in parts if part])


@lru_cache(maxsize=1024)
def _levels(levels: tuple[int, ...]) -> str:
    return ", ".join(AXIS[a] if a == b else f"{AXIS[a]}-{AXIS[b]}" for a, b in runs(levels))
