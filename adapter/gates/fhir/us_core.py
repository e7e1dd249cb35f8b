"""US Core: a report as a note, a clinical result, the Patient.

What all releases from 3.1.1 to 9.0.0 ask is an error; what one of them asks, a warning.
Source: us-core-diagnosticreport-note, us-core-observation-clinical-result, us-core-patient and
their invariants us-core-1, -2, -3, -6, -10.
"""

from adapter.gates.fhir.base import ERROR, WARNING, Broken, Check, Rule, both, element, only
from adapter.gates.fhir.resources import Held, Resource
from adapter.gates.fhir.shapes import choices, codes, extensions, given, indexed, text

US = "http://hl7.org/fhir/us/core/StructureDefinition/"
LOINC = "http://loinc.org"
UCUM = "http://unitsofmeasure.org"
CATEGORY = "http://terminology.hl7.org/CodeSystem/observation-category"
ABSENT = "http://hl7.org/fhir/StructureDefinition/data-absent-reason"

_NOTE = frozenset({f"{US}us-core-diagnosticreport-note"})
_RESULT = frozenset({f"{US}us-core-observation-clinical-result"})
_PATIENT = frozenset({f"{US}us-core-patient"})
_NOTES = frozenset({"LP29684-5", "LP29708-2", "LP7839-6"})
_RESULTS = frozenset(
    {"laboratory", "exam", "therapy", "imaging", "procedure", "vital-signs", "activity"}
)
_STATED = frozenset({"partial", "preliminary", "final", "amended", "corrected", "appended"})


def note_slice(resource: Resource, held: Held) -> Broken:
    """Yield a report of none of the three kinds: an open slice, so no release forbids it."""
    rows = [c for _, c in indexed(resource.body, "category")]
    if rows and not any(_NOTES & set(codes(c, LOINC)) for c in rows):
        what = "is none of LOINC LP29684-5, LP29708-2, LP7839-6: add the one that fits"
        yield f"{resource.path}.category", what


def loinc(resource: Resource, held: Held) -> Broken:
    if given(resource.body, "code") and not codes(resource.body.get("code"), LOINC):
        yield f"{resource.path}.code", "has no LOINC code: add one where LOINC has the concept"


def effective(resource: Resource, held: Held) -> Broken:
    if resource.body.get("status") in _STATED and not choices(resource.body, "effective"):
        yield f"{resource.path}.effective[x]", "is missing: give it, or its data-absent-reason"


def result_slice(resource: Resource, held: Held) -> Broken:
    rows = [c for _, c in indexed(resource.body, "category")]
    if rows and not any(_RESULTS & set(codes(c, CATEGORY)) for c in rows):
        yield f"{resource.path}.category", "has no code of US Core's set: add imaging"


def to_the_day(resource: Resource, held: Held) -> Broken:
    value = text(resource.body.get("effectiveDateTime"))
    if value and len(value) < 10:
        yield f"{resource.path}.effectiveDateTime", "is not to the day: write YYYY-MM-DD"


def answered(resource: Resource, held: Held) -> Broken:
    body = resource.body
    parts = any(given(body, name) for name in ("component", "hasMember", "dataAbsentReason"))
    if not parts and not choices(body, "value"):
        yield resource.path, "has neither value nor dataAbsentReason: give one of the two"


def ucum(resource: Resource, held: Held) -> Broken:
    rows = [("", resource.body), *((f".{at}", c) for at, c in indexed(resource.body, "component"))]
    for at, one in rows:
        quantity = one.get("valueQuantity")
        system = quantity.get("system") if isinstance(quantity, dict) else None
        if system is not None and system != UCUM:
            what = "is a unit of another system: write UCUM, or claim another profile"
            yield f"{resource.path}{at}.valueQuantity.system", what


def patient_identifier(resource: Resource, held: Held) -> Broken:
    for at, one in indexed(resource.body, "identifier"):
        for name in ("system", "value"):
            if not given(one, name):
                yield f"{resource.path}.{at}.{name}", "is missing"


def named(resource: Resource, held: Held) -> Broken:
    for at, name in indexed(resource.body, "name"):
        parts = given(name, "family") or given(name, "given")
        if not parts and not extensions(name, ABSENT):
            what = "has neither family nor given: part the name, or add data-absent-reason"
            yield f"{resource.path}.{at}", what


def _row(
    id: str, says: str, broken: Check, profiles: frozenset[str], severity: str = ERROR
) -> Rule:
    page = next(iter(profiles)).removeprefix(US)
    return Rule(f"us-core.{id}", severity, f"US Core {page}", says, broken, profiles=profiles)


RULES = (
    _row("1.category", "category is there", element("category", "is missing"), _NOTE),
    _row("1.slice", "a category is LOINC LP29684-5, LP29708-2 or LP7839-6", note_slice, _NOTE,
         WARNING),
    _row("1.code", "code has a LOINC code", loinc, _NOTE, WARNING),
    _row("1.subject", "subject is there, and a Patient",
         both(element("subject", "is missing"), only("subject", "Patient", "Group")), _NOTE),
    _row("1.us-core-10", "effective[x] is there for a report that states something", effective,
         _NOTE),
    _row("2.category", "category is there, one of US Core's set",
         both(element("category", "is missing"), result_slice), _RESULT),
    _row("2.subject", "subject is there", element("subject", "is missing"), _RESULT),
    _row("2.us-core-1", "effectiveDateTime is to the day at least", to_the_day, _RESULT),
    _row("2.us-core-2", "there is a value, a dataAbsentReason, component or hasMember", answered,
         _RESULT),
    _row("2.us-core-3", "coded units are of UCUM", ucum, _RESULT),
    _row("3.identifier", "a patient has an identifier, each with system and value",
         both(element("identifier", "is missing"), patient_identifier), _PATIENT),
    _row("3.name", "a patient has a name", element("name", "is missing"), _PATIENT),
    _row("3.us-core-6", "a name has family or given, or says why not", named, _PATIENT),
    _row("3.gender", "gender is there (before release 8.0)", element("gender", "is missing"),
         _PATIENT, WARNING),
)  # fmt: skip
