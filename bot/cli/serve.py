"""`./run`: train if needed, start the action server and Rasa, restart one that dies, stop both on Ctrl-C."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from types import FrameType

from bot.cli.processes import ON_LOOPBACK, action_server, environment, rasa_server, write_endpoints
from bot.cli.train import is_stale, newest_model, train
from bot.settings import ROOT, InvalidSetting, Settings, read_settings

RESTART_PAUSE = 2.0
STOP_PATIENCE = 10.0


class Service:
    """A process that is kept running."""

    def __init__(self, name: str, command: list[str]) -> None:
        self.name = name
        self._command = command
        self._process: subprocess.Popen[bytes] | None = None
        self._restart_at = 0.0

    def start(self) -> None:
        """Start the process."""
        self._process = subprocess.Popen(self._command, cwd=ROOT, env=environment(**ON_LOOPBACK))

    def tend(self) -> None:
        """Start the process again if it has died, after a pause."""
        if self._process is None or self._process.poll() is None:
            return
        now = time.monotonic()
        if not self._restart_at:
            print(f"{self.name} has stopped (exit code {self._process.returncode}); starting it again.", flush=True)
            self._restart_at = now + RESTART_PAUSE
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


def answers(port: int) -> bool:
    """Whether a Rasa server on loopback has its model loaded."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=2) as reply:
            return bool(reply.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def where_to_go(settings: Settings) -> str:
    """The three lines that a person sees once the bot answers."""
    return (
        f"Daozhen answers on http://127.0.0.1:{settings.rasa_port}/webhooks/rest/webhook (POST sender and message).\n"
        "Talk to it: ./run chat in another terminal.\n"
        "Stop it: Ctrl-C."
    )


def services(settings: Settings, model: Path) -> list[Service]:
    """What `./run` keeps running."""
    endpoints = write_endpoints(settings, ROOT / "var")
    return [
        Service("The action server", action_server(settings)),
        Service("Rasa", rasa_server(settings, model, endpoints)),
    ]


def _stop(signum: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _run(settings: Settings, model: Path) -> None:
    running = services(settings, model)
    told = False
    try:
        for service in running:
            service.start()
        print("Starting; the first answer takes about ten seconds.", flush=True)
        while True:
            for service in running:
                service.tend()
            if not told and answers(settings.rasa_port):
                print(where_to_go(settings), flush=True)
                told = True
            time.sleep(0.3)
    finally:
        for service in reversed(running):
            service.stop()


def main(arguments: list[str]) -> int:
    """Serve until stopped."""
    from actions.departments import InvalidDepartments

    signal.signal(signal.SIGTERM, _stop)
    try:
        settings = read_settings()
        if is_stale() and train() != 0:
            return 1
        model = newest_model()
        if model is None:
            print("There is no model under models/: ./run train makes one.", file=sys.stderr)
            return 1
        _run(settings, model)
    except KeyboardInterrupt:
        pass
    except (InvalidSetting, InvalidDepartments) as error:
        print(error, file=sys.stderr)
        return 1
    return 0
