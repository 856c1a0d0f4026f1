"""Find known names in normalised text: exactly, by alias, and misspelt.

Latin names match whole words, with hyphens as spaces and a plural s allowed; misspelt ones by edit distance (rapidfuzz).
Chinese names match anywhere, the longest first; misspelt ones by sound (pypinyin), which is how wrong characters come
about on a Chinese keyboard: 介如科 for 介入科, 甲壮腺 for 甲状腺.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from pypinyin import lazy_pinyin
from rapidfuzz.distance import OSA

from bot.language.script import HAN
from bot.language.tokenise import Word

MIN_FUZZY_LATIN = 6
"""Shorter Latin words have too many neighbours (liver, lives, river) to be matched by likeness."""
MIN_FUZZY_HAN = 3
"""Shorter Chinese names sound like too many common words (活检 like 火箭)."""
LONGEST_WINDOW = 5
"""The most words of a misspelt Latin name."""
EVERYDAY = "everyday"
"""The kind of phrases that hold a name and mean something else ("microwave oven"): they are read first, and told to nobody."""


@dataclass(frozen=True)
class Name:
    """A way to write a name, and what it stands for; one that is not `own` is a general term, found only as written."""

    written: str
    kind: str
    target: str
    own: bool = True


@dataclass(frozen=True)
class Found:
    """A name found in a text: its half-open span, what it stands for, how sure the match is (1.0 exact), and `own` as in Name."""

    start: int
    end: int
    kind: str
    target: str
    confidence: float
    own: bool = True


def _key(text: str) -> str:
    return text.lower().replace("-", " ").replace("’", "'")


def _allowed_edits(length: int) -> int:
    return 0 if length < MIN_FUZZY_LATIN else 1 if length < 9 else 2


class NameFinder:
    """Finds names in normalised text.

    Args:
        names: all names; of two that are written alike the first wins.
        ordinary_words: Latin words that are never taken for a misspelt name ("cancel" for "cancer").
    """

    def __init__(self, names: Iterable[Name], ordinary_words: Collection[str] = ()) -> None:
        self._exact: dict[str, Name] = {}
        self._by_sound: dict[tuple[str, ...], Name] = {}
        self._fuzzy: dict[str, list[str]] = {}
        self._ordinary = frozenset(ordinary_words)
        for name in names:
            key = _key(name.written)
            self._exact.setdefault(key, name)
            if not name.own:
                continue
            if HAN.search(key):
                if len(key) >= MIN_FUZZY_HAN and len(HAN.findall(key)) == len(key):
                    self._by_sound.setdefault(tuple(lazy_pinyin(key)), name)
            elif len(key) >= MIN_FUZZY_LATIN:
                self._fuzzy.setdefault(key[0], []).append(key)
        self._lengths: dict[str, list[int]] = {}
        for key in self._exact:
            lengths = self._lengths.setdefault(key[0], [])
            if len(key) not in lengths:
                lengths.append(len(key))
        for lengths in self._lengths.values():
            lengths.sort(reverse=True)
        self._sound_lengths = sorted({len(sound) for sound in self._by_sound}, reverse=True)

    def find(self, text: str, words: list[Word]) -> list[Found]:
        """All names in the text, in order, without overlaps.

        Args:
            text: normalised text.
            words: its words; a one-character Chinese name counts only as a word of its own.
        """
        found = self._find_exact(_key(text), words)
        taken = [False] * len(text)
        for item in found:
            taken[item.start : item.end] = [True] * (item.end - item.start)
        found += self._find_by_sound(text, taken)
        found += self._find_misspelt(_key(text), taken)
        return sorted((item for item in found if item.kind != EVERYDAY), key=lambda item: item.start)

    def _find_exact(self, text: str, words: list[Word]) -> list[Found]:
        whole_words = {(word.start, word.end) for word in words}
        found: list[Found] = []
        position = 0
        while position < len(text):
            match = self._match_at(text, position, whole_words)
            if match:
                found.append(match)
                position = match.end
            else:
                position += 1
        return found

    def _match_at(self, text: str, start: int, whole_words: set[tuple[int, int]]) -> Found | None:
        if _is_latin(text[start]) and start and _is_latin(text[start - 1]):
            return None
        for length in self._lengths.get(text[start], ()):
            end = start + length
            name = self._exact.get(text[start:end])
            if name is None or end > len(text):
                continue
            if _is_latin(text[end - 1]):
                if text[end : end + 1] == "s" and not _is_latin(text[end + 1 : end + 2]):
                    end += 1
                if _is_latin(text[end : end + 1]):
                    continue
            elif length == 1 and (start, end) not in whole_words:
                continue
            return Found(start, end, name.kind, name.target, 1.0, name.own)
        return None

    def _find_by_sound(self, text: str, taken: list[bool]) -> list[Found]:
        found: list[Found] = []
        for run in re.finditer(rf"(?:{HAN.pattern})+", text):
            sounds = lazy_pinyin(run.group())
            if len(sounds) != len(run.group()):
                continue
            for length in self._sound_lengths:
                for offset in range(len(sounds) - length + 1):
                    start = run.start() + offset
                    name = self._by_sound.get(tuple(sounds[offset : offset + length]))
                    if name and not any(taken[start : start + length]):
                        taken[start : start + length] = [True] * length
                        found.append(Found(start, start + length, name.kind, name.target, 0.9))
        return found

    def _find_misspelt(self, text: str, taken: list[bool]) -> list[Found]:
        words = [
            (match.start(), match.end())
            for match in re.finditer(r"[a-z][a-z']*", text)
            if not any(taken[match.start() : match.end()])
        ]
        found: list[Found] = []
        index = 0
        while index < len(words):
            step = 1
            for size in range(min(LONGEST_WINDOW, len(words) - index), 0, -1):
                start, end = words[index][0], words[index + size - 1][1]
                window = text[start:end]
                if any(taken[start:end]) or (size == 1 and window in self._ordinary):
                    continue
                name = self._nearest(window)
                if name:
                    found.append(Found(start, end, name.kind, name.target, 0.8))
                    step = size
                    break
            index += step
        return found

    def _nearest(self, window: str) -> Name | None:
        best, fewest = None, _allowed_edits(len(window)) + 1
        for key in self._fuzzy.get(window[0], ()):
            if abs(len(key) - len(window)) < fewest:
                edits = OSA.distance(window, key, score_cutoff=fewest - 1)
                if edits < fewest and edits <= _allowed_edits(len(key)) and _alike(window, key):
                    best, fewest = self._exact[key], edits
        return best


def _alike(window: str, key: str) -> bool:
    """Whether no single word of a window is too far from its counterpart: "visiting doctor" is not "visiting factor"."""
    ours, theirs = window.split(), key.split()
    if len(ours) != len(theirs):
        return "".join(ours) == "".join(theirs)
    return all(OSA.distance(a, b) <= (0 if len(b) < 4 else 1 if len(b) < 9 else 2) for a, b in zip(ours, theirs))


def _is_latin(character: str) -> bool:
    return character.isascii() and character.isalnum()
