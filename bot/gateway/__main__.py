"""`python -m bot.gateway`: serve the gateway alone. `./run` starts it beside Rasa and the action server."""

from __future__ import annotations

import logging
import sys

import uvicorn

from bot.gateway.app import create_app
from bot.settings import InvalidSetting, read_settings

LAST_REQUESTS = 3
"""Seconds that requests have to end in when the gateway is stopped."""


def main() -> int:
    """Serve until stopped."""
    logging.basicConfig(format="%(asctime)s gateway %(levelname)s %(message)s", level=logging.WARNING)
    try:
        settings = read_settings()
        app = create_app(settings)
    except InvalidSetting as error:
        print(error, file=sys.stderr)
        return 1
    uvicorn.run(
        app,
        host=settings.gateway_host,
        port=settings.gateway_port,
        log_level="warning",
        access_log=False,
        proxy_headers=False,
        server_header=False,
        ws="none",
        timeout_graceful_shutdown=LAST_REQUESTS,
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
