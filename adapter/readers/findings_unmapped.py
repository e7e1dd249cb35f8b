"""What findings JSON carries and no term stands for, to the model.

Used by `adapter.readers.findings`, which knows where it stands in the format.
"""

from collections.abc import Iterator
from dataclasses import fields
from typing import Any

from adapter.model import Coded, ExamRef, Source, Unmapped
from adapter.readers.findings_statements import Reading, date, objects, source, word


def unmapped(value: Any, reading: Reading) -> Iterator[Unmapped]:
    """Yield what no term stood for in the inputs that the findings were made from."""
    for row, path in objects(value, "unmapped", reading):
        texts = ("label", "text", "number", "comparator", "date", "time", "uid", "reason")
        unit = tuple(_codes(row.get("unit")))
        exam = row.get("exam")
        yield Unmapped(
            source=source(row.get("source"), path, Source(document=reading.document)),
            names=tuple(_codes(row.get("names"))),
            codes=tuple(_codes(row.get("codes"))),
            unit=unit[0] if unit else None,
            **{name: word(row.get(name)) for name in texts},
            exam=ExamRef(**{f.name: word(exam.get(f.name)) or None for f in fields(ExamRef)})
            if isinstance(exam, dict)
            else ExamRef(),
            group=word(row.get("group")) or None,
            observed=date(row.get("observed"), f"{path}.observed", reading),
        )


def _codes(value: Any) -> Iterator[Coded]:
    for row in value if isinstance(value, list) else [value]:
        if isinstance(row, dict):
            yield Coded(**{f.name: word(row.get(f.name)) for f in fields(Coded)})
