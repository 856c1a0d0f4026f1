"""None of the real messages that are measured with stands in the project."""

from __future__ import annotations

import os

import pytest
import yaml

from benchmarks import messages
from bot.language.examples import read_examples
from bot.settings import ROOT

LONG_ENOUGH = 15
"""Characters from which two equal messages are no coincidence ("hello", "thank you")."""


def ours() -> set[str]:
    texts = {example.text for example in read_examples()}
    for file in (ROOT / "tests" / "facts").rglob("*.yml"):
        texts |= {text for group in yaml.safe_load(file.read_text(encoding="utf-8")).values() for text in group}
    for file in (ROOT / "tests" / "safety").glob("*.yml"):
        for rule in yaml.safe_load(file.read_text(encoding="utf-8")).values():
            texts |= {*rule["positive"], *rule["negative"]}
    return {text.strip().lower() for text in texts}


def test_no_real_message_is_in_the_project() -> None:
    place = messages.folder()
    if place is None:
        reason = "the real messages are not part of the project, and absent here ($DAOZHEN_EVALDATA)"
        pytest.skip(reason)
    real = {row.text.strip().lower() for file in place.rglob("*.jsonl") for row in messages.read(file)}
    copied = sum(len(text) >= LONG_ENOUGH and text in real for text in ours())
    assert copied == 0, f"{copied} texts of the project are messages of {os.path.basename(place)}"
