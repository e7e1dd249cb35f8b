"""A report's earlier versions to what its next one says of them, and what it takes back.

Source: FHIR R4 Provenance (``entity.role`` revision), DiagnosticReport (extension ``replaces``).
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from adapter.model import ISSUED, Graded, Previous
from adapter.writers import ids
from adapter.writers.fhir.bundle import dump
from adapter.writers.fhir.context import Output
from adapter.writers.fhir.values import DICOM_UID, URI, Json, filled, own_identifier
from adapter.writers.options import WriteOptions

REPLACES = "http://hl7.org/fhir/StructureDefinition/diagnosticReport-replaces"
_KEPT = ("category", "code", "effectiveDateTime", "effectivePeriod", "partOf")


def revisions(output: Output) -> Iterator[Json]:
    """Yield the Provenance entities of the versions that the report replaces."""
    for one in output.options.previous:
        shown = f"{one.input.name} (SHA-256 {one.input.digest})"
        yield {"role": "revision", "what": {"identifier": _identifier(one), "display": shown}}


def _identifier(one: Previous) -> Json:
    if one.sr:
        return {"system": DICOM_UID, "value": f"urn:oid:{one.input.id}"}
    return own_identifier(one.version or one.name)


def following(
    output: Output, resources: Sequence[Json], request: Callable[[Json], Json]
) -> Sequence[Json]:
    """Return a transaction's resources with what makes them the next version on a server.

    Where a profile updates its reports, the Observations that are no longer there are taken back;
    where it only creates them, each version is a resource of its own and names the one it replaces.
    """
    old = _report(output)
    if old is None:
        return resources
    if request(dict(old.report or {}))["method"] == "PUT":
        return [*resources, *retired(output, resources)]
    link = {"url": REPLACES, "valueReference": {"identifier": _identifier(old)}}
    return [
        r | {"extension": [*r.get("extension", []), link]}
        if r["resourceType"] == "DiagnosticReport"
        else r
        for r in resources
    ]


def _report(output: Output) -> Previous | None:
    return next((p for p in output.options.previous if p.report is not None), None)


def retired(output: Output, resources: Sequence[Json]) -> list[Json]:
    """Return the Observations of earlier versions that this one no longer has, as withdrawn.

    A server goes on holding them; nothing else would tell its readers that nobody states them now.
    """
    seen = [r for r in resources if r["resourceType"] == "Observation"]
    named = {i["value"] for r in seen for i in r.get("identifier", []) if "value" in i}
    gone = {
        own: part
        for one in output.options.previous
        for part in one.parts
        if (own := _own(part)) and own not in named
    }
    return [_withdrawn(output, own, part) for own, part in gone.items()]


def _own(part: Mapping[str, Any]) -> str:
    rows = part["identifier"]
    return next((str(i["value"]) for i in rows if i.get("system") == URI), "")


def _withdrawn(output: Output, own: str, part: Mapping[str, Any]) -> Json:
    """Return an Observation that says of itself only what it was, and that it does not hold."""
    return filled(
        resourceType="Observation",
        id=ids.uuid5(output.outputs, "retired", own),
        identifier=part["identifier"],
        status="entered-in-error",
        subject=output.subject,
        **{name: part[name] for name in _KEPT if name in part},
    )


def amends(graded: Graded, options: WriteOptions, request: Callable[[Json], Json]) -> bytes | None:
    """Return a transaction that marks the replaced report, for a profile that only creates.

    The old report is updated where its version's identifier finds it: ``amended`` where somebody
    vouched for it, ``cancelled`` where it was preliminary, ``entered-in-error`` where the new one
    withdraws it. None where no FHIR report is replaced, or the profile updates its reports itself.
    """
    old = next((p for p in options.previous if p.report is not None), None)
    if old is None or old.report is None or request(dict(old.report))["method"] == "PUT":
        return None
    issued = "amended" if old.status in ISSUED else "cancelled"
    status = "entered-in-error" if graded.case.is_void else issued
    system, value = _identifier(old)["system"], _identifier(old)["value"]
    uuid = ids.uuid5(ids.seed(graded, options), "amends", value)
    report = {name: v for name, v in old.report.items() if name not in ("id", "meta")}
    return dump(
        {
            "resourceType": "Bundle",
            "id": uuid,
            "type": "transaction",
            "entry": [
                {
                    "fullUrl": f"urn:uuid:{uuid}",
                    "resource": report | {"status": status},
                    "request": {
                        "method": "PUT",
                        "url": f"DiagnosticReport?identifier={system}%7C{value}",
                    },
                }
            ],
        }
    )
