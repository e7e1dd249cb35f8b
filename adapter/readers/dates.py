"""Dates as inputs write them: whether there is such a day."""

from datetime import datetime


def is_real(written: str) -> bool:
    """Return whether an ISO 8601 date, maybe without day or month, is in the calendar.

    A time after it has to be one of a day.
    """
    whole = written + "-01-01"[len(written) - 4 :] if len(written) < 10 else written
    try:
        datetime.fromisoformat(whole)
    except ValueError:
        return False
    return True
