"""Who is signed in: sessions, and how often signing in may fail."""

from __future__ import annotations

import math
import secrets
from dataclasses import dataclass
from datetime import timedelta

import sqlalchemy as sa

from bot.conversations.tables import accounts, login_failures, sessions
from bot.conversations.transactions import Transaction, Transactions
from bot.desk.accounts import Account, Accounts, token_hash

FAILURES, FORGOTTEN_AFTER = 5, timedelta(minutes=15)
"""So many failures for a name or an address, and each further try waits until so long after the last."""


class TooManyFailures(Exception):
    """Signing in has failed too often; `seconds` is when it may be tried again."""

    def __init__(self, seconds: int) -> None:
        super().__init__(f"too many failures; again in {seconds} s")
        self.seconds = seconds


@dataclass(frozen=True)
class SignedIn:
    """A session: whose it is, and the token that its forms and scripts must show (CSRF)."""

    account: Account
    csrf: str


class Sessions:
    """The sessions. Methods block.

    Args:
        transactions: of the database.
        accounts: whose passwords are checked.
        hours: how long a session lasts.
    """

    def __init__(self, transactions: Transactions, accounts: Accounts, hours: int) -> None:
        self._transactions = transactions
        self._accounts = accounts
        self._length = timedelta(hours=hours)

    def sign_in(self, name: str, password: str, address: str) -> tuple[str, Account] | None:
        """A new session's token, and whose it is; None if name and password do not belong together.

        Raises:
            TooManyFailures: if it has failed too often for this name or from this address. Then the password is not looked at.
        """
        keys = (f"name:{name.strip().lower()[:64]}", f"address:{address}")
        with self._transactions.reading() as transaction:
            _check_failures(transaction, keys)
        account = self._accounts.check(name, password)
        with self._transactions.writing() as transaction:
            if account is None:
                for key in keys:
                    _count_failure(transaction, key)
                return None
            transaction.execute(login_failures.delete().where(login_failures.c.key == keys[0]))
            return self._open(transaction, account), account

    def open(self, account: Account) -> str:
        """A session for somebody who has just chosen a password; its token."""
        with self._transactions.writing() as transaction:
            return self._open(transaction, account)

    def _open(self, transaction: Transaction, account: Account) -> str:
        token = secrets.token_urlsafe(32)
        transaction.execute(sessions.delete().where(sessions.c.expires_at <= transaction.now))
        row = {"token_hash": token_hash(token), "account": account.id, "csrf": secrets.token_urlsafe(24)}
        times = {"created_at": transaction.now, "expires_at": transaction.now + self._length}
        transaction.execute(sessions.insert().values(**row, **times))
        return token

    def find(self, token: str) -> SignedIn | None:
        """Who is signed in with a token; None if it is none, has expired or was revoked."""
        columns = [accounts.c[name] for name in Account.__dataclass_fields__]
        with self._transactions.reading() as transaction:
            query = sa.select(sessions.c.csrf, *columns).join(accounts, accounts.c.id == sessions.c.account)
            conditions = (sessions.c.token_hash == token_hash(token), sessions.c.expires_at > transaction.now)
            row = transaction.execute(query.where(*conditions, accounts.c.disabled_at.is_(None))).first()
        if row is None:
            return None
        return SignedIn(Account(**{name: row._mapping[name] for name in Account.__dataclass_fields__}), row.csrf)

    def end(self, token: str) -> None:
        """Sign out."""
        with self._transactions.writing() as transaction:
            transaction.execute(sessions.delete().where(sessions.c.token_hash == token_hash(token)))
            transaction.wake("desk", "sessions")

    def end_all(self, account_id: str) -> None:
        """Sign somebody out everywhere."""
        with self._transactions.writing() as transaction:
            transaction.execute(sessions.delete().where(sessions.c.account == account_id))
            transaction.wake("desk", "sessions")


def _check_failures(transaction: Transaction, keys: tuple[str, ...]) -> None:
    query = sa.select(login_failures).where(login_failures.c.key.in_(keys), login_failures.c.failures >= FAILURES)
    for row in transaction.execute(query):
        left = (row.last_at + FORGOTTEN_AFTER - transaction.now).total_seconds()
        if left > 0:
            raise TooManyFailures(math.ceil(left))


def _count_failure(transaction: Transaction, key: str) -> None:
    """One more failure; those of long ago are forgotten."""
    mine = login_failures.c.key == key
    transaction.execute(login_failures.delete().where(login_failures.c.last_at <= transaction.now - FORGOTTEN_AFTER))
    if not transaction.insert_unless_there(login_failures, key=key, failures=1, last_at=transaction.now):
        more = {"failures": login_failures.c.failures + 1, "last_at": transaction.now}
        transaction.execute(login_failures.update().where(mine).values(**more))
