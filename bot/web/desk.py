"""The front desk's pages from their templates, in the language of whoever works there."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

from bot.web.home import environment
from bot.web.texts import load_texts


def render(template: str, language: str, prefix: str, **values: Any) -> str:
    """A page or a fragment of one.

    Args:
        template: the name of bot/web/templates/desk/NAME.html.
        language: "en" or "zh".
        prefix: the path under which the gateway is reached, "" or such as "/daozhen".
        values: what the template shows.
    """
    texts = {key: text[language] for key, text in load_texts()["desk"].items()}
    page = environment().get_template(f"desk/{template}.html")
    return page.render(texts=texts, language=language, prefix=prefix, waited=_waited, moment=_moment, **values)


def _waited(seconds: int) -> str:
    """A time of waiting, as 5:07 (minutes and seconds) or 2:05:00."""
    minutes, left = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{left:02}" if hours else f"{minutes}:{left:02}"


def _moment(at: datetime) -> str:
    """For <time datetime=…>; the browser writes it in the reader's own time zone."""
    return at.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
