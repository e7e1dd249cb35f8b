"""What the adapter asks of a FHIR server, and the operations it is: CapabilityStatement and more.

Generated from the tables that the code uses: the types that are searched for, the requests of a
transaction. Source: FHIR capabilitystatement.html, operationdefinition.html of both releases.
"""

from collections.abc import Iterator

from adapter import __version__
from adapter.readers.fhir_server.options import TYPES
from adapter.terminology.artifacts import RELEASES, Export, Json

_FOLLOWED = ("Organization", "Location", "Practitioner", "ServiceRequest")
_UPDATED = {
    "r4": ("Observation", "DiagnosticReport", "Composition"),
    "r5": ("Observation", "DiagnosticReport", "BodyStructure"),
}
_OTHERS = ("Patient", "Organization", "Practitioner", "Device", "ImagingStudy", "Provenance")
_CREATED = {
    "r4": (*_OTHERS, "DiagnosticReport", "PractitionerRole", "ServiceRequest"),
    "r5": (*_OTHERS, "ImagingSelection"),
}
"""What is updated, and what is only made where it is missing, in one output profile or another."""
_TAGGED = ("Patient", "Provenance")
_KINDS = {"patient": "reference", "identifier": "token", "_tag": "token"}


def capability_statement(export: Export) -> Json:
    """Return what the adapter does as the client of a FHIR server."""
    head = export.head(
        "CapabilityStatement",
        "client",
        "FHIRサーバーに求める機能",
        "What is asked of a FHIR server",
    )
    updated, created = _UPDATED[export.release], _CREATED[export.release]
    every = dict.fromkeys(("Patient", *TYPES, *_FOLLOWED, *updated, *created))
    return {
        **head,
        "kind": "capability",
        "software": {"name": "csfleak-adapter", "version": __version__},
        "fhirVersion": RELEASES[export.release],
        "format": ["application/fhir+json"],
        "rest": [
            {
                "mode": "client",
                "security": {"description": "Bearer token, OAuth2 client credentials or SMART "
                             "backend services; never over plain HTTP but to this machine"},
                "resource": [_resource(kind, kind in updated, kind in created)
                             for kind in sorted(every)],
                "interaction": [{"code": "transaction"}],
            }
        ],
    }  # fmt: skip


def _resource(kind: str, updated: bool, created: bool) -> Json:
    uses = [{"code": "read"}]
    if kind in TYPES:
        uses.append({"code": "search-type"})
    found: Json = {"type": kind, "interaction": uses}
    if updated:
        found |= {"conditionalUpdate": True}
        uses.append({"code": "update"})
    if created:
        found |= {"conditionalCreate": True}
        uses.append({"code": "create"})
    names = (
        *(("patient",) if kind in TYPES else ()),
        *(("identifier",) if (updated or created) and kind != "Provenance" else ()),
        *(("_tag",) if kind in _TAGGED else ()),
    )
    searched = [{"name": name, "type": _KINDS[name]} for name in names]
    return found | ({"searchParam": searched} if searched else {})


def operations(export: Export) -> Iterator[Json]:
    """Yield the operations: grade, convert and validate, as the library and the command do them."""
    given = _parameter("resource", "in", "1", "*", "Resource",
                       "Bundle, Observation or any resource that holds findings")  # fmt: skip
    policy = _parameter("policy", "in", "0", "*", "string", "NAME=VALUE, as the command takes it")
    graded = _parameter("return", "out", "1", "1", "Bundle", "The graded report and its findings")
    yield _operation("grade", "判定", "Grade the findings of one patient",
                     [given, policy, graded], export)  # fmt: skip
    sr = _parameter("sr", "in", "1", "*", "Binary", "DICOM SR, application/dicom")
    yield _operation("convert", "変換", "Convert DICOM SR documents to a graded FHIR report",
                     [sr, policy, graded], export)  # fmt: skip
    told = _parameter("return", "out", "1", "1", "OperationOutcome", "Every breach of a rule")
    one = given | {"max": "1"}
    yield _operation("check", "検査", "Check a resource against the rules of its profiles",
                     [one, told], export)  # fmt: skip


def _operation(code: str, ja: str, en: str, parameters: list[Json], export: Export) -> Json:
    return {
        **export.head("OperationDefinition", code, ja, en),
        "kind": "operation",
        "affectsState": False,
        "code": code,
        "system": True,
        "type": False,
        "instance": False,
        "parameter": parameters,
    }


def _parameter(name: str, use: str, least: str, most: str, kind: str, words: str) -> Json:
    return {
        "name": name, "use": use, "min": int(least), "max": most, "documentation": words,
        "type": kind,
    }  # fmt: skip
