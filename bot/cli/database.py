"""`./run database …`: at which revision the database is; up to the newest; down to an older one."""

from __future__ import annotations

import sys

from bot.conversations.connect import connect
from bot.conversations.migrations import MigrationError, current, downgrade, migrate
from bot.settings import read_settings

USAGE = "Usage: ./run database [upgrade | downgrade REVISION]"


def main(arguments: list[str]) -> int:
    """Do as told, then print the revision that the database is at; the exit code."""
    engine = connect(read_settings().database_url)
    try:
        match arguments:
            case []:
                pass
            case ["upgrade"]:
                migrate(engine)
            case ["downgrade", revision]:
                downgrade(engine, revision)
            case _:
                print(USAGE, file=sys.stderr)
                return 2
    except MigrationError as error:
        print(error, file=sys.stderr)
        return 1
    print(f"The database is at revision {current(engine) or 'base: it has no tables'}.")
    return 0
