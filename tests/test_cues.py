"""bot.safety.cues: what the words around a danger say of it."""

from __future__ import annotations

from typing import Any

import pytest

from bot.safety.gate import Gate
from bot.safety.rules import Rules

FILE: dict[str, Any] = {
    "language": "zh",
    "reviewed_by": None,
    "reviewed_on": None,
    "gap": 6,
    "near": 8,
    "whole_words": ["麻烦", "是不是"],
    "by_sound": ["吐血"],
    "words": {"【吐血】": ["吐血", "呕血"], "【家人】": ["爸", "妈"], "【肢体】": ["腿", "手"]},
    "cues": {
        "negation": ["没有|没|不|不是 ?再 @", "不是问 .. @"],
        "negation_after": ["@ 倒没有"],
        "past": ["去年|上次 .. @", "@ .. 早好了"],
        "present": ["现在|今天 @"],
        "imagined": ["如果 .. .. @", "会不会 @"],
        "general": ["@ .. 什么|怎么|哪"],
        "routine": ["你们科 .. @"],
    },
    "gate": [
        {"id": "blood", "kind": "emergency", "title": "x", "patterns": ["【家人】 .. 【吐血】", "【吐血】 了"], "names": ["【吐血】"]},
        {"id": "limb", "kind": "emergency", "title": "x", "patterns": ["【肢体】 .. 麻|肿"]},
        {"id": "advice", "kind": "advice", "title": "x", "patterns": ["要不要手术"], "names": ["能治吗"]},
    ],
}  # fmt: skip


@pytest.fixture(scope="module")
def gate() -> Gate:
    return Gate([Rules.parse_obj(FILE)])


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        ("吐血", "emergency"),
        ("没有吐血", "pass"),
        ("没有再吐血", "pass"),
        ("没多久就吐血", "emergency"),
        ("吐血倒没有", "pass"),
        ("去年吐血", "pass"),
        ("去年吐血 今天吐血", "emergency"),
        ("吐血 后来早好了", "pass"),
        ("去年来过，今早吐血", "emergency"),
        ("如果有空，我爸吐血了", "emergency"),
        ("如果到家以后我爸吐血了", "pass"),
        ("会不会吐血", "pass"),
        ("吐血是什么原因", "pass"),
        ("我爸吐血是什么原因", "emergency"),
        ("吐血 你们在什么楼", "emergency"),
        ("不是问要不要手术", "pass"),
    ],
)
def test_a_cue_speaks_of_the_danger_where_it_says_it_stands(gate: Gate, text: str, verdict: str) -> None:
    assert gate.decide(text).verdict == verdict


@pytest.mark.parametrize(
    ("text", "verdict"),
    [("腿麻", "emergency"), ("腿不麻", "pass"), ("腿不麻 手肿", "emergency"), ("腿红不知为啥麻", "emergency")],
)
def test_a_negation_denies_the_word_that_it_stands_before(gate: Gate, text: str, verdict: str) -> None:
    assert gate.decide(text).verdict == verdict


@pytest.mark.parametrize(
    ("text", "verdict"),
    [("能治吗", "advice"), ("你们科能治吗", "pass"), ("你们科看要不要手术", "advice")],
)
def test_what_is_routine_holds_back_only_what_may_be_asked_of_the_department(
    gate: Gate, text: str, verdict: str
) -> None:
    assert gate.decide(text).verdict == verdict


def test_what_is_denied_or_only_spoken_of_is_told(gate: Gate) -> None:
    assert gate.decide("腿不麻").held
    assert gate.decide("会不会吐血").held
    assert not gate.decide("床位").held


@pytest.mark.parametrize("text", ["腿麻烦抬一下", "我是不是吐血了"])
def test_a_whole_word_hides_the_shorter_ones_in_it(gate: Gate, text: str) -> None:
    assert gate.decide(text).verdict == ("pass" if "麻烦" in text else "emergency")


def test_a_word_is_known_by_its_sound_and_quoted_as_typed(gate: Gate) -> None:
    decision = gate.decide("我爸吐学")
    assert (decision.verdict, decision.matched) == ("emergency", "爸吐学")


ENGLISH: dict[str, Any] = {
    "language": "en",
    "reviewed_by": None,
    "reviewed_on": None,
    "gap": 4,
    "clause_ends": ["and", "but"],
    "joins": ["and"],
    "links": ["if", "does"],
    "words": {"FAINT": ["faints", "fainting"]},
    "cues": {
        "hypothetical": ["where is", "where do", "if"],
        "general": ["leaflet on", "what is .. @"],
        "begins": ["he|my", "where do|is"],
    },
    "gate": [{"id": "faint", "kind": "emergency", "title": "x", "patterns": ["he|dad FAINT"], "names": ["FAINT"]}],
}


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        ("where is a ward if he faints", "pass"),
        ("where is the door my dad faints", "emergency"),
        ("dad faints where do we go", "emergency"),
        ("where is fainting treated", "pass"),
        ("a leaflet on fever and fainting", "pass"),
        ("a leaflet on fever but fainting", "emergency"),
        ("what is fever and fainting", "pass"),
        ("what is open, fainting", "emergency"),
        ("a leaflet on fever and he faints", "emergency"),
    ],
)
def test_a_new_statement_begins_without_a_mark(text: str, verdict: str) -> None:
    assert Gate([Rules.parse_obj(ENGLISH)]).decide(text).verdict == verdict
