"""What happens at the desk by the clock: alarms for emergencies nobody claims, idle tickets back into the queue, an honest word to
patients whom nobody answers. Several gateways may run it side by side: each alarm and each word goes out once.
"""

from __future__ import annotations

import asyncio
import logging
from datetime import timedelta

import anyio.to_thread
import httpx
from sqlalchemy.exc import SQLAlchemyError

from bot.conversations.records import Inbox, Ticket, UnknownTicket
from bot.desk.services import Desk
from bot.desk.tickets import said

logger = logging.getLogger(__name__)

LOOK_AGAIN = 10.0
"""Seconds between two looks."""
PATIENCE = 5.0
"""Seconds that the webhook may take."""


async def watch(parts: Desk) -> None:
    """Look again and again, until cancelled."""
    async with httpx.AsyncClient(timeout=PATIENCE) as client:
        while True:
            try:
                for ticket in await anyio.to_thread.run_sync(look, parts):
                    await _alarm(parts, client, ticket)
            except SQLAlchemyError:
                logger.exception("The database does not answer; alarms wait.")
            await asyncio.sleep(LOOK_AGAIN)


def look(parts: Desk) -> list[Ticket]:
    """Do what is due now; the tickets for which the alarm is to be raised. Blocks."""
    now, tickets, settings = parts.now(), parts.store.tickets, parts.settings
    late = Inbox(
        ("open",), "emergency", opened_before=now - timedelta(minutes=settings.desk_escalate_minutes), escalated=False
    )
    alarms = [ticket for ticket in tickets.inbox(late) if _once(parts, ticket)]
    for ticket in tickets.return_idle(timedelta(minutes=settings.desk_idle_minutes)):
        parts.store.say(ticket.conversation, "event", said(parts, "utter_desk_returned", ticket))
    for ticket in tickets.unanswered(now - timedelta(minutes=settings.desk_nobody_minutes)):
        tickets.tell_unanswered(ticket.id, said(parts, "utter_desk_nobody", ticket))
    return alarms


def _once(parts: Desk, ticket: Ticket) -> bool:
    try:
        return parts.store.tickets.escalate(ticket.id)
    except UnknownTicket:  # erased meanwhile
        return False


async def _alarm(parts: Desk, client: httpx.AsyncClient, ticket: Ticket) -> None:
    """Post the alarm, without anything that the patient wrote; what came of it is noted on the ticket."""
    url = parts.settings.desk_webhook_url
    if not url:
        return
    content = {"event": "escalated", "number": ticket.number, "urgency": ticket.urgency, "ticket": ticket.id}
    try:
        answer = await client.post(url, json={**content, "opened_at": ticket.opened_at.isoformat()})
        answer.raise_for_status()
        outcome = "The alarm was passed on to DAOZHEN_DESK_WEBHOOK_URL."
    except httpx.HTTPError as error:
        outcome = f"The alarm could not be passed on to DAOZHEN_DESK_WEBHOOK_URL: {type(error).__name__}."
        logger.warning(outcome)
    await anyio.to_thread.run_sync(parts.store.tickets.note, ticket.id, "", outcome)
