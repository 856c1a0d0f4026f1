"""bot.gateway.telegram.api, .receiving, .webhook, .state, .typing_action: the connection, how updates come in, what is shown of it."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import httpx
import pytest
from gateway_parts import Running, gateway, listening, until
from postgresql import PostgreSQL
from sqlalchemy.engine import Engine
from sqlalchemy.exc import OperationalError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route
from telegram.error import Conflict, InvalidToken, NetworkError, RetryAfter, TelegramError
from telegram_parts import Chat, chat

from bot.cli.stack import free_port
from bot.conversations.connect import connect
from bot.conversations.exclusive import Exclusive
from bot.conversations.wakeups import TYPING_OFF, TYPING_ON
from bot.gateway.events import topic
from bot.gateway.metrics import Metrics
from bot.gateway.telegram import webhook
from bot.gateway.telegram.api import Bot, make_bot
from bot.gateway.telegram.receiving import LONGEST_PAUSE, Poller, pause_after
from bot.gateway.telegram.starting import Starting
from bot.gateway.telegram.state import SAID, State, trouble
from bot.gateway.telegram.typing_action import Typing
from bot.settings import Settings

TOKEN = "12345:s3cret-t0ken"
SECRET = "X-Telegram-Bot-Api-Secret-Token"


@pytest.fixture
def someone(tmp_path: Path) -> Iterator[Chat]:
    with chat(tmp_path) as found:
        yield found


# The token


@pytest.mark.parametrize("status", [200, 401, 404, 502, None])
def test_the_token_reaches_telegram_and_no_log_and_no_exception(
    status: int | None, caplog: pytest.LogCaptureFixture
) -> None:
    """httpx logs the address of every request at INFO, and the token stands in it."""
    asked: list[str] = []

    async def answer(request: Request) -> JSONResponse:
        asked.append(request.url.path)
        user = {"id": 12345, "is_bot": True, "first_name": "D", "username": "DBot"}
        return JSONResponse({"ok": True, "result": user} if status == 200 else {"ok": False}, status or 200)

    port = free_port()
    bot = make_bot(Settings(telegram_bot_token=TOKEN, telegram_api_base=f"http://127.0.0.1:{port}"))

    async def call() -> TelegramError | None:
        try:
            await bot.initialize()
            return None
        except TelegramError as error:
            return error
        finally:
            await bot.shutdown()

    with caplog.at_level(logging.DEBUG):
        if status is None:
            error = asyncio.run(call())
        else:
            with listening(Starlette(routes=[Route("/{rest:path}", answer, methods=["POST"])]), port):
                error = asyncio.run(call())
            assert asked == [f"/bot{TOKEN}/getMe"]
            assert any(record.name == "httpx" and "hidden/getMe" in record.getMessage() for record in caplog.records)
    assert (error is None) == (status == 200)
    shown = caplog.text + "".join(
        f"{found!r} {found} {vars(found)}" for found in (error, error and error.__cause__) if found
    )
    assert "s3cret" not in shown


def test_the_proxy_is_used_and_the_environments_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    async def proxy(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http":
            asked.append(scope["raw_path"].decode())
            await send({"type": "http.response.start", "status": 502, "headers": []})
            await send({"type": "http.response.body", "body": b""})

    port = free_port()
    monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{free_port()}")
    settings = Settings(
        telegram_bot_token=TOKEN,
        telegram_api_base="http://telegram.invalid",
        telegram_proxy=f"http://127.0.0.1:{port}",
    )

    async def call() -> None:
        bot = make_bot(settings)
        with pytest.raises(NetworkError, match="Bad Gateway"):
            await bot.initialize()
        await bot.shutdown()

    with listening(proxy, port):
        asyncio.run(call())
    assert len(asked) == 1


# Without network, with a bad token


def test_a_gateway_without_telegram_in_reach_works_and_says_so_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    api = f"http://127.0.0.1:{free_port()}"
    with gateway(tmp_path, telegram_bot_token=TOKEN, telegram_api_base=api) as running, running.client() as client:
        until(lambda: httpx.get(f"{running.url}/readyz").json()["telegram"] == "unreachable")
        until(lambda: running.parts.status.ready)
        assert client.replies(client.send("hello"))[0]["text"] == "echo: hello"
        assert httpx.get(f"{running.url}/readyz").status_code == 200
        time.sleep(1.5)
        assert 'daozhen_channel_up{channel="telegram"} 0.0' in httpx.get(f"{running.url}/metrics").text
    assert caplog.text.count("Telegram cannot be reached") == 1
    assert "s3cret" not in caplog.text


def test_pauses_grow_and_a_conflict_is_not_disturbed_often() -> None:
    network = [pause_after(NetworkError("x"), failures) for failures in range(1, 12)]
    assert network[0] < 2 < network[2]
    assert all(pause <= LONGEST_PAUSE * 1.2 for pause in network)
    assert pause_after(Conflict("x"), 1) >= 4
    assert pause_after(RetryAfter(17), 5) == 17
    assert pause_after(None, 1000) <= LONGEST_PAUSE * 1.2


@pytest.mark.parametrize(
    ("error", "condition"),
    [(InvalidToken(), "refused"), (Conflict("x"), "conflict"), (NetworkError("x"), "unreachable")],
)
def test_what_is_wrong_is_said_once(error: TelegramError, condition: str, caplog: pytest.LogCaptureFixture) -> None:
    state = State(Metrics())
    state.set("on")
    assert caplog.text == ""
    for _ in range(3):
        state.set(trouble(error))
    assert state.condition == condition
    assert [record.message for record in caplog.records] == [SAID[state.condition]]
    state.set("on")
    assert caplog.records[-1].message == SAID["on"]


# Polling


class Server:
    """getUpdates: gives what has not been acknowledged, then what is in `then`: an error to be raised, or the end of the test."""

    id = 12345

    def __init__(self, *updates: dict[str, Any], then: list[Exception] | None = None) -> None:
        self.updates = list(updates)
        self.then = then or []
        self.offsets: list[int | None] = []

    async def fetch_updates(self, offset: int | None, wait: int, kinds: Any) -> list[dict[str, Any]]:
        self.offsets.append(offset)
        self.updates = [update for update in self.updates if update["update_id"] >= (offset or 0)]
        if self.then:
            raise self.then.pop(0)
        if not self.updates:
            raise asyncio.CancelledError
        return self.updates


def poll(someone: Chat, server: Server, monkeypatch: pytest.MonkeyPatch) -> State:
    monkeypatch.setattr("bot.gateway.telegram.receiving.pause_after", lambda error, failures: 0.0)
    state = State(someone.parts.metrics)
    parts = SimpleNamespace(**vars(someone.parts), engine=someone.engine)

    async def run() -> None:
        with pytest.raises(asyncio.CancelledError):
            await Poller(cast(Any, parts), cast(Bot, server), state).run()

    asyncio.run(run())
    return state


def waiting(someone: Chat) -> list[int]:
    with someone.engine.connect() as connection:
        return [number for (number,) in connection.exec_driver_sql("SELECT id FROM updates ORDER BY id")]


def test_only_what_is_stored_is_acknowledged(someone: Chat, monkeypatch: pytest.MonkeyPatch) -> None:
    updates = [someone.update(text="one"), someone.update(text="two"), someone.update(text="three")]
    server, receive = Server(*updates), someone.store.receive
    away = [False, True]

    def failing(*arguments: Any) -> bool:
        if away and away.pop(0):
            raise OperationalError("x", {}, Exception())
        return receive(*arguments)

    monkeypatch.setattr(someone.store, "receive", failing)
    poll(someone, server, monkeypatch)
    assert waiting(someone) == [1, 2, 3]
    assert server.offsets == [None, 2, 4], "the second was not stored the first time, so it was asked for again"


@pytest.mark.parametrize("error", [Conflict("x"), NetworkError("x"), RetryAfter(1), InvalidToken(), ValueError("x")])
def test_polling_goes_on_after_whatever_happens(
    someone: Chat, error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    state = poll(someone, Server(someone.update(text="one"), then=[error]), monkeypatch)
    assert waiting(someone) == [1]
    assert state.condition == "on"


def test_updates_that_the_library_cannot_read_pass(someone: Chat, monkeypatch: pytest.MonkeyPatch) -> None:
    odd = {"update_id": 1, "poll": {}}
    broken = {"update_id": 2, "message": {"chat": 7}}
    fine = someone.update(text="hello")
    fine["update_id"] = 3
    monkeypatch.setattr("bot.gateway.telegram.handling.PAUSE", 0.0)
    poll(someone, Server(odd, broken, fine), monkeypatch)
    someone.deal_with()
    assert [message.text for message in someone.messages()] == ["hello"]
    assert someone.store.lease_update("telegram", 1) is None


def test_of_several_gateways_one_fetches(postgresql: PostgreSQL) -> None:
    url = postgresql.new_database()
    first, second = connect(url), connect(url)
    one, other, unrelated = (
        Exclusive(first, "telegram 1"),
        Exclusive(second, "telegram 1"),
        Exclusive(second, "telegram 2"),
    )
    assert one.hold() and one.hold()
    assert not other.hold()
    assert unrelated.hold()
    one.release()
    assert other.hold()
    assert not one.hold()
    _cut(second, first)
    until(one.hold)  # who loses the connection loses the turn
    assert not other.hold()
    for lock in (one, other, unrelated):
        lock.release()
    first.dispose()
    second.dispose()


def _cut(victim: Engine, by: Engine) -> None:
    """End every connection of an engine at the server."""
    with by.connect() as connection:
        mine = "SELECT pid FROM pg_locks WHERE locktype = 'advisory'"
        connection.exec_driver_sql(f"SELECT pg_terminate_backend(pid) FROM ({mine}) AS held").fetchall()


# Webhook


@pytest.fixture(scope="module")
def hooked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    api = f"http://127.0.0.1:{free_port()}"
    more: dict[str, Any] = {
        "telegram_bot_token": TOKEN,
        "telegram_api_base": api,
        "telegram_webhook_url": "https://bot.example/x",
    }
    with gateway(tmp_path_factory.mktemp("hooked"), **more) as running:
        yield running


def post(running: Running, body: Any, secret: str | None = None) -> httpx.Response:
    secret = webhook.secret_token(running.parts.settings) if secret is None else secret
    return httpx.post(f"{running.url}{webhook.PATH}", json=body, headers={SECRET: secret} if secret else {})


def test_the_webhooks_address_and_secret(hooked: Running) -> None:
    settings = hooked.parts.settings
    assert webhook.address(settings) == "https://bot.example/x/telegram/webhook"
    assert webhook.address(Settings(telegram_webhook_url="https://a.example/telegram/webhook")).count("webhook") == 1
    token = webhook.secret_token(settings)
    assert len(token) == 64 and token.isalnum()
    assert token != webhook.secret_token(Settings(secret=settings.secret, telegram_bot_token="1:other"))


def test_an_update_is_stored_before_it_is_acknowledged(hooked: Running) -> None:
    """Also one without a message, which Rasa's own channel answers with 500, and one that is larger than the widget's."""
    bodies: list[dict[str, Any]] = [{"my_chat_member": {}}, {"message": {"text": "床" * 8000}}, {"edited_message": {}}]
    for number, body in enumerate(bodies):
        assert post(hooked, {"update_id": number, **body}).status_code == 200
    assert post(hooked, {"update_id": 0}).status_code == 200
    with hooked.parts.engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM updates").scalar() == 3


@pytest.mark.parametrize("secret", ["", "wrong", "é"])
def test_a_call_without_the_secret_is_refused(hooked: Running, secret: str) -> None:
    """Rasa's own channel checks none."""
    url = f"{hooked.url}{webhook.PATH}"
    headers = {SECRET.encode(): secret.encode()} if secret else {}
    answer = httpx.post(url, json={"update_id": 77}, headers=headers)
    assert (answer.status_code, answer.json()["error"]) == (403, "secret")
    with hooked.parts.engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM updates WHERE id = 77").scalar() == 0


@pytest.mark.parametrize("body", [[], {}, {"update_id": "1"}, "x"])
def test_what_is_no_update_is_refused(hooked: Running, body: Any) -> None:
    assert post(hooked, body).status_code == 422


def test_there_is_no_webhook_where_updates_are_fetched(tmp_path: Path) -> None:
    with gateway(tmp_path) as running:
        assert post(running, {"update_id": 1}, "x").status_code == 404


# Typing


def test_typing_is_shown_where_an_answer_takes_a_moment(someone: Chat, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.gateway.telegram.typing_action.SOON", 0.05)
    monkeypatch.setattr("bot.gateway.telegram.typing_action.AGAIN", 0.1)
    where = topic(someone.conversation.id)

    def shown() -> int:
        return len([name for name, _ in someone.client.calls if name == "send_chat_action"])

    async def run() -> list[int]:
        typing, counts = Typing(someone.parts, cast(Bot, someone.client)), []
        typing.expect(someone.conversation)
        await asyncio.sleep(0.01)
        for event, seconds in ((TYPING_ON, 0.01), (TYPING_OFF, 0.1), (TYPING_ON, 0.28), (TYPING_OFF, 0.2)):
            someone.parts.wakeups.publish(where, event)
            await asyncio.sleep(seconds)
            counts.append(shown())
        await typing.close()
        return counts

    at_once, none, slow, after = asyncio.run(run())
    assert (at_once, none) == (0, 0)
    assert 2 <= slow <= 4
    assert after == slow


# Starting


def test_who_waits_for_the_bot_to_start_is_told_so_once(someone: Chat, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.gateway.telegram.starting.PATIENCE", 0.02)

    async def run(*, ready: bool = False) -> None:
        someone.status.ready = False
        starting = Starting(someone.parts)
        starting.expect(someone.conversation)
        someone.status.ready = ready
        await asyncio.sleep(0.15)
        await starting.close()

    someone.writes("有多少床位？")
    asyncio.run(run(ready=True))
    assert someone.answers() == [], "it was ready in time"
    asyncio.run(run())
    asyncio.run(run())
    assert someone.answers() == [someone.says("utter_starting", "zh")]
    someone.writes("还在吗？")
    asyncio.run(run())
    assert len(someone.answers()) == 1
    someone.answer("56")
    asyncio.run(run())
    someone.writes("/help")
    asyncio.run(run())
    assert len(someone.answers()) == 3, "who does not wait is not told"
