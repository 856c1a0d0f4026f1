"""100 kills at random moments over gateway, Rasa and action server while people write: nothing is lost, nothing is doubled."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
import sqlalchemy as sa
from gateway_parts import until
from processes import children

from bot.cli.ask import gateway_answers, gateway_url, rasa_answers
from bot.cli.client import Message, WidgetClient
from bot.cli.processes import ON_LOOPBACK, environment
from bot.cli.stack import own_settings, variables
from bot.conversations.connect import connect
from bot.conversations.tables import trackers
from bot.settings import ROOT, Settings

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1500)]

KILLS = 100
LONGEST_GAP = 2.0
"""Seconds between two kills, at most."""
RECOVERY = 6.0
"""Seconds that every other kill waits, at most, until gateway and Rasa answer: so that it hits them at work, not at their start."""
RASA = "rasa run"
TARGETS = {"bot.gateway": 0.55, "--actions": 0.37, RASA: 0.08}
"""What is killed (a part of its command line), and how often: Rasa needs ten seconds to come back."""
PEOPLE, MESSAGES, LONGEST_PAUSE = 5, 30, 12.0
"""How many write how many messages, with how many seconds between two at most: about as long as the killing lasts."""
QUESTIONS = (
    ("How many beds does the Shanghai department have?", "56"),
    ("杭州的超声科有多少张床位？", "17"),
    ("How many beds are there in Hangzhou?", "17"),
    ("上海介入科有几张床位", "56"),
)
PATIENCE = 400.0


class Person:
    """Writes message after message, each until it is acknowledged, and follows the event stream across every break."""

    def __init__(self, url: str, number: int) -> None:
        self._url = url
        self._number = number
        self.token = ""
        self.conversation = ""
        self.sent: list[tuple[str, str]] = []
        self.heard: list[Message] = []
        self.stop = threading.Event()
        self.threads = [threading.Thread(target=work, daemon=True) for work in (self._write, self._follow)]

    def _persist(self, request: httpx.Request) -> httpx.Response:
        while True:
            try:
                with httpx.Client(trust_env=False, timeout=10) as client:
                    answer = client.send(request)
                if answer.status_code < 500:
                    return answer.raise_for_status()
            except httpx.TransportError:
                pass
            time.sleep(0.2)

    def _write(self) -> None:
        opened = self._persist(httpx.Request("POST", f"{self._url}/widget/conversations", json={})).json()
        self.conversation, self.token = opened["conversation"], opened["token"]
        headers = {"Authorization": f"Bearer {self.token}"}
        dice = random.Random(self._number)
        for number in range(MESSAGES):
            text = QUESTIONS[(self._number + number) % len(QUESTIONS)][0]
            content = {"id": f"{self._number}-{number}", "text": text}
            self._persist(httpx.Request("POST", f"{self._url}/widget/messages", json=content, headers=headers))
            self.sent.append((content["id"], text))
            time.sleep(dice.uniform(0, LONGEST_PAUSE))

    def read(self) -> list[Message]:
        """The whole conversation; the last kill may have hit the gateway just now, so this too is persistent."""
        headers = {"Authorization": f"Bearer {self.token}"}
        found: list[Message] = self._persist(
            httpx.Request("GET", f"{self._url}/widget/messages", headers=headers)
        ).json()["messages"]
        return found

    def _follow(self) -> None:
        while not self.stop.is_set():
            try:
                with WidgetClient(self._url, self.token or "-") as client:
                    for event in client.events(self.heard[-1]["seq"] if self.heard else 0):
                        if event.name == "message":
                            self.heard.append(event.data)
            except (httpx.HTTPError, json.JSONDecodeError):
                time.sleep(0.2)


@contextmanager
def running(settings: Settings, log: Path) -> Iterator[int]:
    """`./run` while the block runs; its process id."""
    surroundings = environment(**ON_LOOPBACK, **variables(settings))
    with log.open("wb") as output:
        run = subprocess.Popen([sys.executable, "-m", "bot"], cwd=ROOT, env=surroundings, stdout=output, stderr=output)
    try:
        until(lambda: rasa_answers(settings) and gateway_answers(settings), PATIENCE)
        yield run.pid
    finally:
        run.terminate()
        run.wait(60)


def kill_at_random(supervisor: int, settings: Settings, dice: random.Random) -> Counter[str]:
    """Kill KILLS times; how often each target."""
    killed: Counter[str] = Counter()
    while sum(killed.values()) < KILLS:
        if sum(killed.values()) % 2:
            recovered = time.monotonic() + RECOVERY
            while time.monotonic() < recovered and not (gateway_answers(settings) and rasa_answers(settings)):
                time.sleep(0.1)
        time.sleep(dice.uniform(0, LONGEST_GAP))
        (target,) = dice.choices(list(TARGETS), list(TARGETS.values()))
        if target == RASA and not rasa_answers(settings):
            continue
        for pid, command in children(supervisor).items():
            if target in command:
                os.kill(pid, signal.SIGKILL)
                killed[target] += 1
    return killed


def test_nothing_is_lost_and_nothing_doubled(tmp_path: Path) -> None:
    seed = random.randrange(10**6)
    print(f"seed {seed}")
    settings = own_settings(tmp_path, rate_conversation=1000, rate_address=1000)
    with running(settings, tmp_path / "log") as supervisor:
        people = [Person(gateway_url(settings), number) for number in range(PEOPLE)]
        for person in people:
            for thread in person.threads:
                thread.start()
        killed = kill_at_random(supervisor, settings, random.Random(seed))
        for person in people:
            person.threads[0].join(PATIENCE)
        until(lambda: all(len(person.heard) >= 2 * MESSAGES for person in people), PATIENCE)
        for person in people:
            person.stop.set()
            check(person, person.read())
    assert sum(killed.values()) >= KILLS and len(killed) == len(TARGETS), killed
    check_trackers(settings)


def check(person: Person, stored: list[Message]) -> None:
    """Every message is there once, in the order of sending; each has one answer, the right one, in the same order."""
    asked = [message for message in stored if message["sender"] == "patient"]
    answers = [message for message in stored if message["sender"] == "bot"]
    assert [(message["id"], message["text"]) for message in asked] == person.sent
    assert [message["reply_to"] for message in answers] == [message["seq"] for message in asked]
    expected = dict(QUESTIONS)
    for question, answer in zip(asked, answers):
        assert expected[question["text"]] in answer["text"]
    assert person.heard == stored


def check_trackers(settings: Settings) -> None:
    """What Rasa remembers holds no message twice."""
    engine = connect(settings.database_url)
    with engine.connect() as connection:
        rows = connection.execute(sa.select(trackers.c.events)).scalars().all()
    engine.dispose()
    assert len(rows) == PEOPLE
    for row in rows:
        ids = [event["message_id"] for event in json.loads(row) if event["event"] == "user"]
        assert len(ids) == len(set(ids)) > 0
