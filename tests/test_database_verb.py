"""`./run database`: what an operator sees."""

from __future__ import annotations

import pytest

from bot.cli.database import main


@pytest.fixture(autouse=True)
def _database(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DAOZHEN_DATABASE_URL", database_url)


def test_the_database_goes_up_and_down(capsys: pytest.CaptureFixture[str]) -> None:
    assert [main(words) for words in ([], ["upgrade"], ["downgrade", "0001"], [])] == [0, 0, 0, 0]
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "The database is at revision base: it has no tables."
    assert lines[2] == lines[3] == "The database is at revision 0001."


def test_what_it_does_not_know_it_says(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["downgrade", "nowhere"]) == 1
    assert "nowhere" in capsys.readouterr().err
    assert main(["sideways"]) == 2
    assert "Usage" in capsys.readouterr().err
