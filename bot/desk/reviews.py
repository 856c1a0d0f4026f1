"""What the assistant is to learn: messages that it did not answer well, and the intent that staff say such a message has.

    unanswered or thumbed-down ── proposed ── accepted ── taught        ./run teach decides and teaches
                                      └── rejected

A message goes with its conversation: what a patient erases is proposed no more. What has been taught stands in data/nlu, masked.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

import sqlalchemy as sa

from bot.conversations.tables import accounts, feedback, messages, reviews
from bot.conversations.transactions import Transaction, Transactions
from bot.language.script import detect_language

State = Literal["proposed", "accepted", "rejected", "taught"]
UNANSWERED = ("unknown", "fallback")
"""The kinds of reply that are no answer."""


@dataclass(frozen=True)
class Unanswered:
    """A patient's message, masked, that the bot had no good answer to, and why: "unknown", "fallback" or "unhelpful"."""

    conversation: str
    seq: int
    text: str
    language: str
    why: str
    intent: str
    at: datetime


@dataclass(frozen=True)
class Review:
    """A message with the intent that it is said to have; `author` is the name of who said so."""

    id: int
    conversation: str
    seq: int
    text: str
    language: str
    intent: str
    state: State
    author: str | None
    created_at: datetime


class UnknownMessage(Exception):
    """There is no such message of a patient."""


class Reviews:
    """The review list. Methods block."""

    def __init__(self, transactions: Transactions) -> None:
        self._transactions = transactions

    def unanswered(self, since: datetime, limit: int = 100) -> list[Unanswered]:
        """What the bot had no good answer to and nobody has proposed yet, the newest first."""
        asked, said = messages.alias("asked"), messages.alias("said")
        down = sa.exists().where(
            feedback.c.conversation == said.c.conversation, feedback.c.seq == said.c.seq, ~feedback.c.helpful
        )
        done = sa.exists().where(reviews.c.conversation == asked.c.conversation, reviews.c.seq == asked.c.seq)
        query = (
            sa.select(asked, said.c.kind.label("answered"), said.c.body.label("answer"))
            .join(said, sa.and_(said.c.conversation == asked.c.conversation, said.c.reply_to == asked.c.seq))
            .where(asked.c.sender == "patient", asked.c.kind == "text", said.c.sender == "bot")
            .where(asked.c.created_at >= since, sa.or_(said.c.kind.in_(UNANSWERED), down), ~done)
            .order_by(asked.c.created_at.desc(), asked.c.seq.desc())
            .limit(limit)
        )
        with self._transactions.reading() as transaction:
            found = [_unanswered(row) for row in transaction.execute(query)]
        return list({(one.conversation, one.seq): one for one in reversed(found)}.values())[::-1]

    def message(self, conversation: str, seq: int) -> Unanswered:
        """A message that somebody found in a thread.

        Raises:
            UnknownMessage: if it is none of a patient's.
        """
        with self._transactions.reading() as transaction:
            return _one(transaction, conversation, seq)

    def propose(self, conversation: str, seq: int, intent: str, author: str) -> None:
        """Say which intent a message has, in place of what was said before.

        Args:
            author: the id of an account.

        Raises:
            UnknownMessage: if it is none of a patient's.
        """
        with self._transactions.writing() as transaction:
            found = _one(transaction, conversation, seq)
            row = {"text": found.text, "language": found.language, "intent": intent, "author": author}
            this = (reviews.c.conversation == conversation, reviews.c.seq == seq)
            values = {**row, "state": "proposed", "created_at": transaction.now}
            if not transaction.execute(reviews.update().where(*this).values(**values)).rowcount:
                transaction.execute(reviews.insert().values(conversation=conversation, seq=seq, **values))

    def all(self, states: Sequence[State] = ("proposed",)) -> list[Review]:
        """The messages in some states, the oldest first."""
        columns = [reviews.c[name] for name in Review.__dataclass_fields__ if name != "author"]
        query = (
            sa.select(*columns, accounts.c.display_name.label("author"))
            .outerjoin(accounts, accounts.c.id == reviews.c.author)
            .where(reviews.c.state.in_(states))
            .order_by(reviews.c.id)
        )
        with self._transactions.reading() as transaction:
            return [Review(**row._mapping) for row in transaction.execute(query)]

    def set_state(self, ids: Sequence[int], state: State) -> int:
        """Decide; how many there were."""
        with self._transactions.writing() as transaction:
            change = reviews.update().where(reviews.c.id.in_(ids)).values(state=state)
            count: int = transaction.execute(change).rowcount
            return count

    def withdraw(self, review: int) -> bool:
        """Take a proposal back that nobody has decided on; False if there is none."""
        with self._transactions.writing() as transaction:
            gone = reviews.delete().where(reviews.c.id == review, reviews.c.state == "proposed")
            found: bool = transaction.execute(gone).rowcount == 1
            return found


def _one(transaction: Transaction, conversation: str, seq: int) -> Unanswered:
    this = (messages.c.conversation == conversation, messages.c.seq == seq)
    query = sa.select(messages).where(*this, messages.c.sender == "patient", messages.c.kind == "text")
    row = transaction.execute(query).first()
    if row is None:
        raise UnknownMessage(f"conversation {conversation} has no message {seq} of a patient's")
    return _message(row, "", {})


def _unanswered(row: Any) -> Unanswered:
    why = row.answered if row.answered in UNANSWERED else "unhelpful"
    return _message(row, why, row.answer or {})


def _message(row: Any, why: str, answer: Any) -> Unanswered:
    understood = (answer.get("understood") or {}).get("intent") or {}
    language = detect_language(row.text) or answer.get("language") or "zh"
    name = str(understood.get("name") or "")
    return Unanswered(row.conversation, row.seq, row.text, language, why, name, row.created_at)
