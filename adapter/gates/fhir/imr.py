"""IHE IMR 1.1.0: the report, its study and order, its Observations, and the Bundle that stores it.

Source: IHE RAD IMR, profiles imr-diagnosticreport, imr-imagingstudy, imr-servicerequest,
imr-observation, imr-store-multimedia-report-bundle ([RAD-141]).
"""

from adapter.gates.fhir.base import ERROR, Broken, Check, Rule, both, element, only
from adapter.gates.fhir.resources import Held, Resource
from adapter.gates.fhir.shapes import codes, given, indexed, objects, text

IMR = "https://profiles.ihe.net/RAD/IMR/StructureDefinition/"
V2_0203 = "http://terminology.hl7.org/CodeSystem/v2-0203"
CATEGORY = "http://terminology.hl7.org/CodeSystem/observation-category"

_REPORT = frozenset({f"{IMR}imr-diagnosticreport"})
_STUDY = frozenset({f"{IMR}imr-imagingstudy"})
_ORDER = frozenset({f"{IMR}imr-servicerequest"})
_OBSERVATION = frozenset({f"{IMR}imr-observation"})
_BUNDLE = frozenset({f"{IMR}imr-store-multimedia-report-bundle"})
_CONNECTIONS = frozenset({"ihe-iid", "dicom-wado-rs"})
_INTENTS = frozenset({"order", "original-order", "reflex-order", "filler-order", "instance-order"})


def organization(resource: Resource, held: Held) -> Broken:
    """Yield a report without an Organization among its performers, where all kinds are known."""
    kinds = [target.kind for _, target in held.targets(resource, "performer")]
    if "Organization" not in kinds and "" not in kinds:
        yield f"{resource.path}.performer", "names no Organization: one answers for the report"


def page(resource: Resource, held: Held) -> Broken:
    forms = list(indexed(resource.body, "presentedForm"))
    if not any(text(form.get("contentType")).startswith("text/html") for _, form in forms):
        yield f"{resource.path}.presentedForm", "has no text/html: the report is shown from it"
    for at, form in forms:
        for name in ("contentType", "size", "hash"):
            if not given(form, name):
                yield f"{resource.path}.{at}.{name}", "is missing"
        if not given(form, "data") and not given(form, "url"):
            yield f"{resource.path}.{at}", "has neither data nor url"


def study_uid(resource: Resource, held: Held) -> Broken:
    found = [
        one for one in objects(resource.body.get("identifier"))
        if one.get("system") == "urn:dicom:uid" and given(one, "value")
    ]  # fmt: skip
    if len(found) != 1:
        yield f"{resource.path}.identifier", "one, and only one, is the UID (urn:dicom:uid)"


def endpoint(resource: Resource, held: Held) -> Broken:
    """Yield an endpoint that is here and connects in another way than IMR's viewers do."""
    for path, target in held.targets(resource, "endpoint"):
        if target.resource is not None:
            connection = target.resource.body.get("connectionType")
            code = connection.get("code") if isinstance(connection, dict) else None
            if code not in _CONNECTIONS:
                yield path, "its connectionType is neither ihe-iid nor dicom-wado-rs"


def accession(resource: Resource, held: Held) -> Broken:
    found = [
        one for one in objects(resource.body.get("identifier"))
        if "ACSN" in codes(one.get("type"), V2_0203)
    ]  # fmt: skip
    if len(found) != 1 or not given(found[0], "value"):
        yield f"{resource.path}.identifier", "one, and only one, is the accession number (ACSN)"


def intent(resource: Resource, held: Held) -> Broken:
    if resource.body.get("intent") not in _INTENTS:
        yield f"{resource.path}.intent", f"write one of {', '.join(sorted(_INTENTS))}"


def store(resource: Resource, held: Held) -> Broken:
    """Yield what makes a Bundle no closed transaction of one report."""
    if resource.body.get("type") != "transaction":
        yield f"{resource.path}.type", "is no transaction"
    reports = 0
    for at, entry in indexed(resource.body, "entry"):
        kinds = [text(body.get("resourceType")) for body in objects(entry.get("resource"))]
        reports += kinds == ["DiagnosticReport"]
        if not set(kinds) <= {"DiagnosticReport", "ServiceRequest", "ImagingStudy"}:
            what = "only DiagnosticReport, ServiceRequest, ImagingStudy: contain it, or refer to it"
            yield f"{resource.path}.{at}.resource", what
        request = entry.get("request")
        if not isinstance(request, dict) or request.get("method") != "POST":
            yield f"{resource.path}.{at}.request.method", "is not POST"
    if reports != 1:
        yield f"{resource.path}.entry", "holds one DiagnosticReport, no more and no fewer"


def imaging(resource: Resource, held: Held) -> Broken:
    rows = [c for _, c in indexed(resource.body, "category") if "imaging" in codes(c, CATEGORY)]
    if len(rows) != 1:
        what = "one, and only one, is imaging (observation-category)"
        yield f"{resource.path}.category", what


def one_study(resource: Resource, held: Held) -> Broken:
    studies = [p for p, t in held.targets(resource, "derivedFrom") if t.kind == "ImagingStudy"]
    yield from ((path, "a second ImagingStudy: one is allowed") for path in studies[1:])


_PHYSICIANS = ("Practitioner", "PractitionerRole")


def _row(id: str, says: str, broken: Check, profiles: frozenset[str]) -> Rule:
    page = next(iter(profiles)).removeprefix(IMR)
    return Rule(f"imr.{id}", ERROR, f"IHE IMR 1.1.0 {page}", says, broken, profiles=profiles)


RULES = (
    _row("1.subject", "subject is there, and a Patient",
         both(element("subject", "is missing"), only("subject", "Patient")), _REPORT),
    _row("1.issued", "issued is there", element("issued", "is missing"), _REPORT),
    _row("1.performer", "an Organization is among the performers", organization, _REPORT),
    _row("1.interpreter", "resultsInterpreter is there, and a physician",
         both(element("resultsInterpreter", "is missing"),
              only("resultsInterpreter", *_PHYSICIANS)), _REPORT),
    _row("1.study", "imagingStudy is there", element("imagingStudy", "is missing"), _REPORT),
    _row("2", "presentedForm has a text/html; each with contentType, size, hash and data or url",
         page, _REPORT),
    _row("3.uid", "one identifier is the Study Instance UID", study_uid, _STUDY),
    _row("3.modality", "modality is there", element("modality", "is missing"), _STUDY),
    _row("3.started", "started is there", element("started", "is missing"), _STUDY),
    _row("3.subject", "subject is a Patient", only("subject", "Patient"), _STUDY),
    _row("3.endpoint", "endpoint is there, of connectionType ihe-iid or dicom-wado-rs",
         both(element("endpoint", "is missing"), endpoint), _STUDY),
    _row("4.accession", "one identifier is the accession number", accession, _ORDER),
    _row("4.intent", "intent is an order", intent, _ORDER),
    _row("4.subject", "subject is a Patient", only("subject", "Patient"), _ORDER),
    _row("5", "the Bundle is a transaction of one report, its orders and studies, all POST",
         store, _BUNDLE),
    _row("6.order", "basedOn is there, and a ServiceRequest",
         both(element("basedOn", "is missing"), only("basedOn", "ServiceRequest")), _OBSERVATION),
    _row("6.category", "one category is imaging", imaging, _OBSERVATION),
    _row("6.subject", "subject is there", element("subject", "is missing"), _OBSERVATION),
    _row("6.performer", "performer is a physician or an Organization",
         only("performer", *_PHYSICIANS, "Organization"), _OBSERVATION),
    _row("6.study", "derivedFrom names one ImagingStudy at most", one_study, _OBSERVATION),
)  # fmt: skip
