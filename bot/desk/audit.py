"""Who looked at or did what, in a table that only grows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from bot.conversations.tables import accounts, audit
from bot.conversations.transactions import Transactions


@dataclass(frozen=True)
class Entry:
    """One thing done. `account` is the name that was typed to sign in; none where nobody was signed in."""

    id: int
    at: datetime
    account: str | None
    action: str
    conversation: str | None
    ticket: str | None
    detail: Mapping[str, Any]


class Audit:
    """The audit. Methods block. `detail` holds no words of patients."""

    def __init__(self, transactions: Transactions) -> None:
        self._transactions = transactions

    def record(
        self,
        account_id: str | None,
        action: str,
        conversation: str | None = None,
        ticket: str | None = None,
        detail: Mapping[str, Any] | None = None,
    ) -> None:
        """Write an entry."""
        with self._transactions.writing() as transaction:
            row = {"account": account_id, "action": action, "conversation": conversation, "ticket": ticket}
            transaction.execute(audit.insert().values(at=transaction.now, detail=dict(detail or {}), **row))

    def entries(self, limit: int = 100, account: str | None = None) -> list[Entry]:
        """The newest entries, the newest first; of one account (its name), if one is named."""
        columns = [audit.c[name] for name in Entry.__dataclass_fields__ if name != "account"]
        query = sa.select(*columns, accounts.c.name.label("account")).outerjoin(
            accounts, accounts.c.id == audit.c.account
        )
        if account is not None:
            query = query.where(accounts.c.name == account)
        with self._transactions.reading() as transaction:
            rows = transaction.execute(query.order_by(audit.c.id.desc()).limit(limit))
            return [Entry(**row._mapping) for row in rows]
