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
from collections.abc import Iterator
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


def token_patterns(pattern: str, rules: Rules) -> Iterator[list[TokenPattern]]:
    """The spaCy Matcher patterns of one pattern of a rules file.

    Raises:
        InvalidRules: if the pattern names a group of words that the file does not define.
    """
    choices = [list(_choices(item, rules, pattern)) for item in pattern.split()]
    for combination in itertools.product(*choices):
        yield [token for tokens in combination for token in tokens]


def _choices(item: str, rules: Rules, pattern: str) -> Iterator[list[TokenPattern]]:
    if item == "..":
        yield [{"LOWER": {"NOT_IN": list(SENTENCE_ENDS)}, "OP": f"{{0,{rules.gap}}}"}]
        return
    if item.startswith("?"):
        yield []
        yield from _choices(item[1:], rules, pattern)
        return
    if item.startswith("#"):
        low, high = (float(bound) for bound in item[1:].split("-"))
        yield [{"_": {"number": {">=": low, "<=": high}}}]
        return
    for name in item.split("|"):
        if re.fullmatch(r"[A-Z][A-Z_]+", name):
            if name not in rules.words:
                raise InvalidRules(f'{rules.language}.yml: "{pattern}" uses {name}, which `words` does not define')
            for phrase in rules.words[name]:
                yield [token for word in phrase.split() for token in _tokens(word)]
        else:
            yield _tokens(name)


def _tokens(word: str) -> list[TokenPattern]:
    if HAN.search(word):
        return [{"LOWER": piece} for piece in re.findall(rf"{HAN.pattern}|[a-z0-9]+", word)]
    if word.endswith("*"):
        return [{"LOWER": {"REGEX": f"^{re.escape(word[:-1])}"}}]
    return [{"LOWER": word}]
