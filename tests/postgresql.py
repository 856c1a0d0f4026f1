"""A PostgreSQL server for tests: started from the system's own package, as an ordinary user, in a temporary folder."""

from __future__ import annotations

import itertools
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn

import pytest
import sqlalchemy as sa

ORDINARY_USER = "nobody"
"""Who runs the server where the tests run as root: PostgreSQL refuses to."""
PATIENCE = 60.0
"""Seconds to wait for the server to start, and to stop."""


def binaries() -> Path | None:
    """The folder of the newest PostgreSQL server on this machine; None if there is none."""
    on_path = shutil.which("initdb")
    if on_path:
        return Path(on_path).resolve().parent
    found = [path for path in Path("/usr/lib/postgresql").glob("*/bin") if (path / "initdb").exists()]
    return max(found, key=lambda path: float(path.parent.name), default=None)


def do_without(environment: Mapping[str, str]) -> NoReturn:
    """There is no server: a failure where all tests must run (CI=true), a skip elsewhere."""
    reason = "PostgreSQL's server is not installed (Debian: apt install postgresql)"
    if environment.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)


@dataclass
class PostgreSQL:
    """A running server that is reached by its socket alone."""

    folder: Path
    _numbers: Iterator[int] = field(default_factory=itertools.count)

    def address(self, database: str) -> str:
        """The SQLAlchemy address of a database."""
        return f"postgresql://daozhen@/{database}?host={self.folder}"

    def new_database(self) -> str:
        """The address of a new, empty database."""
        name = f"test_{next(self._numbers)}"
        self.run(f"CREATE DATABASE {name}")
        return self.address(name)

    def run(self, statement: str) -> Any:
        """Run one statement as the server's owner, outside of a transaction; its rows, if it gives any."""
        engine = sa.create_engine(self.address("postgres"), poolclass=sa.pool.NullPool, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            result = connection.execute(sa.text(statement))
            return result.all() if result.returns_rows else None


@contextmanager
def serving() -> Iterator[PostgreSQL]:
    """Run a server while the block runs. There must be `binaries()`.

    Raises:
        RuntimeError: if it does not start.
    """
    where = binaries()
    if where is None:
        raise RuntimeError("PostgreSQL's server is not installed")
    folder = Path(tempfile.mkdtemp(prefix="daozhen-pg-"))
    as_user: dict[str, Any] = {"cwd": folder}
    if os.geteuid() == 0:
        shutil.chown(folder, ORDINARY_USER)
        as_user |= {"user": ORDINARY_USER, "group": pwd.getpwnam(ORDINARY_USER).pw_gid, "extra_groups": []}
    try:
        data = folder / "data"
        options = ["--username=daozhen", "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync"]
        made = subprocess.run(
            [where / "initdb", "-D", data, *options], **as_user, capture_output=True, text=True, check=False
        )
        if made.returncode != 0:
            raise RuntimeError(f"initdb failed: {made.stderr}")
        yield from _run(where, data, folder, as_user)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _run(where: Path, data: Path, folder: Path, as_user: dict[str, Any]) -> Iterator[PostgreSQL]:
    log = (folder / "server.log").open("wb")
    settings = {
        "listen_addresses": "",
        "unix_socket_directories": str(folder),
        "fsync": "off",
        "max_connections": "200",
    }
    command = [str(where / "postgres"), "-D", str(data)]
    command += [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
    server = subprocess.Popen(command, **as_user, stdout=log, stderr=log)
    try:
        _wait_for(where, folder, server)
        yield PostgreSQL(folder)
    finally:
        server.send_signal(signal.SIGQUIT)  # "immediate": what it holds is thrown away
        try:
            server.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()
        log.close()


def _wait_for(where: Path, folder: Path, server: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + PATIENCE
    while subprocess.run([where / "pg_isready", "-q", "-h", folder], check=False).returncode != 0:
        if server.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(f"PostgreSQL did not start: {(folder / 'server.log').read_text(errors='replace')}")
        time.sleep(0.05)
