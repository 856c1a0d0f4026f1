"""Telegram's side for the end-to-end tests of the channel: the Bot API's methods that it calls, over HTTP, and people who write.

What it refuses is what https://core.telegram.org/bots/api says, the section named beside it.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import re
import time
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

TOKEN = "12345:s3cret-t0ken"
NAME = "DaozhenBot"


class Cut:
    """A response that ends in the middle: the connection is cut while the server answers."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"1000")]})
        await send({"type": "http.response.body", "body": b'{"ok"', "more_body": True})
        raise ConnectionResetError


def error(status: int, description: str, **parameters: Any) -> JSONResponse:
    """An error as "Making requests" describes it."""
    body = {"ok": False, "error_code": status, "description": description}
    return JSONResponse({**body, "parameters": parameters} if parameters else body, status)


def wrong_message(asked: Mapping[str, Any]) -> str:
    """What is wrong with what sendMessage is asked to send; "" if nothing is."""
    text, entities = asked["text"], json.loads(asked.get("entities", "[]"))
    length = len(text.encode("utf-16-le")) // 2
    if not text.strip():
        return "message text is empty"
    if length > 4096:  # sendMessage: "1-4096 characters after entities parsing"
        return "message is too long"
    if "parse_mode" in asked and entities:  # sendMessage: entities "can be specified instead of parse_mode"
        return "parse_mode and entities"
    if len(entities) > 100:  # limits.tginfo.me; the Bot API is silent about it
        return "too many entities"
    for entity in entities:  # MessageEntity: offset and length "in UTF-16 code units"
        if entity["offset"] < 0 or entity["length"] < 1 or entity["offset"] + entity["length"] > length:
            return "entity beyond the message"
    for row in json.loads(asked.get("reply_markup", "{}")).get("inline_keyboard", []):
        for button in row:  # InlineKeyboardButton: exactly one of the optional fields; callback_data "1-64 bytes"
            if len(button) != 2 or not button["text"]:
                return "text buttons are unallowed in the inline keyboard"
            if not 1 <= len(button.get("callback_data", "x").encode()) <= 64:
                return "BUTTON_DATA_INVALID"
    return ""


def _wrong_answer(server: Telegram, asked: Mapping[str, Any]) -> str:
    if asked["callback_query_id"] not in server.pressed:
        return "query is too old and response timeout expired or query ID is invalid"
    return "MESSAGE_TOO_LONG" if len(asked.get("text", "")) > 200 else ""  # answerCallbackQuery: "0-200 characters"


def _wrong_edit(server: Telegram, asked: Mapping[str, Any]) -> str:
    known = [found for found in server.sent if found["message_id"] == int(asked["message_id"])]
    if not known:
        return "message to edit not found"
    unchanged = known[0].get("reply_markup") == asked.get("reply_markup")
    known[0]["reply_markup"] = asked.get("reply_markup")
    return "message is not modified" if unchanged else ""


def _wrong_commands(server: Telegram, asked: Mapping[str, Any]) -> str:
    commands = json.loads(asked["commands"])
    if len(commands) > 100:  # setMyCommands: "At most 100 commands can be specified"
        return "BOT_COMMANDS_TOO_MUCH"
    if not re.fullmatch("([a-z]{2})?", asked.get("language_code", "")):  # "A two-letter ISO 639-1 language code"
        return "LANGUAGE_CODE_INVALID"
    for command in commands:  # BotCommand: "1-32 characters"; "1-256 characters"
        if not re.fullmatch("[a-z0-9_]{1,32}", command["command"]):
            return "BOT_COMMAND_INVALID"
        if not 1 <= len(command["description"]) <= 256:
            return "BOT_COMMAND_DESCRIPTION_INVALID"
    return ""


def _wrong_webhook(server: Telegram, asked: Mapping[str, Any]) -> str:
    if not asked["url"].startswith("https://"):  # setWebhook: "HTTPS URL to send updates to"
        return "bad webhook: An HTTPS URL must be provided for webhook"
    # secret_token: "1-256 characters. Only characters A-Z, a-z, 0-9, _ and - are allowed."
    return (
        ""
        if re.fullmatch("[A-Za-z0-9_-]{1,256}", asked.get("secret_token", "x"))
        else "secret token contains unallowed characters"
    )


def _wrong_action(server: Telegram, asked: Mapping[str, Any]) -> str:
    return (
        "" if asked["action"] == "typing" else "wrong parameter action in request"
    )  # of those that sendChatAction names


METHODS = (
    "getMe",
    "setWebhook",
    "deleteWebhook",
    "answerCallbackQuery",
    "editMessageReplyMarkup",
    "sendChatAction",
    "setMyCommands",
)
CHECKS: Mapping[str, Callable[[Telegram, Mapping[str, Any]], str]] = {
    "answerCallbackQuery": _wrong_answer,
    "editMessageReplyMarkup": _wrong_edit,
    "setMyCommands": _wrong_commands,
    "setWebhook": _wrong_webhook,
    "sendChatAction": _wrong_action,
}
"""What is wrong with a call, for each method that says more than yes; "" if nothing is."""


@dataclass
class Telegram:
    """Telegram's server. `faults`: what the next calls of a method meet: "before" or "after" (the connection is cut before or
    after the effect), or a status with its retry_after. `blocked`: the chats that have blocked the bot.
    """

    sent: list[dict[str, Any]] = field(default_factory=list)
    calls: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    faults: dict[str, list[Any]] = field(default_factory=lambda: defaultdict(list))
    blocked: set[int] = field(default_factory=set)
    refuses: bool = False
    webhook: dict[str, Any] = field(default_factory=dict)
    updates: list[dict[str, Any]] = field(default_factory=list)
    confirmed: int = 0
    pressed: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self._numbers, self._messages, self._polls = itertools.count(1), itertools.count(100), itertools.count(1)
        self._poll = 0

    def app(self) -> Starlette:
        """The server as an app."""
        return Starlette(routes=[Route("/bot{token}/{method}", self._call, methods=["GET", "POST"])])

    async def _call(self, request: Request) -> Any:
        method, asked = request.path_params["method"], dict(await request.form())
        if request.path_params["token"] != TOKEN or self.refuses:
            return error(401, "Unauthorized")
        fault = self.faults[method].pop(0) if self.faults[method] else None
        if fault == "before":
            return Cut()
        if isinstance(fault, tuple):
            return error(fault[0], "Too Many Requests: retry later", retry_after=fault[1])
        if isinstance(fault, int):
            return error(fault, "Bad Gateway")
        if method != "getUpdates":
            self.calls.append((method, asked))
        act = {"getUpdates": self._get_updates, "sendMessage": self._send_message}.get(method, self._other)
        answer = await act(method, asked)
        return Cut() if fault == "after" else answer

    async def _other(self, method: str, asked: Mapping[str, Any]) -> JSONResponse:
        wrong = CHECKS[method](self, asked) if method in CHECKS else None
        if method not in METHODS:
            return error(404, "Not Found")
        if wrong:
            return error(400, f"Bad Request: {wrong}")
        if method == "setWebhook":
            self.webhook = dict(asked)
        if method == "deleteWebhook":
            self.webhook = {}
        if method == "answerCallbackQuery":
            self.pressed.discard(asked["callback_query_id"])
        me = {"id": 12345, "is_bot": True, "first_name": "D", "username": NAME}
        return JSONResponse({"ok": True, "result": me if method == "getMe" else True})

    async def _get_updates(self, method: str, asked: Mapping[str, Any]) -> JSONResponse:
        """Getting updates: "An update is considered confirmed as soon as getUpdates is called with an offset higher than its
        update_id"; not while a webhook is set, and of two at once the first is ended with 409.
        """
        if self.webhook:
            return error(409, "Conflict: can't use getUpdates method while webhook is active")
        self._poll = mine = next(self._polls)
        self.confirmed = max(self.confirmed, int(asked.get("offset", 0)) - 1)
        deadline = time.monotonic() + int(asked.get("timeout", 0))
        while True:
            waiting = [update for update in self.updates if update["update_id"] > self.confirmed][:100]
            if self._poll != mine:
                return error(409, "Conflict: terminated by other getUpdates request")
            if waiting or time.monotonic() > deadline:
                return JSONResponse({"ok": True, "result": waiting})
            await asyncio.sleep(0.02)

    async def _send_message(self, method: str, asked: Mapping[str, Any]) -> JSONResponse:
        chat, text = int(asked["chat_id"]), asked["text"]
        wrong = wrong_message(asked)
        if wrong:
            return error(400, f"Bad Request: {wrong}")
        if chat in self.blocked:
            return error(403, "Forbidden: bot was blocked by the user")
        message = {
            "message_id": next(self._messages),
            "date": int(time.time()),
            "chat": {"id": chat, "type": "private"},
        }
        self.sent.append({**asked, "chat_id": chat, "message_id": message["message_id"]})
        return JSONResponse({"ok": True, "result": {**message, "text": text}})

    # People

    def happens(self, kind: str, body: dict[str, Any]) -> dict[str, Any]:
        """An update of a kind."""
        update = {"update_id": next(self._numbers), kind: body}
        self.updates.append(update)
        return update

    def writes(self, person: int, text: str | None = None, **more: Any) -> dict[str, Any]:
        """Somebody writes to the bot, or sends something else; the update."""
        body = {
            "message_id": next(self._messages),
            "date": int(time.time()),
            "chat": {"id": person, "type": "private"},
            "from": {"id": person, "is_bot": False, "first_name": "A", "language_code": "en"},
        }
        return self.happens("message", {**body, **more} if text is None else {**body, "text": text, **more})

    def presses(self, person: int, index: int) -> dict[str, Any]:
        """Somebody presses a button of the last message they got; the update."""
        last = next(found for found in reversed(self.sent) if found["chat_id"] == person)
        buttons = [button for row in json.loads(last["reply_markup"])["inline_keyboard"] for button in row]
        under = {"message_id": last["message_id"], "date": int(time.time()), "chat": {"id": person, "type": "private"}}
        user = {"id": person, "is_bot": False, "first_name": "A"}
        press = {
            "id": f"press {len(self.updates)}",
            "from": user,
            "chat_instance": "c",
            "message": {**under, "text": "x"},
        }
        self.pressed.add(str(press["id"]))
        return self.happens("callback_query", {**press, "data": buttons[index]["callback_data"]})

    def got(self, person: int) -> list[str]:
        """The texts that somebody got."""
        return [found["text"] for found in list(self.sent) if found["chat_id"] == person]

    def called(self, method: str) -> list[dict[str, Any]]:
        """What a method was called with."""
        return [asked for name, asked in list(self.calls) if name == method]
