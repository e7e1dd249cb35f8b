"""ISO 8601 to DICOM: as precise as written, never more."""

import pytest

from adapter.errors import Usage
from adapter.writers.dicom_sr import dates


@pytest.mark.parametrize(
    ("iso", "instant", "date", "time"),
    [
        ("2026", "2026", "", ""),
        ("2026-03", "202603", "", ""),
        ("2026-03-02", "20260302", "20260302", ""),
        ("2026-03-02T10", "2026030210", "20260302", "10"),
        ("2026-03-02T10:15", "202603021015", "20260302", "1015"),
        ("2026-03-02T10:15:30", "20260302101530", "20260302", "101530"),
        (
            "2026-03-02T10:15:30.1234567Z",
            "20260302101530.123456+0000",
            "20260302",
            "101530.123456",
        ),
        ("2026-03-02T10:15:30-03:30", "20260302101530-0330", "20260302", "101530"),
        (None, "", "", ""),
    ],
)
def test_nothing_is_added_to_a_date(iso: str | None, instant: str, date: str, time: str) -> None:
    assert (dates.instant(iso), dates.date(iso), dates.time(iso)) == (instant, date, time)


@pytest.mark.parametrize("text", ["2026/03/02", "20260302", "yesterday", "2026-03-02 10:15"])
def test_what_is_not_iso_8601_is_refused(text: str) -> None:
    with pytest.raises(Usage):
        dates.instant(text)


def test_the_latest_is_precise_to_the_day() -> None:
    assert dates.latest(["2026", None, "2025-12-31", "2026-01-01T09:00"]) == "2026-01-01T09:00"
    assert dates.latest(["2026", None]) == ""


def test_zones_that_differ_are_no_common_zone() -> None:
    assert dates.common_zone(["2026-03-02", "2026-03-02T10:00:00+09:00"]) == "+0900"
    assert dates.common_zone(["2026-03-02T10:00:00", "2026-03-02T10:00:00+09:00"]) == ""
    assert dates.common_zone(["2026-03-02"]) == ""
