"""The intent model: a sparse linear classifier over word and character n-grams, with a novelty score.

Knows nothing of Rasa or of hospitals. It is fitted with scikit-learn's LinearSVC and kept as JSON (vocabulary, intents,
calibration) and npz (weights): no pickle, nothing executable.

Beside the intents it learns how far to trust itself. A logistic regression turns what the model sees of a text (margin
of the best intent, its lead over the second, likeness to the nearest training example, share of known words) into the probability
that the best intent is right; below `threshold` a text counts as novel. Both come from cross-validation on the
training examples in which whole intents are left out in turn, never from a test set.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

CHARACTER_ORDERS = (2, 3, 4, 5)
WORD_ORDERS = (1, 2)
WORD_WEIGHT = 0.5
REGULARISATION = 1.0
FOLDS = 5
RANKING_LENGTH = 5
TOLERATED_MISS = 0.05
"""The threshold lets at most this share of right answers to known intents go as novel (see `_threshold`)."""


@dataclass(frozen=True)
class Prediction:
    """What the model says of a text: intents by probability (best first), and how likely the best one is right."""

    ranking: tuple[tuple[str, float], ...]
    confidence: float
    novel: bool


@dataclass(frozen=True)
class Calibration:
    """The logistic regression over `evidence`, the softmax's sharpness, and the threshold of novelty."""

    weights: tuple[float, ...]
    intercept: float
    sharpness: float
    threshold: float

    def confidence(self, evidence: Floats) -> Floats:
        """The probability that the best intent is right, for each row of evidence."""
        score: Floats = evidence @ np.array(self.weights) + self.intercept
        return 1 / (1 + np.exp(-score))


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


def _counts(texts: Sequence[Sequence[str]], vocabulary: dict[str, int], grow: bool) -> sparse.csr_matrix:
    """How often each n-gram of the vocabulary is in each text; `grow` adds what is new to the vocabulary."""
    data: list[float] = []
    columns: list[int] = []
    ends = [0]
    for words in texts:
        for gram, count in ngrams(words).items():
            column = vocabulary.setdefault(gram, len(vocabulary)) if grow else vocabulary.get(gram, -1)
            if column >= 0:
                columns.append(column)
                data.append(count)
        ends.append(len(columns))
    return sparse.csr_matrix((data, columns, ends), shape=(len(texts), len(vocabulary)))


def _known_share(texts: Sequence[Sequence[str]], vocabulary: dict[str, int]) -> Floats:
    """For each text, the share of its words that the vocabulary has."""

    def share(words: Sequence[str]) -> float:
        singles = {word for word in words if any(character.isalnum() for character in word)}
        return sum(f"w:{word}" in vocabulary for word in singles) / len(singles) if singles else 0.0

    return np.array([share(words) for words in texts])


class Weighting:
    """TF-IDF in two blocks, words and characters, each brought to length one (words times WORD_WEIGHT)."""

    def __init__(self, idf: Floats, is_word: NDArray[np.bool_]) -> None:
        self.idf = idf
        self.is_word = is_word

    @classmethod
    def fit(cls, counts: sparse.csr_matrix, is_word: NDArray[np.bool_]) -> Weighting:
        """From the counts of the training texts."""
        frequency = np.bincount(counts.indices, minlength=counts.shape[1])
        return cls(np.log((1 + counts.shape[0]) / (1 + frequency)) + 1, is_word)

    def apply(self, counts: sparse.csr_matrix) -> sparse.csr_matrix:
        """The weighted matrix of a matrix of counts."""
        weighted = counts.copy()
        weighted.data = (1 + np.log(weighted.data)) * self.idf[weighted.indices]
        rows = np.repeat(np.arange(counts.shape[0]), np.diff(counts.indptr))
        for block, weight in ((self.is_word, WORD_WEIGHT), (~self.is_word, 1.0)):
            here = block[weighted.indices]
            squares = np.bincount(rows[here], weighted.data[here] ** 2, minlength=counts.shape[0])
            norms = np.sqrt(np.where(squares > 0, squares, 1.0))
            weighted.data[here] *= weight / norms[rows[here]]
        return weighted


def evidence(margins: Floats, likeness: Floats, known: Floats) -> Floats:
    """What `Calibration` judges by, one row a text."""
    best_two = np.partition(margins, -2, axis=1)[:, -2:]
    return np.column_stack([best_two[:, 1], best_two[:, 1] - best_two[:, 0], likeness, known])


def _nearest(matrix: sparse.csr_matrix, examples: sparse.csr_matrix) -> Floats:
    """For each row, the cosine similarity (0 to 1) to the nearest training example (a column of `examples`)."""
    rows = [matrix[start : start + 512] @ examples for start in range(0, matrix.shape[0], 512)]
    best = np.concatenate([np.asarray(part.max(axis=1).todense()).ravel() for part in rows])
    likeness: Floats = best / (1 + WORD_WEIGHT**2)
    return likeness


def _fit_linear(matrix: sparse.csr_matrix, labels: NDArray[np.str_]) -> tuple[list[str], Floats, Floats]:
    """Intents, weights (intents x n-grams) and intercepts of one-against-the-rest linear machines."""
    from sklearn.svm import LinearSVC

    machine = LinearSVC(C=REGULARISATION, random_state=0).fit(matrix, labels)
    weights, intercepts = machine.coef_, machine.intercept_
    if len(machine.classes_) == 2:
        weights, intercepts = np.vstack([-weights, weights]), np.concatenate([-intercepts, intercepts])
    return [str(name) for name in machine.classes_], weights, intercepts


class IntentModel:
    """A fitted model. Make one with `fit` or `load`."""

    def __init__(
        self,
        vocabulary: dict[str, int],
        weighting: Weighting,
        intents: list[str],
        weights: Floats,
        intercepts: Floats,
        examples: sparse.csr_matrix,
        calibration: Calibration,
    ) -> None:
        self.intents = intents
        self.calibration = calibration
        self._vocabulary = vocabulary
        self._weighting = weighting
        self._weights = np.ascontiguousarray(weights.T)
        self._intercepts = intercepts
        self._examples = examples.T.tocsr()

    @classmethod
    def fit(cls, texts: Sequence[Sequence[str]], labels: Sequence[str]) -> IntentModel:
        """Fit on texts given as words; every intent needs two examples at least.

        Raises:
            ValueError: if there are fewer than two intents.
        """
        names = np.array(labels)
        if len(set(labels)) < 2:
            raise ValueError("the intent model needs examples of two intents at least")
        grown: dict[str, int] = {}
        counts = _counts(texts, grown, grow=True)
        calibration = _calibrate(counts, grown, texts, names)
        kept = np.flatnonzero(_kept_columns(counts, grown))
        grams = list(grown)
        vocabulary = {grams[column]: index for index, column in enumerate(kept)}
        counts = counts[:, kept]
        weighting = Weighting.fit(counts, _is_word(vocabulary))
        matrix = weighting.apply(counts)
        intents, weights, intercepts = _fit_linear(matrix, names)
        return cls(vocabulary, weighting, intents, weights, intercepts, matrix, calibration)

    def predict(self, texts: Sequence[Sequence[str]]) -> list[Prediction]:
        """The intents of texts given as words."""
        matrix = self._weighting.apply(_counts(texts, self._vocabulary, grow=False))
        margins = np.asarray(matrix @ self._weights) + self._intercepts
        seen = evidence(margins, _nearest(matrix, self._examples), _known_share(texts, self._vocabulary))
        confidences = self.calibration.confidence(seen)
        return [self._prediction(row, float(confidence)) for row, confidence in zip(margins, confidences)]

    def _prediction(self, margins: Floats, confidence: float) -> Prediction:
        powers = np.exp(self.calibration.sharpness * (margins - margins.max()))
        shares = powers / powers.sum()
        best = np.argsort(-shares)[:RANKING_LENGTH]
        ranking = tuple((self.intents[index], float(shares[index])) for index in best)
        return Prediction(ranking, confidence, confidence < self.calibration.threshold)

    def save(self, folder: Path) -> None:
        """Write model.json and model.npz into an existing folder."""
        description = {
            "vocabulary": list(self._vocabulary),
            "intents": self.intents,
            "calibration": asdict(self.calibration),
        }
        (folder / "model.json").write_text(json.dumps(description, ensure_ascii=False), encoding="utf-8")
        examples = self._examples.T.tocsr()
        np.savez_compressed(
            folder / "model.npz",
            idf=self._weighting.idf,
            weights=self._weights.T.astype(np.float32),
            intercepts=self._intercepts,
            data=examples.data.astype(np.float32),
            indices=examples.indices,
            indptr=examples.indptr,
        )

    @classmethod
    def load(cls, folder: Path) -> IntentModel:
        """Read what `save` wrote."""
        description = json.loads((folder / "model.json").read_text(encoding="utf-8"))
        arrays = np.load(folder / "model.npz", allow_pickle=False)
        vocabulary = {gram: index for index, gram in enumerate(description["vocabulary"])}
        examples = sparse.csr_matrix(
            (arrays["data"], arrays["indices"], arrays["indptr"]),
            shape=(len(arrays["indptr"]) - 1, len(vocabulary)),
        )
        calibration = Calibration(**description["calibration"])
        weighting = Weighting(arrays["idf"], _is_word(vocabulary))
        weights, intercepts = arrays["weights"], arrays["intercepts"]
        return cls(vocabulary, weighting, description["intents"], weights, intercepts, examples, calibration)


def _is_word(vocabulary: dict[str, int]) -> NDArray[np.bool_]:
    return np.array([gram.startswith("w:") for gram in vocabulary])


def _kept_columns(counts: sparse.csr_matrix, vocabulary: dict[str, int]) -> NDArray[np.bool_]:
    """Which n-grams are worth a weight: those in two texts at least, and every single word."""
    frequency = np.bincount(counts.indices, minlength=counts.shape[1])
    single = np.array([gram.startswith("w:") and " " not in gram for gram in vocabulary])
    kept: NDArray[np.bool_] = (frequency > 1) | (single & (frequency > 0))
    return kept


def folds(labels: NDArray[np.str_], count: int = FOLDS) -> Iterator[tuple[Integers, Integers, Integers]]:
    """Splits for calibration: (training rows, held-out rows of known intents, rows of intents left out whole).

    Every example is held out once while its intent is known, and once while its whole intent is unknown.
    """
    random = np.random.default_rng(0)
    intents = random.permutation(np.unique(labels))
    turn = np.empty(len(labels), dtype=int)
    for intent in intents:
        rows = random.permutation(np.flatnonzero(labels == intent))
        turn[rows] = np.arange(len(rows)) % count
    for fold in range(count):
        unknown = np.isin(labels, intents[fold::count])
        held = turn == fold
        yield np.flatnonzero(~unknown & ~held), np.flatnonzero(~unknown & held), np.flatnonzero(unknown & held)


def _calibrate(
    counts: sparse.csr_matrix, vocabulary: dict[str, int], texts: Sequence[Sequence[str]], labels: NDArray[np.str_]
) -> Calibration:
    """Learn from cross-validation when to trust the model."""
    from sklearn.linear_model import LogisticRegression

    parts: list[Floats] = []
    right: list[NDArray[np.bool_]] = []
    grams = list(vocabulary)
    sharpness: list[float] = []
    for train, known, unknown in folds(labels):
        if len(np.unique(labels[train])) < 2:
            return Calibration((1.0, 1.0, 1.0, 0.0), 0.0, 4.0, 0.0)
        kept = np.flatnonzero(_kept_columns(counts[train], vocabulary))
        small = {grams[column]: index for index, column in enumerate(kept)}
        weighting = Weighting.fit(counts[train][:, kept], _is_word(small))
        matrix = weighting.apply(counts[train][:, kept])
        intents, weights, intercepts = _fit_linear(matrix, labels[train])
        tested = np.concatenate([known, unknown])
        vectors = weighting.apply(counts[tested][:, kept])
        margins = np.asarray(vectors @ weights.T) + intercepts
        shares = _known_share([texts[row] for row in tested], small)
        parts.append(evidence(margins, _nearest(vectors, matrix.T.tocsr()), shares))
        best = np.array(intents)[margins.argmax(axis=1)]
        right.append(best == labels[tested])
        taught = np.flatnonzero(np.isin(labels[known], intents))
        sharpness.append(_sharpness(margins[taught], [intents.index(name) for name in labels[known][taught]]))
    seen, correct = np.vstack(parts), np.concatenate(right)
    regression = LogisticRegression(C=10.0, max_iter=1000).fit(seen, correct)
    slopes = tuple(float(weight) for weight in regression.coef_[0])
    draft = Calibration(slopes, float(regression.intercept_[0]), float(np.mean(sharpness)), 0.0)
    threshold = _threshold(draft.confidence(seen), correct)
    return Calibration(draft.weights, draft.intercept, draft.sharpness, threshold)


def _sharpness(margins: Floats, truth: Sequence[int]) -> float:
    """The factor on the margins whose softmax makes the right intents most likely."""

    def loss(factor: float) -> float:
        scaled = factor * (margins - margins.max(axis=1, keepdims=True))
        return float(np.mean(np.log(np.exp(scaled).sum(axis=1)) - scaled[np.arange(len(truth)), truth]))

    return min((1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0), key=loss)


def _threshold(confidence: Floats, correct: NDArray[np.bool_]) -> float:
    """The confidence below which at most TOLERATED_MISS of the right answers lie."""
    return float(np.quantile(confidence[correct], TOLERATED_MISS)) if correct.any() else 0.0
