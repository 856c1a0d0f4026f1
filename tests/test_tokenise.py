"""bot.language.tokenise: words of English, Chinese and mixed text, with the names of the shipped files kept whole."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from oddities import FLOODS, odd_texts

from bot.language.names import NameFinder
from bot.language.normalise import normalise
from bot.language.script import detect_language, detect_script
from bot.language.split import clauses
from bot.language.tokenise import Tokeniser, Word

BOUND = 2.0
"""Seconds for the longest message; it takes about a hundredth of it."""


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("超声科有几张床位", ["超声科", "有", "几张", "床位"]),
        ("介如科在哪里", ["介如科", "在", "哪里"]),
        ("rfa怎么做", ["rfa", "怎么", "做"]),
        ("介入科tace", ["介入科", "tace"]),
        ("how many beds?", ["how", "many", "beds", "?"]),
        ("i'm in pet-ct", ["i", "'m", "in", "pet", "-", "ct"]),
        ("don't", ["do", "n't"]),
        ("worried?how", ["worried", "?", "how"]),
        ("56张", ["56", "张"]),
        ("肝 胆", ["肝", "胆"]),
        ("beds，医生", ["beds", "，", "医生"]),
        (" ", []),
    ],
)
def test_words(text: str, words: list[str], tokeniser: Tokeniser) -> None:
    assert [word.text for word in tokeniser.words(text)] == words


def test_terms_stay_whole_only_where_they_are_known(tokeniser: Tokeniser) -> None:
    """A term of one tokeniser is unknown to another: jieba's global dictionary is left alone."""
    assert [word.text for word in Tokeniser(["甲乙丙丁科"]).words("甲乙丙丁科")] == ["甲乙丙丁科"]
    assert [word.text for word in tokeniser.words("甲乙丙丁科")] != ["甲乙丙丁科"]


@settings(max_examples=150, deadline=None)
@given(text=odd_texts)
def test_words_are_where_they_say(text: str, tokeniser: Tokeniser) -> None:
    words = tokeniser.words(normalise(text).text)
    plain = normalise(text).text
    assert all(isinstance(word, Word) and plain[word.start : word.end] == word.text for word in words)
    assert all(a.end <= b.start for a, b in zip(words, words[1:]))
    assert "".join(word.text for word in words) == plain.replace(" ", "")


@pytest.mark.parametrize("kind", FLOODS)
def test_floods_are_read_in_time(kind: str, tokeniser: Tokeniser, finder: NameFinder) -> None:
    raw = FLOODS[kind]
    begin = time.perf_counter()
    text = normalise(raw).text
    words = tokeniser.words(text)
    names = finder.find(text, words)
    detect_language(text, tuple((name.start, name.end) for name in names))
    detect_script(raw)
    clauses(text, words)
    assert time.perf_counter() - begin < BOUND
