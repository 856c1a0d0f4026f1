"""A transaction of the store: the connection, the time it happens at, and whom it wakes once it is committed.

Every transaction that changes something of a conversation locks that conversation's row first (`lock`). That gives all that
belongs to it (messages, tickets, outbox) one order of events, and leaves no two transactions that wait for each other.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection, Engine

from bot.conversations.records import Conversation, UnknownConversation, utc_now
from bot.conversations.tables import conversations, tickets
from bot.conversations.wakeups import Wakeups

_OPEN_TICKET = (
    sa.select(tickets.c.id)
    .where(tickets.c.conversation == conversations.c.id, tickets.c.state.in_(("open", "claimed")))
    .scalar_subquery()
    .label("ticket")
)
_MINE = conversations.c.id == sa.bindparam("mine")
_CONVERSATION = sa.select(
    *(conversations.c[name] for name in Conversation.__dataclass_fields__ if name != "ticket"), _OPEN_TICKET
).where(_MINE)
_LOCK = sa.select(conversations.c.id).where(_MINE).with_for_update()
_CHANGE = conversations.update().where(_MINE)
FREE: dict[str, None] = {"lease_owner": None, "lease_token": None, "lease_until": None}
"""The columns of a conversation that the bot's worker does not hold."""


@dataclass
class Transaction:
    """What the functions of this package work on."""

    connection: Connection
    now: datetime
    wakes: list[tuple[str, str]] = field(default_factory=list)

    def execute(self, statement: Any, values: Any = None) -> Any:
        """Run a statement with a mapping of its values, or with a list of mappings for several rows."""
        return self.connection.execute(statement, values or {})

    def wake(self, topic: str, event: str = "") -> None:
        """Publish an event after the commit; the same one twice is published once."""
        if (topic, event) not in self.wakes:
            self.wakes.append((topic, event))

    def find(self, conversation_id: str) -> Conversation | None:
        """A conversation, not locked."""
        row = self.execute(_CONVERSATION, {"mine": conversation_id}).first()
        return None if row is None else Conversation(**row._mapping)

    def lock(self, conversation_id: str) -> Conversation:
        """A conversation that nobody else changes until this transaction ends.

        Raises:
            UnknownConversation: if it does not exist.
        """
        found = self.lock_if_there(conversation_id)
        if found is None:
            raise UnknownConversation(f"conversation {conversation_id} does not exist or was erased")
        return found

    def lock_if_there(self, conversation_id: str) -> Conversation | None:
        """The same, or None if it does not exist."""
        if self.connection.dialect.name == "postgresql":  # SQLite's write lock is held already
            self.execute(_LOCK, {"mine": conversation_id})
        return self.find(conversation_id)

    def insert_unless_there(self, table: sa.Table, **values: Any) -> bool:
        """Insert a row; False, and nothing done, if one of its unique keys is there."""
        insert = sqlite.insert if self.connection.dialect.name == "sqlite" else postgresql.insert
        inserted: bool = self.execute(insert(table).values(**values).on_conflict_do_nothing()).rowcount == 1
        return inserted

    def change(self, conversation_id: str, **values: Any) -> None:
        """Set columns of a conversation."""
        self.execute(_CHANGE, {"mine": conversation_id, **values})


class Transactions:
    """Where transactions come from."""

    def __init__(self, engine: Engine, wakeups: Wakeups, clock: Callable[[], datetime] = utc_now) -> None:
        self.engine = engine
        self.wakeups = wakeups
        self.clock = clock

    @contextmanager
    def writing(self) -> Iterator[Transaction]:
        """A transaction that is committed at the end of the block, or rolled back if the block raises."""
        with self.engine.begin() as connection:
            transaction = Transaction(connection, self.clock())
            yield transaction
            self.wakeups.before_commit(connection, transaction.wakes)
        self.wakeups.after_commit(transaction.wakes)

    @contextmanager
    def reading(self) -> Iterator[Transaction]:
        """For reads: each statement sees what is committed when it begins."""
        with self.engine.connect() as connection:
            yield Transaction(connection, self.clock())


def new_id() -> str:
    """A random id that cannot be guessed: 32 hexadecimal digits."""
    return secrets.token_hex(16)
