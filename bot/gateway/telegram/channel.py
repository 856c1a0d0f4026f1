"""The Telegram channel, put together and kept running. Nothing that is wrong with Telegram, network or token stops the gateway."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

from telegram.error import TelegramError

from bot.conversations.records import Update
from bot.gateway.services import Services
from bot.gateway.tasks import end
from bot.gateway.telegram import webhook
from bot.gateway.telegram.api import Bot, make_bot
from bot.gateway.telegram.commands import menu
from bot.gateway.telegram.delivery import Sender
from bot.gateway.telegram.handling import Handler
from bot.gateway.telegram.loops import work_off
from bot.gateway.telegram.reading import ALLOWED
from bot.gateway.telegram.receiving import Poller, pause_after
from bot.gateway.telegram.starting import Starting
from bot.gateway.telegram.state import State, trouble
from bot.gateway.telegram.typing_action import Typing

UPDATES_AT_ONCE, SENDS_AT_ONCE = 8, 16
"""How many people's updates are dealt with at once, and to how many is sent."""
LEASE = 10.0
"""Seconds that an update is held: so long does one wait whose gateway has been killed."""
LOOK = 30.0
"""Seconds between two looks whether Telegram can be reached, where it delivers by itself."""


class TelegramChannel:
    """The bot's Telegram.

    Args:
        parts: the gateway's services; the settings must have a token.
    """

    def __init__(self, parts: Services) -> None:
        self._parts = parts
        self._state = State(parts.metrics)

    @property
    def state(self) -> str:
        """How it is: "starting", "on", "standby" (another gateway fetches), "unreachable", "refused" (the token), or
        "conflict" (another program fetches this bot's updates).
        """
        return self._state.condition

    async def run(self) -> None:
        """Connect, then receive, deal with and send, until cancelled."""
        bot = make_bot(self._parts.settings)
        try:
            await self._connect(bot)
            await self._serve(bot)
        finally:
            await bot.shutdown()

    async def _connect(self, bot: Bot) -> None:
        """Tell Telegram who we are and how we want our updates; again and again until that has worked."""
        failures = 0
        while True:
            try:
                await bot.initialize()
                await self._introduce(bot)
                self._state.set("on")
                return
            except TelegramError as error:
                failures += 1
                self._state.set(trouble(error))
                await asyncio.sleep(pause_after(error, failures))

    async def _introduce(self, bot: Bot) -> None:
        settings, words = self._parts.settings, self._parts.words
        for code, language in ((None, "en"), ("en", "en"), ("zh", "zh")):
            await bot.set_my_commands(menu(words, language), language_code=code)
        if settings.telegram_webhook_url:
            token = webhook.secret_token(settings)
            await bot.set_webhook(webhook.address(settings), secret_token=token, allowed_updates=ALLOWED)
        else:
            await bot.delete_webhook()

    async def _serve(self, bot: Bot) -> None:
        typing, starting = Typing(self._parts, bot), Starting(self._parts)
        handler, sender = Handler(self._parts, bot, typing, starting), Sender(self._parts, bot)
        store, wakeups = self._parts.store, self._parts.wakeups

        def lease() -> Update | None:
            return store.lease_update("telegram", LEASE)

        try:
            await _together(
                self._watch(bot)
                if self._parts.settings.telegram_webhook_url
                else Poller(self._parts, bot, self._state).run(),
                work_off(wakeups, "updates:telegram", lease, handler.deal_with, UPDATES_AT_ONCE),
                work_off(wakeups, "delivery:telegram", sender.lease, sender.deal_with, SENDS_AT_ONCE, bot.until_room),
            )
        finally:
            await typing.close()
            await starting.close()

    async def _watch(self, bot: Bot) -> None:
        """Look whether Telegram can be reached."""
        failures = 0
        while True:
            await asyncio.sleep(pause_after(None, failures) if failures else LOOK)
            try:
                await bot.get_me()
                self._state.set("on")
                failures = 0
            except TelegramError as error:
                self._state.set(trouble(error))
                failures += 1


async def _together(*work: Coroutine[Any, Any, None]) -> None:
    """Do all of it until one fails or this is cancelled; the rest ends then."""
    tasks = [asyncio.create_task(part) for part in work]
    try:
        await asyncio.gather(*tasks)
    finally:
        await end(*tasks)
