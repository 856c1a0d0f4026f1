"""What the store takes and gives: plain frozen records. All points in time are aware datetimes in UTC."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Any, Literal

Channel = Literal["widget", "telegram", "desk"]
Language = Literal["en", "zh"]
Script = Literal["simplified", "traditional"]
Mode = Literal["bot", "person"]
Sender = Literal["patient", "bot", "staff", "event"]
DeliveryState = Literal["pending", "delivered", "undeliverable"]
Urgency = Literal["emergency", "clinical", "service", "information"]
TicketState = Literal["open", "claimed", "closed", "withdrawn"]

URGENCIES: tuple[Urgency, ...] = ("emergency", "clinical", "service", "information")
"""From the most urgent to the least."""
PUSHING: frozenset[str] = frozenset({"telegram"})
"""The channels that must be sent what is said to the patient; the others come and read it."""


def utc_now() -> datetime:
    """The time now."""
    return datetime.now(timezone.utc)


class StoreError(Exception):
    """What was asked of the store cannot be done. The message holds ids, never a patient's words."""


class UnknownConversation(StoreError):
    """The conversation does not exist, or has been erased."""


class UnknownMessage(StoreError):
    """The conversation has no such message."""


class UnknownTicket(StoreError):
    """The ticket does not exist, or its conversation has been erased."""


@dataclass(frozen=True)
class Conversation:
    """One person on one channel. `language` and `script` are set where the person pinned them; `ticket` is the open one's id."""

    id: str
    channel: Channel
    address: str | None
    language: Language | None
    script: Script | None
    mode: Mode
    department: str | None
    page: str | None
    created_at: datetime
    last_seq: int
    ticket: str | None


@dataclass(frozen=True)
class Message:
    """One thing said. A patient's `text` is masked; `original` is what was written, where it differs and is still kept.

    `kind` of a patient's message: "text", "button", "command" or "media" (something that is not text); of the bot's: the reply's
    kind; of an event: what happened.
    `reply_to` is the seq of the patient's message that this answers. `author` is the staff name shown to the patient.
    """

    conversation: str
    seq: int
    id: str
    sender: Sender
    text: str
    original: str | None
    kind: str
    body: Mapping[str, Any]
    reply_to: int | None
    author: str | None
    created_at: datetime
    delivery: DeliveryState


@dataclass(frozen=True)
class Reply:
    """Something to say to the patient: `body` holds buttons, source, topic and whatever else belongs to it, as JSON."""

    text: str
    kind: str
    body: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class NewTicket:
    """A ticket to be opened. `summary` is one sentence, masked; `reason` says what led to it ("gate", "asked", "fallback", …)."""

    urgency: Urgency
    summary: str
    department: str | None
    language: str | None
    reason: str


@dataclass(frozen=True)
class Ticket:
    """A conversation that waits for a person.

    `claimed_by` is a staff member's id; `touched_at` when staff last did something with it; `replied_at` when staff first
    answered the patient; `opened_seq` the conversation's last message when it was opened.
    """

    id: str
    number: int
    conversation: str
    channel: Channel
    urgency: Urgency
    language: str | None
    department: str | None
    summary: str
    reason: str
    state: TicketState
    opened_at: datetime
    opened_seq: int
    claimed_by: str | None
    claimed_at: datetime | None
    touched_at: datetime
    replied_at: datetime | None
    closed_at: datetime | None
    outcome: str | None
    escalated_at: datetime | None


@dataclass(frozen=True)
class TicketEvent:
    """Something that happened to a ticket, for staff alone.

    `kind`: "opened", "raised", "urgency", "claimed", "unclaimed", "returned", "assigned", "note", "undeliverable", "escalated",
    "unanswered", "closed" or "withdrawn". `author` is a staff member's id; none where the patient or the system did it.
    """

    id: int
    ticket: str
    kind: str
    author: str | None
    text: str
    body: Mapping[str, Any]
    created_at: datetime


@dataclass(frozen=True)
class Inbox:
    """Which tickets to list: those that meet every condition given. `text` is looked for in summaries; a number is a ticket's."""

    states: tuple[TicketState, ...] = ("open", "claimed")
    urgency: Urgency | None = None
    language: str | None = None
    department: str | None = None
    channel: Channel | None = None
    conversation: str | None = None
    claimed_by: str | None = None
    text: str = ""
    opened_before: datetime | None = None
    escalated: bool | None = None
    limit: int = 200
    offset: int = 0


@dataclass(frozen=True)
class Found:
    """A message that a search found, with the id of its conversation's newest ticket, if it has had one."""

    message: Message
    ticket: str | None


@dataclass(frozen=True)
class Delivery:
    """A message leased to whoever sends it on a pushing channel.

    `tries` counts the leases, this one included; `unsure` the earlier ones of which nobody knows whether the message went out;
    `parts` the parts of a long message that are known to be sent.
    """

    conversation: Conversation
    message: Message
    token: str
    tries: int
    unsure: int
    parts: int


@dataclass(frozen=True)
class Update:
    """What a channel's server sent, leased to whoever deals with it. `tries` counts the leases, this one included."""

    channel: str
    id: int
    person: str
    body: Mapping[str, Any]
    token: str
    tries: int


@dataclass(frozen=True)
class Backlog:
    """How many messages wait for the bot, and since when the oldest does."""

    messages: int
    since: datetime | None


@dataclass(frozen=True)
class Work:
    """A message leased to whoever makes the reply. `tries` counts the leases of this message, this one included."""

    conversation: Conversation
    message: Message
    token: str
    tries: int
