"""Who works at the front desk: accounts, their passwords, and the one-time links with which a password is chosen."""

from __future__ import annotations

import hashlib
import re
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

import sqlalchemy as sa
from argon2 import PasswordHasher
from argon2.exceptions import VerificationError

from bot.conversations.tables import accounts, invitations, sessions
from bot.conversations.transactions import Transaction, Transactions, new_id

Role = Literal["staff", "lead"]
NAME = re.compile(r"[a-z0-9][a-z0-9._-]{1,31}")
SHORTEST_PASSWORD, LONGEST_PASSWORD = 10, 200
LINK_HOURS = 48
"""How long a one-time link is good."""


class AccountError(Exception):
    """What was asked cannot be done; the message says why, and `code` is what it is called in bot/web/texts.yml."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True)
class Account:
    """A member of staff. `name` is typed to sign in; `display_name` is what patients and colleagues see.

    `sound`: whether a new emergency rings at their desk.
    """

    id: str
    name: str
    display_name: str
    role: Role
    language: str | None
    created_at: datetime
    disabled_at: datetime | None
    sound: bool


_ACCOUNT = sa.select(*(accounts.c[name] for name in Account.__dataclass_fields__))


def token_hash(token: str) -> str:
    """What is kept of a token: who reads the database cannot use it."""
    return hashlib.sha256(token.encode()).hexdigest()


class Accounts:
    """The accounts. Methods block (a few milliseconds; with a password, a few dozen).

    Args:
        transactions: of the database.
        hasher: argon2id with the library's own (RFC 9106) settings, if no other is given.
    """

    def __init__(self, transactions: Transactions, hasher: PasswordHasher | None = None) -> None:
        self._transactions = transactions
        self._hasher = hasher or PasswordHasher()
        self._nobody = self._hasher.hash(secrets.token_hex(16))

    def add(self, name: str, role: Role = "staff", display_name: str = "") -> Account:
        """A new account, without a password.

        Raises:
            AccountError: if the name is taken or is none.
        """
        if not NAME.fullmatch(name):
            raise AccountError(
                "name", f'"{name}" is no name: 2 to 32 of a-z, 0-9, ".", "_" and "-", a letter or digit first'
            )
        with self._transactions.writing() as transaction:
            row = {"id": new_id(), "name": name, "display_name": display_name or name, "role": role}
            if not transaction.insert_unless_there(accounts, **row, created_at=transaction.now):
                raise AccountError("taken", f'there is an account "{name}" already')
            return _one(transaction, accounts.c.id == row["id"])

    def all(self) -> list[Account]:
        """Every account, by name."""
        with self._transactions.reading() as transaction:
            return [Account(**row._mapping) for row in transaction.execute(_ACCOUNT.order_by(accounts.c.name))]

    def account(self, account_id: str) -> Account | None:
        """The account with this id; None if there is none."""
        with self._transactions.reading() as transaction:
            row = transaction.execute(_ACCOUNT.where(accounts.c.id == account_id)).first()
            return None if row is None else Account(**row._mapping)

    def named(self, name: str) -> Account:
        """The account of this name.

        Raises:
            AccountError: if there is none.
        """
        with self._transactions.reading() as transaction:
            row = transaction.execute(_ACCOUNT.where(accounts.c.name == name)).first()
        if row is None:
            raise AccountError("unknown", f'there is no account "{name}"')
        return Account(**row._mapping)

    def change(self, account_id: str, **values: Any) -> None:
        """Set the role, display name, language or sound."""
        with self._transactions.writing() as transaction:
            transaction.execute(accounts.update().where(accounts.c.id == account_id).values(**values))

    def set_password(self, account_id: str, password: str) -> None:
        """Set a password; whoever is signed in with the old one no longer is, and open links are gone.

        Raises:
            AccountError: if the password is too short or too long.
        """
        check_password(password)
        hashed = self._hasher.hash(password)
        with self._transactions.writing() as transaction:
            transaction.execute(accounts.update().where(accounts.c.id == account_id).values(password=hashed))
            _sign_out(transaction, account_id)

    def disable(self, account_id: str, disabled: bool = True) -> None:
        """Shut somebody out, at once; or let them in again."""
        with self._transactions.writing() as transaction:
            when = transaction.now if disabled else None
            transaction.execute(accounts.update().where(accounts.c.id == account_id).values(disabled_at=when))
            _sign_out(transaction, account_id)

    def invite(self, account_id: str) -> str:
        """The secret of a one-time link, in place of earlier ones."""
        token = secrets.token_urlsafe(32)
        with self._transactions.writing() as transaction:
            transaction.execute(invitations.delete().where(invitations.c.account == account_id))
            until = transaction.now + timedelta(hours=LINK_HOURS)
            row = {"token_hash": token_hash(token), "account": account_id, "expires_at": until}
            transaction.execute(invitations.insert().values(**row))
        return token

    def invited(self, token: str) -> Account | None:
        """Whose one-time link this is; None if it is used, too old, or none."""
        with self._transactions.reading() as transaction:
            query = _ACCOUNT.join(invitations, invitations.c.account == accounts.c.id).where(
                invitations.c.token_hash == token_hash(token),
                invitations.c.expires_at > transaction.now,
                accounts.c.disabled_at.is_(None),
            )
            row = transaction.execute(query).first()
            return None if row is None else Account(**row._mapping)

    def use_link(self, token: str, password: str) -> Account | None:
        """Choose a password with a one-time link; None if it is used (of several at once, one succeeds), too old, or none.

        Raises:
            AccountError: if the password is too short or too long; the link stays good.
        """
        check_password(password)
        account = self.invited(token)
        if account is None:
            return None
        hashed = self._hasher.hash(password)
        with self._transactions.writing() as transaction:
            link = (invitations.c.token_hash == token_hash(token), invitations.c.expires_at > transaction.now)
            if transaction.execute(invitations.delete().where(*link)).rowcount != 1:
                return None
            transaction.execute(accounts.update().where(accounts.c.id == account.id).values(password=hashed))
            _sign_out(transaction, account.id)
        return account

    def check(self, name: str, password: str) -> Account | None:
        """The account, if the password is its own. An unknown name takes as long as a wrong password."""
        with self._transactions.reading() as transaction:
            row = transaction.execute(sa.select(accounts).where(accounts.c.name == name.strip().lower())).first()
        known = row is not None and row.password is not None and row.disabled_at is None
        try:
            self._hasher.verify(row.password if known else self._nobody, password)
        except VerificationError:
            return None
        return Account(**{key: row._mapping[key] for key in Account.__dataclass_fields__}) if known else None


def check_password(password: str) -> None:
    """Refuse a password that is too short or too long.

    Raises:
        AccountError: if it is.
    """
    if not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD:
        raise AccountError("password", f"a password has {SHORTEST_PASSWORD} to {LONGEST_PASSWORD} characters")


def _one(transaction: Transaction, condition: Any) -> Account:
    return Account(**transaction.execute(_ACCOUNT.where(condition)).one()._mapping)


def _sign_out(transaction: Transaction, account_id: str) -> None:
    for table in (sessions, invitations):
        transaction.execute(table.delete().where(table.c.account == account_id))
    transaction.wake("desk", "sessions")
