"""One value of findings JSON to one Statement, with its parts.

Used by `adapter.readers.findings`, which knows where statements stand in the format.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, fields, replace
from typing import Any

from adapter import sites
from adapter.model import SIDES, ExamRef, Issue, Quantity, Site, Source, State, Statement
from adapter.readers.dates import is_real
from adapter.terms import Terms

_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?([eE][+-]?\d+)?")
_DATE = re.compile(
    r"\d{4}(-\d{2}(-\d{2}(T\d{2}(:\d{2}(:\d{2}(\.\d+)?)?)?(Z|[+-]\d{2}:\d{2})?)?)?)?"
)
_KEYS = frozenset(
    {
        *("concept", "state", "value", "unit", "comparator", "reason", "text", "date"),
        *("exam", "source", "uid", "site", "laterality", "same-site"),
    }
)


@dataclass(frozen=True, slots=True)
class Reading:
    """One reading of one input: its name, the terms, and what was told so far."""

    document: str
    terms: Terms
    issues: list[Issue]


def tell(reading: Reading, code: str, what: str, path: str) -> None:
    """Add a warning; `what` names keys and concepts, never values."""
    reading.issues.append(
        Issue(
            severity="warning",
            code=code,
            diagnostics=what,
            document=reading.document,
            expression=path,
        )
    )


def word(value: Any) -> str:
    """Return a text or a number as text; empty for anything else."""
    return value if isinstance(value, str) else ""


def strings(value: Any) -> tuple[str, ...]:
    """Return the texts of a list, or of a single text."""
    return tuple(v for v in ([value] if isinstance(value, str) else value or ()) if word(v))


def objects(value: Any, path: str, reading: Reading) -> Iterator[tuple[dict[str, Any], str]]:
    """Yield the objects of a list with their paths; anything else is told."""
    for index, row in enumerate(value if isinstance(value, list) else [value] if value else []):
        where = f"{path}[{index}]"
        if isinstance(row, dict):
            yield row, where
        else:
            tell(reading, "not-used", "is no object", where)


def date(value: Any, path: str, reading: Reading) -> str | None:
    """Return an ISO 8601 date as written; None, told, where it is none."""
    if value is None or value == "":
        return None
    if isinstance(value, str) and _DATE.fullmatch(value) and is_real(value):
        return value
    tell(reading, "not-used", "is no ISO 8601 date", path)
    return None


def statement(
    concept: str, said: Any, path: str, exam: ExamRef, above: Source, reading: Reading
) -> Statement:
    """Return the statement that `said` makes of a concept: not assessed, told, if unreadable.

    `exam` and `above` are the exam and the source it belongs to unless it names its own.
    """
    row = said if isinstance(said, dict) else {"state": said}
    where = source(row.get("source"), path, above)
    exam = _exam(row.get("exam"), exam)
    answer = _answer(row, reading.terms)
    if answer is None:
        code = "posture-unmapped" if concept == "posture" else "not-used"
        tell(reading, code, f"{concept}: neither a state nor a value of the format", path)
        answer = (State.NOT_ASSESSED, None, "not-mapped")  # something was said: no silence
    site = _site(row.get("site"), reading.terms)
    if site and site.unreadable and "source" not in row:  # else its first reader has told
        tell(reading, "site-unreadable", "part of the site cannot be read; left aside", path)
    found = Statement(
        concept=concept,
        state=answer[0],
        value=answer[1],
        reason=word(row.get("reason")) or answer[2],
        quantity=_quantity(row),
        text=word(row.get("text")),
        date=date(row.get("date"), f"{path}.date", reading),
        exam=exam,
        source=where,
        uid=word(row.get("uid")) or None,
        site=site,
        laterality=_laterality(row, site, path, reading),
        same_site=strings(row.get("same-site")),
    )
    return replace(found, parts=tuple(_parts(row, path, exam, where, reading)))


def source(value: Any, path: str, above: Source) -> Source:
    """Return where a statement stands: in this file, unless it was told of another."""
    if not isinstance(value, dict):
        return Source(document=above.document, id=above.id, path=path)
    return Source(
        document=word(value.get("document", above.document)),
        id=word(value.get("id", above.id)),
        path=word(value.get("path")),
        text=word(value.get("text")),
    )


def _exam(value: Any, exam: ExamRef) -> ExamRef:
    if not isinstance(value, dict):
        return exam
    own = {f.name: word(value[f.name]) or None for f in fields(ExamRef) if f.name in value}
    return replace(exam, **own)


def _answer(row: dict[str, Any], terms: Terms) -> tuple[State, str | None, str | None] | None:
    """Return (state, coded value, reason of not being assessed)."""
    value = None if _measured(row) else word(row.get("value")) or None
    if value is not None and not _is_value(value, terms):
        return None
    said = row.get("state")
    if said is None:
        stated = value is not None or _measured(row)
        return (State.PRESENT, value, None) if stated else None
    if isinstance(said, bool):
        return (State.PRESENT if said else State.ABSENT), value, None
    if _is_value(word(said), terms):
        return State.PRESENT, word(said), None
    return _state(word(said), value, terms)


def _state(
    said: str, value: str | None, terms: Terms
) -> tuple[State, str | None, str | None] | None:
    if said in {state.value for state in State}:
        return State(said), value, None
    term = terms.state_word(said)
    return None if term is None or term.state is None else (term.state, value, term.reason)


def _is_value(name: str, terms: Terms) -> bool:
    return name in terms.terms and terms[name].kind == "value"


def _measured(row: dict[str, Any]) -> bool:
    """Return whether a value is a measured one: it has a unit, or is a number."""
    return "unit" in row or bool(_NUMBER.fullmatch(word(row.get("value"))))


def _quantity(row: dict[str, Any]) -> Quantity | None:
    if not _measured(row):
        return None
    return Quantity(
        value=word(row.get("value")),
        unit=word(row.get("unit")),
        comparator=word(row.get("comparator")),
    )


def _site(value: Any, terms: Terms) -> Site | None:
    """Return a site from text, from a list of names, or from an object with both."""
    if value is None:
        return None
    row = value if isinstance(value, dict) else {"named": value}
    if isinstance(value, str):
        site = terms.read_site(value)
    else:
        names = strings(row.get("named"))
        known = [s for n in names if (s := _named(n, terms)) is not None]
        bad = tuple(n for n in names if _named(n, terms) is None)
        site = Site(
            levels=tuple(sorted({level for s in known for level in s.levels})),
            named=tuple(n for s in known for n in s.named),
            text=word(row.get("text")),
            unreadable=(*strings(row.get("unreadable")), *bad),
        )
    return site


def _named(name: str, terms: Terms) -> Site | None:
    return terms[name].site if name in terms.terms else None


def _laterality(row: dict[str, Any], site: Site | None, path: str, reading: Reading) -> str | None:
    """Return the side as stated; where nothing is said of it, the one the site's words name."""
    if "laterality" not in row:
        return sites.side(site.text) if site else None
    said = row["laterality"]
    if said is None or said in SIDES:
        return said if isinstance(said, str) else None
    side = sites.side(word(said))
    if side is None:
        tell(reading, "not-used", "laterality is none of left, right, bilateral", path)
    return side


def _parts(
    row: dict[str, Any], path: str, exam: ExamRef, above: Source, reading: Reading
) -> Iterator[Statement]:
    """Yield what is said of the statement: every key that is an attribute."""
    for concept, said in row.items():
        if concept in _KEYS:
            continue
        term = reading.terms.terms.get(concept)
        if term is None or term.kind != "attribute":
            tell(reading, "not-mapped", f"{concept} is no attribute", f"{path}.{concept}")
            continue
        several = said if isinstance(said, list) else [said]
        for index, one in enumerate(several):
            where = f"{path}.{concept}" + (f"[{index}]" if len(several) > 1 else "")
            yield statement(concept, one, where, exam, above, reading)
