"""bot.gateway.events: the event stream."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from gateway_parts import PATIENCE, Running, gateway, reply, said, texts, until

from bot.cli.client import Event, WidgetClient
from bot.conversations.records import Reply
from bot.conversations.wakeups import STAFF_TYPES
from bot.gateway import events


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with gateway(tmp_path_factory.mktemp("gateway")) as found:
        yield found


@pytest.fixture
def client(running: Running) -> Iterator[WidgetClient]:
    with running.client() as found:
        yield found


class Listener:
    """Reads an event stream in a thread."""

    def __init__(self, running: Running, token: str, after: int = 0) -> None:
        self._client = WidgetClient(running.url, token, timeout=PATIENCE)
        self.heard: list[Event] = []
        self.ended = False
        self._thread = threading.Thread(target=self._listen, args=(after,), daemon=True)
        self._thread.start()
        until(lambda: self.names)

    def _listen(self, after: int) -> None:
        try:
            for event in self._client.events(after):
                self.heard.append(event)
            self.ended = True
        except (httpx.HTTPError, RuntimeError):  # closed from outside
            pass

    @property
    def names(self) -> list[str]:
        return [event.name for event in self.heard]

    def messages(self) -> list[str]:
        return texts([event.data for event in self.heard if event.name == "message"])

    def last(self, name: str) -> dict[str, object] | None:
        return next((event.data for event in reversed(self.heard) if event.name == name), None)


@contextmanager
def listening_to(running: Running, token: str, after: int = 0) -> Iterator[Listener]:
    yield Listener(running, token, after)


def test_what_is_said_arrives_in_order_with_its_number(running: Running, client: WidgetClient) -> None:
    with listening_to(running, client.token) as listener:
        for text in ("a", "b", "c"):
            client.send(text)
        until(lambda: len(listener.messages()) == 6)
        seen = [(event.id, event.data["seq"]) for event in listener.heard if event.name == "message"]
        assert seen == [(str(number), number) for number in range(1, 7)]
        assert [text for text in listener.messages() if text.startswith("echo")] == ["echo: a", "echo: b", "echo: c"]


def test_it_resumes_after_the_last_one_known(running: Running, client: WidgetClient) -> None:
    client.replies(client.send("before"))
    with listening_to(running, client.token, after=1) as listener:
        until(lambda: listener.messages() == ["echo: before"])
    headers = {"Authorization": f"Bearer {client.token}", "Last-Event-ID": "2"}
    client.send("later")
    with httpx.stream("GET", f"{running.url}/widget/events?after=0", headers=headers, timeout=PATIENCE) as answer:
        lines = answer.iter_lines()
        assert next(lines) == "id: 3"


def test_typing_is_shown_while_an_answer_is_made(running: Running, client: WidgetClient) -> None:
    with listening_to(running, client.token) as listener:
        running.rasa.slow = 0.3
        client.send("slowly")
        until(lambda: "typing" in listener.names and listener.last("typing") == {"on": False})
        running.rasa.slow = 0.0
        order = [event for event in listener.heard if event.name in ("typing", "message")]
        assert [event.data.get("on", event.data.get("sender")) for event in order] == ["patient", True, "bot", False]


def test_staff_who_write_are_shown_until_it_is_not_said_again(
    running: Running, client: WidgetClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(events, "TYPING_LASTS", 0.3)
    with listening_to(running, client.token) as listener:
        running.parts.wakeups.publish(events.topic(client.conversation), STAFF_TYPES)
        until(lambda: listener.last("typing") == {"on": True})
        httpx.post(
            f"{running.url}/widget/typing", headers={"Authorization": f"Bearer {client.token}"}
        ).raise_for_status()
        until(lambda: listener.last("typing") == {"on": False})
        assert listener.names.count("typing") == 2  # what the patient writes is not theirs to hear


def test_mode_comes_first_and_at_every_change(running: Running, client: WidgetClient) -> None:
    with listening_to(running, client.token) as listener:
        assert listener.heard[0] == Event("mode", "", {"mode": "bot", "ticket": None, "place": None})
        asked = httpx.post(f"{running.url}/widget/ticket", headers={"Authorization": f"Bearer {client.token}"}).json()
        until(lambda: listener.last("mode") == {"mode": "bot", "ticket": asked["ticket"], "place": 1})
        running.store.set_mode(client.conversation, "person")
        until(lambda: listener.last("mode") == {"mode": "person", "ticket": asked["ticket"], "place": 1})
        until(lambda: listener.last("staff") == {"name": None})
        running.store.say(client.conversation, "staff", Reply("Hello", "staff"), author="Nurse Li")
        until(lambda: listener.messages()[-1] == "Hello")
        event = next(event for event in listener.heard if event.data.get("text") == "Hello")
        assert (event.data["author"], event.data["sender"]) == ("Nurse Li", "staff")


def test_two_streams_hear_the_same(running: Running, client: WidgetClient) -> None:
    with listening_to(running, client.token) as one, listening_to(running, client.token) as other:
        client.send("both")
        until(lambda: one.messages() == other.messages() == ["both", "echo: both"])


def test_a_stream_hears_its_own_conversation_alone(running: Running, client: WidgetClient) -> None:
    with running.client() as another, listening_to(running, client.token) as listener:
        another.replies(another.send("not yours"))
        client.replies(client.send("yours"))
        until(lambda: listener.messages() == ["yours", "echo: yours"])


def test_erasing_ends_every_stream(running: Running) -> None:
    with running.client() as client, listening_to(running, client.token) as listener:
        httpx.delete(f"{running.url}/widget/conversation", headers={"Authorization": f"Bearer {client.token}"})
        until(lambda: listener.ended)
        assert listener.heard[-1] == Event("erased", "", {})


def test_people_see_that_the_bot_is_starting(running: Running, client: WidgetClient) -> None:
    with listening_to(running, client.token) as listener:
        assert "starting" not in listener.names
        running.rasa.ready = False
        until(lambda: listener.last("starting") == {"on": True})
        client.send("waits")
        time.sleep(0.3)
        assert listener.messages() == ["waits"]
        with listening_to(running, client.token) as late:
            until(lambda: late.last("starting") == {"on": True})
        running.rasa.ready = True
        until(lambda: listener.last("starting") == {"on": False})
        until(lambda: listener.messages() == ["waits", "echo: waits"])


def test_what_a_stream_has_sent_is_noted_as_delivered(running: Running, client: WidgetClient) -> None:
    client.replies(client.send("x"))
    with listening_to(running, client.token):
        until(lambda: running.store.read(client.conversation)[-1].delivery == "delivered")


def test_a_long_conversation_arrives_whole(running: Running, client: WidgetClient) -> None:
    for number in range(events.PAGE + 5):
        running.store.say(client.conversation, "staff", Reply(f"{number}", "staff"))
    with listening_to(running, client.token) as listener:
        until(lambda: len(listener.messages()) == events.PAGE + 5)
    assert len(said(client)) == events.PAGE


def test_a_stream_is_kept_alive_and_not_buffered(
    running: Running, client: WidgetClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(events, "HEARTBEAT", 0.2)
    headers = {"Authorization": f"Bearer {client.token}"}
    with httpx.stream("GET", f"{running.url}/widget/events", headers=headers, timeout=PATIENCE) as answer:
        assert answer.headers["Content-Type"].startswith("text/event-stream")
        assert answer.headers["X-Accel-Buffering"] == "no"
        comments = (line for line in answer.iter_lines() if line.startswith(":"))
        assert next(comments) and next(comments)


def test_a_missed_wake_up_is_made_good(running: Running, client: WidgetClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "LOOK_AGAIN", 0.2)
    with listening_to(running, client.token) as listener:
        monkeypatch.setattr(running.parts.wakeups, "publish", lambda topic, event="": None)
        client.send("unheard")
        until(lambda: listener.messages()[:1] == ["unheard"])


def test_streams_are_counted_while_they_last(tmp_path: Path) -> None:
    with gateway(tmp_path) as running, running.client() as client:

        def streams() -> float:
            counters = httpx.get(f"{running.url}/metrics").text.splitlines()
            return float(next(line for line in counters if line.startswith("daozhen_event_streams ")).split()[1])

        headers = {"Authorization": f"Bearer {client.token}"}
        with httpx.stream("GET", f"{running.url}/widget/events", headers=headers, timeout=PATIENCE) as answer:
            lines = answer.iter_lines()
            next(lines)
            assert streams() == 1
        until(lambda: streams() == 0)


def test_replies_with_several_messages_stay_together(running: Running, client: WidgetClient) -> None:
    running.rasa.answers["two"] = [reply("one"), reply("two")]
    with listening_to(running, client.token) as listener:
        assert texts(client.replies(client.send("two"))) == ["one", "two"]
        until(lambda: listener.messages() == ["two", "one", "two"])
