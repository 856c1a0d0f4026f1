"""`./run chat`: talk to the bot that `./run` serves, in this terminal. A number picks a button; an empty line ends."""

from __future__ import annotations

import sys

import httpx

from bot.cli.ask import gateway_url
from bot.cli.client import Message, WidgetClient
from bot.settings import InvalidSetting, read_settings

AWAY = "Nothing answers yet: start ./run in another terminal."


def show(messages: list[Message]) -> list[str]:
    """Print what others than the person said, buttons numbered; the buttons' keys."""
    keys: list[str] = []
    for message in messages:
        if message["sender"] == "patient":
            continue
        print(f"\n{message['text']}")
        if message["source"]:
            print(message["source"]["text"])
        for button in message["buttons"]:
            keys.append(button["key"])
            print(f"  [{len(keys)}] {button['title']}")
    print()
    return keys


def ask(client: WidgetClient, line: str, keys: list[str]) -> list[Message]:
    """Send a line, or press the button of that number; what is said to it. A person who has taken over answers later."""
    pressed = line.isdigit() and 0 < int(line) <= len(keys)
    asked = client.press(keys[int(line) - 1]) if pressed else client.send(line)
    if client.read(asked["seq"])["mode"] == "person":
        print("(The front desk reads this now; an empty line ends, any other asks again for what is new.)")
        later: list[Message] = client.read(asked["seq"])["messages"]
        return later
    return client.replies(asked)


def main(arguments: list[str]) -> int:
    """Read, send, show, until an empty line or Ctrl-D."""
    try:
        url = gateway_url(read_settings())
        with WidgetClient(url, timeout=120) as client:
            return _talk(client)
    except InvalidSetting as error:
        print(error, file=sys.stderr)
    except httpx.TransportError:
        print(AWAY, file=sys.stderr)
    return 1


def _talk(client: WidgetClient) -> int:
    keys: list[str] = []
    while True:
        try:
            line = input("> ").strip()
        except (EOFError, KeyboardInterrupt):
            return 0
        if not line:
            return 0
        try:
            keys = show(ask(client, line, keys))
        except httpx.HTTPStatusError as error:
            error.response.read()
            print(error.response.json()["message"])
