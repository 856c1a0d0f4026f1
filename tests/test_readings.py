"""What the bot offers as buttons, it understands itself."""

from __future__ import annotations

import pytest

from bot.cli.understanding import Understanding, read_responses
from bot.language.wording import word

pytestmark = pytest.mark.slow

READINGS = [name for name in read_responses() if name.startswith("reading_")]
SHARED = {"ask_procedure_offered": "ask_procedures", "ask_condition_treated": "ask_conditions"}
"""Readings that are worded as the list of what there is, since nothing is named."""


@pytest.fixture(scope="module")
def understanding() -> Understanding:
    return Understanding()


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("reading", READINGS)
def test_reading_is_understood(understanding: Understanding, reading: str, language: str) -> None:
    text = word(read_responses(), reading, language, {})
    intent = reading[len("reading_") :]
    assert understanding.parse(text)["intent"]["name"] == SHARED.get(intent, intent), text
