"""Ending tasks."""

from __future__ import annotations

import asyncio
from typing import Any

AGAIN = 5.0
"""Seconds after which a task that goes on is cancelled once more: in Python 3.10 asyncio.wait_for may swallow a cancellation."""


async def end(*tasks: asyncio.Task[Any]) -> None:
    """Cancel tasks and wait until they have ended, however they end."""
    while going_on := [task for task in tasks if not task.done()]:
        for task in going_on:
            task.cancel()
        await asyncio.wait(going_on, timeout=AGAIN)
    await asyncio.gather(*tasks, return_exceptions=True)
