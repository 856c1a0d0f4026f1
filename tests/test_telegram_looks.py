"""bot.gateway.telegram.rendering and .keyboards: how a message looks on Telegram."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from telegram.constants import InlineKeyboardButtonLimit

from bot.conversations.records import Message
from bot.gateway.buttons import NotOffered
from bot.gateway.telegram import keyboards
from bot.gateway.telegram.rendering import LONGEST, Run, parts, spans, units

CONVERSATION = "0123456789abcdef0123456789abcdef"


def message(*titles: str, seq: int = 7, **body: Any) -> Message:
    buttons = [{"title": title, "payload": f"what {title} says, which is long: {'x' * 100}"} for title in titles]
    now = datetime(2026, 1, 1, tzinfo=timezone.utc)
    return Message(
        CONVERSATION, seq, "id", "bot", "text", None, "fact", {"buttons": buttons, **body}, 6, None, now, "pending"
    )


@given(st.text(), st.integers(2, 50))
def test_the_pieces_of_a_text_fit_and_leave_out_spaces_alone(text: str, longest: int) -> None:
    found = list(spans(text, longest))
    assert all(0 < units(text[start:end]) <= longest for start, end in found)
    assert "".join("".join(text[start:end].split()) for start, end in found) == "".join(text.split())
    assert all(end <= start for (_, end), (start, _) in zip(found, found[1:]))


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("One is here. Two is here, too.", ["One is here.", "Two is here, too."]),
        ("第一句话说完了。第二句话也说完了，很好。", ["第一句话说完了。", "第二句话也说完了，很好。"]),
        (
            "他后来和大家说：“都说完了。”后来就走了，没有再回来。",
            ["他后来和大家说：“都说完了。”", "后来就走了，没有再回来。"],
        ),
        ("A line that ends\nand another one", ["A line that ends", "and another one"]),
        ("version 3.14 of everything there", ["version 3.14 of", "everything there"]),
        ("short", ["short"]),
        ("", []),
        (" \n ", []),
    ],
)
def test_a_long_text_is_parted_where_something_ends(text: str, pieces: list[str]) -> None:
    longest = max([units(piece) for piece in pieces], default=10) + 2
    assert [part.text for part in parts([Run(text)], longest)] == pieces


def test_length_is_counted_as_telegram_counts() -> None:
    assert units("a床🏥") == 4
    assert [len(part.text) for part in parts([Run("🏥" * LONGEST)])] == [LONGEST // 2, LONGEST // 2]
    assert len(parts([Run("床" * LONGEST)])) == 1
    assert len(parts([Run("床" * (LONGEST + 1))])) == 2


@pytest.mark.parametrize("whole", ["e\u0301", "👍🏽", "👩\u200d⚕\ufe0f", "हि"])
def test_no_character_is_cut_in_two(whole: str) -> None:
    for part in parts([Run(whole * 20)], 15):
        assert part.text == whole * part.text.count(whole)


def test_a_character_of_accents_alone_is_cut_after_all() -> None:
    assert [units(part.text) for part in parts([Run("\u0301" * 100)], 40)] == [40, 40, 20]


def test_style_is_by_entities_counted_in_units_and_follows_its_text_into_every_part() -> None:
    runs = [Run("🏥 Desk", "bold"), Run("\n"), Run("_a_ *b* [c](d) <e>"), Run("\n"), Run("Source: x.", "italic")]
    (whole,) = parts(runs)
    assert whole.text == "🏥 Desk\n_a_ *b* [c](d) <e>\nSource: x."
    assert [(found.type, found.offset, found.length) for found in whole.entities] == [
        ("bold", 0, 7),
        ("italic", 27, 10),
    ]
    first, second = parts([Run("Bold one. Bold two.", "bold")], 11)
    assert (first.text, [(found.offset, found.length) for found in first.entities]) == ("Bold one.", [(0, 9)])
    assert (second.text, [(found.offset, found.length) for found in second.entities]) == ("Bold two.", [(0, 9)])


@given(st.text(alphabet="_*[]()<>&`~#+-=|{}.!\\ab ", min_size=1))
def test_no_character_is_markup(text: str) -> None:
    found = parts([Run(text)])
    assert "".join(part.text for part in found) == text.strip()
    assert not any(part.entities for part in found)


def test_a_message_without_buttons_has_no_keyboard() -> None:
    assert keyboards.keyboard(message()) is None


@pytest.mark.parametrize(("seq", "index"), [(1, 0), (999_999_999, 99)])
def test_a_button_carries_a_short_key_that_leads_back(seq: int, index: int) -> None:
    data = keyboards.data(message(seq=seq), index)
    assert 1 <= len(data.encode()) <= InlineKeyboardButtonLimit.MAX_CALLBACK_DATA
    assert keyboards.read(CONVERSATION, data) == f"{seq}.{index}"


@pytest.mark.parametrize("data", ["", "x", "7.0", ".7.0", "fedcba98.7.0", f"{CONVERSATION}.7.0"])
def test_a_button_of_another_conversation_is_not_offered(data: str) -> None:
    with pytest.raises(NotOffered):
        keyboards.read(CONVERSATION, data)


def test_what_a_button_stands_for_stays_here() -> None:
    markup = keyboards.keyboard(message("Beds?", "Staff?"))
    assert markup is not None
    assert "says" not in markup.to_json()


def test_short_buttons_share_a_row() -> None:
    markup = keyboards.keyboard(message("Beds?", "有多少医生？", "How many doctors are there?", "Yes", "No", "Maybe"))
    assert markup is not None
    assert [[button.text for button in row] for row in markup.inline_keyboard] == [
        ["Beds?", "有多少医生？"], ["How many doctors are there?"], ["Yes", "No"], ["Maybe"],
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("title", "shown"),
    [
        ("Ask the front desk", "Ask the front desk"),
        ("Ultrasound Department of Zhejiang Cancer Hospital (Hangzhou)", "Ultrasound Department of Zhejiang…"),
        ("浙江省肿瘤医院超声介入科（杭州）病房现有多少张床位和医生", "浙江省肿瘤医院超声介入科（杭州）病房现…"),
        ("x" * 100, f"{'x' * 39}…"),
        ("two\nlines", "two lines"),
    ],
)
def test_a_label_is_cut_sensibly(title: str, shown: str) -> None:
    assert keyboards.label(title) == shown
    assert keyboards.columns(shown) <= keyboards.WIDEST
