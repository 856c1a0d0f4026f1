"""What makes the pages live: server-sent events that say when to look again. What is new is then asked for as usual."""

from __future__ import annotations

from collections.abc import AsyncIterator

import anyio.to_thread
from fastapi import APIRouter, Request
from sse_starlette import EventSourceResponse, ServerSentEvent

from bot.conversations.wakeups import PATIENT_TYPES, STAFF_TYPES
from bot.desk.access import COOKIE, Staff
from bot.desk.errors import documented
from bot.desk.services import Desk, Parts
from bot.desk.tickets import find

router = APIRouter(prefix="/desk/api", tags=["desk"])
HEARTBEAT = 15
"""Seconds between two comments that keep the connection alive."""
LOOK_AGAIN = 10.0
"""Seconds after which the session is looked at, and the page told to look, without a wake-up."""


@router.get("/events", response_class=EventSourceResponse)
async def events(request: Request, person: Staff, parts: Parts) -> EventSourceResponse:
    """`changed` whenever a ticket has changed; `over` when the session has ended."""
    return _stream(parts, "desk", request.cookies[COOKIE])


@router.get("/tickets/{ticket}/events", response_class=EventSourceResponse, responses=documented("no_ticket"))
async def ticket_events(ticket: str, request: Request, person: Staff, parts: Parts) -> EventSourceResponse:
    """The same for one ticket: `changed` on every message, delivery and change; `typing` every few seconds while the patient types."""
    found = await anyio.to_thread.run_sync(find, parts, ticket)
    return _stream(parts, f"conversation:{found.conversation}", request.cookies[COOKIE])


def _stream(parts: Desk, topic: str, token: str) -> EventSourceResponse:
    return EventSourceResponse(_changes(parts, topic, token), ping=HEARTBEAT)


async def _changes(parts: Desk, topic: str, token: str) -> AsyncIterator[ServerSentEvent]:
    with parts.wakeups.subscribe(topic) as subscription:
        yield ServerSentEvent("{}", event="changed")
        while True:
            event = await subscription.wait(LOOK_AGAIN)
            if event == PATIENT_TYPES:
                yield ServerSentEvent("{}", event="typing")
            if event in (PATIENT_TYPES, STAFF_TYPES):
                continue
            if await anyio.to_thread.run_sync(parts.sessions.find, token) is None:
                yield ServerSentEvent("{}", event="over")
                return
            yield ServerSentEvent("{}", event="changed")
