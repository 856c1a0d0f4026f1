"""Two members of staff in Chromium and two patients, one on the website and one on Telegram, at the same time."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from browser import Chat
from desk_pages import sign_in
from desk_parts import hire
from gateway_parts import Running, reply, until
from telegram_gateway import telegram
from telegram_server import Telegram

from bot.conversations.records import utc_now

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, Locator, Page

pytestmark = pytest.mark.slow
ANNA = 7
SOON = 5_000
"""Milliseconds in which a page shows what is new, without being loaded again."""


class Clock:
    """The time, which can be moved on."""

    ahead = timedelta(0)

    def __call__(self) -> datetime:
        return utc_now() + self.ahead


class Desk:
    """Who is there: Li Na and Zhang Wei at the desk, Anna on Telegram, a visitor on the website."""

    def __init__(
        self, running: Running, server: Telegram, clock: Clock, context: Callable[..., BrowserContext]
    ) -> None:
        self.running, self.server, self.clock = running, server, clock
        self.li, self.zhang = (
            sign_in(context(locale=locale), running, name) for name, locale in (("li.na", "en"), ("zhang.wei", "zh-CN"))
        )
        page = context(locale="en").new_page()
        page.goto(f"{running.url}/?lang=en")
        self.visitor = Chat(page).open()

    def wishes(self) -> None:
        """Both patients ask for a person."""
        self.visitor.say("Where can I park?")
        self.visitor.button("talk").click()
        self.server.writes(ANNA, "/human I need a wheelchair")
        until(lambda: any("front desk" in text for text in self.server.got(ANNA)))

    def row(self, page: Page, about: str) -> Locator:
        """A ticket in somebody's inbox."""
        return page.get_by_role("link", name=about)

    def open(self, page: Page, about: str) -> None:
        """Open a ticket and claim it."""
        self.row(page, about).click()
        page.locator("form[data-when=mine]").wait_for(state="hidden")  # by the script, which hears keys from then on
        page.keyboard.press("c")
        page.locator(".about[data-when=mine]").wait_for()

    def answer(self, page: Page, text: str) -> None:
        """Write a reply and send it."""
        page.fill("#reply", text)
        page.locator("form.reply button.main").click()


@pytest.fixture
def desk(
    tmp_path_factory: pytest.TempPathFactory,
    new_context: Callable[..., BrowserContext],
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Desk]:
    monkeypatch.setattr("bot.desk.watch.LOOK_AGAIN", 0.2)
    clock = Clock()
    folder = tmp_path_factory.mktemp("whole")
    with telegram(folder, desk_plain_http=True, desk_escalate_minutes=5, clock=clock) as (server, running):
        hire(running, "li.na")
        hire(running, "zhang.wei", "lead")
        yield Desk(running, server, clock, new_context)


def test_both_wishes_reach_both_and_one_of_two_who_claim_gets_it(desk: Desk) -> None:
    from playwright.sync_api import expect

    desk.wishes()
    for page in (desk.li, desk.zhang):
        for about in ("Where can I park?", "I need a wheelchair"):
            expect(desk.row(page, about)).to_be_visible(timeout=SOON)
        desk.row(page, "wheelchair").click()
        page.locator("form[data-when=open] button").wait_for()
    claim = "document.querySelector('form[data-when=open] button').click()"
    for page in (desk.li, desk.zhang):
        page.evaluate(claim)
    expect(desk.li.locator(".about")).to_contain_text("being answered", timeout=SOON)
    expect(desk.zhang.locator(".about")).to_contain_text("处理中", timeout=SOON)
    whose = [page.locator(".about").get_attribute("data-when") for page in (desk.li, desk.zhang)]
    assert sorted(map(str, whose)) == ["mine", "other"]


def test_a_reply_is_there_within_two_seconds_on_either_channel(desk: Desk) -> None:
    from playwright.sync_api import expect

    desk.wishes()
    desk.open(desk.li, "wheelchair")
    desk.open(desk.zhang, "Where can I park?")
    started = time.monotonic()
    desk.answer(desk.li, "One is waiting at the door.")
    until(lambda: any("One is waiting at the door." in text for text in desk.server.got(ANNA)), 2)
    print(f"to Telegram: {time.monotonic() - started:.2f} s")
    expect(desk.li.locator(".thread .staff .delivered")).to_be_visible(timeout=SOON)
    started = time.monotonic()
    desk.answer(desk.zhang, "Behind the main building.")
    expect(desk.visitor.log.get_by_text("Behind the main building.")).to_be_visible(timeout=2_000)
    print(f"to the website: {time.monotonic() - started:.2f} s")
    desk.server.writes(ANNA, "Thank you, which door?")
    expect(desk.li.locator(".thread .patient").last).to_contain_text("which door?", timeout=SOON)
    assert not any("echo" in text for text in desk.server.got(ANNA))  # the bot is silent


def test_who_writes_is_seen_on_the_other_side(desk: Desk) -> None:
    from playwright.sync_api import expect

    desk.wishes()
    desk.open(desk.li, "Where can I park?")
    desk.li.locator("#reply").press_sequentially("Beh")
    expect(desk.visitor.element.locator(".typing")).to_be_visible(timeout=SOON)
    expect(desk.visitor.element.locator(".desk p")).to_contain_text("A person at the front desk", timeout=SOON)
    line = desk.li.locator("[data-typing]")
    desk.visitor.input.press_sequentially("And is it far from there?", delay=200)
    expect(line).to_be_visible(timeout=SOON)
    desk.answer(desk.li, "Behind the main building.")
    expect(desk.li.locator(".thread .staff")).to_contain_text("Behind", timeout=SOON)
    expect(line).to_be_visible(timeout=100)  # the page has been fetched again since
    desk.visitor.input.press("Enter")
    expect(desk.li.locator(".thread .patient").last).to_contain_text("far", timeout=SOON)
    expect(line).to_be_hidden(timeout=100)


def test_the_place_in_line_follows_the_queue(desk: Desk) -> None:
    from playwright.sync_api import expect

    desk.server.writes(ANNA, "/human I need a wheelchair")
    until(lambda: desk.server.got(ANNA))
    desk.visitor.say("Where can I park?")
    desk.visitor.button("talk").click()
    line = desk.visitor.element.locator(".desk p")
    expect(line).to_contain_text("number 2 in line", timeout=SOON)
    desk.open(desk.li, "wheelchair")
    expect(line).to_contain_text("number 1 in line", timeout=15_000)


def test_a_patient_who_has_blocked_the_bot_is_shown_as_undeliverable(desk: Desk) -> None:
    from playwright.sync_api import expect

    desk.wishes()
    desk.open(desk.li, "wheelchair")
    desk.server.blocked.add(ANNA)
    desk.answer(desk.li, "Are you there?")
    expect(desk.li.locator(".thread .staff .undeliverable")).to_be_visible(timeout=SOON)
    expect(desk.li.locator(".events")).to_contain_text("could not be delivered")


def test_an_emergency_during_a_take_over_is_answered_at_once_and_leads_the_inbox(desk: Desk) -> None:
    from playwright.sync_api import expect

    desk.wishes()
    desk.open(desk.li, "wheelchair")
    desk.server.writes(ANNA, "I have severe chest pain and cannot breathe")
    until(lambda: any("120" in text for text in desk.server.got(ANNA)))
    expect(desk.li.locator(".thread li.emergency")).to_be_visible(timeout=SOON)
    expect(desk.zhang.locator("tbody tr").first).to_have_attribute("data-urgency", "emergency", timeout=SOON)


def test_an_emergency_nobody_claims_grows_louder(desk: Desk) -> None:
    from playwright.sync_api import expect

    desk.server.writes(ANNA, "I have severe chest pain and cannot breathe")
    row = desk.li.locator("tr[data-urgency=emergency]")
    expect(row).to_be_visible(timeout=SOON)
    expect(row).not_to_contain_text("waited too long")
    desk.clock.ahead = timedelta(minutes=6)
    expect(row).to_contain_text("waited too long", timeout=SOON)
    expect(desk.li).to_have_title("(1) Inbox · Front desk")


def test_both_take_their_wishes_back(desk: Desk) -> None:
    from playwright.sync_api import expect

    desk.wishes()
    for about in ("Where can I park?", "wheelchair"):
        expect(desk.row(desk.li, about)).to_be_visible(timeout=SOON)
    desk.visitor.button("withdraw").click()
    desk.server.presses(ANNA, 0)
    expect(desk.li.get_by_text("Nobody is waiting.")).to_be_visible(timeout=SOON)


def test_closing_asks_whether_it_helped_and_the_bot_is_back(desk: Desk) -> None:
    from playwright.sync_api import expect

    desk.wishes()
    for page, about in ((desk.li, "Where can I park?"), (desk.zhang, "wheelchair")):
        desk.open(page, about)
        page.locator("form[data-api$='/close'] button").click()
    expect(desk.li.get_by_text("Nobody is waiting.")).to_be_visible(timeout=SOON)
    desk.visitor.element.get_by_role("button", name="Yes, it helped").click()
    expect(desk.visitor.log.get_by_text("Good to hear")).to_be_visible(timeout=SOON)
    until(lambda: "Did the answer help you?" in desk.server.got(ANNA)[-1])
    desk.server.presses(ANNA, 1)
    until(lambda: "once more?" in desk.server.got(ANNA)[-1])
    desk.visitor.say("Are you there again?")
    expect(desk.visitor.log.get_by_text("echo: Are you there again?")).to_be_visible(timeout=SOON)


def test_what_was_not_understood_is_taught(desk: Desk) -> None:
    from playwright.sync_api import expect

    desk.running.rasa.answers["bed count pls"] = [reply("Did you mean …", kind="fallback")]
    desk.visitor.say("bed count pls")
    expect(desk.visitor.log.get_by_text("Did you mean")).to_be_visible(timeout=SOON)
    desk.li.get_by_role("link", name="Teach").click()
    lesson = desk.li.locator(".lesson", has_text="bed count pls")
    lesson.get_by_role("searchbox").fill("how many beds")
    lesson.locator(".intents li", has_text="How many beds").first.get_by_role("button").click()
    expect(lesson).to_have_count(0)
    desk.li.reload()
    expect(desk.li.get_by_role("button", name="Take back")).to_be_visible()
    assert [review.intent for review in desk.running.app.state.desk.reviews.all()] == ["ask_beds"]


def test_another_reading_is_asked_instead(desk: Desk) -> None:
    from playwright.sync_api import expect

    desk.running.rasa.answers["how big is it"] = [reply("56 beds.")]
    desk.running.rasa.rankings["how big is it"] = ("ask_beds", "ask_rooms")
    desk.li.get_by_role("link", name="Ask").click()
    desk.li.fill("textarea", "how big is it")
    desk.li.locator("form[data-api='/ask'] button").click()
    expect(desk.li.locator(".card").first).to_contain_text("56 beds.")
    other = desk.li.locator(".readings button").first
    question = other.inner_text()
    other.click()
    expect(desk.li.locator(".card").first).to_contain_text(f"echo: {question}")
