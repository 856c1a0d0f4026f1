"""bot.desk.accounts, sessions and audit, on SQLite and PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest
import sqlalchemy as sa
from argon2 import PasswordHasher
from sqlalchemy.engine import Engine
from stores import Clock

from bot.cli.staff import has_staff
from bot.conversations.connect import connect
from bot.conversations.migrations import migrate
from bot.conversations.tables import accounts as account_rows
from bot.conversations.tables import sessions as session_rows
from bot.conversations.transactions import Transactions
from bot.conversations.wakeups import wakeups_for
from bot.desk.accounts import LINK_HOURS, AccountError, Accounts
from bot.desk.audit import Audit
from bot.desk.sessions import FAILURES, Sessions, TooManyFailures
from bot.settings import Settings

GOOD = "a long enough password"
HERE = "10.0.0.1"


@pytest.fixture
def transactions(engine: Engine, clock: Clock) -> Iterator[Transactions]:
    wakeups = wakeups_for(engine)
    yield Transactions(engine, wakeups, clock)
    wakeups.close()


@pytest.fixture
def accounts(transactions: Transactions) -> Accounts:
    return Accounts(transactions, PasswordHasher(time_cost=1, memory_cost=64, parallelism=1))


@pytest.fixture
def sessions(transactions: Transactions, accounts: Accounts) -> Sessions:
    return Sessions(transactions, accounts, hours=12)


def test_a_password_is_kept_as_an_argon2id_hash(accounts: Accounts, engine: Engine) -> None:
    account = accounts.add("li.na")
    assert accounts.check("li.na", "") is None  # none is set yet
    accounts.set_password(account.id, GOOD)
    with engine.connect() as connection:
        kept = connection.execute(sa.select(account_rows.c.password)).scalar_one()
    assert kept.startswith("$argon2id$")
    assert accounts.check("li.na", GOOD) == account
    assert accounts.check(" Li.Na ", GOOD) == account
    assert accounts.check("li.na", f"{GOOD} ") is None
    assert accounts.check("nobody", GOOD) is None


@pytest.mark.parametrize("name", ["", "a", "A", "x" * 33, "li na", "-li", "李娜", "li/na", "li\n"])
def test_names(accounts: Accounts, name: str) -> None:
    with pytest.raises(AccountError, match="is no name"):
        accounts.add(name)


def test_a_name_is_given_once(accounts: Accounts) -> None:
    accounts.add("li.na")
    with pytest.raises(AccountError, match="already"):
        accounts.add("li.na", "lead")
    assert [account.role for account in accounts.all()] == ["staff"]


@pytest.mark.parametrize("password", ["", "123456789", "x" * 201])
def test_passwords_of_a_wrong_length(accounts: Accounts, password: str) -> None:
    account = accounts.add("li.na")
    with pytest.raises(AccountError, match="10 to 200"):
        accounts.set_password(account.id, password)


def test_a_link_works_once_and_not_for_ever(accounts: Accounts, clock: Clock) -> None:
    account = accounts.add("li.na")
    first = accounts.invite(account.id)
    second = accounts.invite(account.id)
    assert accounts.invited(first) is None  # a newer one takes its place
    assert accounts.invited(second) == account
    accounts.set_password(account.id, GOOD)
    assert accounts.invited(second) is None
    third = accounts.invite(account.id)
    clock.move(hours=LINK_HOURS)
    assert accounts.invited(third) is None
    assert accounts.invited("") is None


def test_a_session(accounts: Accounts, sessions: Sessions, engine: Engine, clock: Clock) -> None:
    account = accounts.add("li.na")
    accounts.set_password(account.id, GOOD)
    found = sessions.sign_in("li.na", GOOD, HERE)
    assert found is not None
    token = found[0]
    signed_in = sessions.find(token)
    assert signed_in is not None
    assert signed_in.account == account
    with engine.connect() as connection:
        kept = connection.execute(sa.select(session_rows)).one()
    assert token not in map(str, kept)
    other = sessions.open(account)
    sessions.end(token)
    assert sessions.find(token) is None
    assert sessions.find(other) is not None
    clock.move(hours=12)
    assert sessions.find(other) is None


@pytest.mark.parametrize("what", ["disable", "password", "end_all"])
def test_what_ends_all_sessions(accounts: Accounts, sessions: Sessions, what: str) -> None:
    account = accounts.add("li.na")
    tokens = [sessions.open(account) for _ in range(2)]
    match what:
        case "disable":
            accounts.disable(account.id)
        case "password":
            accounts.set_password(account.id, GOOD)
        case _:
            sessions.end_all(account.id)
    assert [sessions.find(token) for token in tokens] == [None, None]


def test_a_disabled_account_cannot_sign_in_until_it_is_enabled(accounts: Accounts, sessions: Sessions) -> None:
    account = accounts.add("li.na")
    accounts.set_password(account.id, GOOD)
    accounts.disable(account.id)
    assert sessions.sign_in("li.na", GOOD, HERE) is None
    accounts.disable(account.id, False)
    assert sessions.sign_in("li.na", GOOD, HERE) is not None


def test_failures_are_throttled_by_name(accounts: Accounts, sessions: Sessions, clock: Clock) -> None:
    accounts.set_password(accounts.add("li.na").id, GOOD)
    for number in range(FAILURES):
        assert sessions.sign_in("li.na", "wrong", f"10.0.1.{number}") is None
    with pytest.raises(TooManyFailures) as found:
        sessions.sign_in("LI.NA", GOOD, HERE)
    assert 0 < found.value.seconds <= 15 * 60
    clock.move(minutes=15, seconds=1)
    assert sessions.sign_in("li.na", GOOD, HERE) is not None


def test_failures_are_throttled_by_address(accounts: Accounts, sessions: Sessions) -> None:
    accounts.set_password(accounts.add("li.na").id, GOOD)
    for number in range(FAILURES):
        assert sessions.sign_in(f"guess{number}", "wrong", HERE) is None
    with pytest.raises(TooManyFailures):
        sessions.sign_in("li.na", GOOD, HERE)
    assert sessions.sign_in("li.na", GOOD, "10.0.0.2") is not None


def test_signing_in_forgets_the_failures_of_a_name(accounts: Accounts, sessions: Sessions) -> None:
    accounts.set_password(accounts.add("li.na").id, GOOD)
    for round_ in range(3):
        for number in range(FAILURES - 1):
            assert sessions.sign_in("li.na", "wrong", f"10.{round_}.0.{number}") is None
        assert sessions.sign_in("li.na", GOOD, HERE) is not None


def test_guesses_sent_all_at_once_are_counted(accounts: Accounts, sessions: Sessions) -> None:
    accounts.set_password(accounts.add("li.na").id, GOOD)
    looked_at = []
    together = Barrier(12)

    def guess(number: int) -> None:
        together.wait()
        try:
            looked_at.append(sessions.sign_in("li.na", "wrong", f"10.0.1.{number}"))
        except TooManyFailures:
            return

    with ThreadPoolExecutor(12) as pool:
        list(pool.map(guess, range(12)))
    assert looked_at == [None] * FAILURES


def test_signing_in_is_no_failure_of_the_address(accounts: Accounts, sessions: Sessions) -> None:
    accounts.set_password(accounts.add("li.na").id, GOOD)
    for _ in range(3 * FAILURES):
        assert sessions.sign_in("li.na", GOOD, HERE) is not None


def test_of_two_who_use_a_link_at_once_one_succeeds(accounts: Accounts) -> None:
    link = accounts.invite(accounts.add("li.na").id)
    together = Barrier(4)

    def use(number: int) -> bool:
        together.wait()
        return accounts.use_link(link, f"{GOOD} {number}") is not None

    with ThreadPoolExecutor(4) as pool:
        won = list(pool.map(use, range(4)))
    assert won.count(True) == 1
    assert accounts.check("li.na", f"{GOOD} {won.index(True)}") is not None


def test_the_audit_only_grows(transactions: Transactions, accounts: Accounts, engine: Engine) -> None:
    audit, account = Audit(transactions), accounts.add("li.na")
    audit.record(account.id, "look", "conversation", "ticket")
    audit.record(None, "sign_in_failed")
    for statement in ("UPDATE audit SET action = 'nothing'", "DELETE FROM audit"):
        with pytest.raises(sa.exc.DBAPIError, match="only grows"), engine.begin() as connection:
            connection.exec_driver_sql(statement)
    assert [(entry.account, entry.action) for entry in audit.entries()] == [(None, "sign_in_failed"), ("li.na", "look")]
    assert [entry.ticket for entry in audit.entries(account="li.na")] == ["ticket"]
    assert len(audit.entries(limit=1)) == 1


def test_whether_anybody_has_an_account(tmp_path: Path) -> None:
    settings = Settings(database_url=f"sqlite:///{tmp_path / 'daozhen.sqlite'}")
    engine = connect(settings.database_url)
    migrate(engine)
    assert not has_staff(settings)
    wakeups = wakeups_for(engine)
    Accounts(Transactions(engine, wakeups)).add("li.na")
    assert has_staff(settings)
    wakeups.close()
    engine.dispose()
