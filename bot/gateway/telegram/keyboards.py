"""Quick replies as inline keyboards. A button's data is a short key that the store resolves; what it stands for stays here."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence

from telegram import InlineKeyboardButton, InlineKeyboardMarkup

from bot.conversations.records import Message
from bot.gateway import buttons

WIDEST = 40
"""Columns of a label (a Chinese character has two); what is longer is cut, and shown whole once it is pressed."""
HALF = 16
"""Columns of a label beside which another one fits."""
_TAG = 8
"""Characters of the conversation's id in a key: a button of a conversation that has been erased is none of the next one's."""


def keyboard(message: Message) -> InlineKeyboardMarkup | None:
    """The keyboard of a message; None where it has no buttons."""
    found = [
        InlineKeyboardButton(label(button["title"]), callback_data=data(message, index))
        for index, button in enumerate(message.body.get("buttons") or ())
    ]
    return InlineKeyboardMarkup(list(_rows(found))) if found else None


def data(message: Message, index: int) -> str:
    """The `callback_data` of a message's button (1-64 bytes: InlineKeyboardButton)."""
    return f"{message.conversation[:_TAG]}.{buttons.key(message.seq, index)}"


def read(conversation: str, pressed: str) -> str:
    """The key, for buttons.resolve, in the data of a pressed button of a conversation.

    Raises:
        buttons.NotOffered: if the button is another conversation's, or not ours.
    """
    tag, _, key = pressed.partition(".")
    if tag != conversation[:_TAG]:
        raise buttons.NotOffered(key)
    return key


def label(title: str) -> str:
    """A title cut to WIDEST columns, at a space where there is one in its last third."""
    title = " ".join(title.split())
    if columns(title) <= WIDEST:
        return title
    cut = title
    while columns(cut) > WIDEST - 1:
        cut = cut[:-1]
    at_space = cut.rfind(" ")
    if at_space > len(cut) * 2 // 3:
        cut = cut[:at_space]
    return f"{cut.rstrip(' ,;:，、；：')}…"


def columns(text: str) -> int:
    """How wide a text is, in columns of a Latin letter."""
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in text)


def _rows(found: Sequence[InlineKeyboardButton]) -> Iterator[list[InlineKeyboardButton]]:
    """Two short ones share a row."""
    row: list[InlineKeyboardButton] = []
    for button in found:
        if row and max(columns(row[0].text), columns(button.text)) <= HALF:
            yield [*row, button]
            row = []
            continue
        if row:
            yield row
        row = [button]
    if row:
        yield row
