"""What an Observation or a component says: value[x], interpretation, dataAbsentReason to a state.

What two of them say must agree: where they do not, neither is taken, the state is indeterminate,
and that is told. ``false`` is absent. Source: contract sections 2 and 4; fhir.md section 4;
criteria section 1; FHIR R4 observation.html.
"""

from dataclasses import dataclass

from adapter.model import Quantity, State
from adapter.readers.fhir import dates
from adapter.readers.fhir.codes import Concept, concept, states, tell_unmapped
from adapter.readers.fhir.quantities import quantity
from adapter.readers.fhir.reading import Reading
from adapter.readers.fhir.shapes import Json, absent_reason, objects, single, text
from adapter.readers.fhir.unmapped import keep_value
from adapter.readers.units import written
from adapter.sites import fold
from adapter.terms import Match, Term
from adapter.terms.concepts import DATED, MEASURED, VALUES

_TYPES = ("Quantity", "CodeableConcept", "String", "Boolean", "Integer", "Range", "Ratio",
          "SampledData", "Time", "DateTime", "Period", "Attachment", "Reference", "Decimal",
          "Date", "Code", "Coding", "Instant")  # fmt: skip
_VALUES = frozenset(f"value{kind}" for kind in _TYPES)
_EXTENDED = frozenset(f"_value{kind}" for kind in _TYPES)


@dataclass(frozen=True, slots=True)
class Said:
    """What is said of a concept. ``text`` are words of their own, ``words`` those that a state was
    read from, ``date`` a dated value.
    """

    state: State
    value: str | None = None
    reason: str | None = None
    text: str = ""
    words: str = ""
    quantity: Quantity | None = None
    date: str | None = None


PRESENT = Said(State.PRESENT)
ABSENT = Said(State.ABSENT)
UNREAD = Said(State.NOT_ASSESSED, reason="not-mapped")
"""What is said where a concept is known and its value is not: something, and not silence.

Silence on a mimic counts as read (criteria section 4); what could not be read must not.
"""
_STATED = {state: Said(state) for state in State}


def keys(body: Json) -> list[str]:
    """Return the names of the values an element has, underscored where only extensions are left."""
    found = [*(_VALUES & body.keys())]
    return found or [*(_EXTENDED & body.keys())]


def said(match: Match, body: Json, path: str, reading: Reading) -> Said:
    """Return what `body` says of a concept; `UNREAD`, told, where its value cannot be used."""
    found = _said(match, body, path, reading)
    if found is None:
        keep_value(match.term, body, path, reading)
        return UNREAD
    return found


def _said(match: Match, body: Json, path: str, reading: Reading) -> Said | None:
    term = match.term
    if len(body) == 2 and match.state is None:  # a component of code and value
        found = plainly(term, body.get("valueCodeableConcept"), reading)
        if found is not None:
            return found
    there = keys(body)
    if len(there) > 1:
        what = f"{term.name} has {len(there)} values ({', '.join(sorted(there))}): none is used"
        reading.tell("contradiction", what, path)
        return None
    found = _value(term, there[0], body, path, reading) if there else None
    missing = _missing(body) or (absent_reason(body.get(f"_{there[0]}")) if there else "")
    if missing:
        found = _with_reason(term, found, bool(there), missing, path, reading)
    if "interpretation" in body:
        found = _with_interpretation(term, found, bool(there), body, path, reading)
    elif found is None and not there and not missing:
        reading.tell("not-used", f"{term.name} has no value", path)
    return _polar(match, found, path, reading) if match.state is not None else found


def plainly(term: Term, value: object, reading: Reading) -> Said | None:
    """Return what one code without words says; None where there is more to look at."""
    if type(value) is not dict or "text" in value:
        return None
    found = concept(value, reading).all
    if len(found) != 1:
        return None
    meant = found[0].term
    if term.name in VALUES:
        return Said(State.PRESENT, meant.name) if meant.name in VALUES[term.name] else None
    if meant.state is None or meant.reason:
        return None
    return _STATED[meant.state]


def _value(term: Term, key: str, body: Json, path: str, reading: Reading) -> Said | None:
    value = body[key]
    if key[0] == "_":
        reason = absent_reason(single(value))
        if not reason:
            reading.tell("not-used", f"{term.name} has no value", path)
        return _not_assessed(reason) if reason else None
    if key == "valueCodeableConcept":
        return plainly(term, value, reading) or _coded(term, single(value), path, reading)
    if key == "valueBoolean":
        if isinstance(value, bool) and term.name not in VALUES:
            return PRESENT if value else ABSENT
    elif key == "valueString":
        return _worded(term, text(value), path, reading)
    elif key == "valueQuantity":
        if term.name in MEASURED:
            return _measured(term, single(value), path, reading)
    elif key in ("valueDateTime", "valuePeriod") and term.name in DATED:
        date = dates.of_value(key, value, path, reading)
        return Said(State.PRESENT, date=date) if date else None
    reading.tell("not-used", f"{key} of this content is no value of {term.name}", path)
    return Said(State.PRESENT) if term.name == "csf-pressure" else None


def _coded(term: Term, value: Json, path: str, reading: Reading) -> Said | None:
    found = concept(value, reading)
    words = text(value.get("text"))
    if not found.all:
        reason = found.reason or absent_reason(value)
        if reason:
            return _not_assessed(reason)
        if term.name == "other-brain" and words and not value.get("coding"):
            reading.tell("not-used", f"{term.name} has words and no state", path)
            return None
        number = (
            written(words, reading.terms.dialect.units)
            if term.name in MEASURED and not value.get("coding")
            else None
        )
        if number is not None:
            return Said(State.PRESENT, quantity=number, words=words)
        if term.name == "posture":
            reading.tell("posture-unmapped", "the posture is not mapped", path)
            return None
        tell_unmapped(value, path, reading, term.name)
        return None
    own = words if term.name == "other-brain" and words != found.words else ""
    if len(found.all) > 1 and len(states(found)) > 1:
        return _contradicted(term, "its codes say different states", path, reading)
    if words and not found.words:  # a word beside a code must not say another state
        word = reading.terms.state_word(words)
        if word is not None and states(found) and word.state not in states(found):
            return _contradicted(term, "its code and its words say different states", path, reading)
    meant = _meant(term, found, path, reading)
    if meant is None or not (own or found.words):
        return meant
    return Said(meant.state, meant.value, meant.reason, own, found.words, meant.quantity)


def _meant(term: Term, found: Concept, path: str, reading: Reading) -> Said | None:
    """Return what a value's concept says of `term`: a state, or one of its coded values."""
    allowed = VALUES.get(term.name)
    if allowed is None:
        for match in found.all:
            state = match.term.state
            if state is not None:
                reason = match.term.reason
                return Said(state, reason=reason) if reason else _STATED[state]
    else:
        named = [m.term.name for m in found.all if m.term.name in allowed]
        if len(named) == 1:
            return Said(State.PRESENT, named[0])
        if len(named) > 1:
            return _contradicted(term, "its codes are different values", path, reading)
        state, reason = found.all[0].term.state, found.all[0].term.reason
        # A pattern or posture that is merely "present" or "absent" says nothing a rule can use.
        if state in (State.INDETERMINATE, State.NOT_ASSESSED):
            return Said(state, reason=reason)
    code = "posture-unmapped" if term.name == "posture" else "not-used"
    reading.tell(code, f"{found.name} is no value of {term.name}", path)
    return None


def _worded(term: Term, words: str, path: str, reading: Reading) -> Said | None:
    if not words:
        reading.tell("not-used", f"{term.name} has no value", path)
        return None
    state = reading.terms.state_word(words)
    name = reading.labels.get(fold(words)) if state is None else None
    if state is not None or name in VALUES.get(term.name, ()):
        found = Concept((Match(state or reading.terms[name or ""]),), words)
        meant = _meant(term, found, path, reading)
        return meant and Said(meant.state, meant.value, meant.reason, words=words)
    number = written(words, reading.terms.dialect.units) if term.name in MEASURED else None
    if number is not None:
        return Said(State.PRESENT, quantity=number, words=words)
    code = "posture-unmapped" if term.name == "posture" else "not-used"
    reading.tell(code, f"the words of {term.name} are no state: free text is not read", path)
    return Said(State.PRESENT) if term.name == "csf-pressure" else None


def _measured(term: Term, value: Json, path: str, reading: Reading) -> Said:
    found = quantity(value, term.name, path, reading)
    if found is not None or term.name == "csf-pressure":
        # A pressure stated without a value is a measured one of which nothing can be said.
        reason = absent_reason(value)
        if found is None and reason:
            return _not_assessed(reason)
        return Said(State.PRESENT, quantity=found)
    return _not_assessed(absent_reason(value) or "unknown")


def _not_assessed(reason: str) -> Said:
    return Said(State.NOT_ASSESSED, reason=reason or "unknown")


def _missing(body: Json) -> str:
    """Return the reason dataAbsentReason gives, as a code; empty where it is not there."""
    if "dataAbsentReason" not in body:
        return ""
    value = single(body["dataAbsentReason"])
    for coding in objects(value.get("coding")):
        code = text(coding.get("code"))
        if code:
            return code
    return "unknown" if value else ""


def _with_reason(
    term: Term, found: Said | None, has_value: bool, reason: str, path: str, reading: Reading
) -> Said | None:
    if not has_value:
        return _not_assessed(reason)
    if found is not None and found.state is State.NOT_ASSESSED:
        return _not_assessed(found.reason or reason)
    what = f"it has a value and a dataAbsentReason ({reason[:40]})"
    return _contradicted(term, what, path, reading)


def _with_interpretation(
    term: Term, found: Said | None, has_value: bool, body: Json, path: str, reading: Reading
) -> Said | None:
    told = [concept(row, reading) for row in objects(body["interpretation"])]
    named = set().union(*(states(one) for one in told)) if told else set()
    if found is not None and found.quantity is not None:
        return found  # high, low, positive: the number itself is compared
    if len(named) > 1 or (found is not None and named and found.state not in named):
        return _contradicted(term, "its interpretation says another state", path, reading)
    if found is not None or has_value:
        return found
    if not named:
        for row in objects(body["interpretation"]):
            tell_unmapped(row, path, reading, f"{term.name}, interpretation")
        return None
    if term.name in VALUES or term.name == "csf-pressure":
        reading.tell("not-used", f"an interpretation alone says nothing of {term.name}", path)
        return Said(State.PRESENT) if term.name == "csf-pressure" else None
    return _STATED[next(iter(named))]


def _contradicted(term: Term, what: str, path: str, reading: Reading) -> Said:
    reading.tell("contradiction", f"{term.name}: {what}; neither is taken", path)
    return _STATED[State.INDETERMINATE]


def _polar(match: Match, found: Said | None, path: str, reading: Reading) -> Said | None:
    """Return what a code that already holds a state comes to with its value: "no X" is present."""
    if found is None or found.state in (State.NOT_ASSESSED, State.INDETERMINATE):
        return found
    if found.state is State.PRESENT and found.value is None and found.quantity is None:
        return _STATED[match.state] if match.state else found
    if match.state is State.PRESENT:
        return found
    what = f"{match.term.name} says absent by its code and absent by its value: it is not used"
    reading.tell("not-used", what, path)
    return None
