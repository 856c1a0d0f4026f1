"""A gateway that runs in this process, with a server that answers as Telegram's does."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
from gateway_parts import Running, gateway, listening, until
from telegram_server import TOKEN, Telegram

from bot.cli.stack import free_port


@contextmanager
def telegram(folder: Path, **more: Any) -> Iterator[tuple[Telegram, Running]]:
    """A gateway with its Telegram."""
    server, port = Telegram(), free_port()
    with listening(server.app(), port):
        address = f"http://127.0.0.1:{port}"
        try:
            with gateway(folder, telegram_bot_token=TOKEN, telegram_api_base=address, **more) as running:
                until(lambda: state(running) not in ("starting", "unreachable"))
                yield server, running
        finally:
            server.updates.append({"update_id": 1_000_000})  # lets the last getUpdates end


def state(running: Running) -> str:
    """How the gateway says its Telegram channel is."""
    found: str = httpx.get(f"{running.url}/readyz").json()["telegram"]
    return found
