"""Wake-ups: whoever waits for something (a stream, a worker, the desk) is told when to look at the store again.

A wake-up is a hint, never the news itself: one may be missed (another process on SQLite, a cut connection), so whoever waits
also looks again from time to time.
"""

from __future__ import annotations

import asyncio
import json
import logging
import select
import socket
import threading
from collections import deque
from collections.abc import Sequence
from contextlib import closing
from types import TracebackType

import psycopg2
import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

logger = logging.getLogger(__name__)

RECONNECT_PAUSE = 1.0
"""Seconds between two tries to listen to PostgreSQL again."""
HEARTBEAT = 30.0
"""Seconds without a notification after which the connection is tried."""
_CHANNEL = "daozhen"
_NOTIFY = sa.text("SELECT pg_notify(:channel, :payload)").bindparams(channel=_CHANNEL)
TYPING_ON, TYPING_OFF = "typing:on", "typing:off"
"""Wake-ups of a conversation while the bot is making an answer."""
STAFF_TYPES, PATIENT_TYPES = "typing:staff", "typing:patient"
"""The same while somebody writes; said again every few seconds, as long as they do."""
TYPING_LASTS = 6.0
"""Seconds after which somebody of whom it has not been said again writes no more."""
_BACKLOG = 100
"""How many events a slow subscriber may leave waiting; of more, the oldest go."""


class Subscription:
    """What happens on one topic, for one task of the event loop it was made in. Close it, or use it in a `with` block."""

    def __init__(self, wakeups: Wakeups, topic: str) -> None:
        self._wakeups = wakeups
        self._topic = topic
        self._loop = asyncio.get_running_loop()
        self._waiter: asyncio.Future[None] | None = None
        self._events: deque[str] = deque(maxlen=_BACKLOG)

    async def wait(self, timeout: float | None = None) -> str | None:
        """The next event (events since the subscription wait in a queue); None after so many seconds without one."""
        if not self._events:
            self._waiter = self._loop.create_future()
            # not wait_for: where the event comes just then, Python 3.10's swallows a cancellation, and the task goes on for ever
            await asyncio.wait({self._waiter}, timeout=timeout)
        return self._events.popleft() if self._events else None

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
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)


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


class PostgresWakeups(Wakeups):
    """Wake-ups between all processes on a PostgreSQL database: LISTEN/NOTIFY, heard by one thread over one connection.

    A transaction's wake-ups are notified within it, so that PostgreSQL sends them if and when it commits. After the
    connection was lost, every subscriber is woken once: something may have been missed.
    """

    def __init__(self, engine: Engine) -> None:
        super().__init__()
        self._engine = engine
        self._ended = threading.Event()
        self._stop, self._stopping = socket.socketpair()
        self._listening = threading.Event()
        self._thread = threading.Thread(target=self._listen, name="wake-ups", daemon=True)
        self._thread.start()

    def publish(self, topic: str, event: str = "") -> None:
        """Wake the subscribers of a topic, in every process."""
        with self._engine.begin() as connection:
            self.before_commit(connection, [(topic, event)])

    def before_commit(self, connection: Connection, wakes: Sequence[tuple[str, str]]) -> None:
        """Notify within the transaction."""
        if wakes:
            connection.execute(_NOTIFY, [{"payload": json.dumps(wake)} for wake in wakes])

    def after_commit(self, wakes: Sequence[tuple[str, str]]) -> None:
        """Nothing: PostgreSQL sends them back to this process too."""

    def wait_until_listening(self, timeout: float) -> bool:
        """Whether this process hears wake-ups by now, or within so many seconds."""
        return self._listening.wait(timeout)

    def close(self) -> None:
        """Stop the listening thread."""
        self._ended.set()
        self._stop.send(b".")
        self._thread.join()
        self._stop.close()
        self._stopping.close()

    def _listen(self) -> None:
        pause = 0.0
        while not self._ended.wait(pause):
            try:
                self._hear()
            except (psycopg2.Error, OSError) as error:
                logger.warning("wake-ups: no connection to the database (%s); trying again", type(error).__name__)
            pause = RECONNECT_PAUSE
            self._listening.clear()

    def _hear(self) -> None:
        """Listen until told to stop, or until the connection breaks."""
        words, options = self._engine.dialect.create_connect_args(self._engine.url)
        with closing(self._engine.dialect.connect(*words, **options)) as connection:
            connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute(f"LISTEN {_CHANNEL}")
            self._wake_all()
            self._listening.set()
            while not self._ended.is_set():
                ready, _, _ = select.select([connection, self._stopping], [], [], HEARTBEAT)
                if not ready:
                    with connection.cursor() as cursor:  # finds out whether the connection still stands
                        cursor.execute("SELECT 1")
                connection.poll()
                while connection.notifies:
                    self._pass_on(connection.notifies.pop(0).payload)

    def _pass_on(self, payload: str) -> None:
        try:
            topic, event = json.loads(payload)
        except (ValueError, TypeError):
            logger.warning("wake-ups: something else notifies on PostgreSQL's channel %s", _CHANNEL)
        else:
            super().publish(topic, event)

    def _wake_all(self) -> None:
        with self._lock:
            topics = list(self._subscriptions)
        for topic in topics:
            super().publish(topic)


def wakeups_for(engine: Engine) -> Wakeups:
    """The wake-ups of a database: within this process for SQLite, between all processes for PostgreSQL."""
    return PostgresWakeups(engine) if engine.dialect.name == "postgresql" else Wakeups()
