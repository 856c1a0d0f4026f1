"""Refusals: a status, a code, and a sentence in the person's language (domain.yml, `error_…`)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse

from bot.gateway.metrics import Metrics
from bot.gateway.schemas import Error
from bot.gateway.words import Words

CODES: Mapping[str, tuple[int, str]] = {
    "token": (401, "the token is missing, not ours, or has expired"),
    "origin": (403, "the page's origin is not among DAOZHEN_ALLOWED_ORIGINS"),
    "secret": (403, "Telegram's secret token is missing or wrong"),
    "gone": (404, "the conversation has been erased, or is another's"),
    "not_found": (404, "there is nothing at this address"),
    "method": (405, "the address does not take this method"),
    "too_large": (413, "the body has more than 16 KiB"),
    "empty": (422, "the text is empty after trimming"),
    "too_long": (422, "the text has more than 1,000 characters after trimming"),
    "not_offered": (422, "the conversation holds no such button"),
    "invalid": (422, "the body is not as described; `field` says where"),
    "too_fast": (429, "too many in the last minute; Retry-After says when the next is welcome"),
    "trouble": (500, "an error of ours"),
    "unavailable": (503, "the database does not answer; Retry-After says when to try again"),
}
"""Every code, its status, and what it means."""


class Refusal(Exception):
    """A request that is refused; `code` is one of CODES.

    Args:
        retry_after: seconds after which to try again, for the header Retry-After.
        field: which part of the request is wrong.
        language: the person's, where it is known better than by the request's Accept-Language.
    """

    def __init__(
        self, code: str, retry_after: int | None = None, field: str | None = None, language: str | None = None
    ) -> None:
        super().__init__(code)
        self.code = code
        self.retry_after = retry_after
        self.field = field
        self.language = language


def accepted_language(header: str) -> str:
    """The first of our languages that an Accept-Language header names; English otherwise."""
    match = re.search(r"(?:^|,)\s*(en|zh)\b", header.lower())
    return match.group(1) if match else "en"


def accepted_script(header: str) -> str | None:
    """The Chinese script that an Accept-Language header asks for, if it does."""
    return "traditional" if re.search(r"zh-(hant|tw|hk|mo)", header.lower()) else None


def response(refusal: Refusal, accept_language: str, words: Words, metrics: Metrics) -> JSONResponse:
    """A refusal as a response."""
    status = CODES[refusal.code][0]
    language = refusal.language or accepted_language(accept_language)
    sentence = words.text(f"error_{refusal.code}", language, accepted_script(accept_language))
    metrics.refusals.labels(refusal.code).inc()
    body = Error(error=refusal.code, message=sentence, field=refusal.field)
    headers = {"Content-Language": language}
    if refusal.retry_after is not None:
        headers["Retry-After"] = str(refusal.retry_after)
    if status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    return JSONResponse(body.dict(exclude_none=True), status, headers)


def as_refusal(error: Exception) -> Refusal:
    """The refusal of what FastAPI and Starlette raise themselves."""
    if isinstance(error, Refusal):
        return error
    if isinstance(error, RequestValidationError):
        place = ".".join(str(part) for part in error.errors()[0]["loc"] if part not in ("body", "__root__"))
        return Refusal("invalid", field=place or "body")
    if isinstance(error, HTTPException):
        codes = {401: "token", 404: "not_found", 405: "method", 413: "too_large"}
        return Refusal(codes.get(error.status_code, "invalid"))
    return Refusal("trouble")


def handle_errors(app: FastAPI, words: Words, metrics: Metrics) -> None:
    """Answer every error of an app in its own form."""

    async def refuse(request: Request, error: Exception) -> JSONResponse:
        return response(as_refusal(error), request.headers.get("Accept-Language", ""), words, metrics)

    for kind in (Refusal, RequestValidationError, HTTPException):
        app.add_exception_handler(kind, refuse)


def documented(*codes: str) -> dict[int | str, dict[str, Any]]:
    """The `responses` of a route for the OpenAPI page, from the codes it may refuse with."""
    found: dict[int | str, dict[str, Any]] = {}
    for code in codes:
        status, meaning = CODES[code]
        entry = found.setdefault(status, {"model": Error, "description": ""})
        entry["description"] += f"{'; ' if entry['description'] else ''}`{code}`: {meaning}"
    return found
