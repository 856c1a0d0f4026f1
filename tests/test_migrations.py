"""bot.conversations.migrations: up, down and up again with the data kept; several processes at once; the tables as declared."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy.engine import Engine
from sqlalchemy.schema import CreateTable
from stores import BEDS, EMERGENCY, HELLO, Clock, said, write

from bot.conversations.connect import connect
from bot.conversations.migrations import HERE, MigrationError, current, downgrade, migrate
from bot.conversations.store import Store
from bot.conversations.tables import metadata, trackers
from bot.conversations.wakeups import Wakeups
from bot.settings import ROOT

REVISIONS = [script.revision for script in ScriptDirectory(str(HERE)).walk_revisions()][::-1]
"""From the oldest to the newest."""


@pytest.fixture
def empty(database_url: str) -> Iterator[Engine]:
    """A database without tables."""
    engine = connect(database_url)
    yield engine
    engine.dispose()


def shape(engine: Engine) -> dict[str, Any]:
    """Every table with its columns, indices, keys and checks."""
    look = sa.inspect(engine)
    return {
        table: (
            [(column["name"], str(column["type"]), column["nullable"]) for column in look.get_columns(table)],
            sorted((index["name"], index["column_names"], index["unique"]) for index in look.get_indexes(table)),
            sorted((key["name"] or "", key["column_names"]) for key in look.get_unique_constraints(table)),
            sorted((key["constrained_columns"], key["options"]) for key in look.get_foreign_keys(table)),
            look.get_pk_constraint(table)["constrained_columns"],
        )
        for table in look.get_table_names()
        if table not in ("alembic_version", "sqlite_sequence")
    }


def index_definitions(engine: Engine) -> list[str]:
    """How every index is made, its condition too."""
    source = {
        "sqlite": "SELECT sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL",
        "postgresql": "SELECT indexdef FROM pg_indexes WHERE schemaname = 'public' AND tablename <> 'alembic_version'",
    }
    with engine.connect() as connection:
        return sorted(connection.exec_driver_sql(source[engine.dialect.name]).scalars())


def test_the_migrations_make_the_tables_that_are_declared(empty: Engine) -> None:
    migrate(empty)
    with empty.connect() as connection:
        differences = compare_metadata(MigrationContext.configure(connection), metadata)
    assert [difference for difference in differences if getattr(difference[1], "name", "") != "sqlite_sequence"] == []
    migrated = shape(empty), index_definitions(empty)
    downgrade(empty, "base")
    trackers.drop(empty)
    metadata.create_all(empty)
    assert migrated == (shape(empty), index_definitions(empty))


def test_each_step_down_and_up_leaves_the_same_tables(empty: Engine) -> None:
    shapes = {}
    for revision in REVISIONS:
        migrate_to(empty, revision)
        shapes[revision] = shape(empty)
    for revision in REVISIONS[-2::-1]:
        downgrade(empty, revision)
        assert (current(empty), shape(empty)) == (revision, shapes[revision])
    migrate(empty)
    assert (current(empty), shape(empty)) == (REVISIONS[-1], shapes[REVISIONS[-1]])
    downgrade(empty, "base")
    assert (current(empty), list(shape(empty))) == (None, ["trackers"])


def migrate_to(engine: Engine, revision: str) -> None:
    """Bring a database up to a revision, through the newest: down is tested on the way."""
    migrate(engine)
    downgrade(engine, revision)


def test_what_a_revision_holds_is_there_after_going_down_to_it_and_up_again(empty: Engine) -> None:
    migrate(empty)
    store = Store(empty, Wakeups(), Clock())
    one = store.open("telegram", "42", language="zh")
    write(store, one.id, "您好 13800138000", "hello")
    work = store.lease("worker", 60)
    assert work is not None and store.finish(work, [HELLO], EMERGENCY)
    before = store.read(one.id)
    downgrade(empty, "0002")
    assert store.read(one.id) == before
    migrate(empty)
    assert [ticket.summary for ticket in store.tickets.inbox()] == [EMERGENCY.summary]
    downgrade(empty, "0001")
    assert store.read(one.id) == before
    migrate(empty)
    assert store.read(one.id) == before
    assert store.open("telegram", "42").id == one.id
    again = store.lease("worker", 60)
    assert again is not None and store.finish(again, [HELLO])
    assert said(store, one.id)[-1] == "bot: Hello."


def test_what_was_still_to_be_sent_is_sent_after_going_down_and_up(empty: Engine) -> None:
    migrate(empty)
    store = Store(empty, Wakeups(), Clock())
    one = store.open("telegram", "42").id
    for reply in (HELLO, BEDS):
        store.say(one, "bot", reply)
    store.say(store.open("widget").id, "bot", HELLO)
    first = store.undelivered("telegram", "sender", 60)
    assert first is not None and store.mark_delivered(first)
    downgrade(empty, "0002")
    migrate(empty)
    second = store.undelivered("telegram", "sender", 60)
    assert second is not None and second.message.text == BEDS.text and store.mark_delivered(second)
    assert store.undelivered("telegram", "sender", 60) is None


def test_migrating_again_changes_nothing(empty: Engine) -> None:
    migrate(empty)
    store = Store(empty, Wakeups())
    one = store.open("widget")
    migrate(empty)
    assert store.conversation(one.id) == one


def test_a_database_that_a_rasa_server_made_alone_is_taken_over(empty: Engine) -> None:
    with empty.begin() as connection:
        connection.execute(CreateTable(trackers, if_not_exists=True))
        connection.execute(trackers.insert().values(conversation="shell", events="[]"))
    migrate(empty)
    with empty.connect() as connection:
        assert connection.execute(sa.select(trackers.c.conversation)).scalars().all() == ["shell"]


def test_processes_that_migrate_at_once_wait_for_each_other(database_url: str) -> None:
    program = (
        "import sys; from bot.conversations.connect import connect; from bot.conversations.migrations import migrate;"
        "migrate(connect(sys.argv[1]))"
    )
    command = [sys.executable, "-c", program, database_url]
    processes = [subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True) for _ in range(3)]
    assert [process.communicate()[1] for process in processes] == ["", "", ""]
    assert [process.returncode for process in processes] == [0, 0, 0]
    engine = connect(database_url)
    assert current(engine) == REVISIONS[-1]
    engine.dispose()


def test_a_step_that_fails_leaves_the_database_as_it_was(empty: Engine) -> None:
    with empty.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE updates (id INTEGER)")  # in the way of the last revision
    with pytest.raises(sa.exc.DBAPIError, match="updates"):
        migrate(empty)
    assert (current(empty), list(shape(empty))) == (None, ["updates"])


def test_a_database_of_a_newer_version_is_refused_with_what_to_do(empty: Engine) -> None:
    migrate(empty)
    with empty.begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(MigrationError, match="9999.*newer version.*downgrade"):
        migrate(empty)
    with pytest.raises(MigrationError, match="nowhere"):
        downgrade(empty, "nowhere")


def test_every_revision_has_its_way_back() -> None:
    for script in ScriptDirectory(str(HERE)).walk_revisions():
        assert script.module.downgrade.__doc__ and script.module.upgrade.__doc__, script.revision
