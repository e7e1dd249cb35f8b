"""DICOM DA, TM and DT values to ISO 8601, as precise as they were written.

A time zone is never invented: it comes from the value, the document's Timezone Offset From UTC, or
the caller's setting. Source: DICOM PS3.5 section 6.2 (DA, DT, TM); PS3.3 C.12.1.1 (0008,0201).
"""

import datetime
import re

_DATE = re.compile(r"(\d{4})[-./]?(\d{2})?[-./]?(\d{2})?")
_DATETIME = re.compile(
    r"(\d{4})(?:(\d{2})(?:(\d{2})(?:(\d{2})(?:(\d{2})(?:(\d{2})(?:\.(\d{1,6}))?)?)?)?)?)?"
    r"([+-]\d{4})?"
)
_TIME = re.compile(r"(\d{2}):?(?:(\d{2}):?(?:(\d{2})(?:\.(\d{1,6}))?)?)?")
_ZONE = re.compile(r"([+-])(\d{2}):?(\d{2})")


def zone(text: str) -> str:
    """Return ``+09:00`` for ``+0900`` or ``+09:00``; empty where it is no offset."""
    match = _ZONE.fullmatch(text.strip())
    if not match or int(match[2]) > 14 or int(match[3]) > 59:
        return ""
    return f"{match[1]}{match[2]}:{match[3]}"


def date(text: str) -> str | None:
    """Return the ISO date of a DA (or of the ``YYYY.MM.DD`` of ACR-NEMA); None if it is none."""
    match = _DATE.fullmatch(text.strip())
    return _valid("-".join(p for p in match.groups() if p), "") if match else None


def instant(text: str, offset: str = "") -> str | None:
    """Return the ISO form of a DT; `offset` stands in where a time states no zone.

    None where the text is no date, or no moment that exists.
    """
    match = _DATETIME.fullmatch(text.strip())
    if not match:
        return date(text)
    day = "-".join(part for part in match.groups()[:3] if part)
    clock = _clock(match.groups()[3:7])
    if not clock:
        return _valid(day, "")
    return _valid(day, f"T{clock}{zone(match[8] or '') or offset}")


def joined(day: str, time: str, offset: str = "") -> str | None:
    """Return the ISO form of a DA and a TM together; the date alone where the time is empty."""
    iso = date(day)
    match = _TIME.fullmatch(time.strip())
    if iso is None or len(iso) < 10 or not match:
        return iso
    return _valid(iso, f"T{_clock(match.groups())}{offset}") or iso


def time(text: str) -> str | None:
    """Return the ISO form of a TM; None if it is none."""
    match = _TIME.fullmatch(text.strip())
    return (
        _clock(match.groups())
        if match and _valid("2000-01-01", f"T{_clock(match.groups())}")
        else None
    )


def _clock(parts: tuple[str | None, ...]) -> str:
    hour, minute, second, fraction = parts
    clock = ":".join(part for part in (hour, minute, second) if part)
    return f"{clock}.{fraction}" if fraction else clock


def _valid(day: str, clock: str) -> str | None:
    """Return the parts joined where they are a moment that exists (a leap second is one)."""
    full = "-".join([*day.split("-"), "01", "01"][:3])
    try:
        datetime.datetime.fromisoformat(full + clock.replace(":60", ":59"))
    except ValueError:
        return None
    return day + clock
