"""bot.conversations.work: who answers what, in which order, and that nothing is answered twice."""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Engine
from stores import BEDS, EMERGENCY, HELLO, WISH, Clock, everything, said, write

from bot.conversations.connect import connect
from bot.conversations.migrations import migrate
from bot.conversations.records import Reply, Work
from bot.conversations.store import Store
from bot.conversations.tables import trackers
from bot.conversations.wakeups import Wakeups


def lease(store: Store, seconds: float = 60) -> Work:
    """What is leased next; there must be something."""
    leased = store.lease("worker", seconds)
    assert leased is not None
    return leased


def test_work_is_the_message_with_its_conversation(store: Store) -> None:
    one = store.open("widget", language="zh")
    message, _ = store.accept(one.id, "m1", "a", "b", body={"x": 1})
    leased = lease(store)
    assert leased.message == message
    assert leased.conversation == store.conversation(one.id)
    assert leased.tries == 1


def test_there_is_no_work_without_a_message(store: Store) -> None:
    assert store.lease("worker", 60) is None
    store.say(store.open("widget").id, "staff", HELLO)
    assert store.lease("worker", 60) is None


def test_the_oldest_message_comes_first(store: Store, clock: Clock) -> None:
    conversations = [store.open("widget").id for _ in range(3)]
    for conversation in (conversations[1], conversations[0], conversations[2]):
        clock.move(1)
        write(store, conversation, "hello")
    assert [lease(store).conversation.id for _ in range(3)] == [conversations[1], conversations[0], conversations[2]]


def test_one_conversation_is_answered_in_order_one_at_a_time(store: Store, clock: Clock) -> None:
    one, other = store.open("widget").id, store.open("widget").id
    write(store, one, "first", "second", "third")
    clock.move(1)
    write(store, other, "elsewhere")
    first = lease(store)
    assert first.message.text == "first"
    assert lease(store).message.text == "elsewhere"
    assert store.lease("worker", 60) is None
    assert store.finish(first, [Reply("to the first", "fact")])
    second = lease(store)
    assert second.message.text == "second"
    store.finish(second, [])
    assert lease(store).message.text == "third"


def test_the_order_is_that_of_arrival_even_if_the_clock_is_set_back(store: Store, clock: Clock) -> None:
    one = store.open("widget").id
    write(store, one, "first")
    clock.move(hours=-1)
    write(store, one, "second")
    assert lease(store).message.text == "first"


def test_what_the_gate_answered_is_no_work(store: Store) -> None:
    one = store.open("widget").id
    store.accept(one, "m1", "my chest hurts", "my chest hurts", handled=True, replies=[HELLO])
    assert store.lease("worker", 60) is None


def test_a_finished_message_has_its_replies_ticket_and_language(store: Store) -> None:
    one = store.open("widget").id
    write(store, one, "hello")
    assert store.finish(lease(store), [HELLO, BEDS], WISH, "zh")
    patient, *replies = store.read(one)
    assert [(reply.text, reply.kind, reply.body) for reply in replies] == [
        (HELLO.text, HELLO.kind, HELLO.body),
        (BEDS.text, BEDS.kind, BEDS.body),
    ]
    assert {(reply.sender, reply.reply_to) for reply in replies} == {("bot", patient.seq)}
    conversation = store.conversation(one)
    assert conversation is not None and conversation.language == "zh" and conversation.ticket is not None
    assert store.lease("worker", 60) is None


def test_a_finish_without_a_language_leaves_the_pinned_one(store: Store) -> None:
    one = store.open("widget", language="zh").id
    write(store, one, "hello")
    store.finish(lease(store), [HELLO])
    conversation = store.conversation(one)
    assert conversation is not None and conversation.language == "zh"


def test_a_message_is_finished_once(store: Store) -> None:
    one = store.open("widget").id
    write(store, one, "hello")
    leased = lease(store)
    assert store.finish(leased, [HELLO])
    assert not store.finish(leased, [HELLO], WISH)
    assert said(store, one) == ["patient: hello", "bot: Hello."]


def test_a_lease_that_another_took_after_its_time_stores_nothing(store: Store, clock: Clock) -> None:
    one = store.open("widget").id
    write(store, one, "hello")
    slow = lease(store, 10)
    assert store.lease("worker", 10) is None
    clock.move(10)
    quick = lease(store, 10)
    assert quick.message == slow.message and quick.tries == 2
    assert not store.finish(slow, [BEDS], EMERGENCY, "zh")
    assert not store.extend(slow, 10)
    store.release(slow, 0)
    assert store.lease("worker", 10) is None
    assert store.finish(quick, [HELLO])
    assert said(store, one) == ["patient: hello", "bot: Hello."]
    conversation = store.conversation(one)
    assert conversation is not None and conversation.ticket is None and conversation.language is None


def test_a_lease_that_nobody_took_after_its_time_is_still_good(store: Store, clock: Clock) -> None:
    one = store.open("widget").id
    write(store, one, "hello")
    leased = lease(store, 10)
    clock.move(3600)
    assert store.finish(leased, [HELLO])
    assert said(store, one) == ["patient: hello", "bot: Hello."]


def test_an_extended_lease_holds_longer(store: Store, clock: Clock) -> None:
    write(store, store.open("widget").id, "hello")
    leased = lease(store, 10)
    clock.move(9)
    assert store.extend(leased, 10)
    clock.move(9)
    assert store.lease("worker", 10) is None
    clock.move(1)
    assert store.lease("worker", 10) is not None


def test_what_is_given_back_waits_for_its_pause(store: Store, clock: Clock) -> None:
    one, other = store.open("widget").id, store.open("widget").id
    write(store, one, "hello")
    store.release(lease(store), 5)
    write(store, other, "elsewhere")
    assert lease(store).message.text == "elsewhere"
    assert store.lease("worker", 60) is None
    clock.move(5)
    again = lease(store)
    assert (again.message.text, again.tries) == ("hello", 2)


def test_a_person_who_takes_over_takes_what_waits_and_the_reply_being_made(store: Store) -> None:
    one = store.open("widget").id
    write(store, one, "first", "second")
    leased = lease(store)
    store.set_mode(one, "person")
    assert not store.finish(leased, [BEDS])
    write(store, one, "third")
    assert store.lease("worker", 60) is None
    assert said(store, one) == ["patient: first", "patient: second", "patient: third"]


def test_the_bot_answers_again_what_is_written_after_the_person_has_left(store: Store) -> None:
    one = store.open("widget").id
    store.set_mode(one, "person")
    write(store, one, "to the person")
    store.set_mode(one, "bot")
    write(store, one, "to the bot")
    assert lease(store).message.text == "to the bot"


def test_a_reply_to_an_erased_conversation_stores_nothing_and_erases_the_tracker(store: Store, engine: Engine) -> None:
    one = store.open("widget").id
    write(store, one, "hello")
    leased = lease(store)
    store.erase(one)
    with engine.begin() as connection:  # as Rasa does, which had the message already
        connection.execute(trackers.insert().values(conversation=one, events="[]"))
    assert not store.finish(leased, [HELLO])
    with engine.connect() as connection:
        assert connection.execute(sa.select(trackers)).all() == []
    assert store.read(one) == []


def test_a_failing_transaction_stores_neither_reply_nor_ticket(store: Store) -> None:
    one = store.open("widget").id
    write(store, one, "hello")
    leased = lease(store)
    unstorable = Reply("x", "fact", {"x": object()})
    for replies in ([HELLO, unstorable], [unstorable]):
        try:
            store.finish(leased, replies, WISH, "zh")
        except (TypeError, sa.exc.StatementError):
            continue
        raise AssertionError("stored what is not JSON")
    assert said(store, one) == ["patient: hello"]
    conversation = store.conversation(one)
    assert conversation is not None and conversation.ticket is None and conversation.language is None
    assert store.finish(leased, [HELLO])


def test_many_workers_answer_each_message_once_in_order_one_at_a_time(store: Store, clock: Clock) -> None:
    """Eight workers and four writers at once; some work is given back, some leases run out."""
    conversations = [store.open("widget").id for _ in range(6)]
    number, held = 8, defaultdict[str, int](int)
    guard, written = threading.Lock(), threading.Event()
    overlaps: list[str] = []

    def answer(worker: int) -> None:
        turn = 0
        while True:
            done = written.is_set()
            leased = store.lease(f"worker {worker}", 60)
            if leased is None:
                if done:
                    return
                continue
            one = leased.conversation.id
            with guard:
                held[one] += 1
                if held[one] > 1:
                    overlaps.append(one)
            turn += 1
            time.sleep(0.001)
            with guard:
                held[one] -= 1
            if turn % 5 == 0:
                store.release(leased, 0)
            else:
                assert store.finish(leased, [Reply(f"to {leased.message.id}", "fact")])

    def speak(writer: int) -> None:
        for index in range(number):
            for one in conversations[writer::3]:
                write(store, one, f"{index}")

    with ThreadPoolExecutor(11) as threads:
        answering = [threads.submit(answer, worker) for worker in range(8)]
        for writing in [threads.submit(speak, writer) for writer in range(3)]:
            writing.result(120)
        written.set()
        for work in answering:
            work.result(120)
    assert not overlaps
    for one in conversations:
        messages = everything(store, one)
        assert [message.id for message in messages if message.sender == "patient"] == [str(i) for i in range(number)]
        assert [m.text for m in messages if m.sender == "bot"] == [f"to {i}" for i in range(number)]
        by_seq = {message.seq: message.id for message in messages}
        assert all(m.text == f"to {by_seq[m.reply_to or 0]}" for m in messages if m.sender == "bot")


def test_the_next_message_is_found_without_reading_all(tmp_path: Path) -> None:
    engine = connect(f"sqlite:///{tmp_path / 'daozhen.sqlite'}")
    migrate(engine)
    statements: list[tuple[str, Any]] = []
    sa.event.listen(engine, "before_cursor_execute", lambda *call: statements.append((call[2], call[3])))
    Store(engine, Wakeups()).lease("worker", 60)
    (search,) = [statement for statement in statements if "FROM messages" in statement[0]]
    with engine.connect() as connection:
        plan = str(connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {search[0]}", search[1]).all())
    assert "messages_next" in plan and "TEMP B-TREE" not in plan
    engine.dispose()
