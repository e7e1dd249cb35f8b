"""The journal's cases: which are wanted, which were made, of what, and what came of them."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from adapter.store.database import Database

GRADED, REFUSED, NOTHING = "graded", "refused", "nothing-for-us"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A case that the inputs make. ``made_of`` is the digest of all that its outputs depend on."""

    stem: str
    label: int
    made_of: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """A case that was made. ``outputs`` are file names below the folder, ``facts`` its row,
    ``again`` whether the next run is to try it again."""

    stem: str
    made_of: str
    state: str
    reason: str = ""
    inputs: int = 0
    outputs: Sequence[str] = ()
    facts: Mapping[str, Any]
    again: bool = False


def want(database: Database, cases: Iterable[Wanted]) -> None:
    """Keep what cases there are to be, in place of what was wanted before."""
    database.run("DELETE FROM wanted")
    database.run_many(
        "INSERT OR REPLACE INTO wanted VALUES (?, ?, ?)",
        ((c.stem, c.label, c.made_of) for c in cases),
    )


def reopen(database: Database, stems: Iterable[str]) -> None:
    """Make cases be made again."""
    database.run_many("UPDATE cases SET made_of = '' WHERE stem = ?", ((s,) for s in stems))


def try_again(database: Database) -> None:
    """Make cases be made again that were refused for what may not be their inputs' fault."""
    database.run("UPDATE cases SET made_of = '' WHERE again")


def open_outcomes(database: Database) -> None:
    """Take back the outcomes of inputs whose cases are to be made."""
    database.run(
        "UPDATE inputs SET outcome = NULL, reason = '' WHERE usable AND id IN"
        f" (SELECT input FROM groups JOIN wanted USING (label) WHERE {_PENDING})"
    )


_PENDING = (
    "(NOT EXISTS (SELECT 1 FROM cases WHERE cases.stem = wanted.stem"
    " AND cases.made_of = wanted.made_of) OR EXISTS (SELECT 1 FROM groups JOIN inputs"
    " ON inputs.id = groups.input WHERE groups.label = wanted.label AND usable"
    " AND outcome IS NULL AND inputs.kind <> 'shared'))"
)
"""What is to be made: a case that is new or another, or one that owes an input its outcome."""


def pending(database: Database, after: str, count: int) -> list[Wanted]:
    """Return cases that are to be made, in order of their names."""
    sql = f"SELECT * FROM wanted WHERE {_PENDING} AND stem > ? ORDER BY stem LIMIT ?"
    rows = database.rows(sql, (after, count))
    return [Wanted(stem=stem, label=label, made_of=made_of) for stem, label, made_of in rows]


def count_pending(database: Database) -> int:
    """Return how many cases are to be made."""
    return int(database.one(f"SELECT COUNT(*) FROM wanted WHERE {_PENDING}"))


def set_made(database: Database, cases: Sequence[Made]) -> None:
    """Keep what came of cases."""
    database.run_many(
        "INSERT OR REPLACE INTO cases VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (
            (c.stem, c.made_of, c.state, c.reason, c.inputs, json.dumps([*c.outputs]),
             json.dumps(dict(c.facts), sort_keys=True), c.again)
            for c in cases
        ),
    )  # fmt: skip


def made(database: Database, stem: str) -> Made | None:
    """Return what came of a case; None where it was never made."""
    rows = database.rows("SELECT * FROM cases WHERE stem = ?", (stem,))
    return next(map(_made, rows), None)


def every(database: Database) -> Iterator[Made]:
    """Yield the cases that were made, in order of their names."""
    yield from map(_made, database.rows("SELECT * FROM cases ORDER BY stem"))


def _made(row: Sequence[Any]) -> Made:
    stem, made_of, state, reason, inputs, outputs, facts, again = row
    return Made(
        stem=stem,
        made_of=made_of,
        state=state,
        reason=reason,
        inputs=inputs,
        outputs=tuple(json.loads(outputs)),
        facts=json.loads(facts),
        again=bool(again),
    )


def obsolete(database: Database) -> list[Made]:
    """Return up to 500 cases that were made and are wanted no more."""
    sql = "SELECT * FROM cases WHERE stem NOT IN (SELECT stem FROM wanted) LIMIT 500"
    return [_made(row) for row in database.rows(sql)]


def drop(database: Database, stems: Iterable[str]) -> None:
    """Let go of cases."""
    database.run_many("DELETE FROM cases WHERE stem = ?", ((stem,) for stem in stems))


def counts(database: Database) -> dict[str, int]:
    """Return how many cases came to each state."""
    found = dict.fromkeys((GRADED, REFUSED, NOTHING), 0)
    return found | dict(database.rows("SELECT state, COUNT(*) FROM cases GROUP BY 1"))


def tally(database: Database, name: str) -> list[tuple[str, int]]:
    """Return the values that a fact has in graded cases, with how many, most first."""
    sql = (
        "SELECT COALESCE(json_extract(facts, ?), ''), COUNT(*) FROM cases WHERE state = 'graded'"
        " GROUP BY 1 ORDER BY 2 DESC, 1"
    )
    return [(str(value), count) for value, count in database.rows(sql, (f'$."{name}"',))]
