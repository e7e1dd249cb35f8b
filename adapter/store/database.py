"""A SQLite database that survives a crash: opened, its schema brought up to date, written in steps.

WAL with ``synchronous=FULL`` for what cannot be made again (graded cases); ``NORMAL`` for what a
later run would find anew (the list of inputs). Whatever SQLite cannot do is an `Environment` error.
Source: sqlite.org, "Write-Ahead Logging", "PRAGMA synchronous".
"""

import os
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from adapter.errors import Environment
from adapter.store.schema import STEPS

Row = tuple[Any, ...]


class Database:
    """A connection whose every failure is an `Environment` error that names the file."""

    def __init__(self, connection: sqlite3.Connection, path: Path) -> None:
        self._connection, self._path = connection, path

    def run(self, sql: str, values: Iterable[Any] = ()) -> int:
        """Run one statement; return how many rows it changed."""
        with self._guarded():
            return self._connection.execute(sql, tuple(values)).rowcount

    def run_many(self, sql: str, rows: Iterable[Iterable[Any]]) -> None:
        """Run one statement for each row."""
        with self._guarded():
            self._connection.executemany(sql, (tuple(row) for row in rows))

    def rows(self, sql: str, values: Iterable[Any] = ()) -> Iterator[Row]:
        """Yield the rows of a query, read as they are taken."""
        with self._guarded():
            found = self._connection.execute(sql, tuple(values))
            while batch := found.fetchmany(500):
                yield from batch

    def one(self, sql: str, values: Iterable[Any] = ()) -> Any:
        """Return the first value of the first row; None where there is none."""
        row = next(self.rows(sql, values), None)
        return row[0] if row else None

    @contextmanager
    def step(self, *, durable: bool = False) -> Iterator[None]:
        """Make everything in the block one transaction; `durable` waits for the disk, too."""
        with self._guarded():
            self._connection.execute(f"PRAGMA synchronous={'FULL' if durable else 'NORMAL'}")
            self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            with self._guarded():
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
            raise
        with self._guarded():
            self._connection.execute("COMMIT")

    def get(self, name: str) -> str | None:
        """Return a setting that was kept with `put`."""
        found: str | None = self.one("SELECT value FROM meta WHERE name = ?", (name,))
        return found

    def put(self, name: str, value: str) -> None:
        """Keep a setting."""
        self.run("INSERT OR REPLACE INTO meta VALUES (?, ?)", (name, value))

    def close(self) -> None:
        """Close the database; what was committed stays."""
        self._connection.close()

    @contextmanager
    def _guarded(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise Environment(f"the journal cannot be used: {error}", str(self._path)) from error


def open_database(path: Path) -> Database:
    """Return the database at a path, made or brought up to date where needed.

    Raises
    ------
    Environment
        It cannot be opened, is damaged, or is of a later version of the software.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        is_new = not path.exists()
        connection = sqlite3.connect(path, isolation_level=None, timeout=30)
        if is_new and os.name != "nt":
            path.chmod(0o600)  # it lists who was examined where, hashed or not
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA foreign_keys=ON")
        _bring_up_to_date(connection, path)
    except sqlite3.Error as error:
        raise Environment(f"the journal cannot be opened: {error}", str(path)) from error
    except OSError as error:
        raise Environment(f"cannot be written: {error.strerror}", str(path)) from error
    return Database(connection, path)


def _bring_up_to_date(connection: sqlite3.Connection, path: Path) -> None:
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if version > len(STEPS):
        what = f"the journal is of version {version}, this software knows {len(STEPS)}"
        raise Environment(f"{what}: use the software that wrote it", str(path))
    for number, step in enumerate(STEPS[version:], version + 1):
        script = f"BEGIN IMMEDIATE; {step} PRAGMA user_version={number}; COMMIT;"
        connection.executescript(script)
