"""How a message looks on Telegram: plain text and entities (never markup, so that no answer can break on a character), in parts."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from telegram import MessageEntity

LONGEST = 4096
"""UTF-16 units of one message: sendMessage, "1-4096 characters after entities parsing"."""
FARTHEST_BACK = 32
"""Characters that a cut goes back at most in order to leave a character with its accents, an emoji with its joiners, whole."""

_BREAKS = tuple(
    re.compile(pattern)
    for pattern in (
        r"\n[ \t]*\n",
        r"\n",
        r"[。！？…][”’」』）〉》]*|[.!?][\"'”’)\]]*\s",
        r"[，、；：]|[,;:]\s",
        r"\s",
    )
)
"""Where a long text is parted, the best first: paragraphs, lines, sentences, clauses, words."""
_JOINER = "\u200d"


@dataclass(frozen=True)
class Run:
    """A piece of a text in one style: "" or a type of Telegram's entities, such as "bold"."""

    text: str
    style: str = ""


@dataclass(frozen=True)
class Part:
    """What goes out as one message."""

    text: str
    entities: tuple[MessageEntity, ...] = ()


def units(text: str) -> int:
    """The length of a text as Telegram counts: in UTF-16 units."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def parts(runs: Sequence[Run], longest: int = LONGEST) -> list[Part]:
    """A text in as few messages as it fits in, parted at paragraphs, lines or sentences; none if there is nothing to see.

    Args:
        runs: the text.
        longest: units of one message.
    """
    text = "".join(run.text for run in runs)
    return [Part(text[start:end], tuple(_entities(runs, text, start, end))) for start, end in spans(text, longest)]


def spans(text: str, longest: int = LONGEST) -> Iterator[tuple[int, int]]:
    """Start and end of the pieces of a text that have at most so many units, without the spaces around them."""
    start = 0
    while start < len(text):
        end = _end(text, start, longest)
        piece = text[start:end]
        if piece.strip():
            yield start + len(piece) - len(piece.lstrip()), start + len(piece.rstrip())
        start = end


def _end(text: str, start: int, longest: int) -> int:
    """Where the piece that begins at `start` ends."""
    end, room = start, longest
    while end < len(text) and (size := 1 + (ord(text[end]) > 0xFFFF)) <= room:
        end, room = end + 1, room - size
    if end == len(text):
        return end
    piece = text[start:end]
    for pattern in _BREAKS:
        found = [match.end() for match in pattern.finditer(piece)]
        if found and found[-1] > len(piece) // 2:
            return start + found[-1]
    return _before_what_joins(text, start, end)


def _before_what_joins(text: str, start: int, end: int) -> int:
    for cut in range(end, max(start, end - FARTHEST_BACK), -1):
        if not (_joins(text[cut]) or text[cut - 1] == _JOINER):
            return cut
    return end


def _joins(character: str) -> bool:
    """Whether it belongs to the character before it: an accent, a joiner, a variation, a skin tone."""
    return (
        character == _JOINER
        or unicodedata.category(character) in ("Mn", "Me", "Mc")
        or "\U0001f3fb" <= character <= "\U0001f3ff"
    )


def _entities(runs: Sequence[Run], text: str, start: int, end: int) -> Iterator[MessageEntity]:
    """The entities of the piece of a text from `start` to `end`."""
    begin = 0
    for run in runs:
        first, last = max(begin, start), min(begin + len(run.text), end)
        begin += len(run.text)
        if run.style and first < last:
            yield MessageEntity(run.style, units(text[start:first]), units(text[first:last]))
