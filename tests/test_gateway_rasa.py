"""bot.gateway.rasa and .status: an answer, or honestly why there is none."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timezone
from typing import Any

import anyio
import httpx
import pytest
from gateway_parts import reply

from bot.conversations.records import Conversation, Message
from bot.gateway.rasa import Answer, Rasa, RasaAway, RasaTrouble

NOW = datetime(2026, 1, 1, tzinfo=timezone.utc)
CONVERSATION = Conversation("c", "widget", None, "zh", "traditional", "bot", None, None, NOW, 1, None)
MESSAGE = Message("c", 1, "m", "patient", "masked", "original", "text", {}, None, None, NOW, "delivered")
WHOLE: dict[str, Any] = {
    "message_id": "m",
    "language": "zh",
    "script": "traditional",
    "pinned_language": "zh",
    "kind": "fact",
    "intent": {"name": "ask_beds", "confidence": 0.9},
    "ranking": [{"name": f"i{n}", "confidence": 0.1} for n in range(5)],
    "entities": [{"entity": "department", "value": "ir", "written": "介入"}],
    "gate": {"verdict": "pass"},
    "replies": [
        reply(
            "一", language="zh", source={"text": "來源", "department": "ir"}, buttons=[{"title": "a", "payload": "b"}]
        ),
        reply("二", language="zh", kind="handoff", ticket="clinical"),
    ],
}


def ask(answer: Callable[[httpx.Request], httpx.Response]) -> Answer:
    """What the client makes of an answer of Rasa's."""

    async def run() -> Answer:
        rasa = Rasa("http://rasa", "secret")
        rasa._client = httpx.AsyncClient(
            base_url="http://rasa", transport=httpx.MockTransport(answer), headers=rasa._client.headers
        )
        return await rasa.ask(CONVERSATION, MESSAGE)

    return anyio.run(run)


def gives(status: int, content: Any) -> Callable[[httpx.Request], httpx.Response]:
    return lambda request: httpx.Response(status, json=content)


def test_rasa_gets_the_masked_text_and_the_secret() -> None:
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200, json=WHOLE)

    ask(answer)
    assert json.loads(seen[0].content) == {
        "conversation": "c",
        "message_id": "m",
        "text": "masked",
        "language": "zh",
        "script": "traditional",
    }
    assert seen[0].headers["Authorization"] == "Bearer secret"


def test_a_whole_reply_becomes_an_answer() -> None:
    answer = ask(gives(200, WHOLE))
    assert (answer.urgency, answer.language) == ("clinical", "zh")
    first, second = answer.replies
    assert (first.text, first.kind, second.text, second.kind) == ("一", "fact", "二", "handoff")
    assert first.body["source"] == {"text": "來源", "department": "ir"}
    assert first.body["buttons"] == [{"title": "a", "payload": "b"}]
    assert first.body["script"] == "traditional"
    understood = first.body["understood"]
    assert understood["entities"][0]["value"] == "ir"
    assert len(understood["ranking"]) == 3
    assert "understood" not in second.body


@pytest.mark.parametrize(
    ("status", "content", "expected"),
    [
        (503, {"error": "no_model"}, RasaAway),
        (401, {"error": "secret"}, RasaAway),
        (404, {"error": "not found"}, RasaAway),
        (500, "oops", RasaAway),
        (503, {"error": "action_failed"}, RasaTrouble),
        (503, {"error": "tracker_failed"}, RasaTrouble),
        (503, {"error": "empty_reply"}, RasaTrouble),
        (422, {"error": "body"}, RasaTrouble),
        (200, {**WHOLE, "replies": []}, RasaTrouble),
        (200, {"replies": "?"}, RasaTrouble),
        (200, [], RasaTrouble),
    ],
)
def test_what_is_no_answer_is_said_so(status: int, content: Any, expected: type[Exception]) -> None:
    with pytest.raises(expected):
        ask(gives(status, content))


@pytest.mark.parametrize(
    ("raised", "expected", "code"),
    [
        (httpx.ConnectError("no"), RasaAway, "ConnectError"),
        (httpx.ConnectTimeout("no"), RasaAway, "ConnectTimeout"),
        (httpx.ReadTimeout("slow"), RasaTrouble, "timeout"),
        (httpx.RemoteProtocolError("cut"), RasaTrouble, "cut"),
        (httpx.ReadError("cut"), RasaTrouble, "cut"),
    ],
)
def test_a_broken_connection_is_told_apart(raised: Exception, expected: type[Exception], code: str) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        raise raised

    with pytest.raises(expected, match=code):
        ask(answer)


def test_a_wrong_secret_says_what_to_do(caplog: pytest.LogCaptureFixture) -> None:
    with pytest.raises(RasaAway):
        ask(gives(401, {"error": "secret"}))
    assert "DAOZHEN_SECRET" in caplog.text
