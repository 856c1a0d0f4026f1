"""Call what blocks (the store) from asynchronous code."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, TypeVar

import anyio.to_thread

Result = TypeVar("Result")


async def in_thread(function: Callable[..., Result], *arguments: Any, **named: Any) -> Result:
    """The result of a blocking function, called in a thread; a cancelled caller waits until it has ended."""
    return await anyio.to_thread.run_sync(partial(function, *arguments, **named))
