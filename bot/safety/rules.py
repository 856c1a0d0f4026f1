"""Read the gate's rules from data/safety/*.yml: strict, with an error that names file, place and cause.

The pattern language of the rules, made so that a doctor or nurse can read it:

    bleeding            the word itself; a run of Chinese characters is read character by character
    bleed*              any word that begins so
    arm|leg|hand        one of these
    STOP                one of the words or phrases listed under `words: STOP:`
    ?very               the word may be missing
    ..                  a few other words may stand here, within one sentence
    #38.5-43            a number in this range
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Optional

import yaml
from pydantic import BaseModel, Extra, StrictInt, StrictStr, ValidationError

from bot.language.script import HAN
from bot.settings import ROOT

FOLDER = ROOT / "data" / "safety"
SENTENCE_ENDS = (".", "?", "!", "。", "…", "\n")
CUES = ("negation", "negation_after", "past", "hypothetical", "present")
TokenPattern = dict[str, Any]


class InvalidRules(Exception):
    """A rules file cannot be used; the message names the file, the place in it, and what is wrong."""


class _Model(BaseModel):
    class Config:
        extra = Extra.forbid
        allow_mutation = False


class Rule(_Model):
    """One rule: what it is about, and the patterns of which any one fires it.

    `despite` names the cues that do not hold it back, for a rule whose patterns say so themselves ("does not stop").
    """

    id: StrictStr
    kind: Literal["emergency", "advice"]
    title: StrictStr
    patterns: tuple[StrictStr, ...]
    despite: tuple[Literal["negation", "negation_after", "past", "hypothetical"], ...] = ()


class Rules(_Model):
    """A rules file: one language's words, cues and rules, and who has reviewed them."""

    language: Literal["en", "zh"]
    reviewed_by: Optional[StrictStr]  # noqa: UP045  # pydantic 1
    reviewed_on: Optional[StrictStr]  # noqa: UP045  # pydantic 1
    gap: StrictInt
    words: dict[StrictStr, tuple[StrictStr, ...]]
    cues: dict[Literal["negation", "negation_after", "past", "hypothetical", "present"], tuple[StrictStr, ...]]
    gate: tuple[Rule, ...]  # not "rules": Rasa takes a file with that key for its own


def read_rules(folder: Path = FOLDER) -> list[Rules]:
    """The rules of all languages.

    Raises:
        InvalidRules: if a file is not as described above.
    """
    found = []
    for file in sorted(folder.glob("*.yml")):
        try:
            found.append(Rules.parse_obj(yaml.load(file.read_text(encoding="utf-8"), yaml.CSafeLoader)))
        except yaml.YAMLError as error:
            raise InvalidRules(f"{file.name}: is not valid YAML: {error}") from error
        except ValidationError as error:
            first = error.errors()[0]
            place = ".".join(map(str, first["loc"]))
            raise InvalidRules(f"{file.name}: {place}: {first['msg']}") from error
    return found


@dataclass(frozen=True)
class Item:
    """One item of a pattern: phrases of which any one may stand (each as its words), a gap, or a number in a range."""

    phrases: tuple[tuple[str, ...], ...] = ()
    optional: bool = False
    gap: int = 0
    low: float = 0.0
    high: float = 0.0


def items(pattern: str, rules: Rules) -> tuple[Item, ...]:
    """The items of one pattern of a rules file.

    Raises:
        InvalidRules: if the pattern names a group of words that the file does not define.
    """
    return tuple(_item(text, rules, pattern) for text in pattern.split())


def _item(text: str, rules: Rules, pattern: str) -> Item:
    if text == "..":
        return Item(gap=rules.gap)
    if text.startswith("#"):
        low, high = (float(bound) for bound in text[1:].split("-"))
        return Item(low=low, high=high)
    optional = text.startswith("?")
    phrases: list[tuple[str, ...]] = []
    for name in text[optional:].split("|"):
        if not re.fullmatch(r"[A-Z][A-Z0-9_]+", name):
            phrases.append(_pieces(name))
        elif name in rules.words:
            phrases += [tuple(p for word in phrase.split() for p in _pieces(word)) for phrase in rules.words[name]]
        else:
            raise InvalidRules(f'{rules.language}.yml: "{pattern}" uses {name}, which `words` does not define')
    return Item(tuple(phrases), optional)


def _pieces(word: str) -> tuple[str, ...]:
    """A word as the gate's tokens: Chinese character by character."""
    return tuple(re.findall(rf"{HAN.pattern}|[a-z0-9*']+", word)) if HAN.search(word) else (word,)


def token_patterns(row: Sequence[Item]) -> Iterator[list[TokenPattern]]:
    """The spaCy Matcher patterns of the items of one pattern: one for every way to choose among their phrases."""
    for combination in itertools.product(*(list(_choices(item)) for item in row)):
        yield [token for tokens in combination for token in tokens]


def _choices(item: Item) -> Iterator[list[TokenPattern]]:
    if item.gap:
        yield [{"LOWER": {"NOT_IN": list(SENTENCE_ENDS)}, "OP": f"{{0,{item.gap}}}"}]
    elif not item.phrases:
        yield [{"_": {"number": {">=": item.low, "<=": item.high}}}]
    if item.optional:
        yield []
    for phrase in item.phrases:
        yield [_token(piece) for piece in phrase]


def _token(piece: str) -> TokenPattern:
    if piece.endswith("*"):
        return {"LOWER": {"REGEX": f"^{re.escape(piece[:-1])}"}}
    return {"LOWER": piece}
