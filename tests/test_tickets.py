"""bot.conversations.tickets, .inbox and .ticket_store: a ticket's life, its queue, and who holds it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from stores import EMERGENCY, HELLO, OPENED, WISH, WITHDRAWN, Clock, at_once, said, write

from bot.conversations.records import Inbox, NewTicket, Reply, Ticket, UnknownTicket, Urgency
from bot.conversations.store import Store

JOINED = Reply("Nurse Li has joined.", "claimed")
CLOSED = Reply("Closed. Did this help?", "closed")


def opened(store: Store, urgency: Urgency = "service", **more: str | None) -> Ticket:
    """A ticket of a new conversation."""
    new = {"summary": "Wants a person.", "department": "shanghai", "language": "en", "reason": "asked", **more}
    return store.open_ticket(store.open("widget").id, NewTicket(urgency=urgency, **new), None)  # type: ignore[arg-type]  # all given as words


def kinds(store: Store, ticket: Ticket) -> list[str]:
    """What happened to a ticket."""
    return [event.kind for event in store.tickets.events(ticket.id)]


# The patient's side


def test_a_ticket_holds_what_the_desk_must_know(store: Store, clock: Clock) -> None:
    one = store.open("telegram", "42")
    write(store, one.id, "hello")
    ticket = store.open_ticket(one.id, WISH, OPENED)
    assert (ticket.conversation, ticket.channel, ticket.urgency) == (one.id, "telegram", "service")
    assert (ticket.language, ticket.department, ticket.summary) == (WISH.language, WISH.department, WISH.summary)
    assert (ticket.reason, ticket.state, ticket.opened_at) == ("asked", "open", clock.time)
    assert ticket.opened_seq == 2
    assert said(store, one.id) == ["patient: hello", "event: The front desk knows."]
    conversation = store.conversation(one.id)
    assert conversation is not None and (conversation.ticket, conversation.mode) == (ticket.id, "bot")
    assert store.tickets.ticket(ticket.id) == ticket
    (event,) = store.tickets.events(ticket.id)
    assert (event.kind, event.author, event.body) == ("opened", None, {"urgency": "service", "reason": "asked"})


def test_a_conversation_has_one_open_ticket_which_rises_and_never_falls(store: Store) -> None:
    first = opened(store)
    raised = store.open_ticket(first.conversation, EMERGENCY, OPENED)
    assert (raised.id, raised.number, raised.urgency) == (first.id, first.number, "emergency")
    assert (raised.summary, raised.reason, raised.opened_at) == (EMERGENCY.summary, "gate", first.opened_at)
    assert store.open_ticket(first.conversation, WISH, OPENED) == raised
    assert said(store, first.conversation) == []
    assert kinds(store, first) == ["opened", "raised"]


def test_eight_threads_that_open_a_ticket_at_once_get_the_same(store: Store) -> None:
    one = store.open("widget").id
    assert len({ticket.id for ticket in at_once(8, lambda _: store.open_ticket(one, WISH, OPENED))}) == 1
    assert said(store, one) == ["event: The front desk knows."]


def test_numbers_rise_and_are_not_used_again(store: Store) -> None:
    first, second = opened(store), opened(store)
    assert second.number > first.number
    store.erase(second.conversation)
    assert opened(store).number > second.number


def test_a_ticket_is_withdrawn_once(store: Store, clock: Clock) -> None:
    ticket = opened(store)
    clock.move(60)
    withdrawn = store.withdraw_ticket(ticket.conversation, WITHDRAWN)
    assert withdrawn is not None and (withdrawn.state, withdrawn.closed_at) == ("withdrawn", clock.time)
    assert store.withdraw_ticket(ticket.conversation, WITHDRAWN) is None
    assert said(store, ticket.conversation) == ["event: Taken back."]
    assert kinds(store, ticket) == ["opened", "withdrawn"]
    assert store.open_ticket(ticket.conversation, WISH, None).id != ticket.id


def test_withdrawing_a_claimed_ticket_gives_the_conversation_back_to_the_bot(store: Store) -> None:
    ticket = opened(store)
    store.tickets.claim(ticket.id, "li")
    store.withdraw_ticket(ticket.conversation, WITHDRAWN)
    write(store, ticket.conversation, "hello")
    assert store.lease("worker", 60) is not None


# Claiming


def test_of_many_who_claim_at_once_one_holds_it(store: Store) -> None:
    ticket = opened(store)
    tried = at_once(8, lambda number: store.tickets.claim(ticket.id, f"staff {number}", JOINED))
    (holder,) = {claimed.claimed_by for claimed, _ in tried}
    assert sum(mine for _, mine in tried) == 1
    assert [claimed.claimed_by for claimed, mine in tried if mine] == [holder]
    assert said(store, ticket.conversation) == ["event: Nurse Li has joined."]
    assert kinds(store, ticket) == ["opened", "claimed"]


def test_claiming_ones_own_ticket_again_changes_nothing(store: Store) -> None:
    ticket = opened(store)
    first = store.tickets.claim(ticket.id, "li", JOINED)
    assert store.tickets.claim(ticket.id, "li", JOINED) == first == (store.tickets.ticket(ticket.id), True)
    assert said(store, ticket.conversation) == ["event: Nurse Li has joined."]


def test_the_bot_is_silent_while_a_ticket_is_claimed(store: Store) -> None:
    ticket = opened(store)
    write(store, ticket.conversation, "before")
    leased = store.lease("worker", 60)
    assert leased is not None
    store.tickets.claim(ticket.id, "li")
    assert not store.finish(leased, [HELLO])
    write(store, ticket.conversation, "while")
    assert store.lease("worker", 60) is None
    store.tickets.close(ticket.id, "li", "answered", CLOSED)
    write(store, ticket.conversation, "after")
    again = store.lease("worker", 60)
    assert again is not None and again.message.text == "after"


def test_the_gate_answers_while_a_ticket_is_claimed(store: Store) -> None:
    ticket = opened(store)
    store.tickets.claim(ticket.id, "li")
    store.accept(ticket.conversation, "1", "chest pain", "chest pain", handled=True, replies=[HELLO], ticket=EMERGENCY)
    assert said(store, ticket.conversation) == ["patient: chest pain", "bot: Hello."]
    raised = store.tickets.ticket(ticket.id)
    assert (raised.urgency, raised.state, raised.claimed_by) == ("emergency", "claimed", "li")


def test_a_closed_ticket_cannot_be_claimed(store: Store) -> None:
    ticket = opened(store)
    store.tickets.close(ticket.id, "li", "spam")
    closed, mine = store.tickets.claim(ticket.id, "wang")
    assert (closed.state, mine) == ("closed", False)


def test_an_unclaimed_ticket_is_back_in_the_queue_and_the_bot_answers(store: Store) -> None:
    ticket = opened(store)
    store.tickets.claim(ticket.id, "li")
    back = store.tickets.unclaim(ticket.id, "li", HELLO)
    assert (back.state, back.claimed_by, back.claimed_at) == ("open", None, None)
    assert back.opened_at == ticket.opened_at
    assert store.tickets.unclaim(ticket.id, "li", HELLO) == back
    assert said(store, ticket.conversation) == ["event: Hello."]
    write(store, ticket.conversation, "hello")
    assert store.lease("worker", 60) is not None
    assert store.tickets.claim(ticket.id, "wang")[1]


def test_a_ticket_is_handed_to_a_colleague_by_who_knows_who_holds_it(store: Store) -> None:
    ticket = opened(store)
    assert store.tickets.assign(ticket.id, "li", "wang", held_by=None)[0].claimed_by == "wang"
    assert not store.tickets.assign(ticket.id, "li", "li", held_by="zhao")[1]
    handed, done = store.tickets.assign(ticket.id, "wang", "zhao", held_by="wang", event=JOINED)
    assert done and handed.claimed_by == "zhao"
    event = store.tickets.events(ticket.id)[-1]
    assert (event.kind, event.author, event.body) == ("assigned", "wang", {"from": "wang", "to": "zhao"})
    store.tickets.close(ticket.id, "zhao", "answered")
    assert not store.tickets.assign(ticket.id, "zhao", "li", held_by="zhao")[1]


def test_of_a_claim_and_a_hand_over_at_once_one_wins(store: Store) -> None:
    for _ in range(5):
        ticket = opened(store)

        def act(number: int, one: str = ticket.id) -> bool:
            if number == 0:
                return store.tickets.assign(one, "lead", "wang", held_by=None)[1]
            return store.tickets.claim(one, "li")[1]

        assert sum(at_once(2, act)) == 1


# Working


def test_only_the_holder_answers_the_patient(store: Store, clock: Clock) -> None:
    ticket = opened(store)
    answer = Reply("Please come to room 3.", "text")
    assert store.tickets.reply(ticket.id, "li", answer, "Nurse Li") is None
    store.tickets.claim(ticket.id, "li")
    assert store.tickets.reply(ticket.id, "wang", answer, "Nurse Wang") is None
    clock.move(90)
    message = store.tickets.reply(ticket.id, "li", answer, "Nurse Li")
    assert message is not None and (message.sender, message.author) == ("staff", "Nurse Li")
    assert said(store, ticket.conversation) == ["staff: Please come to room 3."]
    first = clock.time
    clock.move(90)
    store.tickets.reply(ticket.id, "li", answer, "Nurse Li")
    now = store.tickets.ticket(ticket.id)
    assert (now.replied_at, now.touched_at) == (first, clock.time)


def test_a_note_is_for_staff_alone(store: Store) -> None:
    ticket = opened(store)
    store.tickets.note(ticket.id, "li", "called back, 没人接")
    event = store.tickets.events(ticket.id)[-1]
    assert (event.kind, event.author, event.text) == ("note", "li", "called back, 没人接")
    assert said(store, ticket.conversation) == []


def test_the_urgency_is_changed_up_and_down_and_written_down(store: Store) -> None:
    ticket = opened(store, "emergency")
    assert store.tickets.set_urgency(ticket.id, "li", "information").urgency == "information"
    assert store.tickets.set_urgency(ticket.id, "li", "information").urgency == "information"
    assert kinds(store, ticket) == ["opened", "urgency"]
    assert store.tickets.events(ticket.id)[-1].body == {"from": "emergency", "to": "information"}
    store.tickets.close(ticket.id, "li", "answered")
    assert store.tickets.set_urgency(ticket.id, "li", "emergency").urgency == "information"


def test_a_ticket_is_closed_with_its_outcome_once_by_its_holder(store: Store, clock: Clock) -> None:
    ticket = opened(store)
    store.tickets.claim(ticket.id, "li")
    assert not store.tickets.close(ticket.id, "wang", "answered", CLOSED)[1]
    clock.move(600)
    closed, done = store.tickets.close(ticket.id, "li", "answered", CLOSED)
    assert done and (closed.state, closed.outcome, closed.closed_at) == ("closed", "answered", clock.time)
    assert not store.tickets.close(ticket.id, "li", "answered", CLOSED)[1]
    assert said(store, ticket.conversation) == ["event: Closed. Did this help?"]
    conversation = store.conversation(ticket.conversation)
    assert conversation is not None and (conversation.mode, conversation.ticket) == ("bot", None)


def test_an_alarm_is_raised_by_one_of_many_and_once(store: Store) -> None:
    ticket = opened(store, "emergency")
    assert sum(at_once(6, lambda _: store.tickets.escalate(ticket.id))) == 1
    assert not store.tickets.escalate(ticket.id)
    assert kinds(store, ticket) == ["opened", "escalated"]
    claimed = opened(store, "emergency")
    store.tickets.claim(claimed.id, "li")
    assert not store.tickets.escalate(claimed.id)


def test_an_idle_ticket_returns_to_the_queue(store: Store, clock: Clock) -> None:
    idle, busy, free = opened(store), opened(store), opened(store)
    for ticket in (idle, busy):
        store.tickets.claim(ticket.id, "li")
    clock.move(minutes=20)
    store.tickets.reply(busy.id, "li", HELLO, "Nurse Li")
    clock.move(minutes=10)
    assert [ticket.id for ticket in store.tickets.return_idle(timedelta(minutes=30), HELLO)] == [idle.id]
    assert store.tickets.return_idle(timedelta(minutes=30), HELLO) == []
    assert [store.tickets.ticket(ticket.id).state for ticket in (idle, busy, free)] == ["open", "claimed", "open"]
    assert kinds(store, idle) == ["opened", "claimed", "returned"]
    assert said(store, idle.conversation) == ["event: Hello."]


def test_a_ticket_that_is_not_there_is_an_error_that_names_it(store: Store) -> None:
    ticket = opened(store)
    store.erase(ticket.conversation)
    for act in (
        lambda: store.tickets.ticket(ticket.id),
        lambda: store.tickets.place(ticket.id),
        lambda: store.tickets.claim(ticket.id, "li"),
        lambda: store.tickets.unclaim(ticket.id, "li"),
        lambda: store.tickets.assign(ticket.id, "li", "wang", None),
        lambda: store.tickets.reply(ticket.id, "li", HELLO, "Li"),
        lambda: store.tickets.note(ticket.id, "li", "x"),
        lambda: store.tickets.set_urgency(ticket.id, "li", "service"),
        lambda: store.tickets.close(ticket.id, "li", "x"),
        lambda: store.tickets.escalate(ticket.id),
    ):
        with pytest.raises(UnknownTicket, match=ticket.id):
            act()
    assert store.tickets.events(ticket.id) == []


# The queue


def test_the_queue_has_the_most_urgent_first_and_then_who_has_waited_longest(store: Store, clock: Clock) -> None:
    urgencies: tuple[Urgency, ...] = ("information", "service", "emergency", "clinical", "service", "emergency")
    tickets = []
    for urgency in urgencies:
        tickets.append(opened(store, urgency))
        clock.move(60)
    order = [tickets[index].id for index in (2, 5, 3, 1, 4, 0)]
    assert [ticket.id for ticket in store.tickets.inbox()] == order
    assert [store.tickets.place(one) for one in order] == [1, 2, 3, 4, 5, 6]
    assert [ticket.id for ticket in store.tickets.inbox(Inbox(limit=2, offset=1))] == order[1:3]


def test_places_in_the_queue_count_who_waits_ahead(store: Store) -> None:
    first, second, third = (opened(store) for _ in range(3))
    store.tickets.claim(first.id, "li")
    assert [store.tickets.place(ticket.id) for ticket in (first, second, third)] == [None, 1, 2]
    store.withdraw_ticket(second.conversation, WITHDRAWN)
    assert store.tickets.place(third.id) == 1
    assert store.tickets.waiting() == {"emergency": 0, "clinical": 0, "service": 1, "information": 0}


def test_the_inbox_is_filtered(store: Store, clock: Clock) -> None:
    early = opened(store, "emergency", summary="Chest PAIN, 100% sure", language="en", department=None)
    clock.move(300)
    chinese = opened(store, "service", summary="想知道怎么挂号", language="zh", department="hangzhou")
    telegram = store.open_ticket(store.open("telegram", "42").id, WISH, None)
    store.tickets.claim(chinese.id, "li")
    store.tickets.escalate(early.id)
    closed = opened(store, summary="old")
    store.tickets.close(closed.id, "li", "answered")

    def ids(**which: object) -> list[str]:
        return [ticket.id for ticket in store.tickets.inbox(Inbox(**which))]  # type: ignore[arg-type]  # typed in Inbox

    assert ids() == [early.id, chinese.id, telegram.id]
    assert ids(states=("open",)) == [early.id, telegram.id]
    assert ids(states=("closed", "withdrawn")) == [closed.id]
    assert ids(urgency="emergency") == [early.id]
    assert ids(language="zh") == [chinese.id]
    assert ids(department="hangzhou") == [chinese.id]
    assert ids(channel="telegram") == [telegram.id]
    assert ids(claimed_by="li") == [chinese.id]
    assert ids(text="pain") == ids(text="100%") == ids(text=f"#{early.number}") == [early.id]
    assert ids(text="挂号") == [chinese.id]
    assert ids(text="_") == ids(text="%%") == ids(text="\\") == ids(text="#99999999999999") == []
    assert ids(text=" ") == ids()
    assert ids(opened_before=clock.time) == [early.id]
    assert ids(escalated=True) == [early.id]
    assert ids(escalated=False, states=("open",)) == [telegram.id]


def test_a_search_finds_what_was_said_as_it_was_masked(store: Store, clock: Clock) -> None:
    one, other = store.open("widget").id, store.open("widget").id
    store.accept(one, "1", "call 13800138000 about the beds", "call [PHONE] about the beds")
    clock.move(1)
    write(store, other, "Beds?", "100%", "请问有几张床")
    ticket = store.open_ticket(other, WISH, None)
    assert [(hit.message.conversation, hit.ticket) for hit in store.tickets.search("BEDS")] == [
        (other, ticket.id),
        (one, None),
    ]
    assert [hit.message.text for hit in store.tickets.search("几张床")] == ["请问有几张床"]
    assert [hit.message.text for hit in store.tickets.search("0%")] == ["100%"]
    assert store.tickets.search("138001") == []
    assert len(store.tickets.search("", limit=2)) == 2
