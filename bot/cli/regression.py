"""What a model can do, to be compared with what another can: nothing that was right may be lost.

1. the sentences of tests/safety, read by the gate and the model: dangers seen, harmless ones let pass;
2. the stories of tests/stories, played by `rasa test`;
3. macro-F1 by cross-validation, per language.
"""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml

from bot.cli.crossvalidation import FOLDS, cross_validate, macro_f1
from bot.cli.processes import environment, rasa_command
from bot.language.examples import LANGUAGES, Example
from bot.settings import ROOT

MOST_LOST = 0.005
"""How far macro-F1 may fall: half a point."""
SAFETY, STORIES = ROOT / "tests" / "safety", ROOT / "tests" / "stories"
ADVICE, EMERGENCY = "seek_advice", "report_emergency"


class RegressionError(Exception):
    """It could not be measured; the message says what failed."""


@dataclass(frozen=True)
class Report:
    """What a model gets wrong of the safety sentences and of the stories, and its macro-F1 in each language."""

    safety: frozenset[str]
    stories: frozenset[str]
    f1: Mapping[str, float]


def measure(model: Path, examples: Sequence[Example], taught: Sequence[Example] = (), folds: int = FOLDS) -> Report:
    """Measure a model.

    Args:
        model: the file.
        examples: what macro-F1 is measured on.
        taught: examples that it was trained on beside them.
        folds: of the cross-validation.

    Raises:
        RegressionError: if the stories cannot be played.
    """
    print("  safety sentences", flush=True)
    safety = frozenset(_safety(model))
    print("  stories", flush=True)
    stories = frozenset(_stories(model))
    print("  cross-validation", flush=True)
    judged = cross_validate(examples, taught, folds)
    f1 = {}
    for language in LANGUAGES:
        mine = [found for found in judged if found.example.language == language]
        f1[language] = macro_f1([found.example.intent for found in mine], [found.predicted for found in mine])
    return Report(safety, stories, f1)


def losses(before: Report, after: Report) -> list[str]:
    """What got worse, a sentence each; empty where nothing did that matters."""
    found = [
        f'the safety sentence "{sentence}" is read wrongly now' for sentence in sorted(after.safety - before.safety)
    ]
    found += [f'the story "{story}" fails now' for story in sorted(after.stories - before.stories)]
    for language in LANGUAGES:
        was, now = before.f1[language], after.f1[language]
        if was - now > MOST_LOST:
            found.append(f"macro-F1 in {language} falls from {was:.3f} to {now:.3f}, by more than {MOST_LOST}")
    return found


def _safety(model: Path) -> list[str]:
    """The sentences that gate and model together read wrongly."""
    from bot.cli.understanding import Understanding

    understanding = Understanding(model)
    wrong = []
    for language in LANGUAGES:
        rules = yaml.safe_load((SAFETY / f"{language}.yml").read_text(encoding="utf-8"))
        for rule, sentences in rules.items():
            meant = ADVICE if rule.startswith("advice") else EMERGENCY
            for text in sentences["positive"]:
                if understanding.parse(text)["intent"]["name"] not in {meant, EMERGENCY}:
                    wrong.append(text)
            wrong += [
                text for text in sentences["negative"] if understanding.parse(text)["intent"]["name"] == EMERGENCY
            ]
    return wrong


def _stories(model: Path) -> list[str]:
    """The names of the stories that fail."""
    with tempfile.TemporaryDirectory() as folder:
        command = rasa_command("test", "core", "--model", str(model), "--stories", str(STORIES), "--out", folder)
        ended = subprocess.run(command, cwd=ROOT, env=environment(), capture_output=True, text=True)
        file = Path(folder) / "failed_test_stories.yml"
        if ended.returncode or not file.exists():
            raise RegressionError(f"`rasa test core` failed:\n{(ended.stdout + ended.stderr)[-2000:]}")
        content = yaml.safe_load(file.read_text(encoding="utf-8")) or {}
    return [str(story["story"]) for story in content.get("stories", ())]
