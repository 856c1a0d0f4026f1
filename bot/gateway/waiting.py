"""What somebody is told who waits for the front desk: the place in line, about how long it takes, what to do if it cannot wait.

How long it takes is measured: the median of what the last people waited who wrote while the desk was staffed. Where too few have,
or nobody is there at this hour, that is said instead.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from statistics import median
from typing import Any
from zoneinfo import ZoneInfo

from bot.conversations.records import Reply, Ticket, Urgency
from bot.conversations.store import Store
from bot.gateway.words import Words
from bot.hours import DAYS, Hours
from bot.settings import Settings

FEWEST, MOST = 5, 20
"""Of how many of the last answered tickets a time of waiting is told: at least, at most."""
RECENT = timedelta(days=30)
"""How old those may be."""
SHORTEST, LONGEST = 2, 60
"""Minutes: what is shorter is told as this many; what is longer, as more than an hour."""


class Waiting:
    """Tells how it stands with the front desk. Methods block.

    Args:
        settings: the desk's hours.
        store: the queue.
        words: how it is said.
        clock: the time, in UTC.
    """

    def __init__(self, settings: Settings, store: Store, words: Words, clock: Callable[[], datetime]) -> None:
        self._hours = Hours.read(settings.desk_hours)
        self._zone = ZoneInfo(settings.time_zone)
        self._emergency_number = settings.emergency_number
        self._store = store
        self._words = words
        self._clock = clock

    def opened(self, language: str, script: str | None, urgency: Urgency = "service") -> Reply:
        """For a ticket that is about to be opened."""
        return self._reply("utter_ticket_opened", language, script, self._store.tickets.place_of_new(urgency))

    def still(self, ticket: Ticket, language: str, script: str | None) -> Reply:
        """For one that waits already; a claimed one is the first in line."""
        return self._reply("utter_ticket_waiting", language, script, self._store.tickets.place(ticket.id) or 1)

    def emergency_told(self, language: str, script: str | None, rule: str) -> str:
        """What is added to the answer to an emergency: that the front desk is told, or that nobody is there to read it now."""
        staffed = self._hours.staffed(self._clock().astimezone(self._zone))
        name = "utter_emergency_told" if staffed else "utter_emergency_told_closed"
        return self._words.text(name, language, script, rule)

    def _reply(self, name: str, language: str, script: str | None, place: int) -> Reply:
        now = self._clock().astimezone(self._zone)
        staffed = self._hours.staffed(now)
        urgent = _phrase(f"urgent_{'open' if staffed else 'closed'}", emergency_number=self._emergency_number)
        wait = self._about() if staffed else self._opening(now)
        return self._words.reply(name, language, script, values={"place": place, "wait": wait, "urgent": urgent})

    def _opening(self, now: datetime) -> dict[str, Any]:
        opens = self._hours.opening(now)
        assert opens is not None
        days = (opens.date() - now.date()).days
        day = ("today", "tomorrow")[days] if days < 2 else DAYS[opens.weekday()]
        return _phrase("wait_closed", day=_phrase(f"day_{day}"), time=f"{opens:%H:%M}")

    def _about(self) -> dict[str, Any]:
        answered = self._store.tickets.answered(self._clock() - RECENT)
        waited = [
            (ticket.replied_at - ticket.opened_at).total_seconds() / 60
            for ticket in answered
            if ticket.replied_at and self._hours.staffed(ticket.opened_at.astimezone(self._zone))
        ][:MOST]
        if len(waited) < FEWEST:
            return _phrase("wait_unknown")
        minutes = max(SHORTEST, round(median(waited)))
        return _phrase("wait_minutes", minutes=minutes) if minutes <= LONGEST else _phrase("wait_long")


def _phrase(name: str, **values: Any) -> dict[str, Any]:
    """A phrase of domain.yml that fills a placeholder."""
    return {"phrase": f"phrase_{name}", "values": values}
