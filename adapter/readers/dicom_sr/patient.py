"""The patient of an SR's header.

Source: DICOM PS3.3 C.7.1.1 (Patient Module); PS3.5 section 6.2.1 (Person Name).
"""

from collections.abc import Iterable, Mapping

from adapter.model import Name, Patient
from adapter.readers.dicom_sr import dates

REPRESENTATIONS = ("ABC", "IDE", "SYL")
_SEX = {"M": "male", "F": "female", "O": "other"}


def patient(header: Mapping[str, str], others: Iterable[tuple[str, str]] = ()) -> Patient:
    """Return the patient; what the header leaves empty stays empty.

    `others` are the patient IDs beside the header's own, each with its issuer.
    """
    identifier = header.get("PatientID", "").strip()
    issuer = header.get("IssuerOfPatientID", "").strip()
    own = ((identifier, issuer),) if identifier else ()
    return Patient(
        identifiers=tuple(dict.fromkeys((*own, *others))),
        names=names(header.get("PatientName", "")),
        birth_date=dates.date(header.get("PatientBirthDate", "")) or "",
        sex=_SEX.get(header.get("PatientSex", "").strip().upper(), ""),
    )


def names(text: str) -> tuple[Name, ...]:
    """Return the representations of a person name: alphabetic, ideographic, phonetic.

    A group without ``^`` keeps its words as ``text`` alone: where the family name ends is not said.
    """
    groups = zip(text.split("="), REPRESENTATIONS, strict=False)
    return tuple(_name(group.strip(), kind) for group, kind in groups if group.strip(" ^"))


def _name(group: str, representation: str) -> Name:
    family, caret, rest = group.partition("^")
    given = [part.strip() for part in rest.split("^")[:2] if part.strip()]
    return Name(
        family=family.strip() if caret else "",
        given=" ".join(given),
        text=" ".join(p for p in (family.strip(), *given) if p),
        representation=representation,
    )
