"""Bring what people type into one form, and keep the way back to what they typed.

Full-width letters and digits become plain, traditional characters simplified, capitals small; zero-width and control
characters go, white space and long runs of one character shrink. Every character of the result knows its place in the
raw text, so that an entity found in the normalised text can be shown as it was typed.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from functools import lru_cache

from bot.language.script import to_simplified

MAX_RUN = 3
"""How many of one repeated character are kept: "heeeello!!!!!!" reads as "heeello!!!"."""


@dataclass(frozen=True)
class Normalised:
    """A normalised text and, for each of its characters, the index in the raw text that it came from."""

    text: str
    origins: tuple[int, ...]

    def raw_span(self, start: int, end: int) -> tuple[int, int]:
        """The half-open span of the raw text behind the half-open span of the normalised one (start < end)."""
        return self.origins[start], self.origins[end - 1] + 1


@lru_cache(maxsize=8192)
def _plain(character: str) -> str:
    """One character in compatibility form and small letters; empty for what is not to be read."""
    if character.isspace():
        return " "
    if unicodedata.category(character)[0] == "C" or "\ufe00" <= character <= "\ufe0f":
        return ""
    plain = unicodedata.normalize("NFKC", character).lower()
    return "".join(c if not c.isspace() else " " for c in plain if unicodedata.category(c)[0] != "C")


def normalise(raw: str) -> Normalised:
    """Normalise any text; never raises. Time is linear in its length."""
    characters: list[str] = []
    origins: list[int] = []
    last, run = " ", 0
    for index, character in enumerate(raw):
        for plain in _plain(character):
            if plain == last:
                if plain == " " or (run >= MAX_RUN and not plain.isdigit()):
                    continue
                run += 1
            else:
                last, run = plain, 1
            characters.append(plain)
            origins.append(index)
    while characters and characters[-1] == " ":
        characters.pop()
        origins.pop()
    return Normalised(to_simplified("".join(characters)), tuple(origins))
