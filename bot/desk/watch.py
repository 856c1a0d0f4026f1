"""What happens at the desk by the clock: alarms for emergencies nobody claims, idle tickets back into the queue, an honest word to
patients whom nobody answers. Several gateways may run it side by side: each alarm and each word goes out once.
"""

from __future__ import annotations

import asyncio
import logging
import smtplib
from datetime import timedelta
from email.message import EmailMessage

import anyio.to_thread
import httpx
from sqlalchemy.exc import SQLAlchemyError

from bot.conversations.records import Inbox, Ticket, UnknownTicket
from bot.desk.services import Desk
from bot.desk.tickets import said
from bot.settings import Settings

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
    """Pass the alarm on, without anything that the patient wrote; what came of it is noted on the ticket."""
    settings = parts.settings
    if settings.desk_webhook_url:
        await _note(parts, ticket, "DAOZHEN_DESK_WEBHOOK_URL", await _post(client, settings.desk_webhook_url, ticket))
    if settings.desk_mail_server and settings.desk_mail_to:
        await _note(parts, ticket, "DAOZHEN_DESK_MAIL_TO", await anyio.to_thread.run_sync(_mail, settings, ticket))


async def _note(parts: Desk, ticket: Ticket, where: str, trouble: str) -> None:
    outcome = f"could not be passed on to {where}: {trouble}" if trouble else f"was passed on to {where}"
    if trouble:
        logger.warning("The alarm of ticket %d %s.", ticket.number, outcome)
    try:
        await anyio.to_thread.run_sync(parts.store.tickets.note, ticket.id, "", f"The alarm {outcome}.")
    except UnknownTicket:  # erased meanwhile
        return


async def _post(client: httpx.AsyncClient, url: str, ticket: Ticket) -> str:
    """Post it; what went wrong, or nothing."""
    content = {"event": "escalated", "number": ticket.number, "urgency": ticket.urgency, "ticket": ticket.id}
    try:
        answer = await client.post(url, json={**content, "opened_at": ticket.opened_at.isoformat()})
        answer.raise_for_status()
    except httpx.HTTPError as error:
        return type(error).__name__
    return ""


def _mail(settings: Settings, ticket: Ticket) -> str:
    """Mail it; what went wrong, or nothing. Blocks."""
    message = EmailMessage()
    message["Subject"] = f"Daozhen 导诊: ticket {ticket.number}, an emergency that nobody has claimed 急症无人接手"
    message["From"], message["To"] = settings.desk_mail_from, ", ".join(settings.desk_mail_to)
    message.set_content(
        f"Ticket {ticket.number} has waited since {ticket.opened_at:%Y-%m-%d %H:%M} UTC. Please open the front desk.\n"
        f"{ticket.number}号急症记录还没有人接手，请打开导诊台页面。\n"
    )
    host, _, port = settings.desk_mail_server.partition(":")
    try:
        with smtplib.SMTP(host, int(port), timeout=PATIENCE) as server:
            server.send_message(message)
    except (OSError, smtplib.SMTPException) as error:
        return type(error).__name__
    return ""
