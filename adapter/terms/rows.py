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
    if not isinstance(row, dict) or not row.get("in") or row.get("code") in (None, ""):
        raise file.refused(f"[{name}]: a code needs `in` and `code`", name, "codes")
    code = str(row["code"])
    for key in row.keys() - _CODE:
        raise file.refused(f"[{name}] code {code}: {key} is no key of a code", name, code)
    if row.get("fits", "equal") not in FITS:
        raise file.refused(f"[{name}] code {code}: fits is {', '.join(FITS)}", name, code)
    if row.get("state", "present") not in _STATES:
        raise file.refused(f"[{name}] code {code}: state is {', '.join(_STATES)}", name, code)
    return CodeRow(
        scheme=str(row["in"]),
        code=code,
        display=row.get("display", ""),
        fits=row.get("fits", "equal"),
        dicom=row.get("dicom", False),
        state=State(row["state"]) if "state" in row else None,
        like=bool(row.get("like", False)),
    )


def _site(name: str, row: Mapping[str, Any]) -> Site:
    first, _, last = row["levels"].partition("-")
    if row["kind"] == "vertebra":
        return Site(levels=(sites.INDEX[first],))
    span = sites.INDEX[first], sites.INDEX[last]
    return Site(named=(NamedSite(name=name, kind=row["kind"], first=span[0], last=span[1]),))
