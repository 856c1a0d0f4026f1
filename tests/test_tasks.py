"""bot.gateway.tasks."""

from __future__ import annotations

import asyncio
from contextlib import suppress

import pytest

from bot.gateway import tasks


def test_tasks_are_ended_although_they_swallow_a_cancellation_or_fail(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tasks, "AGAIN", 0.01)

    async def stubborn() -> None:
        with suppress(asyncio.CancelledError):
            await asyncio.sleep(60)
        await asyncio.sleep(60)

    async def failing() -> None:
        raise ValueError

    async def run() -> list[bool]:
        found = [asyncio.create_task(stubborn()), asyncio.create_task(failing())]
        await asyncio.sleep(0)
        await tasks.end(*found)
        await tasks.end()
        return [task.done() for task in found]

    assert asyncio.run(run()) == [True, True]
