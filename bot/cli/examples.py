"""The check of the training examples: enough of them, hand-written, in balance between the languages."""

from __future__ import annotations

import itertools
import random
from collections import defaultdict
from collections.abc import Iterator

from bot.language.examples import LANGUAGES, Example
from bot.language.names import NameFinder
from bot.language.normalise import normalise
from bot.language.tokenise import Tokeniser
from bot.rasa.classifier import masked_words
from bot.rasa.names import known_names

FEWEST = 50
"""Examples per intent and language."""
DISTINCT = 0.85
"""Least share of an intent's examples that stay distinct when names are masked: they are not templates."""
OVERLAP = 0.5
"""Most that two examples of an intent may share on average (Jaccard of their words)."""
BALANCE = 1.5
"""Most examples in one language for each in the other, per intent."""
PAIRS = 3000


def problems(examples: list[Example]) -> Iterator[str]:
    """Everything wrong with the examples, a sentence each."""
    yield from _repeated(examples)
    groups: dict[tuple[str, str], list[str]] = defaultdict(list)
    for example in examples:
        groups[example.intent, example.language].append(example.text)
    names = known_names()
    tokeniser, finder = Tokeniser(name.written for name in names), NameFinder(names)
    for (intent, language), texts in sorted(groups.items()):
        if len(texts) < FEWEST:
            yield f"{intent} has {len(texts)} examples in {language}; {FEWEST} are the fewest"
        masked = [tuple(_masked(text, tokeniser, finder)) for text in texts]
        if len(set(masked)) < DISTINCT * len(masked):
            yield f"{intent} in {language}: with names masked, only {len(set(masked))} of {len(masked)} are distinct"
        shared = _overlap(masked)
        if shared > OVERLAP:
            yield f"{intent} in {language}: two examples share {shared:.2f} of their words on average"
    for intent in sorted({example.intent for example in examples}):
        counts = [len(groups.get((intent, language), ())) for language in LANGUAGES]
        if max(counts) > BALANCE * min(counts):
            yield f"{intent} is out of balance: {counts[0]} examples in English, {counts[1]} in Chinese"


def _repeated(examples: list[Example]) -> Iterator[str]:
    seen: dict[str, Example] = {}
    for example in examples:
        first = seen.setdefault(normalise(example.text).text, example)
        if first is not example:
            yield f'"{example.text}" stands in {first.intent} and again in {example.intent}'


def _masked(text: str, tokeniser: Tokeniser, finder: NameFinder) -> list[str]:
    normalised = normalise(text).text
    words = tokeniser.words(normalised)
    return masked_words(words, finder.find(normalised, words))


def _overlap(texts: list[tuple[str, ...]]) -> float:
    """The mean Jaccard overlap of pairs of texts (a fixed sample of PAIRS where there are more)."""
    pairs = list(itertools.combinations(map(set, texts), 2))
    if len(pairs) > PAIRS:
        pairs = random.Random(0).sample(pairs, PAIRS)
    return sum(len(a & b) / len(a | b) for a, b in pairs) / len(pairs) if pairs else 0.0
