"""ISO 8601 as the model has it to DICOM DT, DA and TM: as precise as it was written.

Source: DICOM PS3.5 section 6.2 (DA, DT, TM); PS3.3 C.12.1.1 (0008,0201).
"""

import re
from collections.abc import Iterable
from datetime import datetime

from adapter.errors import Usage

_ISO = re.compile(
    r"(\d{4})(?:-(\d\d)(?:-(\d\d)(?:T(\d\d)(?::(\d\d)(?::(\d\d)(?:\.(\d+))?)?)?"
    r"(Z|[+-]\d\d:\d\d)?)?)?)?"
)


def instant(iso: str | None) -> str:
    """Return the DT of a date or time; empty for None.

    Raises
    ------
    Usage
        The text is not ISO 8601.
    """
    if not iso:
        return ""
    year, month, day, hour, minute, second, fraction, zone = _parts(iso)
    text = year + month + day + hour + minute + second
    if fraction and second:
        text += f".{fraction[:6]}"
    return text + offset(zone)


def date(iso: str | None) -> str:
    """Return the DA of a date or time; empty where it is less precise than a day."""
    if not iso:
        return ""
    year, month, day, *_ = _parts(iso)
    return year + month + day if day else ""


def time(iso: str | None) -> str:
    """Return the TM of a time; empty where only a date is said."""
    if not iso:
        return ""
    hour, minute, second, fraction, _ = _parts(iso)[3:]
    return hour + minute + second + (f".{fraction[:6]}" if fraction and second else "")


def offset(zone: str) -> str:
    """Return ``+0900`` for ``+09:00`` and ``+0000`` for ``Z``; empty for no zone."""
    return "+0000" if zone == "Z" else zone.replace(":", "")


def common_zone(instants: Iterable[str]) -> str:
    """Return the offset that every time among `instants` states; empty where they do not agree.

    Dates alone state none and are left aside.
    """
    zones = {_parts(iso)[7] for iso in instants if len(iso) > 10}
    return offset(zones.pop()) if len(zones) == 1 else ""


def local(iso: str | None, zone: str) -> str | None:
    """Return a time in the zone of the document (``+0900``); as it is where either states none."""
    if not iso or not zone or not _parts(iso)[7] or offset(_parts(iso)[7]) == zone:
        return iso
    moment = datetime.fromisoformat(iso).astimezone(datetime.strptime(zone, "%z").tzinfo)
    return moment.isoformat()


def latest(instants: Iterable[str | None]) -> str:
    """Return the latest that is precise to the day at least; empty where there is none."""
    return max((i for i in instants if i and len(i) >= 10), default="")


def _parts(iso: str) -> tuple[str, ...]:
    match = _ISO.fullmatch(iso.strip())
    if match is None:
        raise Usage("a date is not ISO 8601; write it like 2026-03-02 or 2026-03-02T10:15:00+09:00")
    return tuple(part or "" for part in match.groups())
