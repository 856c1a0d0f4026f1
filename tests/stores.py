"""What the tests of the store share: a clock that is set by hand, and things to say."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta, timezone
from typing import TypeVar

from bot.conversations.records import Message, NewTicket, Reply
from bot.conversations.store import Store

T = TypeVar("T")

HELLO = Reply("Hello.", "smalltalk", {"language": "en"})
BEDS = Reply(
    "There are 56 beds.", "fact", {"buttons": [{"title": "And Hangzhou?", "payload": "/ask"}], "topic": "beds"}
)
OPENED = Reply("The front desk knows.", "ticket_opened")
WITHDRAWN = Reply("Taken back.", "ticket_withdrawn")
WISH = NewTicket("service", "Wants a person.", "shanghai", "en", "asked")
EMERGENCY = NewTicket("emergency", "Chest pain.", None, "en", "gate")


class Clock:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.time = datetime(2024, 3, 1, 8, 0, tzinfo=timezone.utc)

    def __call__(self) -> datetime:
        return self.time

    def move(self, seconds: float = 0, **more: float) -> None:
        """Move on."""
        self.time += timedelta(seconds=seconds, **more)


def write(store: Store, conversation: str, *words: str) -> None:
    """The patient writes messages whose ids are their words."""
    for word in words:
        store.accept(conversation, word, word, word)


def said(store: Store, conversation: str) -> list[str]:
    """What a conversation holds, as "sender: text"."""
    return [f"{message.sender}: {message.text}" for message in everything(store, conversation)]


def everything(store: Store, conversation: str) -> list[Message]:
    """All messages of a conversation."""
    return store.read(conversation, limit=100_000)


def at_once(number: int, act: Callable[[int], T]) -> list[T]:
    """What a function returns for 0 to number - 1, in as many threads at the same time."""
    with ThreadPoolExecutor(number) as threads:
        return list(threads.map(act, range(number)))
