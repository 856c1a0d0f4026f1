"""The words around a danger that say it is not so, not now, or only spoken of.

A cue with an @ says where the danger stands ("if .. @", "没有 @"), and speaks of that danger only. One without speaks of
all dangers of its clause (negations) or sentence (the others).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import cast

from bot.safety.patterns import Bounds, Match, Patterns
from bot.safety.rules import CueName, Notation, Row, Rules
from bot.safety.words import CLAUSE_ENDS, Sentence

DANGER = "@"
WITHIN_THE_CLAUSE: frozenset[CueName] = frozenset({"general"})
"""Cues with @ that speak of a danger in their own clause only."""
REACH = 6
"""How many words cues without @ reach: negations forward and `negation_after` backward in the clause, `routine` both ways."""


@dataclass(frozen=True)
class _Cue:
    """A cue with an @: what stands before and after the danger, and how many words may stand between."""

    name: CueName
    before: Row
    before_reach: int
    after: Row
    after_reach: int

    @property
    def denies(self) -> bool:
        """Whether it is a negation that stands directly before what it denies."""
        return self.name == "negation" and not self.before_reach and not self.after


@dataclass
class Found:
    """The cues of one sentence: those without @, and what of the others stands before and after a danger."""

    plain: list[Match] = field(default_factory=list)
    before: dict[int, list[Match]] = field(default_factory=lambda: defaultdict(list))
    after: dict[int, list[Match]] = field(default_factory=lambda: defaultdict(list))


class Cues:
    """The cues of one rules file, made ready to be found."""

    def __init__(self, rules: Rules, notation: Notation) -> None:
        self._clause_ends = CLAUSE_ENDS.union(rules.clause_ends)
        self._cues: list[_Cue] = []
        named: list[tuple[str, Row]] = []
        for name, patterns in rules.cues.items():
            for pattern in patterns:
                if DANGER not in pattern.split():
                    named += [(name, row) for row in notation.rows(pattern)]
                    continue
                cue = _cue(name, pattern, notation)
                number = len(self._cues)
                self._cues.append(cue)
                named += [(f"{number} {side}", row) for side, row in (("<", cue.before), (">", cue.after)) if row]
        self._patterns = Patterns(named)

    def words(self) -> set[str]:
        """The words of all cues."""
        return self._patterns.words()

    def find(self, sentence: Sentence) -> Found:
        """The cues of a sentence that are in force."""
        found = Found()
        for match in self._patterns.candidates(sentence.words).matches():
            number, _, side = match.name.partition(" ")
            if side:
                (found.before if side == "<" else found.after)[int(number)].append(match)
            else:
                found.plain.append(match)
        found.plain = _in_force(found.plain)
        return found

    def bounds(self, found: Found, sentence: Sentence) -> Bounds:
        """What the negations of a sentence keep apart: no gap reaches over them, nothing begins right after one with @.

        In "没有发烧咳嗽" all is denied that the negation with its list reaches to, up to the next pause.
        """
        shut = {index for cue in found.plain if cue.name == "negation" for index in range(cue.start, cue.end)}
        denied: set[int] = set()
        for number, standing in found.before.items():
            if self._cues[number].denies:
                for start in {match.start for match in standing}:
                    ends = [match.end for match in standing if match.start == start]
                    pause = min((index for index in sentence.breaks if index > start), default=len(sentence.words))
                    denied.update(range(min(ends), min(max(ends) + 1, pause)))
        return Bounds(frozenset(shut), frozenset(denied))

    def about(self, match: Match, found: Found, sentence: Sentence) -> set[CueName]:
        """The names of the cues that speak of a danger."""
        return {*self._plain(match, found.plain, sentence), *self._placed(match, found, sentence)}

    def _plain(self, match: Match, plain: Sequence[Match], sentence: Sentence) -> Iterator[CueName]:
        first, last = sentence.clause(match.start, match.end, self._clause_ends)
        near = {
            "negation": lambda cue: first <= cue.start and 0 <= match.start - cue.end <= REACH,
            "negation_after": lambda cue: cue.end <= last and 0 <= cue.start - match.end <= REACH,
            "routine": lambda cue: cue.start - match.end <= REACH and match.start - cue.end <= REACH,
        }
        for cue in plain:
            if cue.name not in near or near[cue.name](cue):
                yield cast(CueName, cue.name)

    def _placed(self, match: Match, found: Found, sentence: Sentence) -> Iterator[CueName]:
        clause = sentence.clause(match.start, match.end, self._clause_ends)
        for number in {*found.before, *found.after}:
            cue = self._cues[number]
            if cue.denies:
                continue  # it has kept the pattern from standing there already, where it denies it
            first, last = clause if cue.name in WITHIN_THE_CLAUSE else (0, len(sentence.words))
            before = not cue.before or any(
                first <= part.start
                and (
                    0 <= match.start - part.end <= cue.before_reach or match.start <= part.start < part.end < match.end
                )
                for part in found.before.get(number, ())
            )
            after = not cue.after or any(
                0 <= part.start - match.end <= cue.after_reach and part.end <= last
                for part in found.after.get(number, ())
            )
            if before and after:
                yield cue.name


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


def _cue(name: CueName, pattern: str, notation: Notation) -> _Cue:
    pieces = pattern.split()
    at = pieces.index(DANGER)
    before, after = pieces[:at], pieces[at + 1 :]
    before_reach = after_reach = 0
    while before and before[-1] == "..":
        before.pop()
        before_reach += notation.gap
    while after and after[0] == "..":
        after.pop(0)
        after_reach += notation.gap
    return _Cue(name, _only_row(before, notation), before_reach, _only_row(after, notation), after_reach)


def _only_row(pieces: Sequence[str], notation: Notation) -> Row:
    return notation.rows(" ".join(pieces))[0] if pieces else ()
