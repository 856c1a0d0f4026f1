"""Find the patterns of the rules in the words of a sentence.

spaCy's Matcher has the last word. It looks at every pattern for every word, and a language has thousands, so what cannot
match is left out first: patterns of which an item is not in the text, and those whose items stand in another order or too
far apart. Of the others it is given the phrases that do stand there.
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from spacy.matcher import Matcher
from spacy.tokens import Doc, Token
from spacy.vocab import Vocab

from bot.safety.rules import Item, Phrase, Row

Places = Mapping[int, Sequence[tuple[int, Phrase]]]
"""Where an item stands: by the index of its first word, the index after its last and the phrase (none for a number)."""
TokenPattern = dict[str, Any]
OPEN, SHUT = "open", "shut"
"""Tags of words: those that may stand between the items of a pattern, and those that may not."""
FREE, DENIED = "free", "denied"
"""What spaCy's field for a word's part in the sentence says of words: whether a negation stands directly before."""


@dataclass(frozen=True)
class Bounds:
    """Words that keep patterns from standing where they would.

    Attributes:
        shut: no gap reaches over them.
        denied: no item begins there, unless it follows the one before it directly.
    """

    shut: frozenset[int] = frozenset()
    denied: frozenset[int] = frozenset()


NO_BOUNDS = Bounds()


@dataclass(frozen=True)
class Match:
    """Where a pattern stands: its name (of a rule or cue) and the half-open span of words."""

    name: str
    start: int
    end: int


@dataclass(frozen=True)
class _Pattern:
    """A pattern, for each item of its row the number under which it is looked up, and the numbers that it needs."""

    name: str
    row: Row
    numbers: tuple[int, ...]
    needed: frozenset[int]


class _Node:
    """A place in the tree of phrases: where the next word leads, and the phrase that ends here with the items that have it."""

    __slots__ = ("beginnings", "items", "phrase", "words")

    def __init__(self) -> None:
        self.words: dict[str, _Node] = {}
        self.beginnings: dict[str, _Node] = {}
        self.phrase: Phrase = ()
        self.items: set[int] = set()

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
        patterns = [_pattern(name, row, numbers) for name, row in named]
        self._phrases = _Node()
        for item, index in numbers.items():
            for phrase in item.phrases:
                self._phrases.grow(phrase).items.add(index)
        self._ranges = [(item.low, item.high, index) for item, index in numbers.items() if item.high >= item.low]
        sizes = {index: len(item.phrases) for item, index in numbers.items()}
        self._keyed: dict[int, list[_Pattern]] = defaultdict(list)
        for pattern in patterns:
            self._keyed[min(pattern.needed, key=sizes.__getitem__)].append(pattern)

    def words(self) -> set[str]:
        """The words of all phrases."""
        found: set[str] = set()
        nodes = [self._phrases]
        while nodes:
            node = nodes.pop()
            found.update(node.words, (beginning + "*" for beginning in node.beginnings))
            nodes += [*node.words.values(), *node.beginnings.values()]
        return found

    def candidates(self, words: Sequence[str]) -> Candidates:
        """The patterns of which every item is in a sentence."""
        found = [*self._found(words), *self._numbers(words)]
        present: set[int] = set().union(*(items for items, *_ in found))
        fitting = (pattern for index in present if index in self._keyed for pattern in self._keyed[index])
        return Candidates([pattern for pattern in fitting if pattern.needed <= present], found)

    def _found(self, words: Sequence[str]) -> Iterator[tuple[set[int], int, int, Phrase]]:
        """The items of every phrase in a sentence, the half-open span of words where it stands, and the phrase."""
        for start in range(len(words)):
            paths = [(self._phrases, start)]
            while paths:
                node, end = paths.pop()
                if node.items:
                    yield node.items, start, end, node.phrase
                if end < len(words) and (node.words or node.beginnings):
                    paths += [(after, end + 1) for after in node.after(words[end])]

    def _numbers(self, words: Sequence[str]) -> Iterator[tuple[set[int], int, int, Phrase]]:
        """The same of every number."""
        for index, word in enumerate(words):
            if word[0].isdigit():
                value = number(word)
                yield {item for low, high, item in self._ranges if low <= value <= high}, index, index + 1, ()


class Candidates:
    """The patterns of which every item is in a sentence, and where the items stand."""

    def __init__(self, patterns: Sequence[_Pattern], found: Sequence[tuple[set[int], int, int, Phrase]]) -> None:
        self._patterns = patterns
        self._places: dict[int, dict[int, list[tuple[int, Phrase]]]] = {
            index: defaultdict(list) for pattern in patterns for index in pattern.numbers
        }
        for items, start, end, phrase in found if patterns else ():
            for index in items & self._places.keys():
                self._places[index][start].append((end, phrase))

    def rows(self, bounds: Bounds = NO_BOUNDS) -> list[tuple[str, Row]]:
        """The names and rows of the patterns that stand in the sentence, once for each span, with just the phrases there."""
        return list(
            {(pattern.name, row): None for pattern in self._patterns for row in _ways(pattern, self._places, bounds)}
        )


def _pattern(name: str, row: Row, numbers: dict[Item, int]) -> _Pattern:
    """A pattern, its items numbered; new ones are added to the numbers."""
    looked_up = tuple(numbers.setdefault(Item(item.phrases, item.low, item.high), len(numbers)) for item in row)
    needed = frozenset(index for item, index in zip(row, looked_up) if not item.optional)
    return _Pattern(name, row, looked_up, needed)


def _ways(pattern: _Pattern, places: Mapping[int, Places], bounds: Bounds) -> Iterator[Row]:
    """How a pattern stands in a sentence, once for each span: its row with just the phrases that stand there.

    Naming the phrases one by one keeps the Matcher's patterns few: it would need one for every choice among the
    phrases of all items of a row, thousands for a row of a few large groups.
    """
    begun: dict[tuple[int, int, int], Row] = {(-1, -1, 0): ()}  # where it starts, how far it is, the reach left over
    for item, index in zip(pattern.row, pattern.numbers):
        further: dict[tuple[int, int, int], Row] = {}
        found = places[index]
        for (start, end, left), row in begun.items():
            reach = left + item.reach
            if item.optional:
                further.setdefault((start, end, reach), row)
            if not found:
                continue
            for at in found if start < 0 else range(end, end + reach + 1):
                if at > end >= 0 and at - 1 in bounds.shut:
                    break
                if at not in found or (at != end and at in bounds.denied):
                    continue
                for stop, phrase in found[at]:
                    gap = at - end if row else 0
                    way = Item((phrase,), reach=gap) if phrase else Item((), item.low, item.high, reach=gap)
                    further.setdefault((at if start < 0 else start, stop, 0), (*row, way))
        if not further:
            return
        begun = further
    yield from filter(None, begun.values())


def document(words: Sequence[str], bounds: Bounds = NO_BOUNDS) -> Doc:
    """The words of a sentence as spaCy's; no word outlives it."""
    tags, deps = [OPEN] * len(words), [FREE] * len(words)
    for index in bounds.shut:
        tags[index] = SHUT
    for index in bounds.denied:
        if index < len(words):
            deps[index] = DENIED
    return Doc(Vocab(), words=list(words), tags=tags, deps=deps, heads=[*range(len(words))])


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
    for combination in itertools.product(*(list(_choices(item, not index)) for index, item in enumerate(row))):
        yield [token for tokens in combination for token in tokens]


def _choices(item: Item, first: bool) -> Iterator[list[TokenPattern]]:
    gap: list[TokenPattern] = [{"TAG": OPEN, "OP": f"{{0,{item.reach}}}"}] if item.reach else []
    if item.optional:
        yield gap
    if item.high >= item.low:
        yield [*gap, {"_": {"number": {">=": item.low, "<=": item.high}}}]
    for phrase in item.phrases:
        tokens = [_token(piece) for piece in phrase]
        if first or gap:
            tokens[0]["DEP"] = FREE
        yield gap + tokens


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
