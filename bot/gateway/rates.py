"""How often somebody may: a sliding minute per conversation and per address (pyrate-limiter)."""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Callable
from time import monotonic

from pyrate_limiter import Duration, InMemoryBucket, Rate, RateItem

MOST_KEYS = 20_000
"""How many keys are remembered; beyond it the one heard of longest ago is forgotten."""


class TooFast(Exception):
    """Too many in the last minute; `seconds` is when the next one is welcome."""

    def __init__(self, seconds: int) -> None:
        super().__init__(f"too fast; again in {seconds} s")
        self.seconds = seconds


class PerMinute:
    """So many a minute for each key. Kept in this process: several gateways each count for themselves.

    Args:
        limit: how many.
        clock: seconds, as time.monotonic gives them.
    """

    def __init__(self, limit: int, clock: Callable[[], float] = monotonic) -> None:
        self._rate = Rate(limit, Duration.MINUTE)
        self._clock = clock
        self._buckets: OrderedDict[str, InMemoryBucket] = OrderedDict()

    def count(self, key: str) -> None:
        """Count one for a key.

        Raises:
            TooFast: if that is one too many; it is then not counted.
        """
        now = int(self._clock() * 1000)
        bucket = self._buckets.setdefault(key, InMemoryBucket([self._rate]))
        self._buckets.move_to_end(key)
        if len(self._buckets) > MOST_KEYS:
            self._buckets.popitem(last=False)
        bucket.leak(now)
        item = RateItem(key, now)
        if not bucket.put(item):
            wait = bucket.waiting(item)
            assert isinstance(wait, int)  # milliseconds; a bucket in memory answers at once
            raise TooFast(max(1, math.ceil(wait / 1000)))
