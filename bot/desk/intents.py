"""The intents that a message can be said to have: in plain words, with examples, to be searched."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from rapidfuzz import fuzz, process, utils

from bot.language.examples import Example, read_examples
from bot.language.script import HAN

OUT_OF_SCOPE = "out_of_scope"
SHOWN = 4
"""Examples shown of an intent."""
LEAST = 60.0
"""How alike (0 to 100) a search and an intent's name, reading or example are at least."""


@dataclass(frozen=True)
class Intent:
    """An intent: its name, the question that stands for it, and some examples."""

    name: str
    reading: str
    examples: Sequence[str]


class Intents:
    """The intents of the training examples, which are read when first asked for.

    Args:
        asks: what a message with an intent asks, in a language.
        examples: instead of those under data/nlu.
    """

    def __init__(self, asks: Callable[[str, str], str], examples: Iterable[Example] | None = None) -> None:
        self._asks = asks
        self._given = examples

    @cached_property
    def _examples(self) -> dict[str, dict[str, list[str]]]:
        found: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
        for example in read_examples() if self._given is None else self._given:
            found[example.intent][example.language].append(example.text)
        return {name: dict(found[name]) for name in sorted(found)}

    def __contains__(self, name: object) -> bool:
        return name in self._examples

    def search(self, text: str, language: str, limit: int = 20) -> list[Intent]:
        """The intents like a text, the likest first; all by name, for an empty one."""
        if not text.strip():
            return [self._intent(name, language, "") for name in self._examples]
        liked: dict[str, float] = {}
        for name, by_language in self._examples.items():
            said = [name.replace("_", " "), self._asks(name, language), *sum(by_language.values(), [])]
            best = process.extractOne(text, said, scorer=fuzz.WRatio, processor=_spaced)
            liked[name] = best[1] if best else 0.0
        best_first = sorted((name for name in liked if liked[name] >= LEAST), key=lambda name: -liked[name])
        return [self._intent(name, language, text) for name in best_first[:limit]]

    def _intent(self, name: str, language: str, text: str) -> Intent:
        examples = self._examples[name].get(language, [])
        found = process.extract(text, examples, scorer=fuzz.WRatio, processor=_spaced, limit=SHOWN) if text else []
        return Intent(name, self._asks(name, language), [hit[0] for hit in found] or examples[:SHOWN])


def _spaced(text: str) -> str:
    """A text as words, Chinese characters each for itself: in whichever order they come."""
    return utils.default_process(HAN.sub(r" \g<0> ", text))
