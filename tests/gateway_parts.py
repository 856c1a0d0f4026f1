"""The gateway in this process, on a real port and a real SQLite file, for tests whose subject is not Rasa: that is a small double."""

from __future__ import annotations

import json
import secrets
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import uvicorn
from fastapi import FastAPI
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from bot.cli.client import Message, WidgetClient
from bot.cli.stack import free_port
from bot.conversations.records import utc_now
from bot.conversations.store import Store
from bot.gateway.__main__ import SERVER
from bot.gateway.app import create_app
from bot.gateway.services import Services
from bot.settings import Settings

PATIENCE = 20.0
REPLY: dict[str, Any] = {
    "buttons": [],
    "kind": "fact",
    "topic": "beds",
    "department": None,
    "facts": [],
    "source": None,
    "rule": None,
}


def reply(text: str, **more: Any) -> dict[str, Any]:
    """A reply as the connector gives it."""
    return {"text": text, "language": "en", "ticket": None, **REPLY, **more}


@dataclass
class RasaDouble:
    """Answers as the connector does (docs/connector.md): "echo: <text>", or what `answers` says, with the intents of `rankings`.

    `failures`: the next answers to a text are these statuses and codes. `slow`: seconds before every answer.
    """

    port: int = field(default_factory=free_port)
    secret: str = ""
    ready: bool = True
    slow: float = 0.0
    answers: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    rankings: dict[str, Sequence[str]] = field(default_factory=dict)
    pinned: dict[str, str] = field(default_factory=dict)
    failures: dict[str, list[tuple[int, str]]] = field(default_factory=lambda: defaultdict(list))
    asked: list[dict[str, Any]] = field(default_factory=list)
    at_work: int = 0
    most_at_work: int = 0
    while_asked: Callable[[dict[str, Any]], None] = lambda asked: None

    def app(self) -> Starlette:
        """The double as an app."""
        routes = [
            Route("/webhooks/daozhen/health", self._health),
            Route("/webhooks/daozhen/messages", self._messages, methods=["POST"]),
        ]
        return Starlette(routes=routes)

    def _health(self, request: Request) -> JSONResponse:
        return JSONResponse({"model": "double"}) if self.ready else JSONResponse({"error": "no_model"}, 503)

    async def _messages(self, request: Request) -> JSONResponse:
        if request.headers["Authorization"] != f"Bearer {self.secret}":
            return JSONResponse({"error": "secret", "detail": ""}, 401)
        asked = json.loads(await request.body())
        return await in_thread(self._answer, asked)

    def _answer(self, asked: dict[str, Any]) -> JSONResponse:
        self.asked.append(asked)
        self.at_work += 1
        self.most_at_work = max(self.most_at_work, self.at_work)
        self.while_asked(asked)
        time.sleep(self.slow)
        self.at_work -= 1
        text = asked["text"]
        if self.failures[text]:
            status, code = self.failures[text].pop(0)
            return JSONResponse({"error": code, "detail": ""}, status)
        return JSONResponse(
            {
                "message_id": asked["message_id"],
                "language": "en",
                "script": None,
                "pinned_language": self.pinned.get(text, asked["language"]),
                "kind": "fact",
                "intent": {"name": self.rankings.get(text, ("ask_beds",))[0], "confidence": 0.9},
                "ranking": [{"name": name, "confidence": 0.9} for name in self.rankings.get(text, ("ask_beds",))],
                "entities": [],
                "gate": None,
                "replies": self.answers.get(text, [reply(f"echo: {text}")]),
            }
        )


async def in_thread(function: Callable[..., JSONResponse], *arguments: Any) -> JSONResponse:
    from bot.gateway.threads import in_thread as call

    return await call(function, *arguments)


@contextmanager
def listening(app: Any, port: int) -> Iterator[None]:
    """Serve an app on a port of loopback while the block runs."""
    config = uvicorn.Config(app, port=port, log_level="error", **{**SERVER, "timeout_graceful_shutdown": 1})
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        until(lambda: server.started or not thread.is_alive())
        assert server.started
        yield
    finally:
        server.should_exit = True
        thread.join(PATIENCE)


@dataclass(frozen=True)
class Running:
    """A gateway that runs in this process."""

    url: str
    app: FastAPI
    rasa: RasaDouble

    @property
    def parts(self) -> Services:
        """Its services."""
        found: Services = self.app.state.services
        return found

    @property
    def store(self) -> Store:
        """Its store."""
        return self.parts.store

    def client(self, **opening: str) -> WidgetClient:
        """A new conversation."""
        return WidgetClient(self.url, timeout=PATIENCE, **opening)


@contextmanager
def gateway(
    folder: Path, rasa: RasaDouble | None = None, clock: Callable[[], datetime] = utc_now, **more: Any
) -> Iterator[Running]:
    """Serve the gateway, and the double of Rasa, while the block runs.

    Args:
        folder: for the database.
        rasa: a double that is listening already; without it one is served.
        more: settings.
    """
    double = rasa or RasaDouble()
    double.secret = double.secret or secrets.token_urlsafe(32)
    settings = Settings(
        **{
            "database_url": f"sqlite:///{folder / 'daozhen.sqlite'}",
            "gateway_port": free_port(),
            "rasa_port": double.port,
            "secret": double.secret,
            "rate_conversation": 1000,
            "rate_address": 1000,
            **more,
        }
    )
    app = create_app(settings, clock)
    url = f"http://127.0.0.1:{settings.gateway_port}{settings.url_prefix}"
    with listening(app, settings.gateway_port):
        if rasa is None:
            with listening(double.app(), double.port):
                yield Running(url, app, double)
        else:
            yield Running(url, app, double)


def until(holds: Callable[[], object], patience: float = PATIENCE) -> None:
    """Wait until something holds.

    Raises:
        AssertionError: if it does not in time.
    """
    deadline = time.monotonic() + patience
    while not holds():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)


def said(client: WidgetClient) -> list[Message]:
    """All messages of a conversation."""
    messages: list[Message] = client.read()["messages"]
    return messages


def texts(messages: list[Message]) -> list[str]:
    """What messages say."""
    return [message["text"] for message in messages]
