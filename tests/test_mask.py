"""bot.language.mask: what identifies a person goes, every other number stays. All numbers here are made up."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.language.mask import mask

HIDDEN = [
    ("my id is 11010519491231002X", "[ID]"),
    ("身份证号１１０１０５１９４９１２３１００２Ｘ", "[ID]"),
    ("身份证：110105 19491231 002X 麻烦查一下", "[ID]"),
    ("old card 130503670401001", "[ID]"),
    ("身份证号码是110105194912310021", "[ID]"),
    ("call me at 13812345678", "[PHONE]"),
    ("我电话138 1234 5678", "[PHONE]"),
    ("手机：138-1234-5678，谢谢", "[PHONE]"),
    ("+86 138 1234 5678", "[PHONE]"),
    ("0086-13812345678", "[PHONE]"),
    ("电话是幺三八一二三四五六七八", "[PHONE]"),
    ("１３８１２３４５６７８", "[PHONE]"),
    ("打021-64041990", "[PHONE]"),
    ("(010) 8888 1234", "[PHONE]"),
    ("my number is +44 20 7946 0958", "[PHONE]"),
    ("reach me on (415) 555-2671", "[PHONE]"),
    ("card 4111 1111 1111 1111", "[CARD]"),
    ("银行卡号6222021234567890128", "[CARD]"),
    ("write to li.wei@example.com please", "[EMAIL]"),
    ("邮箱zhang_san99@mail.example.cn", "[EMAIL]"),
    ("li.wei (at) example.com", "[EMAIL]"),
    ("passport E12345678", "[PASSPORT]"),
    ("护照号码是G87654321", "[PASSPORT]"),
    ("passport number AB123456", "[PASSPORT]"),
]
KEPT = [
    "how many beds, 56 or 17?",
    "in 1991 it had 20 beds",
    "nearly 20,000 operations a year",
    "trial ChiCTR-ONRC-16008479 and MS2018074",
    "KY2018001 KEYNOTE-937",
    "AFP 400 ng/ml, ALT 120",
    "血压120/80，体温38.5",
    "2002年和2005年的奖",
    "1988-1991",
    "call 120",
    "12356",
    "我65岁，结节2.5cm",
    "iodine-125",
    "20200301",
    "5 8 2 4",
    "一年两万例，二十张床",
    "三四个医生，七八张床",
    "from 10 to 20 refresher doctors",
    "10086",
    "@nurse",
    "肝癌3期，2019年4月做的TACE",
    "room 1204, floor 3, building 21",
]


@pytest.mark.parametrize(("text", "label"), HIDDEN)
def test_what_identifies_goes(text: str, label: str) -> None:
    masked = mask(text)
    assert label in masked
    assert sum(character.isdigit() for character in masked) == 0


@pytest.mark.parametrize("text", KEPT)
def test_every_other_number_stays(text: str) -> None:
    assert mask(text) == text


def test_words_around_stay() -> None:
    assert mask("我叫小李，电话13812345678，想问床位") == "我叫小李，电话[PHONE]，想问床位"


@given(st.text(max_size=300))
def test_any_text_gives_a_text(text: str) -> None:
    masked = mask(text)
    assert mask(masked) == masked
