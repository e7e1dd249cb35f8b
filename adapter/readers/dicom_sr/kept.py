"""One content item to evidence: its name and its value as they came.

Source: DICOM PS3.3 C.18 (content item macros), section 8 (coding schemes).
"""

from typing import Any

from adapter.model import Coded, Unmapped
from adapter.readers.dicom_sr import dates
from adapter.readers.dicom_sr.codes import Lookup
from adapter.sr.content import Code, Item, Number
from adapter.terms import PRIVATE, Term

LOCAL = "L"
"""Scheme of the codes that stand for words, and for no name at all (`adapter.writers`)."""

UNSTATED = (LOCAL, "not-stated")
"""The unit of a number that has none (`adapter.writers`)."""

_NO_VALUE = {("SCT", "261665006"): "unknown", ("SCT", "373121007"): "not-performed"}


def value_of(item: Item, lookup: Lookup, of: Term | None = None) -> Unmapped | None:
    """Return what an item says, as it came; None where it says nothing.

    `of` is the term of its name where it is known and only its value is not.
    """
    said = _said(item, lookup)
    if not said:
        return None
    names, label = _name(item.name, lookup)
    if of is not None:
        names = (Coded(code=of.name, system=lookup.terms.written[PRIVATE], meaning=of.en),)
    return Unmapped(source=lookup.source(item), names=names, label=label, **said)


def _name(name: Code | None, lookup: Lookup) -> tuple[tuple[Coded, ...], str]:
    if name is None or (name.scheme == LOCAL and name.value == "unnamed"):
        return (), ""
    if name.scheme == LOCAL and name.value == "words":
        return (), name.meaning
    return (coded(name, lookup),), ""


def _said(item: Item, lookup: Lookup) -> dict[str, Any]:
    """Return the fields of what an item says; empty where it says nothing."""
    value = item.value
    if isinstance(value, Code) and value.scheme == LOCAL and value.value == "words":
        return {"text": value.meaning}
    if isinstance(value, Code) and (value.scheme.strip(), value.value.strip()) in _NO_VALUE:
        return {"reason": _NO_VALUE[value.scheme.strip(), value.value.strip()]}
    if isinstance(value, Code):
        return {"codes": (coded(value, lookup),)}
    if isinstance(value, Number) and value.text.strip():
        stated = value.unit is not None and (value.unit.scheme, value.unit.value) != UNSTATED
        unit = coded(value.unit, lookup) if value.unit and stated else None
        return {"number": value.text.strip(), "unit": unit}
    if isinstance(value, Number) or item.value_type == "NUM":
        qualifier = value.qualifier if isinstance(value, Number) else None
        term = lookup.term(qualifier)
        known = term.reason if term is not None else None
        return {"reason": known or (qualifier.meaning if qualifier else "") or "unknown"}
    if isinstance(value, str) and value.strip():
        return _worded(item.value_type, value.strip(), lookup)
    return {}


def _worded(kind: str, words: str, lookup: Lookup) -> dict[str, Any]:
    if kind in ("DATE", "DATETIME"):
        date = dates.instant(words, lookup.zone)
        return {"date": date} if date else {"text": words}
    if kind == "TIME":
        time = dates.time(words)
        return {"time": time} if time else {"text": words}
    return {"uid": words} if kind == "UIDREF" else {"text": words}


def coded(code: Code, lookup: Lookup) -> Coded:
    """Return a code as it came, its scheme as a FHIR system where one is known."""
    terms, designator = lookup.terms, code.scheme.strip()
    if designator == LOCAL:
        return Coded(code=code.value, meaning=code.meaning)
    scheme = terms.systems.get(lookup.schemes.get(designator, designator))
    system = terms.written.get(scheme, scheme) if scheme else ""
    if not system:
        known = lookup.identified.get(designator, "")
        system = f"urn:oid:{known}" if known[:1].isdigit() else known or designator
    return Coded(code=code.value, system=system, meaning=code.meaning)
