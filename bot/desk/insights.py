"""What the front desk's figures are made of: per day or week, without a word of what anybody wrote.

Counts follow the hospital's own days (DAOZHEN_TIME_ZONE). A reply is unanswered where its kind is "unknown" or "fallback".
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any, Literal
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from bot.conversations.tables import conversations, feedback, messages, tickets
from bot.conversations.transactions import Transaction, Transactions

Unit = Literal["day", "week"]
UNANSWERED = frozenset({"unknown", "fallback"})
MOST_TOPICS = 10
LONGEST = timedelta(days=370)
"""The longest time that is looked at in one go."""


@dataclass
class Figures:
    """The figures of a time that begins with a day; counts, and seconds to staff's first reply."""

    start: date
    conversations: int = 0
    messages: int = 0
    replies: int = 0
    unanswered: int = 0
    fallback: int = 0
    emergencies: int = 0
    handoffs: int = 0
    helpful: int = 0
    unhelpful: int = 0
    languages: Counter[str] = field(default_factory=Counter)
    channels: Counter[str] = field(default_factory=Counter)
    departments: Counter[str] = field(default_factory=Counter)
    topics: Counter[str] = field(default_factory=Counter)
    first_replies: list[float] = field(default_factory=list)

    @property
    def unanswered_share(self) -> float:
        """Of the bot's replies, the share that is no answer; 0 where there are none."""
        return self.unanswered / self.replies if self.replies else 0.0

    def first_reply(self, share: float) -> float | None:
        """The seconds within which a share of the tickets got their first reply from staff; None where none did."""
        found = sorted(self.first_replies)
        return found[max(0, math.ceil(share * len(found)) - 1)] if found else None


def first_day(day: date, unit: Unit) -> date:
    """The day that a day's figures begin with: itself, or its week's Monday."""
    return day if unit == "day" else day - timedelta(days=day.weekday())


def figures(transactions: Transactions, first: date, last: date, unit: Unit, zone: ZoneInfo) -> list[Figures]:
    """The figures from one day to another, both included; a row for each day or week, empty ones too. Blocks.

    Raises:
        ValueError: if the days are in the wrong order, or further apart than LONGEST.
    """
    if not timedelta(0) <= last - first <= LONGEST:
        raise ValueError(f"{first} to {last} is no time of at most {LONGEST.days} days")
    begin, end = (datetime.combine(day, time(), zone) for day in (first, last + timedelta(days=1)))
    rows: dict[date, Figures] = {}
    day = first_day(first, unit)
    while day <= last:
        rows[day] = Figures(day)
        day += timedelta(days=1 if unit == "day" else 7)

    def at(moment: datetime) -> Figures:
        return rows[first_day(moment.astimezone(zone).date(), unit)]

    with transactions.reading() as transaction:
        for row in _between(transaction, conversations.c.created_at, begin, end, conversations.c.channel):
            at(row.created_at).conversations += 1
            at(row.created_at).channels[row.channel] += 1
        columns = (messages.c.sender, messages.c.kind, messages.c.body)
        for row in _between(transaction, messages.c.created_at, begin, end, *columns):
            _count(at(row.created_at), row)
        for row in _between(transaction, tickets.c.opened_at, begin, end, tickets.c.urgency, tickets.c.replied_at):
            at(row.opened_at).handoffs += row.urgency != "emergency"
            if row.replied_at is not None:
                at(row.opened_at).first_replies.append((row.replied_at - row.opened_at).total_seconds())
        for row in _between(transaction, feedback.c.created_at, begin, end, feedback.c.helpful):
            at(row.created_at).helpful += row.helpful
            at(row.created_at).unhelpful += not row.helpful
    return list(rows.values())


def total(rows: Sequence[Figures]) -> Figures:
    """The figures of several times together; it begins with the first of them."""
    found = Figures(rows[0].start)
    for row in rows:
        for name, value in vars(row).items():
            if name != "start":
                setattr(found, name, getattr(found, name) + value)
    return found


def _between(transaction: Transaction, column: Any, begin: datetime, end: datetime, *more: Any) -> Iterable[Any]:
    query = sa.select(column, *more).where(column >= begin, column < end)
    found: Iterable[Any] = transaction.execute(query)
    return found


def _count(row: Figures, message: Any) -> None:
    """Count a message."""
    if message.sender == "patient":
        row.messages += 1
    elif message.sender == "bot":
        row.replies += 1
        row.unanswered += message.kind in UNANSWERED
        row.fallback += message.kind == "fallback"
        row.emergencies += message.kind == "emergency"
        for name, counter in (("language", row.languages), ("department", row.departments), ("topic", row.topics)):
            if message.body.get(name):
                counter[message.body[name]] += 1
