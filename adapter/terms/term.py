"""Terms and their codes: what a code means, and which code says a term, in both worlds.

A *term* is anything the adapter can name: a concept of the criteria, a state, a site, a grade, a
piece of template structure. A code of either world resolves to a term by (scheme, code), never by
its meaning. Source: ``mappings/*.toml``, each row with its own.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import lru_cache
from pathlib import Path

from adapter import sites
from adapter.model import NamedSite, Site, State
from adapter.terms.dialect import NO_DIALECT, Dialect, Sender

PRIVATE = "99CSFL"


@dataclass(frozen=True, slots=True)
class CodeRow:
    """One code of a term. ``fits`` is ``equal``, ``narrower`` (read, never written) or ``broader``
    (neither); ``dicom`` whether the DICOM standard lists it; ``state`` the polarity of a
    pre-coordinated code (``no epidural fluid`` is epi-fluid, absent). ``like`` makes the code a
    pattern, read and never written: ``?`` is one character, ``*`` any rest.
    """

    scheme: str
    code: str
    display: str = ""
    fits: str = "equal"
    dicom: bool = False
    state: State | None = None
    like: bool = False


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
    """All terms, with look-ups both ways, as `adapter.terms.load` makes them of files."""

    terms: Mapping[str, Term]
    digest: str
    systems: Mapping[str, str] = field(repr=False)  # any designator, alias, URI or UID -> scheme
    written: Mapping[str, str] = field(repr=False)  # scheme -> FHIR system
    uids: Mapping[str, str] = field(repr=False)  # scheme -> DICOM coding scheme UID
    by_code: Mapping[tuple[str, str], Match] = field(repr=False)
    words: Mapping[str, Term] = field(repr=False)  # folded word -> state
    names: Mapping[str, NamedSite] = field(repr=False)  # folded word -> named site
    patterns: Mapping[str, tuple[tuple[str, Match], ...]] = field(default_factory=dict, repr=False)
    overlays: tuple[Path, ...] = field(default=(), repr=False)
    given: tuple[tuple[str, str], ...] = field(default=(), repr=False)  # systems of schemes
    dialects: tuple[tuple[Path, tuple[Sender, ...]], ...] = field(default=(), repr=False)
    dialect: Dialect = NO_DIALECT

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
        scheme = self.systems.get(key) or self.systems.get(key.removeprefix("urn:oid:")) or key
        found = self.by_code.get((scheme, code.strip()))
        return self._like(scheme, code.strip()) if found is None and self.patterns else found

    def _like(self, scheme: str, code: str) -> Match | None:
        """Return the one term whose patterns a code fits; None where it fits those of several."""
        rows = self.patterns.get(scheme, ())
        found = {match.term.name: match for like, match in rows if fnmatchcase(code, like)}
        return next(iter(found.values())) if len(found) == 1 else None

    def term(self, system: str, code: str) -> Term | None:
        """Return the term of a code, without regard to polarity."""
        match = self.match(system, code)
        return match.term if match else None

    @property
    def labels(self) -> Mapping[str, str]:
        """Return the names of terms by their folded labels; labels of several are left out."""
        return _labels(_Key(self))

    def titled(self, text: str) -> Match | None:
        """Return what a text names where its code says nothing: a title of the sender's dialect."""
        name = self.dialect.titles.get(sites.fold(text)) if text else None
        return Match(self.terms[name]) if name else None

    def labelled(self, text: str) -> Match | None:
        """Return what a text names as a whole: a label or word of one term, or a title."""
        name = self.labels.get(sites.fold(text))
        return Match(self.terms[name]) if name else self.titled(text)

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
        rows = [r for r in term.codes if r.fits == "equal" and r.scheme != "SRT" and not r.like]
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


class _Key:
    """Terms that are equal where their digests are."""

    __slots__ = ("terms",)

    def __init__(self, terms: Terms) -> None:
        self.terms = terms

    def __hash__(self) -> int:
        return hash(self.terms.digest)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Key) and other.terms.digest == self.terms.digest


@lru_cache(maxsize=16)
def _labels(key: _Key) -> Mapping[str, str]:
    found: dict[str, str] = {}
    twice: set[str] = set()
    for term in key.terms.terms.values():
        if term.kind in ("state", "site"):
            continue
        for label in {sites.fold(word) for word in (term.ja, term.en, *term.words) if word}:
            if found.setdefault(label, term.name) != term.name:
                twice.add(label)
    return {label: name for label, name in found.items() if label not in twice}
