"""bot.conversations.retention: what is forgotten, and what is not."""

from __future__ import annotations

from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy.engine import Engine
from stores import EMERGENCY, HELLO, WISH, WITHDRAWN, Clock, everything, write

from bot.conversations.store import Store
from bot.conversations.tables import erasures, trackers, updates

DAY = timedelta(hours=24)


def confide(store: Store, conversation: str, message_id: str) -> None:
    """The patient writes something that is masked."""
    store.accept(conversation, message_id, f"{message_id} 13800138000", f"{message_id} [PHONE]", handled=True)


def kept(store: Store, conversation: str) -> list[str]:
    """The ids of the messages whose originals are there."""
    return [message.id for message in everything(store, conversation) if message.original is not None]


def test_originals_are_dropped_after_their_time_and_not_before(store: Store, clock: Clock) -> None:
    one = store.open("widget").id
    confide(store, one, "a")
    clock.move(hours=1)
    confide(store, one, "b")
    clock.move(hours=23)
    assert store.forget_originals(DAY) == 0
    clock.move(1)
    assert store.forget_originals(DAY) == 1
    assert kept(store, one) == ["b"]
    assert [message.text for message in store.read(one)] == ["a [PHONE]", "b [PHONE]"]
    clock.move(hours=1)
    assert store.forget_originals(DAY) == 1
    assert kept(store, one) == []
    assert store.forget_originals(DAY) == 0


def test_originals_of_a_conversation_with_an_open_ticket_are_kept(store: Store, clock: Clock) -> None:
    one, other = store.open("widget").id, store.open("widget").id
    for conversation in (one, other):
        confide(store, conversation, "a")
    ticket = store.open_ticket(one, WISH, None)
    clock.move(days=2)
    assert store.forget_originals(DAY) == 1
    store.tickets.claim(ticket.id, "li")
    assert store.forget_originals(DAY) == 0
    assert (kept(store, one), kept(store, other)) == (["a"], [])


def test_the_originals_of_a_closed_tickets_thread_are_kept_and_later_ones_dropped(store: Store, clock: Clock) -> None:
    one = store.open("widget").id
    confide(store, one, "long before")
    clock.move(days=2)
    store.forget_originals(DAY)
    confide(store, one, "before")
    ticket = store.open_ticket(one, WISH, None)
    confide(store, one, "within")
    store.tickets.close(ticket.id, "li", "answered", HELLO)
    confide(store, one, "after")
    clock.move(days=2)
    assert store.forget_originals(DAY) == 1
    assert kept(store, one) == ["before", "within"]


def test_a_ticket_that_was_taken_back_keeps_no_originals(store: Store, clock: Clock) -> None:
    one = store.open("widget").id
    confide(store, one, "a")
    store.open_ticket(one, EMERGENCY, None)
    store.withdraw_ticket(one, WITHDRAWN)
    clock.move(days=2)
    assert store.forget_originals(DAY) == 1


def test_conversations_nobody_uses_are_erased_but_not_those_that_wait(store: Store, clock: Clock) -> None:
    old, waiting, new = (store.open("widget").id for _ in range(3))
    write(store, old, "hello")
    store.open_ticket(waiting, WISH, None)
    clock.move(days=100)
    write(store, new, "hello")
    clock.move(days=90)
    assert store.forget_conversations(timedelta(days=180)) == 1
    assert store.forget_conversations(timedelta(days=180)) == 0
    assert store.conversation(old) is None
    assert store.conversation(waiting) is not None
    assert store.conversation(new) is not None


def test_a_tracker_written_again_after_its_conversation_was_erased_is_swept(
    store: Store, engine: Engine, clock: Clock
) -> None:
    one = store.open("widget").id
    store.erase(one)
    with engine.begin() as connection:
        connection.execute(trackers.insert(), [{"conversation": name, "events": "[]"} for name in (one, "shell")])
    store.sweep()
    with engine.connect() as connection:
        assert connection.execute(sa.select(trackers.c.conversation)).scalars().all() == ["shell"]
        assert len(connection.execute(sa.select(erasures)).all()) == 1
    clock.move(days=3)
    store.sweep()
    with engine.connect() as connection:
        assert connection.execute(sa.select(erasures)).all() == []


def test_ids_of_updates_are_swept_but_not_updates_that_wait(store: Store, engine: Engine, clock: Clock) -> None:
    for number in (1, 2):
        store.receive("telegram", number, str(number), {})
    update = store.lease_update("telegram", 60)
    assert update is not None and store.finish_update(update)
    store.sweep()
    assert not store.receive("telegram", 1, "1", {})
    clock.move(days=3)
    store.sweep()
    with engine.connect() as connection:
        assert connection.execute(sa.select(updates.c.id)).scalars().all() == [2]


def test_the_backlog_says_how_much_waits_and_since_when(store: Store, clock: Clock) -> None:
    empty = store.backlog()
    assert (empty.messages, empty.since) == (0, None)
    one = store.open("widget").id
    write(store, one, "a")
    since = clock.time
    clock.move(60)
    write(store, one, "b")
    assert (store.backlog().messages, store.backlog().since) == (2, since)
