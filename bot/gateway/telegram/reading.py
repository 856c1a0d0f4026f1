"""What an update of Telegram's is: something written, a command, a pressed button, …; or nothing for us."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from telegram import Bot, CallbackQuery, Message, Update, User
from telegram.constants import ChatType, MessageEntityType
from telegram.ext import filters

from bot.conversations.records import Language, Script

ALLOWED = ("message", "edited_message", "callback_query")
"""The kinds of updates that Telegram is asked for; others pass without a word, too."""
CORRECTED_WITHIN = 60.0
"""Seconds in which a message that was not understood can be put right by editing it."""
_COMMAND = re.compile(r"[/／]([A-Za-z0-9_]{1,32})(?:@([A-Za-z0-9_]{3,32}))?(?=\s|$)")


@dataclass(frozen=True)
class From:
    """Whom an update is from, and where. `language` and `script` are their Telegram's."""

    chat: int
    language: Language
    script: Script | None
    private: bool = True
    message: int = 0
    thread: int | None = None


@dataclass(frozen=True)
class Written:
    """Something written."""

    sender: From
    text: str


@dataclass(frozen=True)
class Command:
    """A command: its name in small letters, what follows it, all of it as written, and the bot that it names."""

    sender: From
    name: str
    argument: str
    text: str
    addressed: str = ""


@dataclass(frozen=True)
class Corrected:
    """A message edited, so many seconds after it was sent."""

    sender: From
    text: str
    seconds: float


@dataclass(frozen=True)
class Pressed:
    """A button pressed."""

    sender: From
    query: str
    data: str


@dataclass(frozen=True)
class Media:
    """A photo, a voice message, a place, a sticker, …: `what` it is; `album` is the same for those sent together."""

    sender: From
    what: str
    album: str | None
    caption: str


@dataclass(frozen=True)
class Mentioned:
    """Something written in a group that names the bot or answers it."""

    sender: From
    text: str


Incoming = Written | Command | Corrected | Pressed | Media | Mentioned


def read(body: Mapping[str, Any], bot: Bot) -> Incoming | None:
    """What an update is; None if it is nothing for us.

    Args:
        body: the update as Telegram sends it.
        bot: initialised: its name is known.
    """
    if not any(kind in body for kind in ALLOWED):
        return None
    update = Update.de_json(dict(body), None)
    if update.callback_query is not None:
        return _pressed(update.callback_query)
    message = update.message or update.edited_message
    if message is None or message.from_user is None:
        return None
    if message.chat.type != ChatType.PRIVATE:
        return None if update.edited_message else _in_group(message, bot)
    if update.edited_message is not None:
        return _corrected(message)
    if message.text is not None:
        return _written(message, message.text)
    if filters.StatusUpdate.ALL.check_update(update):
        return None
    return Media(_sender(message), _kind(message), message.media_group_id, message.caption or "")


def _pressed(query: CallbackQuery) -> Pressed:
    tongue, data = _tongue(query.from_user), query.data or ""
    if query.message is None:  # under a message that is not ours
        return Pressed(From(query.from_user.id, *tongue, private=False), query.id, data)
    private = query.message.chat.type == ChatType.PRIVATE
    return Pressed(From(query.message.chat.id, *tongue, private, query.message.message_id), query.id, data)


def _written(message: Message, text: str) -> Written | Command:
    found = _COMMAND.match(text)
    if found is None:
        return Written(_sender(message), text)
    return Command(_sender(message), found[1].lower(), text[found.end() :].strip(), text, (found[2] or "").lower())


def _corrected(message: Message) -> Corrected | None:
    text = message.text or message.caption
    if text is None or message.edit_date is None:
        return None
    return Corrected(_sender(message), text, (message.edit_date - message.date).total_seconds())


def _in_group(message: Message, bot: Bot) -> Command | Mentioned | None:
    """In a group: a command that may be ours, or something that names or answers the bot. Other bots are not listened to."""
    text = message.text or message.caption
    if text is None or message.from_user is None or (message.from_user.is_bot and message.sender_chat is None):
        return None
    found = _written(message, text)
    ours = bot.username.lower()
    if isinstance(found, Command):
        return found if found.addressed in ("", ours) else None
    replied = message.reply_to_message
    answers_us = replied is not None and replied.from_user is not None and replied.from_user.id == bot.id
    return Mentioned(found.sender, text) if answers_us or _names(message, ours, bot.id) else None


def _names(message: Message, ours: str, number: int) -> bool:
    kinds: list[str | None] = [MessageEntityType.MENTION, MessageEntityType.TEXT_MENTION]
    named = message.parse_entities(kinds) if message.text is not None else message.parse_caption_entities(kinds)
    return any(
        text.lower() == f"@{ours}" or (entity.user is not None and entity.user.id == number)
        for entity, text in named.items()
    )


def _sender(message: Message) -> From:
    private = message.chat.type == ChatType.PRIVATE
    thread = message.message_thread_id if message.is_topic_message else None
    return From(message.chat.id, *_tongue(message.from_user), private, message.message_id, thread)


def _tongue(user: User | None) -> tuple[Language, Script | None]:
    """The language of a person's Telegram (an IETF tag), as far as it is one of ours, and its script."""
    tag = ((user and user.language_code) or "").lower()
    if not tag.startswith("zh"):
        return "en", None
    return "zh", "traditional" if re.search("hant|tw|hk|mo", tag) else None


def _kind(message: Message) -> str:
    """A word for what a message holds: "photo", "voice", …"""
    names = ("animation", "audio", "contact", "dice", "location", "photo", "poll", "sticker", "story", "venue", "video",
             "video_note", "voice", "document")  # fmt: skip
    return next((name for name in names if getattr(message, name, None)), "media")
