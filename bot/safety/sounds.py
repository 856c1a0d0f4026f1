"""Chinese words written with a wrong character that sounds like the right one, as a keyboard offers them: 吐学 for 吐血."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from functools import lru_cache

from pypinyin import lazy_pinyin


class Sounds:
    """Knows words by their sound.

    Args:
        words: Chinese words of two characters or more, known also with one character wrong that sounds alike.
        never: words that sound like one of them, but mean something else.
    """

    def __init__(self, words: Iterable[str], never: Collection[str] = ()) -> None:
        self._never = frozenset(never)
        self._around: dict[tuple[str, str], list[str]] = defaultdict(list)
        self._sounding: dict[tuple[str, ...], list[tuple[tuple[str, ...], str]]] = defaultdict(list)
        for word in words:
            sounds = tuple(map(_sound, word))
            self._sounding[sounds[:2]].append((sounds, word))
            for index, character in enumerate(word):
                self._around[word[:index], word[index + 1 :]].append(character)
        self._longest = max((len(before) + len(after) for before, after in self._around), default=0)

    def right(self, text: str) -> str:
        """A text of the same length with the wrong characters put right."""
        characters = list(text)
        for index in self._wrong(text):
            for start in range(max(0, index - self._longest), index + 1):
                before = text[start:index]
                meant = self._meant(before, text[index], text[index + 1 : index + 1 + self._longest - len(before)])
                characters[index] = meant or characters[index]
        return "".join(characters)

    def _wrong(self, text: str) -> set[int]:
        """The characters that may be wrong: those of a piece of text that sounds like a word, but is written otherwise."""
        sounds = tuple(map(_sound, text))
        found: set[int] = set()
        for start, pair in enumerate(zip(sounds, sounds[1:])):
            for sounding, word in self._sounding.get(pair, ()):
                end = start + len(word)
                if sounds[start:end] == sounding and text[start:end] != word:
                    found.update(range(start, end))
        return found

    def _meant(self, before: str, character: str, following: str) -> str | None:
        """The character that the words want between two pieces of text, where another stands that sounds like it."""
        for length in range(len(following), -1, -1):
            for wanted in self._around.get((before, following[:length]), ()):
                if wanted == character or before + character + following[:length] in self._never:
                    return None
                if _sound(wanted) == _sound(character):
                    return wanted
        return None


@lru_cache(maxsize=8192)
def _sound(character: str) -> str:
    """How a character sounds, without its tone; a character that is not Chinese sounds like itself."""
    return str(lazy_pinyin(character)[0])
