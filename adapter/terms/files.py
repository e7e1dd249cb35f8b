"""Mapping files to terms: ``mappings/*.toml``, and the overlays that a user lays over them."""

import functools
import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from adapter import sites
from adapter.errors import Usage
from adapter.model import NamedSite, Site
from adapter.terms import rows, toml
from adapter.terms.dialect import NO_DIALECT, Dialect, Sender, Traits, dialect, senders
from adapter.terms.rows import File
from adapter.terms.term import PRIVATE, CodeRow, Match, Term, Terms

SCHEMES = "schemes.toml"
INDEX = "index.json"
DIALECTS = "dialects"


def root() -> Path:
    """Return the folder of the mapping files: in the wheel, else beside the package."""
    package = Path(__file__).parents[1]
    packaged = package / "_mappings"
    return packaged if packaged.is_dir() else package.parent / "mappings"


@functools.cache
def load(
    overlays: tuple[Path, ...] = (),
    spoken: Path | None = None,
    given: tuple[tuple[str, str], ...] = (),
) -> Terms:
    """Return the terms of ``mappings/``, with the user's overlay files laid over them.

    Parameters
    ----------
    overlays : tuple of Path
        TOML files, or folders of them. An overlay adds schemes, and codes and words to terms that
        exist; it makes no new terms. One with a ``[[sender]]`` is a dialect: it is laid over for
        the inputs of that sender alone (`of_sender`).
    spoken : Path
        The dialect to lay over, too.
    given : tuple of (str, str)
        FHIR systems of schemes that have none of their own, as the settings file gives them:
        ``("JJ1017", "urn:oid:…")``.

    Raises
    ------
    Usage
        A file that is no TOML, a row without ``in`` or ``code``, a name that is no term, or a code
        or word that already means something else; file, line and reason are named.
    """
    own, laid = _own(), [(path, _bytes(path)) for path in _overlay_files(overlays)]
    base = _base_tables(own)
    laid_over = [File(path, _table(path, data), overlay=True) for path, data in laid]
    every = [*base, *laid_over]
    files = [f for f in every if "sender" not in f.table or f.path == spoken]
    schemes: dict[str, Mapping[str, Any]] = {}
    terms: dict[str, Term] = {}
    for file in files:
        named = {name: row for name, row in file.table.items() if name not in rows.META}
        of_schemes = named if file.path.name == SCHEMES else rows.table(file, "schemes")
        for name, row in of_schemes.items():
            schemes[name] = rows.scheme(file, name, row, schemes.get(name))
        for name, row in ({} if file.path.name == SCHEMES else named).items():
            terms[name] = rows.term(file, name, row, terms.get(name))
        _only_spoken(file)
    for scheme, system in given:
        owner = next((n for n, row in schemes.items() if system in row.get("systems", ())), scheme)
        if owner != scheme:
            raise Usage(f"{system} is the system of {owner}", f"settings, systems.{scheme}")
        known = schemes.get(scheme, {})
        schemes[scheme] = {**known, "systems": [*known.get("systems", ()), system]}
    made = _index(terms, schemes, files)
    chosen = [data for path, data in (*own, *laid) if path == spoken]
    told = [f"{scheme}\0{system}".encode() for scheme, system in given]
    for file in laid_over:
        if "sender" in file.table and spoken is None:
            load(
                overlays, file.path, given
            )  # what is wrong in it is told now, not when it is needed
    return replace(
        made,
        digest=_digest([data for _, data in (*own, *laid)] + chosen + told),
        overlays=overlays,
        given=given,
        dialects=tuple((f.path, _senders(f)) for f in every if "sender" in f.table),
        dialect=_dialect(next((f for f in files if f.path == spoken), None), made),
    )


def of_sender(terms: Terms, traits: Traits) -> tuple[Terms, str]:
    """Return the terms in which an input of these traits is to be read, and the dialect's name.

    An input that several dialects recognise is read in the one that asks for the most; where two
    ask for as much, in none: the name then says so, as ``a | b``.
    """
    fitting: dict[int, list[Path]] = {}
    for path, known in terms.dialects:
        asked = max((len(s.patterns) for s in known if s.fits(traits)), default=0)
        if asked:
            fitting.setdefault(asked, []).append(path)
    if not fitting:
        return terms, ""
    best = fitting[max(fitting)]
    if len(best) > 1:
        return terms, " | ".join(path.stem for path in best)
    return load(terms.overlays, best[0], terms.given), best[0].stem


def dialect_told(name: str) -> list[tuple[str, str]]:
    """Return what is told of the dialect that `of_sender` named, with its severity."""
    if not name:
        return []
    if "|" in name:
        what = f"several dialects fit the sender ({name}): none of them is used"
        return [(f"{what}; make the patterns of one narrower", "warning")]
    return [(f"read in the dialect {name} of its sender", "information")]


def _own() -> list[tuple[Path, bytes]]:
    """Return the project's own files: the terms, then the dialects."""
    folder = root()
    found = (*sorted(folder.glob("*.toml")), *sorted((folder / DIALECTS).glob("*.toml")))
    return [(path, _bytes(path)) for path in found]


def _base_tables(files: Sequence[tuple[Path, bytes]]) -> list[File]:
    """Return the tables of the project's own files: from the index where it is of these files."""
    try:
        made = json.loads((root() / INDEX).read_bytes())
    except (OSError, ValueError):
        made = {}
    is_known = made.get("digest") == _digest(data for _, data in files)
    return [
        File(
            path,
            made["tables"][_name(path)] if is_known else _table(path, data),
            overlay=path.parent.name == DIALECTS,
        )
        for path, data in files
    ]


def _name(path: Path) -> str:
    return f"{DIALECTS}/{path.name}" if path.parent.name == DIALECTS else path.name


def checked() -> str:
    """Return the date on which the project's own mappings were last looked up in their sources."""
    return max(str(f.table["checked"]) for f in _base_tables(_own()) if "checked" in f.table)


def index(folder: Path) -> bytes:
    """Return the index of the mapping files in a folder: their tables as JSON, with their digest.

    It is read seven times faster than the files, and only while it is of these very files.
    """
    found = (*sorted(folder.glob("*.toml")), *sorted((folder / DIALECTS).glob("*.toml")))
    files = [(path, path.read_bytes()) for path in found]
    tables = {_name(path): _table(path, data) for path, data in files}
    made = {"digest": _digest(data for _, data in files), "tables": tables}
    return (json.dumps(made, ensure_ascii=False, default=str) + "\n").encode()


def _digest(contents: Iterable[bytes]) -> str:
    digest = hashlib.sha256()
    for data in contents:
        digest.update(data)
    return digest.hexdigest()


def _overlay_files(overlays: Iterable[Path]) -> Iterator[Path]:
    for path in overlays:
        yield from sorted(path.rglob("*.toml")) if path.is_dir() else [path]


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise Usage(f"the mapping file cannot be read ({error.strerror})", str(path)) from error


def _table(path: Path, data: bytes) -> dict[str, Any]:
    return toml.parse(data, str(path))


def _only_spoken(file: File) -> None:
    """Raise Usage where a file says how a sender writes, and not which."""
    for name in (n for n in rows.SPOKEN if n in file.table and "sender" not in file.table):
        raise file.refused(f"[{name}] holds for one sender: name it by [[sender]]", name)


def _senders(file: File) -> tuple[Sender, ...]:
    try:
        return senders(file.table["sender"])
    except ValueError as error:
        raise file.refused(str(error), "sender", *_words(error)) from error


def _dialect(file: File | None, terms: Terms) -> Dialect:
    """Return what is particular to a dialect's file; nothing without one."""
    if file is None:
        return NO_DIALECT
    titles = rows.table(file, "titles")
    for title, name in titles.items():
        if not isinstance(name, str) or name not in terms.terms:
            raise file.refused(f"titles: {name} is no term of the adapter", "titles", title)
    try:
        folded = {sites.fold(title): name for title, name in titles.items()}
        tables = {name: rows.table(file, name) for name in ("structure", "units")}
        return dialect(file.path.stem, tables, folded)
    except ValueError as error:
        raise file.refused(str(error), "structure", *_words(error)) from error


def _words(error: ValueError) -> tuple[str, ...]:
    """Return the key that an error begins with, as it stands in its line."""
    return (str(error).split()[0].rpartition(".")[2],)


def _index(
    terms: Mapping[str, Term], schemes: Mapping[str, Mapping[str, Any]], files: Sequence[File]
) -> Terms:
    systems: dict[str, str] = {}
    for scheme, table in schemes.items():
        uid = [table["uid"]] if "uid" in table else []
        for key in (scheme, *table.get("aliases", ()), *table.get("systems", ()), *uid):
            for name in (key, key.removeprefix("urn:oid:")):
                if systems.setdefault(name, scheme) != scheme:
                    what = f"{name} is both {systems[name]} and {scheme}, two coding schemes"
                    raise files[-1].refused(what, scheme, name)
    by_code: dict[tuple[str, str], Match] = {}
    patterns: dict[str, list[tuple[str, Match]]] = {}
    for term in terms.values():
        for row in _readable(term):
            if row.like:
                scheme = systems.get(row.scheme, row.scheme)
                patterns.setdefault(scheme, []).append((row.code, Match(term, row.state)))
                continue
            key = (systems.get(row.scheme, row.scheme), row.code)
            other = by_code.setdefault(key, Match(term, row.state))
            if other.term.name != term.name or other.state is not row.state:
                what = f"({key[0]}, {key[1]}) means both {other.term.name} and {term.name}"
                raise files[-1].refused(what, row.code)
    return Terms(
        terms=terms,
        digest="",
        systems=systems,
        written={s: row["systems"][0] for s, row in schemes.items() if row.get("systems")},
        uids={s: row["uid"] for s, row in schemes.items() if "uid" in row},
        by_code=by_code,
        words=_state_words(terms.values(), files),
        names=_names(terms.values(), files),
        patterns={scheme: tuple(rows) for scheme, rows in patterns.items()},
    )


def _readable(term: Term) -> Sequence[CodeRow]:
    """Return the codes that are read as `term`: all but wider ones."""
    ours = [CodeRow(PRIVATE, term.name)] if term.private else []
    return [*ours, *(row for row in term.codes if row.fits != "broader")]


def _state_words(terms: Iterable[Term], files: Sequence[File]) -> dict[str, Term]:
    found: dict[str, Term] = {}
    for term in (t for t in terms if t.kind == "state"):
        for word in term.words:
            other = found.setdefault(sites.fold(word), term)
            if other.name != term.name:
                what = f"the word {word!r} means both {other.name} and {term.name}"
                raise files[-1].refused(what, word)
    return found


def _names(terms: Iterable[Term], files: Sequence[File]) -> dict[str, NamedSite]:
    """Return what sites are called: those with a name of their own, and levels in other words."""
    found: dict[str, NamedSite] = {}
    laid_over = any(file.overlay for file in files)
    for term in terms:
        for named in _named(term, term.site) if term.site is not None else ():
            own = (term.name,) if term.site is not None and term.site.named else ()
            for word in own + term.words:
                other = found.setdefault(sites.fold(word), named)
                if other != named or (laid_over and not _reads_as(word, named)):
                    what = f"the word {word!r} of {named.name} means another site, too"
                    raise files[-1].refused(what, word)
    return found


def _reads_as(word: str, named: NamedSite) -> bool:
    """Return whether a word that is read as levels without the mappings names none beside."""
    return set(sites.read(word, {}).levels) <= set(range(named.first, named.last + 1))


def _named(term: Term, site: Site) -> tuple[NamedSite, ...]:
    if site.named:
        return site.named
    return tuple(NamedSite(name=term.name, kind="vertebra", first=n, last=n) for n in site.levels)
