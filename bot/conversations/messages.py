"""What was said: taking in a patient's message once, adding replies, staff messages and events, reading them."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from typing import Any

import sqlalchemy as sa

from bot.conversations.connect import storable
from bot.conversations.records import PUSHING, Conversation, Message, Reply, Sender, UnknownMessage
from bot.conversations.tables import conversations, erasures, feedback, messages, outbox, trackers
from bot.conversations.transactions import Transaction, new_id

_MESSAGE = sa.select(*(messages.c[name] for name in Message.__dataclass_fields__))


def accept(
    transaction: Transaction,
    conversation: Conversation,
    message_id: str,
    text: str,
    masked: str,
    kind: str,
    body: Mapping[str, Any],
    waiting: bool,
) -> tuple[Message, bool]:
    """Add a patient's message to a locked conversation, or find the one stored under this id (and False)."""
    stored = find(transaction, conversation.id, message_id)
    if stored is not None:
        return stored, False
    message = Message(
        conversation=conversation.id,
        seq=_next_seq(transaction, conversation.id),
        id=message_id,
        sender="patient",
        text=storable(masked),
        original=storable(text) if text != masked else None,
        kind=kind,
        body=body,
        reply_to=None,
        author=None,
        created_at=transaction.now,
        delivery="delivered",
    )
    transaction.execute(messages.insert().values(**dataclasses.asdict(message), waiting=waiting, tries=0))
    if waiting:
        transaction.wake("work")
    return message, True


def say(
    transaction: Transaction,
    conversation: Conversation,
    sender: Sender,
    replies: Iterable[Reply],
    reply_to: int | None = None,
    author: str | None = None,
) -> list[Message]:
    """Add what bot or staff say, or events, to a locked conversation; a pushing channel gets them into its outbox."""
    return [_add(transaction, conversation, sender, reply, reply_to, author) for reply in replies]


def _add(
    transaction: Transaction,
    conversation: Conversation,
    sender: Sender,
    reply: Reply,
    reply_to: int | None,
    author: str | None,
) -> Message:
    message = Message(
        conversation=conversation.id,
        seq=_next_seq(transaction, conversation.id),
        id=new_id(),
        sender=sender,
        text=storable(reply.text),
        original=None,
        kind=reply.kind,
        body=reply.body,
        reply_to=reply_to,
        author=author,
        created_at=transaction.now,
        delivery="pending",
    )
    transaction.execute(messages.insert().values(**dataclasses.asdict(message), waiting=False, tries=0))
    if conversation.channel in PUSHING:
        row = {"channel": conversation.channel, "due_at": transaction.now, "tries": 0, "unsure": 0, "parts": 0}
        transaction.execute(outbox.insert().values(conversation=conversation.id, seq=message.seq, **row))
        transaction.wake(f"delivery:{conversation.channel}")
    return message


def _next_seq(transaction: Transaction, conversation_id: str) -> int:
    mine = conversations.c.id == conversation_id
    transaction.change(conversation_id, last_seq=conversations.c.last_seq + 1, active_at=transaction.now)
    transaction.wake(f"conversation:{conversation_id}", "message")
    seq: int = transaction.execute(sa.select(conversations.c.last_seq).where(mine)).scalar_one()
    return seq


def find(transaction: Transaction, conversation_id: str, message_id: str) -> Message | None:
    """The message of a conversation with this id."""
    query = _MESSAGE.where(messages.c.conversation == conversation_id, messages.c.id == message_id)
    row = transaction.execute(query).first()
    return None if row is None else Message(**row._mapping)


def read(transaction: Transaction, conversation_id: str, after: int, limit: int) -> list[Message]:
    """The messages of a conversation from after a seq on, in order."""
    query = _MESSAGE.where(messages.c.conversation == conversation_id, messages.c.seq > after)
    rows = transaction.execute(query.order_by(messages.c.seq).limit(limit))
    return [Message(**row._mapping) for row in rows]


def rate(transaction: Transaction, conversation: Conversation, seq: int, helpful: bool) -> None:
    """Note whether a message of the bot or of staff helped, in place of an earlier note.

    Raises:
        UnknownMessage: if there is no such message, or it is the patient's own.
    """
    this = (messages.c.conversation == conversation.id, messages.c.seq == seq, messages.c.sender.in_(("bot", "staff")))
    if transaction.execute(sa.select(messages.c.seq).where(*this)).first() is None:
        raise UnknownMessage(f"conversation {conversation.id} has no reply {seq}")
    mine = (feedback.c.conversation == conversation.id, feedback.c.seq == seq)
    values = {"helpful": helpful, "created_at": transaction.now}
    if not transaction.execute(feedback.update().where(*mine).values(values)).rowcount:
        transaction.execute(feedback.insert().values(conversation=conversation.id, seq=seq, **values))


def erase(transaction: Transaction, conversation_id: str) -> bool:
    """Delete all of a conversation, its tickets and its tracker too; False if it was not there."""
    found: bool = transaction.execute(conversations.delete().where(conversations.c.id == conversation_id)).rowcount == 1
    erase_tracker(transaction, conversation_id)
    if found:
        transaction.execute(erasures.insert().values(conversation=conversation_id, erased_at=transaction.now))
        transaction.wake(f"conversation:{conversation_id}", "erased")
        transaction.wake("desk")
    return found


def erase_tracker(transaction: Transaction, conversation_id: str) -> None:
    """Delete what Rasa remembers of a conversation."""
    transaction.execute(trackers.delete().where(trackers.c.conversation == conversation_id))
