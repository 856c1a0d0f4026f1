"""Tickets: conversations that wait for a person. Opening and withdrawing them, on a locked conversation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from bot.conversations import messages as said
from bot.conversations.connect import storable
from bot.conversations.records import URGENCIES, Conversation, NewTicket, Reply, Ticket, UnknownTicket
from bot.conversations.tables import conversations, ticket_events, tickets
from bot.conversations.transactions import Transaction, new_id

_TICKET = sa.select(
    *(tickets.c[name] for name in Ticket.__dataclass_fields__ if name != "channel"), conversations.c.channel
).select_from(tickets.join(conversations))


def find(transaction: Transaction, ticket_id: str) -> Ticket:
    """A ticket.

    Raises:
        UnknownTicket: if it does not exist.
    """
    row = transaction.execute(_TICKET.where(tickets.c.id == ticket_id)).first()
    if row is None:
        raise UnknownTicket(f"ticket {ticket_id} does not exist or was erased")
    return Ticket(**row._mapping)


def open_ticket(transaction: Transaction, conversation: Conversation, new: NewTicket, event: Reply | None) -> Ticket:
    """Open a ticket, with an event for the patient; or raise the urgency of the one that is open, if the new is higher."""
    if conversation.ticket is not None:
        return _raise(transaction, find(transaction, conversation.ticket), new)
    ticket_id = new_id()
    if event is not None:
        said.say(transaction, conversation, "event", [event])
    opened_seq = sa.select(conversations.c.last_seq).where(conversations.c.id == conversation.id).scalar_subquery()
    row = {
        "id": ticket_id,
        "conversation": conversation.id,
        "urgency": new.urgency,
        "language": new.language,
        "department": new.department,
        "summary": storable(new.summary),
        "reason": new.reason,
        "state": "open",
        "opened_at": transaction.now,
        "touched_at": transaction.now,
    }
    transaction.execute(tickets.insert().values(**row, opened_seq=opened_seq))
    note(transaction, conversation.id, ticket_id, "opened", body={"urgency": new.urgency, "reason": new.reason})
    transaction.wake(f"conversation:{conversation.id}", "mode")
    return find(transaction, ticket_id)


def _raise(transaction: Transaction, ticket: Ticket, new: NewTicket) -> Ticket:
    if URGENCIES.index(new.urgency) >= URGENCIES.index(ticket.urgency):
        return ticket
    change(transaction, ticket.id, urgency=new.urgency, summary=storable(new.summary), reason=new.reason)
    body = {"from": ticket.urgency, "to": new.urgency, "reason": new.reason}
    note(transaction, ticket.conversation, ticket.id, "raised", body=body)
    return find(transaction, ticket.id)


def withdraw_ticket(transaction: Transaction, conversation: Conversation, event: Reply) -> Ticket | None:
    """The patient takes back the wish for a person; None if there is no open ticket. The bot answers again."""
    if conversation.ticket is None:
        return None
    end(transaction, conversation, conversation.ticket, "withdrawn", None)
    said.say(transaction, conversation, "event", [event])
    note(transaction, conversation.id, conversation.ticket, "withdrawn")
    return find(transaction, conversation.ticket)


def end(transaction: Transaction, conversation: Conversation, ticket_id: str, state: str, outcome: str | None) -> None:
    """End a ticket as "closed" or "withdrawn", and give the conversation back to the bot."""
    last_seq = sa.select(conversations.c.last_seq).where(conversations.c.id == conversation.id).scalar_subquery()
    change(transaction, ticket_id, state=state, outcome=outcome, closed_at=transaction.now, closed_seq=last_seq)
    transaction.change(conversation.id, mode="bot")
    transaction.wake(f"conversation:{conversation.id}", "mode")


def change(transaction: Transaction, ticket_id: str, **values: Any) -> None:
    """Set columns of a ticket."""
    transaction.execute(tickets.update().where(tickets.c.id == ticket_id).values(**values))


def note(
    transaction: Transaction,
    conversation_id: str,
    ticket_id: str,
    kind: str,
    author: str | None = None,
    text: str = "",
    body: Mapping[str, Any] | None = None,
) -> None:
    """Write down what happened to a ticket, and wake the desk."""
    row = {
        "kind": kind,
        "author": author,
        "text": storable(text),
        "body": dict(body or {}),
        "created_at": transaction.now,
    }
    transaction.execute(ticket_events.insert().values(ticket=ticket_id, **row))
    transaction.wake("desk", kind)
    transaction.wake(f"conversation:{conversation_id}", "ticket")
