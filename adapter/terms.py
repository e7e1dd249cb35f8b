"""The mapping files to terms, and terms to codes: one truth for DICOM and FHIR.

A *term* is anything the adapter can name: a concept of the criteria, a state, a site, a grade, a
piece of template structure. A code of either world resolves to a term by (scheme, code), never by
its meaning. Source: ``mappings/*.toml``, each row with its own.
"""

import functools
import hashlib
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from importlib import resources
from pathlib import Path
from typing import Any

from adapter import sites
from adapter.errors import Usage
from adapter.model import NamedSite, Site, State

PRIVATE = "99CSFL"
_META = frozenset({"source", "checked", "schemes", "sender"})


@dataclass(frozen=True, slots=True)
class CodeRow:
    """One code of a term. ``fits`` is ``equal``, ``narrower`` (read, never written) or ``broader``
    (neither); ``dicom`` whether the DICOM standard lists it; ``state`` the polarity of a
    pre-coordinated code (``no epidural fluid`` is epi-fluid, absent).
    """

    scheme: str
    code: str
    display: str = ""
    fits: str = "equal"
    dicom: bool = False
    state: State | None = None


@dataclass(frozen=True, slots=True)
class Term:
    """A name of the adapter with its labels and codes. ``kind`` is ``lesion``, ``attribute``,
    ``exam``, ``patient``, ``value``, ``conclusion``, ``conclusion code``, ``state``, ``site`` or
    ``structure``; ``exams`` the exam kinds a concept fits; ``site`` what a site term names.
    """

    name: str
    kind: str
    ja: str = ""
    en: str = ""
    exams: tuple[str, ...] = ()
    codes: tuple[CodeRow, ...] = ()
    words: tuple[str, ...] = ()
    state: State | None = None
    reason: str | None = None
    site: Site | None = None

    @property
    def private(self) -> bool:
        """Whether the term has a code of its own in the private scheme."""
        return self.kind not in ("state", "site", "structure")


@dataclass(frozen=True, slots=True)
class Match:
    """What a code resolves to: the term, and the state a pre-coordinated code says."""

    term: Term
    state: State | None = None


@dataclass(frozen=True, slots=True)
class Coding:
    """A code ready to be written in either world."""

    scheme: str
    system: str
    code: str
    display: str


@dataclass(frozen=True, slots=True)
class Terms:
    """All terms, with look-ups both ways. Made by `load`; equal input gives an equal ``digest``."""

    terms: Mapping[str, Term]
    digest: str
    systems: Mapping[str, str] = field(repr=False)  # any designator, alias, URI or UID -> scheme
    written: Mapping[str, str] = field(repr=False)  # scheme -> FHIR system
    uids: Mapping[str, str] = field(repr=False)  # scheme -> DICOM coding scheme UID
    by_code: Mapping[tuple[str, str], Match] = field(repr=False)
    words: Mapping[str, Term] = field(repr=False)  # folded word -> state
    names: Mapping[str, NamedSite] = field(repr=False)  # folded word -> named site

    def __getitem__(self, name: str) -> Term:
        return self.terms[name]

    def match(self, system: str, code: str) -> Match | None:
        """Return what a code means.

        Parameters
        ----------
        system : str
            A DICOM designator, a FHIR system, or a coding scheme UID with or without ``urn:oid:``.
        code : str
            As written; compared exactly after trimming.

        Returns
        -------
        Match or None
            None where the code, or its system, is not mapped.
        """
        key = system.strip()
        scheme = self.systems.get(key) or self.systems.get(key.removeprefix("urn:oid:"))
        return self.by_code.get((scheme or key, code.strip()))

    def term(self, system: str, code: str) -> Term | None:
        """Return the term of a code, without regard to polarity."""
        match = self.match(system, code)
        return match.term if match else None

    def state_word(self, text: str) -> Term | None:
        """Return the state that a word (あり, (+), 疑い, Not evaluated …) says; None if it is none.

        The whole text must be the word: nothing is found inside a sentence.
        """
        return self.words.get(sites.fold(text))

    def read_site(self, text: str) -> Site:
        """Return the site that words name; see `adapter.sites.read`."""
        return sites.read(text, self.names)

    def coding(self, name: str, *, full: bool = False) -> Coding:
        """Return the one code a DICOM SR carries for a term.

        A standard code that says exactly the same stands instead of the private one, where the
        ``snomed`` setting allows it (`full`, or the DICOM standard lists it).
        """
        return self.codings(name, full=full)[-1 if self.terms[name].private else 0]

    def codings(self, name: str, *, full: bool = False) -> tuple[Coding, ...]:
        """Return the codes a FHIR resource carries for a term: ours first, then the same in others.

        A term without a private code (states, sites, structure) gives its first writable code.
        """
        term = self.terms[name]
        rows = [r for r in term.codes if r.fits == "equal" and r.scheme != "SRT"]
        allowed = [r for r in rows if full or r.dicom or r.scheme == PRIVATE]
        ours = [CodeRow(PRIVATE, term.name, term.en)] if term.private else []
        chosen = [*ours, *allowed[:1]]
        if not chosen:
            raise KeyError(f"{name} has no code that may be written")
        return tuple(
            Coding(r.scheme, self.written.get(r.scheme, r.scheme), r.code, r.display)
            for r in chosen
        )

    def site_terms(self, site: Site) -> tuple[Term, ...]:
        """Return the site's terms, one per level and one per named site, in order."""
        levels = (self.terms[sites.AXIS[level]] for level in site.levels)
        return (*levels, *(self.terms[named.name] for named in site.named))


def root() -> Path:
    """Return the folder of the mapping files: in the wheel, else beside the package."""
    packaged = Path(str(resources.files("adapter"))) / "_mappings"
    return packaged if packaged.is_dir() else Path(__file__).parents[1] / "mappings"


@functools.cache
def load(overlays: tuple[Path, ...] = ()) -> Terms:
    """Return the terms of ``mappings/``, with the user's overlay files laid over them.

    Parameters
    ----------
    overlays : tuple of Path
        TOML files, or folders of them. An overlay adds schemes, and codes and words to terms that
        exist; it makes no new terms.

    Raises
    ------
    Usage
        A file that is no TOML, a row without ``in`` or ``code``, a name that is no term, or a code
        that already means something else; the file is named.
    """
    base = tuple(sorted(root().glob("*.toml")))
    files = [*((p, False) for p in base), *((p, True) for p in _overlay_files(overlays))]
    digest = hashlib.sha256()
    schemes: dict[str, dict[str, Any]] = {}
    terms: dict[str, Term] = {}
    for path, is_overlay in files:
        data = _bytes(path)
        digest.update(data)
        table = _table(path, data)
        rows = {name: row for name, row in table.items() if name not in _META}
        schemes.update(rows if path.name == "schemes.toml" else table.get("schemes", {}))
        for name, row in ({} if path.name == "schemes.toml" else rows).items():
            terms[name] = _term(path, name, row, terms.get(name), is_overlay)
    return _index(terms, schemes, digest.hexdigest())


def _overlay_files(overlays: Iterable[Path]) -> Iterator[Path]:
    for path in overlays:
        yield from sorted(path.rglob("*.toml")) if path.is_dir() else [path]


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise Usage(f"the mapping file cannot be read ({error.strerror})", str(path)) from error


def _table(path: Path, data: bytes) -> dict[str, Any]:
    try:
        return tomllib.loads(data.decode("utf-8"))
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise Usage(f"not a TOML file: {error}", str(path)) from error


def _term(path: Path, name: str, row: Any, known: Term | None, is_overlay: bool) -> Term:
    if not isinstance(row, dict):
        raise Usage(f"[{name}] is not a table; a term has codes or words", str(path))
    if known is None and is_overlay:
        raise Usage(f"[{name}] is no term of the adapter; see mappings/README.md", str(path))
    codes = tuple(_row(path, name, code) for code in row.get("codes", ()))
    words = tuple(row.get("words", ()))
    if known is not None:
        return replace(known, codes=(*known.codes, *codes), words=(*known.words, *words))
    return Term(
        name=name,
        kind="site" if "levels" in row else row["kind"],
        ja=row.get("ja", name),
        en=row.get("en", name),
        exams=tuple(row.get("exams", ())),
        codes=codes,
        words=words,
        state=State(row["state"]) if "state" in row else None,
        reason=row.get("reason"),
        site=_site(name, row) if "levels" in row else None,
    )


def _row(path: Path, name: str, row: Any) -> CodeRow:
    try:
        return CodeRow(
            scheme=row["in"],
            code=str(row["code"]),
            display=row.get("display", ""),
            fits=row.get("fits", "equal"),
            dicom=row.get("dicom", False),
            state=State(row["state"]) if "state" in row else None,
        )
    except (KeyError, TypeError, ValueError) as error:
        raise Usage(f"[{name}]: a code needs `in` and `code` ({error})", str(path)) from error


def _site(name: str, row: Mapping[str, Any]) -> Site:
    first, _, last = row["levels"].partition("-")
    if row["kind"] == "vertebra":
        return Site(levels=(sites.INDEX[first],))
    span = sites.INDEX[first], sites.INDEX[last]
    return Site(named=(NamedSite(name=name, kind=row["kind"], first=span[0], last=span[1]),))


def _index(
    terms: Mapping[str, Term], schemes: Mapping[str, Mapping[str, Any]], digest: str
) -> Terms:
    systems: dict[str, str] = {}
    for scheme, table in schemes.items():
        uid = [table["uid"]] if "uid" in table else []
        for key in (scheme, *table.get("aliases", ()), *table.get("systems", ()), *uid):
            systems[key.removeprefix("urn:oid:")] = systems[key] = scheme
    by_code: dict[tuple[str, str], Match] = {}
    for term in terms.values():
        for row in _readable(term):
            key = (systems.get(row.scheme, row.scheme), row.code)
            other = by_code.setdefault(key, Match(term, row.state))
            if other.term.name != term.name:
                raise Usage(f"({key[0]}, {key[1]}) means both {other.term.name} and {term.name}")
    return Terms(
        terms=terms,
        digest=digest,
        systems=systems,
        written={s: row["systems"][0] for s, row in schemes.items() if row.get("systems")},
        uids={s: row["uid"] for s, row in schemes.items() if "uid" in row},
        by_code=by_code,
        words={sites.fold(w): t for t in terms.values() if t.kind == "state" for w in t.words},
        names=_names(terms.values()),
    )


def _readable(term: Term) -> Sequence[CodeRow]:
    """Return the codes that are read as `term`: all but wider ones."""
    ours = [CodeRow(PRIVATE, term.name)] if term.private else []
    return [*ours, *(row for row in term.codes if row.fits != "broader")]


def _names(terms: Iterable[Term]) -> dict[str, NamedSite]:
    named = [(t, t.site.named[0]) for t in terms if t.site and t.site.named]
    return {sites.fold(word): site for term, site in named for word in (term.name, *term.words)}
