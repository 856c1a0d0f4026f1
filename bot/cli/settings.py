"""`./run settings`: list the settings and their values."""

from __future__ import annotations

import re
import sys
from dataclasses import fields

from sqlalchemy.engine.url import make_url

from bot.settings import NOT_SHOWN, InvalidSetting, Settings, read_settings, variable


def main(arguments: list[str]) -> int:
    """Print every setting; 1 if one is invalid."""
    try:
        settings = read_settings()
    except InvalidSetting as error:
        print(error, file=sys.stderr)
        return 1
    for field in fields(Settings):
        value = getattr(settings, field.name)
        print(f"{variable(field.name)}={_shown(field.name, value)}")
    return 0


def _shown(name: str, value: object) -> str:
    """A setting's value as it may be read over a shoulder."""
    if name == "database_url":
        return repr(make_url(value))
    if name in NOT_SHOWN:
        return "(set)" if value else ""
    if name == "telegram_proxy":
        return re.sub("//[^/@]*@", "//***@", str(value))
    return ",".join(value) if isinstance(value, tuple) else str(value)
