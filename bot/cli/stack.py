"""Action server, Rasa and gateway on free ports of loopback with a database of their own: for tests and measurements."""

from __future__ import annotations

import json
import os
import secrets
import signal
import socket
import subprocess
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from bot.cli.ask import gateway_answers, gateway_url, rasa_answers
from bot.cli.processes import (
    ON_LOOPBACK,
    action_server,
    die_with_parent,
    environment,
    gateway_server,
    rasa_server,
    write_endpoints,
)
from bot.settings import ROOT, Settings, variable

PATIENCE = 300.0
"""Seconds to wait for the first answer."""


@dataclass
class Stack:
    """Running servers: "actions", "rasa" and, where asked for, "gateway". `seconds`: from their start to being ready."""

    settings: Settings
    folder: Path
    commands: dict[str, list[str]]
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    seconds: float = 0.0

    @property
    def rasa_pid(self) -> int:
        """Rasa's process id."""
        return self.processes["rasa"].pid

    @property
    def actions_pid(self) -> int:
        """The action server's process id."""
        return self.processes["actions"].pid

    @property
    def url(self) -> str:
        """The gateway's address."""
        return gateway_url(self.settings)

    def start(self, name: str) -> None:
        """Start one of the servers; it answers some time later."""
        with (self.folder / "servers.log").open("ab") as log:
            self.processes[name] = subprocess.Popen(
                self.commands[name],
                cwd=ROOT,
                env=environment(**ON_LOOPBACK, **variables(self.settings)),
                stdout=log,
                stderr=log,
                preexec_fn=die_with_parent,
            )

    def stop(self, name: str, how: signal.Signals = signal.SIGTERM) -> None:
        """Stop one of the servers."""
        process = self.processes[name]
        process.send_signal(how)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def await_ready(self, name: str) -> None:
        """Wait until a server answers.

        Raises:
            TimeoutError: if it does not within PATIENCE, or ends.
        """
        answers: dict[str, Callable[[Settings], bool]] = {"rasa": rasa_answers, "gateway": gateway_answers}
        started = time.monotonic()
        while name in answers and not answers[name](self.settings):
            if time.monotonic() - started > PATIENCE or self.processes[name].poll() is not None:
                raise TimeoutError(f"{name} did not start; see {self.folder / 'servers.log'}")
            time.sleep(0.1)

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


def variables(settings: Settings) -> dict[str, str]:
    """The settings that differ from the defaults, as environment variables."""
    found = {}
    for name, default in vars(Settings()).items():
        value = getattr(settings, name)
        if value != default:
            found[variable(name)] = ",".join(value) if isinstance(value, tuple) else str(value)
    return found


def free_port() -> int:
    """A port that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def own_settings(folder: Path, **more: Any) -> Settings:
    """Settings of a stack of its own: free ports, a database in `folder`, a new secret, and whatever else is given."""
    settings = Settings(
        database_url=f"sqlite:///{folder / 'daozhen.sqlite'}",
        gateway_port=free_port(),
        rasa_port=free_port(),
        actions_port=free_port(),
        secret=secrets.token_urlsafe(32),
    )
    return replace(settings, **more)


@contextmanager
def serving(model: Path, folder: Path, gateway: bool = False, **more: Any) -> Iterator[Stack]:
    """Serve a model while the block runs; logs and database go into `folder`.

    Args:
        gateway: whether the gateway is served too.
        more: settings.

    Raises:
        TimeoutError: if a server does not answer within PATIENCE.
    """
    settings = own_settings(folder, **more)
    endpoints = write_endpoints(settings, folder)
    commands = {"actions": action_server(settings), "rasa": rasa_server(settings, model, endpoints, "--enable-api")}
    if gateway:
        commands["gateway"] = gateway_server()
    stack = Stack(settings, folder, commands)
    started = time.monotonic()
    try:
        for name in commands:
            stack.start(name)
        for name in commands:
            stack.await_ready(name)
        stack.seconds = time.monotonic() - started
        yield stack
    finally:
        for process in stack.processes.values():
            process.terminate()
        for name in stack.processes:
            stack.stop(name)


def resident_megabytes(pid: int) -> float:
    """The resident memory of a process, in MB (10^6 bytes)."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6
