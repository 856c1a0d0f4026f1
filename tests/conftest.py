"""Fixtures that several test files share."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from postgresql import PostgreSQL, binaries, do_without, serving
from shipped import DEPARTMENTS, RESPONSES, VOCABULARY
from sqlalchemy.engine import Engine
from stores import Clock

from actions.schema import Department
from actions.terms import Vocabulary
from bot.conversations.connect import connect
from bot.conversations.migrations import migrate
from bot.conversations.store import Store
from bot.conversations.tables import metadata
from bot.conversations.wakeups import wakeups_for
from bot.language.names import Name, NameFinder
from bot.language.tokenise import Tokeniser
from bot.language.wording import Responses
from bot.rasa.names import kept_whole, known_names

pytest_plugins = ["browser", "collected"]


@pytest.fixture
def departments() -> list[Department]:
    """The shipped departments."""
    return list(DEPARTMENTS)


@pytest.fixture
def vocabulary() -> Vocabulary:
    """The shipped vocabulary."""
    return VOCABULARY


@pytest.fixture
def responses() -> Responses:
    """The responses of domain.yml."""
    return RESPONSES


@pytest.fixture(scope="session")
def names() -> list[Name]:
    """Every name that the bot knows."""
    return known_names()


@pytest.fixture(scope="session")
def tokeniser() -> Tokeniser:
    """The tokeniser as it is served."""
    return Tokeniser(kept_whole())


@pytest.fixture(scope="session")
def finder(names: list[Name]) -> NameFinder:
    """The finder of all names, with a few ordinary words such as training finds."""
    return NameFinder(names, ("cancel", "lives", "doctors", "doctor", "service", "person", "through"))


@pytest.fixture(scope="session")
def postgresql() -> Iterator[PostgreSQL]:
    """A PostgreSQL server; where the machine has none, a failure with CI=true and a skip otherwise."""
    if binaries() is None:
        do_without(os.environ)
    with serving() as server:
        yield server


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of a new, empty database: the test runs on SQLite and on PostgreSQL."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'daozhen.sqlite'}"
    url: str = request.getfixturevalue("postgresql").new_database()
    return url


@pytest.fixture(scope="session")
def migrated_postgresql(postgresql: PostgreSQL) -> Iterator[Engine]:
    """A PostgreSQL database with the newest tables, which tests take turns with: making one takes half a second."""
    engine = connect(postgresql.new_database())
    migrate(engine)
    yield engine
    engine.dispose()


@pytest.fixture(params=["sqlite", "postgresql"])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """An empty database with the newest tables, on SQLite and on PostgreSQL in turn."""
    if request.param == "sqlite":
        engine = connect(f"sqlite:///{tmp_path / 'daozhen.sqlite'}")
        migrate(engine)
        yield engine
        engine.dispose()
    else:
        engine = request.getfixturevalue("migrated_postgresql")
        with engine.begin() as connection:
            connection.exec_driver_sql("SET LOCAL session_replication_role = replica")  # the audit refuses it otherwise
            connection.exec_driver_sql(f"TRUNCATE {', '.join(metadata.tables)} RESTART IDENTITY CASCADE")
        yield engine


@pytest.fixture
def clock() -> Clock:
    """The time that the store goes by, moved by hand."""
    return Clock()


@pytest.fixture
def store(engine: Engine, clock: Clock) -> Iterator[Store]:
    """An empty conversation store, on SQLite and on PostgreSQL in turn."""
    wakeups = wakeups_for(engine)
    yield Store(engine, wakeups, clock)
    wakeups.close()
