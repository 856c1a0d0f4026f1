"""Two gateways on one PostgreSQL database: one conversation, in order, once, heard on either."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest
from gateway_parts import RasaDouble, Running, gateway, listening, said, texts, until
from postgresql import PostgreSQL

from bot.cli.client import WidgetClient

MESSAGES = 20


@pytest.fixture(scope="module")
def two(postgresql: PostgreSQL, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Running, Running]]:
    url, folder, rasa = postgresql.new_database(), tmp_path_factory.mktemp("none"), RasaDouble()
    with (
        listening(rasa.app(), rasa.port),
        gateway(folder, rasa, database_url=url) as one,
        gateway(folder, rasa, database_url=url) as other,
    ):
        yield one, other


def test_a_conversation_on_two_gateways_is_answered_in_order_and_once(two: tuple[Running, Running]) -> None:
    one, other = two
    with one.client() as here, WidgetClient(other.url, here.token) as there:
        for number in range(MESSAGES):
            (here, there)[number % 2].send(f"{number}")
        until(lambda: len(said(here)) == 2 * MESSAGES)
        answers = [message for message in said(there) if message["sender"] == "bot"]
        assert texts(answers) == [f"echo: {number}" for number in range(MESSAGES)]


def test_both_gateways_work(two: tuple[Running, Running]) -> None:
    one, other = two
    clients = [one.client() for _ in range(6)]
    one.rasa.slow = 0.2
    for client in clients:
        for number in range(3):
            client.send(f"{number}")
    until(lambda: all(len(said(client)) == 6 for client in clients))
    one.rasa.slow = 0.0
    for found in two:
        counters = httpx.get(f"{found.url}/metrics").text.splitlines()
        assert float(next(line for line in counters if line.startswith("daozhen_answer_seconds_count")).split()[1]) > 0


def test_what_is_said_to_one_is_heard_at_the_other(two: tuple[Running, Running]) -> None:
    one, other = two
    with one.client() as here, WidgetClient(other.url, here.token) as there:
        heard = there.events()
        assert next(heard).name == "mode"
        here.send("across")
        events = [next(heard) for _ in range(4)]
        assert texts([event.data for event in events if event.name == "message"]) == ["across", "echo: across"]
        assert events[1].name == "typing"


def test_the_same_message_sent_to_both_is_one(two: tuple[Running, Running]) -> None:
    one, other = two
    with one.client() as here, WidgetClient(other.url, here.token) as there:
        assert here.send("once", "same") == there.send("once", "same")
        until(lambda: len(said(here)) == 2)
