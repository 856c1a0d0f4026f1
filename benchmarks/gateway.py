"""`./run bench gateway`: what the gateway adds to an answer. Prints, and writes benchmarks/results/gateway.md.

PEOPLE conversations with an event stream each; every fifth of a second one of them asks. Measured: from sending a message to its
acknowledgement (it is stored then), and to its answer on the stream. Beside it, at the same pace right after, Rasa's own REST channel.
"""

from __future__ import annotations

import asyncio
import json
import os
import platform
import statistics
import tempfile
import time
import uuid
from collections.abc import Awaitable, Callable
from pathlib import Path

import httpx

from bot.cli.stack import Stack, serving
from bot.cli.train import newest_model

RESULTS = Path(__file__).resolve().parent / "results"
QUESTION, ANSWER = "How many beds does the Shanghai department have?", "56"
PEOPLE, PER_SECOND, SECONDS = 20, 5, 60
WARM = 20
"""Messages before the measuring begins."""


class Person:
    """One conversation, and its event stream."""

    def __init__(self, http: httpx.AsyncClient, url: str) -> None:
        self._http = http
        self._url = f"{url}/widget"
        self._headers: dict[str, str] = {}
        self._answers: dict[int, asyncio.Future[float]] = {}
        self.following: asyncio.Task[None] | None = None

    async def open(self) -> None:
        """Open the conversation and follow it."""
        opened = (await self._http.post(f"{self._url}/conversations", json={})).json()
        self._headers = {"Authorization": f"Bearer {opened['token']}"}
        self.following = asyncio.create_task(self._follow())

    async def ask(self) -> tuple[float, float]:
        """Ask; the seconds to the acknowledgement, and to the answer on the stream."""
        started = time.perf_counter()
        content = {"id": uuid.uuid4().hex, "text": QUESTION}
        reply = await self._http.post(f"{self._url}/messages", json=content, headers=self._headers)
        acknowledged = time.perf_counter()
        answered = await asyncio.wait_for(self._answer(reply.raise_for_status().json()["seq"]), 60)
        return acknowledged - started, answered - started

    def _answer(self, seq: int) -> asyncio.Future[float]:
        return self._answers.setdefault(seq, asyncio.get_running_loop().create_future())

    async def _follow(self) -> None:
        async with self._http.stream("GET", f"{self._url}/events", headers=self._headers) as stream:
            async for line in stream.aiter_lines():
                if not line.startswith('data: {"seq"'):
                    continue
                message = json.loads(line[len("data: ") :])
                if message["reply_to"]:
                    assert ANSWER in message["text"], "the measured question must be answered with its fact"
                    self._answer(message["reply_to"]).set_result(time.perf_counter())


async def paced(count: int, ask: Callable[[int], Awaitable[tuple[float, ...]]]) -> list[tuple[float, ...]]:
    """Ask so many times, PER_SECOND a second, whether or not the ones before have been answered."""
    started = time.perf_counter()
    tasks = []
    for number in range(count):
        await asyncio.sleep(max(0.0, started + number / PER_SECOND - time.perf_counter()))
        tasks.append(asyncio.ensure_future(ask(number)))
    return list(await asyncio.gather(*tasks))


async def over_the_gateway(stack: Stack) -> list[tuple[float, ...]]:
    """Seconds to acknowledgement and to answer, of every message."""
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=None)
    async with httpx.AsyncClient(timeout=httpx.Timeout(60, read=None), limits=limits, trust_env=False) as http:
        people = [Person(http, stack.url) for _ in range(PEOPLE)]
        for person in people:
            await person.open()
        await paced(WARM, lambda number: people[number % PEOPLE].ask())
        measured = await paced(SECONDS * PER_SECOND, lambda number: people[number % PEOPLE].ask())
        for person in people:
            assert person.following is not None
            person.following.cancel()
        return measured


async def over_rest(stack: Stack) -> list[tuple[float, ...]]:
    """Seconds to the answer of Rasa's own REST channel, of every message."""
    address = f"http://127.0.0.1:{stack.settings.rasa_port}/webhooks/rest/webhook"
    async with httpx.AsyncClient(timeout=60, trust_env=False) as http:

        async def ask(number: int) -> tuple[float, ...]:
            started = time.perf_counter()
            replies = await http.post(address, json={"sender": f"rest-{number % PEOPLE}", "message": QUESTION})
            assert ANSWER in replies.json()[0]["text"]
            return (time.perf_counter() - started,)

        await paced(WARM, ask)
        return await paced(SECONDS * PER_SECOND, ask)


def percentile(seconds: list[float], percent: int) -> str:
    """A percentile in words, in milliseconds."""
    return f"{1000 * statistics.quantiles(seconds, n=100, method='inclusive')[percent - 1]:.1f} ms"


def main(arguments: list[str]) -> int:
    """Measure."""
    model = newest_model()
    if model is None:
        print("There is no model under models/: ./run train makes one.")
        return 1
    limits = {"rate_conversation": 1000, "rate_address": 1000}
    with tempfile.TemporaryDirectory() as folder, serving(model, Path(folder), gateway=True, **limits) as stack:
        ours = asyncio.run(over_the_gateway(stack))
        rest = [seconds for (seconds,) in asyncio.run(over_rest(stack))]
    acknowledged, answered = [a for a, _ in ours], [b for _, b in ours]
    rows = [("message to acknowledgement (stored)", acknowledged), ("message to answer on the event stream", answered)]
    rows.append(("message to answer, Rasa's own REST channel", rest))
    lines = [
        "# Gateway",
        "",
        f"Python {platform.python_version()}, {os.cpu_count()} cores, {platform.machine()}, SQLite. "
        f"{PER_SECOND} messages/s for {SECONDS} s over {PEOPLE} conversations; a factual question, answered from the department file.",
        "",
        "| what | p50 | p95 | p99 |",
        "|---|---|---|---|",
        *(f"| {name} | {' | '.join(percentile(found, percent) for percent in (50, 95, 99))} |" for name, found in rows),
        "",
        "Killed at any moment, nothing acknowledged is lost (`tests/test_kills.py`). A loss of power costs what the "
        "database's settings allow: SQLite in WAL mode with `synchronous=NORMAL` may lose the last moments, PostgreSQL "
        "with its defaults nothing.",
        "",
    ]
    print("\n".join(lines))
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "gateway.md").write_text("\n".join(lines), encoding="utf-8")
    return 0
