"""What the desk's JSON interface takes and gives. Times are ISO 8601, in UTC. Unknown keys are refused."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal, Optional

from pydantic import BaseModel, Extra, Field

from bot.conversations import records
from bot.desk.accounts import Account

Urgency = Literal["emergency", "clinical", "service", "information"]
Language = Literal["en", "zh"]
Outcome = Literal["answered", "referred", "no_answer", "spam", "other"]
LONGEST_REPLY = 4000
"""Characters of a reply or note."""


class Strict(BaseModel):
    """What comes in."""

    class Config:
        """See pydantic."""

        extra = Extra.forbid


class ReplyIn(Strict):
    """A reply to the patient; `id` is chosen by the sender, anew for every reply."""

    id: Optional[str] = Field(None, min_length=1, max_length=64)  # noqa: UP045
    text: str = Field(..., min_length=1, max_length=LONGEST_REPLY)


class NoteIn(Strict):
    """A note for colleagues."""

    text: str = Field(..., min_length=1, max_length=LONGEST_REPLY)


class UrgencyIn(Strict):
    """How urgent a ticket is."""

    urgency: Urgency


class CloseIn(Strict):
    """How it ended."""

    outcome: Outcome


class AssignIn(Strict):
    """To whom, and who is believed to hold it now (nobody: null)."""

    to: str
    held_by: Optional[str] = None  # noqa: UP045  # pydantic 1


class AskIn(Strict):
    """A question of somebody at the counter or on the telephone."""

    text: str = Field(..., min_length=1, max_length=1000)


class MeIn(Strict):
    """What somebody sets for themselves."""

    language: Optional[Literal["en", "zh"]] = None  # noqa: UP045
    display_name: Optional[str] = Field(None, min_length=1, max_length=40)  # noqa: UP045
    sound: Optional[bool] = None  # noqa: UP045


class AccountIn(Strict):
    """A new account."""

    name: str
    display_name: str = Field("", max_length=40)
    role: Literal["staff", "lead"] = "staff"


class AccountChange(Strict):
    """What changes of an account."""

    role: Optional[Literal["staff", "lead"]] = None  # noqa: UP045
    disabled: Optional[bool] = None  # noqa: UP045


class Person(BaseModel):
    """A member of staff, as colleagues see one."""

    id: str
    display_name: str
    role: str


class AccountOut(Person):
    """An account, as those see it who lead the desk."""

    name: str
    disabled: bool

    @classmethod
    def of(cls, account: Account) -> AccountOut:
        """An account of bot.desk.accounts."""
        return cls(**_person(account), name=account.name, disabled=account.disabled_at is not None)


class Link(BaseModel):
    """A one-time link, as a path."""

    link: str


class Me(Person):
    """Whoever is signed in."""

    name: str
    language: Optional[str]  # noqa: UP045
    sound: bool
    csrf: str


class Ticket(BaseModel):
    """A ticket in the inbox.

    `waiting_seconds` since it was opened, until it was claimed or ended; `late`: it waits, longer than its urgency allows.
    """

    id: str
    number: int
    conversation: str
    channel: str
    urgency: str
    language: Optional[str]  # noqa: UP045
    department: Optional[str]  # noqa: UP045
    summary: str
    reason: str
    state: str
    opened_at: datetime
    claimed_by: Optional[Person]  # noqa: UP045
    replied_at: Optional[datetime]  # noqa: UP045
    closed_at: Optional[datetime]  # noqa: UP045
    outcome: Optional[str]  # noqa: UP045
    escalated_at: Optional[datetime]  # noqa: UP045
    waiting_seconds: int
    late: bool

    @classmethod
    def of(
        cls, ticket: records.Ticket, people: Mapping[str, Account], now: datetime, targets: Mapping[str, int]
    ) -> Ticket:
        """A ticket of the store; `targets`: in how many minutes one of each urgency is to be claimed."""
        until = ticket.claimed_at or ticket.closed_at or now
        fields = {name: getattr(ticket, name) for name in cls.__fields__ if hasattr(ticket, name)}
        holder = people.get(ticket.claimed_by or "")
        claimed_by = Person(**_person(holder)) if holder else None
        waited = max(0, int((until - ticket.opened_at).total_seconds()))
        late = ticket.state == "open" and waited > 60 * targets[ticket.urgency]
        return cls(**{**fields, "claimed_by": claimed_by, "waiting_seconds": waited, "late": late})


class Inbox(BaseModel):
    """The tickets asked for, and how many wait for each urgency."""

    tickets: list[Ticket]
    waiting: dict[str, int]
    now: datetime


class Understood(BaseModel):
    """What the bot made of a message."""

    intent: Optional[str]  # noqa: UP045
    confidence: Optional[float]  # noqa: UP045
    entities: list[str]
    rule: Optional[str]  # noqa: UP045


class Message(BaseModel):
    """One thing said. `original` is what was written before masking, where it is still kept."""

    seq: int
    sender: str
    text: str
    original: Optional[str]  # noqa: UP045
    kind: str
    author: Optional[str]  # noqa: UP045
    at: datetime
    delivery: str
    source: Optional[str]  # noqa: UP045
    understood: Optional[Understood]  # noqa: UP045

    @classmethod
    def of(cls, message: records.Message) -> Message:
        """A message of the store."""
        fields = {
            name: getattr(message, name) for name in ("seq", "sender", "text", "original", "kind", "author", "delivery")
        }
        source = (message.body.get("source") or {}).get("text")
        return cls(**fields, at=message.created_at, source=source, understood=_understood(message.body))


class Event(BaseModel):
    """Something that happened to a ticket."""

    kind: str
    author: Optional[Person]  # noqa: UP045
    text: str
    body: dict[str, Any]
    at: datetime


class Thread(BaseModel):
    """A ticket with all that was said and done."""

    ticket: Ticket
    thread: list[Message]
    events: list[Event]
    place: Optional[int]  # noqa: UP045


class Past(BaseModel):
    """A conversation with its tickets, the last one first."""

    conversation: str
    channel: str
    language: Optional[str]  # noqa: UP045
    department: Optional[str]  # noqa: UP045
    opened_at: datetime
    tickets: list[Ticket]
    thread: list[Message]


class Claimed(BaseModel):
    """Whether a ticket is theirs now."""

    ticket: Ticket
    won: bool


class Found(BaseModel):
    """A message that a search found."""

    conversation: str
    ticket: Optional[str]  # noqa: UP045
    seq: int
    text: str
    at: datetime


class Searched(BaseModel):
    """What a search found: tickets by number or summary, and messages."""

    tickets: list[Ticket]
    messages: list[Found]


class Suggestion(BaseModel):
    """Something that could be said, by language, and where it comes from with its date."""

    label: str
    texts: dict[str, str]
    sources: dict[str, str]


class Reading(BaseModel):
    """What a question may mean: an intent, and the question that stands for it."""

    intent: str
    text: str


class Asked(BaseModel):
    """How the bot triages a question, and its answers. `urgency`: of a ticket that would be opened for it."""

    verdict: str
    urgency: Urgency
    department: Optional[str]  # noqa: UP045
    rule: Optional[str]  # noqa: UP045
    emergency: Optional[dict[str, str]]  # noqa: UP045
    kind: Optional[str]  # noqa: UP045
    readings: list[Reading]
    answers: list[Suggestion]


def _person(account: Account) -> dict[str, Any]:
    return {"id": account.id, "display_name": account.display_name, "role": account.role}


def _understood(body: Mapping[str, Any]) -> Understood | None:
    found = body.get("understood") or {}
    rule = body.get("rule") or (found.get("gate") or {}).get("rule")
    if not found and not rule:
        return None
    intent = found.get("intent") or {}
    entities = [f"{entity.get('entity')}: {entity.get('value')}" for entity in found.get("entities") or ()]
    return Understood(intent=intent.get("name"), confidence=intent.get("confidence"), entities=entities, rule=rule)
