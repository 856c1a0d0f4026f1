"""`./run test`: all the tests; further words go to pytest. Trains first if the model is older than its inputs."""

from __future__ import annotations

import subprocess
import sys

from bot.cli.processes import environment
from bot.cli.train import is_stale, train
from bot.settings import ROOT


def main(arguments: list[str]) -> int:
    """Run pytest; its exit code."""
    if is_stale() and train() != 0:
        return 1
    return subprocess.call([sys.executable, "-m", "pytest", *arguments], cwd=ROOT, env=environment())
