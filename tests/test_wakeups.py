"""bot.conversations.wakeups: whoever waits hears of it, in this process and, on PostgreSQL, in others."""

from __future__ import annotations

import asyncio
import logging
import subprocess
import sys
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import pytest
from postgresql import PostgreSQL
from sqlalchemy.engine import Engine
from stores import BEDS, EMERGENCY, HELLO, OPENED, WISH, WITHDRAWN, write

from bot.conversations import wakeups as module
from bot.conversations.connect import connect
from bot.conversations.store import Store
from bot.conversations.wakeups import PostgresWakeups, Subscription, Wakeups, wakeups_for
from bot.settings import ROOT

SOON = 10.0
"""Seconds within which a wake-up must arrive."""
QUIET = 0.3
"""Seconds after which none is taken to come."""


@pytest.fixture
def wakeups(engine: Engine) -> Iterator[Wakeups]:
    """Wake-ups that listen."""
    made = wakeups_for(engine)
    if isinstance(made, PostgresWakeups):
        assert made.wait_until_listening(SOON)
    yield made
    made.close()


async def heard(subscription: Subscription, quiet: float = QUIET) -> list[str]:
    """The events that arrive until it is quiet; the first may take longer."""
    events = []
    event = await subscription.wait(SOON)
    while event is not None:
        events.append(event)
        event = await subscription.wait(quiet)
    return events


def during(wakeups: Wakeups, topic: str, act: Callable[[], Any]) -> list[str]:
    """The events on a topic while a blocking function runs in a thread."""

    async def run() -> list[str]:
        with wakeups.subscribe(topic) as subscription:
            await asyncio.to_thread(act)
            return await heard(subscription)

    return asyncio.run(run())


def publish_all(wakeups: Wakeups, events: list[str]) -> None:
    """Publish events on the topic "a"."""
    for event in events:
        wakeups.publish("a", event)


def test_a_subscriber_hears_its_topic_in_order(wakeups: Wakeups) -> None:
    def act() -> None:
        for topic, event in [("a", "1"), ("b", "2"), ("a", "3"), ("a", ""), ("a", "1")]:
            wakeups.publish(topic, event)

    assert during(wakeups, "a", act) == ["1", "3", "", "1"]


def test_the_same_event_again_is_heard_once_while_it_waits(wakeups: Wakeups) -> None:
    assert during(wakeups, "a", lambda: publish_all(wakeups, ["message"] * 5))[:1] == ["message"]


def test_all_subscribers_of_a_topic_hear_it(wakeups: Wakeups) -> None:
    async def run() -> list[list[str]]:
        subscriptions = [wakeups.subscribe("a") for _ in range(3)]
        await asyncio.to_thread(wakeups.publish, "a", "x")
        return [await heard(subscription) for subscription in subscriptions]

    assert asyncio.run(run()) == [["x"]] * 3


def test_waiting_ends_after_its_time(wakeups: Wakeups) -> None:
    async def run() -> tuple[str | None, float]:
        with wakeups.subscribe("a") as subscription:
            started = time.monotonic()
            return await subscription.wait(0.05), time.monotonic() - started

    event, seconds = asyncio.run(run())
    assert event is None and 0.04 < seconds < 5


def test_a_closed_subscription_hears_nothing_and_leaves_nothing_behind(wakeups: Wakeups) -> None:
    async def run() -> str | None:
        subscription = wakeups.subscribe("a")
        subscription.close()
        subscription.close()
        await asyncio.to_thread(wakeups.publish, "a", "x")
        return await subscription.wait(QUIET)

    assert asyncio.run(run()) is None
    assert wakeups._subscriptions == {}


def test_a_subscriber_whose_loop_has_ended_is_forgotten(wakeups: Wakeups) -> None:
    async def run() -> None:
        wakeups.subscribe("a")

    asyncio.run(run())
    wakeups.publish("a", "x")
    deadline = time.monotonic() + SOON
    while wakeups._subscriptions and time.monotonic() < deadline:
        time.sleep(0.01)
    assert wakeups._subscriptions == {}


def test_many_threads_publish_to_many_tasks(wakeups: Wakeups) -> None:
    async def run() -> list[list[str]]:
        subscriptions = [wakeups.subscribe(f"{number}") for number in range(10)]

        def publish() -> None:
            for number in range(10):
                wakeups.publish(f"{number}", "x")

        await asyncio.gather(*(asyncio.to_thread(publish) for _ in range(4)))
        return [await heard(subscription) for subscription in subscriptions]

    assert all(set(events) == {"x"} for events in asyncio.run(run()))


def test_a_slow_subscriber_keeps_the_newest(wakeups: Wakeups) -> None:
    many = [str(number) for number in range(module._BACKLOG + 20)]
    events = during(wakeups, "a", lambda: publish_all(wakeups, many))
    assert events[-1] == many[-1]
    assert len(events) <= len(many)


# What the store tells


def told(store: Store, topic: str, act: Callable[[], Any]) -> set[str]:
    if isinstance(store.wakeups, PostgresWakeups):
        assert store.wakeups.wait_until_listening(SOON)
    return set(during(store.wakeups, topic, act))


def test_a_message_wakes_its_conversation_and_the_worker(store: Store) -> None:
    one = store.open("widget").id
    assert told(store, f"conversation:{one}", lambda: write(store, one, "a")) == {"message"}
    assert told(store, "work", lambda: write(store, one, "b")) == {""}


def test_a_reply_wakes_its_conversation_the_channel_and_the_worker_who_has_more_to_do(store: Store) -> None:
    one = store.open("telegram", "42").id
    for topic, event in ((f"conversation:{one}", "message"), ("delivery:telegram", ""), ("work", "")):
        write(store, one, f"{topic} 1", f"{topic} 2")

        def act() -> None:
            work = store.lease("worker", 60)
            assert work is not None and store.finish(work, [HELLO])

        assert told(store, topic, act) == {event}


def test_a_ticket_wakes_the_desk_and_its_conversation(store: Store) -> None:
    one = store.open("widget").id
    topic = f"conversation:{one}"
    assert told(store, topic, lambda: store.open_ticket(one, WISH, OPENED)) == {"message", "mode", "ticket"}
    assert told(store, "desk", lambda: store.open_ticket(one, EMERGENCY, OPENED)) == {"raised"}
    assert told(store, topic, lambda: store.withdraw_ticket(one, WITHDRAWN)) == {"message", "mode", "ticket"}


def test_mode_and_erasure_are_told(store: Store) -> None:
    one = store.open("widget").id
    assert told(store, f"conversation:{one}", lambda: store.set_mode(one, "person")) == {"mode"}
    assert told(store, f"conversation:{one}", lambda: store.set_mode(one, "bot")) == {"mode"}
    assert told(store, f"conversation:{one}", lambda: store.erase(one)) == {"erased"}


def test_what_is_told_can_be_read(store: Store) -> None:
    """A wake-up comes after the commit, never before."""
    one = store.open("widget").id
    if isinstance(store.wakeups, PostgresWakeups):
        assert store.wakeups.wait_until_listening(SOON)

    async def run() -> list[int]:
        seen = []
        with store.wakeups.subscribe(f"conversation:{one}") as subscription:
            for index in range(20):
                writing = asyncio.create_task(asyncio.to_thread(write, store, one, str(index)))
                assert await subscription.wait(SOON) == "message"
                seen.append(len(store.read(one)))
                await writing
        return seen

    assert asyncio.run(run()) == list(range(1, 21))


def test_what_is_rolled_back_or_repeated_is_not_told(store: Store) -> None:
    one = store.open("widget").id
    write(store, one, "a")

    async def run(act: Callable[[], Awaitable[None]]) -> str | None:
        with store.wakeups.subscribe(f"conversation:{one}") as subscription:
            while await subscription.wait(QUIET):  # what was told before may still arrive
                continue
            await act()
            return await subscription.wait(QUIET)

    async def repeat() -> None:
        await asyncio.to_thread(write, store, one, "a")

    async def fail() -> None:
        with pytest.raises(Exception, match="JSON"):
            await asyncio.to_thread(store.say, one, "bot", type(BEDS)("x", "fact", {"x": object()}))

    if isinstance(store.wakeups, PostgresWakeups):
        assert store.wakeups.wait_until_listening(SOON)
    assert asyncio.run(run(repeat)) is None
    assert asyncio.run(run(fail)) is None


# PostgreSQL alone


@pytest.fixture
def postgresql_url(postgresql: PostgreSQL) -> str:
    """A new database on PostgreSQL."""
    return postgresql.new_database()


def test_other_processes_are_heard(postgresql_url: str) -> None:
    engine = connect(postgresql_url)
    wakeups = wakeups_for(engine)
    assert isinstance(wakeups, PostgresWakeups) and wakeups.wait_until_listening(SOON)
    program = (
        "import sys\n"
        "from bot.conversations.connect import connect\n"
        "from bot.conversations.wakeups import wakeups_for\n"
        "wakeups = wakeups_for(connect(sys.argv[1]))\n"
        "wakeups.publish('work', '来自别处')\n"
        "wakeups.close()\n"
    )
    command = [sys.executable, "-c", program, postgresql_url]
    assert during(wakeups, "work", lambda: subprocess.run(command, cwd=ROOT, check=True)) == ["来自别处"]
    wakeups.close()
    engine.dispose()


def test_a_lost_connection_is_made_again_and_everyone_woken(
    postgresql: PostgreSQL, postgresql_url: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(module, "RECONNECT_PAUSE", 0.05)
    engine = connect(postgresql_url)
    wakeups = wakeups_for(engine)
    assert isinstance(wakeups, PostgresWakeups) and wakeups.wait_until_listening(SOON)

    def cut() -> None:
        postgresql.run("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'LISTEN%'")

    with caplog.at_level(logging.WARNING):
        assert during(wakeups, "work", cut) == [""]
    assert "trying again" in caplog.text
    assert wakeups.wait_until_listening(SOON)
    assert during(wakeups, "work", lambda: wakeups.publish("work", "again")) == ["again"]
    wakeups.close()
    engine.dispose()


def test_what_others_notify_on_the_channel_does_no_harm(postgresql_url: str) -> None:
    engine = connect(postgresql_url)
    wakeups = wakeups_for(engine)
    assert isinstance(wakeups, PostgresWakeups) and wakeups.wait_until_listening(SOON)

    def act() -> None:
        with engine.begin() as connection:
            for payload in ("", "x", "5", '["a"]', '["work", "b", "c"]'):
                connection.exec_driver_sql("SELECT pg_notify('daozhen', %s)", (payload,))
        wakeups.publish("work", "ours")

    assert during(wakeups, "work", act) == ["ours"]
    wakeups.close()
    engine.dispose()


def test_closing_ends_the_thread_at_once_even_without_a_database(postgresql: PostgreSQL) -> None:
    engine = connect(postgresql.address("there_is_none"))
    wakeups = wakeups_for(engine)
    started = time.monotonic()
    wakeups.close()
    assert time.monotonic() - started < SOON
    assert not any(thread.name == "wake-ups" and thread.is_alive() for thread in threading.enumerate())


def test_a_task_that_is_cancelled_just_as_its_event_comes_ends() -> None:
    """Python 3.10's asyncio.wait_for swallows such a cancellation."""
    wakeups = Wakeups()

    async def follow() -> None:
        with wakeups.subscribe("x") as subscription:
            while True:
                await subscription.wait(60)

    async def cancel() -> bool:
        task = asyncio.create_task(follow())
        await asyncio.sleep(0)
        wakeups.publish("x", "event")
        await asyncio.sleep(0)  # the event is there; the task has not seen it yet
        task.cancel()
        await asyncio.wait({task}, timeout=1)
        return task.done()

    assert asyncio.run(cancel())
