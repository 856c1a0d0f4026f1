"""Connections to the database: SQLite (WAL) or PostgreSQL (psycopg2), pooled, for threads.

Reads go through `engine.connect()`, writes through `engine.begin()`. On SQLite the first reads a snapshot and never waits;
the second takes the database's one write lock at its beginning (BEGIN IMMEDIATE), so that it cannot fail half-way.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg2
import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.engine.url import make_url
from sqlalchemy.pool import QueuePool

LOCK_PATIENCE = 10
"""Seconds to wait for a lock: SQLite's write lock, PostgreSQL's of rows."""
_PATIENCE = {"connect_timeout": "10", "keepalives_idle": "30", "keepalives_interval": "10", "keepalives_count": "3"}
"""How soon a PostgreSQL server that is out of reach is given up (seconds; libpq's parameters), if the address does not say."""
_EXCLUSIVE = 0x64616F7A68656E
"""Number of the PostgreSQL advisory lock that changes of the schema hold ("daozhen" in ASCII)."""


def connect(url: str) -> Engine:
    """An engine with a connection pool; a SQLite file and its folder are made where they are missing.

    Errors of the engine never show the values of a statement: they are patients' words.

    Raises:
        ValueError: if the address is not one of SQLite (a file) or PostgreSQL.
        sqlalchemy.exc.SQLAlchemyError: if the address cannot be read.
    """
    address = make_url(url)
    backend = address.get_backend_name()
    options = {"hide_parameters": True, "json_serializer": _to_json}
    if backend == "postgresql" and address.get_driver_name() == "psycopg2":
        patient = address.update_query_dict({**_PATIENCE, **address.query})
        engine = sa.create_engine(
            patient, pool_size=5, max_overflow=35, pool_pre_ping=True, isolation_level="READ COMMITTED", **options
        )
        sa.event.listen(engine, "connect", _prepare_postgresql)
        sa.event.listen(engine, "handle_error", _hide_values)
        return engine
    if backend != "sqlite" or address.database in (None, "", ":memory:"):
        raise ValueError("the database must be sqlite:///FILE or postgresql://USER:PASSWORD@HOST/DATABASE")
    _make_file(Path(address.database))
    engine = sa.create_engine(
        address,
        poolclass=QueuePool,
        pool_size=5,
        max_overflow=35,
        connect_args={"check_same_thread": False, "timeout": float(LOCK_PATIENCE)},
        **options,
    )
    sa.event.listen(engine, "connect", _prepare_sqlite)
    sa.event.listen(engine, "begin", _begin_immediate)
    return engine


def overwrite_log(engine: Engine) -> None:
    """On SQLite, move what is in the write-ahead log into the file: with it goes what was erased since. Waits for readers."""
    if engine.dialect.name == "sqlite":
        with engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")


@contextmanager
def exclusive(engine: Engine) -> Iterator[Connection]:
    """A transaction that only one process at a time can be in: for changes of the schema."""
    with engine.begin() as connection:
        if engine.dialect.name == "postgresql":
            connection.exec_driver_sql("SET LOCAL lock_timeout = 0")  # another's migration may take long
            connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_EXCLUSIVE)))
        yield connection


def storable(text: str) -> str:
    """The text without what a database cannot hold: NUL and halves of surrogate pairs become U+FFFD."""
    return text.replace("\0", "\ufffd").encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _to_json(value: Any) -> str:
    return storable(json.dumps(value, ensure_ascii=False))


def _make_file(path: Path) -> None:
    """A new database file that only its owner can read; SQLite gives its side files the same mode."""
    path.parent.mkdir(parents=True, exist_ok=True)
    os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))


def _prepare_postgresql(connection: Any, _: Any) -> None:
    """No transaction waits for ever, least of all for one whose process has gone without a word."""
    with connection.cursor() as cursor:
        cursor.execute(f"SET lock_timeout = '{LOCK_PATIENCE}s'")
        cursor.execute("SET idle_in_transaction_session_timeout = '60s'")
    connection.commit()


def _hide_values(context: Any) -> None:
    """PostgreSQL quotes the values that it refuses ("Failing row contains …"): leave where and why."""
    original = context.original_exception
    if isinstance(original, (psycopg2.DataError, psycopg2.IntegrityError)) and context.sqlalchemy_exception is not None:
        diagnosis = original.diag
        where = (diagnosis.table_name, diagnosis.column_name, diagnosis.constraint_name)
        text = f"{type(original).__name__}, SQLSTATE {diagnosis.sqlstate}: {' '.join(filter(None, where))}"
        original.args = context.sqlalchemy_exception.args = (text,)


def _prepare_sqlite(connection: Any, _: Any) -> None:
    connection.isolation_level = None  # transactions are begun by _begin_immediate, not by the driver
    _use_wal(connection)
    connection.execute("PRAGMA synchronous=NORMAL")
    connection.execute("PRAGMA foreign_keys=ON")
    connection.execute("PRAGMA secure_delete=ON")  # what is erased is overwritten


def _use_wal(connection: Any) -> None:
    """Turn to WAL; the turn needs the file alone and does not wait for it by itself."""
    deadline = time.monotonic() + LOCK_PATIENCE
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
            return
        except connection.OperationalError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.01)


def _begin_immediate(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")
