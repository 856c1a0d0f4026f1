"""`./run train`: train a model; nothing happens where the newest model already knows all its inputs."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from pathlib import Path

from bot.cli.processes import die_with_parent, environment, rasa_command
from bot.settings import ROOT

MODELS = ROOT / "models"
STAMP = "inputs.sha256"
INPUTS = ("config.yml", "domain.yml", "data/nlu/**/*.yml", "data/rules.yml", "data/stories.yml", "requirements.txt")
CODE = ("bot/language/*.py", "bot/rasa/*.py")


def inputs_digest() -> str:
    """Changes when a retraining would change the model; a changed figure in a department file needs none."""
    from bot.rasa.names import names_fingerprint

    digest = hashlib.sha256(names_fingerprint().encode())
    for pattern in (*INPUTS, *CODE):
        for file in sorted(ROOT.glob(pattern)):
            digest.update(f"{file.relative_to(ROOT)}\0".encode() + file.read_bytes())
    return digest.hexdigest()


def newest_model() -> Path | None:
    """The model trained last."""
    return max(MODELS.glob("*.tar.gz"), key=lambda file: file.stat().st_mtime, default=None)


def is_stale() -> bool:
    """Whether there is no model, or its inputs have changed since."""
    stamp = MODELS / STAMP
    return newest_model() is None or not stamp.exists() or stamp.read_text() != inputs_digest()


class Training:
    """A training that goes on in a process of its own.

    Args:
        surroundings: the environment of the process.
        more: arguments for `rasa train`; with any, the model is not marked as up to date.
        quiet: print what goes wrong alone.
    """

    def __init__(self, surroundings: dict[str, str], *more: str, quiet: bool = False) -> None:
        self._digest = "" if more else inputs_digest()
        command = rasa_command("train", *(more or ("--skip-validation",)), *(["--quiet"] if quiet else []))
        self._process = subprocess.Popen(command, env=surroundings, cwd=ROOT, preexec_fn=die_with_parent)

    def has_ended(self) -> bool:
        """Whether it has."""
        return self._process.poll() is not None

    def succeeded(self) -> bool:
        """Wait for its end; whether there is a model now, which is then marked as up to date."""
        succeeded = self._process.wait() == 0
        if succeeded and self._digest:
            (MODELS / STAMP).write_text(self._digest)
        return succeeded

    def stop(self) -> None:
        """End it."""
        self._process.terminate()
        self._process.wait()


def train(*more: str) -> int:
    """Train; 0 if there is a model now."""
    training = Training(environment(), *more)
    try:
        return 0 if training.succeeded() else 1
    except BaseException:
        training.stop()
        raise


def main(arguments: list[str]) -> int:
    """Train if needed; arguments go to `rasa train`, which then always runs."""
    from actions.departments import InvalidDepartments

    try:
        if not arguments and not is_stale():
            print(f"The model {newest_model()} is up to date.")
            return 0
        return train(*arguments)
    except InvalidDepartments as error:
        print(f"The department files are not valid:\n{error}", file=sys.stderr)
        return 1
