"""`./run audit [--account NAME] [--limit N]`: who looked at or did what at the front desk, the newest first."""

from __future__ import annotations

import argparse
import json

from bot.conversations.connect import connect
from bot.conversations.migrations import migrate
from bot.conversations.transactions import Transactions
from bot.conversations.wakeups import wakeups_for
from bot.desk.audit import Audit
from bot.settings import read_settings


def main(arguments: list[str]) -> int:
    """Print the entries; the exit code."""
    parser = argparse.ArgumentParser(prog="./run audit")
    parser.add_argument("--account", help="one account's entries alone")
    parser.add_argument("--limit", type=int, default=100)
    asked = parser.parse_args(arguments)
    engine = connect(read_settings().database_url)
    migrate(engine)
    for entry in Audit(Transactions(engine, wakeups_for(engine))).entries(asked.limit, asked.account):
        about = " ".join(part for part in (entry.ticket, entry.conversation) if part)
        detail = json.dumps(entry.detail, ensure_ascii=False) if entry.detail else ""
        print(f"{entry.at:%Y-%m-%d %H:%M:%S}Z {entry.account or '-':<16} {entry.action:<16} {about} {detail}".rstrip())
    engine.dispose()
    return 0
