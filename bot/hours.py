"""The front desk's hours: when somebody is there, and when next. Times are the hospital's own (DAOZHEN_TIME_ZONE)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
FORM = "days and times such as mon-fri 08:00-17:30, with commas between"
_SPAN = re.compile(r"(?P<first>[a-z]{3})(?:-(?P<last>[a-z]{3}))? (?P<start>\d\d:\d\d)-(?P<end>\d\d:\d\d)")
_DAY = 24 * 60


class InvalidHours(ValueError):
    """A time of the week that cannot be read; the message says which."""


@dataclass(frozen=True)
class Span:
    """A time at which the desk is staffed: the day of the week, from 0 for Monday, and minutes since its midnight."""

    day: int
    start: int
    end: int


@dataclass(frozen=True)
class Hours:
    """The times of a week at which the desk is staffed; none given: always."""

    spans: tuple[Span, ...] = ()

    @classmethod
    def read(cls, written: Iterable[str]) -> Hours:
        """From such as "mon-fri 08:00-17:30", "sat 08:00-12:00"; the end of a day is 24:00.

        Raises:
            InvalidHours: if one cannot be read.
        """
        return cls(tuple(sorted((span for item in written for span in _spans(item)), key=_order)))

    def staffed(self, at: datetime) -> bool:
        """Whether somebody is there at a time (of the hospital's zone)."""
        minute = at.hour * 60 + at.minute
        return not self.spans or any(
            span.day == at.weekday() and span.start <= minute < span.end for span in self.spans
        )

    def opening(self, after: datetime) -> datetime | None:
        """When somebody is there next, from a time on; None where somebody always is."""
        minute = after.hour * 60 + after.minute
        ahead = [
            ((span.day - after.weekday()) % 7 + (7 if _is_over(span, after.weekday(), minute) else 0), span.start)
            for span in self.spans
        ]
        if not ahead:
            return None
        days, start = min(ahead)
        midnight = after.replace(hour=0, minute=0, second=0, microsecond=0)
        return (midnight + timedelta(days=days)).replace(hour=start // 60, minute=start % 60)


def _order(span: Span) -> tuple[int, int]:
    return span.day, span.start


def _is_over(span: Span, day: int, minute: int) -> bool:
    return span.day == day and span.start < minute


def _spans(written: str) -> list[Span]:
    match = _SPAN.fullmatch(written.strip().lower())
    if not match or match["first"] not in DAYS or (match["last"] or "mon") not in DAYS:
        raise InvalidHours(f'"{written}" is not understood; it must be {FORM}')
    start, end = _minutes(match["start"]), _minutes(match["end"])
    if not 0 <= start < end <= _DAY:
        raise InvalidHours(f'"{written}" must begin before it ends, by 24:00 at the latest')
    first = DAYS.index(match["first"])
    last = DAYS.index(match["last"] or match["first"])
    return [Span((first + number) % 7, start, end) for number in range((last - first) % 7 + 1)]


def _minutes(clock: str) -> int:
    """Minutes since midnight; -1 for what no clock shows."""
    hours, minutes = map(int, clock.split(":"))
    return hours * 60 + minutes if minutes < 60 else -1
