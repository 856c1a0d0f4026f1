"""Updates fetched by long polling: what has been stored is acknowledged, by asking for what comes after it.

The library's own Updater acknowledges what it has queued in memory: what waits there is lost when the process is killed.
"""

from __future__ import annotations

import asyncio
import logging
import random

from sqlalchemy.exc import SQLAlchemyError
from telegram.error import Conflict, InvalidToken, RetryAfter, TelegramError

from bot.conversations.exclusive import Exclusive
from bot.gateway.services import Services
from bot.gateway.telegram.api import Bot, retry_after
from bot.gateway.telegram.reading import ALLOWED
from bot.gateway.telegram.state import State, trouble
from bot.gateway.telegram.updates import store
from bot.gateway.threads import in_thread

logger = logging.getLogger(__name__)

WAIT = 25
"""Seconds that Telegram holds a request while there is nothing new."""
STANDBY = 2.0
"""Seconds after which a gateway that stands by looks whether the one that fetches is gone."""
FIRST_PAUSE, LONGEST_PAUSE = 1.0, 60.0
"""Seconds before the next try when something does not work: the first time, and at most."""
CONFLICT_PAUSE = 5.0
"""The first pause where another program fetches: every try of ours disturbs it, as every one of its disturbs us."""


def pause_after(error: TelegramError | None, failures: int) -> float:
    """Seconds to wait after so many failures in a row, the last of which was this; a little by chance."""
    if isinstance(error, RetryAfter):
        return retry_after(error)
    first = CONFLICT_PAUSE if isinstance(error, (Conflict, InvalidToken)) else FIRST_PAUSE
    return min(first * 2.0 ** (failures - 1), LONGEST_PAUSE) * random.uniform(0.8, 1.2)


class Poller:
    """Fetches updates and stores them.

    Args:
        parts: the gateway's services.
        bot: initialised, with no webhook set.
        state: told how it goes.
    """

    def __init__(self, parts: Services, bot: Bot, state: State) -> None:
        self._parts = parts
        self._bot = bot
        self._state = state
        self._offset: int | None = None
        self._turn = Exclusive(parts.engine, f"telegram {bot.id}")

    async def run(self) -> None:
        """Fetch until cancelled."""
        failures = 0
        try:
            while True:
                error: TelegramError | None = None
                try:
                    if not await in_thread(self._turn.hold):
                        self._state.set("standby")
                        await asyncio.sleep(STANDBY)
                        continue
                    await self._fetch()
                    failures = 0
                    continue
                except TelegramError as caught:
                    error = caught
                    if not isinstance(error, RetryAfter):
                        self._state.set(trouble(error))
                except SQLAlchemyError:
                    logger.exception("The database does not answer; Telegram keeps what is new.")
                except Exception:  # whatever it is, the bot does not fall silent
                    logger.exception("Telegram's updates could not be fetched; it is tried again.")
                failures += 1
                await asyncio.sleep(pause_after(error, failures))
        finally:
            await in_thread(self._turn.release)

    async def _fetch(self) -> None:
        """Ask for updates, which acknowledges those before the offset, and store what comes."""
        wait = WAIT if self._state.condition == "on" else 0  # after trouble: soon to know that it is over
        updates = await self._bot.fetch_updates(self._offset, wait, ALLOWED)
        self._state.set("on")
        for update in updates:
            await in_thread(store, self._parts, update)
            self._offset = update["update_id"] + 1
