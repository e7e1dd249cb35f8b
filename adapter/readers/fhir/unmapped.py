"""What no term stands for, to evidence that is kept as it came.

Laboratory values, vital signs and the like are no imaging evidence, and what is said of another
person is none of this patient: neither is carried.
Source: contract section 4 ("not mapped"); FHIR R4 Observation.value[x], observation-category.
"""

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from adapter.model import Coded, Source, Unmapped
from adapter.readers.fhir import dates
from adapter.readers.fhir.reading import Reading, Resource
from adapter.readers.fhir.shapes import Json, absent_reason, number, objects, single, text
from adapter.readers.units import COMPARATORS
from adapter.terms import PRIVATE, Term

if TYPE_CHECKING:
    from adapter.readers.fhir.nodes import Context

COMMENT = Coded(
    code="121106", system="http://dicom.nema.org/resources/ontology/DCM", meaning="Comment"
)
CONCLUSION = Coded(
    code="121077", system="http://dicom.nema.org/resources/ontology/DCM", meaning="Conclusion"
)
_OTHER_CARE = frozenset(
    {"laboratory", "vital-signs", "social-history", "survey", "activity", "therapy"}
)
_CATEGORIES = ("/observation-category",)
_DESIGNATOR = "/NamingSystem/dicom-designator/"
_UID = re.compile(r"urn:oid:([0-2](?:\.(?:0|[1-9]\d*))+)")
_YES, _NO = ("373066001", "Yes"), ("373067005", "No")
_TAGS, _IN_WORDS = "/tags", "csfleak-in-words"
"""End of the system, and code, of the tag of our own words (`adapter.writers.fhir.profiles`)."""
_LEFT_OUT = frozenset({"valueAttachment", "valueReference", "valueSampledData"})
"""Values that lead elsewhere, or hold no more than numbers without a meaning of their own."""


def keep(
    body: Json,
    path: str,
    resource: Resource,
    context: "Context",
    group: str | None,
    reading: Reading,
) -> None:
    """Keep what a resource or one of its components says under a code that is not mapped.

    What our own reports say in words stands in coded facts, too: it is no evidence beside them.
    """
    if "meta" in resource.body and _is_in_words(resource.body):
        reading.conclusions += 1
        return
    said = _said(body, path, reading)
    if said is None or _is_other_care(resource.body):
        return
    code = single(body.get("code"))
    reading.keep(
        resource,
        Unmapped(
            source=reading.source(resource, path),
            names=_codings(code, reading),
            label=text(code.get("text")),
            exam=context.exam,
            group=group,
            observed=context.date,
            **said,
        ),
    )


def keep_words(
    words: Iterable[str],
    name: Coded,
    path: str,
    resource: Resource,
    context: "Context",
    group: str | None,
    reading: Reading,
) -> None:
    """Keep words that stand beside a finding, or below a report, as words."""
    said = "\n".join(filter(None, words))
    if said:
        reading.keep(
            resource,
            Unmapped(
                source=reading.source(resource, path),
                names=(name,),
                text=said,
                exam=context.exam,
                group=group,
                observed=context.date,
            ),
        )


def keep_value(term: Term, body: Json, path: str, reading: Reading) -> None:
    """Keep the value of a known concept that could not be read."""
    said = _said(body, path, reading)
    if said and "reason" not in said:
        own = Coded(code=term.name, system=reading.terms.written[PRIVATE], meaning=term.en)
        reading.unread[path] = Unmapped(
            source=Source(document=reading.document, path=path), names=(own,), **said
        )


def _is_in_words(body: Json) -> bool:
    tags = objects(single(body.get("meta")).get("tag"))
    return any(
        text(tag.get("code")) == _IN_WORDS and text(tag.get("system")).endswith(_TAGS)
        for tag in tags
    )


def _is_other_care(body: Json) -> bool:
    """Return whether a category says that an Observation is no finding of an examination."""
    codings = [c for row in objects(body.get("category")) for c in objects(row.get("coding"))]
    told = {text(c.get("code")) for c in codings if text(c.get("system")).endswith(_CATEGORIES)}
    return bool(told) and told <= _OTHER_CARE


def _said(body: Json, path: str, reading: Reading) -> dict[str, Any] | None:
    """Return the fields of what is said; None, told, where it is nothing that can be carried."""
    key = next((key for key in body if key[:5] == "value" and body[key] is not None), "")
    reason = absent_reason(body.get(f"_{key}")) if key else ""
    for coding in objects(single(body.get("dataAbsentReason")).get("coding")):
        reason = reason or text(coding.get("code"))
    found = _value(key, body.get(key), path, reading)
    if found or reason:
        return found or {"reason": reason}
    if key in _LEFT_OUT:
        reading.tell("not-carried", f"a {key} is not carried", path, "information")
        return None
    empty = "component" not in body and "hasMember" not in body
    return {"reason": "unknown"} if empty else None


def _value(key: str, value: Any, path: str, reading: Reading) -> dict[str, Any]:
    if key == "valueCodeableConcept":
        return _concept(single(value), reading)
    if key == "valueCoding":
        return {"codes": _codings({"coding": [value]}, reading)}
    if key == "valueBoolean" and isinstance(value, bool):
        code, meaning = _YES if value else _NO
        return {"codes": (Coded(code=code, system=reading.terms.written["SCT"], meaning=meaning),)}
    if key in ("valueQuantity", "valueInteger", "valueDecimal"):
        return _number(single(value) if key == "valueQuantity" else {"value": value}, reading)
    if key in ("valueDateTime", "valueDate", "valueInstant", "valuePeriod"):
        return _date(key, value, path, reading)
    if key == "valueTime" and text(value):
        return {"time": text(value)}
    if key in ("valueRange", "valueRatio"):
        return {"text": _between(single(value))} if _between(single(value)) else {}
    uid = _UID.fullmatch(text(value))
    if uid:
        return {"uid": uid[1]}
    words = value if isinstance(value, str) else text(value)
    return {"text": words} if words.strip() and key not in _LEFT_OUT else {}


def _concept(value: Json, reading: Reading) -> dict[str, Any]:
    codes, words = _codings(value, reading), text(value.get("text"))
    return {"codes": codes, "text": words} if codes else {"text": words} if words else {}


def _number(value: Json, reading: Reading) -> dict[str, Any]:
    amount = number(value.get("value"))
    if not amount:
        return {}
    code, unit = text(value.get("code")), text(value.get("unit"))
    named = Coded(
        code=code or unit, system=system(text(value.get("system")), reading), meaning=unit
    )
    sign = text(value.get("comparator"))
    return {
        "number": amount,
        "comparator": COMPARATORS.get(sign, sign),
        "unit": named if code or unit else None,
    }


def _date(key: str, value: Any, path: str, reading: Reading) -> dict[str, Any]:
    if key == "valuePeriod":
        ends = [text(single(value).get(end)) for end in ("start", "end")]
        return {"text": "/".join(ends)} if any(ends) else {}
    found = dates.date(text(value), path, reading)
    return {"date": found} if found else {"text": text(value)} if text(value) else {}


def _between(value: Json) -> str:
    """Return a Range as ``3 mm - 5 mm``, a Ratio as ``1 : 128``."""
    sign = " - " if "low" in value or "high" in value else " : "
    names = ("low", "high") if sign == " - " else ("numerator", "denominator")
    rows = [single(value.get(name)) for name in names]
    ends = [f"{number(r.get('value'))} {text(r.get('unit'))}".strip() for r in rows]
    return sign.join(ends) if any(ends) else ""


def _codings(value: Json, reading: Reading) -> tuple[Coded, ...]:
    return tuple(
        Coded(
            code=text(coding.get("code")),
            system=system(text(coding.get("system")), reading),
            meaning=text(coding.get("display")),
        )
        for coding in objects(value.get("coding"))
        if text(coding.get("code")) or text(coding.get("display"))
    )


def system(written: str, reading: Reading) -> str:
    """Return a system as the terms write it, a designator of DICOM by itself, else as it came."""
    terms = reading.terms
    scheme = terms.systems.get(written) or terms.systems.get(written.removeprefix("urn:oid:"))
    if scheme:
        return terms.written.get(scheme, written)
    _, ours, designator = written.partition(_DESIGNATOR)
    return unquote(designator) if ours else written
