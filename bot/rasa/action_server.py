"""Rasa's action server behind the shared secret: `python -m bot.rasa.action_server --actions actions --port 5055`.

The server itself checks nothing. Where DAOZHEN_SECRET is set it answers to Rasa alone, whose endpoints.yml has the secret too (see
bot.cli.processes.write_endpoints); where it is not, in development, this is `rasa run actions`.
"""

from __future__ import annotations

import pluggy
from rasa_sdk.__main__ import main as serve
from rasa_sdk.plugin import plugin_manager
from sanic import Sanic
from sanic.request import Request
from sanic.response import HTTPResponse
from sanic.response import json as json_response

from bot.rasa.secret import may_enter
from bot.settings import read_settings

implements = pluggy.HookimplMarker("rasa_sdk")
OPEN = "/health"
"""The path that whoever starts the server may look at."""


class Door:
    """A plugin of the action server: lets in who shows the secret."""

    def __init__(self, secret: str) -> None:
        self._secret = secret

    @implements
    def attach_sanic_app_extensions(self, app: Sanic) -> None:
        """See rasa_sdk.plugin."""

        @app.middleware("request")
        async def check(request: Request) -> HTTPResponse | None:
            if request.path == OPEN or may_enter(self._secret, request.headers.get("Authorization", "")):
                return None
            return json_response({"error": "secret", "action_name": ""}, 401)


def main() -> None:
    """Serve the actions."""
    secret = read_settings().secret
    if secret:
        plugin_manager().register(Door(secret))
    serve()


if __name__ == "__main__":
    main()
