"""`./run settings`: list the settings and their values."""

from __future__ import annotations

import sys
from dataclasses import fields

from sqlalchemy.engine.url import make_url

from bot.settings import PREFIX, InvalidSetting, Settings, read_settings


def main(arguments: list[str]) -> int:
    """Print every setting; 1 if one is invalid."""
    try:
        settings = read_settings()
    except InvalidSetting as error:
        print(error, file=sys.stderr)
        return 1
    for field in fields(Settings):
        value = getattr(settings, field.name)
        shown = make_url(value).__repr__() if field.name == "database_url" else value
        print(f"{PREFIX}{field.name.upper()}={shown}")
    return 0
