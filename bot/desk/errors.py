"""Refusals of the desk: JSON {error, message} under /desk/api/, the sign-in page elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from fastapi import FastAPI, Request
from pydantic import BaseModel
from starlette.responses import JSONResponse, RedirectResponse, Response

from bot.web.home import page_language
from bot.web.texts import load_texts

CODES: Mapping[str, int] = {
    "session": 401,
    "csrf": 403,
    "role": 403,
    "no_ticket": 404,
    "no_account": 404,
    "no_fact": 404,
    "no_conversation": 404,
    "no_intent": 422,
    "no_message": 404,
    "not_yours": 409,
    "taken": 409,
    "password": 422,
    "name": 422,
    "text": 422,
    "days": 422,
    "starting": 503,
}
"""Every code and its status. What each says stands in bot/web/texts.yml, section `desk`, as error_CODE."""


class DeskError(BaseModel):
    """What a refused request gets."""

    error: str
    message: str


class DeskRefusal(Exception):
    """A request that is refused; `code` is one of CODES."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def language_of(request: Request) -> str:
    """The language of whoever is signed in, else the one that the browser accepts."""
    return getattr(request.state, "language", None) or page_language(None, request.headers.get("Accept-Language", ""))


def handle_errors(app: FastAPI, prefix: str) -> None:
    """Answer the desk's refusals."""
    texts = load_texts()["desk"]

    def refuse(request: Request, error: Exception) -> Response:
        code = error.code if isinstance(error, DeskRefusal) else "session"
        if code == "session" and request.method == "GET" and "/desk/api/" not in request.url.path:
            back = quote(request.url.path.removeprefix(prefix))
            return RedirectResponse(f"{prefix}/desk/login?next={back}", 303)
        body = DeskError(error=code, message=texts[f"error_{code}"][language_of(request)])
        return JSONResponse(body.dict(), CODES[code])

    app.add_exception_handler(DeskRefusal, refuse)


def documented(*codes: str) -> dict[int | str, dict[str, Any]]:
    """The `responses` of a route for the OpenAPI page; `session`, `csrf` and `role` need not be named."""
    return {CODES[code]: {"model": DeskError, "description": f"`{code}`"} for code in codes}
