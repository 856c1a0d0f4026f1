"""The training examples of data/nlu: read, and added to by teaching (data/nlu/LANGUAGE/taught.yml)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import yaml

from bot.settings import ROOT

FOLDER = ROOT / "data" / "nlu"
LANGUAGES = ("en", "zh")
TAUGHT = "taught.yml"
"""The file, of each language, of examples that come from what patients asked."""
_TITLE = "# family: taught (%s) - what patients asked, with the intent that staff gave it: ./run teach adds to it\n"


@dataclass(frozen=True)
class Example:
    """A training example."""

    language: str
    intent: str
    text: str


def read_examples(folder: Path = FOLDER) -> list[Example]:
    """All training examples of data/nlu/{en,zh}/*.yml."""
    return [
        example
        for language in LANGUAGES
        for file in sorted((folder / language).glob("*.yml"))
        for example in _read(file, language)
    ]


def add_taught(examples: Iterable[Example], folder: Path = FOLDER) -> None:
    """Add examples to the taught ones; a text that stands there already is not added again."""
    added = list(examples)
    for language in LANGUAGES:
        file = folder / language / TAUGHT
        known = list(_read(file, language)) if file.exists() else []
        merged = {example.text: example for example in [*known, *(e for e in added if e.language == language)]}
        if len(merged) > len(known):
            file.write_text(_TITLE % {"en": "English", "zh": "Chinese"}[language] + _written(merged.values()), "utf-8")


def _read(file: Path, language: str) -> Iterator[Example]:
    content = yaml.load(file.read_text(encoding="utf-8"), yaml.CSafeLoader)
    for block in content["nlu"]:
        for line in block["examples"].splitlines():
            if line.startswith("- "):
                yield Example(language, block["intent"], line[2:].strip())


def _written(examples: Iterable[Example]) -> str:
    """The examples as Rasa reads them, by intent."""
    by_intent: dict[str, list[str]] = {}
    for example in examples:
        by_intent.setdefault(example.intent, []).append(example.text)
    lines = ['version: "3.1"', "nlu:"]
    for intent, texts in sorted(by_intent.items()):
        lines += [f"- intent: {intent}", "  examples: |", *(f"    - {text}" for text in texts)]
    return "\n".join(lines) + "\n"
