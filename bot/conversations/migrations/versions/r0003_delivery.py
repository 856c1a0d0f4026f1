"""What channels have still to send, and what their servers sent."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Make the tables, and put into the outbox what had not been sent when it was last dropped."""
    op.create_table(
        "outbox",
        sa.Column("conversation", sa.Text, primary_key=True),
        sa.Column("seq", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("channel", sa.Text, nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tries", sa.Integer, nullable=False),
        sa.Column("unsure", sa.Integer, nullable=False),
        sa.Column("parts", sa.Integer, nullable=False),
        sa.Column("lease_owner", sa.Text),
        sa.Column("lease_token", sa.Text),
        sa.Column("lease_until", sa.DateTime(timezone=True)),
        sa.ForeignKeyConstraint(
            ["conversation", "seq"],
            ["messages.conversation", "messages.seq"],
            ondelete="CASCADE",
            name="outbox_message",
        ),
    )
    op.create_index("outbox_due", "outbox", ["channel", "due_at"])
    op.execute(
        "INSERT INTO outbox (conversation, seq, channel, due_at, tries, unsure, parts)"
        " SELECT messages.conversation, messages.seq, conversations.channel, messages.created_at, 0, 0, 0"
        " FROM messages JOIN conversations ON conversations.id = messages.conversation"
        " WHERE messages.delivery = 'pending' AND conversations.channel = 'telegram'"
    )
    op.create_table(
        "updates",
        sa.Column("channel", sa.Text, primary_key=True),
        sa.Column("id", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("person", sa.Text, nullable=False),
        sa.Column("body", sa.JSON),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("waiting", sa.Boolean(create_constraint=False), nullable=False),
        sa.Column("tries", sa.Integer, nullable=False),
        sa.Column("lease_token", sa.Text),
        sa.Column("lease_until", sa.DateTime(timezone=True)),
    )
    op.create_index("updates_received", "updates", ["received_at"])
    op.create_index(
        "updates_waiting",
        "updates",
        ["channel", "person", "id"],
        sqlite_where=sa.text("waiting = 1"),
        postgresql_where=sa.text("waiting"),
    )


def downgrade() -> None:
    """Drop the tables. What had not been sent stays in its conversation."""
    op.drop_table("updates")
    op.drop_table("outbox")
