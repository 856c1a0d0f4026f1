"""`./run erase`: erase a conversation with its tickets, as its patient asked: by its id, a ticket's number or a Telegram user's id."""

from __future__ import annotations

import argparse
import sys

import sqlalchemy as sa
from sqlalchemy.engine import Engine

from bot.conversations.connect import connect
from bot.conversations.migrations import migrate
from bot.conversations.store import Store
from bot.conversations.tables import conversations, tickets
from bot.conversations.transactions import Transactions
from bot.conversations.wakeups import wakeups_for
from bot.desk.audit import Audit
from bot.settings import read_settings


def main(arguments: list[str]) -> int:
    """Erase; 1 if there is no such conversation."""
    parser = argparse.ArgumentParser(prog="./run erase")
    which = parser.add_mutually_exclusive_group(required=True)
    which.add_argument("conversation", nargs="?", help="the conversation's id")
    which.add_argument("--ticket", type=int, metavar="NUMBER", help="the conversation of a ticket")
    which.add_argument("--telegram", metavar="ID", help="a Telegram user's id")
    asked = parser.parse_args(arguments)
    engine = connect(read_settings().database_url)
    migrate(engine)
    try:
        found = _find(engine, asked)
        if found is None:
            print("There is no such conversation.", file=sys.stderr)
            return 1
        wakeups = wakeups_for(engine)
        Audit(Transactions(engine, wakeups)).record(None, "erase", found)
        Store(engine, wakeups).erase(found)
        print(f"Conversation {found} is erased, with its tickets.")
        return 0
    finally:
        engine.dispose()


def _find(engine: Engine, asked: argparse.Namespace) -> str | None:
    """The id of the conversation that is meant."""
    if asked.ticket is not None:
        query = sa.select(tickets.c.conversation).where(tickets.c.number == asked.ticket)
    elif asked.telegram is not None:
        mine = (conversations.c.channel == "telegram", conversations.c.address == asked.telegram)
        query = sa.select(conversations.c.id).where(*mine)
    else:
        query = sa.select(conversations.c.id).where(conversations.c.id == asked.conversation)
    with engine.connect() as connection:
        found: str | None = connection.execute(query).scalars().first()
    return found
