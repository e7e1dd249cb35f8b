"""Evidence that no term stands for to Observations: code and value as they came, tagged.

Each is a member of its exam's group where it is told, else stands by itself in the Bundle; no
report lists it as a result and no grade rests on it. The lesion or group it stood in is named by a
component, Tracking Unique Identifier. Source: contract section 4 ("not mapped"); FHIR R4
Observation.
"""

import re
from collections import Counter
from collections.abc import Iterable
from typing import Any
from urllib.parse import quote

from adapter.model import Coded, Unmapped
from adapter.writers import ids, kept
from adapter.writers.fhir.context import Output
from adapter.writers.fhir.values import (
    ABSENT_REASON,
    COMPARATORS,
    THO,
    Json,
    absent_reason,
    date_time,
    effective,
    filled,
    number,
    standard,
)

TAG = "not-mapped"
"""Code of the tag; its system is ``<canonical base>/tags``."""

DESIGNATOR = "/NamingSystem/dicom-designator/"
"""Below the canonical base: a DICOM coding scheme of which only the designator is known."""

_TIME = re.compile(r"([01]\d|2[0-3]):[0-5]\d(:([0-5]\d|60)(\.\d+)?)?")
_INTEGER = re.compile(r"-?(0|[1-9]\d{0,8})")
_NO_STRING = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f]")


def evidence(output: Output) -> dict[int, list[Json]]:
    """Return the Observations of what stands apart, by the index of their exam; -1 for none."""
    found: dict[int, list[Json]] = {}
    alike: Counter[str] = Counter()
    for one in kept.apart(output.case):
        at = kept.exam_of(one, output.case)
        content = repr((at, one.names, one.label, one.codes, one.text, one.number, one.comparator,
                        one.unit, one.date, one.time, one.uid, one.reason, one.group,
                        one.observed))  # fmt: skip
        alike[content] += 1
        found.setdefault(at, []).append(_observation(output, one, content, alike[content]))
    return found


def _observation(output: Output, one: Unmapped, content: str, count: int) -> Json:
    uuid = ids.uuid5(output.inputs, TAG, content, str(count))
    study = output.studies.get(one.exam.study or "")
    place = output.organizations.get(one.exam.institution or "")
    preliminary = {i.name for i in output.case.inputs if i.preliminary}
    tracking = {"code": output.concept("tracking-uid"), "valueString": one.group}
    return filled(
        resourceType="Observation",
        id=uuid,
        meta={"tag": [{"system": f"{output.canonical}/tags", "code": TAG}]},
        identifier=[output.lasting(uuid, TAG, content, str(count))],
        partOf=output.parts_of((one.exam.study,)) if study and one.exam.study else [],
        status="preliminary" if one.source.document in preliminary else "final",
        category=[standard(f"{THO}/observation-category", "imaging")],
        code=_code(output, one),
        subject=output.subject,
        **effective([one.observed or one.exam.date], output.options.timezone),
        performer=output.performers((one.exam.institution,))
        if place and one.exam.institution
        else [],
        **value(output, one),
        component=[tracking] if one.group else [],
    )


def _code(output: Output, one: Unmapped) -> Json:
    named = filled(coding=_codings(output, one.names), text=_string(one.label))
    return named or {"extension": [{"url": ABSENT_REASON, "valueCode": "unknown"}]}


def value(output: Output, one: Unmapped) -> Json:
    """Return value[x] by what was said, or why there is none."""
    if one.codes:
        words = filled(text=_string(one.text))
        return {"valueCodeableConcept": {"coding": _codings(output, one.codes)} | words}
    if one.number:
        return _number(output, one)
    date = date_time(one.date, output.options.timezone) if one.date else None
    if date:
        return {"valueDateTime": date}
    if _TIME.fullmatch(one.time):
        return {"valueTime": one.time if one.time.count(":") > 1 else f"{one.time}:00"}
    said = _string(one.text or one.date or one.time) or (f"urn:oid:{one.uid}" if one.uid else "")
    if said.strip():
        return {"valueString": said}
    return {"dataAbsentReason": absent_reason(one.reason or None)}


def _number(output: Output, one: Unmapped) -> Json:
    unit = one.unit
    if not unit and not one.comparator and _INTEGER.fullmatch(one.number):
        return {"valueInteger": int(one.number)}
    amount: Any = number(one.number)
    if amount is None or one.comparator not in ("", *COMPARATORS):
        words = (one.comparator, one.number, (unit.meaning or unit.code) if unit else "")
        return {"valueString": _string(" ".join(w for w in words if w))}
    coded = _coding(output, unit) if unit else {}
    system = coded.get("system", "")
    return {
        "valueQuantity": filled(
            value=amount,
            comparator=one.comparator,
            unit=_string(unit.meaning or unit.code) if unit else "",
            system=system,
            code=coded.get("code") if system else None,
        )
    }


def _codings(output: Output, codes: Iterable[Coded]) -> list[Json]:
    return [made for one in codes if (made := _coding(output, one))]


def _coding(output: Output, code: Coded) -> Json:
    """Return a Coding; a code holds no blanks but single ones within."""
    system = "%20".join(code.system.split())  # a URI has no blanks
    if system and ":" not in system:
        system = f"{output.canonical}{DESIGNATOR}{quote(system, safe='')}"
    return filled(
        system=system,
        code=" ".join(_string(code.code).split()),
        display=_string(code.meaning).strip(),
    )


def _string(words: str) -> str:
    """Return words as a string of FHIR may hold them."""
    return _NO_STRING.sub(" ", words)
