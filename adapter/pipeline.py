"""The one place where the steps meet: read, merge, grade, write.

documents = [read(source) for source in sources]
case = merge(documents)
graded = grade(case, policy)
outputs = write(graded, to)
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from hashlib import sha256
from pathlib import Path

from adapter import __version__, criteria, readers, terms, writers
from adapter.criteria import Policy
from adapter.errors import Environment, NothingForUs, RefusedInput, Usage
from adapter.merge import MergeOptions, merge
from adapter.merge.patients import same_patient
from adapter.model import Document, Graded, Input
from adapter.readers.options import ReadOptions
from adapter.sr import dicomdir
from adapter.terms import Terms
from adapter.writers.options import WriteOptions
from adapter.writers.versions import is_unchanged

__all__ = [
    *(
        "Options",
        "Outcome",
        "amends",
        "convert",
        "grade",
        "grade_documents",
        "read",
        "replacing",
        "sources",
    ),
    *("unchanged", "write"),
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """Everything a caller may set, by step.

    ``mappings`` are overlays; ``systems`` pair a coding scheme with the FHIR system that a site
    has for it: ``("JJ1017", "urn:oid:…")``.
    """

    policy: Policy = field(default_factory=Policy)
    read: ReadOptions = field(default_factory=ReadOptions)
    merge: MergeOptions = field(default_factory=MergeOptions)
    write: WriteOptions = field(default_factory=WriteOptions)
    mappings: tuple[Path, ...] = ()
    systems: tuple[tuple[str, str], ...] = ()

    @property
    def terms(self) -> Terms:
        """Return the terms to read and write by: with overlays and systems, as they were set."""
        return terms.load(self.mappings, None, self.systems)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """A graded case, the terms it was read with, and the inputs that were refused."""

    graded: Graded
    terms: Terms
    refused: tuple[Input, ...] = ()


Source = tuple[str, bytes]
"""An input's name and its bytes."""


def sources(paths: Iterable[Path]) -> list[Source]:
    """Return name and bytes of every file, folders walked in order of name.

    A file is named by its own name, one of a folder by its path below the folder. Hidden files are
    left out. Of a folder with a DICOMDIR (a PDI medium) only the SRs that it lists are taken; one
    that is listed and missing is an empty input, and so refused. Raises Usage where a path does not
    exist, Environment where a file cannot be read.
    """
    found = [
        (path, file, _bytes(file) if file.exists() else b"")
        for path in paths
        for file in _files(path)
    ]
    short = [_short(path, file) for path, file, _ in found]
    return [
        (_shown(name if short.count(name) == 1 else file.as_posix()), data)
        for name, (_, file, data) in zip(short, found, strict=True)
    ]


def _shown(name: str) -> str:
    """Return a file's name as text: outputs carry it, and a terminal shows it.

    What is no character (a name in another encoding) or none to be seen stands as an escape.
    """
    if name.isprintable():
        return name
    return "".join(
        c if c.isprintable() or c in " \u3000" else c.encode("unicode_escape").decode()
        for c in name
    )


def _bytes(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise Environment(f"cannot be read: {error.strerror}", str(file)) from error


def _short(path: Path, file: Path) -> str:
    """Return a name that does not depend on where the inputs lie: outputs carry it."""
    folder = path.parent if path.name == dicomdir.NAME else path
    return file.name if file == path else file.relative_to(folder).as_posix()


def _files(path: Path) -> list[Path]:
    if not path.exists():
        raise Usage("no such file or folder", str(path))
    directory = next((p for p in (path, path / dicomdir.NAME) if p.name == dicomdir.NAME), path)
    if directory.is_file() and dicomdir.is_dicomdir(data := _bytes(directory)):
        return [directory.parent / name for name in dicomdir.sr_files(data, str(directory))]
    if not path.is_dir():
        return [path]
    files = (p for p in path.rglob("*") if p.is_file())
    return sorted(p for p in files if not _hidden(p.relative_to(path)))


def _hidden(path: Path) -> bool:
    return any(part.startswith(".") for part in path.parts)


def read(data: bytes, name: str = "input", options: Options | None = None) -> Document:
    """Return what one input says, before anything is graded."""
    options = options or Options()
    return readers.read(data, name, options.terms, options.read)


def grade(inputs: Sequence[Source], options: Options | None = None) -> Outcome:
    """Return the graded case of inputs of one patient.

    An input that cannot be read costs only itself: the rest is graded, and the conclusion says
    ``incomplete``. An image or another object that holds no findings is told, and costs nothing.

    Raises
    ------
    AdapterError
        No input could be read (the first refusal), or inputs are of different patients.
    """
    options = options or Options()
    known = options.terms
    documents: list[Document] = []
    others: list[Input] = []
    first: RefusedInput | None = None
    for name, data in inputs:
        try:
            documents.append(readers.read(data, name, known, options.read))
        except RefusedInput as error:
            first = first or error
            others.append(_left_out(name, data, error))
    if not documents:
        raise first or RefusedInput("no input was given; name a file, a folder, or - for stdin")
    graded = grade_documents(documents, known, options, others)
    refused = tuple(i for i in others if i.status == "refused")
    return Outcome(graded=graded, terms=known, refused=refused)


def grade_documents(
    documents: Sequence[Document], known: Terms, options: Options, others: Sequence[Input] = ()
) -> Graded:
    """Return the graded case of documents that are already read; `others` gave none."""
    case = merge(documents, known, options.merge, others)
    versions = {"software": __version__, "mappings": known.digest}
    return criteria.grade(case, options.policy, versions)


def _left_out(name: str, data: bytes, error: RefusedInput) -> Input:
    """Return the record of an input that gave no document: refused, or nothing for us."""
    nothing = isinstance(error, NothingForUs)
    return Input(
        name=name,
        digest=sha256(data).hexdigest(),
        status="not-used" if nothing else "refused",
        reason=error.message,
    )


def replacing(options: Options, old: Sequence[Source]) -> Options:
    """Return the options of outputs that replace earlier versions of the report.

    The old files give identity, status and patient: no finding is ever read of them.

    Raises
    ------
    RefusedInput
        One is neither an SR nor a FHIR report of ours.
    """
    from adapter.readers.previous import previous

    known = options.terms
    found = tuple(previous(data, name, known, options.read) for name, data in old)
    documents = tuple(p.sr for p in found if p.sr)
    return replace(
        options,
        read=replace(options.read, replaced=frozenset(p.name for p in found if p.name)),
        write=replace(options.write, previous=found, predecessors=documents),
    )


def unchanged(outcome: Outcome, options: Options) -> bool:
    """Return whether what is to be replaced is what would be written: nothing is new.

    Raises
    ------
    DifferentPatients
        It is of another patient: no report replaces another patient's.
    """
    _same_patient(outcome, options)
    return is_unchanged(outcome.graded, options.write)


def _same_patient(outcome: Outcome, options: Options) -> None:
    for one in options.write.previous:
        old = Document(input=one.input, patient=one.patient)
        inputs = replace(one.input, name="the inputs")
        new = Document(input=inputs, patient=outcome.graded.case.patient)
        same_patient((old, new), options.merge.same_patient, options.merge.issuers)


def write(outcome: Outcome, to: str, options: Options | None = None) -> bytes:
    """Return the bytes of one output of a graded case.

    Raises
    ------
    DifferentPatients
        It is to replace a report of another patient.
    """
    options = options or Options()
    _same_patient(outcome, options)
    return writers.write(outcome.graded, to, outcome.terms, options.write)


def amends(outcome: Outcome, options: Options) -> bytes | None:
    """Return what marks the FHIR report that is replaced, where its profile only creates reports.

    None where nothing is to be marked: other profiles update the report itself.
    """
    from adapter.writers import fhir

    return fhir.write_amends(outcome.graded, options.write) if options.write.previous else None


def convert(
    inputs: Sequence[Source], to: Sequence[str], options: Options | None = None
) -> tuple[Outcome, dict[str, bytes]]:
    """Return the graded case of inputs of one patient, and its outputs by kind."""
    outcome = grade(inputs, options)
    return outcome, {kind: write(outcome, kind, options) for kind in to}
