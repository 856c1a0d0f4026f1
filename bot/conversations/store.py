"""The conversation store: one transaction a method, safe from many threads and processes. docs/conversations.md explains it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Engine

from bot.conversations import messages, outbox, retention, tickets, updates, work
from bot.conversations.connect import overwrite_log
from bot.conversations.records import (
    Backlog,
    Channel,
    Conversation,
    Delivery,
    Language,
    Message,
    Mode,
    NewTicket,
    Reply,
    Script,
    Sender,
    Ticket,
    Update,
    Work,
    utc_now,
)
from bot.conversations.tables import conversations
from bot.conversations.ticket_store import TicketStore
from bot.conversations.transactions import Transactions, new_id
from bot.conversations.wakeups import Wakeups


class Store:
    """What gateway and desk know of conversations.

    Methods block (a few milliseconds): asynchronous code calls them in a thread. Methods that are given the id of a conversation
    raise UnknownConversation where it does not exist or was erased, unless they say otherwise.

    Args:
        engine: of bot.conversations.connect.connect, its database brought up to date by migrate.
        wakeups: of bot.conversations.wakeups.wakeups_for(engine).
        clock: the time now, in UTC.
    """

    def __init__(self, engine: Engine, wakeups: Wakeups, clock: Callable[[], datetime] = utc_now) -> None:
        self.wakeups = wakeups
        self._transactions = Transactions(engine, wakeups, clock)
        self.tickets = TicketStore(self._transactions)

    # Conversations

    def open(
        self,
        channel: Channel,
        address: str | None = None,
        language: Language | None = None,
        page: str | None = None,
        department: str | None = None,
    ) -> Conversation:
        """A new conversation; or, where the channel has one with this address already, that one as it is."""
        with self._transactions.writing() as transaction:
            row = {"id": new_id(), "channel": channel, "address": address, "language": language, "page": page}
            rest = {"department": department, "mode": "bot", "last_seq": 0}
            times = {"created_at": transaction.now, "active_at": transaction.now}
            transaction.insert_unless_there(conversations, **row, **rest, **times)
            same = (conversations.c.channel == channel, conversations.c.address == address)
            this = same if address is not None else (conversations.c.id == row["id"],)
            return transaction.lock(transaction.execute(sa.select(conversations.c.id).where(*this)).scalar_one())

    def conversation(self, conversation_id: str) -> Conversation | None:
        """A conversation; None if it does not exist."""
        with self._transactions.reading() as transaction:
            return transaction.find(conversation_id)

    def set_language(self, conversation_id: str, language: Language | None) -> None:
        """Pin a language, or none."""
        with self._transactions.writing() as transaction:
            transaction.lock(conversation_id)
            transaction.change(conversation_id, language=language)

    def set_script(self, conversation_id: str, script: Script | None) -> None:
        """Pin a script of Chinese, or none."""
        with self._transactions.writing() as transaction:
            transaction.lock(conversation_id)
            transaction.change(conversation_id, script=script)

    def set_mode(self, conversation_id: str, mode: Mode) -> None:
        """Let a person or the bot answer. Messages that wait for the bot when a person takes over are the person's."""
        with self._transactions.writing() as transaction:
            conversation = transaction.lock(conversation_id)
            if mode == "person":
                tickets.silence_bot(transaction, conversation)
            else:
                transaction.change(conversation_id, mode=mode)
                transaction.wake(f"conversation:{conversation_id}", "mode")

    # Messages

    def accept(
        self,
        conversation_id: str,
        message_id: str,
        text: str,
        masked: str,
        kind: str = "text",
        body: Mapping[str, Any] | None = None,
        handled: bool = False,
        replies: Sequence[Reply] = (),
        ticket: NewTicket | None = None,
    ) -> tuple[Message, bool]:
        """Store a patient's message with what the gate says to it; once for each (conversation, message id).

        Args:
            text: as it was written; kept apart, and forgotten later, where it differs from `masked`.
            masked: what everyone else sees.
            kind: "text", "button", "command" or "media".
            body: what belongs to it, as JSON.
            handled: it needs no reply of the bot. It never does while a person has taken over.
            replies: stored with it, in the same transaction.
            ticket: opened with it, or raises the open one.

        Returns:
            The message, and whether it is new. Of a repeat the stored message is returned and nothing else happens.
        """
        with self._transactions.writing() as transaction:
            conversation = transaction.lock(conversation_id)
            waiting = not handled and conversation.mode == "bot"
            message, is_new = messages.accept(
                transaction, conversation, message_id, text, masked, kind, body or {}, waiting, replies
            )
            if is_new and ticket is not None:
                tickets.open_ticket(transaction, conversation, ticket, None)
            return message, is_new

    def say(self, conversation_id: str, sender: Sender, reply: Reply, author: str | None = None) -> Message:
        """Store what staff say ("staff", with the name shown as `author`), or an event, or an unasked message of the bot."""
        with self._transactions.writing() as transaction:
            conversation = transaction.lock(conversation_id)
            if sender == "staff":
                tickets.replied(transaction, conversation)
            return messages.say(transaction, conversation, sender, [reply], author=author)[0]

    def read(self, conversation_id: str, after: int = 0, limit: int = 200) -> list[Message]:
        """Messages in order, from after a seq on; none if the conversation does not exist."""
        with self._transactions.reading() as transaction:
            return messages.read(transaction, conversation_id, after, limit)

    def message(self, conversation_id: str, message_id: str) -> Message | None:
        """The message of a conversation with this id; None if there is none."""
        with self._transactions.reading() as transaction:
            return messages.find(transaction, conversation_id, message_id)

    def feedback(self, conversation_id: str, seq: int, helpful: bool) -> None:
        """Note whether a reply helped, in place of an earlier note.

        Raises:
            UnknownMessage: if the conversation has no reply with this seq.
        """
        with self._transactions.writing() as transaction:
            messages.rate(transaction, transaction.lock(conversation_id), seq, helpful)

    # The bot's work

    def lease(self, owner: str, seconds: float) -> Work | None:
        """Hold the oldest message that waits for the bot in a conversation nobody holds, for so many seconds."""
        with self._transactions.writing() as transaction:
            return work.lease(transaction, owner, seconds)

    def extend(self, leased: Work, seconds: float) -> bool:
        """Hold it for so many seconds from now; False if it was lost."""
        with self._transactions.writing() as transaction:
            return work.extend(transaction, leased, seconds)

    def finish(
        self,
        leased: Work,
        replies: Sequence[Reply],
        ticket: NewTicket | None = None,
        language: Language | None = None,
    ) -> bool:
        """Store the replies, ticket and pinned language that came of it; False, and nothing stored, if it was lost.

        It is lost when another took it after its time, when a person took over, and when the conversation was erased.
        """
        with self._transactions.writing() as transaction:
            return work.finish(transaction, leased, replies, ticket, language)

    def release(self, leased: Work, pause: float) -> None:
        """Give it back unanswered, to be taken again after so many seconds."""
        with self._transactions.writing() as transaction:
            work.release(transaction, leased, pause)

    def backlog(self) -> Backlog:
        """How much waits for the bot."""
        with self._transactions.reading() as transaction:
            return work.backlog(transaction)

    # The patient's ticket; what the desk does with tickets is in `tickets`

    def open_ticket(self, conversation_id: str, new: NewTicket, event: Reply | None) -> Ticket:
        """Open a ticket and tell the patient; where one is open, raise its urgency if the new one is higher (no event)."""
        with self._transactions.writing() as transaction:
            return tickets.open_ticket(transaction, transaction.lock(conversation_id), new, event)

    def withdraw_ticket(self, conversation_id: str, event: Reply) -> Ticket | None:
        """Take the open ticket back, and tell the patient; None if there is none."""
        with self._transactions.writing() as transaction:
            return tickets.withdraw(transaction, transaction.lock(conversation_id), event)

    # Sending, on channels that push

    def undelivered(self, channel: Channel, owner: str, seconds: float) -> Delivery | None:
        """Hold the message that is to be sent next, for so many seconds; a conversation's go one by one, in order."""
        with self._transactions.writing() as transaction:
            return outbox.lease(transaction, channel, owner, seconds)

    def advance(self, delivery: Delivery, parts: int, seconds: float) -> bool:
        """Note that so many parts of a long message are sent, and hold it for so many seconds more; False if it was lost."""
        with self._transactions.writing() as transaction:
            return outbox.advance(transaction, delivery, parts, seconds)

    def hold(self, delivery: Delivery, seconds: float) -> bool:
        """Hold a message that is being sent for so many seconds from now; False if it was lost."""
        with self._transactions.writing() as transaction:
            return outbox.hold(transaction, delivery, seconds)

    def postpone(self, delivery: Delivery, pause: float, sent_perhaps: bool) -> bool:
        """Send a message again after so many seconds; False if it was lost.

        Args:
            sent_perhaps: the try ended so that nobody knows whether the message went out; it is counted as such.
        """
        with self._transactions.writing() as transaction:
            return outbox.postpone(transaction, delivery, pause, sent_perhaps)

    def mark_delivered(self, delivery: Delivery) -> bool:
        """Note that a message is sent; False if it was lost."""
        with self._transactions.writing() as transaction:
            return outbox.mark(transaction, delivery, "delivered")

    def mark_undeliverable(self, delivery: Delivery) -> bool:
        """Note that a message cannot be sent, on the open ticket too; False if it was lost."""
        with self._transactions.writing() as transaction:
            return outbox.mark(transaction, delivery, "undeliverable")

    def acknowledge(self, conversation_id: str, seq: int) -> None:
        """Note that the patient's client has everything up to a seq: for channels that come and read."""
        with self._transactions.writing() as transaction:
            outbox.acknowledge(transaction, transaction.lock(conversation_id), seq)

    # What a channel's server sent

    def receive(self, channel: Channel, update_id: int, person: str, body: Mapping[str, Any]) -> bool:
        """Store an update before it is acknowledged; False if it was there. `person`: within whose updates order counts."""
        with self._transactions.writing() as transaction:
            return updates.receive(transaction, channel, update_id, person, body)

    def lease_update(self, channel: Channel, seconds: float) -> Update | None:
        """Hold the next update that waits, for so many seconds; a person's go one by one, in order."""
        with self._transactions.writing() as transaction:
            return updates.lease(transaction, channel, seconds)

    def finish_update(self, update: Update) -> bool:
        """Note that an update has been dealt with, and forget what was in it; False if it was lost."""
        with self._transactions.writing() as transaction:
            return updates.finish(transaction, update)

    def release_update(self, update: Update, pause: float) -> None:
        """Give an update back, to be taken again after so many seconds."""
        with self._transactions.writing() as transaction:
            updates.release(transaction, update, pause)

    # Forgetting

    def erase(self, conversation_id: str) -> None:
        """Delete everything of a conversation, tickets and Rasa's tracker too. One that is not there is no error."""
        with self._transactions.writing() as transaction:
            messages.erase(transaction, conversation_id)

    def forget_originals(self, older_than: timedelta) -> int:
        """Drop what was written before masking, from some age on, except in a ticket's thread; how many messages."""
        with self._transactions.reading() as transaction:
            before = transaction.now - older_than
            found = retention.with_old_originals(transaction, before)
        count = 0
        for conversation_id in found:  # each in a transaction of its own: nobody waits for long
            with self._transactions.writing() as transaction:
                count += retention.forget_originals(transaction, conversation_id, before)
        return count

    def forget_conversations(self, unused_for: timedelta) -> int:
        """Erase conversations that nobody has written in for so long and that have no open ticket; how many."""
        with self._transactions.reading() as transaction:
            since = transaction.now - unused_for
            found = retention.unused(transaction, since)
        count = 0
        for conversation_id in found:
            with self._transactions.writing() as transaction:
                count += retention.erase_unused(transaction, conversation_id, since)
        return count

    def sweep(self) -> None:
        """Remove what erasures and updates left behind; to be done every hour or so."""
        with self._transactions.writing() as transaction:
            retention.sweep(transaction)
        overwrite_log(self._transactions.engine)
