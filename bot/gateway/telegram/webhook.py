"""Updates delivered by Telegram: POST /telegram/webhook. They are stored before they are answered with 200."""

from __future__ import annotations

import hashlib
import hmac
import json
from typing import Annotated, Any

from fastapi import APIRouter, Header, Request
from starlette.responses import Response

from bot.gateway.errors import Refusal, documented
from bot.gateway.services import Parts
from bot.gateway.telegram.updates import store
from bot.gateway.threads import in_thread
from bot.settings import Settings

PATH = "/telegram/webhook"
router = APIRouter(tags=["telegram"])


def address(settings: Settings) -> str:
    """The address that Telegram delivers to."""
    base = settings.telegram_webhook_url
    return base if base.endswith(PATH) else f"{base}{PATH}"


def secret_token(settings: Settings) -> str:
    """What Telegram shows with every call (1-256 of A-Z, a-z, 0-9, _ and -: setWebhook).

    It is made of the gateway's secret and the bot's token: all gateways have the same, and nobody else can make it.
    """
    about = f"telegram webhook {settings.telegram_bot_token}"
    return hmac.new(settings.secret.encode(), about.encode(), hashlib.sha256).hexdigest()


@router.post(PATH, response_class=Response, responses=documented("secret", "not_found", "invalid", "unavailable"))
async def receive(
    request: Request, parts: Parts, x_telegram_bot_api_secret_token: Annotated[str, Header()] = ""
) -> Response:
    """Take one of Telegram's updates. It is stored once this answers."""
    settings = parts.settings
    if not (settings.telegram_bot_token and settings.telegram_webhook_url):
        raise Refusal("not_found")
    if not hmac.compare_digest(x_telegram_bot_api_secret_token.encode(), secret_token(settings).encode()):
        raise Refusal("secret")
    await in_thread(store, parts, _update(await request.body()))
    return Response(status_code=200)


def _update(body: bytes) -> dict[str, Any]:
    try:
        update = json.loads(body)
    except ValueError:
        raise Refusal("invalid", field="body") from None
    if not isinstance(update, dict) or not isinstance(update.get("update_id"), int):
        raise Refusal("invalid", field="update_id")
    return update
