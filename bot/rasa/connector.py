"""Rasa's input channel `daozhen`: whole replies or an honest error, for the gateway (see docs/connector.md).

    POST /webhooks/daozhen/messages   {"conversation", "message_id", "text", "language", "script"}
    GET  /webhooks/daozhen/health     whether a model is loaded

Named in credentials.yml by its path. It answers to whoever holds the shared secret, DAOZHEN_SECRET.
"""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Awaitable, Callable
from typing import Any, Literal

from pydantic import BaseModel, Extra, StrictStr, ValidationError, validator
from rasa.core.channels.channel import CollectingOutputChannel, InputChannel, UserMessage
from sanic import Blueprint
from sanic.request import Request
from sanic.response import HTTPResponse
from sanic.response import json as json_response

from bot.rasa.nlg import CHANNEL
from bot.rasa.secret import may_enter
from bot.rasa.turns import NotAnswered, take_turn, whole_reply, without_slash
from bot.settings import read_settings

logger = logging.getLogger(__name__)
STORABLE = re.compile("[^\x00-\x1f\x7f-\x9f\ud800-\udfff]{1,255}")


class Body(BaseModel):
    """What the channel takes. `language` and `script` are those the person has pinned; None for none."""

    conversation: StrictStr
    message_id: StrictStr
    text: StrictStr
    language: Literal["en", "zh"] | None = None
    script: Literal["simplified", "traditional"] | None = None

    class Config:
        extra = Extra.forbid

    @validator("conversation", "message_id")
    def can_be_stored(cls, identifier: str) -> str:
        """An id that any database can hold.

        Raises:
            ValueError: if it cannot be one.
        """
        if not STORABLE.fullmatch(identifier):
            raise ValueError("must be 1 to 255 characters, none of them a control character")
        return identifier


class Collected(CollectingOutputChannel):  # type: ignore[misc]  # Rasa is untyped
    """Where the reply generator learns that the source of a reply travels beside its text."""

    @classmethod
    def name(cls) -> str:
        """The channel's name."""
        return CHANNEL


class DaozhenInput(InputChannel):  # type: ignore[misc]  # Rasa is untyped
    """The channel.

    Args:
        secret: what a caller must show; with an empty one nobody gets in.
    """

    def __init__(self, secret: str) -> None:
        self._secret = secret

    @classmethod
    def name(cls) -> str:
        """The channel's name, and its place under /webhooks/."""
        return CHANNEL

    @classmethod
    def from_credentials(cls, credentials: dict[str, Any] | None) -> DaozhenInput:
        """See InputChannel. The secret is a setting, so that it stands in no file."""
        return cls(read_settings().secret)

    def blueprint(self, on_new_message: Callable[[UserMessage], Awaitable[Any]]) -> Blueprint:
        """The channel's routes. Rasa's handler of messages is not called: it answers an error with nothing."""
        if not self._secret:
            logger.warning("DAOZHEN_SECRET is not set: the channel %s refuses every call.", CHANNEL)
        routes = Blueprint("daozhen_webhook")

        @routes.post("/messages")
        async def messages(request: Request) -> HTTPResponse:
            if not may_enter(self._secret, request.headers.get("Authorization", "")):
                return refusal(401, "secret", "the Authorization header is not Bearer and DAOZHEN_SECRET")
            try:
                message = read_message(request.body)
            except InvalidBody as error:
                return refusal(422, "body", str(error))
            try:
                turn = await take_turn(request.app.ctx.agent, message)
            except NotAnswered as error:
                logger.error("A message was not answered: %s", error)
                return refusal(503, error.error, error.detail)
            return json_response(whole_reply(turn))

        @routes.get("/health")
        async def health(request: Request) -> HTTPResponse:
            agent = request.app.ctx.agent
            if agent.processor is None:
                return refusal(503, "no_model", "no model is loaded")
            return json_response({"model": agent.processor.model_filename})

        return routes


class InvalidBody(ValueError):
    """The body of a call is not as it should be; the message names the field."""


def read_message(body: bytes) -> UserMessage:
    """The message of a call.

    Raises:
        InvalidBody: naming the field.
    """
    try:
        given = Body.parse_obj(json.loads(body))
    except ValidationError as error:
        problem = error.errors()[0]
        raise InvalidBody(f"{'.'.join(map(str, problem['loc']))}: {problem['msg']}") from None
    except (ValueError, RecursionError):
        raise InvalidBody("the body is not JSON") from None
    return UserMessage(
        without_slash(given.text),
        Collected(),
        given.conversation,
        input_channel=CHANNEL,
        message_id=given.message_id,
        metadata={"language": given.language, "script": given.script},
    )


def refusal(status: int, error: str, detail: str) -> HTTPResponse:
    """An answer that says what is wrong."""
    return json_response({"error": error, "detail": detail}, status)
