"""Shows "typing…" while an answer is being made, by the bot or by staff: sendChatAction, which Telegram shows for 5 seconds."""

from __future__ import annotations

import asyncio
import logging
from time import monotonic

from telegram.constants import ChatAction
from telegram.error import TelegramError

from bot.conversations.records import Conversation
from bot.conversations.wakeups import STAFF_TYPES, TYPING_OFF, TYPING_ON
from bot.gateway.events import topic
from bot.gateway.services import Services
from bot.gateway.tasks import end
from bot.gateway.telegram.api import QUICK, Bot

logger = logging.getLogger(__name__)

SOON, AGAIN = 0.3, 4.5
"""Seconds after which it is shown, and again. What is answered at once needs none: Telegram would show it after the answer."""
LISTEN, LONGEST = 600.0, 60.0
"""Seconds after a person's last message in which typing is shown to them, and for which it is at most, without a break."""
MOST = 200
"""How many people are shown it at once; in a rush the others see their answers all the same."""


class Typing:
    """Follows the conversations of those who have written lately.

    Args:
        parts: the gateway's services.
        bot: the client.
    """

    def __init__(self, parts: Services, bot: Bot) -> None:
        self._parts = parts
        self._bot = bot
        self._until: dict[str, float] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}

    def expect(self, conversation: Conversation) -> None:
        """Somebody is about to be answered: follow their conversation from now on, for a while."""
        if conversation.id in self._tasks:
            self._until[conversation.id] = monotonic() + LISTEN
        elif len(self._tasks) < MOST:
            self._until[conversation.id] = monotonic() + LISTEN
            task = asyncio.create_task(self._follow(conversation))
            self._tasks[conversation.id] = task
            task.add_done_callback(lambda _: self._forget(conversation.id))

    async def close(self) -> None:
        """Follow nobody any more."""
        await end(*self._tasks.values())

    def _forget(self, conversation: str) -> None:
        self._tasks.pop(conversation, None)
        self._until.pop(conversation, None)

    async def _follow(self, conversation: Conversation) -> None:
        due: float | None = None
        stop = 0.0
        with self._parts.wakeups.subscribe(topic(conversation.id)) as events:
            while (left := self._until[conversation.id] - monotonic()) > 0:
                event = await events.wait(left if due is None else max(0.0, due - monotonic()))
                now = monotonic()
                if event == STAFF_TYPES:
                    await self._show(conversation)
                elif event == TYPING_ON and due is None:
                    due, stop = now + SOON, now + LONGEST
                elif event == TYPING_OFF or now > stop:
                    due = None
                if due is not None and now >= due:
                    await self._show(conversation)
                    due = monotonic() + AGAIN

    async def _show(self, conversation: Conversation) -> None:
        try:
            await self._bot.send_chat_action(str(conversation.address), ChatAction.TYPING, **QUICK)
        except TelegramError as error:
            logger.debug("Typing could not be shown (%s).", type(error).__name__)
