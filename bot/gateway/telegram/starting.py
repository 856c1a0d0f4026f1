"""Says that the bot is starting to who has waited for a moment: the widget shows it, on Telegram it has to be said."""

from __future__ import annotations

import asyncio
import logging

from sqlalchemy.exc import SQLAlchemyError

from bot.conversations.records import Conversation, UnknownConversation
from bot.gateway import tickets
from bot.gateway.services import Services
from bot.gateway.tasks import end
from bot.gateway.threads import in_thread

logger = logging.getLogger(__name__)

PATIENCE = 3.0
"""Seconds that somebody waits before they are told."""


class Starting:
    """Watches over those who write while Rasa is not ready.

    Args:
        parts: the gateway's services.
    """

    def __init__(self, parts: Services) -> None:
        self._parts = parts
        self._tasks: dict[str, asyncio.Task[None]] = {}

    def expect(self, conversation: Conversation) -> None:
        """Somebody has written."""
        if self._parts.status.ready or conversation.id in self._tasks:
            return
        task = asyncio.create_task(self._tell(conversation.id))
        self._tasks[conversation.id] = task
        task.add_done_callback(lambda _: self._tasks.pop(conversation.id, None))

    async def close(self) -> None:
        """Tell nobody any more."""
        await end(*self._tasks.values())

    async def _tell(self, conversation_id: str) -> None:
        await asyncio.sleep(PATIENCE)
        if self._parts.status.ready:
            return
        try:
            await in_thread(self._say, conversation_id)
        except (SQLAlchemyError, UnknownConversation) as error:
            logger.warning("Somebody could not be told that the bot is starting (%s).", type(error).__name__)

    def _say(self, conversation_id: str) -> None:
        """Tell them, unless they have been told since the bot last answered, or do not wait for the bot."""
        store, conversation = self._parts.store, self._parts.store.conversation(conversation_id)
        if conversation is None or conversation.mode == "person":
            return
        messages = tickets.recent(store, conversation)
        said = [message for message in messages if message.sender != "patient"]
        if not messages or messages[-1].sender != "patient" or (said and said[-1].kind == "starting"):
            return
        language = tickets.language_of(conversation, messages, text=messages[-1].text)
        script = tickets.script_of(conversation, messages)
        store.say(conversation_id, "event", self._parts.words.reply("utter_starting", language, script))
