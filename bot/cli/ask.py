"""Whether the servers answer, and that what answers is ours: another program on the same port does not count."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from typing import Any

from bot.settings import Settings

PATIENCE = 2.0
"""Seconds."""


def gateway_url(settings: Settings) -> str:
    """The gateway's address on this machine, with its prefix."""
    host = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(settings.gateway_host, settings.gateway_host)
    return f"http://{host}:{settings.gateway_port}{settings.url_prefix}"


def gateway_answers(settings: Settings) -> bool:
    """Whether our gateway answers."""
    return _json(f"{gateway_url(settings)}/healthz").get("program") == "daozhen-gateway"


def rasa_answers(settings: Settings) -> bool:
    """Whether our Rasa answers and has its model."""
    return bool(_json(f"http://127.0.0.1:{settings.rasa_port}/webhooks/daozhen/health").get("model"))


def _json(address: str) -> dict[str, Any]:
    try:
        with urllib.request.urlopen(address, timeout=PATIENCE) as reply:
            found = json.load(reply)
    except (urllib.error.URLError, OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
