"""bot.conversations.connect: the two databases, and what they must not do."""

from __future__ import annotations

import stat
import subprocess
import sys
import traceback
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from postgresql import PostgreSQL
from sqlalchemy.engine import Engine
from stores import at_once

from bot.conversations.connect import connect, overwrite_log, storable
from bot.conversations.migrations import migrate
from bot.conversations.store import Store
from bot.conversations.tables import conversations, messages
from bot.conversations.wakeups import Wakeups
from bot.settings import ROOT

WORDS = "a patient's words"
ROW: dict[str, Any] = {"id": "1", "text": WORDS, "kind": "text", "body": {}, "tries": 0, "delivery": "delivered"}


@pytest.mark.parametrize(
    "values",
    [
        {"conversation": "nobody", "seq": 1, "sender": "patient", "waiting": True},
        {"conversation": "one", "seq": 1, "sender": None, "waiting": True},
        {"conversation": "one", "seq": 2**40, "sender": WORDS, "waiting": True},
    ],
)
def test_no_error_of_the_database_shows_a_patients_words(engine: Engine, values: dict[str, Any]) -> None:
    with pytest.raises(sa.exc.SQLAlchemyError) as failure, engine.begin() as connection:
        connection.execute(messages.insert().values(**ROW, **values))
    shown = "".join(traceback.format_exception(failure.type, failure.value, failure.value.__traceback__))
    assert WORDS not in shown.replace(f'WORDS = "{WORDS}"', "")
    assert WORDS not in repr(failure.value) and WORDS not in repr(failure.value.__cause__)


def test_an_error_of_the_database_says_where_and_why(engine: Engine) -> None:
    with pytest.raises(sa.exc.IntegrityError, match=r"(?i)messages.*|foreign key"), engine.begin() as connection:
        connection.execute(messages.insert().values(**ROW, conversation="x", seq=1, sender="bot", waiting=False))


@pytest.mark.parametrize(
    "url", ["sqlite://", "sqlite:///:memory:", "mysql://x:secret@localhost/y", "postgresql+asyncpg://x:secret@h/y"]
)
def test_other_databases_are_refused_without_showing_the_password(url: str) -> None:
    with pytest.raises(ValueError, match="sqlite:///FILE") as failure:
        connect(url)
    assert "secret" not in str(failure.value)


def test_a_sqlite_file_is_made_with_its_folder_for_its_owner_alone(tmp_path: Path) -> None:
    file = tmp_path / "var" / "daozhen.sqlite"
    engine = connect(f"sqlite:///{file}")
    with engine.begin() as connection:
        conversations.create(connection)
        for path in file.parent.iterdir():
            assert stat.S_IMODE(path.stat().st_mode) == 0o600, path.name
    engine.dispose()


def test_a_sqlite_database_is_set_up_as_documented(tmp_path: Path) -> None:
    engine = connect(f"sqlite:///{tmp_path / 'daozhen.sqlite'}")
    expected = {"journal_mode": "wal", "synchronous": 1, "foreign_keys": 1, "secure_delete": 1, "busy_timeout": 10_000}
    with engine.connect() as connection:
        for pragma, value in expected.items():
            assert connection.exec_driver_sql(f"PRAGMA {pragma}").scalar() == value, pragma


def test_a_write_waits_for_another_and_a_read_for_none(tmp_path: Path) -> None:
    engine = connect(f"sqlite:///{tmp_path / 'daozhen.sqlite'}")
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE counted (number INTEGER)")
        connection.exec_driver_sql("INSERT INTO counted VALUES (0)")

    def count(_: int) -> None:
        for _ in range(20):
            with engine.begin() as connection:
                number = connection.exec_driver_sql("SELECT number FROM counted").scalar_one()
                connection.exec_driver_sql("UPDATE counted SET number = ?", (number + 1,))

    at_once(8, count)
    with engine.begin() as writing, engine.connect() as reading:
        writing.exec_driver_sql("UPDATE counted SET number = -1")
        assert reading.exec_driver_sql("SELECT number FROM counted").scalar() == 160


def test_several_processes_may_make_the_file_at_once(tmp_path: Path) -> None:
    program = "import sys; from bot.conversations.connect import connect; connect(sys.argv[1]).connect().close()"
    command = [sys.executable, "-c", program, f"sqlite:///{tmp_path / 'daozhen.sqlite'}"]
    processes = [subprocess.Popen(command, cwd=ROOT) for _ in range(4)]
    assert [process.wait(60) for process in processes] == [0, 0, 0, 0]


def test_what_is_erased_is_not_left_in_sqlites_files(tmp_path: Path) -> None:
    engine = connect(f"sqlite:///{tmp_path / 'daozhen.sqlite'}")
    migrate(engine)
    store = Store(engine, Wakeups())
    one = store.open("widget").id
    store.accept(one, "1", WORDS, WORDS)

    def in_files() -> bool:
        return any(WORDS.encode() in path.read_bytes() for path in tmp_path.iterdir())

    assert in_files()
    overwrite_log(engine)
    assert in_files()
    store.erase(one)
    store.sweep()
    assert not in_files()
    engine.dispose()


def test_a_postgresql_session_waits_for_nothing_for_ever(postgresql: PostgreSQL) -> None:
    engine = connect(postgresql.address("postgres"))
    expected = {
        "lock_timeout": "10s",
        "idle_in_transaction_session_timeout": "1min",
        "default_transaction_isolation": "read committed",
    }
    with engine.connect() as connection:
        for setting, value in expected.items():
            assert connection.exec_driver_sql(f"SHOW {setting}").scalar() == value, setting
    engine.dispose()


def test_a_server_out_of_reach_is_given_up_soon_or_as_the_address_says() -> None:
    assert connect("postgresql://h/d").url.query["connect_timeout"] == "10"
    assert connect("postgresql://h/d?connect_timeout=3").url.query["connect_timeout"] == "3"


@pytest.mark.parametrize(
    ("text", "stored"),
    [
        ("", ""),
        ("请问有几张床？𠮷", "请问有几张床？𠮷"),
        ("\ufeffa", "\ufeffa"),
        ("a\0b", "a\ufffdb"),
        ("a\ud83db", "a\ufffdb"),
        ("\ude00", "\ufffd"),
        ("\ud83d\ude00", "😀"),
    ],
)
def test_only_what_no_database_holds_is_replaced(text: str, stored: str) -> None:
    assert storable(text) == stored
