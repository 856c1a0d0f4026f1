"""`./run lock`: make both locks anew from requirements.in and requirements-test.in, with uv."""

from __future__ import annotations

import os
import subprocess
import sys

from bot.settings import ROOT

COMMON = ("pip", "compile", "--quiet", "--universal", "--python-version", "3.10", "--generate-hashes", "--no-annotate")
LOCKS = (
    ("requirements.in", "requirements.txt", ("--excludes", "requirements-excluded.txt")),
    ("requirements-test.in", "requirements-test.txt", ("--constraints", "requirements.txt")),
)


def main(arguments: list[str]) -> int:
    """Make the locks; `--upgrade` takes the newest versions that the human files allow."""
    environment = {**os.environ, "UV_CUSTOM_COMPILE_COMMAND": "./run lock"}
    for source, lock, more in LOCKS:
        command = [sys.executable, "-m", "uv", *COMMON, *more, *arguments, source, "--output-file", lock]
        code = subprocess.call(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL)
        if code:
            return code
    return 0
