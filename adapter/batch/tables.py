"""The journal to the files that people and machines read: ``cases.csv`` and ``refused.ndjson``.

Both are in an order that does not depend on the run. A cell that a spreadsheet would take for a
formula is quoted. Source: OWASP, "CSV Injection".
"""

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from adapter.batch.delivery import write_whole
from adapter.store import Database, cases, inputs

_CONDITIONS = ("csf_leak", "intracranial_hypotension")
_PARTS = ("established", "possible", "rule", "missing")
COLUMNS = (
    *("case", "outcome", "reason", "inputs", "first_date", "last_date", "exams", "lesions"),
    *("findings", "incomplete", "not_mapped"),
    *(f"{condition}_{part}" for condition in _CONDITIONS for part in _PARTS),
    "outputs",
)
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


def write(database: Database, destination: Path) -> None:
    """Write both files into the folder of a run.

    Raises
    ------
    Environment
        One cannot be written.
    """
    write_whole(destination / "cases.csv", _csv(database))
    write_whole(destination / "refused.ndjson", _refused(database))


def _csv(database: Database) -> Iterator[str]:
    yield _line(COLUMNS)
    for one in cases.every(database):
        row: dict[str, Any] = {
            **one.facts,
            "case": one.stem,
            "outcome": one.state,
            "reason": one.reason,
            "inputs": one.inputs,
            "outputs": one.outputs,
        }
        if one.state != cases.NOTHING:
            yield _line([cell(row.get(column, "")) for column in COLUMNS])


def _line(cells: Any) -> str:
    text = io.StringIO()
    csv.writer(text).writerow(cells)
    return text.getvalue()


def cell(value: Any) -> str:
    """Return a value as a cell that no spreadsheet runs; a list is joined by semicolons."""
    if isinstance(value, bool):
        return "true" if value else "false"
    text = "; ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
    return f"'{text}" if text.startswith(_FORMULA) else text


def _refused(database: Database) -> Iterator[str]:
    for source, name, digest, reason, where in inputs.refused(database):
        row = {"source": source, "input": name, "sha256": digest, "reason": reason, "where": where}
        kept = {key: value for key, value in row.items() if value}
        yield json.dumps(kept, ensure_ascii=False, sort_keys=False) + "\n"
