"""Action server and Rasa on free ports of loopback with a database of their own: for tests and measurements."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.cli.processes import ON_LOOPBACK, action_server, environment, rasa_server, write_endpoints
from bot.cli.serve import answers
from bot.settings import ROOT, Settings

PATIENCE = 120.0
"""Seconds to wait for the first answer."""


@dataclass(frozen=True)
class Stack:
    """Two running servers: their settings and process ids, and the seconds from their start to being ready."""

    settings: Settings
    rasa_pid: int
    actions_pid: int
    seconds: float

    def ask(self, sender: str, message: str) -> list[dict[str, Any]]:
        """The replies of Rasa's REST channel to one message."""
        body = json.dumps({"sender": sender, "message": message}).encode()
        address = f"http://127.0.0.1:{self.settings.rasa_port}/webhooks/rest/webhook"
        request = urllib.request.Request(address, body, {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=60) as reply:
            replies: list[dict[str, Any]] = json.load(reply)
        return replies

    def tracker(self, sender: str) -> dict[str, Any]:
        """The tracker of a conversation, from Rasa's HTTP API."""
        address = f"http://127.0.0.1:{self.settings.rasa_port}/conversations/{sender}/tracker"
        with urllib.request.urlopen(address, timeout=60) as reply:
            tracker: dict[str, Any] = json.load(reply)
        return tracker


def free_port() -> int:
    """A port that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def serving(model: Path, folder: Path) -> Iterator[Stack]:
    """Serve a model while the block runs; logs and database go into `folder`.

    Raises:
        TimeoutError: if Rasa does not answer within PATIENCE.
    """
    settings = Settings(
        database_url=f"sqlite:///{folder / 'daozhen.sqlite'}", rasa_port=free_port(), actions_port=free_port()
    )
    endpoints = write_endpoints(settings, folder)
    surroundings = environment(**ON_LOOPBACK, DAOZHEN_DATABASE_URL=settings.database_url)
    commands = (action_server(settings), rasa_server(settings, model, endpoints, "--enable-api"))
    started = time.monotonic()
    with (folder / "servers.log").open("ab") as log:
        processes = [subprocess.Popen(c, cwd=ROOT, env=surroundings, stdout=log, stderr=log) for c in commands]
    try:
        while not answers(settings.rasa_port):
            if time.monotonic() - started > PATIENCE or any(process.poll() is not None for process in processes):
                raise TimeoutError(f"the servers did not start; see {folder / 'servers.log'}")
            time.sleep(0.1)
        actions, rasa = processes
        yield Stack(settings, rasa.pid, actions.pid, time.monotonic() - started)
    finally:
        for process in processes:
            process.terminate()
        for process in processes:
            process.wait(20)


def resident_megabytes(pid: int) -> float:
    """The resident memory of a process, in MB (10^6 bytes)."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6
