"""bot.gateway.widget: every route of the widget's interface, over HTTP."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import httpx
import pytest
from gateway_parts import RasaDouble, Running, gateway, listening, reply, said, texts, until

from bot.cli.client import WidgetClient
from bot.conversations.records import utc_now

BUTTONS = [{"title": "Beds?", "payload": "how many beds are there"}, {"title": "Staff?", "payload": "/secret_payload"}]


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with gateway(tmp_path_factory.mktemp("gateway")) as found:
        found.rasa.answers["menu"] = [reply("Which?", buttons=BUTTONS)]
        found.rasa.answers["fact"] = [
            reply("56 beds.", source={"text": "Source: the page.", "department": "ir"}, department="ir", rule=None)
        ]
        yield found


@pytest.fixture
def client(running: Running) -> Iterator[WidgetClient]:
    with running.client() as found:
        yield found


HTTP = httpx.Client()


def post(running: Running, path: str, token: str, content: Any = None, **headers: str) -> httpx.Response:
    return HTTP.post(
        f"{running.url}/widget/{path}", json=content, headers={"Authorization": f"Bearer {token}", **headers}
    )


def get(running: Running, path: str, token: str) -> httpx.Response:
    return HTTP.get(f"{running.url}/widget/{path}", headers={"Authorization": f"Bearer {token}"})


def delete(running: Running, path: str, token: str) -> httpx.Response:
    return HTTP.delete(f"{running.url}/widget/{path}", headers={"Authorization": f"Bearer {token}"})


def test_opening_gives_a_conversation_and_a_token(running: Running) -> None:
    opened = HTTP.post(f"{running.url}/widget/conversations", json={"page": "https://h.example/", "department": "ir"})
    assert opened.status_code == 201
    stored = running.store.conversation(opened.json()["conversation"])
    assert stored is not None
    assert (stored.channel, stored.page, stored.department, stored.language) == (
        "widget",
        "https://h.example/",
        "ir",
        None,
    )
    assert opened.headers["Cache-Control"] == "no-store"


def test_a_message_is_stored_before_it_is_acknowledged(running: Running, client: WidgetClient) -> None:
    answer = post(running, "messages", client.token, {"id": "m1", "text": "  how many beds?\n"})
    assert answer.status_code == 202
    stored = running.store.message(client.conversation, "m1")
    assert stored is not None
    assert answer.json()["text"] == stored.text == "how many beds?"
    assert answer.json()["seq"] == 1
    assert answer.json()["time"].endswith("+00:00")


def test_the_same_id_is_the_same_message(running: Running, client: WidgetClient) -> None:
    first = client.send("once", "same")
    assert client.send("once", "same") == first
    assert client.send("another text", "same") == first
    until(lambda: len(said(client)) == 2)
    assert texts(said(client)) == ["once", "echo: once"]


def test_identifying_numbers_are_masked_everywhere(running: Running, client: WidgetClient) -> None:
    sent = client.send("call me on 13812345678")
    assert sent["text"] == "call me on [PHONE]"
    client.replies(sent)
    assert running.rasa.asked[-1]["text"] == "call me on [PHONE]"
    assert "13812345678" not in HTTP.get(f"{running.url}/metrics").text


def test_a_reply_carries_its_source_and_no_payload(running: Running, client: WidgetClient) -> None:
    (found,) = client.replies(client.send("fact"))
    assert found["source"] == {"text": "Source: the page.", "department": "ir"}
    assert (found["department"], found["topic"], found["language"], found["kind"]) == ("ir", "beds", "en", "fact")
    assert found["reply_to"] == 1
    client.replies(client.send("menu"))
    assert "payload" not in get(running, "messages", client.token).text


def test_a_button_says_what_was_offered(running: Running, client: WidgetClient) -> None:
    (menu,) = client.replies(client.send("menu"))
    assert menu["buttons"] == [{"key": "2.0", "title": "Beds?"}, {"key": "2.1", "title": "Staff?"}]
    pressed = client.press("2.0")
    assert (pressed["text"], pressed["kind"]) == ("Beds?", "button")
    client.replies(pressed)
    assert running.rasa.asked[-1]["text"] == "how many beds are there"


@pytest.mark.parametrize("button", ["2.2", "1.0", "9.0", "0.0", "2", "2.0.0", "-1.0", "x", "", "2.٠", "99999999999.0"])
def test_a_button_that_was_not_offered_is_refused(running: Running, client: WidgetClient, button: str) -> None:
    client.replies(client.send("menu"))
    answer = post(running, "messages", client.token, {"id": "b", "button": button})
    assert (answer.status_code, answer.json()["error"], answer.json()["field"]) == (422, "not_offered", "button")


def test_a_button_of_another_conversation_is_not_offered_here(running: Running, client: WidgetClient) -> None:
    client.replies(client.send("menu"))
    with running.client() as other:
        answer = post(running, "messages", other.token, {"id": "b", "button": "2.0"})
    assert answer.json()["error"] == "not_offered"


@pytest.mark.parametrize(
    ("content", "error", "field"),
    [
        ({"id": "a", "text": ""}, "empty", "text"),
        ({"id": "a", "text": " \t\n\u200b\u3000\ufeff"}, "empty", "text"),
        ({"id": "a", "text": "\x00"}, "empty", "text"),
        ({"id": "a", "text": "x" * 1001}, "too_long", "text"),
        ({"id": "a", "text": "字" * 1001}, "too_long", "text"),
        ({"id": "a", "text": 5}, "invalid", "text"),
        ({"id": "a", "text": None}, "invalid", "body"),
        ({"id": "a"}, "invalid", "body"),
        ({"id": "a", "text": "x", "button": "1.0"}, "invalid", "body"),
        ({"id": "a", "text": "x", "extra": 1}, "invalid", "extra"),
        ({"text": "x"}, "invalid", "id"),
        ({"id": "", "text": "x"}, "invalid", "id"),
        ({"id": "a b", "text": "x"}, "invalid", "id"),
        ({"id": "a" * 65, "text": "x"}, "invalid", "id"),
        ({"id": 7, "text": "x"}, "invalid", "id"),
        ([], "invalid", "body"),
        ([["id", "a"], ["text", "x"]], "invalid", "body"),
        ("x", "invalid", "body"),
    ],
)
def test_what_is_not_a_message_is_refused(
    running: Running, client: WidgetClient, content: Any, error: str, field: str
) -> None:
    answer = post(running, "messages", client.token, content)
    assert answer.status_code == 422
    assert (answer.json()["error"], answer.json()["field"]) == (error, field)
    assert said(client) == []


def test_a_thousand_characters_are_taken(client: WidgetClient) -> None:
    assert client.send("字" * 1000)["text"] == "字" * 1000
    assert client.send(f"  {'y' * 1000}  ")["text"] == "y" * 1000


@pytest.mark.parametrize(
    "text", ["half a pair \ud83d", "a\x00b", "\u202eabc", "😭👨‍👩‍👧", "<b>&amp;</b>", "'; drop table"]
)
def test_odd_texts_pass(running: Running, client: WidgetClient, text: str) -> None:
    content = json.dumps({"id": "odd", "text": text})
    headers = {"Authorization": f"Bearer {client.token}", "Content-Type": "application/json"}
    sent = HTTP.post(f"{running.url}/widget/messages", content=content, headers=headers)
    assert sent.status_code == 202
    assert "\x00" not in sent.json()["text"]
    assert client.replies(sent.json())


def test_refusals_are_in_the_language_of_the_person(running: Running, client: WidgetClient) -> None:
    refused = {"id": "a", "text": ""}
    assert post(running, "messages", client.token, refused).json()["message"] == "Please write something first."
    accepted = post(running, "messages", client.token, refused, **{"Accept-Language": "zh-CN,zh;q=0.9,en;q=0.8"})
    assert accepted.json()["message"] == "请先写点什么。"
    assert accepted.headers["Content-Language"] == "zh"
    traditional = post(running, "messages", client.token, refused, **{"Accept-Language": "zh-TW"})
    assert traditional.json()["message"] == "請先寫點什麼。"
    assert post(running, "language", client.token, {"language": "zh"}).status_code == 204
    pinned = post(running, "messages", client.token, refused, **{"Accept-Language": "en"})
    assert pinned.json()["message"] == "请先写点什么。"


def test_a_token_that_is_not_ours_is_refused(running: Running, client: WidgetClient) -> None:
    for token in ("-", "x", client.token[:-2], client.token + "x", "eyJhbGciOiJub25lIn0.e30."):
        answer = get(running, "messages", token)
        assert (answer.status_code, answer.json()["error"]) == (401, "token"), token
        assert answer.headers["WWW-Authenticate"] == "Bearer"
    assert HTTP.get(f"{running.url}/widget/messages?token={client.token}").status_code == 401


def test_a_token_expires(tmp_path_factory: pytest.TempPathFactory) -> None:
    now = [utc_now()]
    with (
        gateway(tmp_path_factory.mktemp("clock"), clock=lambda: now[0], token_days=2) as running,
        running.client() as client,
    ):
        assert get(running, "messages", client.token).status_code == 200
        now[0] += timedelta(days=2, seconds=1)
        assert get(running, "messages", client.token).json()["error"] == "token"


def test_a_token_opens_its_own_conversation_alone(running: Running, client: WidgetClient) -> None:
    client.replies(client.send("mine"))
    with running.client() as other:
        assert said(other) == []
        assert post(running, "feedback", other.token, {"message": 2, "helpful": True}).status_code == 422


def test_a_token_of_another_channel_opens_nothing(running: Running) -> None:
    conversation = running.store.open("telegram", "77")
    token = running.parts.tokens.make(conversation.id)
    answer = get(running, "messages", token)
    assert (answer.status_code, answer.json()["error"]) == (404, "gone")


def test_erasing_leaves_nothing(running: Running) -> None:
    with running.client() as client:
        client.replies(client.send("remember me"))
        assert delete(running, "conversation", client.token).status_code == 204
        assert running.store.conversation(client.conversation) is None
        routes = [
            ("messages", {"id": "x", "text": "y"}),
            ("feedback", {"message": 1, "helpful": True}),
            ("ticket", None),
        ]
        for path, content in routes:
            answer = post(running, path, client.token, content)
            assert (answer.status_code, answer.json()["error"]) == (404, "gone"), path
        assert get(running, "events", client.token).status_code == 404
        assert delete(running, "conversation", client.token).status_code == 404


def test_feedback_is_kept_and_replaced(running: Running, client: WidgetClient) -> None:
    client.replies(client.send("beds"))
    for helpful in (True, False):
        assert post(running, "feedback", client.token, {"message": 2, "helpful": helpful}).status_code == 204
    for wrong in ({"message": 1, "helpful": True}, {"message": 9, "helpful": True}, {"message": 0, "helpful": True}):
        assert post(running, "feedback", client.token, wrong).json()["error"] == "invalid"
    assert post(running, "feedback", client.token, {"message": 2, "helpful": "yes"}).json()["field"] == "helpful"


def test_a_pinned_language_goes_to_rasa_until_it_is_let_go(running: Running, client: WidgetClient) -> None:
    for language in ("zh", None):
        assert post(running, "language", client.token, {"language": language}).status_code == 204
        client.replies(client.send(f"in {language}"))
        assert running.rasa.asked[-1]["language"] == language
    assert post(running, "language", client.token, {"language": "fr"}).json()["error"] == "invalid"
    assert post(running, "language", client.token, {}).json()["field"] == "language"


def test_a_language_asked_for_in_words_is_pinned(running: Running, client: WidgetClient) -> None:
    running.rasa.pinned["please speak Chinese"] = "zh"
    client.replies(client.send("please speak Chinese"))
    stored = running.store.conversation(client.conversation)
    assert stored is not None
    assert stored.language == "zh"


def test_asking_for_a_person_opens_one_ticket_and_says_what_happens_next(
    running: Running, client: WidgetClient
) -> None:
    client.replies(client.send("do you have MRI"))
    asked = post(running, "ticket", client.token)
    assert asked.status_code == 201
    assert asked.json()["urgency"] == "service"
    assert post(running, "ticket", client.token).json()["ticket"] == asked.json()["ticket"]
    events = [message for message in said(client) if message["sender"] == "event"]
    assert [event["kind"] for event in events] == ["ticket_opened"]
    assert "front desk" in events[0]["text"]
    assert events[0]["language"] == "en"
    assert client.read()["ticket"] == asked.json()["ticket"]


def test_the_wish_for_a_person_can_be_withdrawn(running: Running, client: WidgetClient) -> None:
    post(running, "ticket", client.token, **{"Accept-Language": "zh"})
    assert delete(running, "ticket", client.token).status_code == 204
    assert delete(running, "ticket", client.token).status_code == 204
    assert [message["kind"] for message in said(client)] == ["ticket_opened", "ticket_withdrawn"]
    assert {message["language"] for message in said(client)} == {"zh"}
    assert client.read()["ticket"] is None


def test_reading_goes_on_after_a_message(client: WidgetClient) -> None:
    for text in ("a", "b"):
        client.replies(client.send(text))
    assert texts(client.read(2)["messages"]) == ["b", "echo: b"]
    assert client.read(4)["messages"] == []
    assert client.read()["mode"] == "bot"


def test_unknown_addresses_and_methods_are_answered_in_our_form(running: Running) -> None:
    assert HTTP.get(f"{running.url}/widget/nothing").json()["error"] == "not_found"
    assert HTTP.put(f"{running.url}/widget/messages").json()["error"] == "method"


def test_a_gateway_that_starts_again_knows_its_conversations(tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("again")
    rasa = RasaDouble()
    with listening(rasa.app(), rasa.port):
        with gateway(folder, rasa) as first, first.client() as client:
            client.replies(client.send("before"))
            token = client.token
        with gateway(folder, rasa) as second, WidgetClient(second.url, token) as client:
            client.replies(client.send("after"))
            assert texts(said(client)) == ["before", "echo: before", "after", "echo: after"]
