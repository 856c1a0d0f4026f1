"""What a pressed button says. A client knows it as "<seq>.<index>" of a message; what it stands for never leaves the server."""

from __future__ import annotations

import re
from dataclasses import dataclass

from bot.conversations.store import Store

KEY = re.compile(r"([0-9]{1,9})\.([0-9]{1,2})")


class NotOffered(Exception):
    """The conversation holds no such button."""


@dataclass(frozen=True)
class Press:
    """A pressed button: the words on it, what it says to the bot, and the message that it stands under.

    `language` and `script` are that message's.
    """

    title: str
    payload: str
    seq: int
    language: str
    script: str | None


def key(seq: int, index: int) -> str:
    """The name of a button: of which message, and which of its buttons, from 0."""
    return f"{seq}.{index}"


def resolve(store: Store, conversation: str, name: str) -> Press:
    """What a button of a conversation says.

    Raises:
        NotOffered: if the conversation holds no such button.
    """
    match = KEY.fullmatch(name)
    if not match:
        raise NotOffered(name)
    seq, index = int(match.group(1)), int(match.group(2))
    for message in store.read(conversation, after=seq - 1, limit=1):
        buttons = message.body.get("buttons") or ()
        if message.seq == seq and index < len(buttons):
            button, body = buttons[index], message.body
            return Press(button["title"], button["payload"], seq, body.get("language") or "zh", body.get("script"))
    raise NotOffered(name)
