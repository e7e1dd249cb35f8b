"""One table of a mapping file to a term; what is wrong is told by file, line and reason."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from adapter import sites
from adapter.errors import Usage
from adapter.model import NamedSite, Site, State
from adapter.terms.term import CodeRow, Term

META = frozenset({"source", "checked", "schemes", "sender", "titles", "units", "structure"})
"""Tables of a mapping file that are no terms."""

FITS = ("equal", "narrower", "broader")
SPOKEN = ("titles", "units", "structure")
"""Tables that say how one sender writes: they hold for a file with a ``[[sender]]`` alone."""

_SCHEME = ("aliases", "systems", "uid")
_UID = re.compile(r"[0-2](\.(0|[1-9]\d*))+")
_OVERLAY = frozenset({"codes", "words"})
_CODE = frozenset({"in", "code", "display", "fits", "dicom", "state", "like", "source", "checked"})
_STATES = tuple(state.value for state in State)


@dataclass(frozen=True, slots=True)
class File:
    """A mapping file that has been read: ``overlay`` where a user lays it over the project's."""

    path: Path
    table: Mapping[str, Any]
    overlay: bool = False

    def refused(self, why: str, *near: str) -> Usage:
        """Return the refusal of this file; the line is where `near` stand, one below the other."""
        line = _line(self.path, near)
        return Usage(why, f"{self.path}, line {line}" if line else str(self.path))


def _line(path: Path, near: tuple[str, ...]) -> int:
    """Return the line of the last of `near` after those before it; 0 where none is found."""
    try:
        lines = path.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        return 0
    at = 0
    for words in near:
        bare = rf"(?<![\w.-])\[?\[?\"?{re.escape(words)}\"?(?![\w-])"
        at = next((n for n, line in enumerate(lines, 1) if n >= at and re.search(bare, line)), at)
    return at


def scheme(file: File, name: str, row: Any, known: Mapping[str, Any] | None) -> Mapping[str, Any]:
    """Return a coding scheme; a later file adds aliases and systems to one that is `known`.

    Raises
    ------
    Usage
        No table, a key there is not, a name or system that is no text, or another UID.
    """
    if not isinstance(row, dict):
        raise file.refused(f"[schemes.{name}] is not a table", name)
    for key in row.keys() - set(_SCHEME):
        there = ", ".join(_SCHEME)
        raise file.refused(f"[schemes.{name}].{key} is no key of a scheme: {there}", name, key)
    known = known or {}
    made: dict[str, Any] = {}
    for key in ("aliases", "systems"):
        found = row.get(key, [])
        if not isinstance(found, list) or not all(_is_designator(one) for one in found):
            what = f"[schemes.{name}].{key} is a list of texts without blanks"
            raise file.refused(what, name, key)
        every = [*known.get(key, ()), *found]
        made |= {key: list(dict.fromkeys(every))} if every else {}
    uid = row.get("uid", known.get("uid"))
    if uid is not None and (not isinstance(uid, str) or not _UID.fullmatch(uid)):
        raise file.refused(f"[schemes.{name}].uid is no UID", name, "uid")
    if uid != known.get("uid", uid):
        raise file.refused(f"[schemes.{name}] has the UID {known['uid']}", name, "uid")
    return made | ({"uid": uid} if uid else {})


def _is_designator(said: Any) -> bool:
    return isinstance(said, str) and bool(said) and not re.search(r"\s", said)


def table(file: File, name: str) -> Mapping[str, Any]:
    """Return a table of a file that is no term, empty without one."""
    found = file.table.get(name, {})
    if not isinstance(found, dict):
        raise file.refused(f"[{name}] is not a table", name)
    return found


def term(file: File, name: str, row: Any, known: Term | None) -> Term:
    """Return the term of a table; an overlay adds its codes and words to a term that is `known`.

    Raises
    ------
    Usage
        No table, no term of the adapter, a key there is not, or a code that is none.
    """
    if not isinstance(row, dict):
        raise file.refused(f"[{name}] is not a table; a term has codes or words", name)
    if file.overlay:
        if known is None:
            raise file.refused(f"[{name}] is no term of the adapter; see mappings/README.md", name)
        for key in row.keys() - _OVERLAY:
            raise file.refused(f"[{name}].{key}: an overlay adds `codes` and `words`", name, key)
    codes = tuple(_code(file, name, code) for code in _many(file, name, row, "codes"))
    words = tuple(_word(file, name, word) for word in _many(file, name, row, "words"))
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


def _many(file: File, name: str, row: Mapping[str, Any], key: str) -> list[Any]:
    found = row.get(key, [])
    if not isinstance(found, list):
        raise file.refused(f"[{name}].{key} is no list", name, key)
    return found


def _word(file: File, name: str, word: Any) -> str:
    if not isinstance(word, str) or not word.strip():
        raise file.refused(f"[{name}]: a word is a text", name, "words")
    return word


def _code(file: File, name: str, row: Any) -> CodeRow:
    if not isinstance(row, dict) or not _is_code(row.get("in")) or not _is_code(row.get("code")):
        raise file.refused(f"[{name}]: a code needs `in` and `code`", name, "codes")
    code = str(row["code"])
    for key in row.keys() - _CODE:
        raise file.refused(f"[{name}] code {code}: {key} is no key of a code", name, code)
    if row.get("fits", "equal") not in FITS:
        raise file.refused(f"[{name}] code {code}: fits is {', '.join(FITS)}", name, code)
    if row.get("state", "present") not in _STATES:
        raise file.refused(f"[{name}] code {code}: state is {', '.join(_STATES)}", name, code)
    if not isinstance(row.get("display", ""), str):
        raise file.refused(f"[{name}] code {code}: display is a text", name, code)
    for key in ("dicom", "like"):
        if not isinstance(row.get(key, False), bool):
            raise file.refused(f"[{name}] code {code}: {key} is true or false", name, code)
    if row.get("like") and not code.strip("*?"):
        raise file.refused(f"[{name}] code {code}: the pattern fits every code", name, code)
    return CodeRow(
        scheme=str(row["in"]),
        code=code,
        display=row.get("display", ""),
        fits=row.get("fits", "equal"),
        dicom=row.get("dicom", False),
        state=State(row["state"]) if "state" in row else None,
        like=row.get("like", False),
    )


def _is_code(said: Any) -> bool:
    """Return whether a value is a code, or what it is in; a number is one as it is written."""
    if isinstance(said, str):
        return bool(said.strip())
    return isinstance(said, int) and not isinstance(said, bool)


def _site(name: str, row: Mapping[str, Any]) -> Site:
    first, _, last = row["levels"].partition("-")
    if row["kind"] == "vertebra":
        return Site(levels=(sites.INDEX[first],))
    span = sites.INDEX[first], sites.INDEX[last]
    return Site(named=(NamedSite(name=name, kind=row["kind"], first=span[0], last=span[1]),))
