"""The bot's work: which message is answered next, by whom, and storing what came of it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from bot.conversations import messages as said
from bot.conversations.records import Conversation, Language, Message, NewTicket, Reply, Work
from bot.conversations.tables import conversations, messages
from bot.conversations.tickets import open_ticket
from bot.conversations.transactions import Transaction, new_id

_FREE = {"lease_owner": None, "lease_token": None, "lease_until": None}


def lease(transaction: Transaction, owner: str, seconds: float) -> Work | None:
    """Hold the conversation whose waiting message is the oldest, among those nobody holds; its first waiting message.

    The row is locked first and its messages are read after: another worker may have answered in between.
    """
    while (conversation_id := _next_conversation(transaction)) is not None:
        row = _first_waiting(transaction, conversation_id)
        if row is None:
            continue
        token, until = new_id(), transaction.now + timedelta(seconds=seconds)
        transaction.change(conversation_id, lease_owner=owner, lease_token=token, lease_until=until, paused_until=None)
        this = (messages.c.conversation == conversation_id, messages.c.seq == row.seq)
        transaction.execute(messages.update().where(*this).values(tries=row.tries + 1))
        message = Message(**{name: row._mapping[name] for name in Message.__dataclass_fields__})
        return Work(transaction.lock(conversation_id), message, token, row.tries + 1)
    return None


def _first_waiting(transaction: Transaction, conversation_id: str) -> Any:
    """The row of a conversation's first waiting message; None if there is none."""
    these = (messages.c.conversation == conversation_id, messages.c.waiting)
    return transaction.execute(sa.select(messages).where(*these).order_by(messages.c.seq).limit(1)).first()


def _next_conversation(transaction: Transaction) -> str | None:
    """The conversation that is due next, locked; on PostgreSQL those that others have locked are passed over."""
    now = transaction.now
    query = (
        sa.select(conversations.c.id)
        .select_from(messages.join(conversations))
        .where(
            messages.c.waiting,
            sa.or_(conversations.c.lease_until.is_(None), conversations.c.lease_until <= now),
            sa.or_(conversations.c.paused_until.is_(None), conversations.c.paused_until <= now),
        )
        .order_by(messages.c.created_at, messages.c.seq)
        .limit(1)
        .with_for_update(of=conversations, skip_locked=True)
    )
    found: str | None = transaction.execute(query).scalar()
    return found


def held(transaction: Transaction, work: Work) -> Conversation | None:
    """The conversation of a lease, locked, if the lease has not been lost.

    A lease that has run out but that nobody has taken since is still good.
    """
    query = sa.select(conversations.c.id).where(
        conversations.c.id == work.conversation.id, conversations.c.lease_token == work.token
    )
    if transaction.execute(query.with_for_update()).first() is None:
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
    settle(transaction, conversation.id, work.message.seq)
    said.say(transaction, conversation, "bot", replies, reply_to=work.message.seq)
    if ticket is not None:
        open_ticket(transaction, conversation, ticket, None)
    if language is not None:
        transaction.change(conversation.id, language=language)
    transaction.change(conversation.id, **_FREE)
    if _first_waiting(transaction, conversation.id) is not None:
        transaction.wake("work")
    return True


def release(transaction: Transaction, work: Work, pause: float) -> None:
    """Give a conversation back unanswered, not to be taken before so many seconds from now."""
    if held(transaction, work) is not None:
        until = transaction.now + timedelta(seconds=pause)
        transaction.change(work.conversation.id, paused_until=until, **_FREE)


def settle(transaction: Transaction, conversation_id: str, seq: int | None = None) -> None:
    """Mark a message, or all of a conversation's, as not waiting for the bot any more."""
    these = [messages.c.conversation == conversation_id, messages.c.waiting]
    if seq is not None:
        these.append(messages.c.seq == seq)
    transaction.execute(messages.update().where(*these).values(waiting=False))


def silence_bot(transaction: Transaction, conversation: Conversation) -> None:
    """A person takes over: what waits for the bot is theirs now, and a reply being made will not be stored."""
    settle(transaction, conversation.id)
    transaction.change(conversation.id, mode="person", **_FREE)
    transaction.wake(f"conversation:{conversation.id}", "mode")
