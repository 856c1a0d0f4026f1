"""A message as the gate reads it: words (Chinese: characters), in one spelling, and where clauses and sentences end.

Contractions and slips of the keyboard are undone, so that the rules need to know each word in one form only:
"can't", "cannot" and "cant" are read as "can not", "bleedign" as "bleeding", 吐学 as 吐血. What is read as what stands in the
rules files.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

from rapidfuzz.distance import OSA

from bot.language.normalise import Normalised, normalise
from bot.language.script import HAN
from bot.safety.sounds import Sounds

SENTENCE_ENDS = frozenset(".?!。…")
CLAUSE_ENDS = SENTENCE_ENDS | frozenset(",;:，；：~")
VOWELS = frozenset("aeiouy")
SHORTEST = 5
"""Words with fewer letters are taken as they are typed: most of their neighbours are words too."""


@dataclass(frozen=True)
class Sentence:
    """The words of a sentence.

    Attributes:
        words: in lower case, contractions and typing errors undone; the mark that ends the sentence is the last.
        written: for each word, the half-open span of the normalised text that it was read from.
        text: the normalised text of the whole message.
        breaks: the indices of words before which a clause ends without a mark: a new line, a space between Chinese characters.
    """

    words: tuple[str, ...]
    written: tuple[tuple[int, int], ...]
    text: str
    breaks: frozenset[int]

    def quote(self, start: int, end: int) -> str:
        """The words of a half-open span as they were typed, normalised."""
        return self.text[self.written[start][0] : self.written[end - 1][1]]


class Clauses:
    """Where the clauses of a sentence begin and end.

    Args:
        sentence: the sentence.
        ends: the words that end a clause, beside the breaks of the sentence.
        begins: the indexes of words with which a clause begins without a mark.
    """

    def __init__(self, sentence: Sentence, ends: Collection[str], begins: Collection[int] = ()) -> None:
        marks = [index for index, word in enumerate(sentence.words) if word in ends]
        self._begins = sorted({0, *sentence.breaks, *begins, *(index + 1 for index in marks)})
        self._ends = sorted({*marks, *sentence.breaks, *begins, len(sentence.words)})

    def around(self, start: int, end: int) -> tuple[int, int]:
        """The half-open span of words from where a clause begins up to `start` to where one ends from `end`."""
        return self._begins[bisect_right(self._begins, start) - 1], self._ends[bisect_left(self._ends, end)]

    def next_begin(self, word: int) -> int:
        """Where the first clause after a word begins; far away, if there is none."""
        place = bisect_right(self._begins, word)
        return self._begins[place] if place < len(self._begins) else self._ends[-1] + 1

    def last_end(self, word: int) -> int:
        """Where the last clause before a word ends; -1, if there is none."""
        place = bisect_left(self._ends, word)
        return self._ends[place - 1] if place else -1


def chinese(whole_words: Iterable[str]) -> str:
    """The regular expression of one Chinese word: a character, or one of the words that are read as one."""
    longest_first = sorted(whole_words, key=len, reverse=True)
    by_first: dict[str, list[str]] = defaultdict(list)
    for word in longest_first:
        by_first[word[0]].append(re.escape(word[1:]))
    words = (f"{re.escape(first)}(?:{'|'.join(rests)})" for first, rests in by_first.items())
    return "|".join([*words, HAN.pattern])


class Reader:
    """Reads messages as words. A word that ends in * stands for all that begin so.

    Args:
        read_as: what is typed, and the words it stands for ("cannot": ("can", "not")).
        meant: words that are often mistyped; what is typed almost like one of them is read as it.
        right: words that are what they are ("prison" is not "poison"), beside those of `read_as` and `meant`.
        whole_words: Chinese words that are read as one.
        sounds: Chinese words that are known by their sound.
    """

    def __init__(
        self,
        read_as: Mapping[str, tuple[str, ...]],
        meant: Collection[str],
        right: Collection[str],
        whole_words: Iterable[str] = (),
        sounds: Sounds | None = None,
    ) -> None:
        self._sounds = sounds or Sounds(())
        self._word = re.compile(
            rf"\d+(?:[.,]\d+)?|[a-z0-9]+(?:['’](?!s\b)[a-z]+)?|['’]s\b|{chinese(whole_words)}|[^\s\w]|_"
        )
        self._read_as = dict(read_as)
        self._right = {*meant, *read_as, *right}
        self._by_first_letter: dict[str, list[str]] = defaultdict(list)
        for word in sorted({*meant, *read_as}):
            if len(word) >= SHORTEST and word.isascii() and word.isalpha():
                self._by_first_letter[word[0]].append(word)
        self._spell = lru_cache(maxsize=8192)(self._respelled)

    def read(self, raw: str) -> Iterator[Sentence]:
        """The sentences of a message; any text will do."""
        normalised = normalise(raw)
        words: list[str] = []
        written: list[tuple[int, int]] = []
        breaks: set[int] = set()
        before = 0
        spell = self._spell
        for match in self._word.finditer(self._sounds.right(normalised.text)):
            start, end = span = match.span()
            if start > before and words and _breaks(normalised, before, start, raw):
                breaks.add(len(words))
            for word in spell(match[0]):
                words.append(word)
                written.append(span)
            before = end
            if word in SENTENCE_ENDS:
                yield Sentence(tuple(words), tuple(written), normalised.text, frozenset(breaks))
                words, written, breaks = [], [], set()
        if words:
            yield Sentence(tuple(words), tuple(written), normalised.text, frozenset(breaks))

    def _respelled(self, typed: str) -> tuple[str, ...]:
        typed = typed.replace("’", "'")
        plain = typed.replace("'", "") if len(typed) > 2 else typed
        for form in (typed, plain):
            if form in self._read_as:
                return self._read_as[form]
        if len(plain) < SHORTEST or not plain.isalpha() or self._is_right(plain):
            return (plain,)
        slips = (known for known in self._by_first_letter[plain[0]] if _is_slip(plain, known))
        meant = next(slips, plain)
        return self._read_as.get(meant, (meant,))

    def _is_right(self, typed: str) -> bool:
        return typed in self._right or any(typed[:length] + "*" in self._right for length in range(2, len(typed) + 1))


def _is_slip(typed: str, known: str) -> bool:
    """Whether a letter is left out or put in, two have changed places, or a vowel is another; short words: only the second.

    Another consonant makes another word too often ("blending", "bleeding").
    """
    if abs(len(typed) - len(known)) > 1 or OSA.distance(typed, known, score_cutoff=1) > 1:
        return False
    if sorted(typed) == sorted(known):
        return True
    if min(len(typed), len(known)) <= SHORTEST:
        return False
    return len(typed) != len(known) or all({a, b} <= VOWELS for a, b in zip(typed, known) if a != b)


def _breaks(normalised: Normalised, before: int, start: int, raw: str) -> bool:
    """Whether the space between two words ends a clause."""
    if HAN.match(normalised.text[before - 1]) and HAN.match(normalised.text[start]):
        return True
    return "\n" in raw[normalised.origins[before - 1] : normalised.origins[start]]
