"""Which language and script a text is in, and from one script to the other (OpenCC)."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Literal

import opencc

Language = Literal["en", "zh"]
Script = Literal["simplified", "traditional"]

HAN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]")
LATIN_WORD = re.compile(r"[a-zA-Z][a-zA-Z'’-]*")
_PARTICLE = re.compile(r"(?<![显卓昭专原编论译名土巨遗合])著(?![名作称述者书录])")
"""著 as Taiwan and Hong Kong write the particle 着; OpenCC leaves it, for 著名 is written so in either script."""


@lru_cache(maxsize=2)
def _converter(name: str) -> opencc.OpenCC:
    return opencc.OpenCC(name)


def _convert(name: str, text: str) -> str:
    # OpenCC takes UTF-8, which has no form for a lone surrogate; a phrase rule that changes the length is not used,
    # so that every character keeps its place.
    if not HAN.search(text):
        return text
    clean = text.encode("utf-8", "replace").decode("utf-8")
    converted: str = _converter(name).convert(clean)
    if len(converted) == len(text):
        return converted
    return "".join(_one(name, character) for character in clean)


@lru_cache(maxsize=8192)
def _one(name: str, character: str) -> str:
    converted: str = _converter(name).convert(character)
    return converted if len(converted) == 1 else character


def to_simplified(text: str) -> str:
    """The text with traditional characters made simplified, character for character."""
    return _PARTICLE.sub("着", _convert("t2s", text))


def to_traditional(text: str) -> str:
    """The text with simplified characters made traditional, character for character."""
    return _convert("s2tw", text)


def detect_script(text: str) -> Script | None:
    """Which Chinese script the text is written in; None where no character tells."""
    traditional = sum(a != b for a, b in zip(text, to_simplified(text)))
    simplified = sum(a != b for a, b in zip(text, to_traditional(text)))
    if traditional == simplified:
        return None
    return "traditional" if traditional > simplified else "simplified"


def detect_language(text: str, names: tuple[tuple[int, int], ...] = ()) -> Language | None:
    """The language of a message; None where it does not tell: a bare name, two letters, digits, an emoji.

    Args:
        text: the message.
        names: half-open spans of names in it (linked entities); they are the same in either language, so they don't count.
    """
    rest = list(text)
    for start, end in names:
        rest[start:end] = " " * (end - start)
    remaining = "".join(rest)
    han = len(HAN.findall(remaining))
    words = LATIN_WORD.findall(remaining)
    if han and han >= len(words):
        return "zh"
    if sum(len(word) for word in words) > 2:
        return "en"
    return None


def choose_language(pinned: str | None, detected: str | None, conversation: str | None, text: str) -> Language:
    """The language to answer in: pinned by the person, else the message's own, else the conversation's, else the text's letters."""
    for language in (pinned, detected, conversation):
        if language == "en" or language == "zh":
            return language  # type: ignore[return-value]  # narrowed by the line above
    return "zh" if HAN.search(text) else "en"
