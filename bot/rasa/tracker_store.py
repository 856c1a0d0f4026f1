"""Rasa's tracker store, bounded: of each conversation it keeps the last turns, and the slots as they stood before them.

Rasa's SQL store keeps every event, reads them all for each message and opens a connection each time: its cost grows
with the conversation. Here a conversation is one row, read and written once a message over a pooled connection. What
was said in full is not this store's business.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

import sqlalchemy as sa
from rasa.core.brokers.broker import EventBroker
from rasa.core.tracker_store import TrackerStore
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import (
    ActionExecuted,
    AllSlotsReset,
    Event,
    Restarted,
    SessionStarted,
    SlotSet,
    UserUttered,
)
from rasa.shared.core.trackers import DialogueStateTracker
from sqlalchemy.schema import CreateTable

from bot.conversations.connect import connect, exclusive
from bot.conversations.tables import trackers
from bot.settings import read_settings


def window(events: Sequence[Event], turns: int) -> list[Event]:
    """The events of the last session's last turns, headed by the slots as they stood before them."""
    start = _start_of_turns(events, turns)
    slots: dict[str, Any] = {}
    for event in events[:start]:
        if isinstance(event, SlotSet):
            slots[event.key] = event.value
        elif isinstance(event, (AllSlotsReset, Restarted)):
            slots.clear()
    when = events[start].timestamp if start < len(events) else None
    kept = [SlotSet(key, value, when) for key, value in slots.items() if value is not None]
    return [*kept, *events[start:]]


def _start_of_turns(events: Sequence[Event], turns: int) -> int:
    """Where the last turns begin: at the bot's listening before the first of their messages, not before the session."""
    left = turns
    for index in range(len(events) - 1, -1, -1):
        event = events[index]
        if isinstance(event, SessionStarted):
            return max(index - 1, 0)
        if isinstance(event, UserUttered):
            left -= 1
        if left == 0 and isinstance(event, ActionExecuted) and event.action_name == "action_listen":
            return index
    return 0


class WindowedTrackerStore(TrackerStore):
    """Keeps the window of each conversation; named under `tracker_store:` in endpoints.yml.

    Args:
        domain: the bot's domain.
        event_broker: where events are streamed to, if anywhere.
        host: ignored; Rasa passes the endpoint's `url`. The database is a setting (DAOZHEN_DATABASE_URL).
    """

    def __init__(
        self, domain: Domain, event_broker: EventBroker | None = None, host: str | None = None, **kwargs: Any
    ) -> None:
        super().__init__(domain, event_broker, **kwargs)
        settings = read_settings()
        self._turns = settings.window_turns
        self._engine = connect(settings.database_url)
        with exclusive(self._engine) as connection:  # the gateway's migrations make it too, perhaps at this moment
            connection.execute(CreateTable(trackers, if_not_exists=True))

    async def save(self, tracker: DialogueStateTracker) -> None:
        """Write the window of a conversation."""
        if self.event_broker is not None:
            await self.stream_events(tracker)
        kept = window(list(tracker.events), self._turns)
        row = {"events": json.dumps([event.as_dict() for event in kept], ensure_ascii=False)}
        mine = trackers.c.conversation == tracker.sender_id
        with self._engine.begin() as connection:
            if not connection.execute(trackers.update().where(mine).values(row)).rowcount:
                connection.execute(trackers.insert().values(conversation=tracker.sender_id, **row))

    async def retrieve(self, sender_id: str) -> DialogueStateTracker | None:
        """The window of a conversation as a tracker."""
        query = sa.select(trackers.c.events).where(trackers.c.conversation == sender_id)
        with self._engine.connect() as connection:
            stored = connection.execute(query).scalar()
        if stored is None:
            return None
        return DialogueStateTracker.from_dict(sender_id, json.loads(stored), self.domain.slots)

    async def keys(self) -> Iterable[str]:
        """The ids of all conversations."""
        with self._engine.connect() as connection:
            found: list[str] = connection.execute(sa.select(trackers.c.conversation)).scalars().all()
        return found
