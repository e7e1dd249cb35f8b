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
from adapter.model import NamedSite, Site, State
from adapter.terms.term import PRIVATE, CodeRow, Match, Term, Terms

SCHEMES = "schemes.toml"
INDEX = "index.json"
_META = frozenset({"source", "checked", "schemes", "sender"})


def root() -> Path:
    """Return the folder of the mapping files: in the wheel, else beside the package."""
    package = Path(__file__).parents[1]
    packaged = package / "_mappings"
    return packaged if packaged.is_dir() else package.parent / "mappings"


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
    base = [(path, _bytes(path)) for path in sorted(root().glob("*.toml"))]
    laid_over = [(path, _bytes(path)) for path in _overlay_files(overlays)]
    tables = [
        *((path, table, False) for path, table in _base_tables(base)),
        *((path, _table(path, data), True) for path, data in laid_over),
    ]
    schemes: dict[str, dict[str, Any]] = {}
    terms: dict[str, Term] = {}
    for path, table, is_overlay in tables:
        rows = {name: row for name, row in table.items() if name not in _META}
        schemes.update(rows if path.name == SCHEMES else table.get("schemes", {}))
        for name, row in ({} if path.name == SCHEMES else rows).items():
            terms[name] = _term(path, name, row, terms.get(name), is_overlay)
    return _index(terms, schemes, _digest([*base, *laid_over]))


def _base_tables(files: Sequence[tuple[Path, bytes]]) -> list[tuple[Path, dict[str, Any]]]:
    """Return the tables of the project's own files: from the index where it is of these files."""
    try:
        index = json.loads((root() / INDEX).read_bytes())
    except (OSError, ValueError):
        index = {}
    if index.get("digest") == _digest(files):
        return [(path, index["tables"][path.name]) for path, _ in files]
    return [(path, _table(path, data)) for path, data in files]


def checked() -> str:
    """Return the date on which the project's own mappings were last looked up in their sources."""
    base = [(path, _bytes(path)) for path in sorted(root().glob("*.toml"))]
    return max(str(table["checked"]) for _, table in _base_tables(base) if "checked" in table)


def index(folder: Path) -> bytes:
    """Return the index of the mapping files in a folder: their tables as JSON, with their digest.

    It is read seven times faster than the files, and only while it is of these very files.
    """
    files = [(path, path.read_bytes()) for path in sorted(folder.glob("*.toml"))]
    tables = {path.name: _table(path, data) for path, data in files}
    made = {"digest": _digest(files), "tables": tables}
    return (json.dumps(made, ensure_ascii=False, default=str) + "\n").encode()


def _digest(files: Iterable[tuple[Path, bytes]]) -> str:
    digest = hashlib.sha256()
    for _, data in files:
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
    import tomllib

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
