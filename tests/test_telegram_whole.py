"""The Telegram channel from end to end: a real gateway, the real library, HTTP to a server that answers as Telegram's does."""

from __future__ import annotations

import json
import logging
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import httpx
import pytest
from gateway_parts import RasaDouble, gateway, listening, until
from postgresql import PostgreSQL
from telegram_gateway import state, telegram
from telegram_server import TOKEN, Telegram

from bot.cli.ask import gateway_answers
from bot.cli.processes import environment, gateway_server
from bot.cli.stack import free_port, own_settings, variables
from bot.conversations.records import Reply
from bot.gateway.telegram import webhook
from bot.settings import ROOT

ANNA, BO = 7, 8


def test_a_conversation(tmp_path: Path) -> None:
    with telegram(tmp_path) as (server, running):
        assert state(running) == "on"
        listed = [
            (asked.get("language_code"), len(json.loads(asked["commands"]))) for asked in server.called("setMyCommands")
        ]
        assert listed == [(None, 8), ("en", 8), ("zh", 8)]
        server.writes(ANNA, "/start")
        server.writes(ANNA, "how many beds?")
        server.writes(
            BO, "/help", **{"from": {"id": BO, "is_bot": False, "first_name": "B", "language_code": "zh-hans"}}
        )
        until(lambda: len(server.got(ANNA)) == 2 and len(server.got(BO)) == 1)
        assert server.got(ANNA)[1] == "echo: how many beds?"
        assert server.got(BO)[0].startswith("您可以问我")
        server.writes(ANNA, "/language")
        until(lambda: len(server.got(ANNA)) == 3)
        server.presses(ANNA, 1)
        until(lambda: len(server.got(ANNA)) == 4)
        assert server.got(ANNA)[3] == "简体中文\n好的，我用中文回答您。"
        assert [asked["text"] for asked in server.called("answerCallbackQuery")] == ["简体中文"]
        (off,) = server.called("editMessageReplyMarkup")
        assert int(off["message_id"]) == server.sent[-2]["message_id"]
        assert all(json.loads(asked["link_preview_options"])["is_disabled"] for asked in server.sent)
        until(lambda: server.confirmed == 5)


def test_staff_answer_and_who_has_blocked_the_bot_is_noted_on_the_ticket(tmp_path: Path) -> None:
    with telegram(tmp_path) as (server, running):
        server.writes(ANNA, "/human")
        until(lambda: len(server.got(ANNA)) == 1)
        store = running.store
        ticket = str(store.open("telegram", str(ANNA)).ticket)
        store.tickets.claim(ticket, "staff")
        store.tickets.reply(ticket, "staff", Reply("Please come at nine.", "text"), "O. Lin")
        until(lambda: len(server.got(ANNA)) == 2)
        assert server.got(ANNA)[1] == "Front desk, O. Lin\nPlease come at nine."
        server.writes(ANNA, "thank you")
        until(lambda: len(store.read(store.open("telegram", str(ANNA)).id)) == 4)
        server.blocked.add(ANNA)
        store.tickets.reply(ticket, "staff", Reply("Are you there?", "text"), "O. Lin")
        until(lambda: "undeliverable" in [event.kind for event in store.tickets.events(ticket)])
        assert len(server.got(ANNA)) == 2


def test_typing_is_shown_while_an_answer_is_made(tmp_path: Path) -> None:
    with telegram(tmp_path) as (server, running):
        running.rasa.slow = 1.0
        server.writes(ANNA, "hello")
        until(lambda: server.called("sendChatAction"))
        assert server.got(ANNA) == []
        until(lambda: server.got(ANNA) == ["echo: hello"])


def test_long_answers_come_in_parts_and_no_answer_breaks_on_markup(tmp_path: Path) -> None:
    long = " ".join(f"This is *sentence* _number_ [{number}](x) <b>." for number in range(200))
    rasa = RasaDouble()
    with listening(rasa.app(), rasa.port), telegram(tmp_path, rasa=rasa, rasa_port=rasa.port) as (server, _):
        reply = {"text": long, "language": "en", "kind": "fact", "ticket": None}
        rasa.answers["long"] = [{**reply, "source": {"text": "Source: x.", "department": "d"}}]
        server.writes(ANNA, "long")
        server.writes(ANNA, "short")
        until(lambda: "echo: short" in server.got(ANNA))
        *parts, last = server.got(ANNA)
        assert len(parts) > 1
        assert " ".join(" ".join(parts).split()) == f"{long} Source: x."


@pytest.mark.parametrize(
    ("fault", "times"),
    [((429, 1), 1), ("before", 1), (502, 1), ("after", 2)],
)
def test_what_happens_to_a_send_changes_neither_order_nor_number(tmp_path: Path, fault: Any, times: int) -> None:
    """Only where the connection is cut after the effect is a message seen twice; that is counted."""
    with telegram(tmp_path) as (server, running):
        server.faults["sendMessage"].append(fault)
        server.writes(ANNA, "one")
        server.writes(ANNA, "two")
        until(lambda: "echo: two" in server.got(ANNA))
        assert server.got(ANNA) == ["echo: one"] * times + ["echo: two"]
        unsure = 'daozhen_deliveries_total{channel="telegram",outcome="unsure"} 1.0'
        assert (unsure in httpx.get(f"{running.url}/metrics").text) == (not isinstance(fault, tuple))


def test_updates_come_again_where_the_connection_is_cut_and_are_answered_once(tmp_path: Path) -> None:
    with telegram(tmp_path) as (server, _):
        server.faults["getUpdates"] += ["after", "before", 502]
        server.writes(ANNA, "one")
        until(lambda: server.got(ANNA) == ["echo: one"])
        server.updates.append(server.updates[-1])
        server.writes(ANNA, "two")
        until(lambda: "echo: two" in server.got(ANNA))
        assert server.got(ANNA) == ["echo: one", "echo: two"]


def test_a_token_that_is_refused_stops_nothing_and_no_log_has_it(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO), telegram(tmp_path) as (server, running), running.client() as client:
        server.refuses = True
        server.happens("poll", {})  # ends the getUpdates that is waiting
        until(lambda: state(running) == "refused")
        until(lambda: running.parts.status.ready)
        assert client.replies(client.send("hello"))[0]["text"] == "echo: hello"
        server.refuses = False
        until(lambda: state(running) == "on")
    assert "HTTP Request: POST" in caplog.text, "httpx logs addresses"
    assert caplog.text.count("Telegram refuses the token") == 1
    assert "s3cret" not in caplog.text


def test_another_program_that_fetches_is_a_conflict(tmp_path: Path) -> None:
    with telegram(tmp_path) as (server, running):
        server.faults["getUpdates"] += [409]
        server.writes(ANNA, "one")
        until(lambda: state(running) == "conflict")
        until(lambda: server.got(ANNA) == ["echo: one"])
        until(lambda: state(running) == "on")


def test_the_webhook(tmp_path: Path) -> None:
    with telegram(tmp_path, telegram_webhook_url="https://bot.example") as (server, running):
        assert state(running) == "on"
        assert server.webhook["url"] == f"https://bot.example{webhook.PATH}"
        secret = {"X-Telegram-Bot-Api-Secret-Token": server.webhook["secret_token"]}
        url = f"{running.url}{webhook.PATH}"
        update = server.writes(ANNA, "hello")
        assert (
            httpx.post(url, json=update, headers={**secret, "X-Telegram-Bot-Api-Secret-Token": "x"}).status_code == 403
        )
        for _ in range(3):
            assert httpx.post(url, json=update, headers=secret).status_code == 200
        other = server.writes(ANNA, "again")
        assert httpx.post(url, json=other, headers=secret).status_code == 200
        until(lambda: server.got(ANNA) == ["echo: hello", "echo: again"])


@pytest.mark.slow
def test_a_rush_of_many_people(tmp_path: Path) -> None:
    """Telegram takes 30 messages a second, so this takes a while."""
    people, turns = 100, 5
    with telegram(tmp_path) as (server, _):
        for turn in range(turns):
            for person in range(people):
                server.writes(1000 + person, f"{turn} of {person}")
        until(lambda: len(server.sent) >= people * turns, 60)
        time.sleep(0.5)
        for person in range(people):
            assert server.got(1000 + person) == [f"echo: {turn} of {person}" for turn in range(turns)]


@pytest.mark.slow
def test_killed_in_mid_delivery_nothing_is_lost_and_order_stays(tmp_path: Path) -> None:
    people, turns = 20, 4
    server, port, rasa = Telegram(), free_port(), RasaDouble()
    settings = own_settings(
        tmp_path, telegram_bot_token=TOKEN, telegram_api_base=f"http://127.0.0.1:{port}", rasa_port=rasa.port
    )
    rasa.secret = settings.secret
    log = (tmp_path / "log").open("wb")

    def start() -> subprocess.Popen[bytes]:
        surroundings = environment(**variables(settings))
        return subprocess.Popen(gateway_server(), cwd=ROOT, env=surroundings, stdout=log, stderr=log)

    with listening(server.app(), port), listening(rasa.app(), rasa.port):
        process = start()
        try:
            until(lambda: gateway_answers(settings))
            for turn in range(turns):
                for person in range(people):
                    server.writes(1000 + person, f"{turn} of {person}")
            for how in (signal.SIGKILL, signal.SIGTERM):
                sent = len(server.sent)
                until(lambda: len(server.sent) >= sent + 10)  # noqa: B023  # looked at before the next turn
                process.send_signal(how)
                assert process.wait(10) is not None
                process = start()
            until(lambda: len({(found["chat_id"], found["text"]) for found in server.sent}) == people * turns, 40)
        finally:
            process.terminate()
            process.wait(10)
            server.updates.append({"update_id": 1_000_000})
    for person in range(people):
        seen = list(dict.fromkeys(server.got(1000 + person)))
        assert seen == [f"echo: {turn} of {person}" for turn in range(turns)]
    assert len(server.sent) <= people * turns + 2 * 16, "only what was being sent is sent twice"
    assert b"s3cret" not in (tmp_path / "log").read_bytes()


def test_of_two_gateways_on_one_database_one_fetches_and_both_answer(tmp_path: Path, postgresql: PostgreSQL) -> None:
    rasa, url, secret = RasaDouble(secret="s" * 40), postgresql.new_database(), "s" * 40
    server, port = Telegram(), free_port()
    shared: dict[str, Any] = {
        "database_url": url,
        "secret": secret,
        "telegram_bot_token": TOKEN,
        "rasa_port": rasa.port,
    }
    shared["telegram_api_base"] = f"http://127.0.0.1:{port}"
    with listening(server.app(), port), listening(rasa.app(), rasa.port), gateway(tmp_path, rasa, **shared) as second:
        with gateway(tmp_path, rasa, **shared) as first:
            until(lambda: sorted((state(first), state(second))) == ["on", "standby"])
            for number in range(20):
                server.writes(100 + number, "hello")
            until(lambda: len(server.sent) == 20)
            server.updates.append({"update_id": 500})  # lets the last getUpdates end
        until(lambda: state(second) == "on")
        server.writes(ANNA, "still there?")
        server.updates[-1]["update_id"] = 501
        until(lambda: server.got(ANNA) == ["echo: still there?"])
        server.updates.append({"update_id": 1_000_000})
    assert len(server.sent) == 21
