"""bot.safety: every rule against sentences written before it, and what must never switch an emergency off."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.language.script import to_traditional
from bot.safety.gate import Gate, shipped_gate
from bot.safety.rules import InvalidRules, read_rules
from bot.settings import ROOT

LANGUAGES = ("en", "zh")
FEWEST = 8
SENTENCES = {
    language: yaml.safe_load((ROOT / "tests" / "safety" / f"{language}.yml").read_text(encoding="utf-8"))
    for language in LANGUAGES
}
RULES = [(language, rule) for language in LANGUAGES for rule in SENTENCES[language]]


def verdict_of(rule: str) -> str:
    return "advice" if rule.startswith("advice") else "emergency"


@pytest.mark.parametrize(("language", "rule"), RULES)
def test_every_rule_has_its_sentences(language: str, rule: str) -> None:
    assert len(SENTENCES[language][rule]["positive"]) >= FEWEST
    assert len(SENTENCES[language][rule]["negative"]) >= FEWEST
    assert rule in {found.id for rules in read_rules() if rules.language == language for found in rules.gate}


@pytest.mark.parametrize(("language", "rule"), RULES)
def test_what_a_rule_is_for_is_caught(language: str, rule: str) -> None:
    gate = shipped_gate()
    missed = [text for text in SENTENCES[language][rule]["positive"] if gate.decide(text).verdict != verdict_of(rule)]
    assert not missed


@pytest.mark.parametrize(("language", "rule"), RULES)
def test_what_only_sounds_like_it_passes(language: str, rule: str) -> None:
    gate = shipped_gate()
    raised = [
        text
        for text in SENTENCES[language][rule]["negative"]
        if gate.decide(text).verdict in {"emergency", verdict_of(rule)}
    ]
    assert not raised


EMERGENCIES = [
    text
    for language in LANGUAGES
    for rule, sentences in SENTENCES[language].items()
    if verdict_of(rule) == "emergency"
    for text in sentences["positive"]
]
BEFORE = (
    "",
    "hello, ",
    "hi! ",
    "你好，",
    "您好！",
    "excuse me, ",
    "不好意思，",
    "sorry to bother you. ",
    "  ",
    "🙏 ",
    "\u200b",
)
AFTER = ("", "!", "!!!", "。", "？", " please", " 😭", ", thank you", "，谢谢", "   ", "...", "\u200b")


def test_every_emergency_is_seen_in_traditional_script() -> None:
    gate = shipped_gate()
    assert not [text for text in EMERGENCIES if gate.decide(to_traditional(text)).verdict != "emergency"]


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(EMERGENCIES), st.sampled_from(BEFORE), st.sampled_from(AFTER), st.booleans())
def test_nothing_added_switches_an_emergency_off(text: str, before: str, after: str, traditional: bool) -> None:
    said = before + (to_traditional(text) if traditional else text) + after
    assert shipped_gate().decide(said).verdict == "emergency"


REMARKS = {
    "en": (
        "how many beds do you have, ",
        "do you treat thyroid nodules, ",
        "what's the risk of infection, ",
        "the leaflet says to rest, ",
        "we watched a film about sharks, ",
        "my neighbour says hello, ",
        "we moved here last year, ",
        "that blood test was fine, ",
        "the air conditioning is off, ",
    ),
    "zh": (
        "你们有几张床，",
        "甲状腺你们看不看，",
        "论文写完了，",
        "宣传册上写着要多喝水，",
        "我们在看电影，",
        "去年我们来过，",
        "上次的事谢谢，",
        "排了两个小时队，",
        "想找心理医生，",
    ),
}


AFTERTHOUGHTS = {
    "en": (
        ", i was treated here last week",
        ", she was operated on monday",
        ", had tace in march",
        ", stent in 2019",
        ", had hepatitis years ago",
        ", it was just a biopsy",
        ", he is fine otherwise",
        ", doctor saw it last week and said wait",
        ", they said it is normal",
        ", he was fine this morning",
        ", a friend told me to write",
        ", the leaflet says to call",
        ", if you can call me back",
        ", what if it gets worse",
        ", where do i go",
        " is it dangerous",
        " what do i do",
        " can i come in now",
    ),
    "zh": (
        "，去医院看过说没事",
        "，之前医生说正常",
        "，护士说先观察",
        "，上个月做的手术",
        "，三年前得过肝炎",
        "，吃了药没变化",
        "，跟以前一样",
        "，以前偶尔也有",
        "，原来一直好好的",
        "，后来我给他吃了药",
        "，宣传单上写过",
        "，如果方便请回电",
        "，万一严重怎么办",
        "，会不会有危险",
        "，挂哪个科",
        "，常见吗",
        " 这正常吗",
        " 怎么办",
    ),
}
POLITE = {
    "en": ("can i ask ", "quick question ", "sorry to ask ", "where do i go with ", "can you help with ", "do i need to come in for "),
    "zh": ("请问", "想问一下", "咨询一下", "能不能帮忙，", "我怕，", "说明一下情况 "),
}  # fmt: skip


@pytest.mark.parametrize(
    ("language", "before", "after"),
    [
        *((name, each, "") for remarks in (REMARKS, POLITE) for name in remarks for each in remarks[name]),
        *((name, "", each) for name in AFTERTHOUGHTS for each in AFTERTHOUGHTS[name]),
    ],
)
def test_what_is_said_beside_an_emergency_holds_nothing_back(language: str, before: str, after: str) -> None:
    gate = shipped_gate()
    texts = [
        text
        for rule, sentences in SENTENCES[language].items()
        if verdict_of(rule) == "emergency"
        for text in sentences["positive"]
    ]
    assert not [text for text in texts if gate.decide(before + text + after).verdict != "emergency"]


UNMARKED = (" where do i go", " how long is the queue", " which department is it", " can you help", " can i come in")
HELD_AT_MOST = 0.02
"""Share of emergencies that a question may hold back which follows without any mark; what begins in it is not always told by words."""


@pytest.mark.parametrize("question", UNMARKED)
def test_a_question_after_an_emergency_needs_no_mark(question: str) -> None:
    texts = [text for text in EMERGENCIES if text.isascii()]
    held = [text for text in texts if shipped_gate().decide(text + question).verdict != "emergency"]
    assert len(held) <= HELD_AT_MOST * len(texts)


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=1000))
def test_any_text_gets_a_decision(text: str) -> None:
    assert shipped_gate().decide(text).verdict in {"emergency", "advice", "pass"}


@pytest.mark.parametrize(
    "text",
    ["", " ", "\x00", "\ud800", "\u202e", "a\u0301" * 500, "😭" * 1000, "血" * 1000, "no " * 400, "." * 1000],
    ids=["empty", "space", "NUL", "surrogate", "bidi", "combining", "emoji", "one character", "one word", "ends"],
)
def test_odd_texts_are_quick(text: str) -> None:
    shipped_gate().decide(text)
    started = time.perf_counter()
    shipped_gate().decide(text)
    assert time.perf_counter() - started < 0.25


def test_the_matched_words_travel() -> None:
    decision = shipped_gate().decide("I have chest pain")
    assert (decision.verdict, decision.rule, decision.language) == ("emergency", "chest_pain", "en")
    assert "chest" in decision.matched


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        ("没发烧，肚子疼得厉害受不了", "emergency"),
        ("没发烧 肚子疼得厉害受不了", "emergency"),
        ("my leg is not cold or numb", "pass"),
        ("no chest pain", "pass"),
    ],
)
def test_a_negation_reaches_as_far_as_its_clause(text: str, verdict: str) -> None:
    assert shipped_gate().decide(text).verdict == verdict


def test_what_a_cue_holds_back_is_told() -> None:
    decision = shipped_gate().decide("is bleeding common after a biopsy?")
    assert (decision.verdict, decision.held) in {("pass", True), ("pass", False)}
    assert shipped_gate().decide("how many beds are there").held is False


def test_loading_takes_less_than_a_second() -> None:
    def seconds() -> float:
        started = time.process_time()
        Gate()
        return time.process_time() - started

    assert min(seconds() for _ in range(3)) < 1


LONG = {
    "en": "My mother has a tumour in her liver and our local doctor said we should ask about ablation. She takes tablets. ",
    "zh": "我妈妈上个星期体检查出来肝上有个东西，我们想了解一下你们科室能不能做消融，床位紧张不紧张，谢谢医生。",
}


LONG["zh unbroken"] = LONG["zh"].replace("。", "，")
LONG["zh full of advice"] = "我能不能做消融"
SLOWEST = {"en": 0.01, "zh": 0.035, "zh unbroken": 0.025, "zh full of advice": 0.09}
"""Seconds of processor time for 1,000 characters: about three times what was measured. The aim of 5 ms is kept in prose; these
texts ask for advice in every sentence."""


@pytest.mark.parametrize("kind", LONG)
def test_a_decision_on_a_long_text_is_quick(kind: str) -> None:
    text = (LONG[kind] * 200)[:1000]
    gate = shipped_gate()
    gate.decide(text)
    assert min(_seconds(gate, text) for _ in range(10)) < SLOWEST[kind]


def test_of_rules_that_match_the_same_words_the_first_in_the_file_is_told() -> None:
    assert shipped_gate().decide("my afp came back at 420, how bad is that").rule == "advice_diagnosis"


def _seconds(gate: Gate, text: str) -> float:
    started = time.process_time()
    gate.decide(text)
    return time.process_time() - started


BROKEN = {
    "an unknown group": ("gate: [{id: x, kind: emergency, title: X, patterns: [pain NOWHERE]}]", "NOWHERE"),
    "an unknown key": ("gate: []\nextra: 1", "extra"),
    "a wrong kind": ("gate: [{id: x, kind: alarm, title: X, patterns: [pain]}]", "kind"),
    "no rules": ("", "gate"),
    "a number without quotes": (
        "gate:\n  - id: x\n    kind: alarm\n    title: X\n    patterns:\n    - pain #8-10 help\n",
        "line 12",
    ),
}
HEAD = "language: en\nreviewed_by: null\nreviewed_on: null\ngap: 5\nwords: {}\ncues: {}\n"


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_file_is_named(tmp_path: Path, name: str) -> None:
    content, cause = BROKEN[name]
    (tmp_path / "en.yml").write_text(HEAD + content, encoding="utf-8")
    with pytest.raises(InvalidRules, match=cause) as error:
        Gate(read_rules(tmp_path))
    assert "en.yml" in str(error.value)
