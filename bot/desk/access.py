"""Who may come in: the session's cookie, the CSRF token, the role. Every route of the desk names one of the parameters below.

State is changed only by requests that show the session's CSRF token in the header X-Daozhen-Csrf; the cookie alone, which a
browser sends by itself, is not enough. Signing in, which has no session yet, relies on the gateway's check of the page's origin.
"""

from __future__ import annotations

import secrets
from typing import Annotated

from fastapi import Depends, Request
from starlette.responses import Response

from bot.desk.errors import DeskRefusal
from bot.desk.services import Parts
from bot.desk.sessions import SignedIn
from bot.settings import Settings

COOKIE = "daozhen_desk"
HEADER = "X-Daozhen-Csrf"
SAFE = frozenset({"GET", "HEAD"})


def signed_in(request: Request, parts: Parts) -> SignedIn:
    """Whoever is signed in.

    Raises:
        DeskRefusal: "session" if nobody is; "csrf" if the request would change something and does not show the token.
    """
    token = request.cookies.get(COOKIE, "")
    found = parts.sessions.find(token) if token else None
    if found is None:
        raise DeskRefusal("session")
    request.state.language = found.account.language
    shown = request.headers.get(HEADER, "").encode("ascii", "replace")
    if request.method not in SAFE and not secrets.compare_digest(shown, found.csrf.encode()):
        raise DeskRefusal("csrf")
    return found


def lead(person: Annotated[SignedIn, Depends(signed_in)]) -> SignedIn:
    """Whoever is signed in and leads the desk.

    Raises:
        DeskRefusal: "role" if somebody does not.
    """
    if person.account.role != "lead":
        raise DeskRefusal("role")
    return person


Staff = Annotated[SignedIn, Depends(signed_in)]
"""A route for everybody at the desk."""
Lead = Annotated[SignedIn, Depends(lead)]
"""A route for those who lead it."""


def give_cookie(response: Response, settings: Settings, token: str) -> None:
    """Set the session's cookie: unseen by scripts, not sent from other sites, and over TLS alone unless the setting says otherwise."""
    response.set_cookie(
        COOKIE,
        token,
        max_age=settings.desk_session_hours * 3600,
        path=f"{settings.url_prefix}/desk",
        secure=not settings.desk_plain_http,
        httponly=True,
        samesite="strict",
    )


def take_cookie(response: Response, settings: Settings) -> None:
    """Remove the session's cookie."""
    response.delete_cookie(
        COOKIE,
        path=f"{settings.url_prefix}/desk",
        secure=not settings.desk_plain_http,
        httponly=True,
        samesite="strict",
    )
