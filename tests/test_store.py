"""bot.conversations.store: conversations, messages, feedback, erasure; on SQLite and PostgreSQL."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine
from stores import BEDS, EMERGENCY, HELLO, OPENED, WISH, Clock, at_once, everything, said, write

from bot.conversations.records import Reply, UnknownConversation, UnknownMessage
from bot.conversations.store import Store
from bot.conversations.tables import metadata, trackers


def rows(engine: Engine) -> dict[str, int]:
    """How many rows each table has; those without are left out."""
    with engine.connect() as connection:
        counts = {
            name: connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one()
            for name, table in metadata.tables.items()
        }
    return {name: count for name, count in counts.items() if count}


# Conversations


def test_a_conversation_opens_with_what_is_known_of_it(store: Store, clock: Clock) -> None:
    opened = store.open("widget", language="zh", page="https://hospital.example/ward", department="shanghai")
    assert store.conversation(opened.id) == opened
    assert (opened.channel, opened.address, opened.language, opened.script) == ("widget", None, "zh", None)
    assert (opened.page, opened.department) == ("https://hospital.example/ward", "shanghai")
    assert (opened.mode, opened.last_seq, opened.ticket, opened.created_at) == ("bot", 0, None, clock.time)


def test_every_visitor_of_the_widget_has_a_conversation_of_their_own(store: Store) -> None:
    assert store.open("widget").id != store.open("widget").id


def test_an_address_has_one_conversation(store: Store) -> None:
    first = store.open("telegram", "42", language="en")
    store.set_language(first.id, "zh")
    assert store.open("telegram", "42", language="en").id == first.id
    assert store.open("telegram", "42").language == "zh"
    assert store.open("telegram", "43").id != first.id


def test_an_address_has_one_conversation_whoever_opens_it_at_once(store: Store) -> None:
    assert len({conversation.id for conversation in at_once(8, lambda _: store.open("telegram", "42"))}) == 1


def test_a_conversation_that_is_not_there_is_none(store: Store) -> None:
    assert store.conversation("nobody") is None
    assert store.read("nobody") == []


def test_what_a_person_pins_is_kept_and_taken_off_again(store: Store) -> None:
    one = store.open("widget").id
    store.set_language(one, "zh")
    store.set_script(one, "traditional")
    pinned = store.conversation(one)
    assert pinned is not None and (pinned.language, pinned.script) == ("zh", "traditional")
    store.set_language(one, None)
    store.set_script(one, None)
    free = store.conversation(one)
    assert free is not None and (free.language, free.script) == (None, None)


def test_what_is_done_to_a_conversation_that_is_not_there_is_an_error_that_names_it(store: Store) -> None:
    for act in (
        lambda: store.accept("nobody", "1", "hello", "hello"),
        lambda: store.say("nobody", "staff", HELLO),
        lambda: store.set_language("nobody", "en"),
        lambda: store.set_script("nobody", None),
        lambda: store.set_mode("nobody", "person"),
        lambda: store.open_ticket("nobody", WISH, None),
        lambda: store.withdraw_ticket("nobody", HELLO),
        lambda: store.feedback("nobody", 1, True),
    ):
        with pytest.raises(UnknownConversation, match="nobody"):
            act()


# Messages


def test_a_message_is_stored_masked_with_its_original_apart(store: Store, clock: Clock) -> None:
    one = store.open("widget").id
    message, is_new = store.accept(one, "m1", "call 13800138000", "call [PHONE]", body={"language": "en"})
    assert is_new and store.read(one) == [message]
    assert (message.seq, message.id, message.sender, message.kind) == (1, "m1", "patient", "text")
    assert (message.text, message.original) == ("call [PHONE]", "call 13800138000")
    assert (message.body, message.created_at, message.delivery) == ({"language": "en"}, clock.time, "delivered")
    assert store.message(one, "m1") == message
    assert store.message(one, "m2") is None


def test_an_original_that_is_not_masked_is_not_kept_twice(store: Store) -> None:
    one = store.open("widget").id
    assert store.accept(one, "m1", "how many beds", "how many beds")[0].original is None


def test_a_repeated_message_changes_nothing(store: Store) -> None:
    one = store.open("widget").id
    first, _ = store.accept(one, "m1", "my chest hurts", "my chest hurts", handled=True, replies=[HELLO], ticket=WISH)
    before = everything(store, one)
    again = store.accept(one, "m1", "something else", "something else", replies=[BEDS, BEDS], ticket=EMERGENCY)
    assert again == (first, False)
    assert everything(store, one) == before
    ticket = store.open_ticket(one, WISH, None)
    assert ticket.urgency == "service"


def test_a_message_id_counts_within_its_conversation(store: Store) -> None:
    one, other = store.open("widget").id, store.open("widget").id
    assert store.accept(one, "m1", "a", "a")[1]
    assert store.accept(other, "m1", "b", "b")[1]


def test_a_message_sent_by_eight_threads_at_once_is_stored_once(store: Store) -> None:
    one = store.open("telegram", "42").id

    def send(_: int) -> bool:
        return store.accept(one, "m1", "hello", "hello", handled=True, replies=[HELLO], ticket=WISH)[1]

    assert sum(at_once(8, send)) == 1
    assert said(store, one) == ["patient: hello", "bot: Hello."]


def test_messages_of_many_threads_are_numbered_without_a_gap(store: Store) -> None:
    one = store.open("widget").id
    at_once(8, lambda number: write(store, one, *(f"{number}.{index}" for index in range(10))))
    assert [message.seq for message in everything(store, one)] == list(range(1, 81))
    conversation = store.conversation(one)
    assert conversation is not None and conversation.last_seq == 80


def test_the_gates_reply_and_ticket_are_stored_with_the_message(store: Store) -> None:
    one = store.open("widget").id
    store.accept(one, "m1", "my chest hurts", "my chest hurts", handled=True, replies=[HELLO, BEDS], ticket=EMERGENCY)
    patient, *replies = store.read(one)
    assert [(reply.text, reply.reply_to, reply.sender) for reply in replies] == [
        (HELLO.text, patient.seq, "bot"),
        (BEDS.text, patient.seq, "bot"),
    ]
    conversation = store.conversation(one)
    assert conversation is not None and conversation.ticket is not None


def test_bodies_come_back_as_they_went_in(store: Store) -> None:
    body = {
        "buttons": [{"title": "那杭州呢", "payload": '/ask{"topic": "beds"}'}, {"title": "No", "payload": "/deny"}],
        "source": {"text": "Source: …", "department": "杭州"},
        "confidence": 0.25,
        "facts": [],
        "rule": None,
    }
    one = store.open("widget").id
    stored = store.say(one, "bot", Reply("好的", "fact", body))
    assert stored.body == body
    assert store.read(one)[0].body == body


def test_texts_come_back_as_they_were_but_for_what_no_database_holds(store: Store) -> None:
    one = store.open("widget").id
    odd = "𠮷野家 👩‍⚕️ a\u200bb \ufeff %s :x '\" \\ \n\t"
    assert store.accept(one, "odd", odd, odd)[0].text == odd
    assert store.read(one)[0].text == odd
    broken = store.accept(one, "broken", "a\0b\ud83dc", "a\0b\ud83d", body={"title": "x\0y\udc00z"})[0]
    assert store.read(one)[1].text == "a\ufffdb\ufffd" == broken.text
    assert store.read(one)[1].original == "a\ufffdb\ufffdc"
    assert store.message(one, "broken") is not None


def test_a_conversation_is_read_from_after_a_message_on(store: Store) -> None:
    one, other = store.open("widget").id, store.open("widget").id
    write(store, one, "a", "b", "c", "d")
    write(store, other, "x")
    assert [message.text for message in store.read(one, after=1)] == ["b", "c", "d"]
    assert [message.text for message in store.read(one, after=1, limit=2)] == ["b", "c"]
    assert store.read(one, after=4) == []


def test_staff_and_events_have_their_place_in_the_conversation(store: Store) -> None:
    one = store.open("widget").id
    write(store, one, "hello")
    store.say(one, "event", OPENED)
    staff = store.say(one, "staff", Reply("Good morning.", "text"), author="Nurse Li")
    assert (staff.seq, staff.author, staff.sender) == (3, "Nurse Li", "staff")
    assert said(store, one) == ["patient: hello", "event: The front desk knows.", "staff: Good morning."]


# Feedback


def test_feedback_is_for_a_reply_and_a_later_one_counts(store: Store, engine: Engine) -> None:
    one = store.open("widget").id
    store.accept(one, "m1", "hello", "hello", handled=True, replies=[HELLO])
    store.feedback(one, 2, True)
    store.feedback(one, 2, False)
    with engine.connect() as connection:
        assert connection.execute(sa.select(metadata.tables["feedback"].c.helpful)).scalars().all() == [False]


@pytest.mark.parametrize("seq", [0, 1, 99])
def test_feedback_for_anything_else_is_an_error(store: Store, seq: int) -> None:
    one = store.open("widget").id
    store.accept(one, "m1", "hello", "hello", handled=True, replies=[HELLO])
    with pytest.raises(UnknownMessage, match=str(seq)):
        store.feedback(one, seq, True)


# Erasure


def test_erasing_leaves_nothing_but_the_id(store: Store, engine: Engine) -> None:
    one, other = store.open("telegram", "42"), store.open("telegram", "43")
    for conversation in (one, other):
        store.accept(conversation.id, "m1", "a", "b", handled=True, replies=[HELLO], ticket=WISH)
        store.feedback(conversation.id, 2, True)
        with engine.begin() as connection:
            connection.execute(trackers.insert().values(conversation=conversation.id, events="[]"))
    before = rows(engine)
    store.erase(one.id)
    assert store.conversation(one.id) is None
    assert rows(engine) == {**{name: count // 2 for name, count in before.items()}, "erasures": 1}
    assert said(store, other.id) == ["patient: b", "bot: Hello."]
    assert store.open("telegram", "42").id != one.id


def test_erasing_twice_or_nothing_is_no_error(store: Store) -> None:
    one = store.open("widget").id
    store.erase(one)
    store.erase(one)
    store.erase("nobody")


def test_erasing_takes_the_tracker_of_a_conversation_that_only_rasa_knows(store: Store, engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(trackers.insert().values(conversation="shell", events="[]"))
    store.erase("shell")
    assert rows(engine) == {}


def test_a_conversation_erased_while_others_write_is_gone(store: Store, engine: Engine) -> None:
    one = store.open("telegram", "42").id

    def act(number: int) -> None:
        try:
            for index in range(10):
                store.accept(one, f"{number}.{index}", "a", "a", handled=True, replies=[HELLO], ticket=WISH)
        except UnknownConversation:
            return
        finally:
            if number == 0:
                store.erase(one)

    at_once(6, act)
    assert rows(engine) == {"erasures": 1}
