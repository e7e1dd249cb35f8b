"""Codeable concepts to terms, and what each is for a reader of findings.

A code is read by system and code, never by its display. Words are read where no code stands
beside them, and only where the whole text is a label. Source: contract sections 2 and 4; fhir.md
section 4.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from adapter.model import METHODS, SAME_KIND, Site, State
from adapter.readers.fhir.reading import Reading, Resource
from adapter.readers.fhir.shapes import Json, objects, single, text
from adapter.sites import fold
from adapter.terms import Match, Terms
from adapter.terms.concepts import CONCLUSIONS, FINDINGS

GENERIC = frozenset(
    {
        *("finding", "finding-category", "finding-element", "findings-heading", "assertion"),
        *("measurement-group", "qualitative-evaluations", "generic-finding"),
    }
)
"""Structure terms that say "a finding follows": the value names it."""

ABSENT_SYSTEMS = (
    "http://terminology.hl7.org/CodeSystem/data-absent-reason",
    "http://hl7.org/fhir/data-absent-reason",
)
NULL_FLAVORS = (
    "http://terminology.hl7.org/CodeSystem/v3-NullFlavor",
    "http://hl7.org/fhir/v3/NullFlavor",
)
_NULL_REASONS = {"ASKU": "asked-unknown", "NASK": "not-asked", "NAV": "temp-unknown",
                 "MSK": "masked", "NA": "not-applicable", "UNK": "unknown"}  # fmt: skip


_REMEMBERED = 20_000
_ROLES = {
    "finding-site": "site",
    "laterality": "side",
    "topographical-modifier": "side",
    "tracking-uid": "uid",
    "same-site": "same-site",
    "exam-ref": "",
    "institution": "",
    **dict.fromkeys(GENERIC, "generic"),
    **dict.fromkeys(METHODS, "group"),
}
_BY_KIND = {
    **dict.fromkeys(FINDINGS, "finding"),
    **dict.fromkeys(CONCLUSIONS, "conclusion"),
    "attribute": "attribute",
}


@dataclass(frozen=True, slots=True)
class Concept:
    """What a codeable concept means: the terms of its codings, in order.

    ``words`` is the text it was read from, ``reason`` a coded reason for having no value. ``role``
    is what a part of that name is: ``finding``, ``attribute``, ``site``, ``side``, ``uid``,
    ``same-site``, ``group``, ``generic``, ``conclusion``, or empty.
    """

    all: tuple[Match, ...] = ()
    words: str = ""
    reason: str = ""
    name: str = ""
    role: str = ""
    state: State | None = None  # where a state and nothing else is said
    site: Site | None = None  # where a site and nothing else is named
    single: bool = False  # one code without polarity

    @property
    def match(self) -> Match | None:
        return self.all[0] if self.all else None


NOTHING = Concept()


def _concept(found: tuple[Match, ...], words: str = "") -> Concept:
    roles = [_ROLES.get(m.term.name, _BY_KIND.get(m.term.kind, "")) for m in found]
    role = next((r for r in ("conclusion", "finding") if r in roles), roles[0])
    first = found[roles.index(role)]
    ordered = (first, *(m for m in found if m is not first))
    if len(found) > 1 or words or first.state is not None:
        return Concept(ordered, words, "", first.term.name, role)
    term = first.term
    state = term.state if term.reason is None else None
    return Concept(ordered, "", "", term.name, role, state, term.site, True)


def code_of(resource: Resource, reading: Reading) -> Concept:
    """Return what the code of a resource means."""
    if resource.code is None:
        resource.code = concept(single(resource.body.get("code")), reading)
    found: Concept = resource.code
    return found


def concept(value: Json, reading: Reading) -> Concept:
    """Return what a CodeableConcept (or a Coding) means; `NOTHING` where it is not mapped."""
    try:
        (only,) = value["coding"]  # one code: nothing else counts, and it may be known already
        return reading.concepts[only["system"], only["code"]]  # type: ignore[no-any-return]
    except (KeyError, TypeError, ValueError):
        return _sought(value, reading)


def _sought(value: Json, reading: Reading) -> Concept:
    codings = value.get("coding")
    if codings is None and "code" in value:
        codings = value
    found = _read(value, codings, reading)
    if isinstance(codings, list) and len(codings) == 1 and isinstance(codings[0], dict):
        system, code = codings[0].get("system"), codings[0].get("code")
        is_coded = isinstance(system, str) and isinstance(code, str) and code
        # Where titles count, one code may stand for many things.
        if is_coded and not reading.terms.dialect.titles and len(reading.concepts) < _REMEMBERED:
            reading.concepts[str(system), str(code)] = found
    return found


def _read(value: Json, codings: Any, reading: Reading) -> Concept:
    found: list[Match] = []
    reason = ""
    coded = False
    for coding in codings if isinstance(codings, list) else objects(codings):
        if not isinstance(coding, dict):
            continue
        code = coding.get("code")
        if not isinstance(code, str) or not code:
            continue
        coded = True
        system = coding.get("system")
        system = system if isinstance(system, str) else ""
        match = _match(system, code, reading)
        if match is None:
            reason = reason or _reason(system, code)
        elif match not in found:
            found.append(match)
    if found:
        return _concept(tuple(found))
    if reason:
        return Concept(reason=reason)
    titled = _titled(value, codings, reading) if reading.terms.dialect.titles else None
    if titled is not None:
        return _concept((titled,))
    words = "" if coded else text(value.get("text"))
    return _worded(words, reading) if words else NOTHING


def _titled(value: Json, codings: Any, reading: Reading) -> Match | None:
    """Return what the words of a concept name in the sender's dialect: its text, its displays."""
    words = [text(value.get("text")), *(text(c.get("display")) for c in objects(codings))]
    found = {m.term.name: m for word in words if (m := reading.terms.titled(word)) is not None}
    return next(iter(found.values())) if len(found) == 1 else None


def _match(system: str, code: str, reading: Reading) -> Match | None:
    return reading.terms.match(system, code) if system else None


def _reason(system: str, code: str) -> str:
    if system in ABSENT_SYSTEMS:
        return code
    return _NULL_REASONS.get(code, "unknown") if system in NULL_FLAVORS else ""


def _worded(words: str, reading: Reading) -> Concept:
    state = reading.terms.state_word(words)
    if state is not None:
        return _concept((Match(state),), words)
    name = reading.labels.get(fold(words))
    return _concept((Match(reading.terms[name]),), words) if name else NOTHING


@lru_cache(maxsize=16)
def _known(digest: str) -> tuple[dict[Any, Any], dict[Any, Any], dict[str, Any]]:
    return {}, {}, {}


def known(terms: Terms) -> tuple[dict[Any, Any], dict[Any, Any], dict[str, Any]]:
    """Return what codes of these terms were found to mean in this process: alone, as a finding
    with its state, as a component of a finding.
    """
    return _known(terms.digest)


def exam_kind(value: Json, reading: Reading) -> str | None:
    """Return the exam kind that a codeable concept names; None where it names none or several."""
    kinds = {m.term.name for m in concept(value, reading).all if m.term.name in METHODS}
    if len(kinds) > 1:  # MR myelography is a spinal MRI: the narrower one is meant
        kinds -= {SAME_KIND[kind] for kind in kinds if kind in SAME_KIND}
    return kinds.pop() if len(kinds) == 1 else None


def states(found: Concept) -> set[State]:
    """Return the states that the codings of a concept say."""
    return {m.term.state for m in found.all if m.term.state is not None}


def described(value: Json) -> str:
    """Return a codeable concept for people: its first code with system, else that it has none.

    Texts are not repeated: they may hold anything.
    """
    codings = value.get("coding") if "coding" in value else value
    for coding in objects(codings):
        code = text(coding.get("code"))
        if code:
            return f"({text(coding.get('system')) or 'no system'}, {code}){_display(coding)}"
    return "a concept without a code" if single(value) else "nothing"


def _display(coding: Json) -> str:
    display = text(coding.get("display"))
    return f' "{display}"' if 0 < len(display) <= 80 else ""


def tell_unmapped(value: Json, path: str, reading: Reading, of: str = "") -> None:
    """Tell that a codeable concept is not mapped."""
    start = f"value of {of}: " if of else ""
    if not any(text(c.get("code")) for c in objects(value.get("coding", value))):
        what = f"{start}words that are no label of a concept: free text is not read"
        reading.tell("not-mapped", what, path)
        return
    advice = "add it to a mappings overlay if it is a finding"
    reading.tell("not-mapped", f"{start}{described(value)} is not mapped: {advice}", path)
