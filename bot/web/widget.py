"""The chat widget as it is served: one script, made of the modules under bot/web/widget with texts and styles set in."""

from __future__ import annotations

import gzip
import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bot.web.shorten import shorten_script, shorten_style
from bot.web.texts import LANGUAGES, Section, load_texts

FOLDER = Path(__file__).resolve().parent / "widget"
MODULES = (
    "words",
    "memory",
    "gateway",
    "conversation",
    "parts",
    "panel",
    "messages",
    "log",
    "print",
    "element",
    "start",
)
"""The modules in an order in which each stands after what it needs at once."""

_IMPORT = re.compile(r"^import \{[^}]*\} from \"\./\w+\.js\";\n", re.MULTILINE)


@dataclass(frozen=True)
class Script:
    """A script to serve: its content, the same compressed with gzip, and an ETag that changes with it."""

    content: bytes
    compressed: bytes
    etag: str


def compose_widget(numbers: Sequence[str], texts: Section | None = None) -> Script:
    """The widget as one classic script.

    Args:
        numbers: telephone numbers that an emergency card offers to call where its text names them, the emergency number first.
        texts: the widget's texts; the section `widget` of texts.yml if none are given.
    """
    words = load_texts()["widget"] if texts is None else texts
    served = {
        "texts": {key: [text[language] for language in LANGUAGES] for key, text in words.items()},
        "css": shorten_style((FOLDER / "widget.css").read_text(encoding="utf-8")),
        "printCss": shorten_style((FOLDER / "print.css").read_text(encoding="utf-8")),
        "numbers": list(numbers),
    }
    setting = json.dumps(served, ensure_ascii=False, separators=(",", ":"))
    modules = "".join(_module(name) for name in MODULES)
    content = f'(()=>{{"use strict";\nconst SERVED={setting};\n{modules}}})();\n'.encode()
    return Script(content, gzip.compress(content, mtime=0), f'"{hashlib.sha256(content).hexdigest()[:20]}"')


def _module(name: str) -> str:
    """A module as part of one script: without imports and exports."""
    source = _IMPORT.sub("", (FOLDER / f"{name}.js").read_text(encoding="utf-8"))
    return shorten_script(re.sub(r"^export ", "", source, flags=re.MULTILINE))
