"""bot.language.script: language and script of a message, and one script into the other."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from oddities import odd_texts

from bot.language.names import NameFinder
from bot.language.normalise import normalise
from bot.language.script import choose_language, detect_language, detect_script, to_simplified, to_traditional
from bot.language.tokenise import Tokeniser


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("what do you treat?", "en"),
        ("why", "en"),
        ("什么", "zh"),
        ("在吗", "zh"),
        ("床", "zh"),
        ("您好，请问有多少医生", "zh"),
        ("請問有多少醫生", "zh"),
        ("hi", None),
        ("ok", None),
        ("a", None),
        ("", None),
        ("   ", None),
        ("???", None),
        ("56", None),
        ("👍", None),
        ("床位 beds", "zh"),
        ("how many 床位 are there", "en"),
        ("MDT是什么意思", "zh"),
        ("请问how many beds", "en"),
        ("can you tell me 有没有护士", "zh"),
        ("Wie viele Betten", "en"),
        ("ベッド", None),
    ],
)
def test_language_of_a_message(text: str, language: str | None) -> None:
    assert detect_language(text) == language


@pytest.mark.parametrize(
    "text",
    [
        "TACE",
        "肝癌",
        "Shanghai",
        "介入科",
        "ultrasound department",
        "甲状腺",
        "TACE, TIPS",
        "介入科 TACE",
        "tyroid",
        "介如科",
    ],
)
def test_names_alone_tell_none(text: str, tokeniser: Tokeniser, finder: NameFinder) -> None:
    plain = normalise(text).text
    names = tuple((name.start, name.end) for name in finder.find(plain, tokeniser.words(plain)))
    assert detect_language(plain, names) is None


@pytest.mark.parametrize(
    ("text", "language"),
    [("你们做TACE吗", "zh"), ("does the 介入科 do it", "en"), ("介入科 how many beds", "en"), ("TACE有吗", "zh")],
)
def test_names_do_not_count(text: str, language: str, tokeniser: Tokeniser, finder: NameFinder) -> None:
    plain = normalise(text).text
    names = tuple((name.start, name.end) for name in finder.find(plain, tokeniser.words(plain)))
    assert names
    assert detect_language(plain, names) == language


@pytest.mark.parametrize(
    ("text", "script"),
    [
        ("甲狀腺結節怎麼治", "traditional"),
        ("超聲科有幾張床", "traditional"),
        ("甲状腺结节怎么治", "simplified"),
        ("请问", "simplified"),
        ("肝", None),
        ("中山大人", None),
        ("TACE", None),
        ("", None),
        ("\ud800", None),
        ("醫生医", None),
    ],
)
def test_script_of_a_message(text: str, script: str | None) -> None:
    assert detect_script(text) == script


@pytest.mark.parametrize(
    ("simplified", "traditional"),
    [
        ("超声科有几张床位", "超聲科有幾張床位"),
        ("医生", "醫生"),
        ("beds 56", "beds 56"),
        ("肝", "肝"),
        ("捂着胸口，睡不着", "捂著胸口，睡不著"),
        ("著名专家的专著", "著名專家的專著"),
    ],
)
def test_from_script_to_script(simplified: str, traditional: str) -> None:
    assert to_traditional(simplified) == traditional
    assert to_simplified(traditional) == simplified


@pytest.mark.parametrize(
    ("pinned", "detected", "conversation", "text", "language"),
    [
        ("en", "zh", "zh", "床位", "en"),
        ("fr", "zh", None, "beds", "zh"),
        (None, None, "en", "肝癌", "en"),
        (None, None, "", "56", "en"),
        (None, None, None, "", "en"),
        ("", "", "", "床", "zh"),
    ],
)
def test_language_of_the_answer(
    pinned: str | None, detected: str | None, conversation: str | None, text: str, language: str
) -> None:
    assert choose_language(pinned, detected, conversation, text) == language


@settings(max_examples=150, deadline=None)
@given(odd_texts)
def test_any_text(text: str) -> None:
    assert detect_language(text) in ("en", "zh", None)
    assert detect_script(text) in ("simplified", "traditional", None)
    assert len(to_simplified(text)) == len(to_traditional(text)) == len(text)
