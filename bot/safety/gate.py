"""Decide of a message, before anything else reads it: an emergency, personal medical advice, or neither.

    text -> words (Chinese: characters) -> rules' patterns -> cues around each match -> decision
                                                              negated?  "no fever", 没有发烧
                                                              past?     "ten years ago", 三年前
                                                              only asked about? "is bleeding common", 会不会出血
                                                              happening now after all? "again today", 现在

An emergency wins over advice. Rules and cues are data: data/safety/.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import spacy
from spacy.matcher import Matcher
from spacy.tokens import Doc, Token
from spacy.vocab import Vocab

from bot.language.normalise import normalise
from bot.language.script import HAN
from bot.safety.rules import SENTENCE_ENDS, Item, Rule, Rules, items, read_rules, token_patterns

Verdict = Literal["emergency", "advice", "pass"]
WORD = re.compile(rf"\d+(?:\.\d+)?|[a-z0-9]+(?:n't\b)?|n't|'[a-z]+|{HAN.pattern}|\n|[^\s\w]|_", re.IGNORECASE)
CLAUSE_ENDS = frozenset((*SENTENCE_ENDS, ",", ";", ":", "，", "；", "、", "：", "but", "however", "但", "~"))
NEGATION_REACH = 6
"""How many words a negation reaches forward within its clause, and `negation_after` backward."""
LONGEST = 2000
"""Longer texts are read in their first and last half of this many characters; the rest is far from any rule's reach."""


@dataclass(frozen=True)
class Decision:
    """What the gate says of a message: the verdict, the rule behind it, and the words that matched.

    `held` is true where a rule matched but a cue held it back: the danger is spoken of, but not here and now.
    """

    verdict: Verdict
    rule: str = ""
    matched: str = ""
    language: str = ""
    held: bool = False


PASS = Decision("pass")
HELD = Decision("pass", held=True)


Pattern = tuple[str, tuple[Item, ...]]
"""The name of a rule or cue, and the items of one of its patterns."""


class Gate:
    """The gate with its rules read. Making one takes well under a second.

    Args:
        rules: the rules of every language; those under data/safety, if none are given.

    Raises:
        bot.safety.rules.InvalidRules: if a rules file cannot be used.
    """

    def __init__(self, rules: Sequence[Rules] | None = None) -> None:
        if not Token.has_extension("number"):
            Token.set_extension("number", getter=_number)
        self._vocab: Vocab = spacy.blank("en").vocab
        self._languages = [_Language(found) for found in (read_rules() if rules is None else rules)]

    def decide(self, text: str) -> Decision:
        """The decision on a message; never raises, whatever the text."""
        sentences = list(_sentences(normalise(_shortened(text)).text))
        whole = _Sentence(self._vocab, [word for words in sentences for word in words])
        found: list[Decision] = []
        for language in self._languages:
            patterns = _possible(language.patterns, whole)
            for words in sentences if patterns else ():
                found += language.decisions(_Sentence(self._vocab, words), patterns)
        for verdict in ("emergency", "advice"):
            for decision in found:
                if decision.verdict == verdict:
                    return decision
        return HELD if found else PASS


def _sentences(text: str) -> Iterator[list[str]]:
    """The words of each sentence of a normalised text."""
    words: list[str] = []
    for match in WORD.finditer(text):
        words.append(match.group())
        if words[-1] in SENTENCE_ENDS:
            yield words
            words = []
    if words:
        yield words


class _Sentence:
    """The words of a sentence, and quick answers to which phrases can be in it."""

    def __init__(self, vocab: Vocab, words: list[str]) -> None:
        self.doc = Doc(vocab, words=words)
        self._words = frozenset(words)
        self._text = "".join(words)
        self._row = words
        self._where: dict[str, list[int]] = {}
        self._numbers = [_number(token) for token in self.doc if token.text[0].isdigit()]
        self._present: dict[tuple[tuple[str, ...], ...], list[tuple[str, ...]]] = {}

    def present(self, item: Item) -> list[tuple[str, ...]]:
        """The phrases of an item of which the sentence has every word."""
        found = self._present.get(item.phrases)
        if found is None:
            found = [phrase for phrase in item.phrases if self._has(phrase[0]) and all(map(self._has, phrase[1:]))]
            self._present[item.phrases] = found
        return found

    def has_number(self, item: Item) -> bool:
        """Whether a number in the item's range is in the sentence."""
        return any(item.low <= number <= item.high for number in self._numbers)

    def spans(self, item: Item) -> list[tuple[int, int]]:
        """The half-open spans at which an item stands: one of its phrases, or a number in its range."""
        if not item.phrases:
            return [(i, i + 1) for i, word in enumerate(self._row) if item.low <= _value(word) <= item.high]
        found = []
        for phrase in item.phrases:
            for start in self._positions(phrase[0]):
                end = start + len(phrase)
                if end <= len(self._row) and all(map(_is, self._row[start + 1 : end], phrase[1:])):
                    found.append((start, end))
        return found

    def _positions(self, piece: str) -> list[int]:
        if piece not in self._where:
            self._where[piece] = [index for index, word in enumerate(self._row) if _is(word, piece)]
        return self._where[piece]

    def _has(self, piece: str) -> bool:
        if piece in self._words:
            return True
        return piece.endswith("*") and piece[:-1] in self._text and any(w.startswith(piece[:-1]) for w in self._words)


class _Language:
    """One language's rules and cues, each as (name, items) for every pattern."""

    def __init__(self, rules: Rules) -> None:
        self._rules: dict[str, Rule] = {rule.id: rule for rule in rules.gate}
        self._language = rules.language
        self.patterns = [(rule.id, items(pattern, rules)) for rule in rules.gate for pattern in rule.patterns]
        self._cues = [(cue, items(phrase, rules)) for cue, phrases in rules.cues.items() for phrase in phrases]

    def decisions(self, sentence: _Sentence, patterns: Sequence[Pattern]) -> list[Decision]:
        """What of some patterns fires, in the order of the text; what the cues around it hold back counts as HELD."""
        matches = _matches(
            [pattern for pattern in _possible(patterns, sentence) if _fits(pattern[1], sentence)], sentence
        )
        if not matches:
            return []
        cues = _matches([cue for cue in _possible(self._cues, sentence) if _fits(cue[1], sentence)], sentence)
        return [
            HELD
            if _held_back(sentence.doc, start, end, cues, self._rules[name].despite)
            else Decision(self._rules[name].kind, name, sentence.doc[start:end].text, self._language)
            for name, start, end in sorted(matches, key=lambda match: (match[1], -match[2]))
        ]


def _possible(patterns: Sequence[Pattern], sentence: _Sentence) -> list[Pattern]:
    """The patterns whose words a sentence has, with just those of their phrases."""
    found: list[Pattern] = []
    for name, row in patterns:
        reduced: list[Item] = []
        for item in row:
            if not item.phrases:
                if not item.gap and not sentence.has_number(item):
                    break
                reduced.append(item)
                continue
            phrases = sentence.present(item)
            if phrases:
                reduced.append(Item(tuple(phrases), item.optional))
            elif not item.optional:
                break
        else:
            found.append((name, tuple(reduced)))
    return found


def _fits(row: Sequence[Item], sentence: _Sentence) -> bool:
    """Whether the items of a pattern stand in a sentence in their order, near enough to each other.

    spaCy's Matcher says so too, but has to be made for it; this leaves it next to nothing to do.
    """
    ends: set[int] | None = None
    reach = 0
    for item in row:
        if item.gap:
            reach += item.gap
            continue
        after = {end for start, end in sentence.spans(item) if ends is None or _within(start, ends, reach)}
        if item.optional:
            if ends is None:
                continue
            after |= {end + more for end in ends for more in range(reach + 1)}
        if not after:
            return False
        ends, reach = after, 0
    return True


def _within(start: int, ends: set[int], reach: int) -> bool:
    return any(end <= start <= end + reach for end in ends)


def _matches(patterns: Sequence[Pattern], sentence: _Sentence) -> list[tuple[str, int, int]]:
    """Every match of patterns in a sentence: the rule's or cue's name and the half-open span of words."""
    if not patterns:
        return []
    matcher = Matcher(sentence.doc.vocab, validate=False)
    for name, row in patterns:
        matcher.add(name, list(token_patterns(row)))
    return [(span.label_, span.start, span.end) for span in matcher(sentence.doc, as_spans=True)]


def _held_back(doc: Doc, start: int, end: int, cues: Sequence[tuple[str, int, int]], despite: Sequence[str]) -> bool:
    """Whether a cue says that a match is not so, not now, or only asked about."""
    clause = _bounds(doc, start, end, CLAUSE_ENDS)
    sentence = _bounds(doc, start, end, frozenset(SENTENCE_ENDS))
    present = any(cue == "present" and sentence[0] <= first and last <= sentence[1] for cue, first, last in cues)
    for cue, first, last in cues:
        if cue in despite or cue == "present":
            continue
        if cue == "negation" and clause[0] <= first and last <= start and start - last <= NEGATION_REACH:
            return True
        if cue == "negation_after" and end <= first and last <= clause[1] and first - end <= NEGATION_REACH:
            return True
        if cue in ("past", "hypothetical") and not present and sentence[0] <= first and last <= sentence[1]:
            return True
    return False


def _bounds(doc: Doc, start: int, end: int, ends: frozenset[str]) -> tuple[int, int]:
    """The half-open span between the nearest of `ends` around a span."""
    first = next((index + 1 for index in range(start - 1, -1, -1) if doc[index].lower_ in ends), 0)
    last = next((index for index in range(end, len(doc)) if doc[index].lower_ in ends), len(doc))
    return first, last


def _is(word: str, piece: str) -> bool:
    """Whether a word is a piece of a phrase, or begins as it does where it ends in *."""
    return word == piece or (piece.endswith("*") and word.startswith(piece[:-1]))


def _number(token: Token) -> float:
    return _value(token.text)


def _value(word: str) -> float:
    """A word's number; -1 where it is none."""
    try:
        return float(word)
    except ValueError:
        return -1.0


def _shortened(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[: LONGEST // 2]}\n{text[-LONGEST // 2 :]}"


@lru_cache(maxsize=1)
def shipped_gate() -> Gate:
    """The gate with the rules under data/safety, made once a process."""
    return Gate()
