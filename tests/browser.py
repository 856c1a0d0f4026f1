"""Real Chromium on the real servers: fixtures, and the chat widget as a person meets it."""

from __future__ import annotations

import os
import shutil
import sqlite3
import threading
from collections.abc import Callable, Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from bot.cli.stack import Stack, free_port, serving
from bot.cli.train import newest_model
from bot.settings import ROOT
from bot.web.texts import load_texts

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Locator, Page

TEXTS = load_texts()["widget"]
SCREENSHOTS = ROOT / "build" / "screenshots"
FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
)  # fmt: skip
PATIENCE = 20_000
"""Milliseconds to wait for what must come."""
EMERGENCY = {"en": "I cannot breathe", "zh": "我喘不上气"}
MAY_FAIL = ("ERR_INTERNET_DISCONNECTED", "ERR_CONNECTION_REFUSED", "ERR_INCOMPLETE_CHUNKED_ENCODING", "ERR_NETWORK_CHANGED",
            "ERR_EMPTY_RESPONSE", "ERR_CONNECTION_RESET", "status of 401", "status of 404", "status of 422", "status of 429",
            "status of 503")  # fmt: skip
"""What Chromium itself writes to the console about requests that fail, as some must here."""


class EmbeddingSite:
    """Another web site, on an origin of its own, whose pages carry the widget."""

    def __init__(self) -> None:
        self.pages: dict[str, tuple[str, Mapping[str, str]]] = {}
        port = free_port()
        self.origin = f"http://127.0.0.1:{port}"
        site = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                page, headers = site.pages.get(self.path, ("", {}))
                self.send_response(200 if page else 404)
                for name, value in {"Content-Type": "text/html; charset=utf-8", **headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(page.encode())

            def log_message(self, format: str, *args: Any) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def put(self, path: str, body: str, opening: str = '<html lang="en">', **headers: str) -> str:
        """Publish a page; its address."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        head = '<meta name="viewport" content="width=device-width, initial-scale=1"><title>A hospital</title>'
        self.pages[path] = (
            f"<!doctype html>{opening}<head>{head}</head><body><main>{body}</main></body></html>",
            named,
        )
        return self.origin + path

    def stop(self) -> None:
        """Close it."""
        self._server.shutdown()
        self._server.server_close()


class Chat:
    """The widget on a page."""

    def __init__(self, page: Page, language: str = "en") -> None:
        self.page = page
        self.language = language
        self.element = page.locator("daozhen-chat")
        self.launcher = self.element.locator(".launcher")
        self.panel = self.element.locator(".panel")
        self.log = self.element.locator(".log")
        self.input = self.element.locator("textarea")
        self.state = self.element.locator(".state")

    def text(self, key: str, **values: object) -> str:
        """A text of the widget in the language it is in."""
        return TEXTS[key][self.language].format(**values)

    def button(self, key: str) -> Locator:
        """A button by the key of its text or label."""
        return self.element.get_by_role("button", name=self.text(key), exact=True)

    def open(self) -> Chat:
        """Open it with its button."""
        self.launcher.click()
        self.panel.wait_for()
        return self

    def say(self, text: str) -> None:
        """Write a message and send it."""
        self.input.fill(text)
        self.input.press("Enter")

    def ask(self, text: str) -> str:
        """Say something and wait for the answer."""
        before = self.said("bot").count()
        self.say(text)
        return self.answer(before)

    def answer(self, after: int) -> str:
        """What the bot says next, after so many messages of its."""
        self.said("bot").nth(after).wait_for(timeout=PATIENCE)
        return self.said("bot").nth(after).locator(".text").inner_text()

    def said(self, sender: str) -> Locator:
        """The messages of patient, bot, staff or event in this conversation that are stored."""
        return self.log.locator(f".{sender}[data-seq]:not(.past)")

    def texts(self, sender: str) -> list[str]:
        """What they say."""
        return self.said(sender).locator(".text").all_inner_texts()

    def switch_language(self) -> None:
        """Press the language button."""
        self.button("other_language").click()
        self.language = "zh" if self.language == "en" else "en"

    def must_say(self, state: str, **values: object) -> None:
        """It says a state in plain words, in this language, and in the other one as soon as that is chosen."""
        from playwright.sync_api import expect

        for _ in range(2):
            if values or "{" not in self.text_pattern(state):
                expect(self.state).to_have_text(self.text(state, **values), timeout=PATIENCE)
            else:
                expect(self.state).to_contain_text(self.text_pattern(state).split("{")[0], timeout=PATIENCE)
            self.switch_language()

    def text_pattern(self, key: str) -> str:
        """A text with its placeholders."""
        return TEXTS[key][self.language]

    def shot(self, name: str) -> None:
        """A screenshot for people to look at."""
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=SCREENSHOTS / f"{name}.png")

    def kept(self, name: str) -> Any:
        """What the widget keeps in the browser under a name."""
        program = (
            "name => JSON.parse(Object.entries(localStorage).find(([key]) => key.endsWith(':' + name))?.[1] ?? 'null')"
        )
        return self.page.evaluate(program, name)


def stored(stack: Stack, query: str, *values: object) -> list[tuple[Any, ...]]:
    """Rows of the database that the gateway keeps."""
    with sqlite3.connect(stack.settings.database_url.removeprefix("sqlite:///"), timeout=10) as database:
        return database.execute(query, values).fetchall()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests in Chromium come last: Playwright keeps an event loop running in the thread, where no other test can run its own."""
    items.sort(key=lambda item: "chromium" in getattr(item, "fixturenames", ()))


def find_chromium() -> str:
    """The path of Chromium: DAOZHEN_CHROMIUM, else the one on PATH. Without one the test is skipped; with CI=true it fails."""
    named = os.environ.get("DAOZHEN_CHROMIUM")
    found = named or next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if found and Path(found).exists():
        return found
    reason = "there is no Chromium (install it, or name one with DAOZHEN_CHROMIUM)"
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """Chromium, once for all tests."""
    from playwright.sync_api import expect, sync_playwright

    expect.set_options(timeout=PATIENCE)
    path = find_chromium()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(FLAGS))
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def site() -> Iterator[EmbeddingSite]:
    """A web site that carries the widget."""
    site = EmbeddingSite()
    yield site
    site.stop()


@pytest.fixture(scope="session")
def servers(site: EmbeddingSite, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """The servers, once for all tests in a browser."""
    model = newest_model()
    assert model, "./run test trains one"
    folder = tmp_path_factory.mktemp("browser")
    with serving(model, folder, gateway=True, rate_address=1000, allowed_origins=(site.origin,)) as stack:
        yield stack


@pytest.fixture
def new_context(chromium: Browser) -> Iterator[Callable[..., BrowserContext]]:
    """Makes people: each has a browser of their own. No page of theirs may have an error."""
    contexts: list[BrowserContext] = []
    errors: list[str] = []

    def watch(page: Page) -> None:
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)

    def make(**options: Any) -> BrowserContext:
        context = chromium.new_context(**{"locale": "en-GB", "viewport": {"width": 1100, "height": 820}, **options})
        context.set_default_timeout(PATIENCE)
        context.on("page", watch)
        contexts.append(context)
        return context

    yield make
    for context in contexts:
        context.close()
    assert [error for error in errors if not any(known in error for known in MAY_FAIL)] == []


@pytest.fixture
def new_chat(servers: Stack, new_context: Callable[..., BrowserContext]) -> Callable[..., Chat]:
    """Makes people who open the hospital page and its chat."""

    def make(language: str = "en", **options: Any) -> Chat:
        page = new_context(**options).new_page()
        page.goto(f"{servers.url}/?lang={language}")
        return Chat(page, language).open()

    return make


@pytest.fixture
def chat(new_chat: Callable[..., Chat]) -> Chat:
    """Somebody who has opened the chat, in English."""
    return new_chat()
