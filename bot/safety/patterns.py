"""Find the patterns of the rules in the words of a sentence.

spaCy's Matcher has the last word. It looks at every pattern for every word, and a language has thousands, so what cannot
match is left out first: patterns whose rarest item is not in the text (an index tells), and those whose items
stand in another order or too far apart.
"""

from __future__ import annotations

import itertools
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from spacy.matcher import Matcher
from spacy.tokens import Doc, Token
from spacy.vocab import Vocab

from bot.safety.rules import Item, Phrase, Row

Place = tuple[int, int]
"""A half-open span of words."""
TokenPattern = dict[str, Any]
OPEN, SHUT = "open", "shut"
"""Tags of words: those that may stand between the items of a pattern, and those that may not."""


@dataclass(frozen=True)
class Match:
    """Where a pattern stands: its name (of a rule or cue) and the half-open span of words."""

    name: str
    start: int
    end: int


@dataclass(frozen=True)
class _Pattern:
    """A pattern, and for each item of its row the number under which it is looked up."""

    name: str
    row: Row
    numbers: tuple[int, ...]


class _Node:
    """A place in the tree of phrases: where the next word leads, and the phrase that ends here with the items that have it."""

    __slots__ = ("beginnings", "items", "phrase", "words")

    def __init__(self) -> None:
        self.words: dict[str, _Node] = {}
        self.beginnings: dict[str, _Node] = {}
        self.phrase: Phrase = ()
        self.items: list[int] = []

    def grow(self, phrase: Phrase) -> _Node:
        """The place where a phrase ends."""
        node = self
        for piece in phrase:
            step, key = (node.beginnings, piece[:-1]) if piece.endswith("*") else (node.words, piece)
            node = step.setdefault(key, _Node())
        node.phrase = phrase
        return node

    def after(self, word: str) -> Iterator[_Node]:
        """The places to which a word leads."""
        if word in self.words:
            yield self.words[word]
        if self.beginnings:
            for length in range(1, len(word) + 1):
                if word[:length] in self.beginnings:
                    yield self.beginnings[word[:length]]


class Patterns:
    """Patterns made ready to be found.

    Args:
        named: the name (of a rule or cue) and row of every pattern.
    """

    def __init__(self, named: Iterable[tuple[str, Row]]) -> None:
        numbers: dict[Item, int] = {}
        patterns = [
            _Pattern(name, row, tuple(numbers.setdefault(_bare(item), len(numbers)) for item in row))
            for name, row in named
        ]
        self._phrases = _Node()
        for item, index in numbers.items():
            for phrase in item.phrases:
                self._phrases.grow(phrase).items.append(index)
        self._ranges = [(item.low, item.high, index) for item, index in numbers.items() if item.high >= item.low]
        self._keyed: dict[int, list[_Pattern]] = defaultdict(list)
        use = Counter(phrase[0] for pattern in patterns for item in pattern.row for phrase in item.phrases)
        for pattern in patterns:
            required = [pair for pair in zip(pattern.row, pattern.numbers) if not pair[0].optional]
            self._keyed[min(required, key=lambda pair: sum(use[p[0]] for p in pair[0].phrases))[1]].append(pattern)

    def words(self) -> set[str]:
        """The words of all phrases."""
        found: set[str] = set()
        nodes = [self._phrases]
        while nodes:
            node = nodes.pop()
            found.update(node.words, (beginning + "*" for beginning in node.beginnings))
            nodes += [*node.words.values(), *node.beginnings.values()]
        return found

    def possible(self, words: Sequence[str]) -> list[tuple[str, Row]]:
        """The names and rows of the patterns that can stand in a sentence, with just those of their phrases that do."""
        places: dict[int, list[Place]] = defaultdict(list)
        present: set[Phrase] = set()
        for node, place in self._found(words):
            present.add(node.phrase)
            for index in node.items:
                places[index].append(place)
        for index, word in enumerate(words):
            if word[0].isdigit():
                value = number(word)
                for low, high, item in self._ranges:
                    if low <= value <= high:
                        places[item].append((index, index + 1))
        fitting = [p for index in list(places) for p in self._keyed.get(index, ()) if _fits(p, places)]
        return [(pattern.name, _reduced(pattern.row, present)) for pattern in fitting]

    def _found(self, words: Sequence[str]) -> Iterator[tuple[_Node, Place]]:
        """Every phrase in a sentence, and where it stands."""
        for start in range(len(words)):
            paths = [(self._phrases, start)]
            while paths:
                node, end = paths.pop()
                if node.items:
                    yield node, (start, end)
                if end < len(words) and (node.words or node.beginnings):
                    paths += [(after, end + 1) for after in node.after(words[end])]


def _bare(item: Item) -> Item:
    """An item as it is looked up: without what depends on its place in a row."""
    return Item(item.phrases, item.low, item.high)


def _fits(pattern: _Pattern, places: Mapping[int, Sequence[Place]]) -> bool:
    """Whether the items of a pattern stand in a text in their order, near enough to each other."""
    if any(index not in places and not item.optional for item, index in zip(pattern.row, pattern.numbers)):
        return False
    ends: set[int] | None = None
    for item, index in zip(pattern.row, pattern.numbers):
        found = places.get(index, ())
        after = {end for start, end in found if ends is None or _near(start, ends, item.reach)}
        if item.optional:
            if ends is None:
                continue
            after |= {end + more for end in ends for more in range(item.reach + 1)}
        if not after:
            return False
        ends = after
    return True


def _near(start: int, ends: set[int], reach: int) -> bool:
    return any(end in ends for end in range(start - reach, start + 1))


def _reduced(row: Row, present: set[Phrase]) -> Row:
    """A row with just those of its phrases that are in a text."""
    reduced = (replace(item, phrases=tuple(p for p in item.phrases if p in present)) for item in row)
    return tuple(few for few in reduced if few.phrases or few.high >= few.low)


def document(words: Sequence[str]) -> Doc:
    """The words of a sentence as spaCy's; no word outlives it."""
    return Doc(Vocab(), words=list(words), tags=[OPEN] * len(words))


def shut(document: Doc, places: Iterable[Place]) -> None:
    """Keep the items of a pattern from reaching over some words."""
    for index in itertools.chain.from_iterable(range(*place) for place in places):
        document[index].tag_ = SHUT


def matches(named: Sequence[tuple[str, Row]], document: Doc) -> list[Match]:
    """Every match of some patterns."""
    if not named:
        return []
    if not Token.has_extension("number"):
        Token.set_extension("number", getter=lambda token: number(token.text))
    matcher = Matcher(document.vocab, validate=False)
    for name, row in named:
        matcher.add(name, list(_token_patterns(row)))
    return [Match(span.label_, span.start, span.end) for span in matcher(document, as_spans=True)]


def _token_patterns(row: Row) -> Iterator[list[TokenPattern]]:
    """spaCy's form of a row: one pattern for every way to choose among the phrases of its items."""
    for combination in itertools.product(*(list(_choices(item)) for item in row)):
        yield [token for tokens in combination for token in tokens]


def _choices(item: Item) -> Iterator[list[TokenPattern]]:
    gap: list[TokenPattern] = [{"TAG": OPEN, "OP": f"{{0,{item.reach}}}"}] if item.reach else []
    if item.optional:
        yield gap
    if item.high >= item.low:
        yield [*gap, {"_": {"number": {">=": item.low, "<=": item.high}}}]
    for phrase in item.phrases:
        yield gap + [_token(piece) for piece in phrase]


def _token(piece: str) -> TokenPattern:
    if piece.endswith("*"):
        return {"ORTH": {"REGEX": f"^{piece[:-1]}"}}
    return {"ORTH": piece}


def number(word: str) -> float:
    """A word's number ("38.5", "38,5"); -1 where it is none."""
    try:
        return float(word.replace(",", "."))
    except ValueError:
        return -1.0
