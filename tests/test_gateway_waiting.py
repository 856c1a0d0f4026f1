"""bot/gateway/waiting.py: the place in line, about how long, the desk's hours."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest
from stores import Clock

from bot.conversations.connect import connect
from bot.conversations.migrations import migrate
from bot.conversations.records import NewTicket, Reply, Urgency
from bot.conversations.store import Store
from bot.conversations.wakeups import Wakeups
from bot.gateway.waiting import FEWEST, Waiting
from bot.gateway.words import Words
from bot.settings import Settings

MONDAY = datetime(2026, 11, 23, 2, 0, tzinfo=timezone.utc)
"""10 in the morning in Shanghai."""


class Desk:
    """A store with a clock, and what is told of it."""

    def __init__(self, folder: Path) -> None:
        self.engine = connect(f"sqlite:///{folder / 'x.sqlite'}")
        migrate(self.engine)
        self.clock = Clock()
        self.clock.time = MONDAY
        self.store = Store(self.engine, Wakeups(), self.clock)

    def waiting(self, **settings: Any) -> Waiting:
        found = Settings(**settings)
        return Waiting(found, self.store, Words(found), self.clock)

    def opened(self, language: str = "en", script: str | None = None, **settings: Any) -> str:
        return self.waiting(**settings).opened(language, script).text

    def ticket(self, urgency: Urgency = "service") -> str:
        conversation = self.store.open("widget")
        new = NewTicket(urgency, "?", None, "en", "asked")
        return self.store.open_ticket(conversation.id, new, None).id

    def answer(self, minutes: float, urgency: Urgency = "service") -> None:
        """A ticket that is answered after so many minutes."""
        ticket = self.ticket(urgency)
        self.clock.move(minutes=minutes)
        self.store.tickets.claim(ticket, "li")
        self.store.tickets.reply(ticket, "li", Reply("Yes.", "staff"), "Li")
        self.store.tickets.close(ticket, "li", "answered")


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    found = Desk(tmp_path)
    yield found
    found.engine.dispose()


def test_the_place_counts_who_is_more_urgent_or_was_there_before(desk: Desk) -> None:
    assert "number 1 in line" in desk.opened()
    for urgency in ("emergency", "service", "information"):
        desk.ticket(urgency)  # type: ignore[arg-type]
    assert "number 3 in line" in desk.opened()
    assert "您现在排在第3位" in desk.opened("zh")
    assert "您現在排在第3位" in desk.opened("zh", "traditional")


def test_the_place_told_is_the_place_held(desk: Desk) -> None:
    desk.ticket("information")
    ticket = desk.store.tickets.ticket(desk.ticket())
    assert desk.store.tickets.place(ticket.id) == 1
    assert "number 1 in line" in desk.waiting().still(ticket, "en", None).text


def test_how_long_it_took_lately_is_told_once_enough_is_known(desk: Desk) -> None:
    for _ in range(FEWEST - 1):
        desk.answer(12)
    assert "I cannot say how long" in desk.opened()
    desk.answer(14)
    assert "about 12 minutes" in desk.opened()
    assert "一般要等12分钟左右" in desk.opened("zh")


def test_emergencies_and_what_was_asked_at_night_do_not_count(desk: Desk) -> None:
    for _ in range(FEWEST):
        desk.answer(4, "emergency")
    assert "I cannot say how long" in desk.opened()
    for _ in range(FEWEST):
        desk.answer(8)
    assert "I cannot say how long" in desk.opened(desk_hours=("mon 10:50-12:00",))


@pytest.mark.parametrize(("minutes", "said"), [(0.2, "about 2 minutes"), (90, "more than an hour")])
def test_very_short_and_very_long(desk: Desk, minutes: float, said: str) -> None:
    for _ in range(FEWEST):
        desk.answer(minutes)
    assert said in desk.opened()


def test_what_is_long_ago_does_not_count(desk: Desk) -> None:
    for _ in range(FEWEST):
        desk.answer(12)
    desk.clock.move(days=31)
    assert "I cannot say how long" in desk.opened()


@pytest.mark.parametrize(
    ("hours", "en", "zh"),
    [
        (("mon 13:30-17:30",), "back today at 13:30", "今天13:30上班"),
        (("tue 08:00-12:00",), "back tomorrow at 08:00", "明天08:00上班"),
        (("thu 08:00-12:00",), "back on Thursday at 08:00", "星期四08:00上班"),
        (("mon 08:00-09:00",), "back on Monday at 08:00", "星期一08:00上班"),
    ],
)
def test_outside_the_hours_it_says_when_and_what_else(desk: Desk, hours: tuple[str, ...], en: str, zh: str) -> None:
    text = desk.opened(desk_hours=hours)
    assert en in text
    assert "emergency department" in text and "120" in text
    assert zh in desk.opened("zh", desk_hours=hours)
    assert "{" not in text


@pytest.mark.parametrize(
    ("language", "open_", "closed"), [("en", "a person there will", "nobody is"), ("zh", "会看到", "没有人值班")]
)
def test_an_emergency_outside_the_hours_promises_nobody(desk: Desk, language: str, open_: str, closed: str) -> None:
    assert open_ in desk.waiting().emergency_told(language, None, "chest_pain")
    at_night = desk.waiting(desk_hours=("tue 08:00-12:00",))
    assert closed in at_night.emergency_told(language, None, "chest_pain")
    assert at_night.emergency_told(language, None, "suicide") != at_night.emergency_told(language, None, "chest_pain")
