"""bot.safety.rules and bot.safety.patterns: what a pattern says, and where it is found."""

from __future__ import annotations

import pytest

from bot.safety.patterns import Bounds, Items, Patterns
from bot.safety.rules import InvalidRules, Notation, Rules

RULES = Rules.parse_obj(
    {
        "language": "en",
        "reviewed_by": None,
        "reviewed_on": None,
        "gap": 2,
        "near": 3,
        "words": {"FAMILY": ["mum", "my dad"], "WHO": ["i", "FAMILY"]},
        "cues": {},
        "gate": [],
    }
)


def found(pattern: str, text: str, shut_words: tuple[str, ...] = ()) -> set[str]:
    words = text.split()
    items = Items()
    patterns = Patterns([("x", row) for row in Notation(RULES).rows(pattern)], items)
    bounds = Bounds(shut=frozenset(index for index, word in enumerate(words) if word in shut_words))
    candidates = patterns.candidates(items.ground(words))
    found = candidates.matches(bounds)
    assert all(candidates.confirmed(match, words, bounds) for match in found)
    return {" ".join(words[match.start : match.end]) for match in found}


@pytest.mark.parametrize(
    ("pattern", "text", "expected"),
    [
        ("chest pain", "a chest pain", {"chest pain"}),
        ("chest pain", "pain chest", set()),
        ("pain*", "painful pains", {"painful", "pains"}),
        ("cold|numb leg", "numb leg", {"numb leg"}),
        ("WHO fell", "i and my dad fell", {"my dad fell"}),
        ("?very cold", "very cold", {"very cold", "cold"}),
        ("leg .. cold", "leg is very cold", {"leg is very cold"}),
        ("leg .. cold", "leg is very very cold", set()),
        ("leg .. .. cold", "leg is very very cold", {"leg is very very cold"}),
        ("leg & cold", "cold in the leg", {"cold in the leg"}),
        ("leg & cold", "leg so very cold", {"leg so very cold"}),
        ("#38.5-43 fever", "38,7 fever", {"38,7 fever"}),
        ("#38.5-43 fever", "37.9 fever", set()),
        ("疼得厉害", "疼 得 厉 害", {"疼 得 厉 害"}),
    ],
)
def test_a_pattern_is_found_where_it_stands(pattern: str, text: str, expected: set[str]) -> None:
    assert found(pattern, text) == expected


def test_a_gap_does_not_reach_over_words_that_are_shut() -> None:
    assert found("leg .. cold", "leg not cold", ("not",)) == set()
    assert found("leg not cold", "leg not cold", ("not",)) == {"leg not cold"}


def test_a_group_that_names_itself_is_an_error() -> None:
    broken = RULES.copy(update={"words": {"ONE": ("TWO",), "TWO": ("ONE",)}})
    with pytest.raises(InvalidRules, match="contains itself"):
        Notation(broken)
