"""The processes of Daozhen and the environment they run in."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
from pathlib import Path

import yaml

from bot.settings import ROOT, Settings

QUIET = {
    "RASA_TELEMETRY_ENABLED": "false",
    # Rasa 3.6 is written for SQLAlchemy 1.4 and says so at every start.
    "SQLALCHEMY_SILENCE_UBER_WARNING": "1",
}
"""Third-party noise that an environment variable silences; bot.quiet does the rest."""


def serving_python() -> str:
    """The interpreter of .venv, also when this process runs in the test environment that looks into it."""
    python = ROOT / ".venv" / "bin" / "python"
    return str(python) if python.exists() else sys.executable


def environment(**more: str) -> dict[str, str]:
    """This process's environment with the noise off, and whatever else is given."""
    return {**os.environ, **QUIET, "PYTHONPATH": str(ROOT), **more}


def rasa_command(*arguments: str) -> list[str]:
    """A command of Rasa's."""
    return [serving_python(), "-m", "bot.quiet", "rasa", *arguments]


def write_endpoints(settings: Settings, folder: Path) -> Path:
    """endpoints.yml with the action server's port as set, and with the secret for it where there is one, in a folder.

    The secret itself is not written: Rasa takes it from its environment.
    """
    content = yaml.safe_load((ROOT / "endpoints.yml").read_text(encoding="utf-8"))
    content["action_endpoint"]["url"] = f"http://127.0.0.1:{settings.actions_port}/webhook"
    if settings.secret:
        content["action_endpoint"]["headers"] = {"Authorization": "Bearer ${DAOZHEN_SECRET}"}
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "endpoints.yml"
    path.write_text(yaml.safe_dump(content), encoding="utf-8")
    return path


def gateway_server() -> list[str]:
    """The command that serves the gateway, where its settings say."""
    return [serving_python(), "-m", "bot.gateway"]


def write_credentials(folder: Path) -> Path:
    """credentials.yml of what is served: the gateway's channel alone, without Rasa's open ones."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "credentials.yml"
    path.write_text("bot.rasa.connector.DaozhenInput:\n", encoding="utf-8")
    return path


def rasa_server(settings: Settings, model: Path, endpoints: Path, *more: str) -> list[str]:
    """The command that serves a model on loopback."""
    return rasa_command(
        "run", "--interface", "127.0.0.1", "--port", str(settings.rasa_port),
        "--model", str(model), "--endpoints", str(endpoints), *more,
    )  # fmt: skip


def action_server(settings: Settings) -> list[str]:
    """The command that serves the actions; its address comes from SANIC_HOST."""
    module = "bot.rasa.action_server"
    return [serving_python(), "-m", "bot.quiet", module, "--actions", "actions", "--port", str(settings.actions_port)]


ON_LOOPBACK = {"SANIC_HOST": "127.0.0.1"}

_PR_SET_PDEATHSIG = 1
"""prctl(2), Linux."""


def die_with_parent() -> None:
    """In a process just made: end when the one that made it does, so that no server is left behind with its port."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
