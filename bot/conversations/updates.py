"""What a channel's server sent: each update stored once, before it is acknowledged, and dealt with once, in order for each person.

Body and person are kept until the update has been dealt with; then they go, and the id stays for a while, so that the same
update sent again is known.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy import bindparam

from bot.conversations.records import Update
from bot.conversations.tables import updates
from bot.conversations.transactions import Transaction, new_id

_earlier = updates.alias()
_DUE = (
    sa.select(updates)
    .where(
        updates.c.channel == bindparam("channel"),
        updates.c.waiting,
        sa.or_(updates.c.lease_until.is_(None), updates.c.lease_until <= bindparam("now")),
        ~sa.exists().where(
            _earlier.c.channel == updates.c.channel,
            _earlier.c.person == updates.c.person,
            _earlier.c.id < updates.c.id,
            _earlier.c.waiting,
        ),
    )
    .order_by(updates.c.id)
    .limit(1)
    .with_for_update(skip_locked=True, of=updates)
)
_HELD = updates.update().where(
    updates.c.channel == bindparam("its_channel"),
    updates.c.id == bindparam("this"),
    updates.c.lease_token == bindparam("token"),
)


def receive(transaction: Transaction, channel: str, update_id: int, person: str, body: Mapping[str, Any]) -> bool:
    """Store an update; False if it is there or was."""
    row = {"channel": channel, "id": update_id, "person": person, "body": body, "received_at": transaction.now}
    is_new = transaction.insert_unless_there(updates, **row, waiting=True, tries=0)
    if is_new:
        transaction.wake(f"updates:{channel}")
    return is_new


def lease(transaction: Transaction, channel: str, seconds: float) -> Update | None:
    """Hold the first update of a person who has no earlier one that waits."""
    row = transaction.execute(_DUE, {"channel": channel, "now": transaction.now}).first()
    if row is None:
        return None
    token, until = new_id(), transaction.now + timedelta(seconds=seconds)
    this = (updates.c.channel == channel, updates.c.id == row.id)
    transaction.execute(updates.update().where(*this).values(lease_token=token, lease_until=until, tries=row.tries + 1))
    return Update(channel, row.id, row.person, row.body, token, row.tries + 1)


def finish(transaction: Transaction, update: Update) -> bool:
    """Note that an update has been dealt with, and forget all but its id; False if the lease was lost."""
    held = {"its_channel": update.channel, "this": update.id, "token": update.token}
    done = {"waiting": False, "body": None, "person": "", "lease_token": None, "lease_until": None}
    finished: bool = transaction.execute(_HELD, {**held, **done}).rowcount == 1
    if finished:
        transaction.wake(f"updates:{update.channel}")
    return finished


def release(transaction: Transaction, update: Update, pause: float) -> None:
    """Give an update back, to be taken after so many seconds."""
    held = {"its_channel": update.channel, "this": update.id, "token": update.token}
    until = transaction.now + timedelta(seconds=pause)
    transaction.execute(_HELD, {**held, "lease_token": None, "lease_until": until})
