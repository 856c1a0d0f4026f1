"""Texts as n-grams of words and characters, weighted: what the intent model sees of how something is written."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

Floats = NDArray[np.float64]

CHARACTER_ORDERS = (2, 3, 4, 5)
WORD_ORDERS = (1, 2)
WORD_WEIGHT = 0.5
LENGTH = 1 + WORD_WEIGHT**2
"""The square of a weighted row's length: one for the characters, WORD_WEIGHT for the words."""


def ngrams(words: Sequence[str]) -> Counter[str]:
    """The n-grams of a text given as its words (masked names in angle brackets): w: for words, c: for characters."""
    grams: Counter[str] = Counter()
    for order in WORD_ORDERS:
        padded = ["<s>", *words, "</s>"] if order > 1 else list(words)
        grams.update("w:" + " ".join(padded[i : i + order]) for i in range(len(padded) - order + 1))
    text = f" {' '.join(words)} "
    for order in CHARACTER_ORDERS:
        grams.update("c:" + text[i : i + order] for i in range(len(text) - order + 1))
    return grams


def count(texts: Sequence[Sequence[str]], vocabulary: dict[str, int], grow: bool = False) -> sparse.csr_matrix:
    """How often each n-gram of the vocabulary is in each text; `grow` adds what is new to the vocabulary."""
    data: list[float] = []
    columns: list[int] = []
    ends = [0]
    for words in texts:
        for gram, times in ngrams(words).items():
            column = vocabulary.setdefault(gram, len(vocabulary)) if grow else vocabulary.get(gram, -1)
            if column >= 0:
                columns.append(column)
                data.append(times)
        ends.append(len(columns))
    return sparse.csr_matrix((data, columns, ends), shape=(len(texts), len(vocabulary)))


def kept_columns(counts: sparse.csr_matrix, vocabulary: dict[str, int]) -> NDArray[np.bool_]:
    """Which n-grams are worth a weight: those in two texts at least, and every single word."""
    frequency = np.bincount(counts.indices, minlength=counts.shape[1])
    single = np.array([gram.startswith("w:") and " " not in gram for gram in vocabulary])
    kept: NDArray[np.bool_] = (frequency > 1) | (single & (frequency > 0))
    return kept


class Weighting:
    """TF-IDF in two blocks, words and characters, each brought to length one (words times WORD_WEIGHT)."""

    def __init__(self, vocabulary: dict[str, int], idf: Floats) -> None:
        self.vocabulary = vocabulary
        self.idf = idf
        self._is_word = np.array([gram.startswith("w:") for gram in vocabulary])
        self._rarest = float(idf.max(initial=1.0))

    @classmethod
    def fit(cls, vocabulary: dict[str, int], counts: sparse.csr_matrix) -> Weighting:
        """From the counts of the training texts."""
        frequency = np.bincount(counts.indices, minlength=counts.shape[1])
        return cls(vocabulary, np.log((1 + counts.shape[0]) / (1 + frequency)) + 1)

    def apply(self, counts: sparse.csr_matrix) -> sparse.csr_matrix:
        """The weighted matrix of a matrix of counts."""
        weighted = counts.copy()
        weighted.data = (1 + np.log(weighted.data)) * self.idf[weighted.indices]
        rows = np.repeat(np.arange(counts.shape[0]), np.diff(counts.indptr))
        for block, weight in ((self._is_word, WORD_WEIGHT), (~self._is_word, 1.0)):
            here = block[weighted.indices]
            squares = np.bincount(rows[here], weighted.data[here] ** 2, minlength=counts.shape[0])
            norms = np.sqrt(np.where(squares > 0, squares, 1.0))
            weighted.data[here] *= weight / norms[rows[here]]
        return weighted

    def known(self, texts: Sequence[Sequence[str]]) -> Floats:
        """For each text the share of its words that the vocabulary has; and the same with rare words counting for more."""
        return np.array([self._known(words) for words in texts]).reshape(len(texts), 2)

    def _known(self, words: Sequence[str]) -> tuple[float, float]:
        columns = [self.vocabulary.get(f"w:{word}") for word in set(words) if any(map(str.isalnum, word))]
        if not columns:
            return 0.0, 0.0
        weights = [self.idf[column] for column in columns if column is not None]
        unknown = len(columns) - len(weights)
        return len(weights) / len(columns), float(sum(weights) / (sum(weights) + unknown * self._rarest))
