"""The journal's inputs to the cases that they make, and which of those are to be made now.

A case is named by the digests of its inputs, never by a patient; it is made again when anything
that its outputs depend on is another: its inputs or their names, the software, the policy, the
mappings, the options of writing.
"""

import json
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from adapter.batch import grading
from adapter.batch.grading import Member, ToMake
from adapter.batch.places import Place
from adapter.batch.setup import Setup
from adapter.errors import Usage
from adapter.store import Database, cases
from adapter.store import groups as groups_
from adapter.store.cases import GRADED, Wanted
from adapter.store.database import Row

GROUPINGS = ("patient", "study", "accession", "file", "folder")


def plan(database: Database, setup: Setup, by: str) -> int:
    """Decide on the cases; return how many are to be made.

    Raises
    ------
    Usage
        `by` is no way of grouping.
    """
    if by not in GROUPINGS:
        raise Usage(f"--group {by} is none of {', '.join(GROUPINGS)}")
    with database.step():
        groups_.form_groups(database, by)
        cases.want(database, _wanted(database, setup, by))
        cases.reopen(database, _without_outputs(database, setup.out))
        cases.open_outcomes(database)
    return cases.count_pending(database)


def _wanted(database: Database, setup: Setup, by: str) -> Iterator[Wanted]:
    settings = setup.making()
    for label, rows in groups_.groups(database):
        found = _members(rows)
        digests = sorted({member.digest for member in found})
        # Two folders may hold the same files: they are two cases.
        where = (rows[0][2], rows[0][1].rpartition("/")[0])
        name = grading.digest_of(by, digests, where if by == "folder" else "")
        # Where a line stands is in no output.
        made_of = sorted((m.scope or m.name, m.digest) for m in found)
        yield Wanted(
            stem=f"case-{name[:20]}", label=label, made_of=grading.digest_of(settings, made_of)
        )


def _members(rows: list[Row]) -> tuple[Member, ...]:
    return grading.unique_names([(_member(row), row[2]) for row in rows])


def _member(row: Row) -> Member:
    id, name, source, place, kind, digest, _ = row
    scope = "" if kind == "file" else f"{source}/{name.rpartition('/')[0]}".rstrip("/")
    return Member(id, name, Place(*json.loads(place)), digest or "", scope)


def _without_outputs(database: Database, out: Path) -> Iterator[str]:
    """Yield the cases whose outputs somebody took away."""
    found = []
    for one in cases.every(database):
        if one.state == GRADED and not all((out / name).is_file() for name in one.outputs):
            found.append(one.stem)
    yield from found


def to_make(database: Database, size: int, limit: int | None) -> Iterator[tuple[ToMake, ...]]:
    """Yield chunks of cases that are to be made, no more than `limit` cases."""
    every = _pending(database, size)
    rest = every if limit is None else islice(every, limit)
    while chunk := tuple(islice(rest, size)):
        yield chunk


def _pending(database: Database, size: int) -> Iterator[ToMake]:
    after = ""
    while found := cases.pending(database, after, size):
        for one in found:
            yield ToMake(one.stem, one.made_of, _members(groups_.members(database, one.label)))
        after = found[-1].stem
