"""Tickets: conversations that wait for a person. What changes them, within a transaction, on a locked conversation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from bot.conversations import messages as said
from bot.conversations.connect import storable
from bot.conversations.records import URGENCIES, Conversation, NewTicket, Reply, Ticket, UnknownTicket, Urgency
from bot.conversations.tables import conversations, messages, ticket_events, tickets
from bot.conversations.transactions import FREE, Transaction, new_id

TICKET = sa.select(
    *(tickets.c[name] for name in Ticket.__dataclass_fields__ if name != "channel"), conversations.c.channel
).select_from(tickets.join(conversations))
_MINE = conversations.c.id == sa.bindparam("mine")
_LAST_SEQ = sa.select(conversations.c.last_seq).where(_MINE)


def find(transaction: Transaction, ticket_id: str) -> Ticket:
    """A ticket.

    Raises:
        UnknownTicket: if it does not exist.
    """
    row = transaction.execute(TICKET.where(tickets.c.id == ticket_id)).first()
    if row is None:
        raise UnknownTicket(f"ticket {ticket_id} does not exist or was erased")
    return Ticket(**row._mapping)


def lock(transaction: Transaction, ticket_id: str) -> tuple[Conversation, Ticket]:
    """A ticket with its conversation, locked.

    Raises:
        UnknownTicket: if it does not exist.
    """
    conversation = transaction.lock_if_there(find(transaction, ticket_id).conversation)
    ticket = find(transaction, ticket_id)  # as it is now that nobody else changes it
    assert conversation is not None
    return conversation, ticket


# What a patient's conversation does


def open_ticket(transaction: Transaction, conversation: Conversation, new: NewTicket, event: Reply | None) -> Ticket:
    """Open a ticket, with an event for the patient; or raise the urgency of the one that is open, if the new is higher."""
    if conversation.ticket is not None:
        return _raise(transaction, find(transaction, conversation.ticket), new)
    if event is not None:
        said.say(transaction, conversation, "event", [event])
    row = {
        "id": new_id(),
        "conversation": conversation.id,
        "urgency": new.urgency,
        "language": new.language,
        "department": new.department,
        "summary": storable(new.summary),
        "reason": new.reason,
        "state": "open",
        "opened_at": transaction.now,
        "opened_seq": transaction.execute(_LAST_SEQ, {"mine": conversation.id}).scalar_one(),
        "touched_at": transaction.now,
    }
    transaction.execute(tickets.insert().values(**row))
    ticket = find(transaction, row["id"])
    log(transaction, ticket, "opened", body={"urgency": new.urgency, "reason": new.reason})
    transaction.wake(f"conversation:{conversation.id}", "mode")
    return ticket


def _raise(transaction: Transaction, ticket: Ticket, new: NewTicket) -> Ticket:
    if URGENCIES.index(new.urgency) >= URGENCIES.index(ticket.urgency):
        return ticket
    log(transaction, ticket, "raised", body={"from": ticket.urgency, "to": new.urgency, "reason": new.reason})
    return change(transaction, ticket, urgency=new.urgency, summary=storable(new.summary), reason=new.reason)


def withdraw(transaction: Transaction, conversation: Conversation, event: Reply) -> Ticket | None:
    """The patient takes back the wish for a person; None if there is no open ticket. The bot answers again."""
    if conversation.ticket is None:
        return None
    ticket = find(transaction, conversation.ticket)
    said.say(transaction, conversation, "event", [event])
    log(transaction, ticket, "withdrawn")
    return _end(transaction, ticket, "withdrawn", None)


def replied(transaction: Transaction, conversation: Conversation) -> None:
    """Note on the open ticket that staff answered the patient."""
    if conversation.ticket is not None:
        ticket = find(transaction, conversation.ticket)
        change(transaction, ticket, touched_at=transaction.now, replied_at=ticket.replied_at or transaction.now)
        transaction.wake("desk", "reply")


# What staff do


def claim(
    transaction: Transaction, conversation: Conversation, ticket: Ticket, staff: str, event: Reply | None
) -> tuple[Ticket, bool]:
    """Take an open ticket: the bot is silent from now on. The ticket as it stands, and whether it is theirs."""
    if ticket.state != "open":
        return ticket, ticket.state == "claimed" and ticket.claimed_by == staff
    log(transaction, ticket, "claimed", staff)
    return _give(transaction, conversation, ticket, staff, event), True


def assign(
    transaction: Transaction,
    conversation: Conversation,
    ticket: Ticket,
    author: str,
    to: str,
    held_by: str | None,
    event: Reply | None,
) -> tuple[Ticket, bool]:
    """Hand a ticket to a colleague; False if it is closed, or someone else holds it than the author believes."""
    if ticket.state not in ("open", "claimed") or ticket.claimed_by != held_by:
        return ticket, False
    log(transaction, ticket, "assigned", author, body={"from": held_by, "to": to})
    return _give(transaction, conversation, ticket, to, event), True


def _give(
    transaction: Transaction, conversation: Conversation, ticket: Ticket, staff: str, event: Reply | None
) -> Ticket:
    silence_bot(transaction, conversation)
    _tell(transaction, conversation, event)
    now = transaction.now
    return change(transaction, ticket, state="claimed", claimed_by=staff, claimed_at=now, touched_at=now)


def unclaim(
    transaction: Transaction,
    conversation: Conversation,
    ticket: Ticket,
    author: str | None,
    event: Reply | None,
    kind: str = "unclaimed",
) -> Ticket:
    """Put a claimed ticket back into the queue; the bot answers again. One that is not claimed stays as it is."""
    if ticket.state != "claimed":
        return ticket
    log(transaction, ticket, kind, author, body={"from": ticket.claimed_by})
    _tell(transaction, conversation, event)
    _wake_bot(transaction, ticket)
    return change(transaction, ticket, state="open", claimed_by=None, claimed_at=None, touched_at=transaction.now)


def close(
    transaction: Transaction,
    conversation: Conversation,
    ticket: Ticket,
    author: str,
    outcome: str,
    event: Reply | None,
) -> tuple[Ticket, bool]:
    """Close a ticket that nobody else holds, and give the conversation back to the bot."""
    if ticket.state not in ("open", "claimed") or ticket.claimed_by not in (None, author):
        return ticket, False
    _tell(transaction, conversation, event)
    log(transaction, ticket, "closed", author, body={"outcome": outcome})
    return _end(transaction, ticket, "closed", outcome), True


def set_urgency(transaction: Transaction, ticket: Ticket, author: str, urgency: Urgency) -> Ticket:
    """Change how urgent an open ticket is."""
    if ticket.urgency == urgency or ticket.state not in ("open", "claimed"):
        return ticket
    log(transaction, ticket, "urgency", author, body={"from": ticket.urgency, "to": urgency})
    return change(transaction, ticket, urgency=urgency, touched_at=transaction.now)


def escalate(transaction: Transaction, ticket: Ticket) -> bool:
    """Mark a ticket that nobody claimed in time; True for the first who does, who then raises the alarm."""
    if ticket.state != "open" or ticket.escalated_at is not None:
        return False
    log(transaction, ticket, "escalated")
    change(transaction, ticket, escalated_at=transaction.now)
    return True


def tell_unanswered(transaction: Transaction, conversation: Conversation, ticket: Ticket, event: Reply) -> bool:
    """Tell the patient, once for each ticket, that nobody has answered; False if that is done or no longer so."""
    mine = (ticket_events.c.ticket == ticket.id, ticket_events.c.kind == "unanswered")
    told = transaction.execute(sa.select(ticket_events.c.id).where(*mine)).first()
    if ticket.state != "open" or told is not None:
        return False
    said.say(transaction, conversation, "event", [event])
    log(transaction, ticket, "unanswered")
    return True


# Shared


def silence_bot(transaction: Transaction, conversation: Conversation) -> None:
    """A person takes over: what waits for the bot is theirs now, and a reply being made will not be stored."""
    waiting = (messages.c.conversation == conversation.id, messages.c.waiting)
    transaction.execute(messages.update().where(*waiting).values(waiting=False))
    transaction.change(conversation.id, mode="person", **FREE)
    transaction.wake(f"conversation:{conversation.id}", "mode")


def _wake_bot(transaction: Transaction, ticket: Ticket) -> None:
    transaction.change(ticket.conversation, mode="bot")
    transaction.wake(f"conversation:{ticket.conversation}", "mode")


def _end(transaction: Transaction, ticket: Ticket, state: str, outcome: str | None) -> Ticket:
    """End a ticket; its thread reaches to here."""
    _wake_bot(transaction, ticket)
    last_seq = transaction.execute(_LAST_SEQ, {"mine": ticket.conversation}).scalar_one()
    values = {"closed_at": transaction.now, "closed_seq": last_seq, "touched_at": transaction.now}
    return change(transaction, ticket, state=state, outcome=outcome, **values)


def _tell(transaction: Transaction, conversation: Conversation, event: Reply | None) -> None:
    if event is not None:
        said.say(transaction, conversation, "event", [event])


def change(transaction: Transaction, ticket: Ticket, **values: Any) -> Ticket:
    """Set columns of a ticket; the ticket as it is then."""
    transaction.execute(tickets.update().where(tickets.c.id == ticket.id).values(**values))
    return find(transaction, ticket.id)


def log(
    transaction: Transaction,
    ticket: Ticket,
    kind: str,
    author: str | None = None,
    text: str = "",
    body: Mapping[str, Any] | None = None,
) -> None:
    """Write down what happened to a ticket, and wake the desk."""
    row = {"kind": kind, "author": author, "text": storable(text), "body": body or {}, "created_at": transaction.now}
    transaction.execute(ticket_events.insert().values(ticket=ticket.id, **row))
    transaction.wake("desk", kind)
    transaction.wake(f"conversation:{ticket.conversation}", "ticket")
