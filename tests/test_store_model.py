"""The store against a model of it that a person can check: any sequence of calls leaves both in the same state."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy.engine import Engine
from stores import EMERGENCY, HELLO, OPENED, WISH, WITHDRAWN, Clock, everything

from bot.conversations.records import Delivery, NewTicket, Reply, Work
from bot.conversations.store import Store
from bot.conversations.tables import metadata
from bot.conversations.wakeups import Wakeups


@dataclass
class Said:
    """A message of the model."""

    sender: str
    text: str
    at: datetime
    waiting: bool = False
    reply_to: int | None = None
    delivery: str = "pending"


@dataclass
class Talk:
    """A conversation of the model."""

    channel: str
    messages: list[Said] = field(default_factory=list)
    mode: str = "bot"
    urgency: str | None = None
    holder: str | None = None
    token: str | None = None
    until: datetime | None = None
    pause: datetime | None = None
    sending: str | None = None
    sent_until: datetime | None = None
    send_after: datetime | None = None

    def add(self, now: datetime, *messages: tuple[str, str], reply_to: int | None = None) -> None:
        """Say something."""
        self.messages += [Said(sender, text, now, reply_to=reply_to) for sender, text in messages]

    def open_ticket(self, ticket: NewTicket | None) -> None:
        """Open a ticket, or raise the open one."""
        if ticket is not None and (self.urgency is None or ticket.urgency == "emergency"):
            self.urgency = ticket.urgency

    def end_ticket(self) -> None:
        """The bot answers again."""
        self.mode, self.urgency, self.holder = "bot", None, None

    def unsent(self) -> list[int]:
        """The seqs of what is to be pushed."""
        return [seq for seq, message in enumerate(self.messages, 1) if message.delivery == "pending"]


class StoreMachine(RuleBasedStateMachine):
    """Calls of the store, and what the model says of them."""

    def __init__(self, engine: Engine) -> None:
        super().__init__()
        with engine.begin() as connection:
            for table in reversed(metadata.sorted_tables):
                connection.execute(table.delete())
        self.clock = Clock()
        self.store = Store(engine, Wakeups(), self.clock)
        self.talks: dict[str, Talk] = {}
        self.erased: list[str] = []
        self.works: list[Work] = []
        self.deliveries: list[Delivery] = []

    def pick(self, data: st.DataObject) -> tuple[str, Talk]:
        """One of the conversations."""
        return data.draw(st.sampled_from(list(self.talks.items())))

    @initialize()
    def open_some(self) -> None:
        """There are two to begin with."""
        self.open("widget", 0)
        self.open("telegram", 1)

    @precondition(lambda self: len(self.talks) < 3)
    @rule(channel=st.sampled_from(["widget", "telegram"]), address=st.integers(0, 2))
    def open(self, channel: str, address: int) -> None:
        """One for each address on Telegram; always a new one on the widget."""
        before = set(self.talks)
        opened = self.store.open(channel, str(address) if channel == "telegram" else None)  # type: ignore[arg-type]  # one of the two
        if opened.id not in before:
            self.talks[opened.id] = Talk(channel)
        assert (opened.channel, opened.last_seq) == (channel, len(self.talks[opened.id].messages))

    @precondition(lambda self: self.talks)
    @rule(
        data=st.data(),
        name=st.sampled_from("abcdefghijkl"),
        handled=st.sampled_from([False, False, False, True]),
        reply=st.booleans(),
        ticket=st.sampled_from([None, WISH, EMERGENCY]),
    )
    def accept(self, data: st.DataObject, name: str, handled: bool, reply: bool, ticket: NewTicket | None) -> None:
        """A message id counts once in its conversation."""
        self._accept(*self.pick(data), name, handled, [HELLO] if reply else [], ticket)

    def _accept(
        self, one: str, talk: Talk, name: str, handled: bool, replies: list[Reply], ticket: NewTicket | None
    ) -> None:
        is_known = any(message.sender == "patient" and message.text == name for message in talk.messages)
        _, is_new = self.store.accept(one, name, name, name, handled=handled, replies=replies, ticket=ticket)
        assert is_new != is_known
        if is_new:
            waiting = not handled and talk.mode == "bot"
            talk.messages.append(Said("patient", name, self.clock.time, waiting, delivery="delivered"))
            talk.add(self.clock.time, *(("bot", HELLO.text) for _ in replies), reply_to=len(talk.messages))
            talk.open_ticket(ticket)

    @rule(seconds=st.sampled_from([10, 60]))
    def lease(self, seconds: int) -> None:
        """The conversation with the oldest waiting message, and its first."""
        now = self.clock.time
        free = {
            one: min((message.at, seq) for seq, message in enumerate(talk.messages, 1) if message.waiting)
            for one, talk in self.talks.items()
            if any(message.waiting for message in talk.messages)
            and (talk.until is None or talk.until <= now)
            and (talk.pause is None or talk.pause <= now)
        }
        work = self.store.lease("worker", seconds)
        if work is None:
            assert not free
            return
        assert free[work.conversation.id] == min(free.values())
        talk = self.talks[work.conversation.id]
        assert work.message.seq == next(seq for seq, message in enumerate(talk.messages, 1) if message.waiting)
        talk.token, talk.until, talk.pause = work.token, now + timedelta(seconds=seconds), None
        self.works.append(work)

    @precondition(lambda self: self.works)
    @rule(data=st.data(), replies=st.integers(0, 2), ticket=st.sampled_from([None, WISH, EMERGENCY]))
    def finish(self, data: st.DataObject, replies: int, ticket: NewTicket | None) -> None:
        """Stores what came of it if nobody else has it, or had it since."""
        self._finish(data.draw(st.sampled_from(self.works[-3:])), replies, ticket)

    @precondition(lambda self: self.talks)
    @rule(
        data=st.data(),
        replies=st.integers(0, 2),
        meanwhile=st.sampled_from(["nothing", "nothing", "late", "claimed", "erased"]),
    )
    def answer(self, data: st.DataObject, replies: int, meanwhile: str) -> None:
        """What a worker does with a new message, and what may happen while it does."""
        one, talk = self.pick(data)
        self._accept(one, talk, f"new {len(talk.messages)}", False, [], None)
        before = len(self.works)
        self.lease(10)
        if len(self.works) == before:
            return
        work = self.works[-1]
        one = work.conversation.id
        if meanwhile == "late":
            self.wait(10)
            self.lease(10)
        elif meanwhile == "claimed":
            self._open_ticket(one, self.talks[one], WISH)
            self._claim(self.store.open_ticket(one, WISH, None).id, self.talks[one], "li")
        elif meanwhile == "erased":
            self._erase(one)
        self._finish(work, replies, None)

    def _finish(self, work: Work, replies: int, ticket: NewTicket | None) -> None:
        talk = self.talks.get(work.conversation.id)
        is_ours = talk is not None and talk.token == work.token
        assert self.store.finish(work, [HELLO] * replies, ticket) == is_ours
        if talk is not None and is_ours:
            talk.messages[work.message.seq - 1].waiting = False
            talk.add(self.clock.time, *([("bot", HELLO.text)] * replies), reply_to=work.message.seq)
            talk.open_ticket(ticket)
            talk.token = talk.until = None

    @precondition(lambda self: self.works)
    @rule(data=st.data(), seconds=st.sampled_from([0, 30]), give_back=st.booleans())
    def extend_or_release(self, data: st.DataObject, seconds: int, give_back: bool) -> None:
        """Hold it on, or give it back."""
        work = data.draw(st.sampled_from(self.works[-3:]))
        talk = self.talks.get(work.conversation.id)
        is_ours = talk is not None and talk.token == work.token
        if give_back:
            self.store.release(work, seconds)
        else:
            assert self.store.extend(work, seconds) == is_ours
        if talk is not None and is_ours:
            until = self.clock.time + timedelta(seconds=seconds)
            talk.token, talk.until, talk.pause = (None, None, until) if give_back else (talk.token, until, None)

    @rule(seconds=st.sampled_from([1, 10, 30, 60]))
    def wait(self, seconds: int) -> None:
        """Time passes."""
        self.clock.move(seconds)

    @precondition(lambda self: self.talks)
    @rule(data=st.data(), ticket=st.sampled_from([WISH, EMERGENCY]))
    def open_ticket(self, data: st.DataObject, ticket: NewTicket) -> None:
        """The patient wants a person."""
        self._open_ticket(*self.pick(data), ticket)

    def _open_ticket(self, one: str, talk: Talk, ticket: NewTicket) -> None:
        if talk.urgency is None:
            talk.add(self.clock.time, ("event", OPENED.text))
        talk.open_ticket(ticket)
        assert self.store.open_ticket(one, ticket, OPENED).urgency == talk.urgency

    @precondition(lambda self: self.talks)
    @rule(data=st.data())
    def withdraw(self, data: st.DataObject) -> None:
        """The patient wants none any more."""
        one, talk = self.pick(data)
        assert (self.store.withdraw_ticket(one, WITHDRAWN) is None) == (talk.urgency is None)
        if talk.urgency is not None:
            talk.add(self.clock.time, ("event", WITHDRAWN.text))
            talk.end_ticket()

    @rule(
        data=st.data(),
        staff=st.sampled_from(["li", "wang"]),
        act=st.sampled_from(["claim", "claim", "unclaim", "reply", "close"]),
    )
    def staff_act(self, data: st.DataObject, staff: str, act: str) -> None:
        """Staff do something with a ticket of the queue, theirs or not."""
        waiting = {one: talk for one, talk in self.talks.items() if talk.urgency is not None}
        tickets = {ticket.conversation: ticket.id for ticket in self.store.tickets.inbox()}
        assert set(tickets) == set(waiting)
        if not waiting:
            return
        one = data.draw(st.sampled_from(list(waiting)))
        ticket, talk = tickets[one], waiting[one]
        if act == "claim":
            self._claim(ticket, talk, staff)
        elif act == "unclaim":
            self.store.tickets.unclaim(ticket, staff)
            if talk.holder is not None:
                talk.mode, talk.holder = "bot", None
        elif act == "reply":
            message = self.store.tickets.reply(ticket, staff, HELLO, "Nurse")
            assert (message is not None) == (talk.holder == staff)
            if message is not None:
                talk.add(self.clock.time, ("staff", HELLO.text))
        else:
            assert self.store.tickets.close(ticket, staff, "answered")[1] == (talk.holder in (None, staff))
            if talk.holder in (None, staff):
                talk.end_ticket()

    def _claim(self, ticket: str, talk: Talk, staff: str) -> None:
        assert self.store.tickets.claim(ticket, staff)[1] == (talk.holder in (None, staff))
        if talk.holder is None:
            talk.holder, talk.mode, talk.token, talk.until = staff, "person", None, None
            for message in talk.messages:
                message.waiting = False

    @rule()
    def undelivered(self) -> None:
        """The first unsent message of a Telegram conversation that nobody sends for."""
        now = self.clock.time
        due = {
            one
            for one, talk in self.talks.items()
            if talk.channel == "telegram"
            and talk.unsent()
            and (talk.sent_until is None or talk.sent_until <= now)
            and (talk.send_after is None or talk.send_after <= now)
        }
        delivery = self.store.undelivered("telegram", "sender", 10)
        if delivery is None:
            assert not due
            return
        assert delivery.conversation.id in due
        talk = self.talks[delivery.conversation.id]
        assert delivery.message.seq == talk.unsent()[0]
        talk.sending, talk.sent_until, talk.send_after = delivery.token, now + timedelta(seconds=10), None
        self.deliveries.append(delivery)

    @precondition(lambda self: self.deliveries)
    @rule(data=st.data(), act=st.sampled_from(["delivered", "undeliverable", "postpone"]))
    def send(self, data: st.DataObject, act: str) -> None:
        """It is sent, or cannot be, or later."""
        delivery = data.draw(st.sampled_from(self.deliveries[-3:]))
        talk = self.talks.get(delivery.conversation.id)
        is_ours = talk is not None and talk.sending == delivery.token
        if act == "postpone":
            assert self.store.postpone(delivery, 10, sent_perhaps=False) == is_ours
        elif act == "delivered":
            assert self.store.mark_delivered(delivery) == is_ours
        else:
            assert self.store.mark_undeliverable(delivery) == is_ours
        if talk is not None and is_ours:
            talk.sending = talk.sent_until = None
            if act == "postpone":
                talk.send_after = self.clock.time + timedelta(seconds=10)
            else:
                talk.messages[delivery.message.seq - 1].delivery = act

    @precondition(lambda self: len(self.talks) > 2)
    @rule(data=st.data())
    def erase(self, data: st.DataObject) -> None:
        """Nothing is left."""
        self._erase(self.pick(data)[0])

    def _erase(self, one: str) -> None:
        self.store.erase(one)
        del self.talks[one]
        self.erased.append(one)

    @invariant()
    def both_say_the_same(self) -> None:
        """What can be read is what the model holds."""
        for one, talk in self.talks.items():
            conversation = self.store.conversation(one)
            assert conversation is not None
            assert (conversation.mode, conversation.last_seq) == (talk.mode, len(talk.messages))
            assert (conversation.ticket is None) == (talk.urgency is None)
            assert [
                (message.seq, message.sender, message.text, message.reply_to, message.delivery)
                for message in everything(self.store, one)
            ] == [
                (seq, message.sender, message.text, message.reply_to, message.delivery)
                for seq, message in enumerate(talk.messages, 1)
            ]
        assert self.store.backlog().messages == sum(
            message.waiting for talk in self.talks.values() for message in talk.messages
        )
        for one in self.erased[-1:]:
            assert self.store.conversation(one) is None and self.store.read(one) == []


def test_the_store_does_what_its_model_does(engine: Engine) -> None:
    examples = settings(
        max_examples=50 if engine.dialect.name == "sqlite" else 10,
        stateful_step_count=50,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(  # type: ignore[no-untyped-call]  # hypothesis gives it no types
        lambda: StoreMachine(engine), settings=examples
    )
