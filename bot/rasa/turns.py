"""One message through Rasa, whole or not at all.

Rasa's own way with a message hides what goes wrong: an action that fails is logged and left out, a tracker that cannot be
saved goes into memory. Here the same steps are taken with Rasa's own parts, but an error ends the turn, and only an answered turn is
saved, to the store itself. So the stored tracker is the record of what has been answered: a message that is in it
gets the reply that stands there, and any other can be tried again without leaving a trace.
"""

from __future__ import annotations

import re
import traceback
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rasa.core.agent import Agent
from rasa.core.channels.channel import UserMessage
from rasa.core.lock_store import LockError
from rasa.core.processor import MessageProcessor
from rasa.core.tracker_store import TrackerStore
from rasa.shared.core.constants import ACTION_LISTEN_NAME
from rasa.shared.core.events import BotUttered, Event, SlotSet, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.shared.exceptions import RasaException

from bot.language.normalise import normalise

KINDS = ("emergency", "advice", "handoff", "fallback", "fact", "unknown", "command", "smalltalk")
"""The kinds of reply; of a turn with several, the first of these is its kind as a whole."""
RANKED = 5
"""How many of the likeliest intents are told."""
LONE_SURROGATE = re.compile("[\ud800-\udfff]")


class NotAnswered(Exception):
    """A message has got no whole reply, and has left no trace; it may be sent again.

    Attributes:
        error: "no_model", "parse_failed", "action_failed", "tracker_failed" or "empty_reply".
        detail: what an operator needs to know; never a patient's words.
    """

    def __init__(self, error: str, detail: str) -> None:
        super().__init__(f"{error}: {detail}")
        self.error = error
        self.detail = detail


@dataclass(frozen=True)
class Turn:
    """What was said: a person's message, and all that the bot said to it.

    Attributes:
        pinned: the language that the person asked for with this message, or that was pinned before.
    """

    message: UserUttered
    replies: tuple[BotUttered, ...]
    pinned: str | None


def without_slash(text: str) -> str:
    """A text that Rasa cannot take for a payload ("/restart"), and that every database can hold.

    Rasa reads payloads from the raw text. Each leading character goes that normalises to a slash or to nothing: spaces, zero-width
    and control characters, full-width slashes. A lone surrogate, which has no form in UTF-8, becomes a replacement character.
    """
    text = LONE_SURROGATE.sub("\N{REPLACEMENT CHARACTER}", text)
    start = 0
    while start < len(text) and normalise(text[start]).text in ("", "/"):
        start += 1
    return text[start:]


async def take_turn(agent: Agent, message: UserMessage) -> Turn:
    """Answer a message, or find the answer that it has already had.

    Raises:
        NotAnswered: if there is no whole reply.
    """
    if agent.processor is None:
        raise NotAnswered("no_model", "no model is loaded: ./run train makes one")
    store = stored_for_real(agent.tracker_store)
    try:
        async with agent.lock_store.lock(message.sender_id):
            tracker = await _retrieve(store, message.sender_id)
            turn = find_turn(tracker.events, message.message_id)
            if turn is None:
                await _converse(agent.processor, message, tracker)
                turn = find_turn(tracker.events, message.message_id)
                if turn is None or not any(reply.text for reply in turn.replies):
                    raise NotAnswered("empty_reply", f"after {tracker.latest_action_name} there is nothing to say")
                await _save(store, tracker)
            return turn
    except LockError as error:
        raise NotAnswered("tracker_failed", "the conversation is held by another message") from error


def stored_for_real(store: TrackerStore) -> TrackerStore:
    """The store inside Rasa's fail-safe one, which answers from memory where that fails."""
    inner: TrackerStore = getattr(store, "_tracker_store", store)
    return inner


async def _retrieve(store: TrackerStore, conversation: str) -> DialogueStateTracker:
    try:
        tracker = await store.retrieve(conversation)
        return store.init_tracker(conversation) if tracker is None else tracker
    except Exception as error:
        raise NotAnswered("tracker_failed", f"reading the conversation: {_cause(error)}") from error


async def _save(store: TrackerStore, tracker: DialogueStateTracker) -> None:
    try:
        await store.save(tracker)
    except Exception as error:
        raise NotAnswered("tracker_failed", f"saving the conversation: {_cause(error)}") from error


def _cause(error: Exception) -> str:
    """What went wrong, without what people wrote: errors of databases hold the statement's parameters, any other may hold a text."""
    told = getattr(error, "orig", None) or (error if isinstance(error, RasaException) else None)
    if told:
        return f"{type(error).__name__}: {told}"
    place = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__} in {Path(place.filename).name}, line {place.lineno}"


async def _converse(processor: MessageProcessor, message: UserMessage, tracker: DialogueStateTracker) -> None:
    """What MessageProcessor.handle_message does, except that errors are raised and nothing is saved or sent."""
    channel = message.output_channel
    tracker.model_id = processor.model_metadata.model_id
    tracker.assistant_id = tracker.assistant_id or processor.model_metadata.assistant_id
    try:
        await processor._update_tracker_session(tracker, channel)
        await processor._handle_message_with_tracker(message, tracker)
        await processor.run_action_extract_slots(channel, tracker)
    except Exception as error:
        raise NotAnswered("parse_failed", _cause(error)) from error
    listening = False
    while not listening:
        try:
            action, prediction = processor.predict_next_with_tracker_if_should(tracker)
            tracker.update_with_events(prediction.events, processor.domain)
        except Exception as error:
            raise NotAnswered(
                "action_failed", f"choosing what to do after {tracker.latest_action_name}: {_cause(error)}"
            ) from error
        try:
            events = await action.run(channel, processor.nlg, tracker, processor.domain)
        except Exception as error:
            raise NotAnswered("action_failed", f"{action.name()}: {_cause(error)}") from error
        tracker.update(action.event_for_successful_execution(prediction), processor.domain)
        tracker.update_with_events(events, processor.domain)
        listening = action.name() == ACTION_LISTEN_NAME


def find_turn(events: Iterable[Event], message_id: str) -> Turn | None:
    """The turn that a message began; None where it is not among the events."""
    message: UserUttered | None = None
    replies: list[BotUttered] = []
    pinned: str | None = None
    for event in events:
        if isinstance(event, UserUttered):
            if message is not None:
                break
            if event.message_id == message_id:
                message = event
                pinned = event.metadata.get("language", pinned)
        elif isinstance(event, SlotSet) and event.key == "pinned_language":
            pinned = event.value
        elif isinstance(event, BotUttered) and message is not None:
            replies.append(event)
    return None if message is None else Turn(message, tuple(replies), pinned)


def whole_reply(turn: Turn) -> dict[str, Any]:
    """A turn as the channel gives it: what was understood, and every reply with all that belongs to it (see docs/connector.md)."""
    parsed = turn.message.parse_data
    said = [reply for reply in turn.replies if reply.text]
    last = said[-1].metadata
    return {
        "message_id": turn.message.message_id,
        "language": last.get("language"),
        "script": last.get("script"),
        "pinned_language": turn.pinned,
        "kind": kind_of([reply.metadata.get("kind") for reply in said]),
        "intent": _entry(turn.message.intent),
        "ranking": _ranking(parsed.get("intent_ranking") or ()),
        "entities": [
            {"entity": found["entity"], "value": found["value"], "written": found.get("written", "")}
            for found in turn.message.entities
        ],
        "gate": parsed.get("gate"),
        "replies": [_reply(reply) for reply in said],
    }


def kind_of(kinds: Sequence[str | None]) -> str:
    """The kind of a turn as a whole, from the kinds of its replies."""
    return next((kind for kind in KINDS if kind in kinds), "smalltalk")


def _ranking(entries: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """The likeliest intents, each once: the first of a message with several questions stands twice in Rasa's ranking."""
    best: dict[str | None, dict[str, Any]] = {}
    for entry in entries:
        best.setdefault(entry.get("name"), _entry(entry))
    return list(best.values())[:RANKED]


def _entry(intent: dict[str, Any]) -> dict[str, Any]:
    return {"name": intent.get("name"), "confidence": intent.get("confidence", 0.0)}


def _reply(reply: BotUttered) -> dict[str, Any]:
    told = reply.metadata
    buttons = reply.data.get("buttons") or ()
    return {
        "text": reply.text,
        "buttons": [{"title": button["title"], "payload": button["payload"]} for button in buttons],
        "kind": told.get("kind", "smalltalk"),
        "topic": told.get("topic"),
        "department": told.get("department"),
        "facts": told.get("facts") or [],
        "source": told.get("source"),
        "rule": told.get("rule"),
        "language": told.get("language"),
        "ticket": told.get("ticket"),
    }
