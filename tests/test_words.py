"""bot.safety.words: how the gate reads a message."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.safety.words import CLAUSE_ENDS, Clauses, Reader, Sentence

READ_AS = {"can't": ("can", "not"), "cant": ("can", "not"), "im": ("i", "am"), "we're": ("we", "are")}
KNOWN = {"bleeding", "vomiting", "chest", "poison", "swollen"}


@pytest.fixture(scope="module")
def reader() -> Reader:
    return Reader(READ_AS, KNOWN, {"prison"})


def words(reader: Reader, text: str) -> list[list[str]]:
    return [list(sentence.words) for sentence in reader.read(text)]


def only(reader: Reader, text: str) -> Sentence:
    (sentence,) = reader.read(text)
    return sentence


@pytest.mark.parametrize("typed", ["I can't", "I can’t", "i cant"])
def test_contractions_are_read_in_full(reader: Reader, typed: str) -> None:
    assert words(reader, typed) == [["i", "can", "not"]]


def test_an_apostrophe_tells_words_apart(reader: Reader) -> None:
    assert words(reader, "we're where we were") == [["we", "are", "where", "we", "were"]]


def test_a_possessive_is_a_word_of_its_own(reader: Reader) -> None:
    assert words(reader, "dad's leg") == [["dad", "'s", "leg"]]


@pytest.mark.parametrize("typed", ["bleedign", "bleding", "bleeeding", "bleading"])
def test_one_slip_of_the_keyboard_is_undone(reader: Reader, typed: str) -> None:
    assert words(reader, typed) == [["bleeding"]]


@pytest.mark.parametrize("typed", ["prison", "chess", "blending in", "swelling", "voting"])
def test_other_words_are_left_alone(reader: Reader, typed: str) -> None:
    assert words(reader, typed) == [typed.split()]


def test_letters_that_change_places_are_put_back_in_short_words_too(reader: Reader) -> None:
    assert words(reader, "chset") == [["chest"]]


def test_sentences_end_at_their_marks(reader: Reader) -> None:
    assert words(reader, "38.5 now. 疼！why") == [["38.5", "now", "."], ["疼", "!"], ["why"]]


def test_a_clause_ends_at_a_comma_a_new_line_and_a_space_between_chinese_characters(reader: Reader) -> None:
    sentence = only(reader, "没发烧 肚子疼, ok\nnow")
    assert sentence.words == ("没", "发", "烧", "肚", "子", "疼", ",", "ok", "now")
    clauses = Clauses(sentence, CLAUSE_ENDS)
    assert clauses.around(0, 1) == (0, 3)
    assert clauses.around(4, 5) == (3, 6)
    assert clauses.around(8, 9) == (8, 9)


def test_what_matched_is_quoted_as_typed(reader: Reader) -> None:
    sentence = only(reader, "Help, I can’t stop the BLEEDIGN")
    assert sentence.quote(2, 8) == "i can’t stop the bleedign"


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=200))
def test_any_text_is_read(text: str) -> None:
    for sentence in Reader(READ_AS, KNOWN, ()).read(text):
        assert len(sentence.words) == len(sentence.written) > 0
        assert all(sentence.words)
