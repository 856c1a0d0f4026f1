"""The secret that gateway, Rasa and action server share: DAOZHEN_SECRET, or one made once and kept in var/secret."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from bot.settings import InvalidSetting, Settings

FILE = "secret"


def shared_secret(settings: Settings, folder: Path) -> str:
    """The secret; made and kept in a file that only its owner can read, where there is none yet.

    Raises:
        InvalidSetting: if the file does not hold one.
    """
    if settings.secret:
        return settings.secret
    path = folder / FILE
    folder.mkdir(parents=True, exist_ok=True)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        found = path.read_text(encoding="ascii", errors="replace").strip()
        if len(found) < 32:
            raise InvalidSetting(f"{path} does not hold a secret: delete it, and ./run makes a new one") from None
        return found
    made = secrets.token_urlsafe(32)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(made + "\n")
    return made
