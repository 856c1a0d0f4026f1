"""What a pushing channel has still to send: one message of a conversation at a time, in order, counted.

A try is counted, as one of unknown fate, before it is made: a process that dies while it sends leaves that mark. Who knows better
takes it back: `postpone` says that nothing was sent.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy import bindparam

from bot.conversations import messages as said
from bot.conversations import tickets
from bot.conversations.records import Conversation, Delivery, DeliveryState, Message
from bot.conversations.tables import conversations, messages, outbox
from bot.conversations.transactions import Transaction, new_id

_earlier = outbox.alias()
_DUE = (
    sa.select(outbox.c.conversation)
    .select_from(outbox.join(conversations, conversations.c.id == outbox.c.conversation))
    .where(
        outbox.c.channel == bindparam("channel"),
        outbox.c.due_at <= bindparam("now"),
        sa.or_(outbox.c.lease_until.is_(None), outbox.c.lease_until <= bindparam("now")),
        ~sa.exists().where(_earlier.c.conversation == outbox.c.conversation, _earlier.c.seq < outbox.c.seq),
    )
    .order_by(outbox.c.due_at, outbox.c.seq)
    .limit(1)
    .with_for_update(of=conversations, skip_locked=True)
)
_FIRST = sa.select(outbox).where(outbox.c.conversation == bindparam("mine")).order_by(outbox.c.seq).limit(1)
_THIS = (outbox.c.conversation == bindparam("mine"), outbox.c.seq == bindparam("this"))
_CHANGE = outbox.update().where(*_THIS)
_REMOVE = outbox.delete().where(*_THIS)
_TOKEN = sa.select(outbox.c.lease_token).where(*_THIS)
_MARK = messages.update().where(messages.c.conversation == bindparam("mine"), messages.c.seq == bindparam("this"))
_READ = said.MESSAGE.where(messages.c.seq == bindparam("this"))


def lease(transaction: Transaction, channel: str, owner: str, seconds: float) -> Delivery | None:
    """Hold the message that is due to be sent next, of those whose conversation has no earlier one to send."""
    now = transaction.now
    while (found := transaction.execute(_DUE, {"channel": channel, "now": now}).scalar()) is not None:
        row = transaction.execute(_FIRST, {"mine": found}).first()
        if row is None or row.due_at > now or (row.lease_until is not None and row.lease_until > now):
            continue  # another sent or took it, after it was found and before its conversation was locked
        this = {"mine": found, "this": row.seq}
        token = new_id()
        hold = {"lease_owner": owner, "lease_token": token, "lease_until": now + timedelta(seconds=seconds)}
        transaction.execute(_CHANGE, {**this, **hold, "tries": row.tries + 1, "unsure": row.unsure + 1})
        message = Message(**transaction.execute(_READ, this).one()._mapping)
        conversation = transaction.lock(found)
        return Delivery(conversation, message, token, row.tries + 1, row.unsure, row.parts)
    return None


def held(transaction: Transaction, delivery: Delivery) -> Conversation | None:
    """The conversation of a delivery, locked, if the lease has not been lost."""
    conversation = transaction.lock_if_there(delivery.conversation.id)
    token = transaction.execute(_TOKEN, _this(delivery)).scalar()
    return conversation if token == delivery.token else None


def mark(transaction: Transaction, delivery: Delivery, state: DeliveryState) -> bool:
    """Note what became of a message, and send it no more; False if the lease was lost.

    Staff learn of an undeliverable message by an event of the open ticket.
    """
    conversation = held(transaction, delivery)
    if conversation is None:
        return False
    transaction.execute(_REMOVE, _this(delivery))
    transaction.execute(_MARK, {**_this(delivery), "delivery": state})
    transaction.wake(f"conversation:{conversation.id}", "delivery")
    transaction.wake(f"delivery:{conversation.channel}")
    if state == "undeliverable" and conversation.ticket is not None:
        body = {"seq": delivery.message.seq}
        tickets.log(transaction, tickets.find(transaction, conversation.ticket), "undeliverable", body=body)
    return True


def postpone(transaction: Transaction, delivery: Delivery, pause: float, sent_perhaps: bool) -> bool:
    """Give a message back, to be sent after so many seconds; False if the lease was lost."""
    if held(transaction, delivery) is None:
        return False
    values: dict[str, Any] = {"due_at": transaction.now + timedelta(seconds=pause), "lease_token": None}
    if not sent_perhaps:
        values["unsure"] = delivery.unsure
    transaction.execute(_CHANGE, {**_this(delivery), **values, "lease_until": None, "lease_owner": None})
    return True


def advance(transaction: Transaction, delivery: Delivery, parts: int, seconds: float) -> bool:
    """Note that so many parts of a long message are sent, and hold it on; False if the lease was lost."""
    if held(transaction, delivery) is None:
        return False
    until = transaction.now + timedelta(seconds=seconds)
    transaction.execute(_CHANGE, {**_this(delivery), "parts": parts, "lease_until": until})
    return True


def hold(transaction: Transaction, delivery: Delivery, seconds: float) -> bool:
    """Hold a message for so many seconds from now; False if the lease was lost."""
    if held(transaction, delivery) is None:
        return False
    until = transaction.now + timedelta(seconds=seconds)
    transaction.execute(_CHANGE, {**_this(delivery), "lease_until": until})
    return True


def acknowledge(transaction: Transaction, conversation: Conversation, seq: int) -> None:
    """Note that a reader has everything of a locked conversation up to a seq: for channels that are not pushed."""
    these = (messages.c.conversation == conversation.id, messages.c.seq <= seq, messages.c.delivery == "pending")
    if transaction.execute(messages.update().where(*these).values(delivery="delivered")).rowcount:
        transaction.wake(f"conversation:{conversation.id}", "delivery")


def _this(delivery: Delivery) -> dict[str, Any]:
    return {"mine": delivery.message.conversation, "this": delivery.message.seq}
