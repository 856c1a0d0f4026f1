"""Something that one process at a time may do, of all on one database: a lock that goes with the connection of who holds it."""

from __future__ import annotations

import hashlib
from contextlib import suppress
from typing import Any

import psycopg2
from sqlalchemy.engine import Engine


class Exclusive:
    """A lock by name: PostgreSQL's advisory lock. On SQLite there is one gateway, which has it. Its methods block.

    Args:
        engine: the database.
        name: of what is done.
    """

    def __init__(self, engine: Engine, name: str) -> None:
        self._engine = engine
        self._key = int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big", signed=True)
        self._connection: Any = None

    def hold(self) -> bool:
        """Take the lock, or see whether it is still held: who has lost the connection has lost it. False: another has it."""
        if self._engine.dialect.name != "postgresql":
            return True
        try:
            return self._connection is not None and self._is_there() or self._take()
        except psycopg2.Error:
            self.release()
            return False

    def _is_there(self) -> bool:
        try:
            with self._connection.cursor() as cursor:
                cursor.execute("SELECT 1")
        except psycopg2.Error:
            self.release()
            return False
        return True

    def _take(self) -> bool:
        words, options = self._engine.dialect.create_connect_args(self._engine.url)
        self._connection = self._engine.dialect.connect(
            *words, **options
        )  # not of the pool: the lock goes when it closes
        self._connection.autocommit = True
        with self._connection.cursor() as cursor:
            cursor.execute("SELECT pg_try_advisory_lock(%s)", (self._key,))
            if cursor.fetchone()[0]:
                return True
        self.release()
        return False

    def release(self) -> None:
        """Let others have it."""
        if self._connection is not None:
            with suppress(psycopg2.Error):
                self._connection.close()
            self._connection = None
