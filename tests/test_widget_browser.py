"""The chat widget in Chromium on the running servers: conversations."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from browser import EMERGENCY, PATIENCE, TEXTS, Chat, stored
from playwright.sync_api import expect

from bot.cli.stack import Stack
from bot.conversations.connect import connect
from bot.conversations.records import Reply
from bot.conversations.store import Store
from bot.conversations.wakeups import wakeups_for

pytestmark = pytest.mark.slow

BEDS = {"en": "How many beds are there in Shanghai?", "zh": "上海有多少张床位？"}


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_conversation(new_chat: Callable[..., Chat], language: str) -> None:
    chat = new_chat(language)
    expect(chat.log).to_contain_text(chat.text("greeting", number="120"))
    assert "56" in chat.ask(BEDS[language])
    assert chat.texts("patient") == [BEDS[language]]
    answer = chat.said("bot").first
    expect(answer.locator(".text")).to_have_attribute("lang", "zh-CN" if language == "zh" else "en")
    expect(answer.locator("time")).to_have_text(re.compile(r"^\d\d:\d\d$"))
    source = answer.locator("details p")
    expect(source).to_be_hidden()
    answer.get_by_text(chat.text("source")).click()
    expect(source).to_contain_text("undated" if language == "en" else "未注明日期")
    expect(chat.log.locator(".privacy")).to_contain_text(chat.text("privacy"))
    chat.shot(f"conversation-{language}")


def test_the_privacy_line_comes_once_with_the_first_reply(chat: Chat) -> None:
    expect(chat.log.locator(".privacy")).to_have_count(0)
    chat.ask("hello")
    chat.ask(BEDS["en"])
    expect(chat.log.locator(".privacy")).to_have_count(1)
    expect(chat.log.locator(".bot[data-seq] + .privacy")).to_have_count(1)


def test_suggestions_and_quick_replies_are_pressed(chat: Chat) -> None:
    chat.button("suggestion_2").click()
    assert "Which department" in chat.answer(0)
    choices = chat.said("bot").first.locator(".choices button")
    assert choices.count() == 2
    title = choices.first.inner_text()
    choices.first.click()
    assert "liver cancer" in chat.answer(1)
    assert chat.texts("patient") == [chat.text("suggestion_2"), title]
    expect(choices.first).to_be_hidden()
    expect(chat.input).to_be_focused()


def test_thumbs_are_stored_and_stay(chat: Chat, servers: Stack) -> None:
    chat.ask(BEDS["en"])
    for key in ("helpful", "unhelpful"):
        chat.button(key).click()
        expect(chat.button(key)).to_have_attribute("aria-pressed", "true")
        expect(chat.state).to_have_text(chat.text("thanks"))
    expect(chat.button("helpful")).to_have_attribute("aria-pressed", "false")
    conversation = conversation_of(servers, BEDS["en"])
    chat.page.wait_for_timeout(300)
    assert stored(servers, "select helpful from feedback where conversation = ?", conversation) == [(False,)]
    chat.page.reload()
    expect(chat.button("unhelpful")).to_have_attribute("aria-pressed", "true")


def test_the_language_switch_changes_everything_at_once_and_survives(chat: Chat) -> None:
    second = Chat(chat.page.context.new_page())
    second.page.goto(chat.page.url)
    chat.switch_language()
    for key in ("title", "subtitle", "talk", "suggestion_1"):
        expect(chat.panel).to_contain_text(chat.text(key))
        expect(chat.panel).not_to_contain_text(TEXTS[key]["en"])
    expect(chat.input).to_have_attribute("placeholder", chat.text("write"))
    for key in ("send", "large", "more", "close"):
        expect(chat.button(key)).to_be_visible()
    expect(chat.panel).to_have_attribute("lang", "zh-CN")
    second.language = "zh"
    expect(second.panel).to_contain_text(chat.text("title"))
    assert "张床位" in chat.ask(BEDS["en"]), "the answers are in the language chosen"
    chat.page.reload()
    expect(chat.panel).to_contain_text(chat.text("title"))
    chat.switch_language()
    assert "beds" in chat.ask(BEDS["zh"])


def test_a_conversation_survives_a_reload(chat: Chat) -> None:
    chat.ask(BEDS["en"])
    chat.ask("and in Hangzhou?")
    before = chat.log.locator("[data-seq] .text").all_inner_texts()
    chat.page.reload()
    expect(chat.said("bot")).to_have_count(2)
    expect(chat.input).not_to_be_focused()
    assert chat.log.locator("[data-seq] .text").all_inner_texts() == before
    assert "43" in chat.ask("how many people work there?"), "it still knows what was talked about"


def test_two_tabs_are_one_conversation(chat: Chat, servers: Stack) -> None:
    other = Chat(chat.page.context.new_page())
    other.page.goto(chat.page.url)
    other.panel.wait_for()
    chat.ask(BEDS["en"])
    expect(other.said("bot")).to_have_count(1)
    other.ask("and in Hangzhou?")
    expect(chat.said("bot")).to_have_count(2)
    for tab in (chat, other):
        assert tab.texts("patient") == [BEDS["en"], "and in Hangzhou?"]
    assert chat.kept("conversation") == other.kept("conversation")
    conversation = conversation_of(servers, "and in Hangzhou?")
    kept = stored(
        servers, "select text from messages where conversation = ? and sender = 'patient' order by seq", conversation
    )
    assert [text for (text,) in kept] == [BEDS["en"], "and in Hangzhou?"]


def test_what_is_written_offline_is_sent_once_and_in_order(chat: Chat, servers: Stack) -> None:
    chat.ask("hello")
    chat.page.context.set_offline(True)
    chat.must_say("offline")
    texts = ["How many beds are there in Hangzhou?", "How many doctors are there in Shanghai?", "Do you do TACE?"]
    for text in texts:
        chat.say(text)
    expect(chat.log.locator(".pending .text")).to_have_text(texts)
    expect(chat.log.locator(".pending .foot").first).to_have_text(chat.text("waiting"))
    chat.shot("offline")
    chat.page.context.set_offline(False)
    expect(chat.said("bot")).to_have_count(4, timeout=PATIENCE)
    expect(chat.log.locator(".pending")).to_have_count(0)
    expect(chat.state).to_be_empty()
    assert chat.texts("patient") == ["hello", *texts]
    conversation = conversation_of(servers, texts[0])
    kept = stored(
        servers, "select text from messages where conversation = ? and sender = 'patient' order by seq", conversation
    )
    assert [text for (text,) in kept] == ["hello", *texts]


def test_what_waits_survives_the_page(chat: Chat) -> None:
    context = chat.page.context
    context.set_offline(True)
    chat.say(BEDS["en"])
    expect(chat.log.locator(".pending")).to_have_count(1)
    address = chat.page.url
    chat.page.close()
    context.set_offline(False)
    back = Chat(context.new_page())
    back.page.goto(address)
    assert "56" in back.answer(0)
    assert back.texts("patient") == [BEDS["en"]]


def test_erasing_erases_everywhere(chat: Chat, servers: Stack) -> None:
    other = Chat(chat.page.context.new_page())
    other.page.goto(chat.page.url)
    chat.ask("hello, erase me")
    conversation = conversation_of(servers, "hello, erase me")
    expect(other.said("bot")).to_have_count(1)
    chat.page.bring_to_front()
    chat.button("more").click()
    chat.element.locator(".menu").get_by_text(chat.text("erase")).click()
    chat.button("keep").click()
    expect(chat.said("bot")).to_have_count(1)
    chat.log.locator(".privacy").get_by_text(chat.text("erase")).click()
    chat.button("really").click()
    chat.must_say("erased")
    for tab in (chat, other):
        expect(tab.log.locator("[data-seq]")).to_have_count(0)
    assert stored(servers, "select id from conversations where id = ?", conversation) == []
    assert stored(servers, "select seq from messages where conversation = ?", conversation) == []
    assert "56" in chat.ask(BEDS["en"]), "a new one can begin"


def test_a_person_is_asked_for_and_no_longer_wanted(chat: Chat, servers: Stack) -> None:
    chat.ask("hello, a person please")
    conversation = conversation_of(servers, "hello, a person please")
    chat.button("talk").click()
    expect(chat.element.locator(".desk")).to_contain_text(chat.text("with_place", place="…").split("…")[1])
    expect(chat.said("event")).to_have_count(1)
    chat.shot("person-wanted")
    assert stored(servers, "select state from tickets where conversation = ?", conversation) == [("open",)]
    expect(chat.button("talk")).to_be_hidden()
    chat.button("withdraw").click()
    expect(chat.said("event")).to_have_count(2)
    expect(chat.button("talk")).to_be_visible()
    expect(chat.button("talk")).to_be_focused()
    assert stored(servers, "select state from tickets where conversation = ?", conversation) == [("withdrawn",)]


def test_staff_who_answer_are_named_and_counted_on_the_button(chat: Chat, servers: Stack) -> None:
    chat.ask("hello, is somebody there?")
    conversation = conversation_of(servers, "hello, is somebody there?")
    chat.button("close").click()
    engine = connect(servers.settings.database_url)
    store = Store(engine, wakeups_for(engine))
    store.set_mode(conversation, "person")
    for text in ("Good morning, how can I help?", "I am here."):
        store.say(conversation, "staff", Reply(text, "staff", {"language": "en"}), author="Li Na")
    engine.dispose()
    expect(chat.element.locator(".badge")).to_have_text("2", timeout=PATIENCE)
    expect(chat.launcher).to_have_accessible_name(re.compile(re.escape(chat.text("unread", count=2))))
    chat.shot("unread")
    chat.open()
    expect(chat.element.locator(".badge")).to_be_hidden()
    assert chat.texts("staff") == ["Good morning, how can I help?", "I am here."]
    expect(chat.said("staff").first.locator(".speaker")).to_have_text("Front desk · Li Na")
    expect(chat.element.locator(".desk")).to_contain_text(chat.text("with_name", name="Li Na"))
    chat.shot("person-here")


def test_what_is_written_is_shown_as_text(chat: Chat) -> None:
    written = '<img src=x onerror="document.title=1"> <b>beds</b> & {count}'
    chat.ask(written)
    assert chat.texts("patient") == [written]
    expect(chat.log.locator("img, b")).to_have_count(0)


def test_the_transcript_is_printed(chat: Chat) -> None:
    chat.ask(BEDS["en"])
    chat.page.evaluate("window.print = () => dispatchEvent(new Event('beforeprint'))")
    chat.button("more").click()
    chat.button("print").click()
    chat.page.emulate_media(media="print")
    paper = chat.page.locator("daozhen-transcript")
    expect(paper).to_contain_text(BEDS["en"])
    expect(paper).to_contain_text("undated")
    expect(chat.page.locator("main")).to_be_hidden()
    chat.shot("printed")
    chat.page.evaluate("dispatchEvent(new Event('afterprint'))")
    chat.page.emulate_media(media="screen")
    expect(paper).to_have_count(0)
    expect(chat.page.locator("main")).to_be_visible()


def test_two_people_have_two_conversations(new_chat: Callable[..., Chat]) -> None:
    first, second = new_chat(), new_chat("zh")
    first.ask(BEDS["en"])
    second.ask(BEDS["zh"])
    assert first.texts("patient") == [BEDS["en"]]
    assert second.texts("patient") == [BEDS["zh"]]


@pytest.mark.parametrize("language", ["en", "zh"])
def test_an_emergency_stays_in_sight(new_chat: Callable[..., Chat], language: str) -> None:
    chat = new_chat(language)
    chat.ask(EMERGENCY[language])
    card = chat.log.locator(".emergency")
    expect(card).to_contain_text(chat.text("emergency"))
    expect(card.get_by_role("link", name=chat.text("call", number="120"))).to_have_attribute("href", "tel:120")
    expect(chat.element.locator(".desk")).to_contain_text(chat.text("with_place", place="…").split("…")[1])
    for _ in range(3):
        chat.ask(BEDS[language])
    for top in (0, 10_000):
        chat.log.evaluate("(log, top) => { log.scrollTop = top }", top)
        expect(card).to_be_in_viewport(ratio=0.9)
        chat.shot(f"emergency-{language}-{'top' if not top else 'end'}")


def conversation_of(stack: Stack, text: str) -> str:
    """The id of the conversation in which something was last said."""
    found = stored(stack, "select conversation from messages where text = ? order by created_at desc limit 1", text)
    return str(found[0][0])
