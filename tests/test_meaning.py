"""Sentences as vectors."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from oddities import odd_texts

from bot.language.meaning import Meaning, plain


@pytest.fixture(scope="module")
def meaning() -> Meaning:
    return Meaning()


@pytest.mark.parametrize(
    ("text", "alike", "unlike"),
    [
        ("How many beds do you have?", "你们有多少张床位", "Which trials are running?"),
        ("我爸吐血了", "my father is vomiting blood", "我爸住几楼"),
        ("几张床", "床位有多少", "几点开门"),
        ("who is in charge here", "这里的负责人是谁", "how do I get there by bus"),
    ],
)
def test_the_same_lies_close(meaning: Meaning, text: str, alike: str, unlike: str) -> None:
    mine, near, far = meaning.vectors([text, alike, unlike])
    assert mine @ near > mine @ far + 0.1


def test_one_by_one_as_together(meaning: Meaning) -> None:
    texts = ["how many beds", "几张床", "你们做TACE吗"]
    together = meaning.vectors(texts)
    assert np.allclose(together, np.vstack([meaning.vectors([text]) for text in texts]), atol=1e-5)
    assert np.allclose(np.linalg.norm(together, axis=1), 1, atol=1e-5)
    assert meaning.vectors([]).shape == (0, 512)


@settings(max_examples=100, deadline=None)
@given(odd_texts)
def test_any_text(meaning: Meaning, text: str) -> None:
    assert np.isfinite(meaning.vectors([text])).all()


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (["do", "you", "do", "<procedure>", "?"], "do you do procedure ?"),
        (["你们", "做", "TACE", "吗"], "你们做TACE吗"),
        (["<department>", "几张", "床"], "department几张床"),
        (["<", ">"], "< >"),
        ([], ""),
    ],
)
def test_plain(words: list[str], text: str) -> None:
    assert plain(words) == text
