"""`python -m bot.gateway`: serve the gateway alone. `./run` starts it beside Rasa and the action server."""

from __future__ import annotations

import logging
import sys
from typing import Any

import uvicorn
from sqlalchemy.exc import SQLAlchemyError

from bot.conversations.connect import connect
from bot.conversations.migrations import MigrationError, migrate
from bot.gateway.app import create_app
from bot.settings import InvalidSetting, read_settings

SERVER: dict[str, Any] = {
    "access_log": False,
    "proxy_headers": False,  # the app does it itself, for the proxies that are trusted
    "server_header": False,
    "ws": "none",
    "timeout_graceful_shutdown": 3,
}
"""How uvicorn serves the gateway."""


def main() -> int:
    """Serve until stopped."""
    logging.basicConfig(format="%(asctime)s gateway %(levelname)s %(message)s", level=logging.WARNING)
    try:
        settings = read_settings()
        app = create_app(settings)
        _prepare(settings.database_url)
    except InvalidSetting as error:
        print(error, file=sys.stderr)
        return 1
    uvicorn.run(app, host=settings.gateway_host, port=settings.gateway_port, log_level="warning", **SERVER)
    return 0


def _prepare(database_url: str) -> None:
    """Bring the database up to date before serving, so that what is wrong with it is said in one line.

    Raises:
        InvalidSetting: if it cannot be used.
    """
    try:
        engine = connect(database_url)
        migrate(engine)
        engine.dispose()
    except (ValueError, OSError, SQLAlchemyError, MigrationError) as error:
        cause = " ".join(str(error).split())
        raise InvalidSetting(f"DAOZHEN_DATABASE_URL: the database cannot be used: {cause}") from error


if __name__ == "__main__":
    sys.exit(main())
