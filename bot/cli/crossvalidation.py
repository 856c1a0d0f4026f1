"""Every training example judged by an intent model that has not seen it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bot.language.examples import Example
from bot.language.names import NameFinder
from bot.language.normalise import normalise
from bot.language.tokenise import Tokeniser
from bot.rasa.classifier import masked_words
from bot.rasa.intent_model import IntentModel
from bot.rasa.names import known_names

FOLDS = 5


@dataclass(frozen=True)
class Judged:
    """A held-out example and what the model said of it."""

    example: Example
    predicted: str
    confidence: float
    novel: bool


class Reader:
    """Text to the words that the intent model sees, as the pipeline of config.yml makes them."""

    def __init__(self) -> None:
        names = known_names()
        self._tokeniser = Tokeniser(name.written for name in names)
        self._finder = NameFinder(names)

    def words(self, text: str) -> list[str]:
        """The masked words of a text."""
        normalised = normalise(text).text
        words = self._tokeniser.words(normalised)
        return masked_words(words, self._finder.find(normalised, words))


def stratified_folds(labels: Sequence[str], count: int = FOLDS) -> NDArray[np.int64]:
    """The fold of each example, the labels spread evenly; the same at every call."""
    random = np.random.default_rng(0)
    folds = np.empty(len(labels), dtype=np.int64)
    for label in sorted(set(labels)):
        rows = random.permutation([row for row, name in enumerate(labels) if name == label])
        folds[rows] = np.arange(len(rows)) % count
    return folds


def cross_validate(examples: Sequence[Example], more: Sequence[Example] = (), count: int = FOLDS) -> list[Judged]:
    """Every example judged by a model that has not seen it.

    Args:
        examples: those that are judged.
        more: examples that every model sees, and that are not judged.
        count: the number of models, each of which has not seen one part of the examples.
    """
    reader = Reader()
    texts = [reader.words(example.text) for example in examples]
    added = [(reader.words(example.text), example.intent) for example in more]
    folds = stratified_folds([f"{example.language} {example.intent}" for example in examples], count)
    judged: list[Judged | None] = [None] * len(examples)
    for fold in range(count):
        train, held = np.flatnonzero(folds != fold), np.flatnonzero(folds == fold)
        seen = [(texts[row], examples[row].intent) for row in train] + added
        model = IntentModel.fit([words for words, _ in seen], [intent for _, intent in seen])
        for row, prediction in zip(held, model.predict([texts[row] for row in held])):
            judged[row] = Judged(examples[row], prediction.ranking[0][0], prediction.confidence, prediction.novel)
        print(f"  fold {fold + 1} of {count}", flush=True)
    return [found for found in judged if found]


def macro_f1(truth: Sequence[str], predicted: Sequence[str]) -> float:
    """The mean over intents of the harmonic mean of precision and recall."""
    right = Counter(a for a, b in zip(truth, predicted) if a == b)
    said, meant = Counter(predicted), Counter(truth)
    return float(np.mean([2 * right[name] / (said[name] + meant[name]) for name in meant]))
