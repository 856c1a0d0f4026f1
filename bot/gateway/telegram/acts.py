"""What is done at Telegram at once, beside the replies that go out by way of the store."""

from __future__ import annotations

import logging
from dataclasses import dataclass

from telegram import InlineKeyboardButton, InlineKeyboardMarkup, LinkPreviewOptions, ReplyParameters
from telegram.error import BadRequest, Forbidden, TelegramError

from bot.gateway.telegram.api import AT_ONCE, QUICK, Bot, certainly_not_sent
from bot.gateway.telegram.rendering import Run, parts

logger = logging.getLogger(__name__)

LONGEST_TOAST = 200
"""Characters of the words shown over a pressed button: answerCallbackQuery, "0-200 characters"."""
MOST_TRIES = 2
"""How often something is said of which nobody knows whether it was: once more, and no more."""


@dataclass(frozen=True)
class Toast:
    """Words shown over a pressed button; `alert`: until they are read."""

    query: str
    text: str
    alert: bool = False


@dataclass(frozen=True)
class TakeButtons:
    """Take the buttons off a message."""

    chat: int
    message: int


@dataclass(frozen=True)
class Say:
    """Say something that belongs to no conversation: in a group, or where the conversation has just been erased.

    `link`: label and address of a button.
    """

    chat: int
    text: str
    reply_to: int | None = None
    thread: int | None = None
    link: tuple[str, str] | None = None


Act = Toast | TakeButtons | Say


async def perform(bot: Bot, act: Act, tries: int) -> None:
    """Do it. That a button could not be dealt with (it is too old, say) is no trouble.

    Args:
        bot: the client.
        act: what to do.
        tries: how often the update that asks for it has been taken up, this time included.

    Raises:
        TelegramError: if something could not be said and is to be tried again.
    """
    if isinstance(act, Say):
        await _say(bot, act, tries)
        return
    try:
        if isinstance(act, Toast):
            await bot.answer_callback_query(act.query, act.text[:LONGEST_TOAST] or None, show_alert=act.alert, **QUICK)
        else:
            await bot.edit_message_reply_markup(act.chat, act.message, reply_markup=None, **QUICK)
    except TelegramError as error:
        logger.debug("A pressed button could not be shown as such (%s).", type(error).__name__)


async def _say(bot: Bot, act: Say, tries: int) -> None:
    (part, *_) = parts([Run(act.text)])
    replied = None if act.reply_to is None else ReplyParameters(act.reply_to, allow_sending_without_reply=True)
    keyboard = act.link and InlineKeyboardMarkup([[InlineKeyboardButton(act.link[0], url=act.link[1])]])
    try:
        await bot.send_message(
            act.chat,
            part.text,
            reply_parameters=replied,
            message_thread_id=act.thread,
            reply_markup=keyboard,
            link_preview_options=LinkPreviewOptions(is_disabled=True),
            rate_limit_args=AT_ONCE,
            **QUICK,
        )
    except TelegramError as error:
        if not certainly_not_sent(error) and tries >= MOST_TRIES:
            return
        if isinstance(error, (Forbidden, BadRequest)):
            logger.warning("Something could not be said in a chat (%s).", type(error).__name__)
            return
        raise
