"""`./run bench nlu`: how well the bot understands. Prints, and writes benchmarks/results/nlu.md and pictures.

1. our intents: accuracy and macro-F1 by cross-validation, per language, with a picture of the confusions;
2. HINT3 (Arora et al. 2020): the same classifier on real queries to three other bots;
3. out-of-scope messages: how often a fact is told to somebody who asked for something else;
4. patients' own questions: what sort of reply they get.

2 to 4 need messages that are not part of the project (benchmarks/messages.py); where they are absent, that is said.
"""

from __future__ import annotations

import platform
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from benchmarks import messages
from benchmarks.hint3 import hint3_table
from bot.cli.crossvalidation import FOLDS, Judged, cross_validate, macro_f1
from bot.language.examples import read_examples

RESULTS = Path(__file__).resolve().parent / "results"
WORST = 25


def calibration_error(judged: Sequence[Judged], bins: int = 10) -> tuple[float, list[tuple[float, float, int]]]:
    """The expected calibration error, and per bin the mean confidence, the accuracy and the number of examples."""
    error, points = 0.0, []
    for index in range(bins):
        inside = [
            j
            for j in judged
            if index / bins <= j.confidence < (index + 1) / bins or (index == bins - 1 and j.confidence == 1)
        ]
        if inside:
            confidence = float(np.mean([j.confidence for j in inside]))
            accuracy = float(np.mean([j.predicted == j.example.intent for j in inside]))
            error += len(inside) / len(judged) * abs(confidence - accuracy)
            points.append((confidence, accuracy, len(inside)))
    return error, points


def our_intents(lines: list[str]) -> None:
    """Section 1."""
    examples = read_examples()
    judged = cross_validate(examples)
    lines += ["## Our intents", "", f"{len(examples)} examples, {FOLDS}-fold cross-validation.", ""]
    lines += ["| language | examples | accuracy | macro-F1 | taken for novel |", "|---|---|---|---|---|"]
    for language in ("en", "zh"):
        mine = [j for j in judged if j.example.language == language]
        truth, predicted = [j.example.intent for j in mine], [j.predicted for j in mine]
        accuracy = np.mean([a == b for a, b in zip(truth, predicted)])
        novel = np.mean([j.novel for j in mine])
        lines.append(f"| {language} | {len(mine)} | {accuracy:.3f} | {macro_f1(truth, predicted):.3f} | {novel:.3f} |")
    error, points = calibration_error(judged)
    lines += ["", f"Expected calibration error: {error:.3f} ([picture](reliability.png)).", ""]
    pairs = Counter((j.example.intent, j.predicted) for j in judged if j.predicted != j.example.intent)
    lines += [
        f"The {WORST} most frequent confusions ([picture](confusions.png)):",
        "",
        "| meant | taken for | times |",
        "|---|---|---|",
    ]
    lines += [f"| {a} | {b} | {count} |" for (a, b), count in pairs.most_common(WORST)]
    lines.append("")
    draw_reliability(points)
    draw_confusions(judged)


def draw_reliability(points: Sequence[tuple[float, float, int]]) -> None:
    """How often the model is right at each confidence."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(5, 5))
    axes = figure.add_subplot()
    axes.plot([0, 1], [0, 1], color="0.7", linewidth=1)
    axes.plot([p[0] for p in points], [p[1] for p in points], marker="o")
    axes.set(xlabel="confidence", ylabel="share that is right", xlim=(0, 1), ylim=(0, 1))
    figure.tight_layout()
    figure.savefig(RESULTS / "reliability.png", dpi=100)


def draw_confusions(judged: Sequence[Judged]) -> None:
    """Which intents are taken for which, as shares of the intent meant."""
    from matplotlib.figure import Figure

    names = sorted({j.example.intent for j in judged})
    index = {name: row for row, name in enumerate(names)}
    matrix = np.zeros((len(names), len(names)))
    for j in judged:
        matrix[index[j.example.intent], index[j.predicted]] += 1
    matrix /= matrix.sum(axis=1, keepdims=True)
    figure = Figure(figsize=(14, 13))
    axes = figure.add_subplot()
    axes.imshow(matrix, cmap="Blues", vmin=0, vmax=1)
    axes.set_xticks(range(len(names)), names, rotation=90, fontsize=6)
    axes.set_yticks(range(len(names)), names, fontsize=6)
    axes.set(xlabel="taken for", ylabel="meant")
    figure.tight_layout()
    figure.savefig(RESULTS / "confusions.png", dpi=80)


def real_messages(lines: list[str], place: Path) -> None:
    """Sections 3 and 4."""
    from bot.cli.understanding import Understanding

    understanding = Understanding()
    lines += [
        "## Out-of-scope messages",
        "",
        "| file | messages | facts told (wrong answers) | share |",
        "|---|---|---|---|",
    ]
    for name, language in (("oos_en", "en"), ("oos_zh", "zh")):
        kinds = [understanding.reply(row.text, language).kind for row in messages.read(place / f"{name}.jsonl")]
        wrong = kinds.count("fact")
        lines.append(f"| {name} | {len(kinds)} | {wrong} | {wrong / len(kinds):.4f} |")
    lines += ["", "## Patients' own questions", ""]
    columns = ("advice", "emergency", "unknown", "fallback", "fact", "handoff", "smalltalk", "command")
    lines += ["| file | messages | " + " | ".join(columns) + " |", "|---" * (len(columns) + 2) + "|"]
    listed: list[str] = []
    for name, language in (("patient_en", "en"), ("patient_zh", "zh")):
        replies = [
            (row.text, understanding.reply(row.text, language)) for row in messages.read(place / f"{name}.jsonl")
        ]
        counts = Counter(reply.kind for _, reply in replies)
        shares = " | ".join(f"{counts[kind] / len(replies):.3f}" for kind in columns)
        lines.append(f"| {name} | {len(replies)} | {shares} |")
        listed += [f"{name}\t{reply.kind}\t{reply.parse['intent']['name']}\t{text}\t{reply.text[:160]!r}"
                   for text, reply in replies if reply.kind in ("fact", "emergency")]  # fmt: skip
    print("\nEvery fact and emergency reply to a patient's question, to read (not written to a file):")
    print("\n".join(listed))
    lines.append("")


def main(arguments: list[str]) -> int:
    """Measure; an argument `quick` leaves out the cross-validation of our intents."""
    RESULTS.mkdir(exist_ok=True)
    lines = ["# Understanding", "", f"Measured with Python {platform.python_version()} on {platform.machine()}.", ""]
    if "quick" not in arguments:
        our_intents(lines)
    place = messages.folder()
    if place is None:
        print(
            "The real messages are absent (DAOZHEN_EVALDATA): HINT3, out-of-scope and patients' parts are left out.",
            file=sys.stderr,
        )
    else:
        lines += hint3_table(place / "hint3")
        real_messages(lines, place)
    print("\n".join(lines))
    if "quick" not in arguments:
        (RESULTS / "nlu.md").write_text("\n".join(lines), encoding="utf-8")
    return 0
