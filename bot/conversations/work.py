"""The bot's work: which message is answered next, by whom, and storing what came of it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy import bindparam

from bot.conversations import messages as said
from bot.conversations.records import Backlog, Conversation, Language, Message, NewTicket, Reply, Work
from bot.conversations.tables import conversations, messages
from bot.conversations.tickets import open_ticket
from bot.conversations.transactions import FREE, Transaction, new_id

_DUE = (
    sa.select(conversations.c.id)
    .select_from(messages.join(conversations))
    .where(
        messages.c.waiting,
        sa.or_(conversations.c.lease_until.is_(None), conversations.c.lease_until <= bindparam("now")),
        sa.or_(conversations.c.paused_until.is_(None), conversations.c.paused_until <= bindparam("now")),
    )
    .order_by(messages.c.created_at, messages.c.seq)
    .limit(1)
    .with_for_update(of=conversations, skip_locked=True)
)
_WAITING = (messages.c.conversation == bindparam("mine"), messages.c.waiting)
_FIRST_WAITING = sa.select(messages).where(*_WAITING).order_by(messages.c.seq).limit(1)
_COUNT_TRY = messages.update().where(messages.c.conversation == bindparam("mine"), messages.c.seq == bindparam("this"))
_SETTLE = messages.update().where(*_WAITING, messages.c.seq == bindparam("this")).values(waiting=False)
_BACKLOG = sa.select(sa.func.count(), sa.func.min(messages.c.created_at, type_=messages.c.created_at.type)).where(
    messages.c.waiting
)
_HELD = (
    sa.select(conversations.c.id)
    .where(conversations.c.id == bindparam("mine"), conversations.c.lease_token == bindparam("token"))
    .with_for_update()
)


def lease(transaction: Transaction, owner: str, seconds: float) -> Work | None:
    """Hold the conversation whose waiting message is the oldest, among those nobody holds; its first waiting message.

    The row is locked first and its messages are read after: another worker may have answered in between.
    """
    while (conversation_id := transaction.execute(_DUE, {"now": transaction.now}).scalar()) is not None:
        row = transaction.execute(_FIRST_WAITING, {"mine": conversation_id}).first()
        if row is None:
            continue
        token, until = new_id(), transaction.now + timedelta(seconds=seconds)
        transaction.change(conversation_id, lease_owner=owner, lease_token=token, lease_until=until, paused_until=None)
        transaction.execute(_COUNT_TRY, {"mine": conversation_id, "this": row.seq, "tries": row.tries + 1})
        message = Message(**{name: row._mapping[name] for name in said.COLUMNS})
        return Work(transaction.lock(conversation_id), message, token, row.tries + 1)
    return None


def held(transaction: Transaction, work: Work) -> Conversation | None:
    """The conversation of a lease, locked, if the lease has not been lost.

    A lease that has run out but that nobody has taken since is still good.
    """
    if transaction.execute(_HELD, {"mine": work.conversation.id, "token": work.token}).first() is None:
        return None
    return transaction.find(work.conversation.id)


def extend(transaction: Transaction, work: Work, seconds: float) -> bool:
    """Hold a conversation for so many seconds from now; False if it was lost."""
    if held(transaction, work) is None:
        return False
    transaction.change(work.conversation.id, lease_until=transaction.now + timedelta(seconds=seconds))
    return True


def finish(
    transaction: Transaction, work: Work, replies: Sequence[Reply], ticket: NewTicket | None, language: Language | None
) -> bool:
    """Store what came of a message and give its conversation free; False, and nothing stored, if the lease was lost."""
    conversation = held(transaction, work)
    if conversation is None:
        if transaction.find(work.conversation.id) is None:
            said.erase_tracker(transaction, work.conversation.id)  # written again by the reply made meanwhile
        return False
    transaction.execute(_SETTLE, {"mine": conversation.id, "this": work.message.seq})
    said.say(transaction, conversation, "bot", replies, reply_to=work.message.seq)
    if ticket is not None:
        open_ticket(transaction, conversation, ticket, None)
    pinned = {} if language is None else {"language": language}
    transaction.change(conversation.id, **FREE, **pinned)
    if transaction.execute(_FIRST_WAITING, {"mine": conversation.id}).first() is not None:
        transaction.wake("work")
    return True


def release(transaction: Transaction, work: Work, pause: float) -> None:
    """Give a conversation back unanswered, not to be taken before so many seconds from now."""
    if held(transaction, work) is not None:
        until = transaction.now + timedelta(seconds=pause)
        transaction.change(work.conversation.id, paused_until=until, **FREE)


def backlog(transaction: Transaction) -> Backlog:
    """How many messages wait, and since when."""
    row = transaction.execute(_BACKLOG).one()
    return Backlog(*row)
