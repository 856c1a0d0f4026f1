"""bot.gateway.worker: what waits is answered in order, once, and honestly where it cannot be."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import httpx
import pytest
from gateway_parts import RasaDouble, Running, gateway, listening, reply, said, texts, until

from bot.cli.client import WidgetClient
from bot.conversations.records import Reply
from bot.gateway import worker


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with gateway(tmp_path_factory.mktemp("gateway")) as found:
        yield found


@pytest.fixture
def client(running: Running) -> Iterator[WidgetClient]:
    with running.client() as found:
        yield found


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "PAUSES", (0.05,))
    monkeypatch.setattr(worker, "LOOK_AGAIN", 0.05)


def answers(client: WidgetClient) -> list[str]:
    return texts([message for message in said(client) if message["sender"] == "bot"])


def test_one_conversation_is_answered_in_order_one_at_a_time(running: Running, client: WidgetClient) -> None:
    running.rasa.most_at_work, running.rasa.slow = 0, 0.05
    for number in range(10):
        client.send(f"{number}")
    until(lambda: len(answers(client)) == 10)
    running.rasa.slow = 0.0
    assert answers(client) == [f"echo: {number}" for number in range(10)]
    assert running.rasa.most_at_work == 1
    assert [message["reply_to"] for message in said(client) if message["sender"] == "bot"] == [
        message["seq"] for message in said(client) if message["sender"] == "patient"
    ]


def test_different_conversations_are_answered_side_by_side(running: Running) -> None:
    running.rasa.most_at_work, running.rasa.slow = 0, 0.5
    clients = [running.client() for _ in range(4)]
    for one in clients:
        one.send("together")
    until(lambda: all(answers(one) == ["echo: together"] for one in clients))
    running.rasa.slow = 0.0
    assert running.rasa.most_at_work >= 3


@pytest.mark.usefixtures("quick")
def test_a_failed_attempt_is_made_again(running: Running, client: WidgetClient) -> None:
    running.rasa.failures["again"] = [(503, "action_failed"), (503, "tracker_failed"), (503, "empty_reply")]
    asked = client.send("again")
    client.send("after it")
    until(lambda: len(answers(client)) == 2)
    assert answers(client) == ["echo: again", "echo: after it"]
    tries = [found["message_id"] for found in running.rasa.asked if found["text"] == "again"]
    assert tries == [asked["id"]] * 4


@pytest.mark.usefixtures("quick")
def test_a_message_without_an_answer_is_given_up_honestly(
    running: Running, client: WidgetClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "PATIENCE", 0.2)
    running.rasa.failures["问不出来"] = [(503, "action_failed")] * 100
    client.send("问不出来")
    client.send("next")
    until(lambda: len(answers(client)) == 2)
    given_up = said(client)[-2]
    assert "导诊台" in given_up["text"]
    assert (given_up["language"], given_up["reply_to"]) == ("zh", 1)
    assert [button["title"] for button in given_up["buttons"]] == ["问导诊台"]
    assert answers(client)[1] == "echo: next"
    assert len([found for found in running.rasa.asked if found["text"] == "问不出来"]) >= worker.FEWEST_TRIES


@pytest.mark.usefixtures("quick")
def test_a_long_absence_is_no_reason_to_give_up(
    running: Running, client: WidgetClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "PATIENCE", 0.1)
    running.rasa.failures["loading"] = [(503, "no_model")] * 8
    client.send("loading")
    until(lambda: answers(client) == ["echo: loading"])


def test_while_rasa_is_down_messages_wait_and_emergencies_do_not(tmp_path_factory: pytest.TempPathFactory) -> None:
    rasa = RasaDouble()
    with gateway(tmp_path_factory.mktemp("down"), rasa) as running, running.client() as client:
        for text in ("first", "I have severe chest pain", "third"):
            client.send(text)
        assert [message["kind"] for message in said(client) if message["sender"] == "bot"] == ["emergency"]
        assert running.store.backlog().messages == 2
        with listening(rasa.app(), rasa.port):
            until(lambda: len(answers(client)) == 3)
            time.sleep(0.3)
        assert answers(client)[1:] == ["echo: first", "echo: third"]
        assert [found["text"] for found in rasa.asked] == ["first", "third"]


def test_the_bot_is_silent_while_a_person_has_taken_over(running: Running, client: WidgetClient) -> None:
    running.store.set_mode(client.conversation, "person")
    client.send("to the nurse")
    emergency = client.send("I cannot breathe")
    until(lambda: len(answers(client)) == 1)
    assert said(client)[-1]["kind"] == "emergency"
    assert said(client)[-1]["reply_to"] == emergency["seq"]
    running.store.set_mode(client.conversation, "bot")
    client.send("to the bot")
    until(lambda: len(answers(client)) == 2)
    assert answers(client)[1] == "echo: to the bot"


def test_an_answer_that_comes_after_a_person_took_over_is_not_said(running: Running, client: WidgetClient) -> None:
    began, go_on = threading.Event(), threading.Event()

    def wait(asked: dict[str, object]) -> None:
        if asked["text"] == "overtaken":
            began.set()
            go_on.wait(10)

    running.rasa.while_asked = wait
    client.send("overtaken")
    assert began.wait(10)
    running.store.set_mode(client.conversation, "person")
    go_on.set()
    with running.client() as other:
        other.replies(other.send("meanwhile"))
    time.sleep(0.2)
    assert answers(client) == []


def test_a_conversation_erased_while_it_is_answered_leaves_nothing(running: Running) -> None:
    with running.client() as client:

        def erase(asked: dict[str, object]) -> None:
            if asked["text"] == "erased meanwhile":
                running.store.erase(client.conversation)

        running.rasa.while_asked = erase
        client.send("erased meanwhile")
        until(lambda: running.store.conversation(client.conversation) is None)
        with running.client() as other:
            other.replies(other.send("meanwhile"))
        assert running.store.read(client.conversation) == []


def test_a_reply_that_hands_over_opens_a_ticket(running: Running, client: WidgetClient) -> None:
    running.rasa.answers["should I have it out?"] = [reply("Shall I give you the front desk?", kind="advice")]
    running.rasa.answers["yes"] = [
        reply("Please go to the front desk.", kind="handoff", ticket="clinical", department="ir")
    ]
    client.replies(client.send("should I have it out?"))
    (handed,) = client.replies(client.send("yes"))
    assert handed["text"].startswith("I have told the front desk that you would like to talk to a person.")
    conversation = running.store.conversation(client.conversation)
    assert conversation is not None and conversation.ticket is not None
    ticket = running.store.tickets.ticket(conversation.ticket)
    assert (ticket.urgency, ticket.reason, ticket.language) == ("clinical", "advice", "en")
    assert ticket.summary == "should I have it out?"
    (again,) = client.replies(client.send("yes"))
    assert again["text"].startswith("The front desk already has your question")


def test_an_emergency_that_only_the_classifier_sees_opens_a_ticket_too(running: Running, client: WidgetClient) -> None:
    running.rasa.answers["he looks odd"] = [reply("Call 120.", kind="emergency")]
    (found,) = client.replies(client.send("he looks odd"))
    assert found["text"].startswith("Call 120.\nI am also telling the front desk")
    ticket = client.read()["ticket"]
    assert running.store.tickets.ticket(ticket).urgency == "emergency"


def test_what_follows_an_emergency_is_reminded_of_it(running: Running, client: WidgetClient) -> None:
    running.rasa.answers["wait and see?"] = [reply("I am not sure what you mean.", kind="fallback")]
    (before,) = client.replies(client.send("wait and see?"))
    client.replies(client.send("I have severe chest pain"))
    (found,) = client.replies(client.send("wait and see?"))
    assert (before["text"], found["kind"]) == ("I am not sure what you mean.", "fallback")
    assert (
        found["text"]
        == f"If it is still urgent, please do not wait for me: call 120 now, or call a nurse.\n{before['text']}"
    )
    (fact,) = client.replies(client.send("beds"))
    assert fact["text"] == "echo: beds"


def test_what_was_understood_is_kept_with_the_answer_but_not_shown(running: Running, client: WidgetClient) -> None:
    client.replies(client.send("beds"))
    stored = running.store.read(client.conversation)[-1]
    assert stored.body["understood"]["intent"] == {"name": "ask_beds", "confidence": 0.9}
    assert "understood" not in said(client)[-1]


def test_a_second_gateway_takes_over_from_one_that_is_gone(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "LOOK_AGAIN", 0.1)
    folder, rasa = tmp_path_factory.mktemp("two"), RasaDouble()
    with gateway(folder, rasa) as running, running.client() as client:
        client.send("held")
        assert running.store.lease("a gateway that was killed", 1.0) is not None
        with listening(rasa.app(), rasa.port):
            time.sleep(0.5)
            assert answers(client) == []
            until(lambda: answers(client) == ["echo: held"])


def test_a_wrong_secret_or_another_rasa_means_waiting(tmp_path_factory: pytest.TempPathFactory) -> None:
    rasa = RasaDouble(secret="s" * 32)
    with listening(rasa.app(), rasa.port):
        ours = gateway(tmp_path_factory.mktemp("secret"), rasa, secret="t" * 32)
        with ours as running, running.client() as client:
            client.send("x")
            time.sleep(0.5)
            assert answers(client) == []
            rasa.secret = "t" * 32
            until(lambda: answers(client) == ["echo: x"])
            with gateway(tmp_path_factory.mktemp("foreign"), rasa, secret="t" * 32, rasa_url=running.url) as other:
                assert httpx.get(f"{other.url}/readyz").json()["rasa"] is False


def test_staff_may_write_while_the_bot_answers(running: Running, client: WidgetClient) -> None:
    running.store.say(client.conversation, "staff", Reply("A nurse here.", "staff"), author="Li")
    client.replies(client.send("hello"))
    assert [message["sender"] for message in said(client)] == ["staff", "patient", "bot"]
