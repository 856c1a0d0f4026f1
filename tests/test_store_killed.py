"""The store's processes are killed at random moments: nothing is lost, nothing doubled, nothing half done."""

from __future__ import annotations

import multiprocessing
import random
import time
from collections import Counter, defaultdict
from collections.abc import Callable
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from killable import open_store, sender, worker, writer
from stores import everything

from bot.conversations.connect import connect
from bot.conversations.migrations import migrate
from bot.conversations.records import Message
from bot.conversations.store import Store
from bot.conversations.tables import messages, outbox, tickets

KILLS = 20
MESSAGES = 60
"""Messages in each of the conversations."""
PATIENCE = 240.0
"""Seconds in which everything must be answered and sent after the last kill."""


class Crew:
    """Processes that are started again when they are killed."""

    def __init__(self, roles: dict[str, tuple[Callable[..., None], tuple[Any, ...]]]) -> None:
        self._context = multiprocessing.get_context("forkserver")
        self._context.set_forkserver_preload(["killable"])
        self._roles = roles
        self.running: dict[str, BaseProcess] = {role: self._start(role) for role in roles}

    def _start(self, role: str) -> BaseProcess:
        target, arguments = self._roles[role]
        process: BaseProcess = self._context.Process(target=target, args=arguments, daemon=True)  # type: ignore[attr-defined]  # the stubs of the contexts lack it
        process.start()
        return process

    def kill(self, role: str) -> None:
        """Kill a process (SIGKILL)."""
        self.running[role].kill()
        self.running[role].join()

    def kill_and_start(self, role: str) -> None:
        """Kill a process, and start it again."""
        self.kill(role)
        self.running[role] = self._start(role)


def test_processes_killed_at_any_moment_lose_and_double_nothing(database_url: str, tmp_path: Path) -> None:
    engine = connect(database_url)
    migrate(engine)
    store = open_store(database_url)
    conversations = [store.open("telegram", str(number)).id for number in range(3)]
    acknowledged, sent = tmp_path / "acknowledged", tmp_path / "sent"
    crew = Crew(
        {
            "writer": (writer, (database_url, acknowledged, conversations, MESSAGES)),
            "worker 1": (worker, (database_url,)),
            "worker 2": (worker, (database_url,)),
            "sender": (sender, (database_url, sent)),
        }
    )
    try:
        for _ in range(KILLS):
            time.sleep(random.uniform(0.1, 0.6))
            crew.kill_and_start(random.choice(list(crew.running)))
            for conversation in conversations:
                check_half_way(everything(store, conversation))
        await_the_end(store, crew, conversations)
    finally:
        for role in crew.running:
            crew.kill(role)
    for conversation in conversations:
        check_whole(everything(store, conversation), acknowledged.read_text().split("\n"))
    check_tickets(engine, conversations)
    check_sent(engine, sent)
    engine.dispose()


def await_the_end(store: Store, crew: Crew, conversations: list[str]) -> None:
    """Wait until the writer has ended and everything is answered and sent."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        done = all(
            sum(message.delivery == "delivered" for message in everything(store, one)) == 3 * MESSAGES
            for one in conversations
        )
        if done and not crew.running["writer"].is_alive():
            return
        time.sleep(0.2)
    pytest.fail(f"not everything was answered and sent: {store.backlog()}")


def replies_of(conversation: list[Message]) -> dict[str, list[str]]:
    """The replies to each message, by the message's id."""
    ids = {message.seq: message.id for message in conversation if message.sender == "patient"}
    replies: dict[str, list[str]] = defaultdict(list)
    for message in conversation:
        if message.sender == "bot":
            replies[ids[message.reply_to or 0]].append(message.text)
    return replies


def check_half_way(conversation: list[Message]) -> None:
    """No gap, no message twice, and both replies or none: also while it goes on."""
    assert [message.seq for message in conversation] == list(range(1, len(conversation) + 1))
    for answered, texts in replies_of(conversation).items():
        assert texts == [f"first to {answered}", f"second to {answered}"]


def check_whole(conversation: list[Message], acknowledged: list[str]) -> None:
    """Every message once, in order, with its replies, in order; and every one that was acknowledged is there."""
    patient = [message.id for message in conversation if message.sender == "patient"]
    assert patient == [f"m{index}" for index in range(MESSAGES)]
    assert list(replies_of(conversation)) == patient
    check_half_way(conversation)
    mine = {line.split()[1] for line in acknowledged if line.startswith(conversation[0].conversation)}
    assert mine == set(patient)


def check_tickets(engine: sa.engine.Engine, conversations: list[str]) -> None:
    """A ticket came with each reply that opened one."""
    with engine.connect() as connection:
        opened = connection.execute(sa.select(tickets.c.conversation, tickets.c.summary)).all()
    assert sorted(opened) == sorted((conversation, "m9") for conversation in conversations)


def check_sent(engine: sa.engine.Engine, sent: Path) -> None:
    """Every reply was sent, in order, once; or twice where a process was killed between sending and noting it."""
    lines = [line.split() for line in sent.read_text().splitlines()]
    with engine.connect() as connection:
        assert connection.execute(sa.select(outbox)).all() == []
        replies = connection.execute(
            sa.select(messages.c.conversation, messages.c.seq).where(messages.c.sender == "bot")
        ).all()
    times = Counter((conversation, int(seq)) for conversation, seq, _, _ in lines)
    assert set(times) == {tuple(reply) for reply in replies}
    repeated = [line for line in lines if times[line[0], int(line[1])] > 1]
    assert all(int(unsure) == int(tries) - 1 for _, _, tries, unsure in repeated)
    assert sum(number - 1 for number in times.values()) <= KILLS
    firsts = list(dict.fromkeys((conversation, int(seq)) for conversation, seq, _, _ in lines))
    for one in {conversation for conversation, _ in firsts}:
        seqs = [seq for conversation, seq in firsts if conversation == one]
        assert seqs == sorted(seqs)
