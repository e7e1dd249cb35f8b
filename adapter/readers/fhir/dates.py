"""effective[x], performed[x] and other dates to ISO 8601 as precise as they were written.

A time zone is never invented: it comes from the value or from the caller's setting.
Source: FHIR R4 datatypes.html (dateTime, instant, Period, Timing).
"""

import datetime
import re
from functools import lru_cache
from typing import Any

from adapter.readers.fhir.reading import Reading
from adapter.readers.fhir.shapes import Json, many, single, text

_DATE = re.compile(
    r"\d{4}(?:-\d{2}(?:-\d{2})?)?"
    r"|\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:\d{2})?"
)
_UNKNOWN = object()
_KEYS = {
    stem: frozenset(
        stem + kind
        for kind in ("DateTime", "Period", "Timing", "Instant", "String", "Age", "Range", "Date")
    )
    for stem in ("effective", "performed", "occurrence")
}


def effective(body: Json, stem: str, path: str, reading: Reading) -> str | None:
    """Return the date of ``stem[x]`` (``effective``, ``performed``, ``occurrence``).

    A period, or a timing, gives its beginning. None where it is absent, has a data-absent reason,
    or stands twice: that is told.
    """
    found = _KEYS[stem] & body.keys()
    if not found:
        return None
    if len(found) > 1:
        what = f"{len(found)} dates ({', '.join(sorted(found))}): none is used"
        reading.tell("contradiction", what, path)
        return None
    (key,) = found
    return of_value(f"value{key[len(stem) :]}", body[key], path, reading)


def of_value(key: str, value: Any, path: str, reading: Reading) -> str | None:
    """Return the date of a ``valueDateTime``, ``valuePeriod``, ``valueTiming`` …"""
    if key in ("valueDateTime", "valueInstant", "valueDate", "value"):
        return date(text(value), path, reading)
    if key == "valuePeriod":
        period = single(value)
        return date(text(period.get("start")) or text(period.get("end")), path, reading)
    if key == "valueTiming":
        timing = single(value)
        events = sorted(text(event) for event in many(timing.get("event")))
        bounds = single(single(timing.get("repeat")).get("boundsPeriod"))
        return date(events[0] if events else text(bounds.get("start")), path, reading)
    reading.tell("not-used", f"{key} is no date", path)
    return None


def date(written: str, path: str, reading: Reading) -> str | None:
    """Return a date as it was written; None, told, where it is none."""
    if not written:
        return None
    known = reading.dates.get(written, _UNKNOWN)
    if known is _UNKNOWN:
        known = reading.dates[written] = _checked(written, reading)
    if known is None:
        reading.tell("deviation", "is no date of FHIR: it is not used", path)
    return known if isinstance(known, str) else None


def _checked(written: str, reading: Reading) -> str | None:
    if not _is_date(written):
        return None
    zone = reading.options.timezone
    if zone and "T" in written and not re.search(r"(?:Z|[+-]\d{2}:\d{2})$", written):
        reading.zoned = True
        return written + zone
    return written


@lru_cache(maxsize=1024)
def _is_date(written: str) -> bool:
    if not _DATE.fullmatch(written):
        return False
    full = written if len(written) >= 10 else f"{written}-01-01"[:10]
    try:
        # Python knows no leap second; fractions beyond microseconds are cut for the check alone.
        datetime.datetime.fromisoformat(re.sub(r"\.\d+", "", full).replace(":60", ":59"))
    except ValueError:
        return False
    return True
