"""HINT3 v1 (Arora et al. 2020): real queries to three live bots, a third to a half of them out of scope.

Our intent model is fitted on each bot's training queries with the settings that Daozhen ships; a query whose confidence is
below a threshold counts as out of scope. Reported as the authors do: Matthews correlation (MCC) with the best threshold of a grid,
beside ours with the threshold that cross-validation on the training queries alone chooses.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks import messages
from bot.language.normalise import normalise
from bot.language.tokenise import Tokeniser
from bot.rasa.intent_model import IntentModel

BOTS = ("sofmattress", "curekart", "powerplay11")
OUT = "NO_NODES_DETECTED"
GRID = [round(0.02 * step, 2) for step in range(50)]
PUBLISHED = (
    ("Rasa (DIET)", (0.526, 0.511, 0.340)),
    ("Dialogflow", (0.638, 0.578, 0.353)),
    ("LUIS", (0.581, 0.539, 0.359)),
    ("Haptik", (0.588, 0.603, 0.425)),
    ("BERT", (0.617, 0.553, 0.347)),
)
"""MCC with the best threshold of each platform's own grid, from the authors' results files."""


@dataclass(frozen=True)
class Score:
    """In-scope accuracy, out-of-scope recall and MCC at a threshold."""

    threshold: float
    in_scope: float
    out_of_scope: float
    mcc: float


def score(truth: Sequence[str], predicted: Sequence[str], threshold: float) -> Score:
    """The three figures of predictions that already hold OUT where they are below the threshold."""
    from sklearn.metrics import matthews_corrcoef

    inside = [a == b for a, b in zip(truth, predicted) if a != OUT]
    outside = [a == b for a, b in zip(truth, predicted) if a == OUT]
    return Score(threshold, float(np.mean(inside)), float(np.mean(outside)), float(matthews_corrcoef(truth, predicted)))


def measure(folder: Path, bot: str) -> tuple[Score, Score]:
    """Our scores for one bot: with the best threshold of the grid, and with the one from cross-validation."""
    tokeniser = Tokeniser()
    train, test = (messages.read(folder / f"{bot}_{part}.jsonl") for part in ("train", "test"))

    def words(text: str) -> list[str]:
        normalised = normalise(text).text
        return [word.text for word in tokeniser.words(normalised)]

    model = IntentModel.fit([words(row.text) for row in train], [row.label for row in train])
    predictions = model.predict([words(row.text) for row in test])
    truth = [row.label for row in test]

    def at(threshold: float) -> Score:
        return score(truth, [p.ranking[0][0] if p.confidence >= threshold else OUT for p in predictions], threshold)

    return max((at(threshold) for threshold in GRID), key=lambda s: s.mcc), at(model.calibration.threshold)


def hint3_table(folder: Path) -> list[str]:
    """The section as Markdown lines."""
    scores = [measure(folder, bot) for bot in BOTS]
    lines = ["## HINT3", "", "| MCC | " + " | ".join(BOTS) + " | mean |", "|---|---|---|---|---|"]
    rows = [*PUBLISHED, ("Daozhen, best threshold", tuple(best.mcc for best, _ in scores))]
    rows.append(("Daozhen, threshold by cross-validation", tuple(ours.mcc for _, ours in scores)))
    for name, values in rows:
        lines.append(f"| {name} | " + " | ".join(f"{value:.3f}" for value in values) + f" | {np.mean(values):.3f} |")
    lines += ["", "| Daozhen | threshold | in-scope accuracy | out-of-scope recall |", "|---|---|---|---|"]
    for bot, (best, ours) in zip(BOTS, scores):
        for name, found in (("best", best), ("cross-validated", ours)):
            lines.append(f"| {bot}, {name} | {found.threshold:.2f} | {found.in_scope:.3f} | {found.out_of_scope:.3f} |")
    return [*lines, ""]
