"""Find the patterns of the rules in the words of a sentence.

spaCy's Matcher has the last word. It looks at every pattern for every word, and a language has thousands; to make one takes
longer than all the rest. So it is asked only where a decision hangs on it (`confirmed`), with just the phrases that stand there.
Before that, what cannot match is left out: patterns of which an item is not in the text, and those whose items stand in
another order or too far apart.
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from spacy.matcher import Matcher
from spacy.tokens import Doc, Token
from spacy.vocab import Vocab

from bot.safety.rules import Item, Phrase, Row

Places = Mapping[int, Mapping[int, Phrase]]
"""Where an item stands: by the index of its first word and the index after its last the phrase (none for a number)."""
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


class _Standing(NamedTuple):
    """A phrase or number in a sentence: the items that have it, those of them that are keys, and its half-open span of words."""

    items: set[int]
    keys: set[int]
    start: int
    end: int
    phrase: Phrase


class _Node:
    """A place in the tree of phrases: where the next word leads, and the phrase that ends here with the items that have it.

    `keys`: those of the items under which patterns are looked up.
    """

    __slots__ = ("beginnings", "items", "keys", "phrase", "words")

    def __init__(self) -> None:
        self.words: dict[str, _Node] = {}
        self.beginnings: dict[str, _Node] = {}
        self.phrase: Phrase = ()
        self.items: set[int] = set()
        self.keys: set[int] = set()

    def grow(self, phrase: Phrase) -> _Node:
        """The place where a phrase ends."""
        node = self
        for piece in phrase:
            step, key = (node.beginnings, piece[:-1]) if piece.endswith("*") else (node.words, piece)
            node = step.setdefault(key, _Node())
        node.phrase = phrase
        return node

    def after(self, word: str) -> list[_Node]:
        """The places to which a word leads."""
        found = [self.words[word]] if word in self.words else []
        if self.beginnings:
            beginnings = (word[:length] for length in range(1, len(word) + 1))
            found += [self.beginnings[beginning] for beginning in beginnings if beginning in self.beginnings]
        return found


class Patterns:
    """Patterns made ready to be found.

    Args:
        named: the name (of a rule or cue) and row of every pattern.
    """

    def __init__(self, named: Iterable[tuple[str, Row]]) -> None:
        numbers: dict[Item, int] = {}
        patterns = [_pattern(name, row, numbers) for name, row in named]
        sizes = {index: len(item.phrases) for item, index in numbers.items()}
        self._keyed: dict[int, list[_Pattern]] = defaultdict(list)
        for pattern in patterns:
            self._keyed[min(pattern.needed, key=sizes.__getitem__)].append(pattern)
        self._phrases = _Node()
        for item, index in numbers.items():
            for phrase in item.phrases:
                node = self._phrases.grow(phrase)
                node.items.add(index)
                if index in self._keyed:
                    node.keys.add(index)
        self._letters = {beginning[0] for beginning in self._phrases.beginnings}
        self._ranges = [(item.low, item.high, index) for item, index in numbers.items() if item.high >= item.low]

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
        keys: set[int] = set().union(*[one.keys for one in found]) if found else set()
        if not keys:
            return Candidates((), ())
        present: set[int] = set().union(*[one.items for one in found])
        fitting = (pattern for index in keys for pattern in self._keyed[index])
        return Candidates([pattern for pattern in fitting if pattern.needed <= present], found)

    def _found(self, words: Sequence[str]) -> Iterator[_Standing]:
        """Where phrases stand in a sentence."""
        last = len(words)
        first, letters = self._phrases.words, self._letters
        for start, word in enumerate(words):
            if word not in first and word[0] not in letters:
                continue  # most words begin nothing
            paths = [(node, start + 1) for node in self._phrases.after(word)]
            while paths:
                node, end = paths.pop()
                if node.items:
                    yield _Standing(node.items, node.keys, start, end, node.phrase)
                if end == last:
                    continue
                if node.beginnings:
                    paths += [(after, end + 1) for after in node.after(words[end])]
                elif words[end] in node.words:
                    paths.append((node.words[words[end]], end + 1))

    def _numbers(self, words: Sequence[str]) -> Iterator[_Standing]:
        """Where numbers stand that some item allows."""
        for index, word in enumerate(words):
            if word[0].isdigit():
                value = number(word)
                items = {item for low, high, item in self._ranges if low <= value <= high}
                yield _Standing(items, items & self._keyed.keys(), index, index + 1, ())


class Candidates:
    """The patterns of which every item is in a sentence, and where the items stand."""

    def __init__(self, patterns: Sequence[_Pattern], found: Sequence[_Standing]) -> None:
        self._patterns = patterns
        self._places: dict[int, dict[int, dict[int, Phrase]]] = {
            index: {} for pattern in patterns for index in pattern.numbers
        }
        wanted = frozenset(self._places)
        for one in found if patterns else ():
            for index in one.items & wanted:
                self._places[index].setdefault(one.start, {})[one.end] = one.phrase

    def matches(self, bounds: Bounds = NO_BOUNDS) -> list[Match]:
        """Where the patterns stand in the sentence, once for each name and span."""
        return list(
            {
                Match(pattern.name, start, end): None
                for pattern in self._patterns
                for start, end in _spans(pattern, self._places, bounds)
            }
        )

    def confirmed(self, match: Match, document: Doc, bounds: Bounds = NO_BOUNDS) -> bool:
        """Whether spaCy's Matcher finds a match of a sentence there too."""
        rows = {
            row: None
            for pattern in self._patterns
            if pattern.name == match.name
            for row in _ways(pattern, self._places, bounds)
        }
        return match in matches([(match.name, row) for row in rows], document)


def _pattern(name: str, row: Row, numbers: dict[Item, int]) -> _Pattern:
    """A pattern, its items numbered; new ones are added to the numbers."""
    looked_up = tuple(numbers.setdefault(Item(item.phrases, item.low, item.high), len(numbers)) for item in row)
    needed = frozenset(index for item, index in zip(row, looked_up) if not item.optional)
    return _Pattern(name, row, looked_up, needed)


def _spans(pattern: _Pattern, places: Mapping[int, Places], bounds: Bounds) -> Iterable[tuple[int, int]]:
    """The half-open spans of words in which a pattern stands."""
    if len(pattern.needed) == len(pattern.row):
        return _plain_spans(pattern, places, bounds)
    begun = {(-1, -1, 0)}  # where it starts, how far it is, the reach left over
    for item, index in zip(pattern.row, pattern.numbers):
        further: set[tuple[int, int, int]] = set()
        found = places[index]
        for start, end, left in begun:
            reach = left + item.reach
            if item.optional:
                further.add((start, end, reach))
            for at in _reached(found, end, reach, bounds) if found else ():
                further.update([(at if start < 0 else start, stop, 0) for stop in found[at]])
        if not further:
            return ()
        begun = further
    return {(start, end) for start, end, _ in begun if end >= 0}


def _plain_spans(pattern: _Pattern, places: Mapping[int, Places], bounds: Bounds) -> Iterable[tuple[int, int]]:
    """The same of a pattern without optional items, as most are: in half the time."""
    first = places[pattern.numbers[0]]
    begun = {(start, end) for start, ends in first.items() if start not in bounds.denied for end in ends}
    for item, index in zip(pattern.row[1:], pattern.numbers[1:]):
        found = places[index]
        begun = {
            (start, stop)
            for start, end in begun
            for at in _reached(found, end, item.reach, bounds)
            for stop in found[at]
        }
        if not begun:
            return ()
    return begun


def _reached(found: Places, end: int, reach: int, bounds: Bounds) -> list[int]:
    """Where the next item of a pattern may begin: anywhere at first (`end` is -1), then at most `reach` words further on."""
    if end < 0:
        return [at for at in found if at not in bounds.denied]
    furthest = end + reach
    if bounds is NO_BOUNDS:
        return [at for at in found if end <= at <= furthest]
    if bounds.shut:
        furthest = min((index for index in bounds.shut if end <= index < furthest), default=furthest)
    return [at for at in found if end <= at <= furthest and (at == end or at not in bounds.denied)]


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
            for at in _reached(found, end, reach, bounds):
                for stop, phrase in found[at].items():
                    gap = at - end if row else 0
                    way = Item((phrase,), reach=gap) if phrase else Item((), item.low, item.high, reach=gap)
                    further.setdefault((at if start < 0 else start, stop, 0), (*row, way))
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
