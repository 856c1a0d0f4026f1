"""The chat widget in Chromium on the running servers: what it says when something is wrong, and that nothing is lost or doubled."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from browser import EMERGENCY, PATIENCE, Chat, stored
from playwright.sync_api import BrowserContext, expect

from bot.cli.processes import gateway_server
from bot.cli.stack import Stack, free_port
from bot.gateway.tokens import Tokens, utc_now

pytestmark = pytest.mark.slow

BEDS = "How many beds are there in Shanghai?"
LONGEST = 1000


@contextmanager
def stopped(servers: Stack, name: str) -> Iterator[None]:
    """One of the servers is down while the block runs, and ready again after it."""
    servers.stop(name)
    try:
        yield
    finally:
        servers.start(name)
        servers.await_ready(name)


def test_starting_and_an_emergency_meanwhile(chat: Chat, servers: Stack) -> None:
    chat.ask("hello")
    with stopped(servers, "rasa"):
        chat.must_say("starting")
        chat.say(BEDS)
        chat.say(EMERGENCY["en"])
        card = chat.log.locator(".emergency")
        expect(card).to_be_visible(timeout=3000)
        expect(chat.said("patient")).to_have_count(3)
        expect(chat.said("bot")).to_have_count(2)
        chat.shot("starting-with-emergency")
    expect(chat.said("bot")).to_have_count(3, timeout=60_000)
    assert "56" in chat.texts("bot")[-1]
    expect(chat.state).to_be_empty()
    expect(card).to_be_in_viewport(ratio=0.9)


def test_the_gateway_goes_and_comes_back(chat: Chat, servers: Stack) -> None:
    chat.ask("hello")
    with stopped(servers, "gateway"):
        for text in (BEDS, "and in Hangzhou?"):
            chat.say(text)
        chat.must_say("offline")
        expect(chat.log.locator(".pending")).to_have_count(2)
    expect(chat.said("bot")).to_have_count(3, timeout=60_000)
    assert chat.texts("patient") == ["hello", BEDS, "and in Hangzhou?"]
    expect(chat.state).to_be_empty()


def test_too_long(chat: Chat) -> None:
    chat.input.fill("床" * (LONGEST - 20))
    expect(chat.element.locator(".count")).to_have_text(chat.text("left", left=20))
    chat.input.fill("床" * (LONGEST + 3))
    expect(chat.element.locator(".count")).to_have_text(chat.text("over", over=3))
    chat.button("send").click()
    chat.must_say("too_long")
    expect(chat.input).to_have_value("床" * (LONGEST + 3))
    expect(chat.log.locator(".patient")).to_have_count(0)
    chat.shot("too-long")
    chat.input.fill("hello")
    expect(chat.state).to_be_empty()


def test_what_only_the_gateway_finds_too_long_goes_back_to_who_wrote_it(chat: Chat) -> None:
    chat.ask("hello")
    text = "beds? " * 300
    chat.page.evaluate(
        """text => { const key = Object.keys(localStorage).find(key => key.endsWith(":conversation"));
        localStorage[key.replace("conversation", "waiting:x")] = JSON.stringify({ id: "x", text, time: 1 }) }""",
        text,
    )
    chat.page.reload()
    chat.must_say("too_long")
    expect(chat.input).to_have_value(text)
    expect(chat.log.locator(".pending")).to_have_count(0)


def test_too_fast(servers: Stack, new_context: Callable[..., BrowserContext], tmp_path: Path) -> None:
    settings = replace(servers.settings, gateway_port=free_port(), rate_conversation=2)
    strict = Stack(settings, tmp_path, {"gateway": gateway_server()})
    strict.start("gateway")
    try:
        strict.await_ready("gateway")
        page = new_context().new_page()
        page.goto(f"{strict.url}/?lang=en")
        chat = Chat(page).open()
        texts = ["hello", BEDS, "and in Hangzhou?"]
        for text in texts:
            chat.say(text)
        chat.must_say("too_fast")
        expect(chat.log.locator(".pending .text")).to_have_text([texts[-1]])
        chat.shot("too-fast")
        expect(chat.said("bot")).to_have_count(3, timeout=90_000)
        assert chat.texts("patient") == texts
        expect(chat.state).to_be_empty()
    finally:
        strict.stop("gateway")


def test_server_trouble(chat: Chat, servers: Stack) -> None:
    chat.ask("hello")
    path = servers.settings.database_url.removeprefix("sqlite:///")
    with sqlite3.connect(path, isolation_level=None) as database:
        database.execute("begin immediate")
        chat.say(BEDS)
        chat.must_say("trouble")
        expect(chat.log.locator(".pending .text")).to_have_text([BEDS])
        chat.shot("trouble")
        database.execute("rollback")
    expect(chat.said("bot")).to_have_count(2, timeout=60_000)
    assert chat.texts("patient") == ["hello", BEDS]
    expect(chat.state).to_be_empty()


def test_an_expired_token(chat: Chat, servers: Stack) -> None:
    chat.ask("hello, this is long ago")
    conversation = str(
        stored(servers, "select conversation from messages where text = 'hello, this is long ago'")[0][0]
    )
    days = servers.settings.token_days
    expired = Tokens(servers.settings.secret, days, lambda: utc_now() - timedelta(days=days, seconds=1)).make(
        conversation
    )
    set_token(chat, expired)
    chat.page.reload()
    chat.must_say("expired")
    chat.shot("expired")
    assert "56" in chat.ask(BEDS), "a new one has begun"
    assert chat.texts("patient") == [BEDS]


def test_a_token_that_expires_while_the_chat_is_open(chat: Chat, servers: Stack) -> None:
    chat.ask("hello")
    chat.page.context.set_offline(True)
    chat.say(BEDS)
    expect(chat.log.locator(".pending")).to_have_count(1)
    chat.page.evaluate("window.kept = true")
    set_token(chat, "none.of.ours")
    other = Chat(chat.page.context.new_page())
    chat.page.context.set_offline(False)
    other.page.goto(f"{servers.url}/?lang=en")
    expect(chat.said("bot")).to_have_count(1, timeout=60_000)
    assert chat.texts("patient") == [BEDS], "what waited has gone into a new conversation, once"
    expect(other.said("bot")).to_have_count(1)


def test_erased_elsewhere(chat: Chat, new_context: Callable[..., BrowserContext]) -> None:
    chat.ask("hello")
    elsewhere = new_context(storage_state=chat.page.context.storage_state()).new_page()
    elsewhere.goto(chat.page.url)
    other = Chat(elsewhere)
    expect(other.said("bot")).to_have_count(1)
    chat.button("more").click()
    chat.element.locator(".menu").get_by_text(chat.text("erase")).click()
    chat.button("really").click()
    expect(other.log.locator("[data-seq]")).to_have_count(0)
    other.must_say("gone")
    other.shot("gone")
    assert "56" in other.ask(BEDS)


def test_messages_are_read_aloud_once_each(chat: Chat) -> None:
    chat.panel.evaluate(
        """panel => { window.heard = []; for (const region of panel.querySelectorAll("[aria-live=polite], [role=alert]"))
        new MutationObserver(changes => changes.forEach(({ addedNodes }) => addedNodes.forEach(({ textContent, lang }) =>
        window.heard.push([region.getAttribute("role") ?? "polite", lang, textContent])))).observe(region, { childList: true }) }"""
    )
    answers = [chat.ask(BEDS), chat.ask("上海有多少张床位？"), chat.ask(EMERGENCY["en"])]
    time.sleep(1)
    heard = chat.page.evaluate("window.heard")
    assert heard == [["polite", "en", answers[0]], ["polite", "zh-CN", answers[1]], ["alert", "en", answers[2]]]
    chat.page.reload()
    expect(chat.said("bot")).to_have_count(3, timeout=PATIENCE)
    expect(chat.element.locator(".unseen[aria-live], [role=alert]").first).to_be_empty()


def test_a_hidden_tab_lets_its_stream_go_and_misses_nothing(chat: Chat, servers: Stack) -> None:
    chat.ask("hello")
    page = chat.page
    page.clock.install()
    page.evaluate("""window.away = true; Object.defineProperty(document, "hidden", { get: () => window.away });
    document.dispatchEvent(new Event("visibilitychange"))""")
    with page.expect_event("requestfailed", lambda request: "/widget/events" in request.url):
        page.clock.fast_forward(61_000)
    other = Chat(page.context.new_page())
    other.page.goto(f"{servers.url}/?lang=en")
    other.ask(BEDS)
    expect(chat.said("bot")).to_have_count(1)
    page.evaluate('window.away = false; document.dispatchEvent(new Event("visibilitychange"))')
    expect(chat.said("bot")).to_have_count(2)


def set_token(chat: Chat, token: str) -> None:
    """Put another token in the place of the one the browser keeps."""
    program = """token => { const key = Object.keys(localStorage).find(key => key.endsWith(":conversation"));
    localStorage[key] = JSON.stringify({ token }) }"""
    chat.page.evaluate(program, token)
