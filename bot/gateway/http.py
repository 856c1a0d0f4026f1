"""What surrounds every request: size, origin, headers, and the last net under errors. Plain ASGI, so that event streams pass."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from urllib.parse import urlsplit

from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bot.gateway.errors import Refusal, response
from bot.gateway.metrics import Metrics
from bot.gateway.words import Words

logger = logging.getLogger(__name__)

LARGEST = 16 * 1024
"""Bytes of a body."""
LARGER: Mapping[str, int] = {"/telegram/webhook": 256 * 1024}
"""The same for paths that end so: one of Telegram's updates may hold two long messages, each character escaped."""
UNAVAILABLE_PAUSE = 5
"""Seconds that Retry-After asks for while the database does not answer."""

PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
"""Content-Security-Policy of our own pages."""
SECURITY: Mapping[str, str] = {
    "Content-Security-Policy": PAGE_POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Cross-Origin-Opener-Policy": "same-origin",
}


class SecurityHeaders:
    """Adds the headers of SECURITY where a response does not set its own; what has no ETag is kept nowhere."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See ASGI."""

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in SECURITY.items():
                    headers.setdefault(name, value)
                headers.setdefault("Cache-Control", "no-cache" if "etag" in headers else "no-store")
            await send(message)

        await self._app(scope, receive, with_headers if scope["type"] == "http" else send)


class Prefixed:
    """Puts the prefix before the path where the proxy has taken it off: everything inside sees the address of the outside."""

    def __init__(self, app: ASGIApp, prefix: str) -> None:
        self._app = app
        self._prefix = prefix

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See ASGI."""
        if scope["type"] == "http" and not f"{scope['path']}/".startswith(f"{self._prefix}/"):
            scope = {**scope, "path": self._prefix + scope["path"]}
        await self._app(scope, receive, send)


class Guard:
    """Refuses pages of other sites and large bodies, and answers what nothing else has caught.

    Args:
        app: what it surrounds.
        origins: allowed beside the gateway's own; "*" allows any.
        words: for the sentences of refusals.
        metrics: where they are counted.
    """

    def __init__(self, app: ASGIApp, origins: tuple[str, ...], words: Words, metrics: Metrics) -> None:
        self._app = app
        self._origins = frozenset(origins)
        self._words = words
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See ASGI."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = False

        async def watched(message: Message) -> None:
            nonlocal started
            started = True
            await send(message)

        headers = Headers(scope=scope)
        try:
            self._check_origin(headers)
            body = await _read(headers, receive, _largest(scope["path"]))
            await self._app(scope, _again(body, receive), watched)
        except Exception as error:
            refusal = _refusal(error)
            if refusal.code in ("trouble", "unavailable"):
                logger.exception("%s %s failed.", scope["method"], scope["path"])
            if started:
                raise
            answer = response(refusal, headers.get("accept-language", ""), self._words, self._metrics)
            await answer(scope, receive, send)

    def _check_origin(self, headers: Headers) -> None:
        """A browser says from which site's page a request comes; a request without that comes from no other site's page."""
        origin = headers.get("origin")
        if origin is None or self._origins & {"*", origin}:
            return
        if urlsplit(origin).netloc != headers.get("host"):
            raise Refusal("origin")


def _refusal(error: Exception) -> Refusal:
    if isinstance(error, Refusal):
        return error
    if isinstance(error, (OperationalError, PoolTimeout)):
        return Refusal("unavailable", retry_after=UNAVAILABLE_PAUSE)
    return Refusal("trouble")


def _largest(path: str) -> int:
    return next((size for end, size in LARGER.items() if path.endswith(end)), LARGEST)


async def _read(headers: Headers, receive: Receive, largest: int) -> bytes:
    """The body of a request.

    Raises:
        Refusal: if it has more than so many bytes; the rest is then not read.
    """
    length = headers.get("content-length", "0")
    if not length.isdigit() or int(length) > largest:
        raise Refusal("too_large")
    body, more = b"", True
    while more:
        message = await receive()
        if message["type"] != "http.request":
            break
        body += message.get("body", b"")
        if len(body) > largest:
            raise Refusal("too_large")
        more = message.get("more_body", False)
    return body


def _again(body: bytes, receive: Receive) -> Receive:
    """A `receive` that gives a body once more, then whatever comes (the end of the connection)."""
    given = False

    async def again() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return again
