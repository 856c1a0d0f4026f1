"""Updates as they come in, by polling or webhook: stored before they are acknowledged, each once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.gateway.services import Services


def store(parts: Services, body: Mapping[str, Any]) -> None:
    """Store an update as Telegram sent it. Blocks."""
    if parts.store.receive("telegram", body["update_id"], person_of(body), body):
        parts.metrics.updates.labels("telegram").inc()


def person_of(body: Mapping[str, Any]) -> str:
    """Within whose updates order counts: the sender's id, else the chat's."""
    for value in body.values():
        if isinstance(value, Mapping):
            for key in ("from", "user", "sender_chat", "chat"):
                if isinstance(value.get(key), Mapping):
                    return str(value[key].get("id", ""))
    return ""
