"""`./run check`: lint, format, types of Python and of the widget, department files, training examples, Rasa's own checks."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable

from bot.cli.processes import environment, rasa_command
from bot.cli.train import is_stale, train
from bot.settings import ROOT


class Skipped(Exception):
    """A check cannot run here; the message says why."""


def _command(*command: str) -> Callable[[], str]:
    """A check that is a command; what it prints is shown where it fails."""

    def run() -> str:
        result = subprocess.run(command, cwd=ROOT, env=environment(), capture_output=True, text=True)
        return result.stdout + result.stderr if result.returncode else ""

    return run


def widget_types() -> str:
    """TypeScript on the JSDoc types of bot/web/widget. Without Node there is none: then CI fails, and people are told."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if not node or not npm:
        if os.environ.get("CI") == "true":
            return "there is no node and npm to check the widget's types with"
        raise Skipped("there is no node and npm")
    folder = ROOT / "tests" / "web"
    compiler = folder / "node_modules" / "typescript" / "bin" / "tsc"
    trouble = ""
    if not compiler.exists():
        trouble = _command(npm, "ci", "--prefix", str(folder), "--ignore-scripts", "--no-audit", "--no-fund")()
    return trouble or _command(node, str(compiler), "--project", str(folder))()


def _departments() -> str:
    from actions.departments import check

    return "\n".join(map(str, check()[1]))


def _examples() -> str:
    from bot.cli.examples import problems
    from bot.language.examples import read_examples

    return "\n".join(problems(read_examples()))


def _model() -> str:
    return "rasa train failed" if is_stale() and train() else ""


CHECKS: tuple[tuple[str, Callable[[], str]], ...] = (
    ("lint", _command(sys.executable, "-m", "ruff", "check", ".")),
    ("format", _command(sys.executable, "-m", "ruff", "format", "--check", ".")),
    ("types", _command(sys.executable, "-m", "mypy")),
    ("widget types (tsc)", widget_types),
    ("department files", _departments),
    ("training examples", _examples),
    ("dialogue data (rasa data validate)", _command(*rasa_command("data", "validate", "--fail-on-warnings"))),
    ("model", _model),
    (
        "stories (rasa test)",
        _command(*rasa_command("test", "core", "--stories", "tests/stories", "--fail-on-prediction-errors")),
    ),
)


def main(arguments: list[str]) -> int:
    """Run all checks, or those whose name begins with an argument; 1 if any fails."""
    failed = 0
    for name, check in CHECKS:
        if arguments and not name.startswith(tuple(arguments)):
            continue
        try:
            trouble = check()
        except Skipped as reason:
            print(f"{'skipped':<8}{name}: {reason}", flush=True)
            continue
        print(f"{'FAILED' if trouble else 'ok':<8}{name}", flush=True)
        if trouble:
            print(trouble[-6000:], file=sys.stderr, flush=True)
        failed += bool(trouble)
    return 1 if failed else 0
