"""bot.gateway.telegram.reading and .updates: what an update of Telegram's is."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest
from telegram import Bot

from bot.gateway.telegram.reading import Command, Corrected, Incoming, Media, Mentioned, Pressed, Written, read
from bot.gateway.telegram.updates import person_of

BOT = cast(Bot, SimpleNamespace(id=99, username="DaozhenBot"))
PERSON = {"id": 7, "is_bot": False, "first_name": "A", "language_code": "en"}
PRIVATE, GROUP = {"id": 7, "type": "private"}, {"id": -5, "type": "supergroup", "title": "G"}
PHOTO = [{"file_id": "x", "file_unique_id": "y", "width": 1, "height": 1}]
FILE = {"file_id": "x", "file_unique_id": "y"}


def message(text: str | None = None, chat: dict[str, Any] = PRIVATE, **more: Any) -> dict[str, Any]:
    body = {"message_id": 3, "date": 1_700_000_000, "chat": chat, "from": PERSON, **more}
    return body if text is None else {**body, "text": text}


def found(body: dict[str, Any], kind: str = "message") -> Incoming | None:
    return read({"update_id": 1, kind: body}, BOT)


def command(text: str, **more: Any) -> tuple[str, str] | None:
    what = found(message(text, **more))
    return (what.name, what.argument) if isinstance(what, Command) else None


@pytest.mark.parametrize(
    ("text", "parsed"),
    [
        ("/start", ("start", "")),
        ("/START deep_link", ("start", "deep_link")),
        ("/help@DaozhenBot", ("help", "")),
        ("/help@OtherBot", ("help", "")),
        ("/language\tzh ", ("language", "zh")),
        ("／help", ("help", "")),
        ("/床位", None),
        ("/help,", None),
        ("a /help", None),
        ("/", None),
        ("//help", None),
    ],
)
def test_commands(text: str, parsed: tuple[str, str] | None) -> None:
    assert command(text) == parsed
    if parsed is None:
        what = found(message(text))
        assert isinstance(what, Written) and what.text == text


@pytest.mark.parametrize(
    ("code", "language", "script"),
    [
        ("en", "en", None),
        ("de", "en", None),
        (None, "en", None),
        ("zh-hans", "zh", None),
        ("zh-hant", "zh", "traditional"),
        ("zh-TW", "zh", "traditional"),
        ("zh", "zh", None),
    ],
)
def test_the_language_of_a_persons_telegram(code: str | None, language: str, script: str | None) -> None:
    what = found(message("hello", **{"from": {**PERSON, "language_code": code}}))
    assert what is not None
    assert (what.sender.language, what.sender.script) == (language, script)


@pytest.mark.parametrize(
    ("more", "what"),
    [
        ({"photo": PHOTO}, "photo"),
        ({"voice": {**FILE, "duration": 1}}, "voice"),
        ({"document": FILE}, "document"),
        ({"location": {"latitude": 1.0, "longitude": 1.0}}, "location"),
        (
            {"sticker": {**FILE, "width": 1, "height": 1, "is_animated": False, "is_video": False, "type": "regular"}},
            "sticker",
        ),
        ({"contact": {"phone_number": "1", "first_name": "A"}}, "contact"),
        ({"something_new": {"a": 1}}, "media"),
    ],
)
def test_what_is_not_text(more: dict[str, Any], what: str) -> None:
    media = found(message(**more))
    assert isinstance(media, Media)
    assert (media.what, media.album, media.caption) == (what, None, "")


def test_an_album_and_its_caption() -> None:
    media = found(message(photo=PHOTO, media_group_id="g", caption="how many beds?"))
    assert isinstance(media, Media)
    assert (media.album, media.caption) == ("g", "how many beds?")


def test_an_edited_message() -> None:
    edited = found(message("beds", edit_date=1_700_000_042), "edited_message")
    assert isinstance(edited, Corrected)
    assert (edited.text, edited.seconds) == ("beds", 42.0)


@pytest.mark.parametrize("inaccessible", [False, True])
def test_a_pressed_button(inaccessible: bool) -> None:
    under = {"message_id": 3, "date": 0, "chat": PRIVATE} if inaccessible else message("x")
    query = {"id": "q", "from": PERSON, "chat_instance": "c", "data": "k", "message": under}
    pressed = found(query, "callback_query")
    assert isinstance(pressed, Pressed)
    assert (pressed.query, pressed.data, pressed.sender.chat, pressed.sender.message) == ("q", "k", 7, 3)


def test_a_button_that_is_not_ours_is_known_as_such() -> None:
    pressed = found(
        {"id": "q", "from": PERSON, "chat_instance": "c", "inline_message_id": "i", "data": "k"}, "callback_query"
    )
    assert isinstance(pressed, Pressed) and not pressed.sender.private


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("channel_post", {"message_id": 1, "date": 0, "chat": {"id": -9, "type": "channel", "title": "C"}, "text": "x"}),
        ("my_chat_member", {"chat": GROUP, "from": PERSON, "date": 0,
                            "old_chat_member": {"user": PERSON, "status": "left"},
                            "new_chat_member": {"user": PERSON, "status": "member"}}),
        ("message", message(chat=GROUP, new_chat_members=[PERSON])),
        ("message", message(pinned_message=message("x"))),
        ("message", message(chat=GROUP, photo=PHOTO)),
        ("message", message("just talk", chat=GROUP)),
        ("message", message("/help@OtherBot", chat=GROUP)),
        ("message", message("/help", chat=GROUP, **{"from": {**PERSON, "is_bot": True}})),
        ("edited_message", message("@DaozhenBot", chat=GROUP, edit_date=1_700_000_001)),
        ("poll", {"id": "1", "question": "?", "options": [], "total_voter_count": 0, "is_closed": False,
                  "is_anonymous": True, "type": "regular", "allows_multiple_answers": False}),
        ("something_new", {"a": 1}),
    ],
)  # fmt: skip
def test_what_is_nothing_for_us_passes_without_an_error(kind: str, body: dict[str, Any]) -> None:
    """Rasa's own channel answers HTTP 500 to an update without a message."""
    assert found(body, kind) is None


@pytest.mark.parametrize(
    "more",
    [
        {"text": "hi @daozhenbot", "entities": [{"type": "mention", "offset": 3, "length": 11}]},
        {
            "text": "hi you",
            "entities": [{"type": "text_mention", "offset": 3, "length": 3, "user": {**PERSON, "id": 99}}],
        },
        {
            "caption": "@DaozhenBot",
            "photo": PHOTO,
            "caption_entities": [{"type": "mention", "offset": 0, "length": 11}],
        },
        {"text": "thanks", "reply_to_message": message("x", chat=GROUP, **{"from": {**PERSON, "id": 99}})},
    ],
)
def test_what_names_the_bot_in_a_group(more: dict[str, Any]) -> None:
    mentioned = found(message(chat=GROUP, **more))
    assert isinstance(mentioned, Mentioned)
    assert not mentioned.sender.private


def test_a_command_in_a_group() -> None:
    assert command("/help@daozhenBOT", chat=GROUP) == ("help", "")
    assert command("/help", chat=GROUP) == ("help", "")


@pytest.mark.parametrize(
    ("kind", "body", "person"),
    [
        ("message", message("x", chat=GROUP), "7"),
        ("callback_query", {"id": "q", "from": PERSON, "message": message("x")}, "7"),
        ("channel_post", {"message_id": 1, "chat": {"id": -9}, "sender_chat": {"id": -9}}, "-9"),
        ("poll", {"id": "1"}, ""),
    ],
)
def test_whose_updates_are_kept_in_order(kind: str, body: dict[str, Any], person: str) -> None:
    assert person_of({"update_id": 1, kind: body}) == person
