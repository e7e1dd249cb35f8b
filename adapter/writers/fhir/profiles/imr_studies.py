"""The studies of a case, their orders and where their images are, as IMR has them.

Source: IHE RAD IMR, imr-imagingstudy, imr-servicerequest, imaging-study-endpoint.
"""

from collections.abc import Mapping

from adapter.writers import ids
from adapter.writers.fhir.context import Output
from adapter.writers.fhir.profiles import common
from adapter.writers.fhir.profiles.imr_references import IMR, NAME, References, replaced
from adapter.writers.fhir.values import (
    DICOM_UID,
    THO,
    Json,
    accession_type,
    date_time,
    filled,
    reference,
    standard,
)

_CONNECTIONS = ("ihe-iid", "dicom-wado-rs")


def orders_of(output: Output) -> dict[str, Json]:
    """Return the orders by accession number: what is known of one is that it was given.

    One whose number has no system is named by us, too: a number alone may be another hospital's.
    """
    system = str(common.settings(output, "order").get("system", ""))
    found = {}
    for number in sorted({s.accession for s in output.case.studies if s.accession}):
        uuid = ids.uuid5(output.inputs, "ServiceRequest", number)
        accession = filled(type=accession_type(), system=system, value=number)
        own = [] if system else [output.lasting(uuid, "ServiceRequest", number)]
        order = {
            "resourceType": "ServiceRequest",
            "id": uuid,
            "identifier": [accession, *own],
            "status": "unknown",
            "intent": "order",
        }
        found[number] = common.claim(order, f"{IMR}/imr-servicerequest")
    return found


def study_of(output: Output, study: str, orders: Mapping[str, Json], known: References) -> Json:
    """Return a study; what it does not tell of date and modality, its exams tell.

    Raises
    ------
    Usage
        No Study Instance UID, modality or date is known of it, or no endpoint.
    """
    made = output.studies[study]
    exams = [e for e in output.case.exams if study in e.studies]
    if not any(i.get("system") == DICOM_UID for i in made["identifier"]):
        why = "give the study's Study Instance UID among the inputs"
        raise common.refusal(NAME, "ImagingStudy.identifier", why)
    modality = made.get("modality") or _modalities(output, {e.method for e in exams})
    if not modality:
        why = "give the ImagingStudy with its modality among the inputs, or an exam of the study"
        raise common.refusal(NAME, "ImagingStudy.modality", why)
    dates = sorted(d for e in exams for d in e.dates)
    started = made.get("started") or date_time(next(iter(dates), None), output.options.timezone)
    if not started:
        why = "give the ImagingStudy with its date among the inputs, or an exam of the study"
        raise common.refusal(NAME, "ImagingStudy.started", why)
    number = next((s.accession for s in output.case.studies if s.id == study), None)
    uid = study.removeprefix("urn:oid:")
    rest = replaced(common.without(made, "subject"), known)
    more = filled(
        modality=modality,
        started=started,
        basedOn=[reference(orders[number])] if number else [],
        **_endpoint(output, uid),
    )
    return common.claim(rest | more, f"{IMR}/imr-imagingstudy")


def _modalities(output: Output, methods: set[str]) -> list[Json]:
    system = output.terms.written["DCM"]
    known = sorted({common.BY_METHOD[method] for method in methods})
    return [{"system": system, "code": code} for code in known]


def _endpoint(output: Output, uid: str) -> Json:
    """Return where the images of a study are: the settings' endpoint, the same for every study.

    One that the receiver has is referred to; an address is an Endpoint contained in the study.
    """
    table = common.settings(output, "endpoint")
    identifier = table.get("identifier")
    if table.get("reference") or identifier:
        to = filled(reference=table.get("reference"), type="Endpoint", identifier=identifier)
        return {"endpoint": [to]}
    address, connection = str(table.get("address", "")), table.get("connection_type")
    if not address or connection not in _CONNECTIONS:
        why = (
            "give [endpoint] in the settings: address, with connection_type "
            f"{' or '.join(_CONNECTIONS)}; or the reference or identifier of one that the receiver "
            "has"
        )
        raise common.refusal(NAME, "ImagingStudy.endpoint", why)
    made = {
        "resourceType": "Endpoint",
        "id": "endpoint",
        "status": "active",
        "connectionType": {"system": f"{THO}/endpoint-connection-type", "code": connection},
        "payloadType": [standard(output.terms.written["DCM"], "113014", "Study")],
        "address": address.replace("{study}", uid),
    }
    within = common.claim(made, f"{IMR}/imaging-study-endpoint")
    return {"contained": [within], "endpoint": [{"reference": "#endpoint"}]}
