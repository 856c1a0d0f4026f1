"""The shared secret by which gateway, Rasa and action server know each other."""

from __future__ import annotations

import hmac


def may_enter(secret: str, authorization: str) -> bool:
    """Whether a caller has shown the secret ("Bearer …"); compared in constant time. With an empty one nobody has."""
    shown = authorization.encode("utf-8", "surrogateescape")
    return bool(secret) and hmac.compare_digest(shown, f"Bearer {secret}".encode())
