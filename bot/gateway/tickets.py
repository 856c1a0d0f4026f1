"""Handing a conversation over to a person at the patient's wish: what is stored, and what the patient is told happens next."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from bot.conversations.records import Conversation, Message, NewTicket, Reply, Ticket, Urgency
from bot.conversations.store import Store
from bot.gateway.intake import summary
from bot.gateway.waiting import Waiting
from bot.gateway.words import Words
from bot.language.script import choose_language, detect_language

RECENT = 30
"""How many of the last messages are looked through for what a ticket is about."""


def recent(store: Store, conversation: Conversation) -> list[Message]:
    """The last messages of a conversation, oldest first. Blocks."""
    return store.read(conversation.id, after=max(0, conversation.last_seq - RECENT), limit=RECENT)


def language_of(conversation: Conversation, messages: Sequence[Message], accepted: str = "", text: str = "") -> str:
    """The language to tell something in: the pinned one, else that of the text it answers, else the last answer's, else what
    the browser accepts.
    """
    answered = next((found.body["language"] for found in reversed(messages) if found.body.get("language")), None)
    written = text or next((found.text for found in reversed(messages) if found.sender == "patient"), "")
    return choose_language(conversation.language, detect_language(text), answered or accepted or None, written)


def script_of(conversation: Conversation, messages: Sequence[Message]) -> str | None:
    """The Chinese script to tell something in: the pinned one, else the last answer's."""
    return conversation.script or next(
        (found.body["script"] for found in reversed(messages) if found.body.get("script")), None
    )


def subject(messages: Sequence[Message], agreed: int = 0) -> str:
    """What a conversation is about, in the patient's own (masked) words: the last thing they wrote before they agreed
    to, or asked for, a person. Empty where they wrote nothing.

    Args:
        messages: in order.
        agreed: seq of the message that is being answered by handing over; what it says is not the subject, if there is another.
    """
    told = ("handoff", "smalltalk", "command")
    passed_over = {found.reply_to for found in messages if found.sender == "bot" and found.kind in told} | {agreed}
    written = [found for found in messages if found.sender == "patient" and found.kind == "text"]
    substantial = [found for found in written if found.seq not in passed_over]
    return summary((substantial or written)[-1].text) if written else ""


def reason(messages: Sequence[Message]) -> str:
    """What led to the wish for a person: what the bot said last before the patient's last message, or "asked"."""
    asked = next((found.seq for found in reversed(messages) if found.sender == "patient"), 0)
    kind = next((found.kind for found in reversed(messages) if found.sender == "bot" and found.seq < asked), "")
    return kind if kind in ("advice", "fallback", "unknown") else "asked"


def new_ticket(
    urgency: Urgency, why: str, conversation: Conversation, messages: Sequence[Message], agreed: int = 0
) -> NewTicket:
    """A ticket for a conversation as it stands; `agreed` as in `subject`."""
    department = next((found.body["department"] for found in reversed(messages) if found.body.get("department")), None)
    return NewTicket(
        urgency=urgency,
        summary=subject(messages, agreed),
        department=department or conversation.department,
        language=language_of(conversation, messages),
        reason=why,
    )


def told(store: Store, waiting: Waiting, reply: Reply, conversation: Conversation) -> Reply:
    """A reply of Rasa's with which a ticket is opened, saying so: Rasa does not know whether a front desk is connected. Blocks."""
    language, script = reply.body["language"], reply.body.get("script")
    if reply.kind == "emergency":
        more = waiting.emergency_told(language, script, reply.body.get("rule") or "")
        return replace(reply, text=f"{reply.text}\n{more}")
    if reply.kind == "handoff":
        return replace(reply, text=about_waiting(store, waiting, conversation, language, script).text)
    return reply


UNSETTLED = ("fallback", "advice", "unknown")
"""Kinds of reply that may have missed what an emergency's next message means ("should we wait and see?")."""


def reminded(store: Store, words: Words, replies: Sequence[Reply], conversation: Conversation) -> tuple[Reply, ...]:
    """Replies; while the ticket of an emergency is open, one that may miss the point has a reminder in front. Blocks."""
    place = next((index for index, reply in enumerate(replies) if reply.kind in UNSETTLED), None)
    if place is None or conversation.ticket is None or store.tickets.ticket(conversation.ticket).urgency != "emergency":
        return tuple(replies)
    reply = replies[place]
    first = words.text("utter_emergency_still", reply.body["language"], reply.body.get("script"))
    return (*replies[:place], replace(reply, text=f"{first}\n{reply.text}"), *replies[place + 1 :])


def about_waiting(
    store: Store, waiting: Waiting, conversation: Conversation, language: str, script: str | None
) -> Reply:
    """What is said to who wants a person: that one is asked for now, or has been. Blocks."""
    if conversation.ticket is None:
        return waiting.opened(language, script)
    return waiting.still(store.tickets.ticket(conversation.ticket), language, script)


def ask_for_person(store: Store, waiting: Waiting, conversation: Conversation, accepted: str = "") -> Ticket:
    """Open a ticket and tell the patient what happens next; where one is open, it stays as it is. Blocks.

    Raises:
        bot.conversations.records.UnknownConversation: if the conversation has been erased.
    """
    messages = recent(store, conversation)
    event = waiting.opened(language_of(conversation, messages, accepted), script_of(conversation, messages))
    new = new_ticket("service", "asked", conversation, messages)
    return store.open_ticket(conversation.id, new, event)


def withdraw(store: Store, words: Words, conversation: Conversation, accepted: str = "") -> Ticket | None:
    """Withdraw the open ticket and tell the patient so; None where none is open. Blocks."""
    if conversation.ticket is None:
        return None
    messages = recent(store, conversation)
    language = language_of(conversation, messages, accepted)
    event = words.reply("utter_ticket_withdrawn", language, script_of(conversation, messages))
    return store.withdraw_ticket(conversation.id, event)
