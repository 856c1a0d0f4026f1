"""Something that one process at a time may do, of all on one database: a lock that goes with the connection of who holds it."""

from __future__ import annotations

import hashlib

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

_TAKE = sa.text("SELECT pg_try_advisory_lock(:key)")


class Exclusive:
    """A lock by name: PostgreSQL's advisory lock. On SQLite there is one gateway, which has it. Its methods block.

    Args:
        engine: the database.
        name: of what is done.
    """

    def __init__(self, engine: Engine, name: str) -> None:
        self._engine = engine
        self._key = int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big", signed=True)
        self._connection: Connection | None = None

    def hold(self) -> bool:
        """Take the lock, or see whether it is still held: a lost connection has lost it.

        Raises:
            sqlalchemy.exc.SQLAlchemyError: if the database does not answer.
        """
        if self._engine.dialect.name != "postgresql":
            return True
        if self._connection is not None:
            try:
                self._connection.execute(sa.text("SELECT 1"))
                return True
            except SQLAlchemyError:
                self.release()
        connection = self._engine.connect().execution_options(isolation_level="AUTOCOMMIT")
        if connection.execute(_TAKE, {"key": self._key}).scalar():
            self._connection = connection
            return True
        connection.close()
        return False

    def release(self) -> None:
        """Let others have it."""
        if self._connection is not None:
            self._connection.invalidate()  # closed, not put back: the lock goes with it
            self._connection.close()
            self._connection = None
