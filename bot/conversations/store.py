"""The conversation store: one transaction a method, safe from many threads and processes. docs/conversations.md explains it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Engine

from bot.conversations import messages, tickets, work
from bot.conversations.records import (
    Channel,
    Conversation,
    Language,
    Message,
    Mode,
    NewTicket,
    Reply,
    Script,
    Sender,
    Ticket,
    Work,
    utc_now,
)
from bot.conversations.tables import conversations
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
        self._insert = sqlite.insert if engine.dialect.name == "sqlite" else postgresql.insert

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
            insert = self._insert(conversations).values(**row, **rest, **times)
            transaction.execute(insert.on_conflict_do_nothing(index_elements=["channel", "address"]))
            same = (conversations.c.channel == channel, conversations.c.address == address)
            this = same if address is not None else (conversations.c.id == row["id"],)
            found = transaction.find(transaction.execute(sa.select(conversations.c.id).where(*this)).scalar_one())
            assert found is not None
            return found

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
                work.silence_bot(transaction, conversation)
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
            kind: "text" or "button".
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

    # Tickets of the patient's; those of the desk are in bot.conversations.tickets

    def open_ticket(self, conversation_id: str, new: NewTicket, event: Reply | None) -> Ticket:
        """Open a ticket and tell the patient; where one is open, raise its urgency if the new one is higher (no event)."""
        with self._transactions.writing() as transaction:
            return tickets.open_ticket(transaction, transaction.lock(conversation_id), new, event)

    def withdraw_ticket(self, conversation_id: str, event: Reply) -> Ticket | None:
        """Take the open ticket back, and tell the patient; None if there is none."""
        with self._transactions.writing() as transaction:
            return tickets.withdraw_ticket(transaction, transaction.lock(conversation_id), event)

    # Erasure

    def erase(self, conversation_id: str) -> None:
        """Delete everything of a conversation, tickets and Rasa's tracker too. One that is not there is no error."""
        with self._transactions.writing() as transaction:
            messages.erase(transaction, conversation_id)
