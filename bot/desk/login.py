"""Signing in and out, and choosing a password with a one-time link."""

from __future__ import annotations

import re
from typing import Annotated

from fastapi import APIRouter, Form, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from bot.desk.access import COOKIE, Staff, give_cookie, take_cookie
from bot.desk.accounts import AccountError, check_password
from bot.desk.errors import language_of
from bot.desk.services import Desk, Parts
from bot.desk.sessions import TooManyFailures
from bot.web.desk import render

router = APIRouter(prefix="/desk", tags=["desk pages"])
INSIDE = re.compile(r"/desk/[\w./-]*")
"""Where one may be sent after signing in: a page of the desk, on this host."""


@router.get("/login", response_class=HTMLResponse)
def login_page(request: Request, parts: Parts, next: str = "") -> HTMLResponse:
    """The page to sign in on."""
    return _page(request, parts, "login", next=next)


@router.post("/login", response_class=HTMLResponse)
def login(
    request: Request,
    parts: Parts,
    name: Annotated[str, Form(max_length=200)] = "",
    password: Annotated[str, Form(max_length=1000)] = "",
    next: Annotated[str, Form(max_length=200)] = "",
) -> Response:
    """Sign in. A wrong name and a wrong password get the same answer after the same time."""
    address = request.client.host if request.client else "unknown"
    try:
        found = parts.sessions.sign_in(name, password, address)
    except TooManyFailures as error:
        page = _page(request, parts, "login", "error_too_often", status=429, next=next)
        page.headers["Retry-After"] = str(error.seconds)
        return page
    if found is None:
        parts.audit.record(None, "sign_in_failed")
        return _page(request, parts, "login", "error_login", status=401, next=next)
    token, account = found
    parts.audit.record(account.id, "sign_in")
    return _go_in(parts, token, next)


@router.get("/link/{token}", response_class=HTMLResponse)
def link_page(token: str, request: Request, parts: Parts) -> HTMLResponse:
    """The page on which a one-time link's owner chooses a password."""
    account = parts.accounts.invited(token)
    if account is None:
        return _page(request, parts, "login", "error_link", status=404, next="")
    return _page(request, parts, "link", name=account.name, token=token)


@router.post("/link/{token}", response_class=HTMLResponse)
def use_link(
    token: str, request: Request, parts: Parts, password: Annotated[str, Form(max_length=1000)] = ""
) -> Response:
    """Choose the password, which uses the link up, and be signed in."""
    account = parts.accounts.invited(token)
    if account is None:
        return _page(request, parts, "login", "error_link", status=404, next="")
    try:
        check_password(password)
        parts.accounts.set_password(account.id, password)
    except AccountError as error:
        return _page(request, parts, "link", f"error_{error.code}", status=422, name=account.name, token=token)
    parts.audit.record(account.id, "password")
    return _go_in(parts, parts.sessions.open(account), "")


@router.post("/api/logout", status_code=204)
def logout(request: Request, person: Staff, parts: Parts) -> Response:
    """Sign out."""
    parts.sessions.end(request.cookies[COOKIE])
    parts.audit.record(person.account.id, "sign_out")
    response = Response(status_code=204)
    take_cookie(response, parts.settings)
    return response


def _go_in(parts: Desk, token: str, wanted: str) -> Response:
    where = wanted if INSIDE.fullmatch(wanted) else "/desk/"
    response = RedirectResponse(f"{parts.settings.url_prefix}{where}", 303)
    give_cookie(response, parts.settings, token)
    return response


def _page(
    request: Request, parts: Desk, template: str, error: str = "", status: int = 200, **values: str
) -> HTMLResponse:
    language = language_of(request)
    shown = parts.text(error, language) if error else ""
    content = render(template, language, parts.settings.url_prefix, error=shown, person=None, csrf="", **values)
    return HTMLResponse(content, status)
