"""Decide of a message, before anything else reads it: an emergency, personal medical advice, or neither.

    text -> words (Chinese: characters) -> rules' patterns -> cues around each match -> decision
                                                              negated?  "no fever", 没有发烧
                                                              past?     "ten years ago", 三年前
                                                              only asked about? "is bleeding common", 会不会出血
                                                              happening now after all? "again today", 现在

An emergency wins over advice. Rules and cues are data: data/safety/.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from bot.safety.cues import Cues, Found
from bot.safety.patterns import Ground, Items, Match, Patterns
from bot.safety.rules import CueName, Notation, Rule, Rules, read_rules
from bot.safety.sounds import Sounds
from bot.safety.words import Reader, Sentence

Verdict = Literal["emergency", "advice", "pass"]
LONGEST = 2000
"""Longer texts are read in their first and last half of this many characters; the rest is far from any rule's reach."""


@dataclass(frozen=True)
class Decision:
    """What the gate says of a message: the verdict, the rule behind it, and the words that matched.

    `held` is true where a rule matched but a cue held it back: the danger is spoken of, but not here and now.
    """

    verdict: Verdict
    rule: str = ""
    matched: str = ""
    language: str = ""
    held: bool = False


GRAVITY: tuple[Verdict, ...] = ("emergency", "advice", "pass")
"""The verdicts, the gravest first."""
PASS = Decision("pass")
HELD = Decision("pass", held=True)
NAMED = " named"
"""Added to a rule's id in the name of those of its patterns that are the danger's mere name."""


class Gate:
    """The gate with its rules read. Making one takes well under a second.

    Args:
        rules: the rules of every language; those under data/safety, if none are given.

    Raises:
        bot.safety.rules.InvalidRules: if a rules file cannot be used.
    """

    def __init__(self, rules: Sequence[Rules] | None = None) -> None:
        read = read_rules() if rules is None else rules
        self._items = Items()
        self._languages = [_Language(found, self._items) for found in read]
        read_as = {
            typed: tuple(form.split())
            for found in read
            for form, all_typed in found.read_as.items()
            for typed in all_typed
        }
        not_errors = {word for found in read for word in found.not_typing_errors}
        self._reader = Reader(
            read_as,
            {word for language in self._languages for word in language.words},
            not_errors | self._items.words(),
            [word for found in read for word in found.whole_words],
            Sounds((word for found in read for word in found.by_sound), not_errors),
        )

    def decide(self, text: str) -> Decision:
        """The decision on a message; never raises, whatever the text."""
        best = PASS
        for sentence in self._reader.read(_shortened(text)):
            ground = self._items.ground(sentence.words)
            for language in self._languages:
                best = language.decision(sentence, ground, best)
                if best.verdict == "emergency":
                    return best
        return best


class _Language:
    """One language's rules and cues; their items are added to those of the gate."""

    def __init__(self, rules: Rules, items: Items) -> None:
        notation = Notation(rules)
        self.words = notation.words
        self._rules: dict[str, Rule] = {rule.id: rule for rule in rules.gate}
        self._order = {rule: place for place, rule in enumerate(self._rules)}
        self._language = rules.language
        named = (
            (f"{rule.id}{kind}", row)
            for rule in rules.gate
            for kind, patterns in (("", rule.patterns), (NAMED, rule.names))
            for pattern in patterns
            for row in notation.rows(pattern)
        )
        self._patterns = Patterns(named, items)
        self._cues = Cues(rules, notation, items)

    def decision(self, sentence: Sentence, ground: Ground, best: Decision) -> Decision:
        """The best so far, or what the rules say of a sentence, where that is graver: the first emergency, the first advice, HELD."""
        candidates = self._patterns.candidates(ground)
        if not candidates:
            return best
        cues = self._cues.find(sentence, ground, self._idle(candidates.names()))
        bounds = self._cues.bounds(cues, sentence)
        found = sorted(candidates.matches(bounds), key=self._place)
        for verdict in GRAVITY[: GRAVITY.index(best.verdict)]:
            for match in found:
                rule = self._rule(match.name)
                if rule.kind != verdict or self._held_back(match, cues):
                    continue
                if candidates.confirmed(match, sentence.words, bounds):
                    return Decision(verdict, rule.id, sentence.quote(match.start, match.end), self._language)
        return HELD if best is PASS else best

    def _rule(self, name: str) -> Rule:
        """The rule of a pattern."""
        return self._rules[name.removesuffix(NAMED)]

    def _idle(self, names: set[str]) -> set[CueName]:
        """The cues that hold none of some patterns back."""
        weighed = [_weighed(self._rule(name), name.endswith(NAMED)) for name in names]
        idle: set[CueName] = {"general", "routine"}
        return idle.difference(*weighed)

    def _place(self, match: Match) -> tuple[int, int, int]:
        """What comes first: what begins first, of these the longest, of these the rule that stands first in the file."""
        return match.start, -match.end, self._order[self._rule(match.name).id]

    def _held_back(self, match: Match, cues: Found) -> bool:
        rule = self._rule(match.name)
        about = self._cues.about(match, cues).difference(rule.despite)
        return _hold_back(about, rule, match.name.endswith(NAMED))


def _weighed(rule: Rule, named: bool) -> set[CueName]:
    """Of the cues that speak to some rules only, those that speak to this; `named`: to the danger's mere name."""
    if rule.kind == "emergency":
        return {"general"} if named else set()
    return {"routine"} if named or not rule.names else set()


def _hold_back(cues: set[CueName], rule: Rule, named: bool) -> bool:
    """Whether cues say of a danger that it is not so, not now, or only spoken of; `named`: by its mere name."""
    weighed = cues & _weighed(rule, named)
    if cues & {"negation", "negation_after", "imagined"} or "routine" in weighed:
        return True
    return ("general" in weighed or bool(cues & {"past", "chronic", "hypothetical"})) and "present" not in cues


def _shortened(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[: LONGEST // 2]}\n{text[-LONGEST // 2 :]}"


@lru_cache(maxsize=1)
def shipped_gate() -> Gate:
    """The gate with the rules under data/safety, made once a process."""
    return Gate()
