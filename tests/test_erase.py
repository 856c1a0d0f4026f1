"""./run erase: a conversation goes with all that belongs to it, and the audit says so."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.cli import erase
from bot.conversations.connect import connect
from bot.conversations.migrations import migrate
from bot.conversations.records import NewTicket
from bot.conversations.store import Store
from bot.conversations.transactions import Transactions
from bot.conversations.wakeups import Wakeups
from bot.desk.audit import Audit


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    address = f"sqlite:///{tmp_path / 'x.sqlite'}"
    monkeypatch.setenv("DAOZHEN_DATABASE_URL", address)
    engine = connect(address)
    migrate(engine)
    yield Store(engine, Wakeups())
    entries = Audit(Transactions(engine, Wakeups())).entries()
    assert {entry.action for entry in entries} <= {"erase"}
    engine.dispose()


@pytest.mark.parametrize("how", ["id", "ticket", "telegram"])
def test_erased(store: Store, how: str) -> None:
    mine, other = store.open("telegram", "42"), store.open("telegram", "43")
    ticket = store.open_ticket(mine.id, NewTicket("service", "?", None, "en", "asked"), None)
    arguments = {"id": [mine.id], "ticket": ["--ticket", str(ticket.number)], "telegram": ["--telegram", "42"]}
    assert erase.main(arguments[how]) == 0
    assert store.conversation(mine.id) is None
    assert store.conversation(other.id) is not None
    assert erase.main(arguments[how]) == 1


@pytest.mark.parametrize("arguments", [[], ["some", "--telegram", "42"], ["--ticket", "x"]])
def test_one_thing_is_to_be_named(store: Store, arguments: list[str]) -> None:
    with pytest.raises(SystemExit):
        erase.main(arguments)
