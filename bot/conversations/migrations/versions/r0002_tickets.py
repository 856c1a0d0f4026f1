"""Tickets and what happened to them."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "tickets",
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("id", sa.Text, nullable=False, unique=True),
        sa.Column("conversation", sa.Text, sa.ForeignKey("conversations.id", ondelete="CASCADE"), nullable=False),
        sa.Column("urgency", sa.Text, nullable=False),
        sa.Column("language", sa.Text),
        sa.Column("department", sa.Text),
        sa.Column("summary", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("opened_seq", sa.Integer, nullable=False),
        sa.Column("claimed_by", sa.Text),
        sa.Column("claimed_at", sa.DateTime(timezone=True)),
        sa.Column("touched_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("replied_at", sa.DateTime(timezone=True)),
        sa.Column("closed_at", sa.DateTime(timezone=True)),
        sa.Column("closed_seq", sa.Integer),
        sa.Column("outcome", sa.Text),
        sa.Column("escalated_at", sa.DateTime(timezone=True)),
        sqlite_autoincrement=True,
    )
    is_open = sa.text("state IN ('open', 'claimed')")
    op.create_index("tickets_conversation", "tickets", ["conversation"])
    op.create_index("tickets_opened", "tickets", ["opened_at"])
    op.create_index(
        "tickets_open", "tickets", ["conversation"], unique=True, sqlite_where=is_open, postgresql_where=is_open
    )
    op.create_table(
        "ticket_events",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("ticket", sa.Text, sa.ForeignKey("tickets.id", ondelete="CASCADE"), nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("author", sa.Text),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("body", sa.JSON, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_index("ticket_events_ticket", "ticket_events", ["ticket"])


def downgrade() -> None:
    """Drop the tables."""
    op.drop_table("ticket_events")
    op.drop_table("tickets")
