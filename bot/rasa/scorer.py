"""Which intent a text looks like: two views of it, how it is written and what it means, added up.

Written: a linear support vector machine over weighted n-grams. Meant: kernel ridge regression with a Gaussian kernel over the
vectors of bot/language/meaning.py, the kernel in the random features of Rahimi and Recht (2007), so that it too is one matrix.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from bot.language.meaning import Vectors
from bot.rasa.ngrams import LENGTH, Floats, Weighting

REGULARISATION = 1.0
"""Of the support vector machine (C)."""
FEATURES, FEATURES_PER_EXAMPLE = 4000, 4
"""Random features of the kernel: so many, and no more than so many for each example."""
SHARPNESS, RIDGE = 0.5, 0.03
"""Of the Gaussian kernel exp(-SHARPNESS * distance² / 2), and the ridge regression's penalty. Both, and MEANT, were chosen on
a fifth of our own examples held out."""
MEANT = 1.5
"""What the meaning counts beside the writing."""
ROWS = 512
"""Texts that are compared with all the examples at once."""


@dataclass(frozen=True)
class Meant:
    """The fitted regression over the random features of the vectors."""

    directions: Vectors
    phases: Vectors
    weights: Vectors
    intercepts: Vectors

    @classmethod
    def fit(cls, vectors: Vectors, truth: Vectors) -> Meant:
        """From the examples' vectors and, for each example and intent, 1 or -1."""
        random = np.random.default_rng(0)
        number = min(FEATURES, FEATURES_PER_EXAMPLE * len(vectors))
        directions = (random.normal(size=(vectors.shape[1], number)) * np.sqrt(SHARPNESS)).astype(np.float32)
        phases = random.uniform(0, 2 * np.pi, number).astype(np.float32)
        features = _features(vectors, directions, phases)
        middle, mean = features.mean(axis=0), truth.mean(axis=0)
        features -= middle
        gram = (features.T @ features).astype(np.float64) + RIDGE * np.eye(number)
        weights = np.linalg.solve(gram, (features.T @ (truth - mean)).astype(np.float64)).astype(np.float32)
        return cls(directions, phases, weights, mean - middle @ weights)

    def margins(self, vectors: Vectors) -> Floats:
        """One row a text, one column an intent."""
        found: Floats = _features(vectors, self.directions, self.phases) @ self.weights + self.intercepts
        return found


def _features(vectors: Vectors, directions: Vectors, phases: Vectors) -> Vectors:
    features: Vectors = np.cos(vectors @ directions + phases) * np.float32(np.sqrt(2 / len(phases)))
    return features


@dataclass(frozen=True)
class Written:
    """The fitted support vector machine over n-grams: weights (n-grams x intents) and intercepts."""

    weights: Floats
    intercepts: Floats

    @classmethod
    def fit(cls, matrix: sparse.csr_matrix, labels: NDArray[np.str_]) -> Written:
        """From the examples' weighted n-grams and their intents."""
        from sklearn.svm import LinearSVC

        machine = LinearSVC(C=REGULARISATION, random_state=0).fit(matrix, labels)
        weights, intercepts = machine.coef_, machine.intercept_
        if len(machine.classes_) == 2:
            weights, intercepts = np.vstack([-weights, weights]), np.concatenate([-intercepts, intercepts])
        return cls(np.ascontiguousarray(weights.T), intercepts)

    def margins(self, matrix: sparse.csr_matrix) -> Floats:
        """One row a text, one column an intent."""
        found: Floats = np.asarray(matrix @ self.weights) + self.intercepts
        return found


class Scorer:
    """Both views, fitted on the same examples, and the examples themselves to compare with.

    Args:
        labels: the index of each example's intent.
    """

    def __init__(
        self,
        intents: Sequence[str],
        weighting: Weighting,
        written: Written,
        meant: Meant,
        examples: sparse.csr_matrix,
        vectors: Vectors,
        labels: NDArray[np.int64],
    ) -> None:
        self.intents = list(intents)
        self.weighting = weighting
        self.written = written
        self.meant = meant
        self.examples = examples
        self.vectors = vectors
        self.labels = labels
        self._by_gram = examples.T.tocsr()

    @classmethod
    def fit(cls, weighting: Weighting, counts: sparse.csr_matrix, vectors: Vectors, names: NDArray[np.str_]) -> Scorer:
        """From the examples' n-gram counts, vectors and intents."""
        intents, labels = np.unique(names, return_inverse=True)
        matrix = weighting.apply(counts)
        truth = np.where(labels[:, None] == np.arange(len(intents)), 1.0, -1.0).astype(np.float32)
        written, meant = Written.fit(matrix, names), Meant.fit(vectors, truth)
        return cls([str(name) for name in intents], weighting, written, meant, matrix, vectors, labels)

    def score(
        self, texts: Sequence[Sequence[str]], counts: sparse.csr_matrix, vectors: Vectors
    ) -> tuple[Floats, Floats]:
        """For each text the margins of the intents, and the evidence of how far to trust the best one (`EVIDENCE`)."""
        matrix = self.weighting.apply(counts)
        written, meant = self.written.margins(matrix), self.meant.margins(vectors)
        margins = written + MEANT * meant
        best, rows = margins.argmax(axis=1), np.arange(len(margins))
        top = np.partition(margins, -2, axis=1)
        evidence = [
            top[:, -1],
            top[:, -1] - top[:, -2],
            written[rows, best],
            meant[rows, best],
            *self._likeness(matrix, vectors, best).T,
            *self.weighting.known(texts).T,
            np.log([len(words) + 1 for words in texts]),
        ]
        return margins, np.column_stack(evidence)

    def _likeness(self, matrix: sparse.csr_matrix, vectors: Vectors, best: NDArray[np.int64]) -> Floats:
        """How alike (cosine) the nearest example is, in writing and in meaning, and the nearest of the best intent in meaning."""
        parts = [np.empty((0, 3))]
        for start in range(0, len(best), ROWS):
            end = min(start + ROWS, len(best))
            written = np.asarray((matrix[start:end] @ self._by_gram).max(axis=1).todense()).ravel() / LENGTH
            meant = vectors[start:end] @ self.vectors.T
            same = np.where(self.labels == best[start:end, None], meant, -1.0)
            parts.append(np.column_stack([written, meant.max(axis=1), same.max(axis=1)]))
        return np.vstack(parts)


EVIDENCE = 10
"""How many figures the evidence of a text has."""
