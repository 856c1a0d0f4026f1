"""`./run rasa …`: any command of Rasa's in Daozhen's environment (telemetry off, third-party noise silenced)."""

from __future__ import annotations

import subprocess

from bot.cli.processes import ON_LOOPBACK, environment, rasa_command
from bot.settings import ROOT


def main(arguments: list[str]) -> int:
    """Run it; its exit code."""
    try:
        return subprocess.call(rasa_command(*arguments), env=environment(**ON_LOOPBACK), cwd=ROOT)
    except KeyboardInterrupt:
        return 130
