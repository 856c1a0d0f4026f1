"""bot.rasa.connector, bot.rasa.secret and bot.rasa.action_server: what is let in; then the channel on the real servers.

The servers are Rasa and the action server as they are served; what breaks is really broken: a killed process, an action that
raises, a table that is gone.
"""

from __future__ import annotations

import json
import signal
import subprocess
import time
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
import sqlalchemy as sa

from bot.cli.processes import ON_LOOPBACK, action_server, environment, rasa_server, write_endpoints
from bot.cli.stack import PATIENCE, Stack, own_settings, serving
from bot.cli.train import newest_model
from bot.rasa.connector import DaozhenInput, InvalidBody, read_message
from bot.rasa.secret import may_enter
from bot.settings import ROOT, Settings


@pytest.mark.parametrize(
    ("secret", "shown", "enters"),
    [
        ("s3cret", "Bearer s3cret", True),
        ("s3cret", "Bearer s3cre", False),
        ("s3cret", "s3cret", False),
        ("s3cret", "bearer s3cret", False),
        ("s3cret", "Bearer s3cret ", False),
        ("s3cret", "", False),
        ("s3cret", "Bearer \udcff", False),
        ("", "Bearer ", False),
        ("", "", False),
    ],
)
def test_secret(secret: str, shown: str, enters: bool) -> None:
    assert may_enter(secret, shown) is enters


def test_channel_without_a_secret_says_so(caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch) -> None:
    async def unused(message: Any) -> None:
        raise AssertionError

    monkeypatch.delenv("DAOZHEN_SECRET", raising=False)
    DaozhenInput.from_credentials(None).blueprint(unused)
    assert "DAOZHEN_SECRET is not set" in caplog.text


MESSAGE: dict[str, Any] = {"conversation": "c", "message_id": "m", "text": "Beds?"}


def test_message_is_read() -> None:
    message = read_message(json.dumps({**MESSAGE, "language": "zh", "script": "traditional"}).encode())
    assert (message.sender_id, message.message_id, message.text) == ("c", "m", "Beds?")
    assert message.metadata == {"language": "zh", "script": "traditional"}
    assert message.input_channel == message.output_channel.name() == "daozhen"
    assert read_message(json.dumps(MESSAGE).encode()).metadata == {"language": None, "script": None}


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"conversation": ""}, "conversation"),
        ({"conversation": None}, "conversation"),
        ({"conversation": "c\n"}, "conversation"),
        ({"message_id": "x" * 256}, "message_id"),
        ({"message_id": "a\x00b"}, "message_id"),
        ({"message_id": 7}, "message_id"),
        ({"message_id": "\ud800"}, "message_id"),
        ({"text": None}, "text"),
        ({"text": ["hi"]}, "text"),
        ({"language": "fr"}, "language"),
        ({"script": "latin"}, "script"),
        ({"sender": "x"}, "sender"),
    ],
)
def test_wrong_field_is_named(changed: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidBody, match=f"^{field}: "):
        read_message(json.dumps({**MESSAGE, **changed}).encode())


@pytest.mark.parametrize(
    "body", [b"", b"{", b"\xff\xfe", b"[1]", b'"text"', b"null", b"[" * 100_000], ids=lambda body: repr(body[:9])
)
def test_body_that_is_none(body: bytes) -> None:
    with pytest.raises(InvalidBody):
        read_message(body)


# On the real servers.

BEDS = "How many beds does the Shanghai department have?"
USUAL = {"action", "session_started", "user", "user_featurization", "bot", "slot"}
"""The events of a conversation in which nothing is restarted or undone."""


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    model = newest_model()
    assert model, "./run test trains one"
    with serving(model, tmp_path_factory.mktemp("servers")) as running:
        yield running


def channel(settings: Settings, path: str) -> str:
    return f"http://127.0.0.1:{settings.rasa_port}/webhooks/daozhen/{path}"


def send(stack: Stack, text: str, conversation: str, message_id: str | None = None, **more: Any) -> httpx.Response:
    body = {"conversation": conversation, "message_id": message_id or uuid.uuid4().hex, "text": text, **more}
    headers = {"Authorization": f"Bearer {stack.settings.secret}"}
    return httpx.post(channel(stack.settings, "messages"), content=json.dumps(body), headers=headers, timeout=60)


def answer(stack: Stack, text: str, conversation: str, message_id: str | None = None, **more: Any) -> dict[str, Any]:
    response = send(stack, text, conversation, message_id, **more)
    assert response.status_code == 200, response.text
    found: dict[str, Any] = response.json()
    return found


def error(response: httpx.Response) -> tuple[int, str]:
    return response.status_code, response.json()["error"]


def user_turns(stack: Stack, conversation: str) -> list[str]:
    """The ids of the messages in the stored tracker."""
    with database(stack) as connection:
        query = sa.text("SELECT events FROM trackers WHERE conversation = :id")
        stored = connection.execute(query, {"id": conversation}).scalar()
    return [event["message_id"] for event in json.loads(stored or "[]") if event["event"] == "user"]


@contextmanager
def database(stack: Stack) -> Iterator[Any]:
    engine = sa.create_engine(stack.settings.database_url)
    with engine.begin() as connection:
        yield connection
    engine.dispose()


@pytest.fixture
def conversation() -> str:
    return uuid.uuid4().hex


@pytest.mark.slow
def test_health(stack: Stack) -> None:
    response = httpx.get(channel(stack.settings, "health"))
    model = newest_model()
    assert (response.status_code, response.json()) == (200, {"model": model and model.name})


@pytest.mark.slow
@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer wrong"}, {"Authorization": "Basic x"}])
def test_stranger_is_refused(stack: Stack, headers: dict[str, str]) -> None:
    response = httpx.post(channel(stack.settings, "messages"), json=MESSAGE, headers=headers)
    assert error(response) == (401, "secret")


@pytest.mark.slow
def test_action_server_refuses_strangers(stack: Stack) -> None:
    server = f"http://127.0.0.1:{stack.settings.actions_port}"
    assert httpx.get(f"{server}/health").status_code == 200
    assert error(httpx.get(f"{server}/actions")) == (401, "secret")
    assert error(httpx.post(f"{server}/webhook", json={"next_action": "action_answer"})) == (401, "secret")


@pytest.mark.slow
def test_wrong_body_is_refused(stack: Stack, conversation: str) -> None:
    response = send(stack, BEDS, conversation, language="fr")
    assert error(response) == (422, "body")
    assert response.json()["detail"].startswith("language: ")
    assert user_turns(stack, conversation) == []


@pytest.mark.slow
def test_reply_is_whole(stack: Stack, conversation: str) -> None:
    found = answer(stack, BEDS, conversation, "m1")
    (reply,) = found["replies"]
    assert "56 beds" in reply["text"] and "Source" not in reply["text"]
    assert reply["source"]["department"] == reply["department"] == "interventional_radiotherapy"
    assert reply["source"]["text"].startswith("Source: ")
    assert (reply["kind"], reply["topic"], reply["language"], reply["ticket"]) == ("fact", "beds", "en", None)
    assert "ward.beds" in reply["facts"]
    assert (found["message_id"], found["kind"], found["language"], found["script"]) == ("m1", "fact", "en", None)
    assert found["intent"]["name"] == found["ranking"][0]["name"] == "ask_beds"
    assert found["entities"][0] == {
        "entity": "department",
        "value": "interventional_radiotherapy",
        "written": "Shanghai department",
    }
    assert found["gate"]["verdict"] == "pass"


@pytest.mark.slow
def test_other_channels_show_the_source(stack: Stack, conversation: str) -> None:
    (reply,) = stack.ask(conversation, BEDS)
    assert "\nSource: " in reply["text"]


@pytest.mark.slow
def test_emergency_names_its_rule(stack: Stack, conversation: str) -> None:
    found = answer(stack, "I have chest pain and cannot breathe", conversation)
    assert found["kind"] == "emergency"
    assert found["replies"][0]["rule"] == found["gate"]["rule"] != ""


@pytest.mark.slow
def test_pinned_language_and_script_win(stack: Stack, conversation: str) -> None:
    pinned = answer(stack, BEDS, conversation, language="zh", script="traditional")
    assert (pinned["language"], pinned["script"], pinned["pinned_language"]) == ("zh", "traditional", "zh")
    assert "張床位" in pinned["replies"][0]["text"]
    assert answer(stack, "上海有几张床？", conversation, language="en")["language"] == "en"
    assert answer(stack, "上海有几张床？", conversation)["language"] == "zh"


@pytest.mark.slow
def test_language_asked_for_is_told_and_let_go_again(stack: Stack, conversation: str) -> None:
    """The pin is the gateway's: what it no longer gives no longer holds."""
    asked = answer(stack, "请用英文回答", conversation)
    assert (asked["language"], asked["pinned_language"]) == ("en", "en")
    assert answer(stack, "有几张床？", conversation, language="en")["language"] == "en"
    let_go = answer(stack, "有几张床？", conversation)
    assert (let_go["language"], let_go["pinned_language"]) == ("zh", None)


@pytest.mark.slow
def test_retry_gets_the_same_reply(stack: Stack, conversation: str) -> None:
    first = answer(stack, BEDS, conversation, "m1")
    answer(stack, "and in Hangzhou?", conversation, "m2")
    assert answer(stack, BEDS, conversation, "m1") == first
    assert answer(stack, "something else", conversation, "m1") == first
    assert user_turns(stack, conversation) == ["m1", "m2"]


@pytest.mark.slow
def test_retries_at_once_get_one_turn(stack: Stack, conversation: str) -> None:
    with ThreadPoolExecutor(4) as pool:
        replies = list(pool.map(lambda _: answer(stack, BEDS, conversation, "m1"), range(4)))
    assert all(reply == replies[0] for reply in replies)
    assert user_turns(stack, conversation) == ["m1"]


@pytest.mark.slow
def test_twenty_conversations_at_once(stack: Stack) -> None:
    """Each keeps its own context."""

    def converse(number: int) -> tuple[str, str, list[str]]:
        name, place, other = f"c{number}-{uuid.uuid4().hex}", ("Shanghai", "Hangzhou")[number % 2], "and the other one?"
        first = answer(stack, f"How many beds are there in {place}?", name, "1")["replies"][0]["text"]
        second = answer(stack, other, name, "2")["replies"][0]["text"]
        return first, second, user_turns(stack, name)

    with ThreadPoolExecutor(20) as pool:
        for number, (first, second, turns) in enumerate(pool.map(converse, range(20))):
            shanghai, hangzhou = (first, second) if number % 2 == 0 else (second, first)
            assert "56" in shanghai and "17" in hangzhou
            assert turns == ["1", "2"]


@pytest.mark.slow
@pytest.mark.parametrize(
    "text",
    [
        "/restart",
        " /restart",
        "／restart",
        "\u200b/restart",
        "\ufeff／\u2060/restart",
        "//restart",
        "/session_start",
        "/back",
        "/affirm",
        '/intent{"a":1}',
        '/inform{"department": "x9"}',
        "/greet@1.0",
        "//",
        "/",
        "\ud800/restart",
        "EXTERNAL: greet",
    ],
    ids=repr,
)
def test_no_text_is_a_payload(stack: Stack, text: str, conversation: str) -> None:
    """What follows the slash is read as words; the conversation goes on from where it was."""
    answer(stack, BEDS, conversation, "m1")
    found = answer(stack, text, conversation, "m2")
    assert found["replies"]
    assert found["gate"] is not None, "Rasa lets no component read a payload"
    events = stack.tracker(conversation)["events"]
    assert {event["event"] for event in events} <= USUAL
    assert [event["event"] for event in events].count("session_started") == 1
    assert user_turns(stack, conversation) == ["m1", "m2"]
    assert "56" in answer(stack, "say that again please", conversation)["replies"][-1]["text"]


@pytest.mark.slow
@pytest.mark.parametrize("text", ["x" * 20_000, "\x00\x01\x02", "🙂" * 500, "\u202eabc\u202c", ""], ids=len)
def test_odd_texts_are_answered(stack: Stack, text: str, conversation: str) -> None:
    assert answer(stack, text, conversation)["kind"] == "fallback"


@pytest.mark.slow
def test_hand_over_carries_its_ticket(stack: Stack, conversation: str) -> None:
    advice = answer(stack, "my nodule is 2 cm, should i have it ablated?", conversation)
    assert [reply["ticket"] for reply in advice["replies"]] == [None] * len(advice["replies"])
    accepted = answer(stack, advice["replies"][0]["buttons"][0]["payload"], conversation)
    assert (accepted["kind"], accepted["replies"][0]["ticket"]) == ("handoff", "clinical")
    assert answer(stack, "ok", conversation)["kind"] == "smalltalk"


@pytest.mark.slow
def test_broken_store_is_told(stack: Stack, conversation: str) -> None:
    """Rasa's fail-safe store would answer from memory, and forget. Mended, the conversation goes on."""
    answer(stack, BEDS, conversation, "m1")
    with database(stack) as connection:
        connection.execute(sa.text("ALTER TABLE trackers RENAME TO gone"))
    try:
        broken = send(stack, "and in Hangzhou?", conversation, "m2")
        assert error(broken) == (503, "tracker_failed")
        assert "Hangzhou" not in broken.text
        assert error(send(stack, BEDS, conversation, "m1")) == (503, "tracker_failed")
    finally:
        with database(stack) as connection:
            connection.execute(sa.text("ALTER TABLE gone RENAME TO trackers"))
    assert "17 beds" in answer(stack, "and in Hangzhou?", conversation, "m2")["replies"][0]["text"]
    assert user_turns(stack, conversation) == ["m1", "m2"]


@pytest.mark.slow
def test_store_that_cannot_be_written_is_told(stack: Stack, conversation: str) -> None:
    """A full disk, a read-only file: what is read still, but not kept, is not answered."""
    answer(stack, BEDS, conversation, "m1")
    with database(stack) as connection:
        for change in ("INSERT", "UPDATE"):
            refuse = (
                f"CREATE TRIGGER no_{change} BEFORE {change} ON trackers BEGIN SELECT RAISE(ABORT, 'read-only'); END"
            )
            connection.execute(sa.text(refuse))
    try:
        assert error(send(stack, "and in Hangzhou?", conversation, "m2")) == (503, "tracker_failed")
    finally:
        with database(stack) as connection:
            connection.execute(sa.text("DROP TRIGGER no_INSERT"))
            connection.execute(sa.text("DROP TRIGGER no_UPDATE"))
    assert "17 beds" in answer(stack, "and in Hangzhou?", conversation, "m2")["replies"][0]["text"]
    assert user_turns(stack, conversation) == ["m1", "m2"]


@pytest.mark.slow
def test_conversation_that_no_rule_knows_is_answered(stack: Stack, conversation: str) -> None:
    """A slot as no version of the rules leaves it: the person is asked to say it again, once, and the conversation goes on."""
    answer(stack, BEDS, conversation, "m1")
    with database(stack) as connection:
        query = sa.text("UPDATE trackers SET events = replace(events, :set, :unset) WHERE conversation = :id")
        connection.execute(query, {"set": '"value": "nothing"', "unset": '"value": null', "id": conversation})
    lost = answer(stack, "yes please", conversation, "m2")
    assert (lost["kind"], len(lost["replies"])) == ("fallback", 1)
    assert answer(stack, "yes please", conversation, "m2") == lost
    assert "17 beds" in answer(stack, "and in Hangzhou?", conversation, "m3")["replies"][0]["text"]


FAULTY = """
from rasa_sdk import Action

class Raises(Action):
    def name(self):
        return "action_answer"
    def run(self, dispatcher, tracker, domain):
        raise ValueError("no")

class Silent(Action):
    def name(self):
        return "action_fallback"
    def run(self, dispatcher, tracker, domain):
        return []
"""


@contextmanager
def faulty_actions(stack: Stack) -> Iterator[None]:
    """An action server with faulty actions, in the place of the one that has ended."""
    (stack.folder / "faulty_actions.py").write_text(FAULTY, encoding="utf-8")
    surroundings = environment(**ON_LOOPBACK, DAOZHEN_SECRET=stack.settings.secret)
    surroundings["PYTHONPATH"] += f":{stack.folder}"
    command = action_server(stack.settings)
    command[command.index("--actions") + 1] = "faulty_actions"
    process = subprocess.Popen(command, cwd=ROOT, env=surroundings, stderr=subprocess.DEVNULL)
    try:
        wait_for(actions_health(stack), process)
        yield
    finally:
        process.terminate()
        process.wait(20)


def actions_health(stack: Stack) -> str:
    return f"http://127.0.0.1:{stack.settings.actions_port}/health"


def wait_for(address: str, process: subprocess.Popen[bytes]) -> httpx.Response:
    """The first answer of a server that is starting."""
    started = time.monotonic()
    while True:
        try:
            return httpx.get(address)
        except httpx.TransportError:
            assert process.poll() is None and time.monotonic() - started < PATIENCE, f"{address} does not answer"
            time.sleep(0.1)


@pytest.mark.slow
def test_failing_actions_are_told(stack: Stack, conversation: str) -> None:
    """Killed, raising, silent; once the actions are back, the same message is answered, in one turn."""
    answer(stack, BEDS, conversation, "m1")
    stack.stop("actions", signal.SIGKILL)
    down = send(stack, "and in Hangzhou?", conversation, "m2")
    assert error(down) == (503, "action_failed")
    assert down.json()["detail"].startswith("action_answer: ")
    assert "Hangzhou" not in down.text
    assert answer(stack, "hello", f"{conversation}-2")["kind"] == "smalltalk", "what needs no action is answered"
    with faulty_actions(stack):
        assert error(send(stack, "and in Hangzhou?", conversation, "m2")) == (503, "action_failed")
        assert error(send(stack, "zxqv " * 250, conversation, "m3")) == (503, "empty_reply")
    assert user_turns(stack, conversation) == ["m1"]
    stack.start("actions")
    wait_for(actions_health(stack), stack.processes["actions"])
    assert "17 beds" in answer(stack, "and in Hangzhou?", conversation, "m2")["replies"][0]["text"]
    assert user_turns(stack, conversation) == ["m1", "m2"]


@pytest.mark.slow
def test_rasa_without_a_model(tmp_path: Path) -> None:
    """Rasa starts with a damaged one as with none."""
    model = tmp_path / "damaged.tar.gz"
    model.write_bytes(b"no archive")
    settings = own_settings(tmp_path)
    stack = Stack(settings, tmp_path, {"rasa": rasa_server(settings, model, write_endpoints(settings, tmp_path))})
    stack.start("rasa")
    try:
        assert error(wait_for(channel(settings, "health"), stack.processes["rasa"])) == (503, "no_model")
        assert error(send(stack, BEDS, "c")) == (503, "no_model")
    finally:
        stack.stop("rasa")
