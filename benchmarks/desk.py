"""`./run bench desk`: whether the inbox stays smooth. Prints, and writes benchmarks/results/desk.md.

TICKETS tickets wait and STAFF people have the inbox open. Then CHANGES patients ask for a person, one after the other. Measured:
from sending that wish to each inbox having heard of it on its event stream and fetched its list again with the new ticket in it.
The waiting tickets are less urgent than the new ones: the list ends after 200 rows. The gateway runs alone: this needs no Rasa.
"""

from __future__ import annotations

import asyncio
import os
import platform
import tempfile
import time
from pathlib import Path

import httpx

from benchmarks.gateway import RESULTS, percentile
from bot.cli.processes import gateway_server
from bot.cli.stack import Stack, own_settings
from bot.conversations.connect import connect
from bot.conversations.migrations import migrate
from bot.conversations.records import Inbox, NewTicket
from bot.conversations.store import Store
from bot.conversations.transactions import Transactions
from bot.conversations.wakeups import wakeups_for
from bot.desk.accounts import Accounts
from bot.settings import Settings

TICKETS, STAFF, CHANGES, PAUSE = 200, 20, 10, 1.0
PASSWORD = "a password for measuring"
COOKIE = "daozhen_desk"


def prepare(settings: Settings) -> None:
    """Tickets that wait, and an account."""
    engine = connect(settings.database_url)
    migrate(engine)
    wakeups = wakeups_for(engine)
    store, accounts = Store(engine, wakeups), Accounts(Transactions(engine, wakeups))
    accounts.set_password(accounts.add("measure").id, PASSWORD)
    for number in range(TICKETS):
        conversation = store.open("widget", language="en")
        store.open_ticket(conversation.id, NewTicket("information", f"Question {number}", None, "en", "asked"), None)
    wakeups.close()
    engine.dispose()


class Colleague:
    """Somebody with the inbox open: on every `changed` the list is fetched again, as the page does."""

    def __init__(self, http: httpx.AsyncClient, url: str, cookie: str) -> None:
        self._http = http
        self._url = f"{url}/desk"
        self._headers = {"Cookie": f"{COOKIE}={cookie}"}
        self.seen: dict[str, float] = {}
        self.ready = asyncio.Event()

    async def follow(self) -> None:
        """Follow the events until cancelled; `seen` tells when each ticket stood in the list."""
        async with self._http.stream("GET", f"{self._url}/api/events", headers=self._headers) as stream:
            async for line in stream.aiter_lines():
                if line == "event: changed":
                    rows = (await self._http.get(f"{self._url}/rows", headers=self._headers)).raise_for_status().text
                    now = time.perf_counter()
                    for part in rows.split("/desk/tickets/")[1:]:
                        self.seen.setdefault(part[:32], now)
                    self.ready.set()


async def wish(http: httpx.AsyncClient, url: str, store: Store) -> tuple[float, str]:
    """A patient opens a conversation and asks for a person: when that was sent, and the ticket's id."""
    opened = (await http.post(f"{url}/widget/conversations", json={})).raise_for_status().json()
    started = time.perf_counter()
    headers = {"Authorization": f"Bearer {opened['token']}"}
    (await http.post(f"{url}/widget/ticket", headers=headers)).raise_for_status()
    known = await asyncio.to_thread(store.tickets.inbox, Inbox(limit=1000))
    return started, max(known, key=lambda ticket: ticket.opened_at).id


async def measure(stack: Stack, store: Store) -> list[float]:
    """Seconds from each wish to its line in each inbox."""
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=None)
    async with httpx.AsyncClient(timeout=httpx.Timeout(60, read=None), limits=limits, trust_env=False) as http:
        people = []
        for _ in range(STAFF):
            form = {"name": "measure", "password": PASSWORD}
            answer = await http.post(f"{stack.url}/desk/login", data=form)
            people.append(Colleague(http, stack.url, answer.cookies[COOKIE]))
            http.cookies.clear()
        following = [asyncio.create_task(person.follow()) for person in people]
        await asyncio.gather(*(asyncio.wait_for(person.ready.wait(), 30) for person in people))
        await asyncio.sleep(2 * PAUSE)
        wishes = []
        for _ in range(CHANGES):
            wishes.append(await wish(http, stack.url, store))
            await asyncio.sleep(PAUSE)
        await asyncio.sleep(5 * PAUSE)
        for task in following:
            task.cancel()
        return [person.seen[ticket] - started for started, ticket in wishes for person in people]


def main(arguments: list[str]) -> int:
    """Measure."""
    with tempfile.TemporaryDirectory() as folder:
        settings = own_settings(Path(folder), rate_conversation=1000, rate_address=1000)
        prepare(settings)
        stack = Stack(settings, Path(folder), {"gateway": gateway_server()})
        stack.start("gateway")
        engine = connect(settings.database_url)
        wakeups = wakeups_for(engine)
        try:
            stack.await_ready("gateway")
            found = asyncio.run(measure(stack, Store(engine, wakeups)))
        finally:
            stack.stop("gateway")
            wakeups.close()
            engine.dispose()
    lines = [
        "# The front desk",
        "",
        f"Python {platform.python_version()}, {os.cpu_count()} cores, {platform.machine()}, SQLite. {TICKETS} waiting tickets, "
        f"{STAFF} inboxes open, {CHANGES} new tickets, {PAUSE:.0f} s apart. From a patient's wish to the inbox's list with it, "
        "fetched again.",
        "",
        "| what | p50 | p95 | p99 |",
        "|---|---|---|---|",
        f"| inbox update | {' | '.join(percentile(found, percent) for percent in (50, 95, 99))} |",
        "",
    ]
    print("\n".join(lines))
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "desk.md").write_text("\n".join(lines), encoding="utf-8")
    return 0
