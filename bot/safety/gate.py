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

from bot.safety.patterns import Match, Patterns, document, matches, shut
from bot.safety.rules import Notation, Rule, Rules, read_rules
from bot.safety.words import CLAUSE_ENDS, Reader, Sentence

Verdict = Literal["emergency", "advice", "pass"]
REACH = 6
"""How many words a negation reaches forward within its clause, `negation_after` backward, and `routine` either way."""
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


PASS = Decision("pass")
HELD = Decision("pass", held=True)


class Gate:
    """The gate with its rules read. Making one takes well under a second.

    Args:
        rules: the rules of every language; those under data/safety, if none are given.

    Raises:
        bot.safety.rules.InvalidRules: if a rules file cannot be used.
    """

    def __init__(self, rules: Sequence[Rules] | None = None) -> None:
        read = read_rules() if rules is None else rules
        self._languages = [_Language(found) for found in read]
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
            not_errors.union(*(language.all_words() for language in self._languages)),
        )

    def decide(self, text: str) -> Decision:
        """The decision on a message; never raises, whatever the text."""
        found: list[Decision] = []
        for sentence in self._reader.read(_shortened(text)):
            for language in self._languages:
                found += language.decisions(sentence)
        for verdict in ("emergency", "advice"):
            for decision in found:
                if decision.verdict == verdict:
                    return decision
        return HELD if found else PASS


class _Language:
    """One language's rules and cues."""

    def __init__(self, rules: Rules) -> None:
        notation = Notation(rules)
        self.words = notation.words
        self._rules: dict[str, Rule] = {rule.id: rule for rule in rules.gate}
        self._language = rules.language
        self._clause_ends = CLAUSE_ENDS.union(rules.clause_ends)
        self._patterns = Patterns(
            (rule.id, row) for rule in rules.gate for pattern in rule.patterns for row in notation.rows(pattern)
        )
        self._cues = Patterns(
            (cue, row) for cue, patterns in rules.cues.items() for pattern in patterns for row in notation.rows(pattern)
        )

    def all_words(self) -> set[str]:
        """The words of all rules and cues."""
        return self._patterns.words() | self._cues.words()

    def decisions(self, sentence: Sentence) -> list[Decision]:
        """What the rules say of a sentence, in its order; what the cues around a match hold back counts as HELD."""
        possible = self._patterns.possible(sentence.words)
        if not possible:
            return []
        doc = document(sentence.words)
        cues = _in_force(matches(self._cues.possible(sentence.words), doc))
        shut(doc, ((cue.start, cue.end) for cue in cues if cue.name == "negation"))
        found = sorted(matches(possible, doc), key=lambda match: (match.start, -match.end))
        return [self._decision(match, cues, sentence) for match in found]

    def _decision(self, match: Match, cues: Sequence[Match], sentence: Sentence) -> Decision:
        rule = self._rules[match.name]
        clause = sentence.clause(match.start, match.end, self._clause_ends)
        if _held_back(match, rule, cues, clause):
            return HELD
        return Decision(rule.kind, rule.id, sentence.quote(match.start, match.end), self._language)


def _in_force(cues: Sequence[Match]) -> list[Match]:
    """The cues without those that others void: "not" in "not well" denies nothing, "I have" in "what if I have" is not present."""
    deny_nothing = [cue for cue in cues if cue.name == "no_negation"]
    unreal = [cue for cue in cues if cue.name in ("hypothetical", "past")]
    return [
        cue
        for cue in cues
        if not (cue.name == "negation" and any(v.start < cue.end <= v.end for v in deny_nothing))
        and not (cue.name == "present" and any(u.start < cue.end and cue.start < u.end for u in unreal))
    ]


def _held_back(match: Match, rule: Rule, cues: Sequence[Match], clause: tuple[int, int]) -> bool:
    """Whether a cue in the sentence says that a match is not so, not now, only asked about, or a matter of routine."""
    present = any(cue.name == "present" for cue in cues)
    for cue in cues:
        if cue.name in rule.despite:
            continue
        if cue.name == "negation" and clause[0] <= cue.start and 0 <= match.start - cue.end <= REACH:
            return True
        if cue.name == "negation_after" and cue.end <= clause[1] and 0 <= cue.start - match.end <= REACH:
            return True
        if cue.name in ("past", "hypothetical") and not present:
            return True
        if (
            cue.name == "routine"
            and rule.kind == "advice"
            and cue.start - match.end <= REACH
            and match.start - cue.end <= REACH
        ):
            return True
    return False


def _shortened(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[: LONGEST // 2]}\n{text[-LONGEST // 2 :]}"


@lru_cache(maxsize=1)
def shipped_gate() -> Gate:
    """The gate with the rules under data/safety, made once a process."""
    return Gate()
