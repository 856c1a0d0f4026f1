"""bot.conversations.outbox and .updates: what pushing channels send and what their servers sent."""

from __future__ import annotations

import threading
from collections import defaultdict

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine
from stores import BEDS, HELLO, OPENED, WISH, Clock, at_once, everything, write

from bot.conversations.records import Delivery, Reply, Update
from bot.conversations.store import Store
from bot.conversations.tables import outbox, updates


def due(store: Store, seconds: float = 60) -> Delivery:
    """What is to be sent next; there must be something."""
    delivery = store.undelivered("telegram", "sender", seconds)
    assert delivery is not None
    return delivery


def nothing_due(store: Store) -> bool:
    return store.undelivered("telegram", "sender", 60) is None


def test_everything_said_to_a_patient_on_a_pushing_channel_is_sent(store: Store) -> None:
    one = store.open("telegram", "42")
    write(store, one.id, "hello")
    work = store.lease("worker", 60)
    assert work is not None
    store.finish(work, [HELLO, BEDS])
    store.say(one.id, "staff", Reply("Good morning.", "text"), author="Nurse Li")
    store.open_ticket(one.id, WISH, OPENED)
    sent = []
    for _ in range(4):
        delivery = due(store)
        assert delivery.conversation.address == "42"
        assert delivery.message.delivery == "pending"
        sent.append(delivery.message.text)
        assert store.mark_delivered(delivery)
    assert sent == [HELLO.text, BEDS.text, "Good morning.", OPENED.text]
    assert nothing_due(store)
    assert {message.delivery for message in everything(store, one.id)} == {"delivered"}


def test_a_channel_that_comes_and_reads_has_nothing_to_send(store: Store, engine: Engine) -> None:
    one = store.open("widget").id
    for _ in range(3):
        store.say(one, "bot", HELLO)
    assert store.undelivered("widget", "sender", 60) is None
    assert nothing_due(store)
    store.acknowledge(one, 2)
    assert [message.delivery for message in store.read(one)] == ["delivered", "delivered", "pending"]


def test_one_conversation_is_sent_in_order_one_at_a_time_and_others_beside_it(store: Store) -> None:
    one, other = store.open("telegram", "42").id, store.open("telegram", "43").id
    for text in ("first", "second"):
        store.say(one, "bot", Reply(text, "fact"))
    store.say(other, "bot", Reply("elsewhere", "fact"))
    first, elsewhere = due(store), due(store)
    assert {first.message.text, elsewhere.message.text} == {"first", "elsewhere"}
    assert nothing_due(store)
    store.mark_delivered(first)
    assert due(store).message.text == "second"


def test_a_message_given_back_holds_up_the_later_ones(store: Store, clock: Clock) -> None:
    one = store.open("telegram", "42").id
    for text in ("first", "second"):
        store.say(one, "bot", Reply(text, "fact"))
    assert store.postpone(due(store), 5, sent_perhaps=False)
    assert nothing_due(store)
    clock.move(5)
    again = due(store)
    assert (again.message.text, again.tries, again.unsure) == ("first", 2, 0)


def test_tries_of_unknown_fate_are_counted(store: Store, clock: Clock) -> None:
    store.say(store.open("telegram", "42").id, "bot", HELLO)
    assert (due(store, 10).tries, nothing_due(store)) == (1, True)
    clock.move(10)  # the sender died: nobody knows whether the message went out
    second = due(store)
    assert (second.tries, second.unsure) == (2, 1)
    store.postpone(second, 0, sent_perhaps=True)
    third = due(store)
    assert (third.tries, third.unsure) == (3, 2)
    store.postpone(third, 0, sent_perhaps=False)
    assert (due(store).tries, nothing_due(store)) == (4, True)


def test_a_delivery_that_was_lost_changes_nothing(store: Store, clock: Clock) -> None:
    one = store.open("telegram", "42").id
    store.say(one, "bot", HELLO)
    slow = due(store, 10)
    clock.move(10)
    quick = due(store, 10)
    assert not store.mark_delivered(slow)
    assert not store.mark_undeliverable(slow)
    assert not store.postpone(slow, 0, sent_perhaps=False)
    assert not store.advance(slow, 1, 10)
    assert store.read(one)[0].delivery == "pending"
    assert store.mark_delivered(quick)
    assert not store.mark_delivered(quick)


def test_a_long_message_goes_on_where_it_stopped(store: Store, clock: Clock) -> None:
    store.say(store.open("telegram", "42").id, "bot", HELLO)
    delivery = due(store, 10)
    assert delivery.parts == 0
    clock.move(9)
    assert store.advance(delivery, 2, 10)
    clock.move(9)
    assert nothing_due(store)
    clock.move(1)
    assert due(store).parts == 2


def test_what_cannot_be_sent_is_on_the_ticket_and_holds_nothing_up(store: Store) -> None:
    one = store.open("telegram", "42").id
    ticket = store.open_ticket(one, WISH, None)
    message = store.say(one, "staff", HELLO, author="Nurse Li")
    store.say(one, "staff", BEDS, author="Nurse Li")
    assert store.mark_undeliverable(due(store))
    assert store.read(one)[0].delivery == "undeliverable"
    event = store.tickets.events(ticket.id)[-1]
    assert (event.kind, event.body) == ("undeliverable", {"seq": message.seq})
    assert due(store).message.text == BEDS.text


def test_without_a_ticket_what_cannot_be_sent_is_marked_all_the_same(store: Store) -> None:
    one = store.open("telegram", "42").id
    store.say(one, "bot", HELLO)
    assert store.mark_undeliverable(due(store))
    assert store.read(one)[0].delivery == "undeliverable"


def test_what_was_being_sent_is_erased_too(store: Store, engine: Engine) -> None:
    one = store.open("telegram", "42").id
    store.say(one, "bot", HELLO)
    delivery = due(store)
    store.erase(one)
    assert not store.mark_delivered(delivery)
    assert nothing_due(store)
    with engine.connect() as connection:
        assert connection.execute(sa.select(outbox)).all() == []


def test_many_senders_send_everything_once_in_order(store: Store) -> None:
    conversations = [store.open("telegram", str(number)).id for number in range(5)]
    sent: dict[str, list[str]] = defaultdict(list)
    guard = threading.Lock()

    def act(number: int) -> None:
        if number < 3:
            for index in range(8):
                for one in conversations[number::3]:
                    store.say(one, "bot", Reply(str(index), "fact"))
        left = 200
        while left:
            delivery = store.undelivered("telegram", f"sender {number}", 60)
            if delivery is None:
                left -= 1
                continue
            if delivery.tries == 1 and delivery.message.seq % 3 == 0:
                assert store.postpone(delivery, 0, sent_perhaps=False)
                continue
            with guard:
                sent[delivery.conversation.id].append(delivery.message.text)
            assert store.mark_delivered(delivery)

    at_once(6, act)
    assert dict(sent) == {one: [str(index) for index in range(8)] for one in conversations}


# Updates


def next_update(store: Store, seconds: float = 60) -> Update:
    update = store.lease_update("telegram", seconds)
    assert update is not None
    return update


def test_an_update_is_stored_once_and_dealt_with_once(store: Store, engine: Engine) -> None:
    body = {"message": {"text": "你好", "chat": {"id": 42}}}
    assert store.receive("telegram", 7, "42", body)
    assert not store.receive("telegram", 7, "42", {"message": {}})
    update = next_update(store)
    assert (update.id, update.person, update.body, update.tries) == (7, "42", body, 1)
    assert store.lease_update("telegram", 60) is None
    assert store.finish_update(update)
    assert not store.finish_update(update)
    assert store.lease_update("telegram", 60) is None
    assert not store.receive("telegram", 7, "42", body)
    with engine.connect() as connection:
        row = connection.execute(sa.select(updates)).one()
    assert (row.body, row.person) == (None, "")


def test_an_update_sent_eight_times_at_once_is_stored_once(store: Store) -> None:
    assert sum(at_once(8, lambda _: store.receive("telegram", 7, "42", {}))) == 1


def test_updates_of_one_person_go_in_order_and_others_beside_them(store: Store) -> None:
    for number, person in ((3, "43"), (1, "42"), (2, "42"), (2**40, "44")):
        store.receive("telegram", number, person, {})
    first = next_update(store)
    assert [first.id, next_update(store).id, next_update(store).id] == [1, 3, 2**40]
    assert store.lease_update("telegram", 60) is None
    store.finish_update(first)
    assert next_update(store).id == 2


def test_an_update_whose_handler_died_or_gave_up_is_taken_again(store: Store, clock: Clock) -> None:
    store.receive("telegram", 1, "42", {"x": 1})
    slow = next_update(store, 10)
    clock.move(10)
    again = next_update(store, 10)
    assert (again.tries, again.body) == (2, {"x": 1})
    assert not store.finish_update(slow)
    store.release_update(again, 5)
    assert store.lease_update("telegram", 10) is None
    clock.move(5)
    assert store.finish_update(next_update(store))


@pytest.mark.parametrize("workers", [6])
def test_many_workers_deal_with_each_update_once_in_order(store: Store, workers: int) -> None:
    for number in range(60):
        store.receive("telegram", number, str(number % 7), {})
    dealt: dict[str, list[int]] = defaultdict(list)
    guard = threading.Lock()

    def act(_: int) -> None:
        left = 100
        while left:
            update = store.lease_update("telegram", 60)
            if update is None:
                left -= 1
                continue
            with guard:
                dealt[update.person].append(update.id)
            assert store.finish_update(update)

    at_once(workers, act)
    assert dict(dealt) == {str(person): list(range(person, 60, 7)) for person in range(7)}
