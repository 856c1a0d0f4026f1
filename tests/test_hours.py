"""bot/hours.py: when the front desk is staffed."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from bot.hours import Hours, InvalidHours

ZONE = ZoneInfo("Asia/Shanghai")
WEEK = Hours.read(["mon-fri 08:00-12:00", "mon-fri 13:30-17:30", "sat 08:00-12:00"])


def at(day: int, clock: str) -> datetime:
    """A time of the week that begins on Monday, 2026-11-23."""
    hour, minute = map(int, clock.split(":"))
    return datetime(2026, 11, 22 + day, hour, minute, tzinfo=ZONE)


@pytest.mark.parametrize(
    ("when", "staffed"),
    [
        (at(1, "07:59"), False),
        (at(1, "08:00"), True),
        (at(1, "12:00"), False),
        (at(5, "17:29"), True),
        (at(6, "11:00"), True),
        (at(6, "14:00"), False),
        (at(7, "10:00"), False),
    ],
)
def test_staffed(when: datetime, staffed: bool) -> None:
    assert WEEK.staffed(when) is staffed


@pytest.mark.parametrize(
    ("when", "opens"),
    [
        (at(1, "06:00"), at(1, "08:00")),
        (at(1, "12:30"), at(1, "13:30")),
        (at(1, "18:00"), at(2, "08:00")),
        (at(6, "12:00"), at(8, "08:00")),
        (at(7, "23:59"), at(8, "08:00")),
    ],
)
def test_opening(when: datetime, opens: datetime) -> None:
    assert WEEK.opening(when) == opens


def test_without_hours_somebody_is_always_there() -> None:
    assert Hours.read([]).staffed(at(7, "03:00"))
    assert Hours.read([]).opening(at(7, "03:00")) is None


def test_over_the_weekend_and_to_the_end_of_the_day() -> None:
    hours = Hours.read(["fri-mon 20:00-24:00"])
    assert [hours.staffed(at(day, "23:59")) for day in range(1, 8)] == [True, False, False, False, True, True, True]


@pytest.mark.parametrize(
    "written", ["", "mon", "mon 8-12", "mon-xyz 08:00-12:00", "mon 12:00-08:00", "mon 08:00-24:30", "mon 08:70-09:00"]
)
def test_what_cannot_be_read_is_named(written: str) -> None:
    with pytest.raises(InvalidHours, match=f'"{written}"'):
        Hours.read([written])
