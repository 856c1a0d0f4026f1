"""Read the gate's rules from data/safety/*.yml: strict, with an error that names file, place and cause.

The pattern language of the rules, made so that a doctor or nurse can read it:

    bleeding            the word itself; a run of Chinese characters is read character by character
    bleed*              any word that begins so
    arm|leg|hand        one of these; in_bed|out_cold where one has several words
    STOP                one of the words or phrases listed under `words: STOP:`
    ?very               the word may be missing
    ..                  a few other words may stand here, within one sentence and without a negation
    #38.5-43            a number in this range; the whole pattern then stands in "quotes", for YAML
    chest & pain*       both, in either order, near each other
    【肢体】            in Chinese: one of the words or phrases listed under `words: 【肢体】:`
    if .. @             in cues: the danger that a rule has found stands here
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal, Optional

import yaml
from pydantic import BaseModel, Extra, StrictInt, StrictStr, ValidationError

from bot.language.script import HAN
from bot.safety.phrases import Phrase
from bot.safety.words import chinese
from bot.settings import ROOT

FOLDER = ROOT / "data" / "safety"
NUMBERS = re.compile(r"#[0-9.]+-[0-9.]+")
CUT_OFF = re.compile(r"^ *- [^\"'#\n]*\s#\d", re.MULTILINE)
"""A number in a line without quotes: YAML takes it, and all that follows, for a comment."""
GROUP = re.compile(r"[A-Z][A-Z0-9_]+|【[^】]+】")
CueName = Literal[
    "negation",
    "no_negation",
    "negation_after",
    "past",
    "chronic",
    "hypothetical",
    "present",
    "imagined",
    "general",
    "routine",
    "begins",
]


class InvalidRules(Exception):
    """A rules file cannot be used; the message names the file, the place in it, and what is wrong."""


class _Model(BaseModel):
    class Config:
        extra = Extra.forbid
        allow_mutation = False


class Rule(_Model):
    """One rule: what it is about, and the patterns of which any one fires it.

    `names` are patterns too, the danger's mere name: questions asked in general (the cue `general`) hold them back as well,
    and in advice only they, where there are some, are held back by what is `routine`.
    `despite` names the cues that do not hold it back, for a rule whose patterns say so themselves ("does not stop").
    """

    id: StrictStr
    kind: Literal["emergency", "advice"]
    title: StrictStr
    patterns: tuple[StrictStr, ...]
    names: tuple[StrictStr, ...] = ()
    despite: tuple[CueName, ...] = ()


class Rules(_Model):
    """A rules file: one language's words, cues and rules, and who has reviewed them.

    Attributes:
        gap: how many words `..` may stand for.
        near: how many words may stand between what `&` joins.
        clause_ends: the words that, beside marks, end the part of a sentence in which a negation holds.
        joins: those of them that join a list as well: "a leaflet on fever and chills" is about both.
        links: the words after which what the cue `begins` finds begins no clause ("if he faints").
        read_as: the form in which the rules know a word or contraction, and how it is typed as well.
        not_typing_errors: words that differ from one of the rules in a letter only, or sound like one of `by_sound`.
        by_sound: Chinese words that are known also with one character wrong that sounds alike.
        whole_words: Chinese words that are read as one, so that no pattern finds a shorter word in them.
    """

    language: Literal["en", "zh"]
    reviewed_by: Optional[StrictStr]  # noqa: UP045  # pydantic 1
    reviewed_on: Optional[StrictStr]  # noqa: UP045  # pydantic 1
    gap: StrictInt
    near: StrictInt = 10
    clause_ends: tuple[StrictStr, ...] = ("but", "however", "但")
    joins: tuple[StrictStr, ...] = ()
    links: tuple[StrictStr, ...] = ()
    read_as: dict[StrictStr, tuple[StrictStr, ...]] = {}
    not_typing_errors: tuple[StrictStr, ...] = ()
    by_sound: tuple[StrictStr, ...] = ()
    whole_words: tuple[StrictStr, ...] = ()
    words: dict[StrictStr, tuple[StrictStr, ...]]
    cues: dict[CueName, tuple[StrictStr, ...]]
    gate: tuple[Rule, ...]  # not "rules": Rasa takes a file with that key for its own


def read_rules(folder: Path = FOLDER) -> list[Rules]:
    """The rules of all languages.

    Raises:
        InvalidRules: if a file is not as described above.
    """
    found = []
    for file in sorted(folder.glob("*.yml")):
        text = file.read_text(encoding="utf-8")
        cut_off = CUT_OFF.search(text)
        if cut_off:
            line = text.count("\n", 0, cut_off.end()) + 1
            raise InvalidRules(
                f'{file.name}: line {line}: put the whole pattern in "quotes": YAML reads no further than #'
            )
        try:
            found.append(Rules.parse_obj(yaml.load(text, yaml.CSafeLoader)))
        except yaml.YAMLError as error:
            raise InvalidRules(f"{file.name}: is not valid YAML: {error}") from error
        except ValidationError as error:
            first = error.errors()[0]
            place = ".".join(map(str, first["loc"]))
            raise InvalidRules(f"{file.name}: {place}: {first['msg']}") from error
    return found


@dataclass(frozen=True)
class Item:
    """One item of a pattern: phrases of which any one may stand (each as its words), or a number from `low` to `high`.

    `reach` is how many other words may stand between it and what comes before.
    """

    phrases: tuple[Phrase, ...] = ()
    low: float = 0.0
    high: float = -1.0
    optional: bool = False
    reach: int = 0


Row = tuple[Item, ...]
"""The items of one pattern, in the order in which they must stand."""


class Notation:
    """Reads the patterns of one rules file.

    Attributes:
        gap: how many words `..` may stand for.
        words: every word of the groups of words.

    Raises:
        InvalidRules: if a group of words contains itself.
    """

    def __init__(self, rules: Rules) -> None:
        self.gap = rules.gap
        self._rules = rules
        self._pieces = re.compile(rf"{chinese(rules.whole_words)}|[a-z0-9*']+")
        self._groups: dict[str, tuple[Phrase, ...]] = {}
        for name in rules.words:
            self._groups[name] = tuple(dict.fromkeys(self._phrases(name, ())))
        self.words = {piece for phrases in self._groups.values() for phrase in phrases for piece in phrase}

    def rows(self, pattern: str) -> list[Row]:
        """The rows of a pattern: one, or where parts of it may change places one for each order.

        Raises:
            InvalidRules: if the pattern names a group of words that the file does not define.
        """
        parts = [self._row(part) for part in pattern.split(" & ")]
        return [tuple(self._joined(order)) for order in itertools.permutations(parts)]

    def _joined(self, parts: Sequence[Row]) -> Iterator[Item]:
        for index, part in enumerate(parts):
            yield replace(part[0], reach=self._rules.near) if index else part[0]
            yield from part[1:]

    def _row(self, part: str) -> Row:
        row: list[Item] = []
        reach = 0
        for text in part.split():
            if text == "..":
                reach += self._rules.gap
            else:
                row.append(replace(self._item(text, part), reach=reach))
                reach = 0
        return tuple(row)

    def _item(self, text: str, part: str) -> Item:
        optional = text.startswith("?") and len(text) > 1
        phrases: dict[Phrase, None] = {}
        low, high = 0.0, -1.0
        for name in text[optional:].split("|"):
            if NUMBERS.fullmatch(name):
                low, high = (float(bound) for bound in name[1:].split("-"))
            elif not GROUP.fullmatch(name):
                phrases[tuple(itertools.chain.from_iterable(map(self._words, name.split("_"))))] = None
            elif name in self._groups:
                phrases.update(dict.fromkeys(self._groups[name]))
            else:
                raise InvalidRules(f'{self._rules.language}.yml: "{part}" uses {name}, which `words` does not define')
        return Item(tuple(phrases), low, high, optional)

    def _phrases(self, name: str, within: tuple[str, ...]) -> Iterator[Phrase]:
        """The phrases of a group of words, and of the groups that it names."""
        if name in within:
            raise InvalidRules(f"{self._rules.language}.yml: words.{name} contains itself")
        for phrase in self._rules.words[name]:
            if phrase in self._rules.words:
                yield from self._phrases(phrase, (*within, name))
            else:
                yield tuple(piece for word in phrase.split() for piece in self._words(word))

    def _words(self, phrase: str) -> Phrase:
        """A phrase as the gate's words: Chinese character by character, or as one of the words that are read as one."""
        return tuple(self._pieces.findall(phrase)) if HAN.search(phrase) else (phrase,)
