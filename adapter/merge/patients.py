"""Whether documents are of one patient. Source: design, "Same patient"; criteria section 6."""

import hashlib
import unicodedata
from collections.abc import Iterable, Sequence
from itertools import combinations

from adapter.errors import DifferentPatients
from adapter.model import Document, Name, Patient

Issuers = tuple[tuple[str, str], ...]
"""Pairs of an issuer of patient ID and the system that means the same."""

LOCAL = "reference:"
"""Start of an issuer that is no issuer: a reference that means something in its document only."""


def same_patient(documents: Sequence[Document], vouched: bool, issuers: Issuers) -> Patient:
    """Return the one patient of all documents, with what they say of the patient united.

    Raises
    ------
    DifferentPatients
        Identifiers differ, or one is missing and nobody vouches, or birth date, sex or name
        contradict. The two documents are named, their patients' ids hashed.
    """
    for one, other in combinations(documents, 2):
        why = _difference(one.patient, other.patient, vouched, issuers)
        if why:
            raise DifferentPatients(
                f"{one.input.name} (patient {_hashed(one.patient)}) and {other.input.name} "
                f"(patient {_hashed(other.patient)}): {why}. Grade them apart"
            )
    return _united(documents)


def _difference(one: Patient, other: Patient, vouched: bool, issuers: Issuers) -> str:
    if one.birth_date and other.birth_date and one.birth_date != other.birth_date:
        return "the birth dates differ"
    known = {"male", "female", "other"}
    if one.sex in known and other.sex in known and one.sex != other.sex:
        return "the sexes differ"
    if _names_conflict(one.names, other.names):
        return "the names differ"
    mine, theirs = identifiers(one, issuers), identifiers(other, issuers)
    if not mine or not theirs:
        return "" if vouched else "no identifier shows one patient; --same-patient says so"
    agree = any(v == w and _agree(i, j) for v, i in mine for w, j in theirs)
    return "" if agree and not _conflict(mine, theirs) else "the patient identifiers differ"


def _conflict(mine: set[tuple[str, str]], theirs: set[tuple[str, str]]) -> bool:
    """Return whether an issuer that both state gave them no number in common.

    A patient may have several numbers of one issuer: one document lists them all, another one.
    """
    both = {i for _, i in mine if i} & {j for _, j in theirs}
    return any(
        {v for v, i in mine if i == issuer}.isdisjoint(w for w, j in theirs if j == issuer)
        for issuer in both
    )


def _agree(issuer: str, other: str) -> bool:
    return not issuer or not other or issuer == other


def identifiers(patient: Patient, issuers: Issuers) -> set[tuple[str, str]]:
    """Return comparable (value, issuer) pairs; leading zeros count."""
    same = {_folded(issuer): _folded(system) for issuer, system in issuers}
    pairs = ((v, i) for v, i in patient.identifiers if v.strip() and not i.startswith(LOCAL))
    return {(_folded(v), same.get(_folded(i), _folded(i))) for v, i in pairs}


def _folded(text: str) -> str:
    return unicodedata.normalize("NFKC", text).strip().removeprefix("urn:oid:")


def _names_conflict(one: Iterable[Name], other: Iterable[Name]) -> bool:
    """Return whether family and given name differ in a representation both state."""
    theirs = {n.representation: n for n in other if n.family and n.given}
    return any(
        n.family
        and n.given
        and n.representation in theirs
        and _person(n) != _person(theirs[n.representation])
        for n in one
    )


def _person(name: Name) -> tuple[str, str]:
    return _folded(name.family).casefold(), _folded(name.given).casefold()


def _hashed(patient: Patient) -> str:
    if not patient.identifiers:
        return "without identifier"
    value = "|".join(sorted(_folded(v) for v, _ in patient.identifiers))
    return hashlib.sha256(value.encode()).hexdigest()[:8]


def _united(documents: Iterable[Document]) -> Patient:
    patients = [d.patient for d in documents]
    identifiers = {pair: None for p in patients for pair in p.identifiers}
    names: dict[str, Name] = {}
    for name in (n for p in patients for n in p.names):
        names.setdefault(name.representation, name)
    return Patient(
        identifiers=tuple(identifiers),
        names=tuple(names[r] for r in sorted(names)),
        birth_date=next((p.birth_date for p in patients if p.birth_date), ""),
        sex=next((p.sex for p in patients if p.sex), ""),
    )
