"""bot.gateway.telegram.handling, .commands, .groups: what comes of what people do on Telegram."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from telegram.error import BadRequest, NetworkError, RetryAfter, TelegramError
from telegram_parts import GROUP, PERSON, PHOTO, SECONDS, Chat, chat

from bot.conversations.records import Reply
from bot.conversations.tables import feedback
from bot.gateway.telegram.commands import KNOWN, LISTED, menu
from bot.gateway.telegram.groups import MOST

EMERGENCY = "I have severe chest pain and cannot breathe"
MENTION: dict[str, Any] = {"text": "@DaozhenBot hello", "entities": [{"type": "mention", "offset": 0, "length": 11}]}


@pytest.fixture
def someone(tmp_path: Path) -> Iterator[Chat]:
    with chat(tmp_path) as found:
        yield found


def claimed(someone: Chat) -> str:
    """A person of the front desk takes over; the ticket."""
    if someone.conversation.ticket is None:
        someone.writes("/human")
    ticket = someone.conversation.ticket
    assert ticket is not None
    someone.store.tickets.claim(ticket, "staff")
    assert someone.conversation.mode == "person"
    return ticket


# Commands


def test_the_menu_is_within_telegrams_limits(someone: Chat) -> None:
    """BotCommand: 1-32 small letters, digits and underscores; 1-256 characters of description."""
    for language in ("en", "zh"):
        listed = menu(someone.words, language)
        assert [command.command for command in listed] == list(LISTED)
        assert all(command.command.isalpha() and command.command.islower() for command in listed)
        assert all(1 <= len(command.description) <= 256 for command in listed)


@pytest.mark.parametrize("name", sorted(KNOWN))
def test_a_command_says_something_once_however_often_it_is_taken_up(someone: Chat, name: str) -> None:
    update = someone.writes(f"/{name}")
    before = someone.messages()
    assert [message.sender for message in before] == ["patient", "bot"]
    assert before[0].kind == "command"
    someone.again(update)
    assert someone.messages() == before
    assert someone.store.lease("worker", 1) is None, "a command is nothing for Rasa"


@pytest.mark.parametrize(
    ("code", "greeting"), [("en", "Hello!"), ("de", "Hello!"), ("zh-hans", "您好！"), ("zh-hant", "您好！")]
)
def test_start_greets_in_the_language_of_their_telegram(someone: Chat, code: str, greeting: str) -> None:
    someone.writes("/start", code=code)
    (_, said) = someone.messages()
    assert said.text.startswith(greeting)
    assert "/privacy" in said.text and "/forget" in said.text
    assert ("導診" in said.text) == (code == "zh-hant")
    departments = someone.parts.site.departments()
    language = "zh" if code.startswith("zh") else "en"
    titles = [button["title"] for button in said.body["buttons"]]
    if code != "zh-hant":
        assert titles == [getattr(found.short_name, language) for found in departments]


def test_help_lists_every_command(someone: Chat) -> None:
    someone.writes("/help@DaozhenBot", code="zh")
    assert all(f"/{name} " in someone.answers()[-1] for name in LISTED)


def test_an_unknown_command_is_explained(someone: Chat) -> None:
    someone.writes("/dance")
    assert someone.answers() == [someone.says("utter_unknown_command")]


@pytest.mark.parametrize("text", [f"/dance {EMERGENCY}", f"/help {EMERGENCY}", f"/{EMERGENCY}"])
def test_an_emergency_after_a_slash_is_one(someone: Chat, text: str) -> None:
    someone.writes(text)
    assert someone.messages()[-1].kind == "emergency"
    assert someone.conversation.ticket is not None


@pytest.mark.parametrize(
    ("argument", "pinned", "said"),
    [
        ("en", ("en", None), "All right, I will answer in English."),
        ("中文", ("zh", None), "好的，我用中文回答您。"),
        ("zh-hans", ("zh", "simplified"), "好的，我用中文回答您。"),
        ("zh-hant", ("zh", "traditional"), "好的，我用中文回答您。"),
        ("auto", (None, None), "All right, I will answer in the language you write in."),
    ],
)
def test_language(someone: Chat, argument: str, pinned: tuple[str | None, str | None], said: str) -> None:
    someone.writes(f"/language {argument}")
    assert (someone.conversation.language, someone.conversation.script) == pinned
    assert someone.answers() == [said]


def test_language_by_button_and_back(someone: Chat) -> None:
    someone.writes("/language")
    someone.presses(1)
    assert (someone.conversation.language, someone.conversation.script) == ("zh", "simplified")
    someone.writes("/language klingon")
    assert someone.answers()[-1] == someone.says("utter_choose_language", "zh")
    someone.presses(3)
    assert (someone.conversation.language, someone.conversation.script) == (None, None)


def test_human_asks_for_a_person_and_takes_it_back(someone: Chat) -> None:
    someone.writes("/human my card is 6222021234567890128, I need a wheelchair")
    ticket = someone.store.tickets.ticket(str(someone.conversation.ticket))
    assert (ticket.urgency, ticket.reason, ticket.channel) == ("service", "asked", "telegram")
    assert "wheelchair" in ticket.summary and "6222" not in ticket.summary
    someone.writes("/human")
    opened, waiting = someone.answers()
    assert opened.startswith("I have told the front desk") and "You are number 1 in line" in opened
    assert waiting.startswith("The front desk already has your question. You are number 1 in line")
    update = someone.presses(0)
    assert someone.conversation.ticket is None
    assert someone.answers()[2:] == [someone.says("utter_ticket_withdrawn")]
    someone.again(update)
    assert len(someone.answers()) == 3


def test_human_while_a_person_is_there(someone: Chat) -> None:
    claimed(someone)
    someone.writes("/human")
    assert someone.answers()[-1] == someone.says("utter_person_reads")
    someone.presses(0)
    assert (someone.conversation.mode, someone.conversation.ticket) == ("bot", None)


def test_bot_comes_back_from_a_person(someone: Chat) -> None:
    ticket = claimed(someone)
    update = someone.writes("/bot")
    assert (someone.conversation.mode, someone.conversation.ticket) == ("bot", None)
    assert someone.store.tickets.ticket(ticket).state == "withdrawn"
    said = someone.answers()
    assert said[-1] == someone.says("utter_ticket_withdrawn")
    someone.again(update)
    assert someone.answers() == said


def test_whether_the_front_desk_helped_is_asked_and_answered(someone: Chat) -> None:
    someone.writes("/human")
    buttons = [{"title": "Yes", "payload": "/helped"}, {"title": "No", "payload": "/not_helped"}]
    closing = Reply("Did it help?", "desk_closed", {"language": "zh", "buttons": buttons})
    someone.store.tickets.close(str(someone.conversation.ticket), "li", "answered", closing)
    someone.presses(1)
    assert someone.answers()[-1] == someone.says("utter_not_helped", "zh")
    with someone.engine.connect() as connection:
        assert connection.execute(sa.select(feedback.c.helpful)).scalars().all() == [False]


def test_bot_leaves_a_request_that_waits(someone: Chat) -> None:
    someone.writes("/human")
    someone.writes("/bot")
    assert someone.answers()[-1] == someone.says("utter_ticket_kept")
    assert someone.conversation.ticket is not None


def test_bot_does_not_end_an_emergency_but_its_button_does(someone: Chat) -> None:
    someone.writes(EMERGENCY)
    claimed(someone)
    someone.writes("/bot")
    assert someone.answers()[-1] == someone.says("utter_person_stays")
    assert someone.conversation.mode == "person"
    someone.presses(0)
    assert (someone.conversation.mode, someone.conversation.ticket) == ("bot", None)


def test_privacy_names_the_times_of_the_settings(tmp_path: Path) -> None:
    with chat(tmp_path, keep_originals_hours=5, keep_conversations_days=77) as someone:
        someone.writes("/privacy")
        assert "5 hours" in someone.answers()[0] and "77 days" in someone.answers()[0]


def test_forget_asks_then_erases(someone: Chat) -> None:
    someone.writes("my secret")
    someone.writes("/forget yes")
    erased = someone.conversation.id
    assert someone.answers() == [someone.says("utter_forget_ask")], "only the button erases"
    someone.presses(1)
    assert someone.answers()[-1] == someone.says("utter_not_erased")
    someone.writes("/forget")
    update = someone.presses(0)
    assert someone.store.conversation(erased) is None
    assert someone.client.said() == [someone.says("utter_erased")]
    someone.again(update)
    assert someone.client.said("answer_callback_query")[-1] == someone.says("utter_erased")
    assert someone.client.said() == [someone.says("utter_erased")]


# What is written


def test_what_is_written_goes_the_widgets_way(someone: Chat) -> None:
    update = someone.writes("how many beds? my phone is 13812345678")
    (message,) = someone.messages()
    assert (message.kind, message.sender) == ("text", "patient")
    assert "13812345678" not in message.text
    leased = someone.store.lease("worker", 1)
    assert leased is not None and leased.message == message
    someone.again(update)
    someone.deal_with(someone.update(text="how many beds?", message_id=message.id))
    assert someone.messages() == [message]


def test_an_update_is_forgotten_once_it_is_dealt_with(someone: Chat) -> None:
    someone.writes("my secret")
    with someone.engine.connect() as connection:
        ((person, body, waiting),) = connection.exec_driver_sql("SELECT person, body, waiting FROM updates").fetchall()
    assert (person, body, waiting) in (("", None, 0), ("", "null", 0))


@pytest.mark.parametrize(("text", "answered"), [("question", 0), ("/help", 2)])
def test_who_writes_too_fast_is_told_so_once_but_for_an_emergency(tmp_path: Path, text: str, answered: int) -> None:
    with chat(tmp_path, rate_conversation=2) as someone:
        for number in range(5):
            someone.writes(f"{text} {number}")
        assert someone.answers()[answered:] == [someone.says("error_too_fast")]
        assert len(someone.messages()) == 6 + answered, "all is kept"
        someone.writes(EMERGENCY)
        assert someone.messages()[-1].kind == "emergency"


def test_a_long_text_is_refused_kindly_but_read_by_the_gate_and_by_a_person(someone: Chat) -> None:
    long = "This is a long story. " * 100
    someone.writes(long)
    assert someone.answers() == [someone.says("utter_too_long")]
    someone.writes(f"{long}{EMERGENCY}. {long}")
    assert someone.messages()[-1].kind == "emergency"
    claimed(someone)
    before = len(someone.messages())
    someone.writes(long)
    pieces = someone.messages()[before:]
    assert len(pieces) == 3
    assert " ".join(piece.text for piece in pieces).split() == long.split()


def test_what_cannot_be_seen_is_answered_too(someone: Chat) -> None:
    someone.writes("\u200b")
    assert someone.answers() == [someone.says("utter_text_only")]


# What is not text


def test_what_is_not_text_is_said_not_to_be_read_and_a_person_is_offered(someone: Chat) -> None:
    someone.deal_with(someone.update(photo=PHOTO, code="zh-hans"))
    patient, said = someone.messages()
    assert (patient.text, patient.kind) == ("[photo]", "media")
    assert said.text == someone.says("utter_text_only", "zh")
    someone.presses(0)
    assert someone.messages()[-1].text == "我想找导诊台的工作人员"
    assert not [name for name, _ in someone.client.calls if name.startswith("get_file")]


def test_an_album_is_answered_once_and_its_caption_read(someone: Chat) -> None:
    album = [someone.update(photo=PHOTO, media_group_id="g", **({"caption": "is it open?"} if first else {}))
             for first in (True, False, False)]  # fmt: skip
    someone.deal_with(*album)
    assert someone.answers() == [someone.says("utter_text_only")]
    leased = someone.store.lease("worker", 1)
    assert leased is not None and leased.message.text == "is it open?"


def test_an_emergency_in_a_caption_is_one(someone: Chat) -> None:
    someone.deal_with(someone.update(photo=PHOTO, caption=EMERGENCY))
    assert someone.messages()[-1].kind == "emergency"


def test_a_person_is_not_offered_while_one_is_there(someone: Chat) -> None:
    claimed(someone)
    someone.deal_with(someone.update(photo=PHOTO))
    assert someone.answers()[-1] == someone.says("utter_text_only_person")


# Edits


def edit(someone: Chat, update: dict[str, Any], text: str, after: int) -> dict[str, Any]:
    number = update["message"]["message_id"]
    edited = someone.update("edited_message", text=text, message_id=number, edit_date=SECONDS + after)
    someone.deal_with(edited)
    return edited


@pytest.mark.parametrize(
    ("kind", "after", "taken"), [("fallback", 30, True), ("fallback", 90, False), ("fact", 30, False)]
)
def test_a_correction_of_what_was_not_understood_is_answered(someone: Chat, kind: str, after: int, taken: bool) -> None:
    update = someone.writes("haw mani bads")
    someone.answer("Sorry?", kind)
    edited = edit(someone, update, "how many beds", after)
    someone.again(edited)
    leased = someone.store.lease("worker", 1)
    assert (leased is not None and leased.message.text == "how many beds") == taken
    assert len(someone.messages()) == 2 + taken


def test_an_edit_that_makes_it_an_emergency_is_one_once(someone: Chat) -> None:
    update = someone.writes("hello")
    edit(someone, update, EMERGENCY, 300)
    assert someone.messages()[-1].kind == "emergency"
    update = someone.writes(EMERGENCY)
    said = len(someone.messages())
    edit(someone, update, f"{EMERGENCY}!", 5)
    assert len(someone.messages()) == said


def test_a_person_reads_edits_too(someone: Chat) -> None:
    claimed(someone)
    update = someone.writes("tomorrow at 9")
    edit(someone, update, "tomorrow at 9", 5)
    assert someone.messages()[-1].text == "tomorrow at 9"
    edit(someone, update, "tomorrow at 10", 500)
    assert someone.messages()[-1].text == "tomorrow at 10"


def test_an_edit_of_what_is_not_known_is_nothing(someone: Chat) -> None:
    someone.deal_with(someone.update("edited_message", text="x", edit_date=SECONDS + 5))
    assert someone.messages() == []


# Buttons


def test_a_pressed_button_says_what_it_stands_for_once(someone: Chat) -> None:
    someone.writes("/start")
    start = someone.messages()[-1]
    update = someone.presses(0, start)
    message = someone.messages()[-1]
    title = start.body["buttons"][0]["title"]
    assert (message.kind, message.text, message.body["title"]) == ("button", title, title)
    calls = [(name, *call[""]) for name, call in someone.client.calls]
    assert sorted(calls) == [
        ("answer_callback_query", update["callback_query"]["id"], title),
        ("edit_message_reply_markup", PERSON, 55),
    ]
    before = someone.messages()
    someone.again(update)
    someone.presses(0, start)
    assert someone.messages() == before


def test_an_expired_button_is_answered_kindly(someone: Chat) -> None:
    someone.writes("/start", code="zh")
    start = someone.messages()[-1]
    someone.presses(90, start)
    assert someone.client.said("answer_callback_query") == [someone.says("error_not_offered", "zh")]
    someone.store.erase(someone.conversation.id)
    someone.presses(0, start)
    assert someone.client.said("answer_callback_query")[-1] == someone.says("utter_erased")
    assert someone.messages() == []


def test_a_button_of_an_erased_conversation_is_none_of_the_next_one(someone: Chat) -> None:
    someone.writes("/start")
    old = someone.messages()[-1]
    someone.store.erase(someone.conversation.id)
    someone.writes("/language")
    someone.presses(0, old)
    assert someone.conversation.language is None
    assert someone.client.said("answer_callback_query") == [someone.says("error_not_offered")]


def test_a_button_that_is_too_old_for_telegram_is_no_trouble(someone: Chat) -> None:
    someone.client.failures = {
        "answer_callback_query": [BadRequest("Query is too old")],
        "edit_message_reply_markup": [BadRequest("Message can't be edited")],
    }
    someone.writes("/start")
    someone.presses(0)
    assert someone.messages()[-1].kind == "button"


# Groups


def group(someone: Chat, text: str = "", code: str = "en", **more: Any) -> list[str]:
    someone.deal_with(someone.update(chat=GROUP, code=code, **{"text": text, **more}))
    return someone.client.said()


def test_a_group_is_told_that_the_bot_talks_in_private(someone: Chat) -> None:
    (said,) = group(someone, **MENTION)
    assert said == someone.says("utter_group")
    ((_, call),) = someone.client.calls
    assert call[""][0] == GROUP["id"]
    assert call["reply_parameters"].message_id == 101
    assert call["reply_markup"].inline_keyboard[0][0].url == "https://t.me/DaozhenBot"
    with someone.engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM conversations").scalar() == 0, "nothing is kept"


@pytest.mark.parametrize("text", ["/human", "/forget", "/start", "/language zh", "/bot", "/dance@DaozhenBot"])
def test_nothing_personal_is_said_in_a_group(someone: Chat, text: str) -> None:
    assert group(someone, text, code="zh") == [someone.says("utter_group", "zh")]


@pytest.mark.parametrize(
    ("text", "begins"), [("/help", "You can ask me"), ("/privacy@daozhenbot", "What you write is kept")]
)
def test_what_anybody_may_read_is_said_in_a_group(someone: Chat, text: str, begins: str) -> None:
    (said,) = group(someone, text)
    assert said.startswith(begins)
    assert said.endswith(someone.says("utter_group"))


def test_other_bots_commands_are_not_answered_in_a_group(someone: Chat) -> None:
    assert group(someone, "/dance") == []


def test_an_emergency_in_a_group_is_told_what_to_do(someone: Chat) -> None:
    text = f"@DaozhenBot {EMERGENCY}"
    (said,) = group(someone, **{**MENTION, "text": text})
    assert said == someone.says("utter_emergency")


def test_a_group_does_not_keep_the_bot_busy(someone: Chat) -> None:
    someone.deal_with(*(someone.update(chat=GROUP, **MENTION) for _ in range(MOST + 5)))
    assert len(someone.client.said()) == MOST


@pytest.mark.parametrize("error", [NetworkError("cut"), RetryAfter(1)])
def test_what_could_not_be_said_is_said_later(someone: Chat, error: TelegramError) -> None:
    someone.client.failures = {"send_message": [error]}
    update = someone.update(chat=GROUP, **MENTION)
    someone.deal_with(update)
    assert someone.client.said() == []
    someone.again(update)
    assert someone.client.said() == [someone.says("utter_group")]


def test_a_group_that_has_thrown_the_bot_out_is_no_trouble(someone: Chat) -> None:
    someone.client.failures = {"send_message": [BadRequest("Chat not found")]}
    group(someone, **MENTION)
    assert someone.store.lease_update("telegram", 1) is None
