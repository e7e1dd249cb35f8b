"""Codes that no mapping has, with the nearest concepts: ``mappings suggest``.

The nearest are found by likeness of words and are for a person to look at: nothing is applied.
Source: mappings/README.md (overlays).
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from adapter.model import Coded, Document
from adapter.terms import Term, Terms

_CONTROL = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")
NEAREST = 3
LEAST = 45.0
"""Likeness (0 to 100) below which two names have nothing in common."""

_KINDS = frozenset({"lesion", "attribute", "exam", "patient", "value", "state"})


@dataclass(frozen=True, slots=True)
class Suggestion:
    """An unknown code, how often it stands, in how many inputs, and the nearest terms."""

    code: Coded
    count: int
    inputs: int
    nearest: tuple[tuple[str, float], ...]


def suggest(documents: Iterable[Document], terms: Terms) -> tuple[Suggestion, ...]:
    """Return the unknown codes of inputs, the most frequent first."""
    counts: Counter[tuple[str, str]] = Counter()
    seen: dict[tuple[str, str], set[str]] = {}
    shown: dict[tuple[str, str], Coded] = {}
    for document in documents:
        for code in _codes(document, terms):
            key = (code.system, code.code)
            counts[key] += 1
            seen.setdefault(key, set()).add(document.input.name)
            shown.setdefault(key, code)
    words = _words(terms)
    ordered = sorted(counts, key=lambda key: (-counts[key], key))
    return tuple(
        Suggestion(shown[key], counts[key], len(seen[key]), _nearest(shown[key].meaning, words))
        for key in ordered
    )


def _codes(document: Document, terms: Terms) -> Iterator[Coded]:
    """Yield the codes of what is not mapped: its name, or its value where the name is known."""
    for one in document.unmapped:
        names = [c for c in one.names if terms.match(c.system, c.code) is None]
        values = [c for c in one.codes if terms.match(c.system, c.code) is None]
        yield from (c for c in (*names, *values) if c.code)


def _words(terms: Terms) -> Mapping[str, str]:
    """Return the terms' names by each of their words."""
    found: dict[str, str] = {}
    for term in terms.terms.values():
        if term.kind in _KINDS:
            for word in _of(term):
                found.setdefault(word.casefold(), term.name)
    return found


def _of(term: Term) -> tuple[str, ...]:
    displays = (row.display for row in term.codes)
    return tuple(w for w in (term.ja, term.en, *term.words, *displays) if w)


def _nearest(meaning: str, words: Mapping[str, str]) -> tuple[tuple[str, float], ...]:
    from rapidfuzz import fuzz, process

    if not meaning:
        return ()
    found: dict[str, float] = {}
    for word, score, _ in process.extract(
        meaning.casefold(),
        list(words),
        scorer=fuzz.token_set_ratio,
        limit=NEAREST * 4,
        score_cutoff=LEAST,
    ):
        found.setdefault(words[word], round(score, 1))
    return tuple(found.items())[:NEAREST]


def stub(found: Iterable[Suggestion], terms: Terms) -> str:
    """Return an overlay to be finished by a person: every row is commented out."""
    lines = [
        "# Codes that are not mapped, the most frequent first. Nothing here counts yet: decide for",
        "# each code which term it is, if any, uncomment its lines, and delete the rest.",
        'source = ""',
        "",
    ]
    for one in found:
        lines += _row(one, terms)
    return "\n".join(lines) + "\n"


def _row(one: Suggestion, terms: Terms) -> Iterator[str]:
    code = one.code
    scheme = terms.systems.get(code.system, code.system)
    yield f"# {one.count}x in {one.inputs} inputs: ({_line(scheme)}, {_line(code.code)}) " + (
        f'"{_line(code.meaning)}"' if code.meaning else "without a meaning"
    )
    display = f", display = {_quoted(code.meaning)}" if code.meaning else ""
    row = f"{{ in = {_quoted(scheme)}, code = {_quoted(code.code)}{display} }}"
    if not one.nearest:
        yield f"# no concept is near; its row would be {row}"
    for name, score in one.nearest:
        term = terms[name]
        yield f"# [{name}]  # {term.ja} / {term.en} (likeness {score:.0f})"
        yield f"# codes = [{row}]"
    yield ""


def _line(text: str) -> str:
    """Return a text for a comment: on one line, and without what TOML allows in none."""
    return " ".join(_CONTROL.sub(" ", text).split())


def _quoted(text: str) -> str:
    """Return a TOML string; JSON's escapes are TOML's."""
    import json

    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
