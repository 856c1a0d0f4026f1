"""`./run chat`: talk to the bot that `./run` serves, in this terminal. A number picks a button; an empty line ends."""

from __future__ import annotations

import json
import sys
import urllib.error
import urllib.request
import uuid
from typing import Any

from bot.settings import InvalidSetting, read_settings


def ask(port: int, sender: str, message: str) -> list[dict[str, Any]]:
    """Send one message to Rasa's REST channel; its replies.

    Raises:
        urllib.error.URLError: if no server answers.
    """
    body = json.dumps({"sender": sender, "message": message}).encode()
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}/webhooks/rest/webhook", body, {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=30) as reply:
        replies: list[dict[str, Any]] = json.load(reply)
    return replies


def show(replies: list[dict[str, Any]]) -> list[str]:
    """Print replies, buttons numbered; what each button says."""
    payloads: list[str] = []
    for reply in replies:
        print(f"\n{reply.get('text', '')}")
        for button in reply.get("buttons") or ():
            payloads.append(button["payload"])
            print(f"  [{len(payloads)}] {button['title']}")
    print()
    return payloads


def main(arguments: list[str]) -> int:
    """Read, send, show, until an empty line or Ctrl-D."""
    try:
        port = read_settings().rasa_port
    except InvalidSetting as error:
        print(error, file=sys.stderr)
        return 1
    sender = uuid.uuid4().hex
    payloads: list[str] = []
    while True:
        try:
            line = input("> ").strip()
        except (EOFError, KeyboardInterrupt):
            return 0
        if not line:
            return 0
        if line.isdigit() and 0 < int(line) <= len(payloads):
            line = payloads[int(line) - 1]
        try:
            payloads = show(ask(port, sender, line))
        except urllib.error.URLError:
            print(
                "Nothing answers yet: start ./run in another terminal, and wait for its three lines.", file=sys.stderr
            )
            return 1
