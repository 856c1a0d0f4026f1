"""How the channel is: for /readyz, the metric, and one line in the log when it changes."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Literal

from telegram.error import Conflict, InvalidToken, TelegramError

from bot.gateway.metrics import Metrics

logger = logging.getLogger(__name__)

Condition = Literal["starting", "on", "standby", "unreachable", "refused", "conflict"]
SAID: Mapping[Condition, str] = {
    "on": "Telegram can be reached again.",
    "standby": "Another gateway fetches Telegram's messages; this one takes over when it stops.",
    "unreachable": "Telegram cannot be reached; it is tried again and again. Behind a proxy see DAOZHEN_TELEGRAM_PROXY.",
    "refused": "Telegram refuses the token: see TELEGRAM_BOT_TOKEN. It is tried again from time to time.",
    "conflict": "Another program fetches this bot's messages, or a webhook is set for it: only one can. It is tried again and again.",
}
"""What the log says of a condition."""


class State:
    """How the channel is.

    Args:
        metrics: where it is shown too.
    """

    def __init__(self, metrics: Metrics) -> None:
        self._up = metrics.channel_up.labels("telegram")
        self.condition: Condition = "starting"

    def set(self, condition: Condition) -> None:
        """Note how it is; what is new is said once."""
        if condition == self.condition:
            return
        first_time = self.condition in ("starting", "standby") and condition == "on"
        self.condition = condition
        self._up.set(condition in ("on", "standby"))
        if not first_time:
            logger.warning(SAID[condition])


def trouble(error: TelegramError) -> Condition:
    """What an error of the Bot API says of the channel."""
    if isinstance(error, InvalidToken):
        return "refused"
    return "conflict" if isinstance(error, Conflict) else "unreachable"
