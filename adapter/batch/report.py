"""The journal to what it comes to: counts by outcome, grade, rule and reason; how far a run is."""

from pathlib import Path
from typing import Any

from adapter.batch.driver import DATABASE, JOURNAL
from adapter.errors import Usage
from adapter.store import Database, cases, inputs, is_locked, open_database

_FACTS = (
    "csf_leak_established",
    "csf_leak_possible",
    "csf_leak_rule",
    "intracranial_hypotension_established",
    "intracranial_hypotension_possible",
    "intracranial_hypotension_rule",
)
_REASONS = 50


def status(destination: Path) -> dict[str, Any]:
    """Return how far the work in a folder is: also while a run is at work.

    Raises
    ------
    Usage
        The folder holds no journal.
    """
    database = _database(destination)
    try:
        return {
            "running": is_locked(destination / JOURNAL),
            "finished": database.get("finished"),
            "inputs": inputs.counts(database),
            "cases": {**cases.counts(database), "pending": cases.count_pending(database)},
        }
    finally:
        database.close()


def report(destination: Path) -> dict[str, Any]:
    """Return what came of everything: `status`, grades, rules and the reasons of refusals.

    Raises
    ------
    Usage
        The folder holds no journal.
    """
    made = status(destination)
    database = _database(destination)
    try:
        grades = {name: dict(cases.tally(database, name)) for name in _FACTS}
        return {**made, **grades, "refused": dict(_reasons(database))}
    finally:
        database.close()


def _database(destination: Path) -> Database:
    path = destination / JOURNAL / DATABASE
    if not path.is_file():
        raise Usage("no batch was run into this folder", str(destination))
    return open_database(path)


def _reasons(database: Database) -> list[tuple[str, int]]:
    sql = (
        "SELECT reason, COUNT(*) FROM inputs WHERE outcome = 'refused' GROUP BY 1"
        f" ORDER BY 2 DESC, 1 LIMIT {_REASONS}"
    )
    return [(reason, count) for reason, count in database.rows(sql)]


def lines(found: dict[str, Any]) -> list[str]:
    """Return a status or report in words, a count a line."""
    told = ["a run is at work"] if found["running"] else []
    for title, counts in found.items():
        if isinstance(counts, dict):
            told.append(f"{title.replace('_', ' ')}:")
            told += [
                f"  {count:>9,}  {name or '(none)'}" for name, count in counts.items() if count
            ]
    return told
