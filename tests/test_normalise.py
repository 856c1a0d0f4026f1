"""bot.language.normalise: one form for all text, and the way back to what was typed."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import assume, given, settings
from oddities import FLOODS, odd_texts

from bot.language.normalise import MAX_RUN, normalise
from bot.language.script import HAN

PLAIN = [
    ("Ｈｏｗ　ｍａｎｙ　ｂｅｄｓ？", "how many beds?"),
    ("１２０", "120"),
    ("ＴＡＣＥ怎麼做", "tace怎么做"),
    ("介入治療科有幾位護士", "介入治疗科有几位护士"),
    ("甲狀腺結節", "甲状腺结节"),
    ("超\u200b声\u200d科", "超声科"),
    ("\ufeffbeds", "beds"),
    ("be\u00adds", "beds"),
    ("\u202ebeds\u202c", "beds"),
    ("bed\x00s", "beds"),
    ("bed\ud800s", "beds"),
    ("ok👍\ufe0f", "ok👍"),
    ("how\tmany\r\nbeds", "how many beds"),
    ("   \n\t ", ""),
    ("\u3000你好\u3000", "你好"),
    ("\u00a0beds\u2003", "beds"),
    ("sooooooo goooood", "sooo goood"),
    ("哈哈哈哈哈哈", "哈哈哈"),
    ("？？？？？？", "???"),
    ("😭😭😭😭😭", "😭😭😭"),
    ("1000000", "1000000"),
    ("２００００", "20000"),
    ("ABLATION", "ablation"),
    ("Ⅳ期", "iv期"),
    ("㎏", "kg"),
    ("ﬁbroid", "fibroid"),
    ("①床位 ②医生", "1床位 2医生"),
    ("…", "..."),
    ("iodine‑125", "iodine‐125"),
    ("\u200b\u200b", ""),
]


@pytest.mark.parametrize(("raw", "plain"), PLAIN)
def test_plain_form(raw: str, plain: str) -> None:
    assert normalise(raw).text == plain
    assert normalise(plain).text == plain


@pytest.mark.parametrize(
    ("raw", "part", "typed"),
    [
        ("請問ＴＡＣＥ呢", "tace", "ＴＡＣＥ"),
        ("我的甲狀腺", "甲状腺", "甲狀腺"),
        ("超\u200b声\u200b科在哪", "超声科", "超\u200b声\u200b科"),
        ("  the   Liver", "liver", "Liver"),
        ("😭😭😭😭😭 肝", "肝", "肝"),
        ("10 ㎏ tumour", "kg", "㎏"),
        ("heeeeeello liver", "liver", "liver"),
    ],
)
def test_way_back(raw: str, part: str, typed: str) -> None:
    normalised = normalise(raw)
    start = normalised.text.index(part)
    begin, end = normalised.raw_span(start, start + len(part))
    assert raw[begin:end] == typed


@settings(max_examples=150, deadline=None)
@given(odd_texts)
def test_any_text(raw: str) -> None:
    """Origins rise, spans lie in the raw text, and nothing that is not to be read is left."""
    normalised = normalise(raw)
    text, origins = normalised.text, normalised.origins
    assert len(text) == len(origins)
    assert list(origins) == sorted(origins)
    assert all(0 <= origin < len(raw) for origin in origins)
    assert not any(unicodedata.category(character)[0] == "C" for character in text)
    assert text == text.strip(" ") and "  " not in text
    text.encode("utf-8")
    if text:
        begin, end = normalised.raw_span(0, len(text))
        assert 0 <= begin < end <= len(raw)


@settings(max_examples=150, deadline=None)
@given(odd_texts)
def test_normal_form_stays(raw: str) -> None:
    text = normalise(raw).text
    assume(not HAN.search(text))
    assert normalise(text).text == text
    assert not any(
        text[i] == text[i + 1] == text[i + 2] == text[i + MAX_RUN] and not text[i].isdigit()
        for i in range(len(text) - MAX_RUN)
    )


@pytest.mark.parametrize("kind", FLOODS)
def test_floods_keep_the_way_back(kind: str) -> None:
    raw = FLOODS[kind]
    normalised = normalise(raw)
    assert len(normalised.text) == len(normalised.origins) <= 18 * len(raw)
    assert all(0 <= origin < len(raw) for origin in normalised.origins)
