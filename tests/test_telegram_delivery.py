"""bot.gateway.telegram.delivery: what is said goes out in order and once, whatever Telegram answers; on a real store."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import httpx
import pytest
from sqlalchemy import text as sql
from sqlalchemy.exc import OperationalError
from telegram.error import BadRequest, Forbidden, InvalidToken, NetworkError, RetryAfter, TelegramError, TimedOut
from telegram_parts import Chat, chat

from bot.conversations.records import NewTicket, Reply
from bot.gateway.telegram.api import Bot, certainly_not_sent
from bot.gateway.telegram.delivery import Sender


@pytest.fixture
def someone(tmp_path: Path) -> Iterator[Chat]:
    with chat(tmp_path) as found:
        yield found


def caused(error: TelegramError, cause: Exception | None) -> TelegramError:
    error.__cause__ = cause
    return error


REFUSED: list[TelegramError] = [
    RetryAfter(1),
    InvalidToken(),
    caused(NetworkError("x"), httpx.ConnectError("x")),
    caused(NetworkError("x"), httpx.ProxyError("x")),
    caused(TimedOut(), httpx.ConnectTimeout("x")),
    caused(TimedOut(), httpx.PoolTimeout("x")),
]
UNKNOWN: list[TelegramError] = [
    NetworkError("Bad Gateway"),
    caused(NetworkError("x"), httpx.ReadError("x")),
    caused(NetworkError("x"), httpx.RemoteProtocolError("x")),
    caused(TimedOut(), httpx.ReadTimeout("x")),
    caused(TimedOut(), httpx.WriteTimeout("x")),
]


def say(someone: Chat, *texts: str, sender: Any = "bot", **body: Any) -> None:
    for text in texts:
        someone.store.say(someone.conversation.id, sender, Reply(text, "fact", {"language": "en", **body}), author=None)


def due_now(someone: Chat) -> None:
    """What waits for its next try need not wait any longer."""
    with someone.engine.begin() as connection:
        connection.execute(sql("UPDATE outbox SET due_at = '2020-01-01 00:00:00.000000', lease_until = NULL"))


def send(someone: Chat, *failures: TelegramError, most: int = 20, call: str = "send_message") -> list[str]:
    """Send what is due, at most so many times; how each try went."""
    someone.client.failures = {call: list(failures)}
    sender = Sender(someone.parts, cast(Bot, someone.client))

    async def work() -> list[str]:
        outcomes = []
        for _ in range(most):
            leased = sender.lease()
            if leased is None:
                break
            outcomes.append(await sender._send(leased))
        return outcomes

    return asyncio.run(work())


def state(someone: Chat) -> list[str]:
    return [message.delivery for message in someone.messages() if message.sender != "patient"]


def sent(someone: Chat) -> list[str]:
    return someone.client.said()


@pytest.mark.parametrize("error", REFUSED, ids=lambda error: f"{type(error).__name__} {type(error.__cause__).__name__}")
def test_what_was_not_sent_is_sent_later_as_often_as_it_takes(someone: Chat, error: TelegramError) -> None:
    assert certainly_not_sent(error)
    say(someone, "one", "two")
    for _ in range(4):
        assert send(someone, error) == ["postponed"]
        assert sent(someone) == [], "and nothing of later messages"
        due_now(someone)
    assert send(someone) == ["delivered", "delivered"]
    assert sent(someone) == ["one", "two"]


@pytest.mark.parametrize("error", UNKNOWN, ids=lambda error: f"{type(error).__name__} {type(error.__cause__).__name__}")
def test_a_send_of_unknown_fate_is_made_once_more_and_no_more(someone: Chat, error: TelegramError) -> None:
    assert not certainly_not_sent(error)
    say(someone, "one", "two")
    assert send(someone, error, most=1) == ["unsure"]
    due_now(someone)
    assert send(someone, error, most=1) == ["unsure"]
    due_now(someone)
    assert send(someone) == ["given_up", "delivered"]
    assert sent(someone) == ["two"]
    assert state(someone) == ["undeliverable", "delivered"]


def test_the_second_try_is_kept_until_telegram_answers_again(someone: Chat) -> None:
    say(someone, "one")
    send(someone, NetworkError("Bad Gateway"), most=1)
    for _ in range(3):
        due_now(someone)
        assert send(someone, NetworkError("Bad Gateway"), call="get_me") == ["postponed"]
    due_now(someone)
    assert send(someone) == ["delivered"]
    assert sent(someone) == ["one"]


def test_a_gateway_killed_while_it_sends_leaves_a_send_of_unknown_fate(someone: Chat) -> None:
    say(someone, "one")
    assert someone.store.undelivered("telegram", "killed", 60) is not None
    due_now(someone)
    again = someone.store.undelivered("telegram", "next", 60)
    assert again is not None and again.unsure == 1


def test_retry_after_is_honoured(someone: Chat) -> None:
    say(someone, "one")
    assert send(someone, RetryAfter(3600)) == ["postponed"]
    with someone.engine.connect() as connection:
        ((seconds,),) = connection.execute(sql("SELECT (julianday(due_at) - julianday('now')) * 86400 FROM outbox"))
    assert abs(seconds - 3600) < 60


def test_who_has_blocked_the_bot_cannot_be_reached_and_the_ticket_says_so(someone: Chat) -> None:
    new = NewTicket("service", "x", None, "en", "asked")
    ticket = someone.store.open_ticket(someone.conversation.id, new, Reply("opened", "ticket_opened"))
    assert send(someone, Forbidden("Forbidden: bot was blocked by the user")) == ["undeliverable"]
    assert state(someone) == ["undeliverable"]
    assert "undeliverable" in [event.kind for event in someone.store.tickets.events(ticket.id)]


def test_what_telegram_does_not_like_the_looks_of_goes_out_bare(
    someone: Chat, caplog: pytest.LogCaptureFixture
) -> None:
    say(someone, "patient's words", buttons=[{"title": "a", "payload": "b"}])
    assert send(someone, BadRequest("Button_data_invalid")) == ["delivered"]
    ((_, call),) = someone.client.calls
    assert call[""][1] == "patient's words" and "reply_markup" not in call
    assert "patient" not in caplog.text
    say(someone, "no looks at all")
    assert send(someone, BadRequest("Message is not good")) == ["undeliverable"]
    say(someone, "x", buttons=[{"title": "a", "payload": "b"}])
    assert send(someone, BadRequest("Chat not found")) == ["undeliverable"]


def test_a_part_that_was_sent_is_not_sent_again(someone: Chat) -> None:
    long = " ".join(f"This is sentence number {number}." for number in range(400))
    say(someone, long, "the next", buttons=[{"title": "a", "payload": "b"}])
    client = someone.client

    async def fail_at_the_second(sender: Sender) -> str:
        leased = sender.lease()
        assert leased is not None
        first = sender._send_part

        async def only_one(*arguments: Any) -> None:
            if client.calls:
                raise RetryAfter(1)
            await first(*arguments)

        cast(Any, sender)._send_part = only_one
        return await sender._send(leased)

    assert asyncio.run(fail_at_the_second(Sender(someone.parts, cast(Bot, client)))) == "postponed"
    assert len(sent(someone)) == 1
    due_now(someone)
    assert send(someone) == ["delivered", "delivered"]
    *parts, last = sent(someone)
    assert " ".join(parts) == long
    assert last == "the next"
    buttons = [call["reply_markup"] is not None for _, call in client.calls]
    assert buttons == [False] * (len(parts) - 1) + [True, True]


def test_what_was_sent_is_noted_although_the_database_was_away_for_a_moment(
    someone: Chat, monkeypatch: pytest.MonkeyPatch
) -> None:
    say(someone, "one")
    mark, tries = someone.store.mark_delivered, iter([True, False])

    def away(delivery: Any) -> bool:
        if next(tries):
            raise OperationalError("x", {}, Exception())
        return mark(delivery)

    monkeypatch.setattr(someone.store, "mark_delivered", away)
    monkeypatch.setattr("bot.gateway.telegram.delivery.STORE_PAUSE", 0.01)
    assert send(someone) == ["delivered"]
    assert state(someone) == ["delivered"]


def test_an_emergency_goes_out_before_other_peoples_messages(someone: Chat) -> None:
    say(someone, "one", "two")
    other = someone.store.open("telegram", "8")
    someone.store.say(other.id, "bot", Reply("call now", "emergency", {"language": "en"}))
    send(someone)
    assert sent(someone) == ["call now", "one", "two"]


# How it looks


def test_links_are_not_previewed_and_nothing_is_markup(someone: Chat) -> None:
    say(someone, "see https://a.example and _a_ *b* [c](d) <e>", source={"text": "Source: x.", "department": "d"})
    send(someone)
    ((_, call),) = someone.client.calls
    assert call[""] == ("7", "see https://a.example and _a_ *b* [c](d) <e>\nSource: x.")
    assert call["link_preview_options"].is_disabled
    assert "parse_mode" not in call
    assert [(entity.type, entity.offset, entity.length) for entity in call["entities"]] == [("italic", 45, 10)]


@pytest.mark.parametrize(("author", "heading"), [("O. Lin", "Front desk, O. Lin"), (None, "Front desk")])
def test_staff_are_named_above_what_they_write(someone: Chat, author: str | None, heading: str) -> None:
    someone.store.say(someone.conversation.id, "staff", Reply("Please come at nine.", "text", {}), author=author)
    send(someone)
    ((_, call),) = someone.client.calls
    assert call[""][1] == f"{heading}\nPlease come at nine."
    assert [(entity.type, entity.length) for entity in call["entities"]] == [("bold", len(heading))]


def test_the_pressed_choice_stands_above_its_first_answer(someone: Chat) -> None:
    someone.writes("/start")
    send(someone)
    title = someone.messages()[-1].body["buttons"][0]["title"]
    someone.presses(0)
    leased = someone.store.lease("worker", 60)
    assert leased is not None
    replies = [Reply("first", "fact", {"language": "en"}), Reply("second", "fact", {"language": "en"})]
    someone.store.finish(leased, replies)
    send(someone)
    assert sent(someone)[-2:] == [f"{title}\nfirst", "second"]
    assert [entity.type for entity in someone.client.calls[-2][1]["entities"]] == ["blockquote"]
