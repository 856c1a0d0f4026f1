"""Put the gateway together: services, routes, what surrounds them, and what runs beside them."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from fastapi import FastAPI
from sqlalchemy.exc import SQLAlchemyError
from starlette.middleware.cors import CORSMiddleware
from starlette.staticfiles import StaticFiles
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from bot.conversations.connect import connect
from bot.conversations.migrations import migrate
from bot.conversations.records import utc_now
from bot.conversations.store import Store
from bot.conversations.wakeups import wakeups_for
from bot.desk.errors import handle_errors as handle_desk_errors
from bot.desk.routes import router as desk_routes
from bot.desk.watch import watch
from bot.gateway import health, pages, widget
from bot.gateway.desk import make_desk
from bot.gateway.errors import handle_errors
from bot.gateway.http import Guard, Prefixed, SecurityHeaders
from bot.gateway.intake import Intake
from bot.gateway.metrics import Metrics
from bot.gateway.rasa import Rasa
from bot.gateway.rates import PerMinute
from bot.gateway.services import Services
from bot.gateway.site import Site
from bot.gateway.status import Status
from bot.gateway.tasks import end
from bot.gateway.telegram import webhook
from bot.gateway.threads import in_thread
from bot.gateway.tokens import Tokens
from bot.gateway.waiting import Waiting
from bot.gateway.words import Words
from bot.gateway.worker import Worker
from bot.safety.gate import shipped_gate
from bot.settings import InvalidSetting, Settings
from bot.web.home import STATIC

if TYPE_CHECKING:
    from bot.gateway.telegram.channel import TelegramChannel

logger = logging.getLogger(__name__)

RETAIN_AGAIN = 1800
"""Seconds between two times that what is old is forgotten."""
DESCRIPTION = "What the chat widget talks to. Every error is {error, message}; docs/gateway.md lists the codes."


def create_app(settings: Settings, clock: Callable[[], datetime] = utc_now) -> FastAPI:
    """The gateway as an ASGI app; its services are made when it starts.

    Args:
        settings: DAOZHEN_SECRET must be among them.
        clock: the time, in UTC.

    Raises:
        InvalidSetting: if there is no secret.
    """
    if not settings.secret:
        raise InvalidSetting("DAOZHEN_SECRET is not set; ./run makes one in var/secret and passes it on")
    words, metrics = Words(settings), Metrics()

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            app.state.services = parts = await _services(settings, words, metrics, clock, stack)
            app.state.desk = desk = make_desk(parts, clock)
            for task in (parts.status.watch(), Worker(parts).run(), _retain(parts), watch(desk)):
                _keep(stack, asyncio.create_task(task))
            app.state.telegram = _telegram(parts, stack)
            yield

    app = FastAPI(
        title="Daozhen",
        version="1",
        description=DESCRIPTION,
        root_path=settings.url_prefix,
        docs_url=None,
        redoc_url=None,
        lifespan=lifespan,
    )
    for router in (widget.router, webhook.router, pages.router, health.router, desk_routes):
        app.include_router(router)
    app.mount("/static", StaticFiles(directory=STATIC))
    handle_errors(app, words, metrics)
    handle_desk_errors(app, settings.url_prefix)
    _surround(app, settings, words, metrics)
    return app


def _surround(app: FastAPI, settings: Settings, words: Words, metrics: Metrics) -> None:
    """The layers around the routes; the last one added is the outermost."""
    app.add_middleware(Guard, origins=settings.allowed_origins, words=words, metrics=metrics)
    app.add_middleware(
        CORSMiddleware,
        allow_origins=list(settings.allowed_origins),
        allow_methods=["GET", "POST", "DELETE"],
        allow_headers=["Authorization", "Content-Type", "Last-Event-ID"],
        expose_headers=["Retry-After", "Content-Language"],
    )
    app.add_middleware(SecurityHeaders)
    if settings.url_prefix:
        app.add_middleware(Prefixed, prefix=settings.url_prefix)
    if settings.trusted_proxies:
        app.add_middleware(ProxyHeadersMiddleware, trusted_hosts=list(settings.trusted_proxies))


async def _services(
    settings: Settings, words: Words, metrics: Metrics, clock: Callable[[], datetime], stack: AsyncExitStack
) -> Services:
    engine = await in_thread(connect, settings.database_url)
    stack.callback(engine.dispose)
    await in_thread(migrate, engine)
    wakeups = wakeups_for(engine)
    stack.callback(wakeups.close)
    store = Store(engine, wakeups, clock)
    waiting = Waiting(settings, store, words, clock)
    rasa = Rasa(settings.rasa_url or f"http://127.0.0.1:{settings.rasa_port}", settings.secret)
    stack.push_async_callback(rasa.close)
    return Services(
        settings=settings,
        engine=engine,
        store=store,
        wakeups=wakeups,
        words=words,
        metrics=metrics,
        intake=Intake(store, await in_thread(shipped_gate), words, waiting, metrics),
        waiting=waiting,
        rasa=rasa,
        status=Status(rasa, metrics),
        tokens=Tokens(settings.secret, settings.token_days, clock),
        rate_conversation=PerMinute(settings.rate_conversation),
        rate_address=PerMinute(settings.rate_address),
        site=await in_thread(Site, settings, words),
    )


def _telegram(parts: Services, stack: AsyncExitStack) -> TelegramChannel | None:
    """Start the Telegram channel, if there is a token for it."""
    if not parts.settings.telegram_bot_token:
        return None
    from bot.gateway.telegram.channel import TelegramChannel  # takes a second to import

    channel = TelegramChannel(parts)
    _keep(stack, asyncio.create_task(channel.run()))
    return channel


def _keep(stack: AsyncExitStack, task: asyncio.Task[None]) -> None:
    """End a task with the app; one that ends before is an error of ours, and is logged."""

    def told(ended: asyncio.Task[None]) -> None:
        if not ended.cancelled() and ended.exception():
            logger.critical("A part of the gateway has failed; restart it.", exc_info=ended.exception())

    task.add_done_callback(told)
    stack.push_async_callback(end, task)


async def _retain(parts: Services) -> None:
    """Forget what is not kept any longer, every so often."""
    originals = timedelta(hours=parts.settings.keep_originals_hours)
    conversations = timedelta(days=parts.settings.keep_conversations_days)
    while True:
        try:
            await in_thread(parts.store.forget_originals, originals)
            await in_thread(parts.store.forget_conversations, conversations)
            await in_thread(parts.store.sweep)
        except SQLAlchemyError:
            logger.exception(
                "What should be forgotten is still kept; the next try is in %d minutes.", RETAIN_AGAIN // 60
            )
        await asyncio.sleep(RETAIN_AGAIN)
