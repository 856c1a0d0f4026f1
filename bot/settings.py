"""Settings: environment variables DAOZHEN_*, typed, each with a default, checked at start.

`python -m bot settings` lists them; docs/settings.md says what each is for.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PREFIX = "DAOZHEN_"


class InvalidSetting(Exception):
    """A setting has a value that cannot be used; the message names the variable and says what it takes."""


@dataclass(frozen=True)
class Settings:
    """All settings. An attribute `rasa_port` is read from DAOZHEN_RASA_PORT."""

    database_url: str = f"sqlite:///{ROOT / 'var' / 'daozhen.sqlite'}"
    """Where conversations are kept; a SQLAlchemy address of SQLite or PostgreSQL."""
    rasa_port: int = 5005
    """Port of the Rasa server, on 127.0.0.1."""
    actions_port: int = 5055
    """Port of the action server, on 127.0.0.1; endpoints.yml names it too."""
    window_turns: int = 10
    """How many turns of a conversation the dialogue model sees."""
    emergency_number: str = "120"
    """The number that an emergency reply tells people to call."""
    crisis_hotline: str = "12356"
    """The psychological help line that a reply to thoughts of suicide names; China's national one by default."""


def read_settings(environment: Mapping[str, str] | None = None) -> Settings:
    """The settings of an environment (of this process, if none is given).

    Raises:
        InvalidSetting: if a value is of the wrong type or out of range.
    """
    environment = os.environ if environment is None else environment
    given: dict[str, object] = {}
    for field in fields(Settings):
        name = PREFIX + field.name.upper()
        if name in environment:
            given[field.name] = _parse(name, environment[name], field.name)
    return Settings(**given)  # type: ignore[arg-type]  # each value was made for its field by _parse


def _parse(name: str, value: str, field: str) -> object:
    if not isinstance(getattr(Settings, field), int):
        return value
    try:
        number = int(value)
    except ValueError:
        raise InvalidSetting(f'{name} is "{value}"; it must be a whole number') from None
    highest = 65535 if field.endswith("_port") else 1000
    if not 1 <= number <= highest:
        raise InvalidSetting(f"{name} is {number}; it must be between 1 and {highest}")
    return number
