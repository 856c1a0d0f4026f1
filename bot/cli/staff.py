"""`./run staff …`: who may work at the front desk."""

from __future__ import annotations

import argparse
import getpass
import sys

import sqlalchemy as sa
from sqlalchemy.engine import Engine

from bot.conversations.connect import connect
from bot.conversations.migrations import migrate
from bot.conversations.tables import accounts as account_rows
from bot.conversations.transactions import Transactions
from bot.conversations.wakeups import wakeups_for
from bot.desk.accounts import AccountError, Accounts, check_password
from bot.desk.audit import Audit
from bot.settings import Settings, read_settings


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="./run staff")
    actions = parser.add_subparsers(dest="action", required=True)
    add = actions.add_parser("add", help="a new account; its password is asked for")
    add.add_argument("name", help="what is typed to sign in")
    add.add_argument("--role", choices=("staff", "lead"), default="staff")
    add.add_argument("--display-name", default="", help="what patients and colleagues see")
    add.add_argument("--link", action="store_true", help="print a one-time link instead of asking for the password")
    actions.add_parser("list", help="every account")
    for action, purpose in (
        ("link", "a new one-time link"),
        ("disable", "shut somebody out, at once"),
        ("enable", "let somebody in again"),
    ):
        actions.add_parser(action, help=purpose).add_argument("name")
    return parser


def main(arguments: list[str]) -> int:
    """Do as told; the exit code."""
    asked, settings = _parser().parse_args(arguments), read_settings()
    engine = connect(settings.database_url)
    migrate(engine)
    try:
        _do(asked, settings, engine)
    except AccountError as error:
        print(f"{error}.", file=sys.stderr)
        return 1
    finally:
        engine.dispose()
    return 0


def has_staff(settings: Settings) -> bool:
    """Whether anybody has an account; the database is there and up to date."""
    engine = connect(settings.database_url)
    try:
        with engine.connect() as connection:
            return connection.execute(sa.select(account_rows.c.id).limit(1)).first() is not None
    finally:
        engine.dispose()


def _do(asked: argparse.Namespace, settings: Settings, engine: Engine) -> None:
    transactions = Transactions(engine, wakeups_for(engine))
    accounts, audit = Accounts(transactions), Audit(transactions)
    if asked.action == "list":
        for account in accounts.all():
            state = "  shut out" if account.disabled_at else ""
            print(f"{account.name:<20} {account.role:<6} {account.display_name}{state}")
        return
    if asked.action == "add":
        password = "" if asked.link else _password()
        account = accounts.add(asked.name, asked.role, asked.display_name)
        if password:
            accounts.set_password(account.id, password)
    else:
        account = accounts.named(asked.name)
    if asked.action in ("disable", "enable"):
        accounts.disable(account.id, asked.action == "disable")
    audit.record(None, f"cli_{asked.action}", detail={"name": account.name})
    if asked.action == "link" or getattr(asked, "link", False):
        base = f"http://{settings.gateway_host}:{settings.gateway_port}{settings.url_prefix}"
        print(f"Works once, for two days: {base}/desk/link/{accounts.invite(account.id)}")
    else:
        print(f"{account.name}: done.")


def _password() -> str:
    """A password typed twice; where no terminal is there, one line of the input.

    Raises:
        AccountError: if the two differ, or it is too short or too long.
    """
    if not sys.stdin.isatty():
        first = sys.stdin.readline().rstrip("\n")
        check_password(first)
        return first
    first = getpass.getpass("Password: ")
    check_password(first)
    if getpass.getpass("Again: ") != first:
        raise AccountError("password", "the two passwords differ")
    return first
