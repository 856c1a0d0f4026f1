"""What the desk's routes share: made once by the gateway's app, reached by `Parts`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
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
    intents: Intents
    gate: Gate
    responses: Responses
    departments: Registry
    understand: Understand
    texts: Mapping[str, Mapping[str, str]]
    now: Callable[[], datetime]

    @property
    def targets(self) -> dict[str, int]:
        """In how many minutes a ticket of each urgency is to be claimed."""
        return dict(zip(URGENCIES, map(int, self.settings.desk_targets)))

    def text(self, key: str, language: str) -> str:
        """A text of bot/web/texts.yml, section `desk`."""
        return self.texts[key][language]


def _desk(request: Request) -> Desk:
    found: Desk = request.app.state.desk
    return found


Parts = Annotated[Desk, Depends(_desk)]
"""The desk's parts, as a parameter of a route."""
