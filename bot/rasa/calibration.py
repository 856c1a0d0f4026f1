"""How far to trust the intent model: learnt by cross-validation with whole intents left out in turn, never from a test set."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from bot.language.meaning import Vectors
from bot.rasa.ngrams import Floats, Weighting, kept_columns
from bot.rasa.scorer import EVIDENCE, Scorer

FOLDS = 5
TOLERATED_MISS = 0.05
"""The threshold lets at most this share of right answers to known intents go as novel."""
UNKNOWN_TO_LEARN, UNKNOWN_IN_USE = 0.2, 0.02
"""What share of the messages asks for what no intent covers: where telling them apart is learnt, and where the resulting score
is turned into a probability. (Out of scope is an intent too, so that in use it is few.)"""

Integers = NDArray[np.int64]


@dataclass(frozen=True)
class Calibration:
    """A logistic regression over the scorer's evidence, the softmax's sharpness, and the threshold of novelty."""

    weights: tuple[float, ...]
    intercept: float
    sharpness: float
    threshold: float

    def confidence(self, evidence: Floats) -> Floats:
        """The probability that the best intent is right, for each row of evidence."""
        score: Floats = evidence @ np.array(self.weights) + self.intercept
        return 1 / (1 + np.exp(-score))


NONE = Calibration((1.0,) + (0.0,) * (EVIDENCE - 1), 0.0, 4.0, 0.0)
"""For examples that are too few to learn it from: nothing is novel."""


def folds(labels: NDArray[np.str_], number: int = FOLDS) -> Iterator[tuple[Integers, Integers, Integers]]:
    """Splits for calibration: (training rows, held-out rows of known intents, rows of intents left out whole).

    Every example is held out once while its intent is known, and once while its whole intent is unknown.
    """
    random = np.random.default_rng(0)
    intents = random.permutation(np.unique(labels))
    turn = np.empty(len(labels), dtype=int)
    for intent in intents:
        rows = random.permutation(np.flatnonzero(labels == intent))
        turn[rows] = np.arange(len(rows)) % number
    for fold in range(number):
        unknown = np.isin(labels, intents[fold::number])
        held = turn == fold
        yield np.flatnonzero(~unknown & ~held), np.flatnonzero(~unknown & held), np.flatnonzero(unknown & held)


def fit_scorer(
    counts: sparse.csr_matrix, vocabulary: dict[str, int], vectors: Vectors, labels: NDArray[np.str_], rows: Integers
) -> tuple[Scorer, Integers]:
    """A scorer fitted on some of the rows, and the columns of `counts` that it uses."""
    kept = np.flatnonzero(kept_columns(counts[rows], vocabulary))
    grams = list(vocabulary)
    smaller = {grams[column]: index for index, column in enumerate(kept)}
    mine = counts[rows][:, kept]
    return Scorer.fit(Weighting.fit(smaller, mine), mine, vectors[rows], labels[rows]), kept


def calibrate(
    texts: Sequence[Sequence[str]],
    counts: sparse.csr_matrix,
    vocabulary: dict[str, int],
    vectors: Vectors,
    labels: NDArray[np.str_],
) -> Calibration:
    """Learn when to trust a model of these examples."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.preprocessing import StandardScaler

    seen, right, is_known, sharpness = [], [], [], []
    for train, known, unknown in folds(labels):
        if len(np.unique(labels[train])) < 2:
            return NONE
        scorer, kept = fit_scorer(counts, vocabulary, vectors, labels, train)
        tested = np.concatenate([known, unknown])
        margins, evidence = scorer.score([texts[row] for row in tested], counts[tested][:, kept], vectors[tested])
        seen.append(evidence)
        right.append(np.array(scorer.intents)[margins.argmax(axis=1)] == labels[tested])
        is_known.append(np.arange(len(tested)) < len(known))
        truth = np.searchsorted(scorer.intents, labels[known])
        taught = np.isin(labels[known], scorer.intents)
        sharpness.append(_sharpness(margins[: len(known)][taught], truth[taught]))
    evidence, correct, inside = np.vstack(seen), np.concatenate(right), np.concatenate(is_known)
    if correct.all() or not correct.any():
        return NONE
    scaler = StandardScaler().fit(evidence)
    regression = LogisticRegression(C=1.0, max_iter=1000)
    regression.fit(scaler.transform(evidence), correct, _shares(inside, UNKNOWN_TO_LEARN))
    slopes = regression.coef_[0] / scaler.scale_
    score = evidence @ slopes
    scaling = LogisticRegression(C=1e6).fit(score[:, None], correct, _shares(inside, UNKNOWN_IN_USE))
    slopes, intercept = slopes * scaling.coef_[0, 0], float(scaling.intercept_[0])
    draft = Calibration(tuple(map(float, slopes)), intercept, float(np.mean(sharpness)), 0.0)
    threshold = float(np.quantile(draft.confidence(evidence)[correct], TOLERATED_MISS))
    return Calibration(draft.weights, intercept, draft.sharpness, threshold)


def _shares(is_known: NDArray[np.bool_], unknown: float) -> Floats:
    """Weights with which the messages that ask for something unknown make up a share of all."""
    number = int(is_known.sum())
    known_each, unknown_each = (1 - unknown) / max(1, number), unknown / max(1, len(is_known) - number)
    weights: Floats = np.full(len(is_known), unknown_each)
    weights[is_known] = known_each
    return weights * float(len(is_known))


def _sharpness(margins: Floats, truth: Integers) -> float:
    """The factor on the margins whose softmax makes the right intents most likely."""

    def loss(factor: float) -> float:
        scaled = factor * (margins - margins.max(axis=1, keepdims=True))
        return float(np.mean(np.log(np.exp(scaled).sum(axis=1)) - scaled[np.arange(len(truth)), truth]))

    return min((0.5, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0), key=loss)
