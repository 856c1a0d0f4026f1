"""The chat widget in Chromium on the running servers: for everybody, on every screen, on every page."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe
from browser import EMERGENCY, Chat, EmbeddingSite
from playwright.sync_api import BrowserContext, Page, expect

from bot.cli.stack import Stack

pytestmark = pytest.mark.slow

BEDS = "How many beds are there in Shanghai?"
NONCE = "r4nd0m"
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}


def violations(page: Page) -> list[str]:
    """What axe-core finds on a page: rule and place."""
    found = Axe().run(page, options=RULES).response["violations"]
    return [f"{rule['id']}: {node['target']} {node['failureSummary']}" for rule in found for node in rule["nodes"]]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("language", ["en", "zh"])
def test_axe_finds_nothing(new_chat: Callable[..., Chat], language: str, scheme: str) -> None:
    chat = new_chat(language, color_scheme=scheme, viewport={"width": 1200, "height": 900})
    assert violations(chat.page) == [], "open, before anything is said"
    chat.shot(f"greeting-{language}-{scheme}")
    chat.ask(BEDS if language == "en" else "上海有多少张床位？")
    chat.said("bot").first.locator("summary").click()
    chat.button("helpful").click()
    chat.ask(EMERGENCY[language])
    chat.button("large").click()
    chat.button("more").click()
    for number in range(6):
        chat.ask("你们看哪些病？" if number % 2 else "Which diseases do you treat?")
    chat.page.context.set_offline(True)
    chat.say("?")
    expect(chat.state).not_to_be_empty()
    assert violations(chat.page) == [], "a long conversation, with all that can be in one"
    chat.shot(f"long-{language}-{scheme}")
    chat.page.context.set_offline(False)
    chat.element.locator(".menu").get_by_text(chat.text("erase")).click()
    assert violations(chat.page) == [], "asked whether to erase"
    chat.button("keep").click()
    chat.button("close").click()
    assert violations(chat.page) == [], "closed"


def test_the_keyboard_is_enough(servers: Stack, new_context: Callable[..., BrowserContext]) -> None:
    page = new_context().new_page()
    page.goto(f"{servers.url}/?lang=en")
    chat = Chat(page)
    page.locator("pre").focus()
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    expect(chat.launcher).to_be_focused()
    page.keyboard.press("Enter")
    expect(chat.input).to_be_focused()
    page.keyboard.type("hello")
    page.keyboard.press("Shift+Enter")
    page.keyboard.type(BEDS)
    page.keyboard.press("Enter")
    assert "56" in chat.answer(0)
    assert chat.texts("patient") == [f"hello\n{BEDS}"]
    page.keyboard.press("Shift+Tab")
    seen = []
    for _ in range(12):
        seen.append(page.evaluate("document.querySelector('daozhen-chat').shadowRoot.activeElement?.ariaLabel"))
        page.keyboard.press("Shift+Tab")
    for key in ("helpful", "unhelpful", "conversation", "close", "more", "large"):
        assert chat.text(key) in seen
    chat.button("more").focus()
    page.keyboard.press("Enter")
    expect(chat.button("print")).to_be_visible()
    page.keyboard.press("Tab")
    page.keyboard.press("Escape")
    expect(chat.button("print")).to_be_hidden()
    expect(chat.button("more")).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(chat.button("keep")).to_be_focused()
    page.keyboard.press("Escape")
    expect(chat.button("more")).to_be_focused()
    page.keyboard.press("Escape")
    expect(chat.panel).to_be_hidden()
    expect(chat.launcher).to_be_focused()


def test_enter_that_ends_a_composition_sends_nothing(chat: Chat) -> None:
    chat.input.fill("床")
    chat.input.evaluate(
        "input => input.dispatchEvent(new KeyboardEvent('keydown', "
        "{ key: 'Enter', isComposing: true, bubbles: true, composed: true, cancelable: true }))"
    )
    expect(chat.input).to_have_value("床")
    expect(chat.log.locator(".patient")).to_have_count(0)


PHONE = {"viewport": {"width": 360, "height": 640}, "has_touch": True, "is_mobile": True, "device_scale_factor": 2}


def test_a_small_phone(new_chat: Callable[..., Chat]) -> None:
    chat = new_chat("zh", **PHONE)
    assert chat.panel.bounding_box() == {"x": 0, "y": 0, "width": 360, "height": 640}
    expect(chat.input).not_to_be_focused()
    assert chat.input.evaluate("input => parseFloat(getComputedStyle(input).fontSize)") >= 16
    chat.shot("phone-greeting")
    chat.ask("上海有多少张床位？")
    chat.ask(EMERGENCY["zh"])
    chat.ask("你们看哪些病？")
    chat.shot("phone")
    assert chat.panel.evaluate("panel => panel.scrollWidth <= innerWidth")
    assert chat.log.evaluate("log => log.scrollWidth <= log.clientWidth")
    assert chat.page.evaluate("document.documentElement.style.overflow") == "hidden"
    chat.page.set_viewport_size({"width": 360, "height": 300})  # as the keyboard leaves it
    for part in (chat.input, chat.button("send"), chat.button("close")):
        expect(part).to_be_in_viewport(ratio=1)
    chat.shot("phone-keyboard")
    chat.button("close").tap()
    expect(chat.launcher).to_be_focused()
    assert chat.page.evaluate("document.documentElement.style.overflow") == ""


def test_what_is_pressed_is_large_enough(new_chat: Callable[..., Chat]) -> None:
    chat = new_chat(**PHONE)
    chat.ask(BEDS)
    chat.ask("hello")
    chat.button("more").click()
    program = """root => [...root.shadowRoot.querySelectorAll("button, a, summary, textarea")]
    .filter(element => element.checkVisibility())
    .map(element => [element.ariaLabel ?? element.textContent, element.getBoundingClientRect()])
    .filter(([, { width, height }]) => width < 24 || height < 24)"""
    assert chat.element.evaluate(program) == []


def test_twice_as_large_and_large_text(new_chat: Callable[..., Chat]) -> None:
    chat = new_chat(viewport={"width": 640, "height": 400}, device_scale_factor=2)  # 1280×800 at 200 %
    chat.ask(BEDS)
    before = chat.said("bot").first.locator(".text").evaluate("text => parseFloat(getComputedStyle(text).fontSize)")
    chat.button("large").click()
    chat.page.reload()
    expect(chat.button("large")).to_have_attribute("aria-pressed", "true")
    expect(chat.said("bot")).to_have_count(1)
    after = chat.said("bot").first.locator(".text").evaluate("text => parseFloat(getComputedStyle(text).fontSize)")
    assert after >= 1.25 * before
    for part in (chat.input, chat.button("send"), chat.button("close"), chat.button("talk")):
        expect(part).to_be_in_viewport(ratio=1)
    assert chat.log.evaluate("log => log.scrollWidth <= log.clientWidth && log.clientHeight > 100")
    chat.shot("zoomed")


def test_no_motion_for_those_who_want_none(new_chat: Callable[..., Chat]) -> None:
    animation = "element => getComputedStyle(element).animationName"
    assert new_chat().element.locator(".typing").evaluate(animation) != "none"
    assert new_chat(reduced_motion="reduce").element.locator(".typing").evaluate(animation) == "none"


def test_a_page_with_a_strict_policy(
    servers: Stack, site: EmbeddingSite, new_context: Callable[..., BrowserContext]
) -> None:
    policy = (
        f"default-src 'none'; script-src 'nonce-{NONCE}'; connect-src {servers.url}; require-trusted-types-for 'script'"
    )
    tag = f'<script nonce="{NONCE}" src="{servers.url}/widget/daozhen.js" data-title-en="Ask us" defer></script>'
    address = site.put("/strict", f"<h1>Our hospital</h1>{tag}", Content_Security_Policy=policy)
    page = new_context().new_page()
    page.add_init_script(
        "window.refused = []; addEventListener('securitypolicyviolation', e => refused.push(e.violatedDirective))"
    )
    page.goto(address)
    chat = Chat(page).open()
    expect(chat.panel).to_contain_text("Ask us")
    assert "56" in chat.ask(BEDS)
    chat.button("large").click()
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    expect(page.locator("daozhen-transcript")).to_have_count(1)
    assert page.evaluate("window.refused") == []
    assert chat.panel.evaluate("panel => getComputedStyle(panel).position") == "absolute", "its styles hold"


def test_a_page_from_right_to_left(
    servers: Stack, site: EmbeddingSite, new_context: Callable[..., BrowserContext]
) -> None:
    tag = f'<script src="{servers.url}/widget/daozhen.js" defer></script>'
    address = site.put("/rtl", f"<h1>مستشفى</h1>{tag}", '<html lang="ar" dir="rtl">')
    page = new_context().new_page()
    page.goto(address)
    chat = Chat(page)
    box = chat.launcher.bounding_box()
    assert box and box["x"] < 100
    chat.open()
    box = chat.panel.bounding_box()
    assert box and box["x"] < 100
    assert "56" in chat.ask(BEDS)
    patient, bot = (chat.said(sender).first.locator(".text").bounding_box() for sender in ("patient", "bot"))
    assert patient and bot and patient["x"] > bot["x"], "what is written in the chat runs from left to right"
    chat.shot("right-to-left")


def test_inside_a_page_and_coloured(
    servers: Stack, site: EmbeddingSite, new_context: Callable[..., BrowserContext]
) -> None:
    body = f"""<style>html {{ font-size: 10px }} * {{ color: red !important; float: left }}
    daozhen-chat {{ float: none !important; --daozhen-color: #6a1b9a; --daozhen-height: 30em }}</style>
    <daozhen-chat data-position="inline" data-language="zh" data-title-zh="问一问"></daozhen-chat>
    <script src="{servers.url}/widget/daozhen.js" defer></script>"""
    page = new_context().new_page()
    page.goto(site.put("/inline", body))
    chat = Chat(page, "zh")
    expect(chat.panel).to_contain_text("问一问")
    expect(page.locator("daozhen-chat")).to_have_count(1)
    expect(chat.launcher).to_be_hidden()
    expect(chat.input).not_to_be_focused()
    assert chat.panel.evaluate("panel => getComputedStyle(panel).fontSize") == "16px", (
        "the page's text size is not its own"
    )
    assert chat.element.locator(".header").evaluate("e => getComputedStyle(e).backgroundColor") == "rgb(106, 27, 154)"
    assert "张床位" in chat.ask("上海有多少张床位？")
    chat.shot("inline")


def test_the_page_at_the_root(servers: Stack, new_context: Callable[..., BrowserContext]) -> None:
    context = new_context(permissions=["clipboard-read", "clipboard-write"])
    page = context.new_page()
    page.goto(f"{servers.url}/?lang=en")
    page.get_by_role("button", name="Copy").click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    line = page.evaluate("navigator.clipboard.readText()")
    assert line == f'<script src="{servers.url}/widget/daozhen.js" data-language="auto" defer></script>'
    page.get_by_role("link", name="中文").click()
    expect(page.locator("h1")).to_have_text(re.compile("[\u4e00-\u9fff]"))
    page.get_by_role("button", name="问这个科室").last.click()
    assert "浙江省肿瘤医院" in Chat(page, "zh").answer(0)
    Chat(page).shot("home")


@pytest.mark.parametrize(
    ("page", "set_on_it", "browser", "shown"),
    [
        ("zh-CN", "auto", "en-GB", "zh"),
        ("en", "auto", "zh-CN", "en"),
        ("en", "zh", "en-GB", "zh"),
        ("fr", "auto", "zh-CN", "zh"),
        ("fr", "auto", "de-DE", "en"),
    ],
)
def test_the_language_it_starts_in(
    servers: Stack,
    site: EmbeddingSite,
    new_context: Callable[..., BrowserContext],
    page: str,
    set_on_it: str,
    browser: str,
    shown: str,
) -> None:
    tag = f'<script src="{servers.url}/widget/daozhen.js" data-language="{set_on_it}" data-open defer></script>'
    opened = new_context(locale=browser).new_page()
    opened.goto(site.put(f"/{page}-{set_on_it}-{browser}", tag, f'<html lang="{page}">'))
    chat = Chat(opened, shown)
    expect(chat.panel).to_contain_text(chat.text("subtitle"))
    chat.switch_language()
    opened.reload()
    expect(chat.panel).to_contain_text(chat.text("subtitle"))
    chat.button("close").click()
    opened.reload()
    expect(chat.launcher).to_be_visible()
    expect(chat.panel).to_be_hidden()
