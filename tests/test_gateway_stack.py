"""The gateway with the real Rasa and the real action server: conversations as people have them, and what they notice of a restart."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator

import httpx
import pytest
from gateway_parts import said, texts, until

from bot.cli.client import Event, WidgetClient
from bot.cli.stack import Stack, serving
from bot.cli.train import newest_model

pytestmark = pytest.mark.slow
PATIENCE = 240.0


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    model = newest_model()
    assert model, "./run test trains one"
    with serving(model, tmp_path_factory.mktemp("servers"), gateway=True) as running:
        yield running


@pytest.fixture
def client(stack: Stack) -> Iterator[WidgetClient]:
    with WidgetClient(stack.url, timeout=PATIENCE) as found:
        yield found


def follow(client: WidgetClient, after: int = 0) -> list[Event]:
    """The events of a conversation, as they come: a list that grows."""
    heard: list[Event] = []

    def listen() -> None:
        try:
            for event in client.events(after):
                heard.append(event)
        except (httpx.HTTPError, RuntimeError):  # the gateway or the test has ended it
            pass

    threading.Thread(target=listen, daemon=True).start()
    until(lambda: heard, PATIENCE)
    return heard


def heard_texts(events: list[Event]) -> list[str]:
    return texts([event.data for event in events if event.name == "message"])


@pytest.mark.parametrize(
    ("question", "language", "holds"),
    [
        ("How many beds does the Shanghai department have?", "en", "56"),
        ("杭州的超声科有多少张床位？", "zh", "17张"),
        ("超聲科有幾張床位", "zh", "17張"),
        ("beds 上海介入科?", "en", "56"),
    ],
)
def test_a_question_is_answered_over_the_stream(
    stack: Stack, client: WidgetClient, question: str, language: str, holds: str
) -> None:
    events = follow(client)
    client.send(question)
    until(lambda: len(heard_texts(events)) == 2, PATIENCE)
    answer = next(event.data for event in events if event.name == "message" and event.data["sender"] == "bot")
    assert holds in answer["text"]
    assert (answer["language"], answer["kind"], answer["topic"]) == (language, "fact", "beds")
    assert answer["source"]["department"] == answer["department"]
    assert answer["source"]["text"] not in answer["text"]


def test_a_conversation_keeps_its_thread(client: WidgetClient) -> None:
    client.replies(client.send("How many beds does the Shanghai department have?"))
    (answer,) = client.replies(client.send("and in Hangzhou?"))
    assert "17 beds" in answer["text"]


def test_advice_a_yes_and_a_ticket(client: WidgetClient) -> None:
    replies = client.replies(client.send("Should I have my thyroid nodule ablated?"))
    (advice,) = (reply for reply in replies if reply["kind"] == "advice")
    (handed,) = client.replies(client.press(advice["buttons"][0]["key"]))
    assert "I have told the front desk" in handed["text"]
    assert client.read()["ticket"]


def test_a_pinned_language_answers_in_it(client: WidgetClient) -> None:
    (changed,) = client.replies(client.send("请说英文"))
    assert changed["language"] == "en"
    (answer,) = client.replies(client.send("杭州的超声科有多少张床位？"))
    assert (answer["language"], "17 beds" in answer["text"]) == ("en", True)


@pytest.mark.parametrize("text", ["/restart", "／session_start", " /back", "\u200b/restart", "/ask_beds{}"])
def test_a_slash_is_only_text(client: WidgetClient, text: str) -> None:
    client.replies(client.send("How many beds does the Shanghai department have?"))
    assert client.replies(client.send(text))
    (answer,) = client.replies(client.send("and in Hangzhou?"))
    assert "17 beds" in answer["text"]


def test_rasa_is_stopped_and_comes_back(stack: Stack, client: WidgetClient) -> None:
    events = follow(client)
    stack.stop("rasa", signal.SIGKILL)
    until(lambda: Event("starting", "", {"on": True}) in events, PATIENCE)
    waiting = client.send("How many beds does the Shanghai department have?")
    client.send("How many beds are there in Hangzhou?")
    urgent = client.send("My father has chest pain and cannot breathe")
    until(lambda: len(said(client)) == 4)
    emergency = said(client)[-1]
    assert (emergency["kind"], emergency["reply_to"]) == ("emergency", urgent["seq"])
    assert "120" in emergency["text"] and "telling the front desk" in emergency["text"]
    with WidgetClient(stack.url, timeout=PATIENCE) as newcomer:
        assert Event("starting", "", {"on": True}) in [event for _, event in zip(range(2), newcomer.events())]
    stack.start("rasa")
    until(lambda: len(said(client)) == 6, PATIENCE)
    until(lambda: Event("starting", "", {"on": False}) in events)
    answers = said(client)[-2:]
    assert [answer["reply_to"] for answer in answers] == [waiting["seq"], waiting["seq"] + 1]
    assert "56 beds" in answers[0]["text"] and "17 beds" in answers[1]["text"]
    assert heard_texts(events) == texts(said(client))


def test_a_dead_action_server_delays_an_answer(stack: Stack, client: WidgetClient) -> None:
    stack.stop("actions", signal.SIGKILL)
    asked = client.send("How many beds does the Shanghai department have?")
    threading.Event().wait(1.5)
    assert len(said(client)) == 1
    stack.start("actions")
    (answer,) = client.replies(asked)
    assert "56 beds" in answer["text"]


def test_a_gateway_that_starts_again_keeps_conversations(stack: Stack, client: WidgetClient) -> None:
    client.replies(client.send("How many beds does the Shanghai department have?"))
    stack.stop("gateway", signal.SIGKILL)
    stack.start("gateway")
    stack.await_ready("gateway")
    with WidgetClient(stack.url, client.token, timeout=PATIENCE) as again:
        assert len(said(again)) == 2
        (answer,) = again.replies(again.send("and in Hangzhou?"))
    assert "17 beds" in answer["text"]


def test_erasing_takes_rasas_memory_too(stack: Stack) -> None:
    with WidgetClient(stack.url, timeout=PATIENCE) as client:
        client.replies(client.send("How many beds does the Shanghai department have?"))
        assert any(event["event"] == "user" for event in stack.tracker(client.conversation)["events"])
        httpx.delete(f"{stack.url}/widget/conversation", headers={"Authorization": f"Bearer {client.token}"})
        assert not any(event["event"] == "user" for event in stack.tracker(client.conversation)["events"])
