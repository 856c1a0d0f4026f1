"""The widget's tokens: signed, they name a conversation and end after some days. They travel in a header, never in an address."""

from __future__ import annotations

import hmac
from collections.abc import Callable
from datetime import datetime, timedelta, timezone

import jwt

ALGORITHM = "HS256"
AUDIENCE = "widget"


class InvalidToken(Exception):
    """The token is not ours, has been changed, or has expired."""


def utc_now() -> datetime:
    """The time, in UTC."""
    return datetime.now(timezone.utc)


class Tokens:
    """Makes and reads tokens.

    Args:
        secret: DAOZHEN_SECRET; the key is derived from it, so that a token tells nothing of what Rasa is shown.
        days: how long a token is valid.
        clock: the time, in UTC.
    """

    def __init__(self, secret: str, days: int, clock: Callable[[], datetime] = utc_now) -> None:
        self._key = hmac.digest(secret.encode(), b"daozhen widget token", "sha256")
        self._valid = timedelta(days=days)
        self._clock = clock

    def make(self, conversation: str) -> str:
        """A token for a conversation."""
        now = self._clock()
        claims = {"sub": conversation, "aud": AUDIENCE, "iat": now, "exp": now + self._valid}
        return jwt.encode(claims, self._key, ALGORITHM)

    def read(self, token: str) -> str:
        """The id of the conversation that a token is for.

        Raises:
            InvalidToken: if it is not one of ours, or has expired.
        """
        try:
            claims = jwt.decode(
                token,
                self._key,
                [ALGORITHM],
                options={
                    "require": ["sub", "exp"],
                    "verify_exp": False,
                    "verify_iat": False,
                },  # by our own clock, below
                audience=AUDIENCE,
            )
        except jwt.InvalidTokenError as error:
            raise InvalidToken(str(error)) from error
        if claims["exp"] <= self._clock().timestamp():
            raise InvalidToken("Signature has expired")
        return str(claims["sub"])
