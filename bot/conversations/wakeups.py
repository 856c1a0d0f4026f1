"""Wake-ups: whoever waits for something (a stream, a worker, the desk) is told when to look at the store again.

A wake-up is a hint, never the news itself: one may be missed (another process on SQLite, a cut connection), so whoever waits
also looks again from time to time.
"""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from collections.abc import Sequence
from types import TracebackType

from sqlalchemy.engine import Connection, Engine

_BACKLOG = 100
"""How many events a slow subscriber may leave waiting; of more, the oldest go."""


class Subscription:
    """What happens on one topic, for one task of the event loop it was made in. Close it, or use it in a `with` block."""

    def __init__(self, wakeups: Wakeups, topic: str) -> None:
        self._wakeups = wakeups
        self._topic = topic
        self._loop = asyncio.get_running_loop()
        self._arrived = asyncio.Event()
        self._events: deque[str] = deque(maxlen=_BACKLOG)

    async def wait(self, timeout: float | None = None) -> str | None:
        """The next event (events since the subscription wait in a queue); None after so many seconds without one."""
        if not self._events:
            try:
                await asyncio.wait_for(self._arrived.wait(), timeout)
            except asyncio.TimeoutError:
                return None
        event = self._events.popleft()
        if not self._events:
            self._arrived.clear()
        return event

    def close(self) -> None:
        """Hear no more."""
        self._wakeups.forget(self._topic, self)

    def __enter__(self) -> Subscription:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def tell(self, event: str) -> None:
        """Put an event into the queue, from any thread."""
        try:
            self._loop.call_soon_threadsafe(self._take, event)
        except RuntimeError:  # the loop is closed, and its task with it
            self.close()

    def _take(self, event: str) -> None:
        if not self._events or self._events[-1] != event:
            self._events.append(event)
        self._arrived.set()


class Wakeups:
    """Wake-ups within this process. Topics: "conversation:<id>", "work", "delivery:<channel>", "desk"."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._subscriptions: dict[str, set[Subscription]] = {}

    def subscribe(self, topic: str) -> Subscription:
        """Hear what happens on a topic from now on; called in the event loop of the task that will wait."""
        subscription = Subscription(self, topic)
        with self._lock:
            self._subscriptions.setdefault(topic, set()).add(subscription)
        return subscription

    def forget(self, topic: str, subscription: Subscription) -> None:
        """End a subscription; one that has ended is no error."""
        with self._lock:
            there = self._subscriptions.get(topic, set())
            there.discard(subscription)
            if not there:
                self._subscriptions.pop(topic, None)

    def publish(self, topic: str, event: str = "") -> None:
        """Wake the subscribers of a topic, from any thread."""
        with self._lock:
            subscriptions = list(self._subscriptions.get(topic, ()))
        for subscription in subscriptions:
            subscription.tell(event)

    def before_commit(self, connection: Connection, wakes: Sequence[tuple[str, str]]) -> None:
        """What a transaction does with its wake-ups before it commits."""

    def after_commit(self, wakes: Sequence[tuple[str, str]]) -> None:
        """What is done with them once it has."""
        for topic, event in wakes:
            self.publish(topic, event)

    def close(self) -> None:
        """Stop what runs in the background."""


def wakeups_for(engine: Engine) -> Wakeups:
    """The wake-ups of a database: within this process for SQLite, between all processes for PostgreSQL."""
    return Wakeups()
