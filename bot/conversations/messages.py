"""What was said: taking in a patient's message once, adding replies, staff messages and events, reading them.

Statements that every message needs are made once, with `bindparam`: making them costs more than running them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy import bindparam

from bot.conversations.connect import storable
from bot.conversations.records import PUSHING, Conversation, Message, Reply, Sender, UnknownMessage
from bot.conversations.tables import conversations, erasures, feedback, messages, outbox, trackers
from bot.conversations.transactions import Transaction, new_id

AHEAD = timedelta(hours=1)
"""How far an emergency's answer goes ahead of other people's messages in the outbox."""
COLUMNS = tuple(Message.__dataclass_fields__)
MESSAGE = sa.select(*(messages.c[name] for name in COLUMNS)).where(messages.c.conversation == bindparam("mine"))
_BY_ID = MESSAGE.where(messages.c.id == bindparam("message"))
_AFTER = MESSAGE.where(messages.c.seq > bindparam("after")).order_by(messages.c.seq).limit(bindparam("most"))
_LAST_SEQ = sa.select(conversations.c.last_seq).where(conversations.c.id == bindparam("mine"))
_INSERT, _INSERT_OUTBOX = messages.insert(), outbox.insert()


def accept(
    transaction: Transaction,
    conversation: Conversation,
    message_id: str,
    text: str,
    masked: str,
    kind: str,
    body: Mapping[str, Any],
    waiting: bool,
    replies: Sequence[Reply],
) -> tuple[Message, bool]:
    """Add a patient's message and replies to a locked conversation, or find the one stored under this id (and False)."""
    stored = find(transaction, conversation.id, message_id)
    if stored is not None:
        return stored, False
    seq = transaction.execute(_LAST_SEQ, {"mine": conversation.id}).scalar_one() + 1
    row = {
        "id": message_id,
        "sender": "patient",
        "text": storable(masked),
        "original": storable(text) if text != masked else None,
        "kind": kind,
        "body": body,
        "reply_to": None,
        "author": None,
        "delivery": "delivered",
        "waiting": waiting,
    }
    rows = [row, *(_row("bot", reply, seq, None) for reply in replies)]
    if waiting:
        transaction.wake("work")
    return _append(transaction, conversation, seq, rows)[0], True


def say(
    transaction: Transaction,
    conversation: Conversation,
    sender: Sender,
    replies: Sequence[Reply],
    reply_to: int | None = None,
    author: str | None = None,
    message_id: str | None = None,
) -> list[Message]:
    """Add what bot or staff say, or events, to a locked conversation; `message_id` is the id of the first, if it has one already."""
    seq = transaction.execute(_LAST_SEQ, {"mine": conversation.id}).scalar_one() + 1
    rows = [_row(sender, reply, reply_to, author) for reply in replies]
    if message_id is not None:
        rows[0]["id"] = message_id
    return _append(transaction, conversation, seq, rows)


def _row(sender: Sender, reply: Reply, reply_to: int | None, author: str | None) -> dict[str, Any]:
    return {
        "id": new_id(),
        "sender": sender,
        "text": storable(reply.text),
        "original": None,
        "kind": reply.kind,
        "body": reply.body,
        "reply_to": reply_to,
        "author": author,
        "delivery": "pending",
        "waiting": False,
    }


def _append(
    transaction: Transaction, conversation: Conversation, seq: int, rows: Sequence[Mapping[str, Any]]
) -> list[Message]:
    """Store rows under the numbers from `seq` on; a pushing channel gets what is pending into its outbox."""
    if not rows:
        return []
    common = {"conversation": conversation.id, "created_at": transaction.now, "tries": 0}
    numbered = [{**row, **common, "seq": seq + index} for index, row in enumerate(rows)]
    transaction.execute(_INSERT, numbered)
    transaction.change(conversation.id, last_seq=numbered[-1]["seq"], active_at=transaction.now)
    transaction.wake(f"conversation:{conversation.id}", "message")
    pending = [row for row in numbered if row["delivery"] == "pending"]
    if conversation.channel in PUSHING and pending:
        fresh = {"conversation": conversation.id, "channel": conversation.channel, "tries": 0, "unsure": 0, "parts": 0}
        rows = [{**fresh, "seq": row["seq"], "due_at": _due(transaction, row["kind"])} for row in pending]
        transaction.execute(_INSERT_OUTBOX, rows)
        transaction.wake(f"delivery:{conversation.channel}")
    return [Message(**{name: row[name] for name in COLUMNS}) for row in numbered]


def _due(transaction: Transaction, kind: str) -> datetime:
    """When a message is to be sent: an emergency's before all that waits."""
    return transaction.now - AHEAD if kind == "emergency" else transaction.now


def find(transaction: Transaction, conversation_id: str, message_id: str) -> Message | None:
    """The message of a conversation with this id."""
    row = transaction.execute(_BY_ID, {"mine": conversation_id, "message": message_id}).first()
    return None if row is None else Message(**row._mapping)


def read(transaction: Transaction, conversation_id: str, after: int, limit: int) -> list[Message]:
    """The messages of a conversation from after a seq on, in order."""
    rows = transaction.execute(_AFTER, {"mine": conversation_id, "after": after, "most": limit})
    return [Message(**row._mapping) for row in rows]


def rate(transaction: Transaction, conversation: Conversation, seq: int, helpful: bool) -> None:
    """Note whether a message helped, in place of an earlier note: of the bot, of staff, or the one that says a ticket is closed.

    Raises:
        UnknownMessage: if there is no such message, or it is the patient's own.
    """
    this = (messages.c.conversation == conversation.id, messages.c.seq == seq, messages.c.sender != "patient")
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
        transaction.wake("desk", "erased")
    return found


def erase_tracker(transaction: Transaction, conversation_id: str) -> None:
    """Delete what Rasa remembers of a conversation."""
    transaction.execute(trackers.delete().where(trackers.c.conversation == conversation_id))
