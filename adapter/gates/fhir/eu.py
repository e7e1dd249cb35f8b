"""HL7 Europe imaging-r4: the report, its Composition, study, and the document Bundle.

Source: hl7.eu.fhir.imaging-r4 0.1.1-build: DiagnosticReportEuImaging, ImagingStudyEuImaging,
CompositionEuImaging, BundleReportEuImaging.
"""

from collections import Counter
from collections.abc import Iterator

from adapter.gates.fhir.base import ERROR, WARNING, Broken, Check, Rule, both, element
from adapter.gates.fhir.resources import Held, Resource
from adapter.gates.fhir.shapes import Json, codes, extensions, given, indexed, objects, text

EU = "http://hl7.eu/fhir/imaging-r4/StructureDefinition/"
LOINC = "http://loinc.org"
V2_0074 = "http://terminology.hl7.org/CodeSystem/v2-0074"
V2_0203 = "http://terminology.hl7.org/CodeSystem/v2-0203"
COMPOSITION = "http://hl7.org/fhir/5.0/StructureDefinition/extension-DiagnosticReport.composition"
NOTE = "http://hl7.org/fhir/StructureDefinition/note"

_REPORT = frozenset({f"{EU}DiagnosticReportEuImaging"})
_STUDY = frozenset({f"{EU}ImagingStudyEuImaging"})
_COMPOSITION = frozenset({f"{EU}CompositionEuImaging"})
_BUNDLE = frozenset({f"{EU}BundleReportEuImaging"})
_ONCE = {"18726-0": "study", "55115-0": "order", "11329-0": "history", "55111-9": "procedure"}
_AT_MOST_ONCE = frozenset(
    {"18834-2", "59776-5", "19005-8", "18783-1", "73568-8", "LP173421-1"}
)  # fmt: skip
_PLACES = frozenset({"PRF", "CST", "DEV", "LOC"})


def section_code(resource: Resource, held: Held) -> Broken:
    rows = [c for _, c in indexed(resource.body, "category") if codes(c, V2_0074)]
    if len(rows) != 1:
        yield f"{resource.path}.category", "one, and only one, is of v2-0074 (radiology: RAD)"


def composition(resource: Resource, held: Held) -> Broken:
    if len(extensions(resource.body, COMPOSITION)) != 1:
        what = "one, and only one, extension names the Composition"
        yield f"{resource.path}.extension", f"{what} ({COMPOSITION})"


def order(resource: Resource, held: Held) -> Broken:
    for at, reference in indexed(resource.body, "basedOn"):
        found = objects(reference.get("identifier"))
        fits = [
            one for one in found
            if "ACSN" in codes(one.get("type"), V2_0203)
            and given(one, "system") and given(one, "value")
        ]  # fmt: skip
        if len(fits) != 1:
            what = "carries no accession number: identifier of type ACSN, with system and value"
            yield f"{resource.path}.{at}.identifier", what


def claimed(name: str, profile: str) -> Check:
    """Return the check that what an element names, where it is here, claims a profile."""

    def broken(resource: Resource, held: Held) -> Broken:
        for path, target in held.targets(resource, name):
            if target.resource is not None and f"{EU}{profile}" not in target.resource.profiles:
                yield path, f"what it names does not claim {profile}: claim it where it conforms"

    return broken


def study_uid(resource: Resource, held: Held) -> Broken:
    rows = [(at, i) for at, i in indexed(resource.body, "identifier")
            if i.get("system") == "urn:dicom:uid"]  # fmt: skip
    if len(rows) != 1:
        yield f"{resource.path}.identifier", "one, and only one, is the UID (urn:dicom:uid)"


def study_oid(resource: Resource, held: Held) -> Broken:
    for at, one in indexed(resource.body, "identifier"):
        if one.get("system") == "urn:dicom:uid" and not text(one.get("value")).startswith(
            "urn:oid:"
        ):
            yield f"{resource.path}.{at}.value", "write urn:oid: before the UID"


def places(resource: Resource, held: Held) -> Broken:
    for at, series in indexed(resource.body, "series"):
        for name, performer in indexed(series, "performer"):
            if not _PLACES & set(codes(performer.get("function"))):
                what = "its function is none of PRF, CST, DEV, LOC (an institution is LOC)"
                yield f"{resource.path}.{at}.{name}.function", what


def same_identifier(resource: Resource, held: Held) -> Broken:
    """Yield a Composition whose identifier none of the reports beside it has."""
    own = resource.body.get("identifier")
    reports = [r for r in held.resources if _REPORT & r.profiles and r.bundle is resource.bundle]
    known = [i for r in reports for i in objects(r.body.get("identifier"))]
    if isinstance(own, dict) and known and _pair(own) not in map(_pair, known):
        yield f"{resource.path}.identifier", "is none of the report's: repeat one of them"


def _pair(identifier: Json) -> tuple[str, str]:
    return text(identifier.get("system")), text(identifier.get("value"))


def sections(resource: Resource, held: Held) -> Broken:
    found = Counter(
        code for _, one in _sections(resource) for code in codes(one.get("code"), LOINC)
    )
    for code, name in _ONCE.items():
        if found[code] != 1:
            what = f"the section {code} ({name}) stands {found[code]} times: once is asked"
            yield f"{resource.path}.section", what
    for code in sorted(_AT_MOST_ONCE):
        if found[code] > 1:
            yield f"{resource.path}.section", f"the section {code} stands more than once"


def study_section(resource: Resource, held: Held) -> Broken:
    for path, one in _sections(resource):
        if "18726-0" in codes(one.get("code"), LOINC) and not given(one, "entry"):
            yield f"{path}.entry", "is missing: the section of the imaging study names it"


def said_empty(resource: Resource, held: Held) -> Broken:
    for path, one in _sections(resource):
        told = any(given(one, k) for k in ("entry", "emptyReason", "section"))
        if not told and not extensions(one, NOTE):
            yield path, "has no entry and does not say why: add emptyReason"


def _sections(resource: Resource) -> Iterator[tuple[str, Json]]:
    for at, one in indexed(resource.body, "section"):
        yield f"{resource.path}.{at}", one


def document(resource: Resource, held: Held) -> Broken:
    body, path = resource.body, resource.path
    if body.get("type") != "document":
        yield f"{path}.type", "is no document"
    for name in ("total", "link"):
        if name in body:
            yield f"{path}.{name}", "does not stand in a report's document: take it out"
    kinds: Counter[str] = Counter()
    for at, entry in indexed(body, "entry"):
        kinds.update(text(r.get("resourceType")) for r in objects(entry.get("resource")))
        if not given(entry, "fullUrl"):
            yield f"{path}.{at}.fullUrl", "is missing"
        for name in ("search", "request", "response"):
            if name in entry:
                yield f"{path}.{at}.{name}", "does not stand in a report's document: take it out"
    for kind in ("Composition", "DiagnosticReport", "Patient"):
        if kinds[kind] != 1:
            yield f"{path}.entry", f"holds {kinds[kind]} of {kind}: one is asked"


def _row(
    id: str, says: str, broken: Check, profiles: frozenset[str], severity: str = ERROR
) -> Rule:
    page = next(iter(profiles)).removeprefix(EU)
    return Rule(f"eu.{id}", severity, f"HL7 EU imaging-r4 {page}", says, broken, profiles=profiles)


RULES = (
    _row("1.identifier", "the report has an identifier", element("identifier", "is missing"),
         _REPORT),
    _row("1.category", "one category is of v2-0074", section_code, _REPORT),
    _row("1.composition", "an extension names the Composition", composition, _REPORT),
    _row("1.order", "basedOn carries the accession number with its system", order, _REPORT),
    _row("1.claims", "result and imagingStudy name what claims the guide's profiles",
         both(claimed("result", "ObservationFindingEuImaging"),
              claimed("imagingStudy", "ImagingStudyEuImaging")), _REPORT, WARNING),
    _row("2.uid", "one identifier is the Study Instance UID", study_uid, _STUDY),
    _row("2.oid", "the UID has urn:oid: before it", study_oid, _STUDY, WARNING),
    _row("2.subject", "subject is there", element("subject", "is missing"), _STUDY),
    _row("2.function", "a performer of a series is PRF, CST, DEV or LOC", places, _STUDY, WARNING),
    _row("3.identifier", "the Composition has an identifier, one of the report's",
         both(element("identifier", "is missing"), same_identifier), _COMPOSITION),
    _row("3.author", "author is there", element("author", "is missing"), _COMPOSITION),
    _row("3.category", "one category is of v2-0074", section_code, _COMPOSITION),
    _row("3.sections", "study, order, history and procedure stand once, the others once at most",
         sections, _COMPOSITION),
    _row("3.study", "the section of the study names it", study_section, _COMPOSITION),
    _row("3.empty", "a section without an entry says why", said_empty, _COMPOSITION),
    _row("4", "the Bundle is a document of one Composition, one report and one Patient, each "
              "entry with fullUrl alone", document, _BUNDLE),
)  # fmt: skip
