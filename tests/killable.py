"""Processes that use the store until they are killed: a writer, the bot's worker, a sender; what they did is in files."""

from __future__ import annotations

import os
import random
import time
from pathlib import Path

from bot.conversations.connect import connect
from bot.conversations.records import NewTicket, Reply
from bot.conversations.store import Store
from bot.conversations.wakeups import Wakeups

LEASE = 0.5
"""Seconds after which what a killed process held is taken by another."""


def open_store(url: str) -> Store:
    """The store of a database that is migrated; nobody is woken."""
    return Store(connect(url), Wakeups())


def write_down(file: Path, line: str) -> None:
    """Append a line, in one write that is whole or not there."""
    descriptor = os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    os.write(descriptor, f"{line}\n".encode())
    os.close(descriptor)


def writer(url: str, file: Path, conversations: list[str], number: int) -> None:
    """Send `number` messages to each conversation, from the first on: as a client does that has no acknowledgement."""
    store = open_store(url)
    for index in range(number):
        for conversation in conversations:
            store.accept(conversation, f"m{index}", f"secret {index}", f"masked {index}")
            write_down(file, f"{conversation} m{index}")


def worker(url: str) -> None:
    """Answer each message with two replies, and a ticket where it is the tenth."""
    store = open_store(url)
    while True:
        work = store.lease(f"{os.getpid()}", LEASE)
        if work is None:
            time.sleep(0.005)
            continue
        replies = [Reply(f"{part} to {work.message.id}", "fact", {"buttons": []}) for part in ("first", "second")]
        ticket = NewTicket("service", work.message.id, None, None, "asked") if work.message.id == "m9" else None
        if random.random() < 0.05:
            store.release(work, 0.01)
        else:
            store.finish(work, replies, ticket)


def sender(url: str, file: Path) -> None:
    """Send everything, which is to write it down."""
    store = open_store(url)
    while True:
        delivery = store.undelivered("telegram", f"{os.getpid()}", LEASE)
        if delivery is None:
            time.sleep(0.005)
        else:
            write_down(
                file, f"{delivery.message.conversation} {delivery.message.seq} {delivery.tries} {delivery.unsure}"
            )
            store.mark_delivered(delivery)
