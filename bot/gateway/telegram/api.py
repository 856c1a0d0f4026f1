"""The connection to the Bot API: python-telegram-bot's client, which never learns the token.

The Bot API has the token in the address of every request, and addresses get into logs (httpx logs each at INFO) and into
exceptions. So the library is given a stand-in, and only the transport, below everything that logs, puts the token in its place.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from typing import Any

import httpx
from telegram.error import BadRequest, Forbidden, InvalidToken, RetryAfter, TelegramError
from telegram.ext import AIORateLimiter, ExtBot
from telegram.request import HTTPXRequest

from bot.settings import Settings

HIDDEN = "hidden"
CONNECTIONS = 32
"""Connections to the Bot API at once, besides the one that fetches updates."""
PATIENCE, CONNECT_PATIENCE = 15.0, 10.0
"""Seconds to wait for an answer, and for a connection."""
LOOK_AGAIN = 0.02
"""Seconds after which it is looked again whether there is room for a message."""
MARGIN = 5.0
"""Seconds for an answer to come that Telegram has held as long as it was asked to."""
AT_ONCE = -1
"""As `rate_limit_args`: a message that does not wait behind others."""
QUICK: dict[str, Any] = {"connect_timeout": 4.0, "read_timeout": 4.0, "write_timeout": 4.0, "pool_timeout": 4.0}
"""Seconds for calls that somebody waits for, and that are worth little later."""
_NOT_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError, httpx.UnsupportedProtocol)


class Bot(ExtBot[int]):
    """The library's client with its rate limiter, and updates as Telegram sends them.

    The library's own get_updates makes objects of them first: one that it cannot read fails the whole batch, again and again, and
    its log then shows what everybody wrote.
    """

    async def until_room(self) -> None:
        """Wait until Telegram's limit leaves room for a message."""
        while isinstance(self.rate_limiter, _OnlyMessages) and not self.rate_limiter.has_room():
            await asyncio.sleep(LOOK_AGAIN)

    async def fetch_updates(self, offset: int | None, wait: int, kinds: Sequence[str]) -> list[dict[str, Any]]:
        """The updates from an offset on, which acknowledges those before it; waits so many seconds if there are none.

        Raises:
            telegram.error.TelegramError: as every call.
        """
        asked = {"offset": offset, "timeout": wait, "allowed_updates": kinds}
        found: list[dict[str, Any]] = await self._post("getUpdates", asked, read_timeout=wait + MARGIN)
        return found


def make_bot(settings: Settings) -> Bot:
    """A client for the settings' token, server and proxy; it connects when it is initialised."""
    number = settings.telegram_bot_token.split(":")[0]
    stand_in = f"{number}:{HIDDEN}"

    def request(connections: int) -> HTTPXRequest:
        transport = _Transport(settings, stand_in, connections)
        return HTTPXRequest(
            read_timeout=PATIENCE,
            write_timeout=PATIENCE,
            connect_timeout=CONNECT_PATIENCE,
            pool_timeout=PATIENCE,
            httpx_kwargs={"transport": transport, "trust_env": False},
        )

    return Bot(
        stand_in,
        base_url=f"{settings.telegram_api_base}/bot",
        request=request(CONNECTIONS),
        get_updates_request=request(1),
        rate_limiter=_OnlyMessages(),
    )


class _Transport(httpx.AsyncHTTPTransport):
    """Sends requests with the token in the place of its stand-in."""

    def __init__(self, settings: Settings, stand_in: str, connections: int) -> None:
        limits = httpx.Limits(max_connections=connections, max_keepalive_connections=connections, keepalive_expiry=60)
        super().__init__(proxy=settings.telegram_proxy or None, limits=limits)
        self._token = settings.telegram_bot_token.encode()
        self._stand_in = stand_in.encode()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """See httpx."""
        path = request.url.raw_path.replace(self._stand_in, self._token)
        sent = httpx.Request(
            request.method,
            request.url.copy_with(raw_path=path),
            headers=request.headers,
            stream=request.stream,
            extensions=request.extensions,
        )
        return await super().handle_async_request(sent)


class _OnlyMessages(AIORateLimiter):
    """Telegram's limits are for messages: typing and pressed buttons do not wait behind them.

    A RetryAfter goes to who sends, and is no error to be logged: the library is not shown it.
    """

    def has_room(self) -> bool:
        """Whether a message can go out at once."""
        return self._base_limiter is None or self._base_limiter.has_capacity()

    async def process_request(
        self,
        callback: Callable[..., Coroutine[Any, Any, Any]],
        args: Any,
        kwargs: dict[str, Any],
        endpoint: str,
        data: dict[str, Any],
        rate_limit_args: int | None,
    ) -> Any:
        """See telegram.ext.BaseRateLimiter."""
        if endpoint != "sendMessage" or rate_limit_args == AT_ONCE:
            return await callback(*args, **kwargs)
        caught: list[RetryAfter] = []

        async def call(*args: Any, **kwargs: Any) -> Any:
            try:
                return await callback(*args, **kwargs)
            except RetryAfter as error:
                caught.append(error)
                return True

        result = await super().process_request(call, args, kwargs, endpoint, data, rate_limit_args)
        if caught:
            raise caught[0]
        return result


def certainly_not_sent(error: TelegramError) -> bool:
    """Whether a failed call had no effect at Telegram: it was refused, or never left. False: nobody knows."""
    if isinstance(error, (RetryAfter, Forbidden, BadRequest, InvalidToken)):
        return True
    return isinstance(error.__cause__, _NOT_SENT)


def retry_after(error: RetryAfter) -> float:
    """The seconds that Telegram asks to wait."""
    wait = error.retry_after
    return wait if isinstance(wait, (int, float)) else wait.total_seconds()
