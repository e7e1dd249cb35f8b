"""Inputs to what they belong to: read once, hashed, and refused where they cannot be read.

The first of the two tasks of a worker. What it gives depends on the input, the mappings and the
reading options alone.
"""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from adapter import readers
from adapter.batch import lines
from adapter.batch.places import Place, fetch
from adapter.batch.setup import Setup
from adapter.errors import AdapterError, Environment, NothingForUs
from adapter.model import Document
from adapter.readers.fhir import new_reading
from adapter.store.groups import PATIENT
from adapter.store.inputs import Indexed, Key


@dataclass(frozen=True, slots=True)
class ToIndex:
    """An input that is to be read. ``kind`` is ``file`` or ``line``, ``source`` whence it came."""

    id: int
    name: str
    place: Place
    kind: str
    source: str

    @property
    def folder(self) -> str:
        """Return the folder it lies in: references of an export's lines hold there."""
        return f"{self.source}/{self.name.rpartition('/')[0]}"


@dataclass(frozen=True, slots=True)
class Unread:
    """An input that could not be read for no fault of its own."""

    id: int
    reason: str


def index(setup: Setup, chunk: Sequence[ToIndex]) -> list[Indexed | Unread]:
    """Return what was found of each input of a chunk."""
    return [_one(one, setup) for one in chunk]


def _one(one: ToIndex, setup: Setup) -> Indexed | Unread:
    try:
        data = fetch(one.place, one.name, setup.options.read.max_bytes)
    except OSError as error:
        return Unread(one.id, f"cannot be read: {error.strerror}")
    except AdapterError as error:
        return _refused(one, "", error)
    digest = hashlib.sha256(data).hexdigest()
    try:
        return _found(one, data, digest, setup)
    except (Environment, MemoryError, OSError):
        raise  # not the input's fault
    except AdapterError as error:
        return _refused(one, digest, error, _still_legible(one, data, setup))
    except Exception as error:  # a defect costs its input, and no other
        return _refused(one, digest, defect(error), _still_legible(one, data, setup))


class Defect(AdapterError):
    """An error that nobody foresaw: with corrected software there may be a result."""


def defect(error: Exception) -> Defect:
    """Return what is told of an error that nobody foresaw; its own words may name a patient."""
    kind = type(error).__name__
    return Defect(f"cannot be read ({kind}, a defect of this software: please report it)")


def _still_legible(one: ToIndex, data: bytes, setup: Setup) -> tuple[Key, ...]:
    """Return whose a refused file is, where that stands before the damage: its case lacks it."""
    options = replace(setup.options.read, salvage=True, strict=False)
    try:
        return tuple(_keys(readers.read(data, one.name, setup.terms, options), setup))
    except Exception:  # nobody can say whose it is, and why it is refused is told already
        return ()


def _refused(one: ToIndex, digest: str, error: AdapterError, keys: tuple[Key, ...] = ()) -> Indexed:
    folder = [("folder", *_folder(one))] if digest else []
    reason = error.message
    if isinstance(error, NothingForUs):
        return Indexed(id=one.id, kind=one.kind, digest=digest, nothing=reason)
    where = error.where.removeprefix(one.name).lstrip(", ")
    return Indexed(
        id=one.id,
        kind=one.kind,
        digest=digest,
        refused=reason,
        where=where,
        again=isinstance(error, Defect),
        keys=(*folder, *keys),
    )


def _found(one: ToIndex, data: bytes, digest: str, setup: Setup) -> Indexed:
    body = lines.resource(data, one.name, setup) if one.kind != "file" else None
    if body is not None:
        reading = new_reading(one.name, setup.terms, setup.options.read)
        kind, says, keys = lines.keys(body, one.folder, reading, setup)
        own = ("file", _hashed(f"{one.source}/{one.name.rpartition(', line ')[0]}"), "")
        keys = [*keys, own, ("folder", *_folder(one))] if kind == "line" else keys
        return Indexed(id=one.id, kind=kind, digest=digest, says=says, keys=tuple(keys))
    document = readers.read(data, one.name, setup.terms, setup.options.read)
    keys = [("folder", *_folder(one)), *_keys(document, setup)]
    says = bool(
        document.statements or document.narrative or document.withdrawn
        or any(issue.severity == "error" for issue in document.issues)
    )  # fmt: skip
    return Indexed(id=one.id, kind="file", digest=digest, says=says, keys=tuple(keys))


def _folder(one: ToIndex) -> tuple[str, str]:
    return _hashed(one.folder), ""


def _hashed(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _keys(document: Document, setup: Setup) -> Iterator[Key]:
    for value, issuer in lines.hashed(document.patient, setup):
        yield PATIENT, value, issuer
    studies = (document.input.study, *sorted(s.id for s in document.studies))
    study = next((s for s in studies if s), "")
    if study:
        yield "study", setup.hashed(study), ""
    accession = next((s.accession for s in document.studies if s.accession), None)
    if accession:
        yield "accession", setup.hashed(accession.strip()), ""
