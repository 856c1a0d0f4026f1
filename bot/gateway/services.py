"""What the routes, the workers and the channels share: made once by the app, reached by `services(request)`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request
from sqlalchemy.engine import Engine

from bot.conversations.store import Store
from bot.conversations.wakeups import Wakeups
from bot.gateway.intake import Intake
from bot.gateway.metrics import Metrics
from bot.gateway.rasa import Rasa
from bot.gateway.rates import PerMinute
from bot.gateway.site import Site
from bot.gateway.status import Status
from bot.gateway.tokens import Tokens
from bot.gateway.waiting import Waiting
from bot.gateway.words import Words
from bot.settings import Settings


@dataclass(frozen=True)
class Services:
    """The parts of a running gateway."""

    settings: Settings
    engine: Engine
    store: Store
    wakeups: Wakeups
    words: Words
    metrics: Metrics
    intake: Intake
    waiting: Waiting
    rasa: Rasa
    status: Status
    tokens: Tokens
    rate_conversation: PerMinute
    rate_address: PerMinute
    site: Site


def services(request: Request) -> Services:
    """The services of the app that a request came to."""
    found: Services = request.app.state.services
    return found


Parts = Annotated[Services, Depends(services)]
"""The services, as a parameter of a route."""
