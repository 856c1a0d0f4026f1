"""tests/telegram_server.py: what the tests take for Telegram keeps to the Bot API, so that a message it refuses is a failure."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from gateway_parts import listening
from telegram_server import TOKEN, Telegram

from bot.cli.stack import free_port

PORT = free_port()


@pytest.fixture
def server() -> Iterator[Telegram]:
    found = Telegram()
    with listening(found.app(), PORT):
        yield found


def call(method: str, token: str = TOKEN, **asked: Any) -> tuple[int, Any]:
    answer = httpx.post(f"http://127.0.0.1:{PORT}/bot{token}/{method}", data=asked, timeout=5)
    body = answer.json()
    assert body["ok"] == (answer.status_code == 200)
    return answer.status_code, body["result"] if body["ok"] else body["description"]


def keyboard(**button: str) -> str:
    return json.dumps({"inline_keyboard": [[button]]})


def entity(offset: int, length: int) -> str:
    return json.dumps([{"type": "bold", "offset": offset, "length": length}])


def test_what_is_right_is_taken(server: Telegram) -> None:
    assert call("getMe")[1]["username"] == "DaozhenBot"
    buttons = keyboard(text="a", callback_data="b" * 64)
    status, message = call("sendMessage", chat_id=7, text="🏥" * 2048, entities=entity(4095, 1), reply_markup=buttons)
    assert status == 200
    assert call("editMessageReplyMarkup", chat_id=7, message_id=message["message_id"])[0] == 200
    server.sent[-1]["reply_markup"] = buttons
    query = server.presses(7, 0)["callback_query"]["id"]
    assert call("answerCallbackQuery", callback_query_id=query, text="x" * 200)[0] == 200
    assert call("sendChatAction", chat_id=7, action="typing")[0] == 200


@pytest.mark.parametrize(
    ("method", "asked"),
    [
        ("sendMessage", {"chat_id": 7, "text": " "}),
        ("sendMessage", {"chat_id": 7, "text": "x" * 4097}),
        ("sendMessage", {"chat_id": 7, "text": "🏥" * 2049}),
        ("sendMessage", {"chat_id": 7, "text": "x", "entities": entity(0, 2)}),
        ("sendMessage", {"chat_id": 7, "text": "x", "entities": entity(0, 0)}),
        ("sendMessage", {"chat_id": 7, "text": "x", "entities": entity(0, 1), "parse_mode": "HTML"}),
        ("sendMessage", {"chat_id": 7, "text": "x", "reply_markup": keyboard(text="a", callback_data="床" * 22)}),
        ("sendMessage", {"chat_id": 7, "text": "x", "reply_markup": keyboard(text="a")}),
        ("answerCallbackQuery", {"callback_query_id": "unknown"}),
        ("editMessageReplyMarkup", {"chat_id": 7, "message_id": 1}),
        ("sendChatAction", {"chat_id": 7, "action": "dancing"}),
        ("setMyCommands", {"commands": json.dumps([{"command": "Start", "description": "x"}])}),
        ("setMyCommands", {"commands": json.dumps([{"command": "start", "description": ""}])}),
        ("setMyCommands", {"commands": "[]", "language_code": "zh-hans"}),
        ("setWebhook", {"url": "http://a.example"}),
        ("setWebhook", {"url": "https://a.example", "secret_token": "a b"}),
    ],
)
def test_what_the_bot_api_refuses_is_refused(server: Telegram, method: str, asked: dict[str, Any]) -> None:
    assert call(method, **asked)[0] == 400
    assert server.sent == []


def test_errors_of_the_server(server: Telegram) -> None:
    assert call("getMe", token="12345:wrong")[0] == 401
    assert call("noSuchMethod")[0] == 404
    server.blocked.add(7)
    assert call("sendMessage", chat_id=7, text="x") == (403, "Forbidden: bot was blocked by the user")
    server.faults["sendMessage"] += [(429, 3), 502]
    assert call("sendMessage", chat_id=8, text="x")[0] == 429
    assert call("sendMessage", chat_id=8, text="x")[0] == 502
    assert server.sent == []


@pytest.mark.parametrize(("when", "effect"), [("before", 0), ("after", 1)])
def test_a_connection_cut_before_or_after_the_effect(server: Telegram, when: str, effect: int) -> None:
    server.faults["sendMessage"] += [when]
    with pytest.raises(httpx.RemoteProtocolError):
        call("sendMessage", chat_id=7, text="x")
    assert len(server.sent) == effect


def test_updates_are_given_again_until_they_are_confirmed(server: Telegram) -> None:
    one, two = server.writes(7, "one"), server.writes(7, "two")
    assert call("getUpdates")[1] == call("getUpdates", offset=one["update_id"])[1] == [one, two]
    assert call("getUpdates", offset=two["update_id"])[1] == [two]
    assert call("getUpdates")[1] == [two], "the first is forgotten"
    assert call("getUpdates", offset=two["update_id"] + 1, timeout=0)[1] == []


def test_a_webhook_and_getupdates_exclude_each_other(server: Telegram) -> None:
    assert call("setWebhook", url="https://a.example", secret_token="a_b-1")[0] == 200
    assert call("getUpdates")[0] == 409
    assert call("deleteWebhook")[0] == 200
    assert call("getUpdates")[0] == 200
