"""Conversations, what was said in them, feedback, and Rasa's trackers."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make the tables; that of the trackers may be there, made by a Rasa server that ran alone."""
    op.create_table(
        "conversations",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("channel", sa.Text, nullable=False),
        sa.Column("address", sa.Text),
        sa.Column("language", sa.Text),
        sa.Column("script", sa.Text),
        sa.Column("mode", sa.Text, nullable=False),
        sa.Column("department", sa.Text),
        sa.Column("page", sa.Text),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("active_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_seq", sa.Integer, nullable=False),
        sa.Column("lease_owner", sa.Text),
        sa.Column("lease_token", sa.Text),
        sa.Column("lease_until", sa.DateTime(timezone=True)),
        sa.Column("paused_until", sa.DateTime(timezone=True)),
        sa.UniqueConstraint("channel", "address", name="conversations_address"),
    )
    op.create_index("conversations_active", "conversations", ["active_at"])
    op.create_table(
        "messages",
        sa.Column("conversation", sa.Text, sa.ForeignKey("conversations.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("seq", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("sender", sa.Text, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("original", sa.Text),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("body", sa.JSON, nullable=False),
        sa.Column("reply_to", sa.Integer),
        sa.Column("author", sa.Text),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("delivery", sa.Text, nullable=False),
        sa.Column("waiting", sa.Boolean(create_constraint=False), nullable=False),
        sa.Column("tries", sa.Integer, nullable=False),
        sa.UniqueConstraint("conversation", "id", name="messages_id"),
    )
    kept = sa.text("original IS NOT NULL")
    for name, columns in (("messages_waiting", ["conversation", "seq"]), ("messages_next", ["created_at", "seq"])):
        op.create_index(
            name, "messages", columns, sqlite_where=sa.text("waiting = 1"), postgresql_where=sa.text("waiting")
        )
    op.create_index("messages_original", "messages", ["created_at"], sqlite_where=kept, postgresql_where=kept)
    op.create_table(
        "feedback",
        sa.Column("conversation", sa.Text, primary_key=True),
        sa.Column("seq", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("helpful", sa.Boolean(create_constraint=False), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["conversation", "seq"],
            ["messages.conversation", "messages.seq"],
            ondelete="CASCADE",
            name="feedback_message",
        ),
    )
    op.create_table(
        "erasures",
        sa.Column("conversation", sa.Text, primary_key=True),
        sa.Column("erased_at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_table(
        "trackers",
        sa.Column("conversation", sa.String(255), primary_key=True),
        sa.Column("events", sa.Text, nullable=False),
        if_not_exists=True,
    )


def downgrade() -> None:
    """Drop all but the trackers, which a Rasa server alone uses too."""
    for table in ("erasures", "feedback", "messages", "conversations"):
        op.drop_table(table)
