"""The front desk in Chromium: two members of staff and a patient on the website, by mouse and by keyboard; axe in both themes."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest
from browser import SCREENSHOTS
from desk_pages import sign_in, violations
from desk_parts import desk, hire, wish
from gateway_parts import Running, reply, texts

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, Page

pytestmark = pytest.mark.slow


@pytest.fixture
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with desk(tmp_path_factory.mktemp("desk")) as running:
        hire(running, "li.na")
        hire(running, "zhang.wei", "lead")
        yield running


@pytest.fixture
def staff(running: Running, new_context: Callable[..., BrowserContext]) -> Callable[..., Page]:
    """Sign somebody in; the inbox."""

    def signed_in(name: str, language: str = "en", **options: Any) -> Page:
        return sign_in(new_context(locale="zh-CN" if language == "zh" else "en", **options), running, name)

    return signed_in


def test_two_at_the_desk_and_a_patient(
    running: Running, staff: Callable[..., Page], new_context: Callable[..., BrowserContext]
) -> None:
    from playwright.sync_api import expect

    running.rasa.answers["Where can I park?"] = [
        reply("I do not have that. The front desk can tell you.", kind="unknown")
    ]
    running.rasa.rankings["Where can I park?"] = ("ask_practicalities",)
    first, second = staff("li.na"), staff("zhang.wei", "zh")
    visitor = new_context(locale="en").new_page()
    visitor.goto(f"{running.url}/?lang=en")
    visitor.get_by_role("button", name="Ask a question").first.click()
    box = visitor.get_by_role("textbox")
    box.fill("Where can I park?")
    box.press("Enter")
    visitor.get_by_role("button", name="Talk to a person").click()
    row = first.get_by_role("link", name="Where can I park?")
    expect(row).to_be_visible(timeout=5_000)  # live, without loading again
    row.click()
    second.get_by_role("link", name="Where can I park?").click()
    first.wait_for_url("**/desk/tickets/*")
    first.keyboard.press("c")
    expect(first.locator(".about")).to_contain_text("being answered · Li.na")
    expect(second.locator(".about")).to_contain_text("处理中 · Li.na", timeout=5_000)
    expect(second.get_by_role("button", name="接手")).to_be_hidden()
    first.keyboard.press("r")
    first.keyboard.type("Behind the main building.")
    first.get_by_role("button", name="Send").click()
    expect(visitor.get_by_role("log").get_by_text("Behind the main building.")).to_be_visible(timeout=2_000)
    box.fill("And for how long?")
    box.press("Enter")
    expect(first.locator(".thread .patient").last).to_contain_text("And for how long?", timeout=5_000)
    assert "echo: And for how long?" not in visitor.content()  # the bot is silent
    box.fill("I cannot breathe")
    box.press("Enter")
    expect(first.locator(".thread li.emergency")).to_be_visible(timeout=5_000)  # the gate is not
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    first.screenshot(path=SCREENSHOTS / "desk-ticket.png")
    first.get_by_role("button", name="Close").click()
    expect(first.get_by_text("Nobody is waiting.")).to_be_visible()
    expect(visitor.get_by_role("log").get_by_text("Did the answer help you?")).to_be_visible(timeout=5_000)


def test_a_reply_in_the_other_language_is_asked_about(running: Running, staff: Callable[..., Page]) -> None:
    patient, ticket = wish(running)
    page = staff("li.na")
    page.goto(f"{running.url}/desk/tickets/{ticket}")
    page.get_by_role("button", name="Claim").click()
    page.locator(".about", has_text="being answered").wait_for()
    asked: list[str] = []

    def answer(accept: bool) -> Callable[[Any], None]:
        def decide(dialog: Any) -> None:
            asked.append(dialog.message)
            dialog.accept() if accept else dialog.dismiss()

        return decide

    page.once("dialog", answer(False))
    page.fill("#reply", "停车场在后面。")
    page.get_by_role("button", name="Send").click()
    assert page.locator("#reply").input_value() == "停车场在后面。"
    page.once("dialog", answer(True))
    page.get_by_role("button", name="Send").click()
    page.locator(".thread .staff", has_text="停车场在后面。").wait_for()
    assert asked == ["The patient writes in English. Send it all the same?"] * 2
    assert "停车场在后面。" in texts(patient.read()["messages"])


def test_a_suggestion_is_inserted_and_never_sent_unread(running: Running, staff: Callable[..., Page]) -> None:
    running.rasa.answers["How many beds?"] = [reply("There are 56 beds.")]
    patient, ticket = wish(running, "How many beds?")
    page = staff("li.na")
    page.goto(f"{running.url}/desk/tickets/{ticket}")
    page.get_by_role("button", name="Suggest an answer").click()
    page.get_by_role("button", name="Put into the reply").first.click()
    assert page.locator("#reply").input_value() == "There are 56 beds."
    assert "staff" not in [message["sender"] for message in patient.read()["messages"]]


def test_by_keyboard(running: Running, staff: Callable[..., Page]) -> None:
    for text in ("Where can I park?", "Is there a canteen?"):
        wish(running, text)
    page = staff("li.na", "zh")
    page.get_by_role("link", name="Is there a canteen?").wait_for()
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("k")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.wait_for_url("**/desk/tickets/*")
    assert "Is there a canteen?" in page.locator(".thread").inner_text()
    page.keyboard.press("c")
    page.locator(".about", has_text="处理中").wait_for()
    page.goto(f"{running.url}/desk/")
    page.keyboard.press("/")
    page.keyboard.type("canteen")
    page.keyboard.press("Enter")
    page.wait_for_url("**text=canteen**")
    assert page.locator("[data-row]").count() == 1


def test_the_keys_are_shown_on_a_question_mark(running: Running, staff: Callable[..., Page]) -> None:
    wish(running)
    page = staff("li.na")
    page.keyboard.press("?")
    shown = page.get_by_role("dialog", name="Keys", exact=True)
    shown.wait_for()
    assert "claim the ticket" in shown.inner_text()
    assert violations(page) == []
    page.keyboard.press("j")
    assert page.locator("[data-row]:focus").count() == 0
    page.keyboard.press("Escape")
    shown.wait_for(state="hidden")
    page.keyboard.press("j")
    assert page.locator("[data-row]:focus").count() == 1


def test_the_inbox_of_one_channel(running: Running, staff: Callable[..., Page]) -> None:
    wish(running)
    page = staff("li.na")
    for channel, count in (("telegram", 0), ("widget", 1)):
        page.get_by_label("Channel").select_option(channel)
        page.get_by_role("button", name="Search").click()
        page.wait_for_url(f"**channel={channel}**")
        assert page.locator("[data-row]").count() == count


def test_a_new_emergency_shows_in_the_title(running: Running, staff: Callable[..., Page]) -> None:
    from playwright.sync_api import expect

    page = staff("li.na")
    running.client(language="en").send("I cannot breathe")
    expect(page).to_have_title(re.compile(r"^\(1\) "), timeout=5_000)
    expect(page.locator("tr[data-urgency=emergency]")).to_be_visible()


def test_a_filter_does_not_hide_an_emergency_from_the_title(running: Running, staff: Callable[..., Page]) -> None:
    from playwright.sync_api import expect

    page = staff("li.na")
    page.goto(f"{running.url}/desk/?language=zh&who=me")
    running.client(language="en").send("I cannot breathe")
    expect(page).to_have_title(re.compile(r"^\(1\) "), timeout=5_000)
    assert page.locator("[data-row]").count() == 0


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(running: Running, staff: Callable[..., Page], scheme: str) -> None:
    patient, ticket = wish(running)
    past = f"/conversations/{patient.conversation}"
    running.client(language="zh").send("我喘不上气")
    page = staff("zhang.wei", "zh" if scheme == "light" else "en", color_scheme=scheme)
    page.locator("tr[data-urgency=emergency]").wait_for()
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SCREENSHOTS / f"desk-inbox-{scheme}.png")
    for path in ("/", f"/tickets/{ticket}", "/handover", "/ask", "/search?text=park", "/teach", past, "/facts",
                 "/insights", "/accounts", "/login"):  # fmt: skip
        page.goto(f"{running.url}/desk{path}")
        page.wait_for_load_state()
        assert violations(page) == [], path
