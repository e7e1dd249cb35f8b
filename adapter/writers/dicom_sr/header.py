"""A case to everything of an SR document outside its content tree.

Source: DICOM PS3.3 A.35.3 (Comprehensive SR IOD), C.7.1.1, C.7.2.1, C.17.1, C.17.2, C.12.1;
contract section 3.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from adapter.errors import Usage
from adapter.model import Case, Name, Patient, Statement
from adapter.sr.encode import Header, Value
from adapter.terms import PRIVATE, Terms
from adapter.writers.dicom_sr import dates
from adapter.writers.dicom_sr.evidence import (
    accessions,
    evidence,
    hierarchical,
    own_study,
    requests,
)
from adapter.writers.dicom_sr.items import is_uid
from adapter.writers.dicom_sr.unmapped import schemes
from adapter.writers.options import WriteOptions
from adapter.writers.versions import is_whole, status

BASIC_TEXT = "basic-text"
CLASSES = {
    "comprehensive": "1.2.840.10008.5.1.4.1.1.88.33",
    "comprehensive3d": "1.2.840.10008.5.1.4.1.1.88.34",
    "enhanced": "1.2.840.10008.5.1.4.1.1.88.22",
    BASIC_TEXT: "1.2.840.10008.5.1.4.1.1.88.11",
}
_LO, _SH = 64, 16
_SEX = {"male": "M", "female": "F", "other": "O"}
_IDEOGRAPHS = 0x3000  # from here on a name is written in Japanese


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """The UIDs of the document; ``study`` only stands in where the case names none."""

    study: str
    series: str
    instance: str


def header(
    case: Case,
    terms: Terms,
    options: WriteOptions,
    identity: Identity,
    *,
    maker: str,
    version: str,
    graded: bool,
) -> Header:
    """Return the header by keyword.

    Raises
    ------
    Usage
        No date is known to date the document by; a verifier without an organisation.
    """
    known = own_study(case)
    study = known or identity.study
    written = _written(case, options)
    zone = dates.offset(options.timezone or "") or dates.common_zone((*_instants(case), written))
    made = dates.local(written, zone)
    return {
        "SOPClassUID": sop_class(options),
        "SOPInstanceUID": identity.instance,
        **_study(case, known, zone),
        "StudyInstanceUID": study,
        "SeriesInstanceUID": identity.series,
        "SeriesNumber": "1",
        "InstanceNumber": "1",
        "Modality": "SR",
        "ContentDate": dates.date(made),
        "ContentTime": dates.time(made) or "000000",
        **({"TimezoneOffsetFromUTC": zone} if zone else {}),
        **_patient(case.patient),
        **_equipment(case, maker, version),
        "CodingSchemeIdentificationSequence": _schemes(case, terms),
        "ReferencedPerformedProcedureStepSequence": (),
        "PerformedProcedureCodeSequence": (),
        **evidence(case, study),
        **_optional("ReferencedRequestSequence", requests(case)),
        **_optional("PredecessorDocumentsSequence", hierarchical(options.predecessors)),
        "CompletionFlag": "COMPLETE",
        **({"PreliminaryFlag": _preliminary(case, options)} if graded else {}),
        **_verification(options, dates.instant(written)),
    }


def sop_class(options: WriteOptions) -> str:
    """Return the SOP class of the kind of SR that is asked for."""
    if options.sr not in CLASSES:
        raise Usage(f"no SR kind {options.sr!r}; there are {', '.join(CLASSES)}")
    return CLASSES[options.sr]


def _optional(keyword: str, items: "tuple[Mapping[str, Value], ...]") -> dict[str, Value]:
    return {keyword: items} if items else {}


def _written(case: Case, options: WriteOptions) -> str:
    """Return when the document is written: as given, else the latest date the inputs state."""
    stated = [i.date for i in case.inputs if i.status == "used"]
    written = options.now or dates.latest(stated) or dates.latest(_instants(case))
    if len(written) < len("2026-03-02"):
        raise Usage("the inputs state no date to date the SR by: give one with --now")
    return written


def _instants(case: Case) -> Iterator[str]:
    """Yield every date and time that the document states."""
    for exam in case.exams:
        yield from exam.dates
        said = [s for lesion in exam.lesions for s in lesion.statements]
        yield from _of(said)
        yield from _of([s for fact in exam.facts.values() for s in fact.statements])
    yield from _of([s for fact in case.facts.values() for s in fact.statements])
    yield from _of([*case.pressures, *case.punctures, *case.patches])
    yield from (study.date for study in case.studies if study.date)
    yield from (exam.date for exam in case.withdrawn if exam.date)


def _of(statements: list[Statement]) -> Iterator[str]:
    yield from (date for s in statements for date in (s.date, s.exam.date) if date)


def _study(case: Case, study: str, zone: str) -> dict[str, Value]:
    """Return what is known of the study; an exam without a date must not be given the study's."""
    dated = all(exam.dates for exam in case.exams)
    stated = next((s.date for s in case.studies if s.id == study), None) if dated else None
    date = dates.local(stated, zone)
    return {
        "StudyDate": dates.date(date),
        "StudyTime": dates.time(date) if dates.date(date) else "",
        "AccessionNumber": accessions(case).get(study, ""),
        "ReferringPhysicianName": "",
        "StudyID": "",
    }


def _patient(patient: Patient) -> dict[str, Value]:
    ids = patient.identifiers or (("", ""),)
    others = tuple({**_identifier(*one), "TypeOfPatientID": "TEXT"} for one in ids[1:])
    return {
        "PatientName": person_name(patient.names),
        **_identifier(*ids[0]),
        **_optional("OtherPatientIDsSequence", others),
        "PatientBirthDate": dates.date(patient.birth_date),
        "PatientSex": _SEX.get(patient.sex, ""),
    }


def _identifier(value: str, issuer: str) -> dict[str, Value]:
    """Return a patient ID with its issuer; a system too long for it is a universal identifier."""
    if len(issuer) > _LO:
        kind = "ISO" if issuer.startswith("urn:oid:") else "URI"
        name = issuer.removeprefix("urn:oid:")
        qualifier = {"UniversalEntityID": name, "UniversalEntityIDType": kind}
        return {"PatientID": value, "IssuerOfPatientIDQualifiersSequence": (qualifier,)}
    return {"PatientID": value, **({"IssuerOfPatientID": issuer} if issuer else {})}


def person_name(names: tuple[Name, ...]) -> str:
    """Return a PN of up to three component groups: alphabetic, ideographic, phonetic.

    A name of no stated representation stands in the ideographic group where it is written in
    Japanese, else in the alphabetic one; the first of a representation holds.
    """
    groups: dict[str, str] = {}
    for name in sorted(names, key=lambda n: not n.representation):
        parts = (name.family, name.given) if name.family or name.given else (name.text,)
        words = "^".join(parts).rstrip("^")
        japanese = any(ord(character) >= _IDEOGRAPHS for character in words)
        kind = name.representation or ("IDE" if japanese else "ABC")
        if words:
            groups.setdefault(kind, words)
    return "=".join(groups.get(kind, "") for kind in ("ABC", "IDE", "SYL")).rstrip("=")


def _equipment(case: Case, maker: str, version: str) -> dict[str, Value]:
    """Return the equipment; the institution only where every exam was made there."""
    places = {exam.institutions for exam in case.exams}
    one = next(iter(places)) if len(places) == 1 else ()
    # Some readers count bytes; a longer name still stands in the exams' groups.
    fits = len(one) == 1 and len(one[0].encode()) <= _LO
    return {
        "Manufacturer": maker,
        "ManufacturerModelName": maker,
        "SoftwareVersions": version,
        **({"InstitutionName": one[0]} if fits else {}),
    }


def _schemes(case: Case, terms: Terms) -> tuple[Mapping[str, Value], ...]:
    """Return what identifies our private scheme, and those that evidence came with."""
    known = {PRIVATE: terms.uids[PRIVATE], **schemes(case, terms)}
    return tuple(_scheme(name, identity) for name, identity in known.items())


def _scheme(name: str, identity: str) -> Mapping[str, Value]:
    if is_uid(identity):
        return {"CodingSchemeDesignator": name, "CodingSchemeUID": identity}
    resource: dict[str, Value] = {"CodingSchemeURLType": "FHIR", "CodingSchemeURL": identity}
    return {"CodingSchemeDesignator": name, "CodingSchemeResourcesSequence": (resource,)}


def _preliminary(case: Case, options: WriteOptions) -> str:
    """Return FINAL where a physician vouches for a report on whole and final inputs."""
    status(case, options)  # refuses what would take the place of a final one without being it
    return "FINAL" if options.verified_by and is_whole(case) else "PRELIMINARY"


def _verification(options: WriteOptions, written: str) -> dict[str, Value]:
    if not options.verified_by:
        return {"VerificationFlag": "UNVERIFIED"}
    organization = _organization(options.settings)
    if not organization:
        raise Usage(
            "a verified SR names the verifier's organisation: set `organization`", "settings"
        )
    observer: dict[str, Value] = {
        "VerifyingOrganization": organization,
        "VerificationDateTime": written,
        "VerifyingObserverName": options.verified_by,
        "VerifyingObserverIdentificationCodeSequence": (),
    }
    return {"VerificationFlag": "VERIFIED", "VerifyingObserverSequence": (observer,)}


def _organization(settings: Mapping[str, Any]) -> str:
    """Return the organisation's name: a text, or a table with a ``name``."""
    known = settings.get("organization", "")
    return str(known.get("name", "")) if isinstance(known, Mapping) else str(known)
