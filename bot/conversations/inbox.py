"""What the desk sees: the queue of tickets, what happened to one, and what a search finds."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from bot.conversations.messages import COLUMNS
from bot.conversations.records import URGENCIES, Found, Inbox, Message, Ticket, TicketEvent, Urgency
from bot.conversations.tables import conversations, messages, ticket_events, tickets
from bot.conversations.tickets import TICKET
from bot.conversations.transactions import Transaction

_urgency_rank = sa.case({urgency: rank for rank, urgency in enumerate(URGENCIES)}, value=tickets.c.urgency)
_QUEUE = (_urgency_rank, tickets.c.opened_at, tickets.c.number)
"""The order of the queue: the most urgent first, then who has waited longest."""


def inbox(transaction: Transaction, which: Inbox) -> list[Ticket]:
    """The tickets that meet the conditions, in the order of the queue."""
    query = TICKET.where(*_conditions(which)).order_by(*_QUEUE).limit(which.limit).offset(which.offset)
    return [Ticket(**row._mapping) for row in transaction.execute(query)]


def _conditions(which: Inbox) -> list[Any]:
    conditions = [tickets.c.state.in_(which.states)]
    exact = {
        tickets.c.urgency: which.urgency,
        tickets.c.language: which.language,
        tickets.c.department: which.department,
        tickets.c.claimed_by: which.claimed_by,
        conversations.c.channel: which.channel,
        tickets.c.conversation: which.conversation,
    }
    conditions += [column == value for column, value in exact.items() if value is not None]
    text = which.text.strip()
    if text:
        number = text.lstrip("#")
        in_summary = contains(tickets.c.summary, text)
        by_number = tickets.c.number == int(number) if number.isdecimal() and len(number) < 10 else sa.false()
        conditions.append(sa.or_(in_summary, by_number))
    if which.opened_before is not None:
        conditions.append(tickets.c.opened_at < which.opened_before)
    if which.escalated is not None:
        conditions.append(tickets.c.escalated_at.is_not(None) if which.escalated else tickets.c.escalated_at.is_(None))
    return conditions


def contains(column: Any, text: str) -> Any:
    """The condition that a column holds a text, in whichever case of its letters."""
    pattern = text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return column.ilike(f"%{pattern}%", escape="\\")


def waiting(transaction: Transaction) -> Mapping[Urgency, int]:
    """How many tickets wait that nobody has claimed, for each urgency."""
    count = sa.select(tickets.c.urgency, sa.func.count()).where(tickets.c.state == "open").group_by(tickets.c.urgency)
    found = {urgency: number for urgency, number in transaction.execute(count)}
    return {urgency: found.get(urgency, 0) for urgency in URGENCIES}


def place(transaction: Transaction, ticket: Ticket) -> int | None:
    """A ticket's place in the queue of those that nobody has claimed, from 1; None if it is not in it."""
    if ticket.state != "open":
        return None
    rank = URGENCIES.index(ticket.urgency)
    earlier = sa.or_(
        tickets.c.opened_at < ticket.opened_at,
        sa.and_(tickets.c.opened_at == ticket.opened_at, tickets.c.number < ticket.number),
    )
    ahead = sa.or_(_urgency_rank < rank, sa.and_(_urgency_rank == rank, earlier))
    count: int = transaction.execute(sa.select(sa.func.count()).where(tickets.c.state == "open", ahead)).scalar_one()
    return count + 1


def place_of_new(transaction: Transaction, urgency: Urgency) -> int:
    """The place in that queue that a ticket opened now would have."""
    ahead = (tickets.c.state == "open", _urgency_rank <= URGENCIES.index(urgency))
    count: int = transaction.execute(sa.select(sa.func.count()).select_from(tickets).where(*ahead)).scalar_one()
    return count + 1


def answered(transaction: Transaction, since: datetime, limit: int) -> list[Ticket]:
    """The tickets of a wish for a person that staff first answered since a time, the newest first; emergencies are apart."""
    wishes = (tickets.c.replied_at >= since, tickets.c.urgency != "emergency")
    query = TICKET.where(*wishes).order_by(tickets.c.replied_at.desc()).limit(limit)
    return [Ticket(**row._mapping) for row in transaction.execute(query)]


def unanswered(transaction: Transaction, before: datetime) -> list[Ticket]:
    """Tickets opened before some time that nobody has claimed, of which the patient has not been told so."""
    told = sa.exists().where(ticket_events.c.ticket == tickets.c.id, ticket_events.c.kind == "unanswered")
    query = TICKET.where(tickets.c.state == "open", tickets.c.opened_at < before, ~told).order_by(*_QUEUE)
    return [Ticket(**row._mapping) for row in transaction.execute(query)]


def events(transaction: Transaction, ticket_id: str) -> list[TicketEvent]:
    """What happened to a ticket, in order."""
    query = sa.select(ticket_events).where(ticket_events.c.ticket == ticket_id).order_by(ticket_events.c.id)
    return [TicketEvent(**row._mapping) for row in transaction.execute(query)]


def search(transaction: Transaction, text: str, limit: int) -> list[Found]:
    """Messages that hold a text, the newest first; what was masked cannot be found."""
    newest = (
        sa.select(tickets.c.id)
        .where(tickets.c.conversation == messages.c.conversation)
        .order_by(tickets.c.number.desc())
        .limit(1)
        .scalar_subquery()
        .label("ticket")
    )
    query = sa.select(*(messages.c[name] for name in COLUMNS), newest).where(contains(messages.c.text, text))
    rows = transaction.execute(query.order_by(messages.c.created_at.desc(), messages.c.seq.desc()).limit(limit))
    return [Found(Message(**{name: row._mapping[name] for name in COLUMNS}), row.ticket) for row in rows]
