"""Find the patterns of the rules in the words of a sentence.

spaCy's Matcher has the last word. It looks at every pattern for every word, and a language has thousands; to make one takes
longer than all the rest. So it is asked only where a decision hangs on it (`confirmed`), with just the phrases that stand there.
Before that, what cannot match is left out: patterns of which an item is not in the text, and those whose items stand in
another order or too far apart.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from spacy.matcher import Matcher
from spacy.tokens import Doc, Token
from spacy.vocab import Vocab

from bot.safety.phrases import Node, Phrase, Phrases, Standing
from bot.safety.rules import Item, Row

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


class Match(NamedTuple):
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


@dataclass(frozen=True)
class Ground:
    """What stands in a sentence.

    Attributes:
        found: phrases, and numbers that some item allows.
        begins: where each begins, by node and length in words: a number of which bit n stands for the nth word.
        items: the items of all of them.
    """

    found: Sequence[Standing]
    begins: Mapping[tuple[Node, int], int]
    items: frozenset[int]


class Items:
    """The items of patterns, numbered; every item once, whatever patterns have it."""

    def __init__(self) -> None:
        self._numbers: dict[Item, int] = {}
        self._phrases = Phrases()
        self._ranges: list[tuple[float, float, int]] = []

    def number(self, item: Item) -> int:
        """The number of an item, wherever it stands in a pattern."""
        bare = Item(item.phrases, item.low, item.high)
        if bare not in self._numbers:
            index = self._numbers[bare] = len(self._numbers)
            for phrase in bare.phrases:
                self._phrases.grow(phrase).items.add(index)
            if bare.high >= bare.low:
                self._ranges.append((bare.low, bare.high, index))
        return self._numbers[bare]

    def words(self) -> set[str]:
        """The words of all phrases."""
        return set(self._phrases.pieces)

    def ground(self, words: Sequence[str]) -> Ground:
        """What stands in a sentence."""
        found = [*self._phrases.stand(words), *self._standing_numbers(words)]
        begins: dict[tuple[Node, int], int] = defaultdict(int)
        for node, start, end in found:
            begins[node, end - start] |= 1 << start
        return Ground(found, begins, frozenset().union(*[node.items for node, _ in begins]))

    def _standing_numbers(self, words: Sequence[str]) -> Iterator[Standing]:
        for index, word in enumerate(words):
            if word[0].isdigit():
                value = number(word)
                node = Node({item for low, high, item in self._ranges if low <= value <= high})
                yield node, index, index + 1


class Patterns:
    """Patterns made ready to be found.

    Args:
        named: the name (of a rule or cue) and row of every pattern.
        items: the items, to which those of the patterns are added.
    """

    def __init__(self, named: Iterable[tuple[str, Row]], items: Items) -> None:
        self._keyed: dict[int, list[_Pattern]] = defaultdict(list)
        for name, row in named:
            numbers = tuple(map(items.number, row))
            sizes = {index: len(item.phrases) for item, index in zip(row, numbers) if not item.optional}
            self._keyed[min(sizes, key=sizes.__getitem__)].append(_Pattern(name, row, numbers, frozenset(sizes)))
        self._keys = frozenset(self._keyed)

    def candidates(self, ground: Ground, without: Collection[str] = ()) -> Candidates:
        """The patterns that stand in a sentence, if nothing keeps them from it.

        Args:
            ground: what stands in it.
            without: names of patterns that are not sought.
        """
        patterns = [
            pattern
            for index in ground.items & self._keys
            for pattern in self._keyed[index]
            if pattern.needed <= ground.items and pattern.name not in without
        ]
        starts = _starts(patterns, ground)
        return Candidates([pattern for pattern in patterns if _stands(pattern, starts)], ground)


class Candidates:
    """Patterns that stand in a sentence if nothing keeps them from it, and where their items stand."""

    def __init__(self, patterns: Sequence[_Pattern], ground: Ground) -> None:
        self._patterns = patterns
        self._places: dict[int, dict[int, dict[int, Phrase]]] = {
            index: {} for pattern in patterns for index in pattern.numbers
        }
        wanted = frozenset(self._places)
        for node, start, end in ground.found if patterns else ():
            for index in node.items & wanted:
                self._places[index].setdefault(start, {})[end] = node.phrase

    def __bool__(self) -> bool:
        """Whether there are any."""
        return bool(self._patterns)

    def names(self) -> set[str]:
        """Their names."""
        return {pattern.name for pattern in self._patterns}

    def matches(self, bounds: Bounds = NO_BOUNDS) -> list[Match]:
        """Where the patterns stand in the sentence, once for each name and span."""
        return list(
            {
                Match(pattern.name, start, end): None
                for pattern in self._patterns
                for start, end in _spans(pattern, self._places, bounds)
            }
        )

    def confirmed(self, match: Match, words: Sequence[str], bounds: Bounds = NO_BOUNDS) -> bool:
        """Whether spaCy's Matcher finds a match of a sentence there too."""
        named = (pattern for pattern in self._patterns if pattern.name == match.name)
        ways = {_way(pattern, self._places, bounds, match): None for pattern in named}
        whole = Match(match.name, 0, match.end - match.start)
        return whole in matches([(match.name, row) for row in ways if row], document(words, bounds, match))


def _starts(patterns: Sequence[_Pattern], ground: Ground) -> Mapping[int, Mapping[int, int]]:
    """Where the items of patterns begin, by item and length in words."""
    starts: dict[int, dict[int, int]] = {index: {} for pattern in patterns for index in pattern.numbers}
    wanted = frozenset(starts)
    for (node, length), bits in ground.begins.items() if patterns else ():
        for index in node.items & wanted:
            starts[index][length] = starts[index].get(length, 0) | bits
    return starts


def _stands(pattern: _Pattern, starts: Mapping[int, Mapping[int, int]]) -> bool:
    """Whether a pattern stands somewhere in a sentence if nothing keeps it from it.

    All places are tried at once: bit n of `reached` says that what comes next may stand before the nth word.
    """
    reached = -1  # every bit is set: it may begin anywhere
    for item, index in zip(pattern.row, pattern.numbers):
        near = _spread(reached, item.reach)
        reached = near if item.optional else 0
        for length, bits in starts[index].items():
            reached |= (near & bits) << length
        if not reached:
            return False
    return True


def _spread(bits: int, reach: int) -> int:
    """The bits, and as many after each of them as the reach says."""
    covered = 1
    while covered <= reach:
        step = min(covered, reach + 1 - covered)
        bits |= bits << step
        covered += step
    return bits


def _spans(pattern: _Pattern, places: Mapping[int, Places], bounds: Bounds) -> set[tuple[int, int]]:
    """The half-open spans of words in which a pattern stands."""
    begun: dict[tuple[int, int], set[int]] = {(-1, 0): {-1}}  # by how far it is and reach left over: the starts
    for item, index in zip(pattern.row, pattern.numbers):
        further: dict[tuple[int, int], set[int]] = defaultdict(set)
        found = places[index]
        for (end, left), starts in begun.items():
            reach = left + item.reach
            if item.optional:
                further[end, reach] |= starts
            for at in _reached(found, end, reach, bounds) if found else ():
                for stop in found[at]:
                    further[stop, 0].update(starts if end >= 0 else (at,))
        begun = further
    return {(start, end) for (end, _), starts in begun.items() if end >= 0 for start in starts}


def _reached(found: Places, end: int, reach: int, bounds: Bounds) -> list[int]:
    """Where the next item of a pattern may begin: anywhere at first (`end` is -1), then at most `reach` words further on."""
    if end < 0:
        return [at for at in found if at not in bounds.denied]
    if not reach:
        return [end] if end in found else []
    furthest = end + reach
    if bounds.shut:
        furthest = min((index for index in range(end, furthest) if index in bounds.shut), default=furthest)
    return [at for at in range(end, furthest + 1) if at in found and (at == end or at not in bounds.denied)]


def _way(pattern: _Pattern, places: Mapping[int, Places], bounds: Bounds, match: Match) -> Row | None:
    """How a pattern stands where a match says; None if it does not.

    It is a row of just the phrases that stand there, each with as many words before it as stand there. The Matcher would need
    a pattern for every choice among the phrases of all items, and its time grows with the choice of gaps as well.
    """
    begun: dict[tuple[int, int], Row] = {(-1, 0): ()}  # by how far it is and the reach left over
    for item, index in zip(pattern.row, pattern.numbers):
        further: dict[tuple[int, int], Row] = {}
        found = places[index]
        for (end, left), row in begun.items():
            reach = left + item.reach
            if item.optional:
                further.setdefault((end, reach), row)
            for at in _reached(found, end, reach, bounds):
                if not row and at != match.start:
                    continue
                gap = at - end if row else 0
                for stop, phrase in found[at].items():
                    way = Item((phrase,), reach=gap) if phrase else Item((), item.low, item.high, reach=gap)
                    if stop <= match.end:
                        further.setdefault((stop, 0), (*row, way))
        begun = further
    return next((row for (end, _), row in begun.items() if end == match.end), None)


def document(words: Sequence[str], bounds: Bounds, match: Match) -> Doc:
    """The words of a sentence in which a pattern stands, as spaCy's; no word outlives it."""
    span = range(match.start, match.end)
    return Doc(
        Vocab(),
        words=[words[index] for index in span],
        tags=[SHUT if index in bounds.shut else OPEN for index in span],
        deps=[DENIED if index in bounds.denied else FREE for index in span],
        heads=[*range(len(span))],
    )


def matches(named: Sequence[tuple[str, Row]], document: Doc) -> list[Match]:
    """Where spaCy's Matcher finds some ways in which patterns stand."""
    if not named:
        return []
    if not Token.has_extension("number"):
        Token.set_extension("number", getter=lambda token: number(token.text))
    matcher = Matcher(document.vocab, validate=False)
    for name, way in named:
        matcher.add(name, [list(_tokens(way))])
    return [Match(span.label_, span.start, span.end) for span in matcher(document, as_spans=True)]


def _tokens(way: Row) -> Iterator[TokenPattern]:
    """spaCy's form of a way in which a pattern stands."""
    for index, item in enumerate(way):
        yield from ({"TAG": OPEN} for _ in range(item.reach))
        if item.high >= item.low:
            yield {"_": {"number": {">=": item.low, "<=": item.high}}}
        for phrase in item.phrases:
            tokens = [_token(piece) for piece in phrase]
            if not index or item.reach:
                tokens[0]["DEP"] = FREE
            yield from tokens


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
