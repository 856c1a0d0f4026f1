"""bot.language.split: where one question may end and the next begin."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from oddities import odd_texts

from bot.language.normalise import normalise
from bot.language.split import MAX_CLAUSES, clauses
from bot.language.tokenise import Tokeniser


@pytest.mark.parametrize(
    ("raw", "parts"),
    [
        ("Beds? Doctors?", ["beds", "doctors"]),
        ("how many beds and also what do you treat", ["how many beds", "what do you treat"]),
        ("几张床，医生几个？", ["几张床", "医生几个"]),
        ("几张床；医生几个。", ["几张床", "医生几个"]),
        ("有几张床和多少医生", ["有几张床", "多少医生"]),
        ("几张床\n医生几个", ["几张床", "医生几个"]),
        ("几张床、几个医生", ["几张床", "几个医生"]),
        ("beds / doctors", ["beds", "doctors"]),
        ("介入科 tace", ["介入科 tace"]),
        ("how many doctors how many operations", ["how many doctors", "how many operations"]),
        ("tell me what you treat", ["tell me", "what you treat"]),
        ("你们做TACE吗多少钱", ["你们做tace吗", "多少钱"]),
        ("有多少医生一年做多少台", ["有多少", "医生", "一年", "做", "多少台"]),
        ("一年做多少台", ["一年做多少台"]),
        ("手术室几间病床几张", ["手术室几间", "病床", "几张"]),
        ("and", []),
        ("和", []),
        ("?! !!!", []),
        ("and beds and", ["beds"]),
        ("thanks", ["thanks"]),
        ("a, b, c, d, e, f, g, h", ["a", "b", "c", "d", "e", "f, g, h"]),
    ],
)
def test_clauses(raw: str, parts: list[str], tokeniser: Tokeniser) -> None:
    text = normalise(raw).text
    words = tokeniser.words(text)
    assert [text[words[first].start : words[last - 1].end] for first, last in clauses(text, words)] == parts


@settings(max_examples=150, deadline=None)
@given(raw=odd_texts)
def test_clauses_are_in_order_and_apart(raw: str, tokeniser: Tokeniser) -> None:
    text = normalise(raw).text
    words = tokeniser.words(text)
    spans = clauses(text, words)
    assert len(spans) <= MAX_CLAUSES
    assert all(0 <= first < last <= len(words) for first, last in spans)
    assert all(a[1] <= b[0] for a, b in zip(spans, spans[1:]))
