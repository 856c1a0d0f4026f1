"""Bars of a plot, as the numbers that a template puts into SVG: no inline style, which the pages' policy forbids."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

WIDTH, HEIGHT = 600, 120
GAP = 0.2
"""What share of a bar's place stays empty."""


@dataclass(frozen=True)
class Bar:
    """A rectangle in a drawing of WIDTH by HEIGHT, and the value that it shows."""

    x: float
    y: float
    width: float
    height: float
    value: float


def bars(values: Sequence[float]) -> list[Bar]:
    """A bar for each value, the highest as high as the drawing; a value of 0 has no height."""
    highest, place = max(values, default=0) or 1, WIDTH / max(1, len(values))
    return [
        Bar(
            x=round(index * place + place * GAP / 2, 2),
            y=round(HEIGHT - HEIGHT * value / highest, 2),
            width=round(place * (1 - GAP), 2),
            height=round(HEIGHT * value / highest, 2),
            value=value,
        )
        for index, value in enumerate(values)
    ]
