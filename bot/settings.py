"""Settings: environment variables DAOZHEN_* and TELEGRAM_BOT_TOKEN, typed, each with a default, checked at start.

`python -m bot settings` lists them; docs/settings.md says what each is for.
"""

from __future__ import annotations

import ipaddress
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from bot.hours import FORM, Hours, InvalidHours

ROOT = Path(__file__).resolve().parent.parent
PREFIX = "DAOZHEN_"
NOT_SHOWN = ("secret", "telegram_bot_token")
"""The settings whose values are never shown."""


class InvalidSetting(Exception):
    """A setting has a value that cannot be used; the message names the variable and says what it takes."""


@dataclass(frozen=True)
class Settings:
    """All settings. An attribute `rasa_port` is read from DAOZHEN_RASA_PORT."""

    database_url: str = f"sqlite:///{ROOT / 'var' / 'daozhen.sqlite'}"
    """Where conversations are kept; a SQLAlchemy address of SQLite or PostgreSQL."""
    gateway_host: str = "127.0.0.1"
    """Address that the gateway listens on."""
    gateway_port: int = 8080
    """Port of the gateway: the widget's interface and the pages."""
    url_prefix: str = ""
    """Path under which a proxy serves the gateway, such as /daozhen; empty for a host of its own."""
    allowed_origins: tuple[str, ...] = ()
    """Origins of the sites whose pages may carry the widget, such as https://hospital.example; `*` for any."""
    trusted_proxies: tuple[str, ...] = ()
    """Addresses or networks of the proxies whose X-Forwarded-For and X-Forwarded-Proto count."""
    rate_conversation: int = 20
    """How many messages a minute one conversation may send."""
    rate_address: int = 300
    """How many messages, new conversations and event streams a minute one address may ask for."""
    token_days: int = 30
    """How many days a widget's token is valid."""
    keep_originals_hours: int = 24
    """How many hours a message is kept as it was written, beside its masked text."""
    keep_conversations_days: int = 180
    """How many days a conversation is kept after its last message; those with an open ticket stay."""
    desk_session_hours: int = 12
    """How many hours somebody at the front desk stays signed in."""
    desk_plain_http: bool = False
    """Whether the desk may be used over plain HTTP, without TLS; for a hospital's inner network, and for trying it out."""
    desk_escalate_minutes: int = 5
    """After how many minutes an emergency that nobody has claimed raises the alarm."""
    desk_idle_minutes: int = 60
    """After how many minutes in which its holder did nothing a claimed ticket goes back into the queue."""
    desk_nobody_minutes: int = 240
    """After how many minutes a patient whom nobody has answered is told so."""
    desk_hours: tuple[str, ...] = ()
    """When the front desk is staffed, such as mon-fri 08:00-17:30; without it, always."""
    desk_targets: tuple[str, ...] = ("1", "10", "15", "30")
    """Within how many minutes a ticket is to be claimed: an emergency, a clinical one, a wish for service, for information."""
    time_zone: str = "Asia/Shanghai"
    """The hospital's time zone: whose days the front desk's hours and figures follow."""
    desk_webhook_url: str = ""
    """Where an alarm is posted as JSON, such as a pager's or chat system's address."""
    desk_mail_server: str = ""
    """Mail server for alarms, as host:port; without it no alarm is mailed."""
    desk_mail_from: str = "daozhen@localhost"
    """The sender of alarms by mail."""
    desk_mail_to: tuple[str, ...] = ()
    """To whom alarms are mailed."""
    secret: str = ""
    """Signs the widget's tokens; the gateway shows it to Rasa, and Rasa to the action server. `./run` makes one in var/secret."""
    rasa_url: str = ""
    """Where the gateway finds Rasa, if not on 127.0.0.1 at its port."""
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
    telegram_bot_token: str = field(default="", repr=False)
    """The token that BotFather gives, read from TELEGRAM_BOT_TOKEN; with it the gateway serves Telegram too."""
    telegram_webhook_url: str = ""
    """The gateway's public address, where Telegram delivers messages; without it the gateway fetches them."""
    telegram_api_base: str = "https://api.telegram.org"
    """Address of the Bot API server, where it is not Telegram's own."""
    telegram_proxy: str = ""
    """Address of the proxy through which the Bot API is reached."""


def variable(name: str) -> str:
    """The environment variable of a setting: Telegram's token has the name that Telegram's own examples use."""
    return name.upper() if name == "telegram_bot_token" else PREFIX + name.upper()


def read_settings(environment: Mapping[str, str] | None = None) -> Settings:
    """The settings of an environment (of this process, if none is given).

    Raises:
        InvalidSetting: if a value is of the wrong type or out of range.
    """
    environment = os.environ if environment is None else environment
    given: dict[str, object] = {}
    for setting in fields(Settings):
        name = variable(setting.name)
        if name in environment:
            given[setting.name] = _parse(name, environment[name], setting.name)
    return Settings(**given)  # type: ignore[arg-type]  # each value was made for its field by _parse


def _parse(name: str, value: str, field: str) -> object:
    default = getattr(Settings, field)
    if isinstance(default, bool):
        if value not in ("0", "1"):
            raise InvalidSetting(f'{name} is "{value}"; it must be 1 (yes) or 0 (no)')
        return value == "1"
    if isinstance(default, int):
        return _number(name, value, 65535 if field.endswith("_port") else 1000)
    if isinstance(default, tuple):
        items = tuple(item.strip() for item in value.split(",") if item.strip())
        for item in items:
            _check(name, item, field)
        if default and len(items) != len(default):
            raise InvalidSetting(f"{name} has {len(items)} values; it must have {len(default)}")
        return items
    _check(name, value, field)
    return value


def _number(name: str, value: str, highest: int) -> int:
    try:
        number = int(value)
    except ValueError:
        raise InvalidSetting(f'{name} is "{value}"; it must be a whole number') from None
    if not 1 <= number <= highest:
        raise InvalidSetting(f"{name} is {number}; it must be between 1 and {highest}")
    return number


def _is_network(value: str) -> bool:
    try:
        ipaddress.ip_network(value)
    except ValueError:
        return False
    return True


def _are_hours(value: str) -> bool:
    try:
        Hours.read([value])
    except InvalidHours:
        return False
    return True


def _is_zone(value: str) -> bool:
    try:
        ZoneInfo(value)
    except (ValueError, OSError, ZoneInfoNotFoundError):
        return False
    return True


_MAIL = re.compile(r"[^\s@,]+@[^\s@,]+").fullmatch

_FORMS: Mapping[str, tuple[Callable[[str], object], str]] = {
    "url_prefix": (re.compile(r"(/[A-Za-z0-9._~-]+)*").fullmatch, "empty or a path such as /daozhen, without a / at its end"),
    "allowed_origins": (re.compile(r"https?://[^/\s,]+|\*").fullmatch, "origins such as https://a.example, with commas between"),
    "trusted_proxies": (_is_network, "addresses or networks such as 10.0.0.0/8, with commas between"),
    "desk_hours": (_are_hours, FORM),
    "desk_targets": (re.compile(r"[1-9][0-9]{0,3}").fullmatch, "whole numbers of minutes, with commas between"),
    "time_zone": (_is_zone, "the name of a time zone such as Asia/Shanghai"),
    "desk_mail_server": (re.compile(r"([A-Za-z0-9.-]+:[0-9]{1,5})?").fullmatch, "a host and a port, such as mail.hospital.example:25"),
    "desk_mail_from": (_MAIL, "a mail address"),
    "desk_mail_to": (_MAIL, "mail addresses, with commas between"),
    "desk_webhook_url": (re.compile(r"(https?://\S+)?").fullmatch, "an address such as https://pager.example/alarm"),
    "rasa_url": (re.compile(r"(https?://\S+[^/\s])?").fullmatch, "an address such as http://10.0.0.7:5005, without a / at its end"),
    "secret": (re.compile(r"\S{32,}|").fullmatch, "at least 32 characters without spaces"),
    "telegram_bot_token": (re.compile(r"([0-9]+:[A-Za-z0-9_-]+)?").fullmatch, "as BotFather gives it: digits, a colon, letters"),
    "telegram_webhook_url": (re.compile(r"(https?://\S+[^/\s])?").fullmatch, "an address such as https://a.example, no / at its end"),
    "telegram_api_base": (re.compile(r"https?://\S+[^/\s]").fullmatch, "an address such as https://a.example, no / at its end"),
    "telegram_proxy": (re.compile(r"(https?://\S+)?").fullmatch, "an address such as http://10.0.0.7:3128"),
}  # fmt: skip
"""The settings whose texts have a form: the test for it, and what an error says they must be."""


def _check(name: str, value: str, field: str) -> None:
    if field in _FORMS:
        is_good, form = _FORMS[field]
        if not is_good(value):
            shown = "not usable" if field in NOT_SHOWN else f'"{value}"'
            raise InvalidSetting(f"{name} is {shown}; it must be {form}")
