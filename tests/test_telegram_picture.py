"""Telegram with the real Rasa: conversations in both languages, and the picture of them that the README shows."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest
import telegram_page
from browser import SCREENSHOTS
from gateway_parts import listening, until
from telegram_server import TOKEN, Telegram

from bot.cli.stack import Stack, free_port, serving
from bot.cli.train import newest_model

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = pytest.mark.slow
PATIENCE = 240.0
ANNA, LI = 7, 8


@pytest.fixture(scope="module")
def server() -> Iterator[Telegram]:
    server = Telegram()
    yield server


@pytest.fixture(scope="module")
def stack(server: Telegram, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    model, port = newest_model(), free_port()
    assert model, "./run test trains one"
    folder = tmp_path_factory.mktemp("telegram")
    with listening(server.app(), port):
        api = f"http://127.0.0.1:{port}"
        with serving(model, folder, gateway=True, telegram_bot_token=TOKEN, telegram_api_base=api) as running:
            yield running
        server.updates.append({"update_id": 1_000_000})


Said = list[tuple[bool, dict[str, Any]]]


def say(server: Telegram, person: int, *texts: str, code: str) -> Said:
    """Somebody says one thing after the other; a number presses a button of the last answer."""
    said: Said = []
    for text in texts:
        before = len(server.got(person))
        if text.isdigit():
            server.presses(person, int(text))
        else:
            user = {"id": person, "is_bot": False, "first_name": "A", "language_code": code}
            said.append((True, server.writes(person, text, **{"from": user})["message"]))
        until(lambda: len(server.got(person)) > before, PATIENCE)  # noqa: B023  # looked at before the next turn
        if text.isdigit():
            said[-1] = (False, {**said[-1][1], "reply_markup": None})  # the buttons were taken off
        time.sleep(0.5)  # there may be more than one answer
        said += [(False, found) for found in [found for found in server.sent if found["chat_id"] == person][before:]]
    return said


def test_conversations_in_both_languages(server: Telegram, stack: Stack, chromium: Browser) -> None:
    anna = say(server, ANNA, "how many beds does the shanghai department have?", "and in hangzhou?", "do you do MRI?", "0",
               code="en")  # fmt: skip
    li = say(server, LI, "超声科有几张床位", "那上海呢", "我该不该做手术？", "血有点止不住", code="zh-hans")
    assert "56 beds" in anna[1][1]["text"] and "17 beds" in anna[3][1]["text"]
    assert anna[1][1]["text"].endswith("(undated).")
    assert anna[-1][1]["text"].startswith("Ask the front desk\nI have told the front desk")
    assert "17张" in li[1][1]["text"] and "56张" in li[3][1]["text"]
    assert "找导诊台" in json.dumps(json.loads(li[5][1]["reply_markup"]), ensure_ascii=False)
    assert "120" in li[-1][1]["text"]
    drawn = telegram_page.page(("Daozhen", "bot", anna), ("导诊", "机器人", li))
    context = chromium.new_context(viewport={"width": 872, "height": 600}, device_scale_factor=1)
    page = context.new_page()
    page.set_content(drawn)
    assert page.locator(".said").count() == len(anna) + len(li)
    assert page.locator("i", has_text="Source: the department's own page").count() == 2
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    page.locator("body").screenshot(path=SCREENSHOTS / "telegram.png")
    context.close()
