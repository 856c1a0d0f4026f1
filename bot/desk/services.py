"""What the desk's routes share: made once by the gateway's app, reached by `Parts`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Annotated, Protocol

from fastapi import Depends, Request

from actions.departments import Registry
from bot.conversations.records import URGENCIES, Reply
from bot.conversations.store import Store
from bot.conversations.transactions import Transactions
from bot.conversations.wakeups import Wakeups
from bot.desk.accounts import Accounts
from bot.desk.audit import Audit
from bot.desk.intents import Intents
from bot.desk.readings import reading
from bot.desk.reviews import Reviews
from bot.desk.sessions import Sessions
from bot.language.wording import Responses
from bot.safety.gate import Gate
from bot.settings import Settings


class Understand(Protocol):
    """Asks Rasa, outside every conversation."""

    async def __call__(self, text: str, language: str) -> Sequence[Reply]:
        """The replies to a text in a language ("en", "zh"); none while Rasa does not answer."""


@dataclass(frozen=True)
class Desk:
    """The parts of the front desk."""

    settings: Settings
    transactions: Transactions
    store: Store
    wakeups: Wakeups
    accounts: Accounts
    sessions: Sessions
    audit: Audit
    reviews: Reviews
    gate: Gate
    responses: Responses
    departments: Registry
    understand: Understand
    texts: Mapping[str, Mapping[str, str]]
    now: Callable[[], datetime]

    @cached_property
    def intents(self) -> Intents:
        """The intents that a message can be said to have."""
        return Intents(self.asks)

    @property
    def targets(self) -> dict[str, int]:
        """In how many minutes a ticket of each urgency is to be claimed."""
        return dict(zip(URGENCIES, map(int, self.settings.desk_targets)))

    def asks(self, intent: str, language: str) -> str:
        """What a message with an intent asks: the question that stands for it, else what texts.yml calls it, else its name."""
        question = reading(self.responses, intent, language)
        label = self.texts.get(f"intent_{intent}")
        return label[language] if question == intent and label else question

    def text(self, key: str, language: str) -> str:
        """A text of bot/web/texts.yml, section `desk`."""
        return self.texts[key][language]


def _desk(request: Request) -> Desk:
    found: Desk = request.app.state.desk
    return found


Parts = Annotated[Desk, Depends(_desk)]
"""The desk's parts, as a parameter of a route."""
