"""What is forgotten, and when: originals of masked messages, conversations nobody has used for long, leftovers."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from bot.conversations import messages as said
from bot.conversations.tables import conversations, erasures, messages, tickets, trackers, updates
from bot.conversations.transactions import Transaction

KEEP_TRACES = timedelta(days=2)
"""How long the ids of erased conversations and of updates dealt with are kept. A reply that was being made at the erasure has
ended by then, and Telegram sends an update again for 24 hours at most (Bot API, "Getting updates")."""

_IS_OPEN = tickets.c.state.in_(("open", "claimed"))
_IN_THREAD = sa.exists().where(
    tickets.c.conversation == messages.c.conversation,
    sa.or_(_IS_OPEN, sa.and_(tickets.c.state == "closed", tickets.c.closed_seq >= messages.c.seq)),
)
"""A ticket's thread: what was there when it was opened, and all until it was closed. One taken back has none."""


def _forgettable(before: datetime) -> tuple[Any, ...]:
    return messages.c.original.is_not(None), messages.c.created_at < before, ~_IN_THREAD


def with_old_originals(transaction: Transaction, before: datetime) -> list[str]:
    """The conversations that have originals to be forgotten, written before a time."""
    query = sa.select(messages.c.conversation).where(*_forgettable(before)).distinct()
    found: list[str] = transaction.execute(query).scalars().all()
    return found


def forget_originals(transaction: Transaction, conversation_id: str, before: datetime) -> int:
    """Drop the originals of a conversation written before a time, except those of a ticket's thread; how many."""
    if transaction.lock_if_there(conversation_id) is None:
        return 0
    old = (messages.c.conversation == conversation_id, *_forgettable(before))
    count: int = transaction.execute(messages.update().where(*old).values(original=None)).rowcount
    return count


def _unused(since: datetime) -> tuple[Any, ...]:
    has_open_ticket = sa.exists().where(tickets.c.conversation == conversations.c.id, _IS_OPEN)
    return conversations.c.active_at < since, ~has_open_ticket


def unused(transaction: Transaction, since: datetime) -> list[str]:
    """The conversations that nobody has written in since a time; those with an open ticket are in use."""
    found: list[str] = transaction.execute(sa.select(conversations.c.id).where(*_unused(since))).scalars().all()
    return found


def erase_unused(transaction: Transaction, conversation_id: str, since: datetime) -> bool:
    """Erase a conversation, unless it has been used again meanwhile."""
    transaction.lock_if_there(conversation_id)
    still = sa.select(conversations.c.id).where(conversations.c.id == conversation_id, *_unused(since))
    if transaction.execute(still).first() is None:
        return False
    return said.erase(transaction, conversation_id)


def sweep(transaction: Transaction) -> None:
    """Remove leftovers: trackers written again after their conversation was erased, ids that are not needed any more."""
    erased = sa.select(erasures.c.conversation)
    transaction.execute(trackers.delete().where(trackers.c.conversation.in_(erased)))
    before = transaction.now - KEEP_TRACES
    transaction.execute(erasures.delete().where(erasures.c.erased_at < before))
    transaction.execute(updates.delete().where(updates.c.received_at < before, ~updates.c.waiting))
