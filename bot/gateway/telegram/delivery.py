"""Sends what is said to people, each person's in order: once, except where nobody knows whether a send has happened.

A try is counted in the store before it is made. When Telegram refuses it, or it never left, the count is taken back; when the
connection is cut in the middle, or this process is, it stays. What has stayed once is sent once more (as soon as Telegram answers
again), and after that no more: then the ticket says that it may not have arrived.
"""

from __future__ import annotations

import asyncio
import logging
import os
import secrets
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from sqlalchemy.exc import SQLAlchemyError
from telegram import InlineKeyboardMarkup, LinkPreviewOptions
from telegram.error import BadRequest, Forbidden, RetryAfter, TelegramError

from bot.conversations.records import Delivery, Message
from bot.gateway import tickets
from bot.gateway.services import Services
from bot.gateway.tasks import end
from bot.gateway.telegram.api import Bot, certainly_not_sent, retry_after
from bot.gateway.telegram.keyboards import keyboard
from bot.gateway.telegram.rendering import Part, Run, parts
from bot.gateway.threads import in_thread

logger = logging.getLogger(__name__)

LEASE, HOLD_AGAIN = 6.0, 2.0
"""Seconds that a message is held, and after which it is held on: so long does one wait whose gateway has been killed."""
PAUSES = (1.0, 2.0, 5.0, 10.0, 20.0, 60.0)
"""Seconds before a message is tried again: after the first time, the second, …"""

STORE_TRIES, STORE_PAUSE = 10, 1.0
"""How often, and after how many seconds, it is tried to store that a message was sent."""
_NO_CHAT = "chat not found"


class Sender:
    """Sends messages.

    Args:
        services: the gateway's.
        bot: initialised.
    """

    def __init__(self, services: Services, bot: Bot) -> None:
        self._services = services
        self._store = services.store
        self._bot = bot
        self._owner = f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}"

    def lease(self) -> Delivery | None:
        """Hold the next message to be sent. Blocks."""
        return self._store.undelivered("telegram", self._owner, LEASE)

    async def deal_with(self, delivery: Delivery) -> None:
        """Send a message, or give it back."""
        try:
            async with self._held(delivery):
                outcome = await self._send(delivery)
            self._services.metrics.deliveries.labels("telegram", outcome).inc()
        except SQLAlchemyError:
            logger.exception("The database does not answer; a message waits until its lease has run out.")
        except Exception:  # whatever is wrong with one message, the others go on
            logger.exception("A message to a patient could not be sent; it is tried again.")
            await self._give_back(delivery)

    async def _send(self, delivery: Delivery) -> str:
        """Send what is left of a message; how it went."""
        if delivery.unsure > 1:
            await self._note(self._store.mark_undeliverable, delivery)
            return "given_up"
        try:
            if delivery.unsure:
                await self._bot.get_me()  # the second try is the last: not while Telegram cannot be reached
        except TelegramError as error:
            return await self._postpone(delivery, error, sent_perhaps=False)
        pieces = await in_thread(self._render, delivery)
        buttons = keyboard(delivery.message)
        try:
            for number in range(delivery.parts, len(pieces)):
                last = number == len(pieces) - 1
                await self._send_part(delivery, pieces[number], buttons if last else None)
                if not last and not await self._note(self._store.advance, delivery, number + 1, LEASE):
                    return "lost"
        except Forbidden:
            await self._note(self._store.mark_undeliverable, delivery)
            return "undeliverable"
        except BadRequest as error:
            logger.error("Telegram refuses a message: %s", error.message)
            await self._note(self._store.mark_undeliverable, delivery)
            return "undeliverable"
        except TelegramError as error:
            return await self._postpone(delivery, error, sent_perhaps=not certainly_not_sent(error))
        await self._note(self._store.mark_delivered, delivery)
        return "delivered"

    async def _send_part(self, delivery: Delivery, part: Part, buttons: InlineKeyboardMarkup | None) -> None:
        """Send one message; where Telegram does not like how it looks, as bare text."""
        address, no_preview = str(delivery.conversation.address), LinkPreviewOptions(is_disabled=True)
        try:
            await self._bot.send_message(
                address,
                part.text,
                entities=part.entities or None,
                reply_markup=buttons,
                link_preview_options=no_preview,
            )
        except BadRequest as error:
            if _NO_CHAT in error.message.lower() or not (part.entities or buttons):
                raise
            logger.error("Telegram refuses how a message looks (%s); it is sent as bare text.", error.message)
            await self._bot.send_message(address, part.text, link_preview_options=no_preview)

    async def _postpone(self, delivery: Delivery, error: TelegramError, sent_perhaps: bool) -> str:
        pause = PAUSES[min(delivery.tries, len(PAUSES)) - 1]
        if isinstance(error, RetryAfter):
            pause = retry_after(error)
        await self._note(self._store.postpone, delivery, pause, sent_perhaps)
        return "unsure" if sent_perhaps else "postponed"

    async def _note(self, function: Callable[..., bool], *arguments: Any) -> bool:
        """Store what became of a send; with patience, for what is not stored would be sent again."""
        for _ in range(STORE_TRIES):
            try:
                return await in_thread(function, *arguments)
            except SQLAlchemyError:
                await asyncio.sleep(STORE_PAUSE)
        return await in_thread(function, *arguments)

    async def _give_back(self, delivery: Delivery) -> None:
        try:
            await in_thread(self._store.postpone, delivery, PAUSES[-1], True)
        except SQLAlchemyError:
            logger.exception("The database does not answer; a message waits until its lease has run out.")

    @asynccontextmanager
    async def _held(self, delivery: Delivery) -> AsyncIterator[None]:
        """Keep the lease while the block runs."""

        async def hold() -> None:
            while True:
                await asyncio.sleep(HOLD_AGAIN)
                await in_thread(self._store.hold, delivery, LEASE)

        holding = asyncio.create_task(hold())
        try:
            yield
        finally:
            await end(holding)

    # How a message looks; in a thread

    def _render(self, delivery: Delivery) -> list[Part]:
        message = delivery.message
        runs = [Run(message.text)]
        source = message.body.get("source")
        if source:
            runs += [Run("\n"), Run(source["text"], "italic")]
        if message.sender == "staff":
            runs = [Run(self._from(message), "bold"), Run("\n"), *runs]
        pressed = self._pressed(message)
        if pressed:
            runs = [Run(pressed, "blockquote"), Run("\n"), *runs]
        return parts(runs)

    def _from(self, message: Message) -> str:
        """Who of the front desk writes."""
        conversation = self._store.conversation(message.conversation)
        before = tickets.recent(self._store, conversation) if conversation else []
        language = tickets.language_of(conversation, before) if conversation else "en"
        script = tickets.script_of(conversation, before) if conversation else None
        if not message.author:
            return self._services.words.text("label_front_desk", language, script)
        return self._services.words.text("label_front_desk_named", language, script, values={"name": message.author})

    def _pressed(self, message: Message) -> str:
        """The words on the button that a message answers, if it is the first answer to one."""
        before = self._store.read(message.conversation, (message.reply_to or 1) - 1, message.seq)
        asked = next((found for found in before if found.seq == message.reply_to), None)
        if asked is None or asked.kind != "button":
            return ""
        first = next(found.seq for found in before if found.reply_to == asked.seq)
        return str(asked.body.get("title", "")) if first == message.seq else ""
