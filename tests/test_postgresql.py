"""The tests' own PostgreSQL server: an ordinary user's, out of the way, and missed aloud where it must be there."""

from __future__ import annotations

import pytest
from postgresql import PostgreSQL, do_without


def test_the_server_is_an_ordinary_users_and_listens_to_its_socket_alone(postgresql: PostgreSQL) -> None:
    assert postgresql.run("SHOW listen_addresses") == [("",)]
    (line,) = postgresql.run("SELECT pg_read_file('postmaster.pid')")[0][0].splitlines()[:1]
    with open(f"/proc/{line}/status", encoding="ascii") as status:
        (owner,) = [words.split()[1] for words in status if words.startswith("Uid:")]
    assert owner != "0"


def test_each_database_is_new(postgresql: PostgreSQL) -> None:
    assert postgresql.new_database() != postgresql.new_database()


def test_without_a_server_all_tests_fail_in_ci_and_are_skipped_elsewhere() -> None:
    with pytest.raises(pytest.fail.Exception, match="apt install postgresql"):
        do_without({"CI": "true"})
    with pytest.raises(pytest.skip.Exception, match="apt install postgresql"):
        do_without({})
