"""A person's message comes in, on whatever channel: trimmed, masked, read by the gate, stored; an emergency is answered at once.

The answer to an emergency and the ticket for it are stored in the transaction that stores the message. It waits for nobody: not for
Rasa, not for an earlier message, not for the person at the front desk who may have taken over.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from bot.conversations.records import Conversation, Message, NewTicket, Reply
from bot.conversations.store import Store
from bot.gateway.buttons import Press
from bot.gateway.metrics import Metrics
from bot.gateway.waiting import Waiting
from bot.gateway.words import Words
from bot.language.mask import mask
from bot.language.script import choose_language, detect_language, detect_script
from bot.safety.gate import Decision, Gate

LONGEST = 1000
"""Characters of a message, after trimming."""
SUMMARY = 160
"""Characters of a ticket's summary."""
HELPED = {"/helped": True, "/not_helped": False}
"""What the buttons say under the question whether the front desk's answer helped."""
_UNSEEN = r"\s\x00-\x1f\x7f\xad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff"
_ENDS = re.compile(rf"^[{_UNSEEN}]+|[{_UNSEEN}]+$")


class InvalidText(ValueError):
    """A message that is not taken; `code` is "empty" or "too_long"."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def trim(text: str) -> str:
    """A message without what cannot be seen around it, and without what no database holds (NUL, halves of a surrogate pair).

    Raises:
        InvalidText: if nothing is left, or more than LONGEST characters.
    """
    trimmed = _ENDS.sub("", text.encode("utf-8", "replace").decode("utf-8").replace("\0", ""))
    if not trimmed:
        raise InvalidText("empty")
    if len(trimmed) > LONGEST:
        raise InvalidText("too_long")
    return trimmed


def summary(text: str) -> str:
    """A message as one line of a list."""
    line = " ".join(text.split())
    return line if len(line) <= SUMMARY else f"{line[: SUMMARY - 1]}…"


class Intake:
    """Takes messages in.

    Args:
        store: where they go.
        gate: what reads them first.
        words: for the answer to an emergency.
        waiting: for what that says of the front desk.
        metrics: where they are counted.
    """

    def __init__(self, store: Store, gate: Gate, words: Words, waiting: Waiting, metrics: Metrics) -> None:
        self._store = store
        self.gate = gate
        self._words = words
        self._waiting = waiting
        self._metrics = metrics

    def emergency(self, text: str) -> Decision | None:
        """What the gate says of a text that it reads as an emergency; None of any other."""
        decision = self.gate.decide(text)
        return decision if decision.verdict == "emergency" else None

    def take(
        self,
        conversation: Conversation,
        message_id: str,
        text: str,
        kind: str = "text",
        body: Mapping[str, Any] | None = None,
    ) -> tuple[Message, bool]:
        """Store a message; it, and whether it is new. Blocks: call it in a thread.

        Args:
            conversation: whose message it is.
            message_id: the client's own id; the same id again stores nothing and gives the stored message.
            text: what was written, or what a pressed button says.
            kind: "text" or "button".
            body: what goes with it, for a button {"title": the words on it}.

        Raises:
            InvalidText: if the text is empty or too long.
            bot.conversations.records.UnknownConversation: if the conversation has been erased.
        """
        text = trim(text)
        decision = self.gate.decide(text)
        replies: list[Reply] = []
        ticket = None
        if decision.verdict == "emergency":
            replies, ticket = self._emergency(conversation, text, decision)
        message, new = self._store.accept(
            conversation.id,
            message_id,
            text,
            mask(text),
            kind=kind,
            body=body or {},
            handled=bool(replies),
            replies=replies,
            ticket=ticket,
        )
        if new:
            self._metrics.messages.labels(conversation.channel).inc()
            if replies:
                self._metrics.replies.labels("emergency").inc()
        return message, new

    def press(
        self, conversation: Conversation, message_id: str, press: Press, body: Mapping[str, Any] | None = None
    ) -> tuple[Message, bool]:
        """Store a pressed button, as `take` does; whether the front desk's answer helped is noted and answered here."""
        body = {"title": press.title, **(body or {})}
        helped = HELPED.get(press.payload)
        if helped is None:
            return self.take(conversation, message_id, press.payload, "button", body)
        self._store.feedback(conversation.id, press.seq, helped)
        name = "utter_helped" if helped else "utter_not_helped"
        reply = self._words.reply(name, press.language, press.script)
        message, new = self._store.accept(
            conversation.id, message_id, press.payload, press.payload, "button", body, handled=True, replies=[reply]
        )
        if new:
            self._metrics.messages.labels(conversation.channel).inc()
            self._metrics.replies.labels(reply.kind).inc()
        return message, new

    def _emergency(self, conversation: Conversation, text: str, decision: Decision) -> tuple[list[Reply], NewTicket]:
        language = choose_language(conversation.language, detect_language(text), None, text)
        script = detect_script(text) or conversation.script
        reply = self._words.reply("utter_emergency", language, script, decision.rule)
        told = self._waiting.emergency_told(language, script, decision.rule)
        body = {
            **reply.body,
            "rule": decision.rule,
            "gate": {"verdict": decision.verdict, "matched": mask(decision.matched)},
        }
        ticket = NewTicket(
            urgency="emergency",
            summary=summary(mask(text)),
            department=conversation.department,
            language=language,
            reason="gate",
        )
        return [Reply(f"{reply.text}\n{told}", "emergency", body)], ticket
