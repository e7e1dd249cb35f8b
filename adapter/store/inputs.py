"""The journal's inputs: which there are, what was found of each, and its one outcome."""

import json
import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from adapter.store.database import Database

OUTCOMES = ("graded", "nothing-for-us", "refused", "duplicate", "superseded")
"""What becomes of an input: exactly one of these, once a run is through."""

Key = tuple[str, str, str]
"""Kind, hashed value and hashed issuer of what an input belongs to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """A file of a source as it stands on the disk; ``path`` is below the source, as bytes."""

    path: bytes
    kind: str
    size: int
    mtime: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """An input in a file: ``part`` is its number there, ``place`` how its bytes are found."""

    part: int
    name: str
    place: Sequence[object]
    kind: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Indexed:
    """What was found of an input.

    ``kind`` is ``file``, ``line`` or ``shared`` (a line that no patient owns); ``refused`` why it
    is no part of a case, ``again`` whether the next run is to try it again all the same;
    ``nothing`` what it is where it is nothing for us; ``says`` whether it may hold findings;
    ``keys`` what it belongs to.
    """

    id: int
    kind: str
    digest: str
    says: bool = False
    refused: str | None = None
    nothing: str = ""
    where: str = ""
    again: bool = False
    keys: tuple[Key, ...] = ()


def root(database: Database, path: bytes, label: str) -> tuple[int, str]:
    """Return number and label of a source; a label that another source has gets a number."""
    known = next(database.rows("SELECT id, label FROM roots WHERE path = ?", (path,)), None)
    if known:
        return known[0], known[1]
    taken = {row[0] for row in database.rows("SELECT label FROM roots")}
    number = next(n for n in range(1, len(taken) + 2) if _numbered(label, n) not in taken)
    free = _numbered(label, number)
    database.run("INSERT INTO roots (path, label) VALUES (?, ?)", (path, free))
    return root(database, path, label)


def _numbered(label: str, number: int) -> str:
    return label if number == 1 else f"{label}-{number}"


def note_files(database: Database, root: int, run: int, files: Iterable[File]) -> None:
    """Keep files that are there; one that changed since is new, and so is what it holds."""
    database.run_many(
        "INSERT INTO files (root, path, kind, size, mtime, seen, state)"
        " VALUES (?, ?, ?, ?, ?, ?, 'new') ON CONFLICT (root, path) DO UPDATE SET"
        " state = CASE WHEN size = excluded.size AND mtime = excluded.mtime"
        " AND kind = excluded.kind THEN state ELSE 'changed' END,"
        " kind = excluded.kind, size = excluded.size, mtime = excluded.mtime,"
        " seen = excluded.seen",
        ((root, f.path, f.kind, f.size, f.mtime, run) for f in files),
    )


def doubt_all(database: Database) -> None:
    """Make every input be read again: what is read of it may be another thing now."""
    database.run("UPDATE inputs SET state = 'new' WHERE part >= 0")


def try_again(database: Database) -> None:
    """Make inputs be read again that were refused for what may not be their fault."""
    database.run("UPDATE inputs SET state = 'new' WHERE again")


def changed_files(database: Database) -> None:
    """Make what is in files that changed be listed and read again."""
    changed = "SELECT id FROM files WHERE state = 'changed'"
    database.run(f"DELETE FROM inputs WHERE part < 0 AND file IN ({changed})")
    database.run(f"UPDATE inputs SET state = 'new' WHERE file IN ({changed})")
    database.run("UPDATE files SET state = 'new' WHERE state = 'changed'")


def open_files(database: Database, after: int, count: int) -> list[tuple[int, bytes, bytes, str]]:
    """Return number, source, path and kind of files whose inputs are not all listed yet."""
    sql = (
        "SELECT files.id, roots.path, files.path, kind FROM files JOIN roots ON roots.id = root"
        " WHERE state <> 'done' AND files.id > ? ORDER BY files.id LIMIT ?"
    )
    return [(a, b, c, d) for a, b, c, d in database.rows(sql, (after, count))]


def add_parts(database: Database, file: int, parts: Iterable[Part]) -> None:
    """Keep the inputs of a file; those that are where they were stay as they are."""
    database.run_many(
        "INSERT INTO inputs (file, part, name, place, kind, state)"
        " VALUES (?, ?, ?, ?, ?, 'new') ON CONFLICT (file, part) DO UPDATE SET state = 'new',"
        " name = excluded.name, place = excluded.place, kind = excluded.kind"
        " WHERE name <> excluded.name OR place <> excluded.place",
        ((file, p.part, p.name, json.dumps(p.place), p.kind) for p in parts),
    )


def close_file(database: Database, file: int, count: int) -> None:
    """Note that all inputs of a file are listed, so many of them."""
    database.run("DELETE FROM inputs WHERE file = ? AND part >= ?", (file, count))
    database.run("UPDATE files SET state = 'done' WHERE id = ?", (file,))


def refuse_file(database: Database, file: int, name: str, reason: str, count: int) -> None:
    """Note that a file cannot be taken apart: it is one refused input, beside what was found."""
    place = json.dumps([])
    database.run(
        "INSERT OR REPLACE INTO inputs (file, part, name, place, kind, state, outcome, reason)"
        " VALUES (?, -1, ?, ?, 'file', 'indexed', 'refused', ?)",
        (file, name, place, reason),
    )
    close_file(database, file, count)


def empty_file(database: Database, file: int, name: str) -> None:
    """Note that a file is whole and holds no input."""
    database.run(
        "INSERT OR REPLACE INTO inputs (file, part, name, place, kind, state, outcome, reason)"
        " VALUES (?, -1, ?, '[]', 'file', 'indexed', 'nothing-for-us', 'it holds no input')",
        (file, name),
    )
    close_file(database, file, 0)


def to_index(database: Database, after: int, count: int) -> list[tuple[int, str, str, str, str]]:
    """Return number, name, place, kind and source of inputs that are to be read."""
    sql = (
        "SELECT inputs.id, name, place, inputs.kind, label FROM inputs"
        " JOIN files ON files.id = file JOIN roots ON roots.id = root"
        " WHERE inputs.state <> 'indexed' AND inputs.id > ? ORDER BY inputs.id LIMIT ?"
    )
    return [(a, b, c, d, e) for a, b, c, d, e in database.rows(sql, (after, count))]


def set_indexed(database: Database, found: Sequence[Indexed]) -> None:
    """Keep what was found of inputs. The outcome of one that is as it was stays."""
    database.run_many("DELETE FROM keys WHERE input = ?", ((one.id,) for one in found))
    database.run_many(
        "UPDATE inputs SET state = 'indexed', kind = ?1, says = ?2, outcome = CASE WHEN ?3 <> ''"
        " THEN ?3 WHEN usable AND digest = ?4 THEN outcome END, reason = CASE WHEN ?3 <> '' THEN ?5"
        " WHEN usable AND digest = ?4 THEN reason ELSE '' END, place_of_reason = ?6, usable = ?7,"
        " digest = ?4, again = ?9 WHERE id = ?8",
        (
            (i.kind, i.says, _settled(i), i.digest, i.refused or i.nothing, i.where,
             i.refused is None, i.id, i.again)
            for i in found
        ),
    )  # fmt: skip
    database.run_many(
        "INSERT OR IGNORE INTO keys VALUES (?, ?, ?, ?)",
        ((one.id, *key) for one in found for key in one.keys),
    )


def count_to_index(database: Database) -> int:
    """Return how many inputs are to be read."""
    return int(database.one("SELECT COUNT(*) FROM inputs WHERE state <> 'indexed'"))


def _settled(one: Indexed) -> str:
    """Return the outcome that is clear before any case is made; empty where none is."""
    return "refused" if one.refused is not None else "nothing-for-us" if one.nothing else ""


def set_unread(database: Database, id: int, reason: str) -> None:
    """Note that an input could not be read for no fault of its own: it stays to be done."""
    database.run(
        "UPDATE inputs SET state = 'unread', outcome = NULL, reason = ? WHERE id = ?", (reason, id)
    )


def set_outcomes(database: Database, rows: Iterable[tuple[int, str, str]]) -> None:
    """Keep the outcomes of inputs (number, outcome, reason); what was refused on its own stays."""
    database.run_many(
        "UPDATE inputs SET outcome = ?, reason = ? WHERE id = ? AND usable",
        ((outcome, reason, id) for id, outcome, reason in rows),
    )


def counts(database: Database) -> dict[str, int]:
    """Return how many inputs have each outcome; ``pending`` and ``unread`` have none yet."""
    sql = (
        "SELECT COALESCE(outcome, CASE state WHEN 'unread' THEN 'unread' ELSE 'pending' END),"
        " COUNT(*) FROM inputs GROUP BY 1"
    )
    found = dict.fromkeys((*OUTCOMES, "unread", "pending"), 0)
    return found | dict(database.rows(sql))


def gone(database: Database, run: int, roots: Sequence[int]) -> int:
    """Return how many files of these sources are no longer there."""
    marks = ",".join("?" * len(roots))
    sql = f"SELECT COUNT(*) FROM files WHERE seen <> ? AND root IN ({marks})"
    return int(database.one(sql, (run, *roots)))


def forget_gone(database: Database, run: int, roots: Sequence[int]) -> int:
    """Let go of files of these sources that are no longer there; return how many."""
    marks = ",".join("?" * len(roots))
    return database.run(f"DELETE FROM files WHERE seen <> ? AND root IN ({marks})", (run, *roots))


def refused(database: Database) -> Iterator[tuple[str, str, str, str, str]]:
    """Yield source, name, digest, reason and its place of every refused input, in order."""
    yield from database.rows(
        "SELECT label, name, COALESCE(digest, ''), reason, place_of_reason FROM inputs"
        " JOIN files ON files.id = file JOIN roots ON roots.id = root"
        " WHERE outcome = 'refused' ORDER BY label, name, part"
    )


def refused_places(database: Database) -> Iterator[tuple[str, str, str, bytes]]:
    """Yield source, name, place and whole file of every refused input, in order."""
    sql = (
        "SELECT label, name, place, roots.path, files.path FROM inputs"
        " JOIN files ON files.id = file JOIN roots ON roots.id = root"
        " WHERE outcome = 'refused' ORDER BY label, name, part"
    )
    for label, name, place, top, path in database.rows(sql):
        yield label, name, place, os.path.join(bytes(top), bytes(path))
