"""What staff do with tickets: one transaction a method. `Store.tickets` is one."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime, timedelta

from bot.conversations import inbox, tickets
from bot.conversations import messages as said
from bot.conversations.records import Found, Inbox, Message, Reply, Ticket, TicketEvent, Urgency
from bot.conversations.transactions import Transactions


class TicketStore:
    """Tickets as the desk sees them. Staff are named by an id of the desk's; who may do what is the desk's business.

    Methods block (a few milliseconds). Those given a ticket's id raise UnknownTicket where it does not exist or was erased.
    An `event` is stored in the conversation in the same transaction, for the patient to read.
    """

    def __init__(self, transactions: Transactions) -> None:
        self._transactions = transactions

    # Reading

    def inbox(self, which: Inbox | None = None) -> list[Ticket]:
        """Tickets, the most urgent first, then who has waited longest; all that are open or claimed, if not told which."""
        with self._transactions.reading() as transaction:
            return inbox.inbox(transaction, which or Inbox())

    def ticket(self, ticket_id: str) -> Ticket:
        """One ticket."""
        with self._transactions.reading() as transaction:
            return tickets.find(transaction, ticket_id)

    def events(self, ticket_id: str) -> list[TicketEvent]:
        """What happened to a ticket, in order; nothing, if it does not exist."""
        with self._transactions.reading() as transaction:
            return inbox.events(transaction, ticket_id)

    def place(self, ticket_id: str) -> int | None:
        """A ticket's place in the queue of those that nobody has claimed, from 1; None if it is not in it."""
        with self._transactions.reading() as transaction:
            return inbox.place(transaction, tickets.find(transaction, ticket_id))

    def place_of_new(self, urgency: Urgency) -> int:
        """The place in that queue that a ticket opened now would have."""
        with self._transactions.reading() as transaction:
            return inbox.place_of_new(transaction, urgency)

    def answered(self, since: datetime, limit: int = 100) -> list[Ticket]:
        """The tickets, emergencies aside, that staff first answered since a time, the newest first."""
        with self._transactions.reading() as transaction:
            return inbox.answered(transaction, since, limit)

    def waiting(self) -> Mapping[Urgency, int]:
        """How many tickets wait that nobody has claimed, for each urgency."""
        with self._transactions.reading() as transaction:
            return inbox.waiting(transaction)

    def search(self, text: str, limit: int = 50) -> list[Found]:
        """Messages of all conversations that hold a text, as it was masked; the newest first."""
        with self._transactions.reading() as transaction:
            return inbox.search(transaction, text, limit)

    # Working

    def claim(self, ticket_id: str, staff: str, event: Reply | None = None) -> tuple[Ticket, bool]:
        """Take a ticket; of several who try at once, one gets it. The bot is silent while it is claimed.

        Returns:
            The ticket as it stands, and whether it is theirs (claiming one's own again is no error).
        """
        with self._transactions.writing() as transaction:
            return tickets.claim(transaction, *tickets.lock(transaction, ticket_id), staff, event)

    def unclaim(self, ticket_id: str, author: str, event: Reply | None = None) -> Ticket:
        """Put a claimed ticket back into the queue; the bot answers again."""
        with self._transactions.writing() as transaction:
            return tickets.unclaim(transaction, *tickets.lock(transaction, ticket_id), author, event)

    def assign(
        self, ticket_id: str, author: str, to: str, held_by: str | None, event: Reply | None = None
    ) -> tuple[Ticket, bool]:
        """Hand a ticket to a colleague, if the one who is believed to hold it (None: nobody) does.

        Returns:
            The ticket as it stands, and whether it was handed over.
        """
        with self._transactions.writing() as transaction:
            return tickets.assign(transaction, *tickets.lock(transaction, ticket_id), author, to, held_by, event)

    def reply(self, ticket_id: str, staff: str, reply: Reply, author: str, once: str | None = None) -> Message | None:
        """Answer the patient, under the name `author`.

        Args:
            once: an id of the sender's own; the same one again stores nothing and finds what was stored.

        Returns:
            The message; None, and nothing stored, if the ticket is not theirs (any more).
        """
        # Patients choose ids too, in the same column: theirs cannot be this one.
        message_id = None if once is None else hashlib.sha256(f"{ticket_id}:{staff}:{once}".encode()).hexdigest()[:32]
        with self._transactions.writing() as transaction:
            conversation, ticket = tickets.lock(transaction, ticket_id)
            stored = None if message_id is None else said.find(transaction, conversation.id, message_id)
            if stored is not None:
                return stored
            if ticket.state != "claimed" or ticket.claimed_by != staff:
                return None
            tickets.replied(transaction, conversation)
            return said.say(transaction, conversation, "staff", [reply], None, author, message_id)[0]

    def note(self, ticket_id: str, author: str, text: str) -> None:
        """Leave a note for colleagues, on a ticket in any state."""
        with self._transactions.writing() as transaction:
            _, ticket = tickets.lock(transaction, ticket_id)
            tickets.log(transaction, ticket, "note", author, text)
            tickets.change(transaction, ticket, touched_at=transaction.now)

    def set_urgency(self, ticket_id: str, author: str, urgency: Urgency) -> Ticket:
        """Change how urgent a ticket is that is open or claimed."""
        with self._transactions.writing() as transaction:
            return tickets.set_urgency(transaction, tickets.lock(transaction, ticket_id)[1], author, urgency)

    def close(self, ticket_id: str, author: str, outcome: str, event: Reply | None = None) -> tuple[Ticket, bool]:
        """Close a ticket of one's own or of nobody's; the bot answers again.

        Returns:
            The ticket as it stands, and whether this closed it.
        """
        with self._transactions.writing() as transaction:
            return tickets.close(transaction, *tickets.lock(transaction, ticket_id), author, outcome, event)

    # By the clock

    def escalate(self, ticket_id: str) -> bool:
        """Mark a ticket that nobody claimed in time; True for one caller alone, who then raises the alarm."""
        with self._transactions.writing() as transaction:
            return tickets.escalate(transaction, tickets.lock(transaction, ticket_id)[1])

    def unanswered(self, before: datetime) -> list[Ticket]:
        """Tickets opened before some time that nobody has claimed and whose patients have not been told so."""
        with self._transactions.reading() as transaction:
            return inbox.unanswered(transaction, before)

    def tell_unanswered(self, ticket_id: str, event: Reply) -> bool:
        """Tell the patient, once, that nobody has answered; whether this told them."""
        with self._transactions.writing() as transaction:
            return tickets.tell_unanswered(transaction, *tickets.lock(transaction, ticket_id), event)

    def return_idle(self, idle_for: timedelta, event: Reply | None = None) -> list[Ticket]:
        """Put claimed tickets that their holders have not touched for so long back into the queue."""
        now = self._transactions.clock()
        claimed = self.inbox(Inbox(states=("claimed",), limit=10_000))
        return [
            returned
            for ticket in claimed
            if ticket.touched_at <= now - idle_for
            for returned in self._return(ticket, idle_for, event)
        ]

    def _return(self, ticket: Ticket, idle_for: timedelta, event: Reply | None) -> list[Ticket]:
        with self._transactions.writing() as transaction:
            conversation = transaction.lock_if_there(ticket.conversation)
            if conversation is None:
                return []
            current = tickets.find(transaction, ticket.id)
            if current.state != "claimed" or current.touched_at > transaction.now - idle_for:
                return []
            return [tickets.unclaim(transaction, conversation, current, None, event, kind="returned")]
