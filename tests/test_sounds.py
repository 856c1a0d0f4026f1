"""bot.safety.sounds: Chinese words written with a wrong character that sounds alike."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.safety.sounds import Sounds

SOUNDS = Sounds(["吐血", "胸口痛", "止不住", "便血"], never=["便携"])


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("我爸吐学了", "我爸吐血了"),
        ("凶口痛", "胸口痛"),
        ("胸口同得厉害", "胸口痛得厉害"),
        ("血止不主", "血止不住"),
        ("吐血", "吐血"),
        ("大学", "大学"),
        ("便携式彩超", "便携式彩超"),
        ("", ""),
    ],
)
def test_one_wrong_character_that_sounds_alike_is_put_right(typed: str, meant: str) -> None:
    assert SOUNDS.right(typed) == meant


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=300))
def test_any_text_keeps_its_length(text: str) -> None:
    assert len(SOUNDS.right(text)) == len(text)


def test_without_words_a_text_stays_as_it_is() -> None:
    assert Sounds(()).right("吐学") == "吐学"
