"""The names that tokeniser and linker know: those of the department files, then those of the vocabulary; and a fingerprint."""

from __future__ import annotations

import hashlib
from pathlib import Path

from actions.departments import load
from actions.terms import all_names, load_vocabulary
from bot.language.names import EVERYDAY, Name


def known_names() -> list[Name]:
    """All names, those of the department files first.

    Raises:
        actions.departments.InvalidDepartments: if a department file has a problem.
    """
    return [Name(written, kind, target, own) for kind, target, written, own in all_names(load(), load_vocabulary())]


def kept_whole() -> list[str]:
    """The names that the tokeniser does not cut: all but the choices ("the first one") and other ordinary words."""
    return [name.written for name in known_names() if name.kind not in ("choice", EVERYDAY)]


def names_fingerprint() -> str:
    """Changes when any name changes, and only then: a changed figure needs no retraining."""
    lines = (f"{name.kind}:{name.target}:{name.written}" for name in known_names())
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def code_fingerprint() -> str:
    """Changes with the names and with the code that reads text, so that Rasa trains anew what either could change."""
    digest = hashlib.sha256(names_fingerprint().encode())
    here = Path(__file__).resolve().parent
    for file in sorted([*here.glob("*.py"), *(here.parent / "language").glob("*.py")]):
        digest.update(file.read_bytes())
    return digest.hexdigest()
