"""The bot's work: take the next waiting message, ask Rasa, store what it says.

A message is leased while it is worked on, so that its conversation's messages are answered in order, one at a time, by whichever
gateway comes first. Nothing here remembers what matters: whatever is killed at whatever moment, the message is leased again after a
few seconds, Rasa gives the reply that it has already made, and the store takes it once.
"""

from __future__ import annotations

import asyncio
import logging
import os
import secrets
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from time import monotonic

from sqlalchemy.exc import SQLAlchemyError

from bot.conversations.records import Conversation, Message, NewTicket, Reply, Urgency, Work, utc_now
from bot.conversations.wakeups import TYPING_OFF, TYPING_ON
from bot.gateway import tickets
from bot.gateway.events import topic
from bot.gateway.rasa import Answer, RasaAway, RasaTrouble
from bot.gateway.services import Services
from bot.gateway.threads import in_thread

logger = logging.getLogger(__name__)

PARALLEL = 8
"""How many conversations are worked on at once."""
LEASE, HOLD_AGAIN = 6.0, 2.0
"""Seconds that a lease lasts, and after which it is extended: so long does a message wait whose gateway has been killed."""
LOOK_AGAIN = 1.0
"""Seconds after which work is looked for without a wake-up."""
PAUSES = (0.5, 1.0, 2.0, 4.0, 8.0)
"""Seconds before a message is tried again that Rasa could not answer: after the first time, the second, …"""
FEWEST_TRIES, PATIENCE = 5, 60.0
"""Tries, and seconds since the first, after which the person is told that there is no answer."""


class Worker:
    """Answers what waits.

    Args:
        parts: the gateway's services.
    """

    def __init__(self, parts: Services) -> None:
        self._parts = parts
        self._owner = f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}"
        self._troubles: dict[tuple[str, int], tuple[int, float]] = {}

    async def run(self) -> None:
        """Work until cancelled."""
        free = asyncio.Semaphore(PARALLEL)
        tasks: set[asyncio.Task[None]] = set()
        with self._parts.wakeups.subscribe("work") as work:
            try:
                while True:
                    await self._parts.status.until_ready()
                    await free.acquire()
                    leased = await self._next()
                    if leased is None:
                        free.release()
                        await work.wait(LOOK_AGAIN)
                        continue
                    task = asyncio.create_task(self._deal_with(leased))
                    tasks.add(task)
                    task.add_done_callback(tasks.discard)
                    task.add_done_callback(lambda _: free.release())
            finally:
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)

    async def _next(self) -> Work | None:
        try:
            return await in_thread(self._parts.store.lease, self._owner, LEASE)
        except SQLAlchemyError:
            logger.exception("The database does not answer; messages wait.")
            return None

    async def _deal_with(self, leased: Work) -> None:
        """Answer a leased message, or give it back."""
        where = topic(leased.conversation.id)
        pause, done = PAUSES[-1], False
        try:
            await in_thread(self._parts.wakeups.publish, where, TYPING_ON)
            pause, done = await self._answer(leased)
        except SQLAlchemyError:
            logger.exception("The database does not answer; messages wait.")
        except Exception:  # whatever is wrong with one message, the others go on
            logger.exception("A message could not be answered; it is tried again.")
        finally:
            if not done:
                await self._give_back(leased, pause)
            await self._stop_typing(where)

    async def _answer(self, leased: Work) -> tuple[float, bool]:
        """Ask Rasa and store its answer; if there is none, the pause before the next try, and False."""
        try:
            async with self._held(leased):
                answer = await self._parts.rasa.ask(leased.conversation, leased.message)
        except RasaAway:
            self._parts.status.lost()
            return PAUSES[0], False
        except RasaTrouble as trouble:
            return await self._in_trouble(leased, trouble)
        await self._finish(leased, answer)
        return 0.0, True

    @asynccontextmanager
    async def _held(self, leased: Work) -> AsyncIterator[None]:
        """Keep the lease while the block runs."""

        async def hold() -> None:
            while True:
                await asyncio.sleep(HOLD_AGAIN)
                await in_thread(self._parts.store.extend, leased, LEASE)

        holding = asyncio.create_task(hold())
        try:
            yield
        finally:
            holding.cancel()
            await asyncio.gather(holding, return_exceptions=True)

    async def _finish(self, leased: Work, answer: Answer) -> None:
        """Store an answer, with a ticket where it hands over; an emergency always does."""
        parts, conversation = self._parts, leased.conversation
        urgency: Urgency | None = answer.urgency
        if any(reply.kind == "emergency" for reply in answer.replies):
            urgency = "emergency"
        replies, ticket = answer.replies, None
        if urgency is not None:
            ticket = await self._ticket(leased, urgency)
            replies = tuple([await self._told(reply, conversation) for reply in replies])
        replies = await in_thread(tickets.reminded, parts.store, parts.words, replies, conversation)
        language = answer.language if answer.language != conversation.language else None
        self._troubles.pop((conversation.id, leased.message.seq), None)
        if await in_thread(parts.store.finish, leased, replies, ticket, language):
            parts.metrics.answer_seconds.observe((utc_now() - leased.message.created_at).total_seconds())
            for reply in replies:
                parts.metrics.replies.labels(reply.kind).inc()

    async def _told(self, reply: Reply, conversation: Conversation) -> Reply:
        parts = self._parts
        return await in_thread(tickets.told, parts.store, parts.waiting, reply, conversation)

    async def _ticket(self, leased: Work, urgency: Urgency) -> NewTicket:
        messages = await self._up_to(leased)
        if urgency == "emergency":
            return tickets.new_ticket(urgency, "understood", leased.conversation, messages)
        return tickets.new_ticket(urgency, tickets.reason(messages), leased.conversation, messages, leased.message.seq)

    async def _up_to(self, leased: Work) -> list[Message]:
        """The last messages of a conversation up to the leased one."""
        messages = await in_thread(tickets.recent, self._parts.store, leased.conversation)
        return [message for message in messages if message.seq <= leased.message.seq]

    async def _in_trouble(self, leased: Work, trouble: RasaTrouble) -> tuple[float, bool]:
        """Rasa could not answer: the pause before the next try, and whether the person has been told that there is none."""
        parts, conversation = self._parts, leased.conversation
        parts.metrics.troubles.labels(trouble.code).inc()
        if trouble.code == "cut":
            parts.status.lost()
        mine = (conversation.id, leased.message.seq)
        tries, since = self._troubles.get(mine, (0, monotonic()))
        self._troubles[mine] = (tries + 1, since)
        if tries + 1 < FEWEST_TRIES or monotonic() - since < PATIENCE:
            return PAUSES[min(tries, len(PAUSES) - 1)], False
        logger.error("A message was given up after %d tries: %s.", tries + 1, trouble.code)
        messages = await self._up_to(leased)
        language = tickets.language_of(conversation, messages, text=leased.message.text)
        reply = parts.words.reply("utter_trouble", language, tickets.script_of(conversation, messages))
        await self._finish(leased, Answer((reply,), None, conversation.language))
        return 0.0, True

    async def _give_back(self, leased: Work, pause: float) -> None:
        try:
            await in_thread(self._parts.store.release, leased, pause)
        except SQLAlchemyError:
            logger.exception("The database does not answer; a message waits until its lease has run out.")

    async def _stop_typing(self, where: str) -> None:
        with suppress(SQLAlchemyError):  # on PostgreSQL a wake-up goes over the database, too
            await in_thread(self._parts.wakeups.publish, where, TYPING_OFF)
