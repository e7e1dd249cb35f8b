"""Patient, institutions, studies and the software: the resources that others refer to.

Source: FHIR R4; contract section 2; the HL7 extension for representations of a name.
"""

from collections.abc import Iterator
from functools import lru_cache
from typing import TYPE_CHECKING

from adapter.model import Name, Patient, Study
from adapter.writers.fhir.values import (
    ABSENT_REASON,
    URI,
    Json,
    accession_type,
    date_time,
    dicom_identifier,
    filled,
    is_oid,
    own_identifier,
    reference,
)

if TYPE_CHECKING:
    from adapter.writers.fhir.context import Output

REPRESENTATION = "http://hl7.org/fhir/StructureDefinition/iso21090-EN-representation"
LOCAL = "reference:"
"""Start of an issuer that means something in its own document only."""


_STORAGE = "1.2.840.10008.5.1.4.1.1."
_BY_CLASS = {
    **dict.fromkeys(("4", "4.1", "4.2", "4.3", "4.4"), "MR"),
    **dict.fromkeys(("2", "2.1", "2.2"), "CT"),
    **dict.fromkeys(("5", "20"), "NM"),
    **dict.fromkeys(("128", "128.1", "130"), "PT"),
    **dict.fromkeys(("88.11", "88.22", "88.33", "88.34", "88.35"), "SR"),
}
"""SOP classes, below the root of storage, whose objects are of one modality (PS3.3)."""


def patient(of: Patient, uuid: str) -> Json:
    """Return the Patient, identifiers and names as they came."""
    return filled(
        resourceType="Patient",
        id=uuid,
        identifier=[_identifier(v, i) for v, i in of.identifiers if v and not i.startswith(LOCAL)],
        name=[name for n in of.names if (name := _name(n))],
        gender=of.sex,
        birthDate=of.birth_date[:10],
    )


def _identifier(value: str, issuer: str) -> Json:
    """Return an Identifier: an issuer that is a URI or an OID is its system, else its assigner."""
    if is_oid(issuer):
        return {"system": f"urn:oid:{issuer}", "value": value}
    if ":" in issuer and " " not in issuer:
        return {"system": issuer, "value": value}
    return filled(value=value, assigner=filled(display=issuer))


def _name(name: Name) -> Json:
    shown = filled(text=name.text, family=name.family, given=[name.given] if name.given else [])
    return _represented(shown, name.representation) if shown else shown


def _represented(name: Json, representation: str) -> Json:
    if not representation:
        return name
    return {"extension": [{"url": REPRESENTATION, "valueCode": representation}], **name}


def organization(name: str, uuid: str) -> Json:
    """Return the Organization of an institution known by name."""
    return {
        "resourceType": "Organization",
        "id": uuid,
        "identifier": [own_identifier(uuid)],
        "name": name,
    }


def practitioner(name: str, uuid: str) -> Json:
    """Return a physician; a name as DICOM writes it (``Yamada^Taro=山田^太郎``) in its parts."""
    return {
        "resourceType": "Practitioner",
        "id": uuid,
        "identifier": [own_identifier(uuid)],
        "name": list(_person_names(name)),
    }


def _person_names(name: str) -> Iterator[Json]:
    """Yield the names of a PN, alphabetic, ideographic and phonetic; a name in words as text."""
    if "^" not in name:
        yield {"text": name}
        return
    groups = name.split("=")
    for representation, group in zip(("ABC", "IDE", "SYL"), groups, strict=False):
        family, *given = (part.strip() for part in group.split("^")[:3])
        given = [part for part in given if part]
        if family or given:
            of = representation if len(groups) > 1 else ""
            shown = " ".join(filter(None, (family, *given)))
            yield _represented(filled(text=shown, family=family, given=given), of)


@lru_cache(maxsize=4)
def device(version: str, uuid: str) -> Json:
    """Return the software as a Device."""
    return {
        "resourceType": "Device",
        "id": uuid,
        "identifier": [own_identifier(uuid)],
        "deviceName": [{"name": "csfleak-adapter", "type": "model-name"}],
        "type": {"text": "software"},
        "version": [{"value": version}],
    }


def imaging_study(study: str, known: Study | None, uuid: str, output: "Output") -> Json:
    """Return the ImagingStudy of a study that the inputs name."""
    of = known or Study(id=study)
    return filled(
        resourceType="ImagingStudy",
        id=uuid,
        identifier=[
            dicom_identifier(study) if is_oid(study) else own_identifier(uuid),
            *([{"type": accession_type(), "value": of.accession}] if of.accession else []),
        ],
        status="available",
        modality=[_modality(m, output) for m in of.modalities],
        subject=output.subject,
        started=date_time(of.date, output.options.timezone),
        procedureCode=[output.concept(kind) for kind in of.kinds],
        series=list(_series(of, output)),
    )


def _modality(code: str, output: "Output") -> Json:
    return {"system": output.terms.written["DCM"], "code": code}


def _series(study: Study, output: "Output") -> Iterator[Json]:
    """Yield the series of the referenced instances; R4 asks for a modality, known or not."""
    unknown = {"extension": [{"url": ABSENT_REASON, "valueCode": "unknown"}]}
    for uid in dict.fromkeys(series for _, _, series in study.instances if series):
        held = [(sop_class, instance) for sop_class, instance, s in study.instances if s == uid]
        told = _told({sop_class for sop_class, _ in held}) or study.modalities
        yield filled(
            uid=uid,
            modality=_modality(told[0], output) if len(told) == 1 else unknown,
            performer=[{"actor": p} for p in _institution(study, output)],
            instance=[
                {"uid": instance, "sopClass": {"system": URI, "code": f"urn:oid:{sop_class}"}}
                for sop_class, instance in held
            ],
        )


def _told(classes: set[str]) -> tuple[str, ...]:
    """Return the modalities that the SOP classes of a series tell, where every one does."""
    found = {_BY_CLASS.get(one.removeprefix(_STORAGE)) for one in classes}
    return () if None in found else tuple(sorted(m for m in found if m))


def _institution(study: Study, output: "Output") -> list[Json]:
    name = study.institution
    return [reference(output.organizations[name])] if name else []
