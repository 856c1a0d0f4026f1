"""Real people's messages to measure with. They are not part of the project: read where they are, never copied."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path

from bot.settings import ROOT


@dataclass(frozen=True)
class Labelled:
    """A message and its label: an intent, or a category."""

    text: str
    label: str


def folder() -> Path | None:
    """The folder of the messages: $DAOZHEN_EVALDATA, else shared/evaldata beside the project; None where there is none."""
    place = Path(os.environ.get("DAOZHEN_EVALDATA", ROOT.parent / "shared" / "evaldata"))
    return place if place.is_dir() else None


def read(file: Path) -> list[Labelled]:
    """One file of messages."""
    rows = (json.loads(line) for line in file.read_text(encoding="utf-8").splitlines() if line)
    return [Labelled(row["text"], row.get("intent") or row.get("category") or "") for row in rows]
