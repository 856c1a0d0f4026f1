"""Whether Rasa is ready, watched for the workers (who wait until it is) and for the people who are shown that the bot is starting."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from bot.conversations.wakeups import Subscription
from bot.gateway.metrics import Metrics
from bot.gateway.rasa import Rasa

STARTING = "starting"
"""The event that followers hear when it changes whether Rasa is ready."""
SOON, LATER = 0.3, 3.0
"""Seconds between two looks: while Rasa is not ready, and while it is."""


class Status:
    """Whether Rasa is ready to answer."""

    def __init__(self, rasa: Rasa, metrics: Metrics) -> None:
        self._rasa = rasa
        self._metrics = metrics
        self._ready = asyncio.Event()
        self._look = asyncio.Event()
        self._followers: set[Subscription] = set()

    @property
    def ready(self) -> bool:
        """Whether it was so when last looked at."""
        return self._ready.is_set()

    async def until_ready(self) -> None:
        """Wait until Rasa is ready."""
        await self._ready.wait()

    @contextmanager
    def telling(self, subscription: Subscription) -> Iterator[None]:
        """Tell a subscription STARTING at every change."""
        self._followers.add(subscription)
        try:
            yield
        finally:
            self._followers.discard(subscription)

    def lost(self) -> None:
        """Rasa has not answered: it is not ready until it says so itself."""
        self._set(False)
        self._look.set()

    async def watch(self) -> None:
        """Look, again and again."""
        while True:
            ready = await self._rasa.is_ready() or (self.ready and await self._rasa.is_ready())
            self._set(ready)
            self._look.clear()
            with suppress(asyncio.TimeoutError):
                await asyncio.wait_for(self._look.wait(), LATER if ready else SOON)

    def _set(self, ready: bool) -> None:
        if ready == self.ready:
            return
        self._ready.set() if ready else self._ready.clear()
        self._metrics.rasa_ready.set(ready)
        for follower in self._followers:
            follower.tell(STARTING)
