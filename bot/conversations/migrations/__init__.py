"""Migrations of the database: `versions/` holds one file a step, each with its way back."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.util import CommandError
from sqlalchemy.engine import Connection, Engine

from bot.conversations.connect import exclusive

HERE = Path(__file__).parent


class MigrationError(Exception):
    """The database cannot be brought to the revision; the message says what to do."""


def migrate(engine: Engine) -> None:
    """Bring the database to the newest revision. Safe when several processes start at once; all or nothing.

    Raises:
        MigrationError: if the database was made by a newer version of this program.
    """
    with exclusive(engine) as connection:
        _run(command.upgrade, connection, "head")


def downgrade(engine: Engine, revision: str) -> None:
    """Take the database back to a revision, "base" being before the first. What later revisions added is lost.

    Raises:
        MigrationError: if there is no such revision.
    """
    with exclusive(engine) as connection:
        _run(command.downgrade, connection, revision)


def current(engine: Engine) -> str | None:
    """The revision that the database is at; None before the first."""
    with engine.connect() as connection:
        revision: str | None = MigrationContext.configure(connection).get_current_revision()
    return revision


def _run(step: Any, connection: Connection, revision: str) -> None:
    config = Config()
    config.set_main_option("script_location", str(HERE).replace("%", "%%"))
    config.attributes["connection"] = connection
    try:
        step(config, revision)
    except CommandError as error:
        raise MigrationError(
            f"{error}. If the database was made by a newer version of this program: install that version again, "
            "and downgrade the database with it first"
        ) from error
