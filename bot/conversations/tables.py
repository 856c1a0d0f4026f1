"""The tables. docs/conversations.md draws them; the migrations make them, and a test holds the two together."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

import sqlalchemy as sa

metadata = sa.MetaData()


class Moment(sa.types.TypeDecorator):
    """A point in time: an aware datetime in Python, in UTC, whatever the database makes of it."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Any) -> datetime | None:
        """To the database, in UTC. A naive datetime is refused."""
        if value is not None and value.tzinfo is None:
            raise ValueError("a point in time needs its time zone")
        return None if value is None else value.astimezone(timezone.utc)

    def process_result_value(self, value: datetime | None, dialect: Any) -> datetime | None:
        """From the database; SQLite keeps no time zone."""
        if value is None:
            return None
        return value.replace(tzinfo=timezone.utc) if value.tzinfo is None else value.astimezone(timezone.utc)


def _of_conversation(**options: Any) -> Any:
    return sa.Column(
        "conversation", sa.Text, sa.ForeignKey("conversations.id", ondelete="CASCADE"), nullable=False, **options
    )


conversations = sa.Table(
    "conversations",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("channel", sa.Text, nullable=False),
    sa.Column("address", sa.Text),
    sa.Column("language", sa.Text),
    sa.Column("script", sa.Text),
    sa.Column("mode", sa.Text, nullable=False),
    sa.Column("department", sa.Text),
    sa.Column("page", sa.Text),
    sa.Column("created_at", Moment, nullable=False),
    sa.Column("active_at", Moment, nullable=False),
    sa.Column("last_seq", sa.Integer, nullable=False),
    sa.Column("lease_owner", sa.Text),
    sa.Column("lease_token", sa.Text),
    sa.Column("lease_until", Moment),
    sa.Column("paused_until", Moment),
    sa.UniqueConstraint("channel", "address", name="conversations_address"),
    sa.Index("conversations_active", "active_at"),
)
"""One row a conversation. Every transaction that changes something of a conversation locks its row first."""

_WAITING_ROWS = sa.text("waiting = 1")  # as SQLAlchemy writes `waiting` for SQLite: else the index is not used

messages = sa.Table(
    "messages",
    metadata,
    _of_conversation(primary_key=True),
    sa.Column("seq", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("id", sa.Text, nullable=False),
    sa.Column("sender", sa.Text, nullable=False),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("original", sa.Text),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("body", sa.JSON, nullable=False),
    sa.Column("reply_to", sa.Integer),
    sa.Column("author", sa.Text),
    sa.Column("created_at", Moment, nullable=False),
    sa.Column("delivery", sa.Text, nullable=False),
    sa.Column("waiting", sa.Boolean(create_constraint=False), nullable=False),
    sa.Column("tries", sa.Integer, nullable=False),
    sa.UniqueConstraint("conversation", "id", name="messages_id"),
    sa.Index(
        "messages_waiting",
        "conversation",
        "seq",
        sqlite_where=_WAITING_ROWS,
        postgresql_where=sa.text("waiting"),
    ),
    sa.Index(
        "messages_next",
        "created_at",
        "seq",
        sqlite_where=_WAITING_ROWS,
        postgresql_where=sa.text("waiting"),
    ),
    sa.Index(
        "messages_original",
        "created_at",
        sqlite_where=sa.text("original IS NOT NULL"),
        postgresql_where=sa.text("original IS NOT NULL"),
    ),
)
"""Everything said, numbered within its conversation. `waiting`: the bot has not dealt with this message yet."""

feedback = sa.Table(
    "feedback",
    metadata,
    sa.Column("conversation", sa.Text, primary_key=True),
    sa.Column("seq", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("helpful", sa.Boolean(create_constraint=False), nullable=False),
    sa.Column("created_at", Moment, nullable=False),
    sa.ForeignKeyConstraint(
        ["conversation", "seq"], ["messages.conversation", "messages.seq"], ondelete="CASCADE", name="feedback_message"
    ),
)
"""A thumb up or down for one message."""

erasures = sa.Table(
    "erasures",
    metadata,
    sa.Column("conversation", sa.Text, primary_key=True),
    sa.Column("erased_at", Moment, nullable=False),
)
"""Ids of conversations erased lately: a reply that was being made meanwhile may write a tracker again, which is swept."""

_OPEN = sa.text("state IN ('open', 'claimed')")

tickets = sa.Table(
    "tickets",
    metadata,
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("id", sa.Text, nullable=False, unique=True),
    _of_conversation(),
    sa.Column("urgency", sa.Text, nullable=False),
    sa.Column("language", sa.Text),
    sa.Column("department", sa.Text),
    sa.Column("summary", sa.Text, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("opened_at", Moment, nullable=False),
    sa.Column("opened_seq", sa.Integer, nullable=False),
    sa.Column("claimed_by", sa.Text),
    sa.Column("claimed_at", Moment),
    sa.Column("touched_at", Moment, nullable=False),
    sa.Column("replied_at", Moment),
    sa.Column("closed_at", Moment),
    sa.Column("closed_seq", sa.Integer),
    sa.Column("outcome", sa.Text),
    sa.Column("escalated_at", Moment),
    sa.Index("tickets_conversation", "conversation"),
    sa.Index("tickets_open", "conversation", unique=True, sqlite_where=_OPEN, postgresql_where=_OPEN),
    sa.Index("tickets_opened", "opened_at"),
    sqlite_autoincrement=True,
)
"""A conversation that waits for a person, at most one open at a time. Numbers are not used again."""

ticket_events = sa.Table(
    "ticket_events",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("ticket", sa.Text, sa.ForeignKey("tickets.id", ondelete="CASCADE"), nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("author", sa.Text),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("body", sa.JSON, nullable=False),
    sa.Column("created_at", Moment, nullable=False),
    sa.Index("ticket_events_ticket", "ticket"),
    sqlite_autoincrement=True,
)
"""What happened to a ticket, for staff alone: who claimed it, notes, changes."""

outbox = sa.Table(
    "outbox",
    metadata,
    sa.Column("conversation", sa.Text, primary_key=True),
    sa.Column("seq", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("channel", sa.Text, nullable=False),
    sa.Column("due_at", Moment, nullable=False),
    sa.Column("tries", sa.Integer, nullable=False),
    sa.Column("unsure", sa.Integer, nullable=False),
    sa.Column("parts", sa.Integer, nullable=False),
    sa.Column("lease_owner", sa.Text),
    sa.Column("lease_token", sa.Text),
    sa.Column("lease_until", Moment),
    sa.ForeignKeyConstraint(
        ["conversation", "seq"], ["messages.conversation", "messages.seq"], ondelete="CASCADE", name="outbox_message"
    ),
    sa.Index("outbox_due", "channel", "due_at"),
)
"""Messages that a pushing channel has still to send; a row goes when its message is delivered or undeliverable."""

updates = sa.Table(
    "updates",
    metadata,
    sa.Column("channel", sa.Text, primary_key=True),
    sa.Column("id", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("person", sa.Text, nullable=False),
    sa.Column("body", sa.JSON(none_as_null=True)),
    sa.Column("received_at", Moment, nullable=False),
    sa.Column("waiting", sa.Boolean(create_constraint=False), nullable=False),
    sa.Column("tries", sa.Integer, nullable=False),
    sa.Column("lease_token", sa.Text),
    sa.Column("lease_until", Moment),
    sa.Index(
        "updates_waiting", "channel", "person", "id", sqlite_where=_WAITING_ROWS, postgresql_where=sa.text("waiting")
    ),
    sa.Index("updates_received", "received_at"),
)
"""What a channel's server sent, kept until it has been dealt with; afterwards only its id, so that it is known again."""

trackers = sa.Table(
    "trackers",
    metadata,
    sa.Column("conversation", sa.String(255), primary_key=True),
    sa.Column("events", sa.Text, nullable=False),
)
"""Rasa's view of a conversation (bot/rasa/tracker_store.py): the last turns."""

accounts = sa.Table(
    "accounts",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("name", sa.Text, nullable=False, unique=True),
    sa.Column("display_name", sa.Text, nullable=False),
    sa.Column("role", sa.Text, nullable=False),
    sa.Column("password", sa.Text),
    sa.Column("language", sa.Text),
    sa.Column("created_at", Moment, nullable=False),
    sa.Column("disabled_at", Moment),
    sa.Column("sound", sa.Boolean(create_constraint=False), nullable=False, server_default=sa.false()),
)
"""Who works at the front desk. `password` is an argon2id hash; none before the first sign-in."""


def _of_account() -> Any:
    return sa.Column("account", sa.Text, sa.ForeignKey("accounts.id", ondelete="CASCADE"), nullable=False)


invitations = sa.Table(
    "invitations",
    metadata,
    sa.Column("token_hash", sa.Text, primary_key=True),
    _of_account(),
    sa.Column("expires_at", Moment, nullable=False),
)
"""One-time links with which a member of staff chooses a password; a used one is gone."""

sessions = sa.Table(
    "sessions",
    metadata,
    sa.Column("token_hash", sa.Text, primary_key=True),
    _of_account(),
    sa.Column("csrf", sa.Text, nullable=False),
    sa.Column("created_at", Moment, nullable=False),
    sa.Column("expires_at", Moment, nullable=False),
    sa.Index("sessions_account", "account"),
)
"""Who is signed in. Only the hash of a token is kept."""

login_failures = sa.Table(
    "login_failures",
    metadata,
    sa.Column("key", sa.Text, primary_key=True),
    sa.Column("failures", sa.Integer, nullable=False),
    sa.Column("last_at", Moment, nullable=False),
)
"""How often signing in failed lately, for each name and for each address."""

reviews = sa.Table(
    "reviews",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("conversation", sa.Text, nullable=False),
    sa.Column("seq", sa.Integer, nullable=False),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("language", sa.Text, nullable=False),
    sa.Column("intent", sa.Text, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("author", sa.Text),
    sa.Column("created_at", Moment, nullable=False),
    sa.ForeignKeyConstraint(
        ["conversation", "seq"], ["messages.conversation", "messages.seq"], ondelete="CASCADE", name="reviews_message"
    ),
    sa.UniqueConstraint("conversation", "seq", name="reviews_once"),
    sqlite_autoincrement=True,
)
"""Messages, as they were masked, with the intent that staff say they have: what the assistant is to learn from."""

audit = sa.Table(
    "audit",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("at", Moment, nullable=False),
    sa.Column("account", sa.Text),
    sa.Column("action", sa.Text, nullable=False),
    sa.Column("conversation", sa.Text),
    sa.Column("ticket", sa.Text),
    sa.Column("detail", sa.JSON, nullable=False),
    sqlite_autoincrement=True,
)
"""Who looked at or did what. Triggers refuse to change or delete a row."""
