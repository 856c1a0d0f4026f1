"""The words around a danger that say it is not so, not now, or only spoken of.

A cue with an @ says where the danger stands ("if .. @", "没有 @"), and speaks of that danger only. One without speaks of
all dangers of its clause, and what is happening now of all of its sentence: a question beside an emergency ("how many beds
have you, he is choking") holds nothing back.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import cast

from bot.safety.patterns import Bounds, Ground, Items, Match, Patterns
from bot.safety.rules import CueName, Notation, Row, Rules
from bot.safety.words import CLAUSE_ENDS, Clauses, Sentence

DANGER = "@"
BEGINS: CueName = "begins"
"""The cue that holds nothing back: it finds where a new clause begins without a mark ("where is the entrance | my dad faints")."""
REACHES_BACK: frozenset[CueName] = frozenset({"negation_after", "hypothetical", "chronic", "past", "present"})
"""Cues with @ that, standing after a danger, speak of it across a pause too ("吐血，后来好了")."""
REACHES_AHEAD: frozenset[CueName] = frozenset({"chronic", "present"})
"""Those that do, standing before it. A question or last year does not: "去年来过，今早吐血" is of this morning."""
LISTS: frozenset[CueName] = frozenset({"general", "imagined"})
"""Cues that speak of the whole of a list ("a leaflet on fever and chills")."""
ANY = -1
"""All bits set: any danger."""
REACH = 6
"""How many words cues without @ reach: negations forward and `negation_after` backward in the clause, `routine` both ways."""


_Parts = Mapping[int, Sequence[Match]]
"""By the number of a cue with an @, where what stands on one side of the danger is found."""


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
class _Spoken:
    """What cues with an @ of one name speak of: the dangers that begin and end at certain words.

    Attributes:
        begins: bit n is set where a danger that begins with the nth word is spoken of.
        ends: bit n is set where a danger that ends before the nth word is.
        parts: what stands before the danger, and may stand within it as well, in order.
    """

    name: CueName
    begins: int = 0
    ends: int = 0
    parts: list[tuple[int, int]] = field(default_factory=list)

    def of(self, match: Match) -> bool:
        """Whether a danger is spoken of."""
        return bool(self.ends >> match.end & 1) and (bool(self.begins >> match.start & 1) or self._within(match))

    def _within(self, match: Match) -> bool:
        first = bisect_left(self.parts, (match.start, 0))
        last = bisect_left(self.parts, (match.end, 0))
        return any(end < match.end for _, end in self.parts[first:last])


@dataclass(frozen=True)
class Pauses:
    """The clauses of a sentence, and its clauses where a list is kept together."""

    clauses: Clauses
    lists: Clauses

    def of(self, name: str) -> Clauses:
        """Those that the cues of a name keep to."""
        return self.lists if name in LISTS else self.clauses


@dataclass
class Found:
    """The cues of one sentence.

    Attributes:
        plain: those without an @.
        denying: for each negation that stands directly before what it denies where it stands.
        spoken: what the others speak of.
        pauses: where the cues' reach ends.
    """

    plain: list[Match]
    denying: list[list[Match]]
    spoken: list[_Spoken]
    pauses: Pauses


class Cues:
    """The cues of one rules file, made ready to be found."""

    def __init__(self, rules: Rules, notation: Notation, items: Items) -> None:
        self._clause_ends = CLAUSE_ENDS.union(rules.clause_ends)
        self._joins = frozenset(rules.joins)
        self._links = frozenset(rules.links)
        self._cues: list[_Cue] = []
        self._named: dict[CueName, set[str]] = defaultdict(set)
        named: list[tuple[str, Row]] = []
        for name, patterns in rules.cues.items():
            for pattern in patterns:
                if DANGER not in pattern.split():
                    named += [(name, row) for row in notation.rows(pattern)]
                    self._named[name].add(name)
                    continue
                cue = _cue(name, pattern, notation)
                number = len(self._cues)
                self._cues.append(cue)
                named += [(f"{number} {side}", row) for side, row in (("<", cue.before), (">", cue.after)) if row]
                self._named[name].update((f"{number} <", f"{number} >"))
        self._patterns = Patterns(named, items)

    def find(self, sentence: Sentence, ground: Ground, without: Collection[CueName] = ()) -> Found:
        """The cues of a sentence that are in force.

        Args:
            sentence: the sentence.
            ground: what stands in it.
            without: cues that are not asked about.
        """
        plain: list[Match] = []
        before: dict[int, list[Match]] = defaultdict(list)
        after: dict[int, list[Match]] = defaultdict(list)
        idle = set[str]().union(*(self._named[name] for name in without))
        for match in self._patterns.candidates(ground, idle).matches():
            number, _, side = match.name.partition(" ")
            if side:
                (before if side == "<" else after)[int(number)].append(match)
            else:
                plain.append(match)
        begins = [cue.start for cue in plain if cue.name == BEGINS and self._fresh(sentence, cue.start)]
        pauses = Pauses(
            Clauses(sentence, self._clause_ends, begins), Clauses(sentence, self._clause_ends - self._joins, begins)
        )
        denying = [parts for number, parts in before.items() if self._cues[number].denies]
        in_force = _in_force([cue for cue in plain if cue.name != BEGINS], pauses.clauses)
        return Found(in_force, denying, self._spoken(before, after, pauses), pauses)

    def _fresh(self, sentence: Sentence, index: int) -> bool:
        """Whether a word stands after none that links it to what was said before."""
        return not index or sentence.words[index - 1] not in self._links

    def _spoken(self, before: _Parts, after: _Parts, pauses: Pauses) -> list[_Spoken]:
        """What the cues with an @ speak of; those that have a part on one side only are taken together by name."""
        spoken: dict[tuple[CueName, int, str], _Spoken] = {}
        for number in {*before, *after}:
            cue = self._cues[number]
            if cue.denies:
                continue  # it keeps the pattern from standing where it denies it
            if cue.before and cue.after and not (before.get(number) and after.get(number)):
                continue
            key = (cue.name, number, "both") if cue.before and cue.after else (cue.name, 0, "<" if cue.before else ">")
            one = spoken.setdefault(key, _Spoken(cue.name, 0 if cue.before else ANY, 0 if cue.after else ANY))
            for part in before.get(number, ()):
                last = part.end + cue.before_reach
                pause = pauses.of(cue.name).next_begin(part.start) - 1
                one.begins |= _bits(part.end, last if cue.name in REACHES_AHEAD else min(last, pause))
                one.parts.append((part.start, part.end))
            for part in after.get(number, ()):
                first = max(part.start - cue.after_reach, 0)
                pause = pauses.of(cue.name).last_end(part.end) + 1
                one.ends |= _bits(first if cue.name in REACHES_BACK else max(first, pause), part.start)
        for one in spoken.values():
            one.parts.sort()
        return list(spoken.values())

    def bounds(self, found: Found, sentence: Sentence) -> Bounds:
        """What the negations of a sentence keep apart: no gap reaches over them, nothing begins right after one with @.

        In "没有发烧咳嗽" all is denied that the negation with its list reaches to, up to the next pause.
        """
        shut = {index for cue in found.plain if cue.name == "negation" for index in range(cue.start, cue.end)}
        denied: set[int] = set()
        for parts in found.denying:
            ends: dict[int, list[int]] = defaultdict(list)
            for part in parts:
                ends[part.start].append(part.end)
            for start, reached in ends.items():
                pause = min((index for index in sentence.breaks if index > start), default=len(sentence.words))
                denied.update(range(min(reached), min(max(reached) + 1, pause)))
        return Bounds(frozenset(shut), frozenset(denied))

    def about(self, match: Match, found: Found) -> set[CueName]:
        """The names of the cues that speak of a danger."""
        return {*self._plain(match, found), *(one.name for one in found.spoken if one.of(match))}

    def _plain(self, match: Match, found: Found) -> Iterator[CueName]:
        if not found.plain:
            return
        for cue in found.plain:
            first, last = found.pauses.of(cue.name).around(match.start, match.end)
            ahead, behind = match.start - cue.end, cue.start - match.end
            speaks = {
                "negation": first <= cue.start and 0 <= ahead <= REACH,
                "negation_after": cue.end <= last and 0 <= behind <= REACH,
                "routine": behind <= REACH and ahead <= REACH,
                "present": True,
            }
            if speaks.get(cue.name, first <= cue.start and cue.end <= last):
                yield cast(CueName, cue.name)


def _bits(first: int, last: int) -> int:
    """A number of which the bits from `first` to `last` are set."""
    return (1 << last + 1) - (1 << first) if first <= last else 0


def _in_force(cues: Sequence[Match], clauses: Clauses) -> list[Match]:
    """The cues without those that others void.

    "not" in "not well" denies nothing; "I have" in "what if I have" is not present, unless the "what if" is of an earlier clause.
    """
    deny_nothing = [cue for cue in cues if cue.name == "no_negation"]
    unreal = [cue for cue in cues if cue.name in ("hypothetical", "past") and cue.end <= clauses.next_begin(cue.start)]
    return [
        cue
        for cue in cues
        if not (cue.name == "negation" and any(v.start < cue.end <= v.end for v in deny_nothing))
        and not (cue.name == "present" and any(u.start <= cue.start < u.end for u in unreal))
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
