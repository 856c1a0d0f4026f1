"""`./run`: start the gateway, Rasa and its action server, restart one that dies, stop all on Ctrl-C.

The gateway comes first and answers within seconds; a message sent while Rasa still trains or loads is answered when it is ready.
"""

from __future__ import annotations

import errno
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass, replace
from types import FrameType

from bot.cli.ask import gateway_answers, gateway_url, rasa_answers
from bot.cli.processes import (
    ON_LOOPBACK,
    action_server,
    die_with_parent,
    environment,
    gateway_server,
    rasa_server,
    write_credentials,
    write_endpoints,
)
from bot.cli.secret import shared_secret
from bot.cli.staff import has_staff
from bot.cli.train import Training, is_stale, newest_model
from bot.settings import ROOT, InvalidSetting, Settings, read_settings, variable

VAR = ROOT / "var"
QUICK, LONGEST_PAUSE = 0.2, 10.0
"""Seconds before a process that has died is started again: the first time, and at most, where it fails every time."""
SETTLED = 20.0
"""Seconds after which a process counts as running well. One that was killed has not failed."""
STOP_PATIENCE = 10.0
LOOK = 0.3


class Service:
    """A process that is kept running."""

    def __init__(self, name: str, command: list[str], surroundings: dict[str, str]) -> None:
        self.name = name
        self._command = command
        self._surroundings = surroundings
        self._process: subprocess.Popen[bytes] | None = None
        self._started_at = 0.0
        self._restart_at = 0.0
        self._pause = QUICK

    def start(self) -> None:
        """Start the process."""
        self._started_at = time.monotonic()
        self._process = subprocess.Popen(self._command, cwd=ROOT, env=self._surroundings, preexec_fn=die_with_parent)

    def tend(self) -> None:
        """Start the process again if it has died, after a pause that grows where it fails every time."""
        if self._process is None or self._process.poll() is None:
            return
        now = time.monotonic()
        if not self._restart_at:
            print(f"{self.name} has stopped ({_how(self._process.returncode)}); starting it again.", flush=True)
            failing = self._process.returncode > 0 and now - self._started_at < SETTLED
            self._pause = min(2 * self._pause, LONGEST_PAUSE) if failing else QUICK
            self._restart_at = now + self._pause
        elif now >= self._restart_at:
            self._restart_at = 0.0
            self.start()

    def stop(self) -> None:
        """Ask the process to end, and end it where it does not."""
        if self._process is None or self._process.poll() is not None:
            return
        self._process.terminate()
        try:
            self._process.wait(STOP_PATIENCE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


def _how(code: int) -> str:
    return f"signal {-code}" if code < 0 else f"exit code {code}"


@dataclass(frozen=True)
class _Port:
    what: str
    host: str
    number: int
    setting: str


class PortTaken(Exception):
    """A port that is needed cannot be had; the message names the setting."""


def check_ports(settings: Settings) -> None:
    """Check that the three ports are free.

    Raises:
        PortTaken: if one is not.
    """
    if gateway_answers(settings):
        raise PortTaken(
            f"Daozhen is already running at {gateway_url(settings)}/. "
            "To run a second one, give it ports of its own: DAOZHEN_GATEWAY_PORT, DAOZHEN_RASA_PORT, DAOZHEN_ACTIONS_PORT."
        )
    for port in (
        _Port("the gateway", settings.gateway_host, settings.gateway_port, "DAOZHEN_GATEWAY"),
        _Port("Rasa", "127.0.0.1", settings.rasa_port, "DAOZHEN_RASA"),
        _Port("the action server", "127.0.0.1", settings.actions_port, "DAOZHEN_ACTIONS"),
    ):
        _check_port(port)


def _check_port(port: _Port) -> None:
    family = socket.AF_INET6 if ":" in port.host else socket.AF_INET
    try:
        with socket.socket(family) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((port.host, port.number))
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise PortTaken(
                f"Port {port.number} is in use by another program, and {port.what} needs one: "
                f"set {port.setting}_PORT to a free one ({port.setting}_PORT={port.number + 1} ./run)."
            ) from error
        raise PortTaken(
            f"{port.what} cannot listen on {port.host}:{port.number}: {error.strerror}; see {port.setting}_HOST and _PORT."
        ) from error


def where_to_go(settings: Settings) -> str:
    """The three lines that a person sees once the gateway answers."""
    url = gateway_url(settings)
    telegram = f"on Telegram ({url}/readyz says how that is), or " if settings.telegram_bot_token else ""
    return (
        f"Daozhen is at {url}/ (a page with the chat, and the line that puts it on another site).\n"
        f"Talk to it {telegram}in a terminal: ./run chat\n"
        "Stop it: Ctrl-C"
    )


NO_STAFF = (
    "Nobody can work at the front desk ({url}/desk/) yet; the first account: ./run staff add YOUR.NAME --role lead"
)


class Supervisor:
    """Keeps the processes of Daozhen running.

    Args:
        settings: the secret is taken from var/secret where it is not set.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = replace(settings, secret=shared_secret(settings, VAR))
        self._surroundings = environment(**ON_LOOPBACK, DAOZHEN_SECRET=self._settings.secret)
        self._services = [Service("The gateway", gateway_server(), dict(self._surroundings))]
        self._surroundings.pop(variable("telegram_bot_token"), None)  # the gateway's alone
        self._training: Training | None = None
        self._to_tell = ["gateway", "rasa"]

    def run(self) -> int:
        """Run until stopped; 1 if there is no model and none can be trained."""
        try:
            self._services[0].start()
            self._training = Training(self._surroundings, quiet=True) if is_stale() else None
            if self._training:
                print("Training the model; this takes about a minute.", flush=True)
            else:
                self._start_rasa()
            while True:
                for service in self._services:
                    service.tend()
                if self._training and self._training.has_ended():
                    if not self._training.succeeded():
                        print("The model could not be trained; what is above says why.", file=sys.stderr)
                        return 1
                    self._training = None
                    self._start_rasa()
                self._tell()
                time.sleep(LOOK)
        finally:
            for service in reversed(self._services):
                service.stop()
            if self._training:
                self._training.stop()

    def _start_rasa(self) -> None:
        model = newest_model()
        assert model is not None  # is_stale() is true where there is none
        endpoints, credentials = write_endpoints(self._settings, VAR), write_credentials(VAR)
        rasa = rasa_server(self._settings, model, endpoints, "--credentials", str(credentials))
        for name, command in (("The action server", action_server(self._settings)), ("Rasa", rasa)):
            self._services.append(Service(name, [*command, "--quiet"], self._surroundings))
            self._services[-1].start()

    def _tell(self) -> None:
        """Say once where to go, and once that the bot answers."""
        if "gateway" in self._to_tell and gateway_answers(self._settings):
            self._to_tell.remove("gateway")
            print(where_to_go(self._settings), flush=True)
            if not has_staff(self._settings):
                print(NO_STAFF.format(url=gateway_url(self._settings)), flush=True)
            if not rasa_answers(self._settings):
                print("The assistant is still loading; what is asked now is answered in a moment.", flush=True)
        elif "gateway" not in self._to_tell and "rasa" in self._to_tell and rasa_answers(self._settings):
            self._to_tell.remove("rasa")
            print("The assistant is ready.", flush=True)


def _stop(signum: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def main(arguments: list[str]) -> int:
    """Serve until stopped."""
    from actions.departments import InvalidDepartments

    signal.signal(signal.SIGTERM, _stop)
    try:
        settings = read_settings()
        check_ports(settings)
        return Supervisor(settings).run()
    except KeyboardInterrupt:
        return 0
    except (InvalidSetting, InvalidDepartments, PortTaken) as error:
        print(error, file=sys.stderr)
        return 1
