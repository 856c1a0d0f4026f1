"""Rasa as the gateway sees it: one request with a message, a whole reply or an honest error (bot.rasa.connector is the other end)."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Any, Literal, Optional

import httpx
from pydantic import BaseModel, ValidationError

from bot.conversations.records import Conversation, Language, Message, Reply, Urgency

logger = logging.getLogger(__name__)

MESSAGES, HEALTH = "/webhooks/daozhen/messages", "/webhooks/daozhen/health"
PATIENCE = 20.0
"""Seconds to wait for an answer."""
READINGS = 3
"""How many of Rasa's readings of a message are kept with its answer."""


class RasaAway(Exception):
    """Rasa is not there, loads its model, or is not ours: whoever asks has to wait."""


class RasaTrouble(Exception):
    """Rasa is there but could not answer this message; `code` says why."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class _Button(BaseModel):
    title: str
    payload: str


class _Source(BaseModel):
    text: str
    department: Optional[str]  # noqa: UP045  # pydantic 1


class _Reply(BaseModel):
    text: str
    buttons: list[_Button] = []
    kind: str
    language: str
    topic: Optional[str]  # noqa: UP045
    department: Optional[str]  # noqa: UP045
    facts: Any = None
    source: Optional[_Source]  # noqa: UP045
    rule: Optional[str]  # noqa: UP045
    ticket: Optional[Literal["emergency", "clinical", "service", "information"]]  # noqa: UP045


class _Whole(BaseModel):
    message_id: str
    language: Optional[str]  # noqa: UP045
    script: Optional[Literal["simplified", "traditional"]]  # noqa: UP045
    pinned_language: Optional[Literal["en", "zh"]]  # noqa: UP045
    intent: dict[str, Any] = {}
    ranking: list[dict[str, Any]] = []
    entities: list[dict[str, Any]] = []
    gate: Optional[dict[str, Any]]  # noqa: UP045
    replies: list[_Reply]


@dataclass(frozen=True)
class Answer:
    """Rasa's answer to one message: the replies, and what else follows from it.

    `urgency` asks for a ticket; `language` is the one that the person has pinned, now or before.
    """

    replies: tuple[Reply, ...]
    urgency: Urgency | None
    language: Language | None


class Rasa:
    """A client of the connector; use as an asynchronous context manager.

    Args:
        url: Rasa's address.
        secret: DAOZHEN_SECRET.
    """

    def __init__(self, url: str, secret: str) -> None:
        self._client = httpx.AsyncClient(
            base_url=url,
            headers={"Authorization": f"Bearer {secret}"},
            timeout=httpx.Timeout(PATIENCE, connect=2.0),
            trust_env=False,
        )

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    async def is_ready(self) -> bool:
        """Whether Rasa is there, is ours, and has its model."""
        try:
            reply = await self._client.get(HEALTH, timeout=2.0)
            return reply.status_code == 200 and bool(reply.json().get("model"))
        except (httpx.HTTPError, ValueError, AttributeError):
            return False

    async def ask(self, conversation: Conversation, message: Message) -> Answer:
        """The answer to a message, of which Rasa gets the masked text.

        Raises:
            RasaAway: if Rasa is not ready.
            RasaTrouble: if it could not answer this.
        """
        asked = {
            "conversation": conversation.id,
            "message_id": message.id,
            "text": message.text,
            "language": conversation.language,
            "script": conversation.script,
        }
        try:
            reply = await self._client.post(MESSAGES, json=asked)
        except (httpx.ConnectError, httpx.ConnectTimeout) as error:
            raise RasaAway(type(error).__name__) from error
        except httpx.HTTPError as error:
            raise RasaTrouble("timeout" if isinstance(error, httpx.TimeoutException) else "cut") from error
        if reply.status_code == 200:
            return _answer(reply)
        raise _failure(reply)


def _answer(reply: httpx.Response) -> Answer:
    try:
        whole = _Whole.parse_raw(reply.content)
    except ValidationError as error:
        raise RasaTrouble("unreadable") from error
    if not whole.replies:
        raise RasaTrouble("empty_reply")
    understood = {
        "intent": whole.intent,
        "ranking": whole.ranking[:READINGS],
        "entities": whole.entities,
        "gate": whole.gate,
    }
    replies = [_as_reply(found, whole.script) for found in whole.replies]
    first = Reply(replies[0].text, replies[0].kind, {**replies[0].body, "understood": understood})
    urgency = next((found.ticket for found in whole.replies if found.ticket), None)
    return Answer((first, *replies[1:]), urgency, whole.pinned_language)


def _as_reply(found: _Reply, script: str | None) -> Reply:
    body = {**found.dict(exclude={"text", "kind", "ticket"}), "script": script}
    return Reply(found.text, found.kind, {name: value for name, value in body.items() if value})


def _failure(reply: httpx.Response) -> RasaAway | RasaTrouble:
    try:
        code = str(reply.json()["error"])
    except (ValueError, KeyError, TypeError):
        code = f"status_{reply.status_code}"
    if reply.status_code == 503 and code != "no_model":
        return RasaTrouble(code)
    if reply.status_code == 422:
        return RasaTrouble("refused")
    if reply.status_code == 401:
        logger.error("Rasa refuses the gateway's secret: DAOZHEN_SECRET must be the same for both.")
    elif reply.status_code == 404:
        logger.error("What answers at %s is a Rasa without Daozhen's channel: see DAOZHEN_RASA_URL.", reply.url)
    return RasaAway(code)
