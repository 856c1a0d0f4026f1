"""A conversation on Telegram as a picture: a page drawn from what was sent to the Bot API, and what people wrote."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from html import escape
from typing import Any

STYLE = """
body { margin: 0; display: flex; gap: 18px; padding: 18px; background: #fff; width: max-content;
       font: 15px/1.38 "Noto Sans", "Noto Sans CJK SC", "Noto Sans SC", system-ui, sans-serif; color: #111 }
.chat { width: 400px; border-radius: 14px; overflow: hidden; background: #d5e3d0; box-shadow: 0 1px 6px #0003 }
header { background: #527da3; color: #fff; padding: 10px 16px; font-weight: 600 }
header small { display: block; font-weight: 400; opacity: .8 }
main { padding: 12px; display: flex; flex-direction: column; gap: 8px }
.said { max-width: 86%; padding: 7px 11px; border-radius: 13px; background: #fff; white-space: pre-wrap; align-self: flex-start;
        overflow-wrap: anywhere }
.me { background: #e3fdd1; align-self: flex-end }
blockquote { margin: 0 0 2px; padding: 2px 8px; border-left: 3px solid #527da3; background: #527da31f; border-radius: 4px }
.keys { display: grid; gap: 4px; width: 86%; margin-top: -4px }
.keys div { display: flex; gap: 4px }
.keys span { flex: 1; text-align: center; padding: 6px 4px; border-radius: 9px; background: #6f9079; color: #fff; font-size: 14px }
"""
TAGS = {"bold": "b", "italic": "i", "blockquote": "blockquote"}


def page(*chats: tuple[str, str, Sequence[tuple[bool, Mapping[str, Any]]]]) -> str:
    """A page with chats side by side.

    Args:
        chats: of each the name at its top, the line below it, and what was said in order: whether by the person, and the message
            as the Bot API has it.
    """
    return f"<!doctype html><meta charset=utf-8><style>{STYLE}</style>" + "".join(_chat(*chat) for chat in chats)


def _chat(name: str, below: str, said: Sequence[tuple[bool, Mapping[str, Any]]]) -> str:
    lines = "".join("".join(_message(mine, message)) for mine, message in said)
    return f"<div class=chat><header>{escape(name)}<small>{escape(below)}</small></header><main>{lines}</main></div>"


def _message(mine: bool, message: Mapping[str, Any]) -> Iterator[str]:
    entities = json.loads(message.get("entities") or "[]") if isinstance(message.get("entities"), str) else []
    yield f'<div class="said{" me" if mine else ""}">{styled(message["text"], entities)}</div>'
    rows = json.loads(message.get("reply_markup") or "{}").get("inline_keyboard", [])
    if rows and not mine:
        drawn = (
            "<div>" + "".join(f"<span>{escape(button['text'])}</span>" for button in row) + "</div>" for row in rows
        )
        yield f"<div class=keys>{''.join(drawn)}</div>"


def styled(text: str, entities: list[Mapping[str, Any]]) -> str:
    """A text with its entities as HTML; they are counted in UTF-16 units, and do not overlap."""
    units, done, drawn = text.encode("utf-16-le"), 0, ""
    for entity in sorted(entities, key=lambda found: int(found["offset"])):
        start, end = 2 * entity["offset"], 2 * (entity["offset"] + entity["length"])
        tag = TAGS[entity["type"]]
        drawn += escape(units[done:start].decode("utf-16-le"))
        drawn += f"<{tag}>{escape(units[start:end].decode('utf-16-le'))}</{tag}>"
        done = end + 2 if tag == "blockquote" else end  # the line break after a block
    return drawn + escape(units[done:].decode("utf-16-le"))
