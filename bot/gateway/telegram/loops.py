"""Working off what waits in the store, so much of it at once."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import TypeVar

from sqlalchemy.exc import SQLAlchemyError

from bot.conversations.wakeups import Wakeups
from bot.gateway.tasks import end
from bot.gateway.threads import in_thread

logger = logging.getLogger(__name__)

LOOK_AGAIN = 1.0
"""Seconds after which the store is looked at without a wake-up."""
GRACE = 3.0
"""Seconds that what has been begun is given to end before it is cut off: a send that is cut may have happened."""

Leased = TypeVar("Leased")


async def work_off(
    wakeups: Wakeups,
    topic: str,
    lease: Callable[[], Leased | None],
    deal_with: Callable[[Leased], Awaitable[None]],
    parallel: int,
    until_room: Callable[[], Awaitable[None]] | None = None,
) -> None:
    """Lease and deal with what waits, until cancelled.

    Args:
        wakeups: the store's.
        topic: of the wake-up when something waits.
        lease: takes the next one; None if nothing waits. It blocks, and is called in a thread.
        deal_with: deals with one, and raises nothing.
        parallel: how many at once.
        until_room: waits until one can be dealt with at once; nothing is leased before.
    """
    free = asyncio.Semaphore(parallel)
    tasks: set[asyncio.Task[None]] = set()

    async def one(leased: Leased) -> None:
        try:
            await deal_with(leased)
        finally:
            free.release()

    with wakeups.subscribe(topic) as waiting:
        try:
            while True:
                await free.acquire()
                if until_room is not None:
                    await until_room()
                leased = await _next(lease)
                if leased is None:
                    free.release()
                    await waiting.wait(LOOK_AGAIN)
                    continue
                task = asyncio.create_task(one(leased))
                tasks.add(task)
                task.add_done_callback(tasks.discard)
        finally:
            if tasks:
                await asyncio.wait(tasks, timeout=GRACE)
            await end(*tasks)


async def _next(lease: Callable[[], Leased | None]) -> Leased | None:
    try:
        return await in_thread(lease)
    except SQLAlchemyError:
        logger.exception("The database does not answer; Telegram's messages wait.")
        return None
