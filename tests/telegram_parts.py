"""The Telegram channel without a network: real store, gate and words; the client is one that writes down what it is asked to do."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

from telegram.error import TelegramError

from bot.conversations.connect import connect
from bot.conversations.migrations import migrate
from bot.conversations.records import Conversation, Message, Reply, Update, utc_now
from bot.conversations.store import Store
from bot.conversations.wakeups import Wakeups
from bot.gateway.intake import Intake
from bot.gateway.metrics import Metrics
from bot.gateway.rates import PerMinute
from bot.gateway.services import Services
from bot.gateway.site import Site
from bot.gateway.telegram import keyboards
from bot.gateway.telegram.api import Bot
from bot.gateway.telegram.handling import Handler
from bot.gateway.telegram.starting import Starting
from bot.gateway.telegram.typing_action import Typing
from bot.gateway.telegram.updates import store as receive
from bot.gateway.waiting import Waiting
from bot.gateway.words import Words
from bot.safety.gate import Gate, shipped_gate
from bot.settings import Settings

PERSON = 7
SECONDS = 1_700_000_000
PHOTO = [{"file_id": "x", "file_unique_id": "y", "width": 1, "height": 1}]
GROUP = {"id": -5, "type": "supergroup", "title": "G"}
GATE: Gate = shipped_gate()


class Client:
    """Writes down what it is asked to do; `failures` are raised by the next calls of a method."""

    id, username, link = 99, "DaozhenBot", "https://t.me/DaozhenBot"

    def __init__(self) -> None:
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.failures: dict[str, list[TelegramError]] = {}

    def __getattr__(self, name: str) -> Any:
        async def call(*arguments: Any, **more: Any) -> bool:
            if self.failures.get(name):
                raise self.failures[name].pop(0)
            self.calls.append((name, {"": arguments, **more}))
            return True

        return call

    def said(self, name: str = "send_message") -> list[str]:
        """The texts of what was said, or shown over buttons."""
        return [call[""][1] for method, call in self.calls if method == name]


class Chat:
    """Somebody on Telegram, and the channel that deals with what they do."""

    def __init__(self, folder: Path, **settings: Any) -> None:
        self.engine = connect(f"sqlite:///{folder / 'x.sqlite'}")
        migrate(self.engine)
        wakeups, metrics = Wakeups(), Metrics()
        self.settings = Settings(telegram_bot_token="99:s3cret", **settings)
        self.store = Store(self.engine, wakeups)
        self.words = Words(self.settings)
        waiting = Waiting(self.settings, self.store, self.words, utc_now)
        intake = Intake(self.store, GATE, self.words, waiting, metrics)
        self.status = SimpleNamespace(ready=True)
        rate, site = PerMinute(self.settings.rate_conversation), Site(self.settings, self.words)
        parts = dict(settings=self.settings, store=self.store, wakeups=wakeups, words=self.words, metrics=metrics)
        more = dict(intake=intake, waiting=waiting, site=site, rate_conversation=rate, status=self.status)
        self.parts = cast(Services, SimpleNamespace(**parts, **more))
        self.client = Client()
        self._number = 0

    def update(self, kind: str = "message", **body: Any) -> dict[str, Any]:
        """An update, from PERSON in private unless told otherwise."""
        self._number += 1
        person = {"id": PERSON, "is_bot": False, "first_name": "A", "language_code": body.pop("code", "en")}
        common = {
            "message_id": 100 + self._number,
            "date": SECONDS,
            "chat": {"id": PERSON, "type": "private"},
            "from": person,
        }
        return {"update_id": self._number, kind: {**common, **body}}

    def deal_with(self, *updates: dict[str, Any]) -> None:
        """Store updates, and deal with what waits."""

        async def deal() -> None:
            bot = cast(Bot, self.client)
            typing = Typing(self.parts, bot)
            handler = Handler(self.parts, bot, typing, Starting(self.parts))
            while (leased := self.store.lease_update("telegram", 60)) is not None:
                await handler.deal_with(leased)
            await typing.close()

        for update in updates:
            receive(self.parts, update)
        asyncio.run(deal())

    def again(self, update: dict[str, Any]) -> None:
        """Deal with an update as after a kill before it was noted as dealt with."""

        async def deal() -> None:
            bot = cast(Bot, self.client)
            typing = Typing(self.parts, bot)
            leased = Update("telegram", update["update_id"], str(PERSON), update, "token", 2)
            await Handler(self.parts, bot, typing, Starting(self.parts)).deal_with(leased)
            await typing.close()

        asyncio.run(deal())

    def writes(self, text: str, **more: Any) -> dict[str, Any]:
        """Somebody writes; the update."""
        update = self.update(text=text, **more)
        self.deal_with(update)
        return update

    def presses(self, index: int, message: Message | None = None) -> dict[str, Any]:
        """Somebody presses a button of a message, the last one without it; the update."""
        found = message or self.messages()[-1]
        data = keyboards.data(found, index)
        shown = {"message_id": 55, "date": SECONDS, "chat": {"id": PERSON, "type": "private"}, "text": "x"}
        update = self.update("callback_query", id=f"query {self._number}", chat_instance="c", data=data, message=shown)
        self.deal_with(update)
        return update

    @property
    def conversation(self) -> Conversation:
        """PERSON's conversation."""
        return self.store.open("telegram", str(PERSON))

    def messages(self) -> list[Message]:
        """All that was said in it."""
        return self.store.read(self.conversation.id)

    def answers(self) -> list[str]:
        """What it was told: what does not come from PERSON."""
        return [message.text for message in self.messages() if message.sender != "patient"]

    def says(self, name: str, language: str = "en", **values: Any) -> str:
        """What domain.yml says."""
        return self.words.text(name, language, values=values)

    def answer(self, text: str, kind: str = "fact") -> None:
        """The bot's worker answers what waits."""
        leased = self.store.lease("worker", 60)
        assert leased is not None
        self.store.finish(leased, [Reply(text, kind, {"language": "en"})])


@contextmanager
def chat(folder: Path, **settings: Any) -> Iterator[Chat]:
    """Somebody on Telegram, with a database in a folder."""
    found = Chat(folder, **settings)
    try:
        yield found
    finally:
        found.engine.dispose()
