"""The intent model: what a text asks, and how likely that is right.

Knows nothing of Rasa or of hospitals. It adds up two views of a text (bot/rasa/scorer.py) and learns beside them when to
trust itself (bot/rasa/calibration.py): below `threshold` a text counts as novel. It is kept as JSON (vocabulary, intents,
calibration) and npz (arrays): no pickle, nothing executable.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from scipy import sparse

from bot.language.meaning import Meaning, plain
from bot.rasa.calibration import Calibration, calibrate, fit_scorer
from bot.rasa.ngrams import Floats, Weighting, count
from bot.rasa.scorer import Meant, Scorer, Written

RANKING_LENGTH = 5


@dataclass(frozen=True)
class Prediction:
    """What the model says of a text: intents by probability (best first), and how likely the best one is right."""

    ranking: tuple[tuple[str, float], ...]
    confidence: float
    novel: bool


class IntentModel:
    """A fitted model. Make one with `fit` or `load`."""

    def __init__(self, scorer: Scorer, calibration: Calibration, meaning: Meaning) -> None:
        self.calibration = calibration
        self._scorer = scorer
        self._meaning = meaning

    @classmethod
    def fit(cls, texts: Sequence[Sequence[str]], labels: Sequence[str]) -> IntentModel:
        """Fit on texts given as words; every intent needs two examples at least.

        Raises:
            ValueError: if there are fewer than two intents.
        """
        if len(set(labels)) < 2:
            raise ValueError("the intent model needs examples of two intents at least")
        names, meaning = np.array(labels), Meaning()
        vocabulary: dict[str, int] = {}
        counts, vectors = count(texts, vocabulary, grow=True), meaning.vectors([plain(words) for words in texts])
        calibration = calibrate(texts, counts, vocabulary, vectors, names)
        scorer, _ = fit_scorer(counts, vocabulary, vectors, names, np.arange(len(texts)))
        return cls(scorer, calibration, meaning)

    def predict(self, texts: Sequence[Sequence[str]]) -> list[Prediction]:
        """The intents of texts given as words."""
        vectors = self._meaning.vectors([plain(words) for words in texts])
        margins, evidence = self._scorer.score(texts, count(texts, self._scorer.weighting.vocabulary), vectors)
        confidences = self.calibration.confidence(evidence)
        return [self._prediction(row, float(confidence)) for row, confidence in zip(margins, confidences)]

    def _prediction(self, margins: Floats, confidence: float) -> Prediction:
        powers = np.exp(self.calibration.sharpness * (margins - margins.max()))
        shares = powers / powers.sum()
        best = np.argsort(-shares)[:RANKING_LENGTH]
        ranking = tuple((self._scorer.intents[index], float(shares[index])) for index in best)
        return Prediction(ranking, confidence, confidence < self.calibration.threshold)

    def save(self, folder: Path) -> None:
        """Write model.json and model.npz into an existing folder."""
        scorer = self._scorer
        description = {
            "vocabulary": list(scorer.weighting.vocabulary),
            "intents": scorer.intents,
            "calibration": asdict(self.calibration),
        }
        (folder / "model.json").write_text(json.dumps(description, ensure_ascii=False), encoding="utf-8")
        np.savez_compressed(
            folder / "model.npz",
            idf=scorer.weighting.idf,
            weights=scorer.written.weights.astype(np.float32),
            intercepts=scorer.written.intercepts,
            data=scorer.examples.data.astype(np.float32),
            indices=scorer.examples.indices,
            indptr=scorer.examples.indptr,
            vectors=scorer.vectors.astype(np.float16),
            labels=scorer.labels,
            **{f"meant_{name}": array for name, array in vars(scorer.meant).items()},
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
        meant = Meant(**{name: arrays[f"meant_{name}"] for name in ("directions", "phases", "weights", "intercepts")})
        scorer = Scorer(
            description["intents"],
            Weighting(vocabulary, arrays["idf"]),
            Written(arrays["weights"], arrays["intercepts"]),
            meant,
            examples,
            arrays["vectors"].astype(np.float32),
            arrays["labels"],
        )
        return cls(scorer, Calibration(**description["calibration"]), Meaning())
